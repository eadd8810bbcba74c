"""The story that is played: the whole of it, and where each rule of a call stops it."""

import datetime as dt
from decimal import Decimal

import pytest

from guichet.accounts.models import OrganisationKind, Role
from guichet.calls.dating import CallKind
from guichet.calls.models import Applicability, AttachmentKind, CallStatus, Criterion
from guichet.core import clock
from guichet.core.db import db
from guichet.questions.definition import Condition, Definition, Kind, Question, Section, Test
from guichet.rehearsal.report import Place, dump, load
from guichet.rehearsal.story import play
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.calls import make_call
from tests.factories.pdf import text_of
from tests.factories.questions import SHORT, make_form

TITLES = [
    "Le décor",
    "Publication de l’appel",
    "Ouverture du dépôt",
    "Rédaction des dossiers",
    "Dépôt et accusés de réception",
    "Clôture du dépôt",
    "Recevabilité",
    "Désignation des évaluateurs",
    "Notation",
    "Clôture de l’évaluation",
    "Séance et classement",
    "Décisions préparées",
    "Décisions publiées",
]


@pytest.fixture
def call_with(session):
    """A draft call that opens in ten days, with what each test changes of it."""
    now = clock.now()

    def make(**columns):
        columns.setdefault("status", CallStatus.DRAFT)
        columns.setdefault("opens_at", now + dt.timedelta(days=10))
        columns.setdefault("closes_at", now + dt.timedelta(days=40))
        return make_call(**columns)

    return make


def played(call):
    db.session.commit()
    return play(call.id)


def titles(report):
    return [step.title for step in report.steps]


def stopped(call):
    """The title of the step where the story of `call` stops, and what stops it."""
    report = played(call).report
    return report.steps[-1].title, [(one.message, one.place) for one in report.obstacles]


def test_the_whole_story_goes_from_draft_to_decision(call_with):
    told = played(call_with(endorsement_required=True))

    report = told.report
    assert (titles(report), report.obstacles) == (TITLES, [])
    assert [line.outcome for line in report.ranking] == ["Retenu", "Retenu", "Non retenu"]
    assert [line.granted for line in report.ranking] == [Decimal(137_500), Decimal(250_000), None]
    assert [paper.name.split("-")[0] for paper in told.papers] == ["accuse"] * 3 + ["decision"] * 3
    assert all(paper.content.startswith(b"%PDF") for paper in told.papers)
    assert "Votre projet n’est pas retenu" in text_of(told.papers[-1].content)
    assert any("financement : 137" in sentence for sentence in report.steps[-1].said)
    assert load(dump(report)) == report


def test_each_step_is_played_at_the_instant_that_the_call_announces(call_with):
    call = call_with()

    steps = {step.title: step.at for step in played(call).report.steps}

    assert steps["Ouverture du dépôt"] == call.opens_at
    assert call.opens_at < steps["Dépôt et accusés de réception"] < call.closes_at
    assert steps["Clôture du dépôt"] == call.closes_at


def test_the_mails_are_those_that_people_would_receive(call_with):
    make_account(Role.OFFICER)

    mails = played(call_with(endorsement_required=True)).report.mails

    to_endorse = [mail for mail in mails if mail.to == ["Référent numérique écoresponsable"]]
    assert len(to_endorse) == 3
    assert "vous demande de viser un dossier" in to_endorse[0].text
    told = [mail for mail in mails if mail.step == "Décisions publiées"]
    assert [mail.to for mail in told] == [["Porteur de projet", "Référent numérique écoresponsable"]] * 3
    assert "137" in told[0].text
    to_staff = [mail for mail in mails if mail.to == ["Chargé d’instruction"]]
    assert {mail.others for mail in to_staff} == {1}
    # One line for the opinions of both reviewers.
    assert {mail.copies for mail in mails if mail.step == "Notation"} == {2}


def test_who_may_read_the_dossiers_is_what_the_rights_say(call_with):
    report = played(call_with()).report

    seen = {sight.who: sight.seen for sight in report.sights}
    assert report.moments == ["Rédaction", "Dépôt", "Évaluation", "Décision"]
    assert seen["Porteur de projet"] == [1, 1, 1, 1]
    assert seen["Chargé d’instruction"] == [0, 3, 3, 3]
    assert seen["Évaluateur"] == [0, 0, 3, 3]
    assert seen["Président du comité"] == [0, 0, 0, 3]


