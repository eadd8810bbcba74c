"""More time, a request taken back, the time to decide: on the officer's pages and on the team's."""

import datetime as dt

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, ChangeRequest, Recusal, Section
from guichet.applications.services import complements, submission
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from tests.applications.page_reader import read
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.submission import loaded, make_submitted
from tests.review.pages import address, buttons, status_of, text_of

S = ApplicationStatus
EXTEND, CANCEL = "/complements/prolongation", "/complements/annulation"


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def asked(lead, officer):
    """Complements asked on the solution, ten days to answer, in a call that decides in sixty days."""
    application = make_submitted(lead, call=make_call(decision_delay_days=60))
    ask(application, officer)
    return loaded(application)


def ask(application, officer, days=10):
    with unit_of_work():
        due_on = clock.today() + dt.timedelta(days=days)
        complements.request_changes(loaded(application), [Section.SOLUTION], "Précisez.", due_on, actor=officer)


def in_days(number):
    return (clock.today() + dt.timedelta(days=number)).isoformat()


def test_extending_on_screen(client_for, asked, officer, lead):
    client = client_for(officer)
    page = text_of(client.get(address(asked)))
    assert {"Prolonger le délai des compléments", "Annuler la demande de compléments"} <= buttons(page)

    answer = client.send(address(asked, EXTEND), {"due_on": in_days(30), "reason": "Le devis manque."})

    assert answer.status_code == 303
    assert "Délai prolongé" in text_of(client.get(address(asked)))
    told = text_of(client_for(lead).get(f"/dossiers/{asked.id}"))
    assert "Délai prolongé" in told
    assert "Le devis manque." in told


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"due_on": in_days(5), "reason": "Motif"}, "Choisissez une date entre"),
        ({"due_on": in_days(90), "reason": "Motif"}, "Choisissez une date entre"),
        ({"due_on": "hier", "reason": "Motif"}, "Écrivez une date"),
        ({"due_on": in_days(30), "reason": ""}, "Motif"),
        ({"due_on": in_days(30), "reason": "é" * 1001}, "1000 caractères au plus"),
    ],
)
def test_an_extension_is_refused_at_its_field_and_keeps_what_was_typed(client_for, asked, officer, typed, message):
    answer = client_for(officer).send(address(asked, EXTEND), typed)

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert typed["reason"] in text_of(answer)
    assert db.session.scalars(sa.select(ChangeRequest.extended_from)).all() == [None]


def test_cancelling_on_screen(client_for, asked, officer, lead):
    client = client_for(officer)
    page = text_of(client.get(address(asked, CANCEL)))
    assert "Le dossier redevient « Déposé »" in page
    assert client.send(address(asked, CANCEL), {"reason": " "}).status_code == 422

    answer = client.send(address(asked, CANCEL), {"reason": "Demande faite par erreur."})

    assert answer.status_code == 303
    assert status_of(asked) is S.SUBMITTED
    assert "Demande annulée" in text_of(client.get(address(asked)))
    told = text_of(client_for(lead).get(f"/dossiers/{asked.id}"))
    assert "Demande faite par erreur." in told


@pytest.mark.parametrize("rest", [EXTEND, CANCEL])
def test_a_second_click_and_a_page_out_of_time_say_so(client_for, asked, officer, lead, rest):
    client = client_for(officer)
    token = client.csrf(address(asked, rest))
    with unit_of_work():
        submission.resubmit(loaded(asked), actor=accounts.by_email(lead.email))

    answer = client.post(
        address(asked, rest), data={"csrf_token": token, "due_on": in_days(30), "reason": "Trop tard."}
    )

    assert answer.status_code == 422
    assert "Trop tard." in text_of(answer)
    assert client.get(address(asked, rest)).status_code == 409


@pytest.mark.parametrize("rest", [EXTEND, CANCEL])
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER}))
def test_the_pages_are_the_officers_alone(client_for, asked, rest, role):
    assert client_for(make_account(role)).get(address(asked, rest)).status_code == 403


@pytest.mark.parametrize("rest", [EXTEND, CANCEL])
def test_an_officer_who_is_recused_or_of_the_ministry_has_no_such_dossier(client_for, asked, lead, officer, rest):
    recused = make_account(Role.OFFICER)
    db.session.add(Recusal(application_id=asked.id, account_id=recused.id, reason="Parenté."))
    for reader in (recused, make_account(Role.OFFICER, organisation=lead.organisation)):
        assert client_for(reader).get(address(asked, rest)).status_code == 404


# What was not handed in


def rewrite(application):
    text = "Un atelier, un guide, puis un tableau de suivi public, mis à jour chaque mois par le service."
    loaded(application).deliverables = text
    db.session.commit()


def test_the_team_reads_what_it_had_written_and_nobody_else_does(client_for, asked, lead, officer):
    rewrite(asked)
    with unit_of_work():
        complements.cancel(loaded(asked), "Erreur.", actor=officer)
    request = db.session.scalars(sa.select(ChangeRequest)).one()
    url = f"/dossiers/{asked.id}/complements/{request.id}"
    client = client_for(lead)

    assert url in text_of(client.get(f"/dossiers/{asked.id}"))
    page = read(client.get(url)).text
    assert "[ajouté : puis" in page
    assert "mis à jour chaque mois" in page
    for role in (Role.OFFICER, Role.ADMIN, Role.AUDITOR, Role.FINANCE):
        assert client_for(make_account(role)).get(url).status_code == 403
    assert client_for(make_account(Role.APPLICANT)).get(url).status_code == 404
    assert url not in text_of(client_for(officer).get(f"/dossiers/{asked.id}"))


