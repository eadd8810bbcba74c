"""A prepared decision is a secret: whatever page the ministry, reviewers and visitors open, nothing tells of it."""

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.review.models import Decision, DecisionStatus, Outcome
from guichet.review.queries import committee, decisions
from guichet.review.services import decision as services
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_reviewed, make_session
from tests.factories.plans import make_action, make_plan
from tests.review.races import who

AMOUNT, REASON, CONDITION, TITLE = "41 237", "Motif encore secret", "Condition encore secrète", "Comité des secrets"


@pytest.fixture
def call(session):
    return make_call()


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def dossier(call, lead):
    return make_reviewed(call, lead=lead)


@pytest.fixture
def addresses(app, call, dossier, lead):
    """The address of every page, with the identifiers of this dossier, its call, its session and its ministry's plan."""
    plan = make_plan(lead.organisation)
    meeting = make_session(call, dossier, title=TITLE)
    with unit_of_work():
        chair = make_account(Role.CHAIR)
        services.prepare(dossier, meeting, Outcome.AWARDED, Decimal(41_237), REASON, CONDITION, actor=chair)
    known = {
        "application_id": dossier.id,
        "slug": call.slug,
        "session_id": meeting.id,
        "plan_id": plan.id,
        "action_id": make_action(plan).id,
        "number": 1,
    }
    adapter = app.url_map.bind("localhost")
    # The others are pages of things that do not exist here.
    return [
        adapter.build(rule.endpoint, {name: known[name] for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint != "static" and rule.arguments <= known.keys()
    ]


def told_by(client, addresses, *secrets):
    """The pages that `client` may open and that hold one of `secrets`."""
    opened, told = 0, []
    for address in addresses:
        answer = client.get(address)
        text = answer.get_data(as_text=True).replace("\u202f", " ").replace("\u00a0", " ")
        answer.close()
        opened += answer.status_code == 200
        told += [(address, secret) for secret in secrets if secret in text]
    # Otherwise the test would say nothing.
    assert opened > 5
    return told


def test_the_team_and_its_ministry_see_nothing(client_for, addresses, lead, dossier):
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    colleagues = [make_account(role, organisation=lead.organisation) for role in (Role.COMMITTEE, Role.CHAIR)]
    for reader in (lead, focal_point):
        client = client_for(reader)
        assert told_by(client, addresses, AMOUNT, REASON, CONDITION, TITLE) == []
        page = client.get(f"/dossiers/{dossier.id}").get_data(as_text=True)
        assert "Évalué" in page
        assert Outcome.AWARDED.label not in page
    for reader in colleagues:
        # They know the session, not the dossier nor what it takes.
        assert told_by(client_for(reader), addresses, AMOUNT, REASON) == []
    assert dossier.status is ApplicationStatus.REVIEWED


def test_visitors_and_reviewers_see_nothing(client_for, addresses):
    for reader in (None, make_account(Role.REVIEWER)):
        assert told_by(client_for(reader), addresses, AMOUNT, REASON, CONDITION, TITLE) == []


def test_finance_and_administration_see_nothing(client_for, addresses):
    for role in (Role.FINANCE, Role.ADMIN):
        client = client_for(make_account(role))
        assert told_by(client, addresses, AMOUNT, REASON, CONDITION) == []


# Nobody reads the envelope's pages but these.
LEDGER_READERS = [Role.OFFICER, Role.ADMIN, Role.FINANCE, Role.CHAIR, Role.COMMITTEE, Role.AUDITOR]


def pages_of_the_envelope(client, call):
    """All that pages outside the session tell of the call's money: their words, without the tokens of their forms."""
    urls = ("/instruction/appels", f"/instruction/appels/{call.slug}", f"/instruction/appels/{call.slug}/enveloppe")
    texts = [client.get(url).get_data(as_text=True) for url in (*urls, f"/appels/{call.slug}", "/appels")]
    # Otherwise the test would say nothing.
    assert "Reste à attribuer" in texts[2]
    return [re.sub(r'name="(csrf_token|key)"[^>]*>', "", text) for text in texts]


@pytest.mark.parametrize("role", LEDGER_READERS)
def test_the_envelope_does_not_move_before_the_decision_is_published(client_for, call, role):
    client, chair_id = client_for(make_account(role)), make_account(Role.CHAIR).id
    dossiers = [make_reviewed(call), make_reviewed(call)]
    first_id, second_id = (one.id for one in dossiers)
    meeting_id = make_session(call, *dossiers).id
    before = pages_of_the_envelope(client, call)

    chair = who(chair_id)
    meeting = committee.one_for(chair, meeting_id)
    first, second = (committee.on_agenda(meeting, chair, one) for one in (first_id, second_id))
    with unit_of_work():
        services.prepare(first, meeting, Outcome.AWARDED, Decimal(30_000), "", "", actor=chair)
        services.prepare(first, meeting, Outcome.AWARDED, Decimal(41_237), "", "", actor=chair)
        services.cancel(
            services.prepare(second, meeting, Outcome.AWARDED, Decimal(20_000), "", "", actor=chair), actor=chair
        )
    assert pages_of_the_envelope(client, call) == before

    with unit_of_work():
        prepared = sa.select(Decision).where(Decision.status == DecisionStatus.PREPARED)
        services.publish(
            db.session.scalars(prepared.options(decisions.publishable())).unique().one(), actor=who(chair_id)
        )
    told = pages_of_the_envelope(client, call)[2].replace("\u202f", " ").replace("\u00a0", " ")
    assert "458 763 €" in told
    assert "-41 237 €" in told
    assert "20 000" not in told


def test_a_refused_freeze_does_not_say_what_is_reserved(client_for, call):
    dossier = make_reviewed(call)
    make_decision(dossier, make_session(call, dossier), amount=41_237)
    client, url = client_for(make_account(Role.FINANCE)), f"/instruction/appels/{call.slug}/enveloppe"

    refused = client.send(url, {"kind": "freeze", "amount": "480000", "reason": "Gel"}).get_data(as_text=True)

    assert "L’enveloppe de l’appel ne suffit pas" in refused
    assert not re.search(r"458\s?763", refused)


def test_a_refused_award_does_not_say_what_hidden_dossiers_took(client_for, call):
    chair = make_account(Role.CHAIR)
    hidden, dossier = make_reviewed(call, amount=250_000), make_reviewed(call, amount=500_000)
    db.session.add(Recusal(application_id=hidden.id, account_id=chair.id, reason="Conjoint."))
    meeting = make_session(call, hidden, dossier)
    make_decision(hidden, meeting, amount=41_237)

    url = f"/seances/{meeting.id}/dossiers/{dossier.id}"
    refused = client_for(chair).send(url, {"outcome": "awarded", "amount": "480000"}).get_data(as_text=True)

    assert "une part en est réservée" in refused
    assert not re.search(r"458\s?763", refused)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR])