def test_missing_people_are_remarked_and_do_not_stop_the_story(call_with):
    for _ in range(2):
        make_account(Role.REVIEWER)
    make_account(Role.CHAIR)

    report = played(call_with()).report

    assert len(report.steps[0].remarks) == 1
    assert "Chargé d’instruction" in report.steps[0].remarks[0]
    assert titles(report) == TITLES


def test_own_questions_files_and_rules_of_eligibility_are_met(call_with):
    call = call_with(
        applicant_kinds=["operator"],
        one_per_ministry=True,
        staff_cost_counted=False,
        attachment_kinds=[
            AttachmentKind(position=1, label="Lettre", required=True),
            AttachmentKind(position=2, label="Devis", required=True),
            AttachmentKind(position=3, label="Plan", required=False),
        ],
    )
    make_form(call, SHORT, published=False)

    report = played(call).report

    assert (titles(report), report.obstacles) == (TITLES, [])
    # The least dossier gives a cost a site no number of posts: what the formula lacks is told.
    remarks = next(step for step in report.steps if step.title == "Rédaction des dossiers").remarks
    assert [remark.split(" »")[0] for remark in remarks] == ["« Coût par poste", "« Total des sites"]


def test_a_published_call_is_played_with_the_questions_that_applicants_have(call_with):
    call = call_with(status=CallStatus.PUBLISHED)
    make_form(call, SHORT, published=True)
    unanswerable = Question(key="q2", kind=Kind.DATE, title="Autre siècle", required=True, most="1950-01-01")
    sections = [Section(key="s1", title="Brouillon", questions=[unanswerable])]
    make_form(call, Definition(last=2, sections=sections), number=2, published=False)

    assert titles(played(call).report) == TITLES


def test_a_call_reserved_to_some_is_played_by_fictitious_ones(call_with):
    report = played(call_with(organisations=[make_ministry()])).report

    assert titles(report) == TITLES
    assert "organisations nommées" in " ".join(report.steps[0].said)


def test_a_short_envelope_gives_what_is_left_then_a_waiting_list(call_with):
    report = played(call_with(envelope=100_000)).report

    assert [(line.outcome, line.granted) for line in report.ranking] == [
        ("Retenu", Decimal(100_000)),
        ("Liste complémentaire", None),
        ("Non retenu", None),
    ]
    assert not any(line.funded for line in report.ranking)
    assert "ne suffit pas au dossier le mieux classé" in report.steps[-2].remarks[0]


def test_all_that_a_publication_lacks_is_told_at_once(call_with):
    step, obstacles = stopped(call_with(criteria=[], envelope=0, families=[]))

    assert step == "Publication de l’appel"
    assert [place for _, place in obstacles] == [Place.RULES, Place.CRITERIA, Place.ENVELOPE]
    assert obstacles[1][0] == "Ajoutez au moins un critère d’évaluation."


def test_a_call_by_rounds_without_a_round_stops_at_its_publication(call_with):
    step, obstacles = stopped(call_with(kind=CallKind.ROUNDS, closes_at=None))

    assert (step, obstacles) == ("Publication de l’appel", [("Ajoutez au moins une relève.", Place.ROUNDS)])


def test_a_call_by_rounds_is_played_in_the_round_of_the_submission(call_with):
    now = clock.now()
    call = call_with(rounds=(now + dt.timedelta(days=40), now + dt.timedelta(days=70)))

    story = played(call)

    assert titles(story.report) == TITLES
    # Half-way between the opening and the last closing.
    assert "1re relève" in text_of(story.papers[0].content)


def test_a_continuous_call_is_closed_by_its_officer(call_with):
    report = played(call_with(kind=CallKind.CONTINUOUS, closes_at=None)).report

    assert titles(report) == TITLES
    [closing] = [step for step in report.steps if step.title == "Clôture du dépôt"]
    assert "continu" in " ".join(closing.said)


def test_an_opening_in_the_past_stops_a_draft(call_with):
    step, obstacles = stopped(call_with(opens_at=clock.now() - dt.timedelta(days=1)))

    assert (step, obstacles) == (
        "Publication de l’appel",
        [("L’ouverture doit être à venir.", Place.RULES)],
    )


