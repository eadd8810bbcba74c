"""The rules of a call judged in words, and the public self-test that asks them."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import OrganisationKind, Role
from guichet.applications.eligibility import judged
from guichet.applications.models import ApplicationStatus
from guichet.applications.services import drafting, submission
from guichet.calls import eligibility
from guichet.calls.models import AttachmentKind, CallStatus
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_call


def rules(**changes):
    return eligibility.Rules(
        **{
            "kinds": (),
            "named": {},
            "one_per_ministry": False,
            "amount_min": Decimal(25_000),
            "amount_max": Decimal(250_000),
            "max_rate": Decimal(50),
            "staff_counted": False,
            **changes,
        }
    )


def request(requested, total=200_000, staff=0):
    return eligibility.Request(requested=Decimal(requested), total=Decimal(total), staff=Decimal(staff))


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (request("24999.99"), [False, True]),
        (request(25_000), [True, True]),
        (request(100_000), [True, True]),
        (request("100000.01"), [True, False]),
        (request(250_000, 500_000), [True, True]),
        (request("250000.01", 600_000), [False, True]),
        (request(100_000, staff=1), [True, False]),
    ],
)
def test_amounts_are_judged_to_the_cent(asked, holds):
    verdicts = eligibility.judge_request(rules(), asked)

    assert [verdict.holds for verdict in verdicts] == holds
    assert all(verdict.to_do for verdict in eligibility.refusals(verdicts))


def test_staff_counts_where_the_call_says_so():
    assert eligibility.judge_rate(rules(staff_counted=True), request(100_000, staff=50_000)).holds


def test_a_kind_that_may_not_apply_is_told_who_may():
    verdict = eligibility.judge_kind(rules(kinds=(OrganisationKind.MINISTRY,)), OrganisationKind.OPERATOR)

    assert (verdict.holds, verdict.message) == (False, "Seuls peuvent déposer les ministères.")


def test_number_is_judged_only_where_it_is_limited():
    assert eligibility.judge_number(rules(), already=True).holds
    assert not eligibility.judge_number(rules(one_per_ministry=True), already=True).holds


def test_who_may_apply_is_told_in_words():
    told = eligibility.who_in_words(["operator", "ministry"], ["A", "B"])

    assert told == "Peuvent déposer : les ministères et les opérateurs. L’appel est réservé à : A et B."


# A dossier


def test_an_organisation_that_may_not_apply_begins_no_dossier(session):
    call = make_call(applicant_kinds=["operator"])
    actor = make_account(Role.APPLICANT)

    with pytest.raises(RuleBroken, match="Seuls peuvent déposer les opérateurs") as refused:
        drafting.create(call, organisation=actor.organisation, title="Projet", actor=actor)

    assert refused.value.field == "organisation_id"


def test_a_ministry_names_what_depends_on_it(session):
    actor = make_account(Role.APPLICANT)
    other = make_call(organisations=[make_ministry()])
    hers = make_call(organisations=[actor.organisation])

    with pytest.raises(RuleBroken, match="L’appel est réservé à"):
        drafting.create(other, organisation=actor.organisation, title="Projet", actor=actor)

    assert drafting.create(hers, organisation=actor.organisation, title="Projet", actor=actor)


@pytest.mark.parametrize("standing", [True, False], ids=["standing", "withdrawn"])
def test_one_dossier_a_ministry_counts_those_that_stand(session, standing):
    call = make_call(one_per_ministry=True)
    actor = make_account(Role.APPLICANT)
    status = ApplicationStatus.SUBMITTED if standing else ApplicationStatus.WITHDRAWN
    make_application(call=call, lead=actor, status=status)

    if standing:
        with pytest.raises(RuleBroken, match="un seul dossier par ministère"):
            drafting.create(call, organisation=actor.organisation, title="Projet", actor=actor)
    else:
        assert drafting.create(call, organisation=actor.organisation, title="Projet", actor=actor)


def test_a_second_dossier_of_the_ministry_is_refused_at_its_submission(session):
    call = make_call(one_per_ministry=True)
    lead = make_account(Role.APPLICANT)
    first, second = (make_application(call=call, lead=lead, complete=True) for _ in range(2))
    with unit_of_work():
        submission.submit(first, actor=lead)

    with pytest.raises(RuleBroken, match="un seul dossier par ministère"), unit_of_work():
        submission.submit(second, actor=lead)


def test_the_desk_reads_every_rule(session):
    call = make_call(one_per_ministry=True)
    application = make_application(call=call, status=ApplicationStatus.SUBMITTED)

    assert [verdict.rule for verdict in judged(application)] == ["kind", "name", "number", "amount", "rate"]


# The self-test


ANSWERS = {"kind": "ministry", "total": "100 000", "staff": "", "requested": "50 000"}


def text_of(answer):
    return " ".join(answer.get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ").split())


def counts(session):
    return [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in db.metadata.sorted_tables]


def test_anybody_is_told_that_her_project_would_be_eligible(client_for, session):
    make_call(slug="appel", attachment_kinds=[AttachmentKind(position=1, label="Lettre", required=True)])
    client = client_for()
    before = counts(session)

    answer = client.send("/appels/appel/eligibilite", ANSWERS)

    text = text_of(answer)
    assert answer.status_code == 200
    assert "votre projet serait éligible" in text
    assert "Lettre" in text
    assert "/appels/appel/deposer" in text or "Commencer un dossier" in text
    assert counts(session) == before


def test_each_broken_rule_says_what_to_do(client_for):
    make_call(slug="appel", applicant_kinds=["operator"], one_per_ministry=True, organisations=[make_ministry()])

    text = text_of(
        client_for().send(
            "/appels/appel/eligibilite", {**ANSWERS, "already": "y", "requested": "60 000", "organisation": ""}
        )
    )

    assert text.count("À revoir") == 4
    assert "Demandez au plus 50 000 €" in text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"total": ""}, "total"),
        ({"total": "nan"}, "total"),
        ({"requested": "1e99"}, "requested"),
        ({"requested": "900 000"}, "Ce montant dépasse le coût total du projet."),
        ({"staff": "900 000"}, "Ce montant dépasse le coût total du projet."),
        ({"kind": "royaume"}, "Choisissez une valeur de la liste."),
    ],
)
def test_wrong_answers_are_kept_and_told(client_for, typed, told):
    make_call(slug="appel")

    answer = client_for().send("/appels/appel/eligibilite", {**ANSWERS, **typed})

    assert answer.status_code == 422
    assert told in text_of(answer)


def test_the_self_test_of_a_draft_is_hidden(client_for):
    make_call(slug="secret", status=CallStatus.DRAFT)

    assert client_for().get("/appels/secret/eligibilite").status_code == 404