def test_a_recusal_hides_the_decision_from_those_who_would_know(client_for, addresses, dossier, role):
    reader = make_account(role)
    client = client_for(reader)
    (sheet,) = (one for one in addresses if one.startswith("/seances/") and one.endswith(f"/dossiers/{dossier.id}"))
    assert REASON in client.get(sheet).get_data(as_text=True)
    db.session.add(Recusal(application_id=dossier.id, account_id=reader.id, reason="Conjoint."))

    assert told_by(client, addresses, AMOUNT, REASON, CONDITION) == []


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.FINANCE])
@pytest.mark.parametrize("part", [Role.APPLICANT, Role.FOCAL_POINT])
def test_who_watches_never_meets_in_a_session_the_dossier_in_which_she_takes_part(client_for, call, role, part):
    person = make_account(role, part)
    lead = person if part is Role.APPLICANT else make_account(Role.APPLICANT, organisation=person.organisation)
    dossier = make_reviewed(call, lead=lead, title="Son propre dossier")
    meeting = make_session(call, dossier)
    browser = client_for(person)

    assert "Son propre dossier" not in browser.get(f"/seances/{meeting.id}").get_data(as_text=True)
    assert browser.get(f"/seances/{meeting.id}/dossiers/{dossier.id}").status_code == 404