def test_an_amount_that_no_budget_can_hold_stops_the_story(call_with):
    largest = Decimal("9999999999.00")
    step, obstacles = stopped(call_with(amount_max=largest, max_rate=Decimal(10)))

    assert step == "Rédaction des dossiers"
    assert obstacles == [("Le total du budget est trop grand.", Place.RULES)]


def test_criteria_for_some_projects_only_stop_the_story(call_with):
    only = Applicability.DIGITAL_SERVICE
    grid = [Criterion(position=1, title="RGESN", weight=Decimal(1), highest_mark=4, applicability=only)]

    step, obstacles = stopped(call_with(criteria=grid))

    assert (step, obstacles[0][1]) == ("Notation", Place.CRITERIA)


def test_organisations_of_a_kind_that_is_not_admitted_stop_the_story(call_with):
    call = call_with(applicant_kinds=["operator"], organisations=[make_direction(make_ministry())])

    step, obstacles = stopped(call)

    assert (step, obstacles[0][1]) == ("Le décor", Place.RULES)
    assert "personne ne pourrait déposer" in obstacles[0][0]


def test_a_ministry_whose_operators_are_admitted_may_apply(call_with):
    ministry = make_ministry()
    operator = make_direction(ministry)
    operator.kind = OrganisationKind.OPERATOR

    assert titles(played(call_with(applicant_kinds=["operator"], organisations=[ministry])).report) == TITLES


@pytest.mark.parametrize(
    "question",
    [
        Question(key="q2", kind=Kind.DATE, title="Le jour", required=True, most="1950-01-01"),
        Question(key="q2", kind=Kind.NUMBER, title="Le nombre", required=True, least="0.0001", most="0.0004"),
        Question(key="q2", kind=Kind.NUMBER, title="Le nombre", required=True, least="99999999999"),
        Question(key="q2", kind=Kind.AMOUNT, title="Le montant", required=True, most="-1"),
    ],
)
def test_a_required_question_that_nobody_can_answer_stops_the_story(call_with, question):
    call = call_with()
    make_form(
        call, Definition(last=2, sections=[Section(key="s1", title="Une", questions=[question])]), published=False
    )

    step, obstacles = stopped(call)

    assert (step, obstacles[0][1]) == ("Rédaction des dossiers", Place.QUESTIONS)
    assert f"Personne ne peut répondre à « {question.title} »" in obstacles[0][0]


def test_questions_of_every_kind_under_conditions_are_answered(call_with):
    filled = Condition(question="q3", test=Test.FILLED)
    questions = [
        Question(key="q2", kind=Kind.LONG_TEXT, title="Texte", required=True, longest=3),
        Question(key="q3", kind=Kind.FILE, title="Fichier", required=True),
        Question(key="q4", kind=Kind.CHOICES, title="Choix", required=True, choices=["a", "b", "c"], condition=filled),
        Question(key="q5", kind=Kind.PLAN_ACTION, title="Action", required=True),
        Question(key="q6", kind=Kind.DATE, title="Jour", required=True, least="2030-01-01", most="2030-01-01"),
        Question(key="q7", kind=Kind.NUMBER, title="Nombre", required=True, least="0.5", most="0.501"),
        Question(key="q8", kind=Kind.AMOUNT, title="Montant", required=True, least="-5", most="-1"),
    ]
    call = call_with()
    make_form(call, Definition(last=9, sections=[Section(key="s9", title="Une", questions=questions)]), published=False)

    report = played(call).report

    assert (titles(report), report.obstacles) == (TITLES, [])


def test_more_files_than_a_dossier_takes_stop_the_story(call_with):
    kinds = [AttachmentKind(position=n, label=f"Pièce {n}", required=True) for n in range(1, 16)]
    call = call_with(attachment_kinds=kinds)
    files = [Question(key=f"q{n}", kind=Kind.FILE, title=f"Fichier {n}", required=True) for n in range(2, 10)]
    make_form(call, Definition(last=9, sections=[Section(key="s1", title="Une", questions=files)]), published=False)

    step, obstacles = stopped(call)

    assert (step, obstacles[0][1]) == ("Rédaction des dossiers", Place.ATTACHMENTS)
    assert "20 pièces au plus" in obstacles[0][0]