def test_an_open_request_has_no_such_page(client_for, asked, lead):
    request = db.session.scalars(sa.select(ChangeRequest)).one()

    assert client_for(lead).get(f"/dossiers/{asked.id}/complements/{request.id}").status_code == 404


def test_a_request_that_changed_nothing_says_so(client_for, asked, lead, officer):
    with unit_of_work():
        complements.cancel(loaded(asked), "Erreur.", actor=officer)
    request = db.session.scalars(sa.select(ChangeRequest)).one()

    page = text_of(client_for(lead).get(f"/dossiers/{asked.id}/complements/{request.id}"))

    assert "Vous n’aviez rien modifié." in page


def test_versions_differ_by_their_words(client_for, asked, lead):
    rewrite(asked)
    with unit_of_work():
        submission.resubmit(loaded(asked), actor=accounts.by_email(lead.email))

    page = text_of(client_for(lead).get(f"/dossiers/{asked.id}/versions/2"))

    assert "<ins>" in page
    assert read(client_for(lead).get(f"/dossiers/{asked.id}/versions/2")).elements <= 380


def test_a_version_rewritten_from_end_to_end_stays_a_light_page(client_for, lead, officer):
    application = make_submitted(lead)
    ask(application, officer)
    dossier = loaded(application)
    for number, name in enumerate(("problem", "solution", "users_concerned", "deliverables", "risks", "reuse")):
        sentences = (f"La phrase {place} de la rubrique {number} a ces mots. " for place in range(300))
        setattr(dossier, name, "".join(sentences))
    db.session.commit()
    with unit_of_work():
        submission.resubmit(loaded(application), actor=lead)
    ask(application, officer)
    dossier = loaded(application)
    for name in ("problem", "solution", "users_concerned", "deliverables", "risks", "reuse"):
        setattr(dossier, name, getattr(dossier, name).replace("0 de", "0 récrite de"))
    db.session.commit()
    with unit_of_work():
        submission.resubmit(loaded(application), actor=lead)

    page = read(client_for(lead).get(f"/dossiers/{application.id}/versions/3"))

    assert page.elements <= 380
    assert "autres modifications dans la suite de ce texte" in page.text


# The time to decide


def test_both_sides_read_where_the_time_to_decide_is(client_for, asked, lead, officer):
    assert "il reprendra à la réception de vos compléments." in text_of(client_for(lead).get(f"/dossiers/{asked.id}"))
    assert "il reprendra à la réception des compléments." in text_of(client_for(officer).get(address(asked)))
    with unit_of_work():
        submission.resubmit(loaded(asked), actor=accounts.by_email(lead.email))
    for page in (client_for(lead).get(f"/dossiers/{asked.id}"), client_for(officer).get(address(asked))):
        assert "Décision au plus tard le" in text_of(page)


def test_a_dossier_of_a_call_without_delay_says_nothing_of_it(client_for, lead):
    page = text_of(client_for(lead).get(f"/dossiers/{make_submitted(lead).id}"))

    assert "Décision au plus tard" not in page


@pytest.fixture
def late_ones(lead, officer):
    """Three dossiers of a call that decides in thirty days: one late, one near, one suspended and late to complete."""
    call = make_call(decision_delay_days=30)

    def handed_in(days, title, status=S.SUBMITTED):
        at = clock.now() - dt.timedelta(days=days)
        return make_application(call=call, status=status, title=title, submitted_at=at)

    handed_in(40, "Décision en retard"), handed_in(20, "Décision proche"), handed_in(1, "Décision lointaine")
    paused = handed_in(60, "Décision suspendue", S.CHANGES_REQUESTED)
    request = ChangeRequest(
        application_id=paused.id,
        created_at=clock.now() - dt.timedelta(days=50),
        sections=["budget"],
        message="Précisez.",
        due_on=clock.today() - dt.timedelta(days=3),
        requested_by_id=officer.id,
    )
    db.session.add(request)
    handed_in(90, "Décision rendue", S.REJECTED)
    db.session.flush()


TITLES = ("Décision en retard", "Décision proche", "Décision suspendue", "Décision lointaine", "Décision rendue")


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("retard", {"Décision en retard"}),
        ("proche", {"Décision proche"}),
        ("suspendu", {"Décision suspendue"}),
        ("complements", {"Décision suspendue"}),
        ("", set(TITLES)),
        ("n’importe quoi", set(TITLES)),
    ],
)
def test_the_desk_filters_by_delay(client_for, late_ones, officer, wanted, shown):
    page = read(client_for(officer).get("/instruction", query_string={"delai": wanted})).words
    listed = {word.strip() for word in page[page.index("Projet") :]}

    assert {title for title in TITLES if title in listed} == shown


def test_the_desk_puts_late_decisions_first_and_says_how_late(client_for, late_ones, officer):
    page = text_of(client_for(officer).get("/instruction?tri=delai"))

    places = [page.index(f">{title}</a>") for title in TITLES]
    assert places == sorted(places)
    assert "retard de 10&nbsp;j" in page
    assert "dans 10&nbsp;j" in page
    assert "suspendue" in page
    page = text_of(client_for(officer).get("/instruction?tri=-delai"))
    assert page.index(">Décision lointaine</a>") < page.index(">Décision en retard</a>")


@pytest.mark.parametrize("query", ["tri=delai", "tri=delai&delai=retard", "delai=complements", "tri=-delai"])
def test_the_desk_asks_as_many_statements_whatever_it_shows(client_for, late_ones, officer, statements, query):
    client = client_for(officer)
    client.get("/instruction")
    statements.clear()
    client.get("/instruction")
    plain = len(statements)
    statements.clear()
    client.get(f"/instruction?{query}")

    assert len(statements) == plain
