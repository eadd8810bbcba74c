"""What a decision letter says, in the words of each outcome. The author, her quality and her service are always named."""

import datetime as dt
from typing import Any

from guichet.applications.appeal import WAYS_OF_APPEAL
from guichet.applications.models import Application, TeamRole
from guichet.documents.letterhead import letterhead
from guichet.review.models import Decision, Outcome
from guichet.web.filters import euros, moment

Part = tuple[str, str]

TITLES = {
    Outcome.AWARDED: "Votre projet est retenu",
    Outcome.REJECTED: "Votre projet n’est pas retenu",
    Outcome.WAITLISTED: "Votre projet est inscrit sur la liste complémentaire",
    Outcome.DEFERRED: "L’examen de votre projet est ajourné",
}
REASONS = {
    Outcome.AWARDED: "Motifs",
    Outcome.REJECTED: "Motifs de la décision",
    Outcome.WAITLISTED: "Motifs de la décision",
    Outcome.DEFERRED: "Points à lever",
}
NEXT = {
    Outcome.AWARDED: (
        "La convention, qui fixe le calendrier des versements et les bilans attendus, vous est adressée pour signature. "
        "Aucune dépense n’est prise en charge avant sa signature, sauf mention contraire de l’appel à projets.\n\n"
        "L’action de votre plan à laquelle le projet est rattaché est mise à jour par le guichet ; "
        "votre référent peut la confirmer ou la corriger."
    ),
    Outcome.REJECTED: (
        "Le projet peut être présenté de nouveau à un prochain appel, une fois repris. "
        "Le service instructeur répond à vos questions à l’adresse ci-dessus."
    ),
    Outcome.WAITLISTED: (
        "Si des crédits se libèrent, les projets de la liste complémentaire sont retenus dans l’ordre de leur rang. "
        "Vous en serez informé par écrit ; vous n’avez rien à faire."
    ),
    Outcome.DEFERRED: (
        "Adressez au service instructeur, à l’adresse ci-dessus, ce qui permet de lever ces points. "
        "Le dossier sera alors inscrit à une prochaine séance du comité."
    ),
}
APPEAL = f"{WAYS_OF_APPEAL} Rappelez le numéro du dossier et joignez la présente lettre."
NOTE = "Document produit à la publication de la décision, puis figé : son empreinte SHA-256 est conservée avec lui."


def letter_data(decision: Decision, *, published_at: dt.datetime) -> dict[str, Any]:
    """The data of templates/documents/letter.typ."""
    application = decision.application
    call, reference, author = application.call, application.reference or "", decision.prepared_by
    title = TITLES[decision.outcome]
    head = letterhead(
        title=title,
        description=f"Décision sur le dossier {reference}",
        reference=reference,
        addressee=_addressee(application),
        at=published_at,
        contact=call.contact_email,
        zone=call.time_zone,
    )
    facts = [["Dossier", f"{reference}, « {application.title} »"], ["Appel à projets", call.title]]
    if decision.amount is not None:
        facts.append(["Montant demandé", euros(application.amount_requested)])
        facts.append(["Montant accordé", euros(decision.amount)])
    return {
        **head,
        "facts": [*facts, ["Décision publiée le", moment(published_at, call.time_zone)]],
        "opening": _opening(decision),
        "parts": [{"title": heading, "text": text} for heading, text in _parts(decision)],
        "signatory": {"name": author.full_name, "title": author.job_title, "service": author.organisation.name},
        "note": NOTE,
    }


def _addressee(application: Application) -> list[str]:
    lines = [application.ministry.name]
    if application.organisation_id != application.ministry_id:
        lines.append(application.organisation.name)
    leads = [member.account.full_name for member in application.team if member.role is TeamRole.LEAD]
    return [*lines, *(f"À l’attention de {name}" for name in leads)]


def _opening(decision: Decision) -> str:
    decided = "Après avis du comité, le dossier que vous avez déposé a été examiné."
    match decision.outcome:
        case Outcome.AWARDED:
            return f"{decided} Le projet est retenu, et une aide de {euros(decision.amount)} lui est accordée."
        case Outcome.REJECTED:
            return f"{decided} Le projet n’est pas retenu."
        case Outcome.WAITLISTED:
            return f"{decided} Le projet est inscrit sur la liste complémentaire."
        case Outcome.DEFERRED:
            return f"{decided} Le comité ne peut pas encore se prononcer : l’examen est ajourné."


def _parts(decision: Decision) -> list[Part]:
    parts = [(REASONS[decision.outcome], decision.reason), ("Conditions", decision.conditions)]
    parts = [part for part in parts if part[1]]
    parts.append(("Suite de la procédure", NEXT[decision.outcome]))
    if decision.outcome is Outcome.REJECTED:
        parts.append(("Voies de recours", APPEAL))
    return parts
