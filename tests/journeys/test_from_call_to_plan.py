"""The whole story, from an empty window to the action plan, played by six people in real browsers."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from email.utils import parseaddr

import pytest
from playwright.sync_api import expect

from guichet.core import clock
from tests.factories.files import PDF
from tests.factories.pdf import text_of
from tests.journeys.cast import FAMILY, PLAN_ACTION, PRIORITY_ACTION, Cast, Known, set_the_stage
from tests.journeys.conftest import Window
from tests.journeys.pages import Person, tick

CALL = "Numérique écoresponsable 2027"
TITLE = "Prolonger la vie des ordinateurs portables"
LETTER = "Lettre de soutien de la direction"
Meet = Callable[[Known], Person]


@pytest.mark.parametrize("scripts", [True, False], ids=["with_scripts", "without_scripts"])
def test_a_proposal_goes_from_an_open_call_to_the_action_plan(window, visit, axe, scripts):
    cast = set_the_stage(window.app)
    met: list[Person] = []

    def meet(known: Known) -> Person:
        person = Person(known.name, known.email, visit(window.url, scripts=scripts), axe if scripts else None)
        met.append(person)
        person.sign_in()
        return person

    officer, applicant, focal_point = meet(cast.officer), meet(cast.applicant), meet(cast.focal_point)
    an_officer_opens_a_call(officer)
    a_team_writes_its_dossier(applicant)
    reference = a_focal_point_endorses(applicant, focal_point, window)
    complements_are_asked_and_given(officer, applicant, reference)
    reviewers_are_chosen(officer, cast)
    for reviewer in cast.reviewers:
        a_reviewer_scores(meet(reviewer))
    a_session_is_planned(officer, reference)
    chair = meet(cast.chair)
    the_chair_decides_and_publishes(chair, reference)
    the_team_reads_the_decision(applicant, reference)
    the_plan_has_moved(focal_point, reference)
    everybody_was_told_once(window, cast, reference)
    the_officer_reads_the_timeline(officer, reference)
    nothing_is_late(meet(cast.admin), meet(cast.auditor), reference)
    assert [fault for person in met for fault in person.faults] == []


def an_officer_opens_a_call(officer: Person) -> None:
    officer.go("/instruction/appels")
    officer.follow("Créer un appel")
    tomorrow = clock.now() + dt.timedelta(days=1)
    officer.fill(
        {
            "Titre": CALL,
            "Code": "ner-2027",
            "Résumé": "Financer les projets qui réduisent l’empreinte du numérique de l’État.",
            "Qui peut déposer": "Les administrations centrales et leurs opérateurs.",
            "Adresse de contact": "guichet@services.example",
            "Ouverture": tomorrow.strftime("%Y-%m-%dT09:00"),
            "Clôture": (tomorrow + dt.timedelta(days=40)).strftime("%Y-%m-%dT12:00"),
            "Enveloppe": "400 000",
            "Montant minimal par projet": "25 000",
            "Montant maximal par projet": "250 000",
            "Taux maximal": "50",
        }
    )
    officer.tick(FAMILY, PRIORITY_ACTION)
    officer.press("Enregistrer")
    officer.sees("Ajoutez au moins un critère d’évaluation.", "Brouillon")
    officer.follow("Modifier les critères")
    for title, weight in (("Impacts évités", "3"), ("Portage du projet", "1")):
        officer.follow("Ajouter un critère")
        officer.fill({"Intitulé": title, "Poids": weight, "Note la plus haute": "4"})
        officer.press("Enregistrer")
    officer.follow("Retour à l’appel")
    officer.follow("Modifier les pièces")
    officer.fill({"Pièce": LETTER})
    officer.tick("Sans elle, le dossier ne peut être déposé")
    officer.press("Ajouter la pièce")
    officer.follow("Retour à l’appel")
    for step in ("Publier", "Ouvrir"):
        officer.follow(step)
        officer.press(step)
    officer.sees("Le dépôt des dossiers est ouvert.")


SECTIONS = {
    "Le projet": {"Résumé": "Réparer et réemployer 1 200 ordinateurs portables au lieu de les remplacer."},
    "Besoin et solution": {
        "Besoin": "Le parc est renouvelé tous les quatre ans.",
        "Solution": "Un atelier de réparation et une règle de renouvellement à six ans.",
        "Personnes concernées": "1 200 agents.",
        "Livrables": "Un atelier, un guide, un tableau de suivi.",
        "Sans financement, que se passe-t-il ?": "Le projet est reporté de deux ans.",
    },
    "Portage et parties prenantes": {
        "Agent qui porte le projet": "Alix Porteuse, cheffe de projet",
        "Mandat": "Lettre de mission du secrétaire général.",
        "Temps consacré au projet": "40",
        "Parties prenantes et leur accord": "Direction du numérique : accord écrit.",
        "Projets proches et mutualisation": "Aucun projet proche connu.",
    },
    "Ouverture, risques et partage": {
        "Licence des productions": "Licence Ouverte 2.0",
        "Ouverture": "Le guide est publié en juin.",
        "Risques": "Pénurie de pièces : un stock est prévu.",
        "Réutilisation par d’autres ministères": "La méthode est décrite pas à pas.",
        "Partage du retour d’expérience": "Un webinaire interministériel.",
    },
}


def a_team_writes_its_dossier(applicant: Person) -> None:
    applicant.go("/appels")
    applicant.follow(CALL)
    applicant.follow("Déposer un dossier")
    applicant.choose({"Organisation qui porte le projet": "Ministère de la Mer"})
    applicant.fill({"Titre du projet": TITLE})
    applicant.press("Créer le brouillon")
    applicant.sees("Pour déposer, il manque à cette rubrique", "Résumez le projet.")
    applicant.follow("Retour au dossier")
    applicant.sees("Ce qui manque pour déposer", "Décrivez le besoin.", "autres points")
    applicant.follow("Le projet")
    applicant.fill(SECTIONS["Le projet"])
    applicant.tick(FAMILY, PRIORITY_ACTION)
    for section in ("Besoin et solution", "Portage et parties prenantes"):
        goes_on_to(applicant, section)
        applicant.fill(SECTIONS[section])
    goes_on_to(applicant, "Lien avec le plan d’action")
    applicant.choose({"Action du plan": f"1. {PLAN_ACTION}", "Niveau d’engagement visé": "Expérimentation"})
    goes_on_to(applicant, "Calendrier")
    year = clock.today().year + 1
    applicant.fill({"Jalon 1": "Ouverture de l’atelier", "Date du jalon 1": f"{year}-03-01"})
    goes_on_to(applicant, "Budget")
    writes_the_budget(applicant, year)
    goes_on_to(applicant, "Impact environnemental")
    applicant.fill(
        {
            "Méthode d’estimation": "Facteurs publiés par la MiNumEco.",
            "Empreinte du projet lui-même": "Outillage : 2 tonnes au plus.",
            "Économie attendue par an": "20 000",
            "À partir de l’année": str(year),
            "Nom de l’indicateur 1": "Émissions évitées",
            "Valeur avant de l’indicateur 1": "0",
            "Valeur après de l’indicateur 1": "41 040",
            "Date de mesure de l’indicateur 1": f"{year}-12-31",
        }
    )
    applicant.choose({"Unité de l’indicateur 1": "kg CO₂ éq."})
    goes_on_to(applicant, "Ouverture, risques et partage")
    applicant.fill(SECTIONS["Ouverture, risques et partage"])
    goes_on_to(applicant, "Pièces jointes")
    joins_the_letter(applicant)


def goes_on_to(applicant: Person, section: str) -> None:
    applicant.press("Enregistrer et continuer")
    expect(applicant.page.get_by_role("heading", name="Étape")).to_contain_text(section)
    applicant.sees("est enregistrée.")


def writes_the_budget(applicant: Person, year: int) -> None:
    lines = (
        ("Matériel", "Outillage et pièces", "90 000", "45 000"),
        ("Formation", "Techniciens", "30 000", "15 000"),
    )
    for number, (category, label, amount, requested) in enumerate(lines, start=1):
        place = f"de la ligne {number}"
        applicant.choose({f"Poste {place}": category})
        applicant.fill(
            {
                f"Libellé {place}": label,
                f"Année {place}": str(year),
                f"Dépense {place}": amount,
                f"Montant demandé {place}": requested,
            }
        )
    applicant.press("Enregistrer")
    applicant.sees("Coût total : 120 000 €.".replace(" 000", "\u202f000").replace(" €", "\u00a0€"))


def joins_the_letter(applicant: Person) -> None:
    applicant.sees("Pour déposer, il manque à cette rubrique")
    applicant.choose({"Pièce": LETTER})
    applicant.control("Fichier").set_input_files({"name": "lettre.pdf", "mimeType": "application/pdf", "buffer": PDF})
    applicant.press("Joindre la pièce")
    applicant.sees("lettre.pdf")
    assert applicant.download("lettre.pdf") == PDF
    applicant.go("/dossiers")
    applicant.follow(TITLE)
    applicant.sees("Rien ne manque")


def a_focal_point_endorses(applicant: Person, focal_point: Person, window: Window) -> str:
    """The reference number that the dossier receives."""
    applicant.follow("Demander le visa du référent")
    applicant.press("Demander le visa")
    applicant.sees("Visa demandé")
    window.sink.wait_for(1)
    focal_point.go("/tableau-de-bord")
    focal_point.sees(TITLE)
    focal_point.go("/dossiers")
    focal_point.follow(TITLE)
    focal_point.follow("Viser et déposer")
    focal_point.press("Viser et déposer", status=422)
    focal_point.sees("Cochez cette case pour déposer.")
    focal_point.tick("J’atteste l’exactitude des informations du dossier et des pièces jointes")
    focal_point.press("Viser et déposer")
    focal_point.sees("Déposé")
    reference = "NER-2027-0001"
    focal_point.sees(reference)
    focal_point.awaits("accusé de réception (PDF)")
    receipt = text_of(focal_point.download("accusé de réception (PDF)"))
    assert reference in receipt
    assert TITLE in receipt
    return reference


def complements_are_asked_and_given(officer: Person, applicant: Person, reference: str) -> None:
    officer.go("/instruction")
    officer.follow(TITLE)
    officer.follow("Demander des compléments")
    officer.tick("Besoin et solution")
    officer.fill({"Ce que l’équipe doit compléter": "Précisez le nombre de techniciens formés."})
    officer.press("Demander les compléments")
    officer.sees("Compléments demandés")
    applicant.go("/dossiers")
    applicant.follow(TITLE)
    applicant.sees("Précisez le nombre de techniciens formés.")
    applicant.follow("Besoin et solution")
    applicant.fill({"Solution": "Un atelier de réparation, douze techniciens formés."})
    applicant.press("Enregistrer et continuer")
    applicant.follow("Déposer les compléments")
    applicant.tick("J’atteste l’exactitude des informations du dossier et des pièces jointes")
    applicant.press("Déposer les compléments")
    applicant.follow("Version 2")
    applicant.sees("douze techniciens formés", "renouvellement à six ans")
    officer.go("/instruction")
    officer.follow(TITLE)
    officer.follow("Décider de la recevabilité")
    officer.tick("Recevable")
    officer.press("Enregistrer la décision")
    officer.sees("Recevable")


def reviewers_are_chosen(officer: Person, cast: Cast) -> None:
    officer.follow("Désigner des évaluateurs")
    for reviewer in cast.reviewers:
        officer.tick_beginning(reviewer.name)
    expect(officer.page.get_by_role("checkbox")).to_have_count(len(cast.reviewers))
    officer.sees(f"{cast.colleague.name} appartient au ministère qui porte le dossier.")
    officer.press("Désigner")
    officer.sees("En évaluation", *(reviewer.name for reviewer in cast.reviewers))


def a_reviewer_scores(reviewer: Person) -> None:
    reviewer.go("/evaluations")
    reviewer.follow(TITLE)
    reviewer.sees_not("Outillage et pièces")
    reviewer.tick("Je déclare n’avoir aucun conflit d’intérêts : j’évalue ce dossier")
    reviewer.press("Enregistrer ma déclaration")
    reviewer.sees("Outillage et pièces")
    assert reviewer.download("lettre.pdf") == PDF
    reviewer.follow("Noter le dossier")
    for number, mark in ((1, "4 – Excellent"), (2, "3 – Satisfaisant")):
        group = reviewer.page.get_by_role("group", name=re.compile(rf"^\s*{number}\. "))
        tick(group.get_by_label(mark))
        reviewer.fill({f"Justification de la note {number}": "Chiffré, daté, mesuré."})
    reviewer.press("Remettre mon évaluation", status=422)
    reviewer.sees("Choisissez votre avis.")
    reviewer.tick("Favorable")
    reviewer.fill({"Commentaire pour le comité": "Projet solide."})
    reviewer.press("Remettre mon évaluation")
    reviewer.sees("Votre évaluation est remise.", "93,75 sur 100")


def a_session_is_planned(officer: Person, reference: str) -> None:
    officer.go("/instruction")
    officer.follow(TITLE)
    officer.sees("2 évaluations sur 2", "93,75")
    officer.follow("Clore l’évaluation")
    officer.press("Clore l’évaluation")
    officer.sees("Évalué")
    officer.go("/instruction/appels")
    officer.follow(CALL)
    for step in ("Clore", "Ouvrir la délibération"):
        officer.follow(step)
        officer.press(step)
    officer.go("/seances")
    officer.follow("Prévoir une séance")
    officer.follow(CALL)
    officer.fill(
        {
            "Intitulé de la séance": "Comité de sélection de janvier",
            "Jour et heure": (clock.now() + dt.timedelta(days=2)).strftime("%Y-%m-%dT14:00"),
            "Lieu": "Salle 12",
        }
    )
    officer.press("Enregistrer la séance")
    officer.tick_beginning(f"Inscrire {reference}")
    officer.press("Inscrire les dossiers cochés")
    officer.sees("Un dossier est inscrit.")
    officer.follow("Voir l’ordre du jour")
    officer.sees(reference)


def the_chair_decides_and_publishes(chair: Person, reference: str) -> None:
    chair.go("/seances")
    chair.follow("Comité de sélection de janvier")
    chair.follow("Voir le classement")
    chair.sees(reference, "93,75", "400\u202f000\u00a0€")
    chair.follow("Comité de sélection de janvier")
    chair.follow(TITLE)
    chair.tick("Retenu")
    chair.fill({"Montant accordé": "500 000"})
    chair.press("Préparer la décision", status=422)
    chair.fill({"Montant accordé": "50 000"})
    chair.press("Préparer la décision")
    chair.sees("La décision est préparée", "Retenu", "50\u202f000\u00a0€")
    chair.follow("Clore la séance")
    chair.press("Clore la séance")
    chair.follow("Décisions à publier")
    chair.follow("Publier toutes les décisions (1)")
    chair.sees("50\u202f000\u00a0€")
    chair.press("Publier 1 décision")
    chair.awaits("Tout est publié")


def the_team_reads_the_decision(applicant: Person, reference: str) -> None:
    applicant.go("/dossiers")
    applicant.follow(TITLE)
    applicant.sees("Retenu", "50\u202f000\u00a0€")
    applicant.awaits("Lettre de décision (PDF)")
    letter = text_of(applicant.download("Lettre de décision (PDF)"))
    assert reference in letter
    assert re.search(r"50\s000", letter)


def the_plan_has_moved(focal_point: Person, reference: str) -> None:
    focal_point.go("/plans")
    focal_point.sees("Ministère de la Mer")
    focal_point.follow("Phase d’usage")
    focal_point.follow(PLAN_ACTION)
    focal_point.awaits(f"Issu du dossier {reference}")
    focal_point.sees("50\u202f000\u00a0€", "Expérimentation", "En cours", "Réflexion → Expérimentation")


def expected_mail(cast: Cast, reference: str) -> Counter[tuple[str, str]]:
    """Each notice of the story: to whom, and how its subject begins."""
    team = (cast.applicant, cast.focal_point)
    notices = [
        (cast.focal_point, f"[Visa demandé] {TITLE}"),
        (cast.officer, f"[{reference}] Nouveau dossier à instruire"),
        (cast.officer, f"[{reference}] Compléments reçus"),
        *((cast.officer, f"[{reference}] Évaluation remise") for _ in cast.reviewers),
        *((reviewer, f"[{reference}] Évaluation à rendre avant le …") for reviewer in cast.reviewers),
        *((person, f"[{reference}] Votre dossier est déposé") for person in team),
        *((person, f"[{reference}] Compléments demandés avant le …") for person in team),
        *((person, f"[{reference}] Vos compléments sont déposés") for person in team),
        *((person, f"[{reference}] Dossier recevable") for person in team),
        *((person, f"[{reference}] Décision : retenu") for person in team),
    ]
    return Counter((person.email, subject) for person, subject in notices)


def everybody_was_told_once(window: Window, cast: Cast, reference: str) -> None:
    expected = expected_mail(cast, reference)
    window.sink.wait_for(expected.total())
    received = Counter(
        (parseaddr(message["To"])[1], re.sub(r"avant le .*", "avant le …", message["Subject"].split(f" – {CALL}")[0]))
        for message in window.sink.messages
    )
    assert received == expected
    identifiers = [message["Message-ID"] for message in window.sink.messages]
    assert len(set(identifiers)) == len(identifiers)
    for message in window.sink.messages:
        assert {part.get_content_type() for part in message.walk()} >= {"text/plain", "text/html"}


def the_officer_reads_the_timeline(officer: Person, reference: str) -> None:
    officer.go("/instruction")
    officer.follow(TITLE)
    officer.follow("Voir tout l’historique")
    officer.sees("Dossier retenu", "par Cyr Présidence", "Évaluation remise", "Lettre de décision prête", "envoyé")
    officer.sees_not("en attente", "non remis", "Dossier mis à jour")
    officer.follow("Suivante")
    officer.sees("Dossier visé et déposé", "par Fanny Référente", "Pièce jointe", "lettre.pdf", "Dossier commencé")
    officer.sees_not("en attente", "non remis", "Dossier mis à jour")


def nothing_is_late(admin: Person, auditor: Person, reference: str) -> None:
    admin.go("/supervision")
    admin.sees("Tout part à l’heure", "Aucun message n’est en retard ni en échec.")
    auditor.go("/supervision/journal")
    auditor.fill({"Personne": "Fanny"})
    auditor.press("Filtrer")
    auditor.sees("application.endorse", reference)
    auditor.go("/instruction")
    auditor.follow(TITLE)
    auditor.sees("Retenu", "Dossier retenu")
    auditor.sees_not("Demander des compléments", "Classer sans suite")
