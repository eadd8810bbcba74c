"""The scoring grid on screen: drafts, two tabs, the opinion handed in."""

import re

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.calls.models import Applicability, Criterion
from guichet.core.db import db
from guichet.review.models import Assignment, AssignmentStatus, Evaluation
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.review import make_assignment
from tests.review.pages import fresh, move, page_of, text_of

S = AssignmentStatus


def evaluation_of(assignment: Assignment) -> Evaluation | None:
    return db.session.scalars(
        sa.select(Evaluation)
        .where(Evaluation.assignment_id == assignment.id)
        .options(sa.orm.selectinload(Evaluation.scores))
        .execution_options(populate_existing=True)
    ).one_or_none()


FULL = {
    "version": "1",
    "mark_1": "4",
    "why_1": "Facteurs publiés, calcul refait.",
    "mark_2": "2",
    "why_2": "Mandat flou.",
    "recommendation": "favourable",
    "comment_to_committee": "À financer.",
    "comment_to_applicant": "Précisez le calendrier.",
}


@pytest.mark.parametrize("digital", [True, False])
def test_grid_asks_the_criteria_that_apply(client_for, digital):
    criteria = [
        Criterion(position=1, title="Impacts évités", weight=3),
        Criterion(position=2, title="Conformité RGESN", weight=1, applicability=Applicability.DIGITAL_SERVICE),
    ]
    application = make_application(
        call=make_call(criteria=criteria), status=ApplicationStatus.UNDER_REVIEW, is_digital_service=digital
    )
    assignment = make_assignment(application, status=S.ACCEPTED)

    page = text_of(client_for(assignment.reviewer).get(page_of(assignment, "/grille")))

    assert "Impacts évités" in page
    assert ("Conformité RGESN" in page) is digital


@pytest.mark.parametrize(
    ("highest", "shown"),
    [
        (1, ["0 – Absent", "1 – Excellent"]),
        (2, ["0 – Absent", "1 – Partiel", "2 – Excellent"]),
        (4, ["0 – Absent", "1 – Insuffisant", "2 – Partiel", "3 – Satisfaisant", "4 – Excellent"]),
        (20, ["0 – Absent", "2 – Absent", "3 – Insuffisant", "10 – Partiel", "15 – Satisfaisant", "20 – Excellent"]),
    ],
)
def test_grid_anchors_its_marks_with_words(client_for, highest, shown):
    call = make_call(criteria=[Criterion(position=1, title="Impacts", weight=1, highest_mark=highest)])
    application = make_application(call=call, status=ApplicationStatus.UNDER_REVIEW)
    assignment = make_assignment(application, status=S.ACCEPTED)

    page = text_of(client_for(assignment.reviewer).get(page_of(assignment, "/grille")))

    for words in shown:
        assert words in page


def test_an_incomplete_draft_is_kept_and_shown_again(client_for):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)

    answer = client.send(
        page_of(assignment, "/grille"), {"version": "1", "mark_2": "3", "why_1": "À revoir 🦉", "save": "1"}
    )

    assert answer.status_code == 303
    page = text_of(client.get(page_of(assignment, "/grille")))
    assert "À revoir 🦉" in page
    assert len(re.findall(r"\schecked", page)) == 1
    assert fresh(assignment).status is S.ACCEPTED
    assert evaluation_of(assignment).submitted_at is None


def test_handing_in_says_every_gap_at_once_and_keeps_what_was_typed(client_for):
    assignment = make_assignment(status=S.ACCEPTED)

    answer = client_for(assignment.reviewer).send(
        page_of(assignment, "/grille"), {"version": "1", "mark_1": "4", "why_2": "Solide.", "hand_in": "1"}
    )

    page = text_of(answer)
    assert answer.status_code == 422
    assert page.count("Justifiez la note.") == 2  # in the summary and at the field
    assert page.count("Choisissez une note.") == 2
    assert page.count("Choisissez votre avis.") == 2
    assert "Solide." in page
    assert fresh(assignment).status is S.ACCEPTED


def test_handing_in_stores_the_mean_and_closes_the_grid(client_for, owed):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)

    answer = client.send(page_of(assignment, "/grille"), {**FULL, "hand_in": "1"}, follow_redirects=True)

    page = text_of(answer)
    assert "Votre évaluation est remise" in page
    assert "87,5 sur 100" in page  # (3 × 4/4 + 1 × 2/4) ÷ 4
    assert "Mandat flou." in page
    assert "<textarea" not in page
    assert fresh(assignment).status is S.COMPLETED
    assert owed() == [("ReviewCompleted", "notify")]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("mark_1", "5", "Choisissez une note de la liste."),
        ("mark_1", "-1", "Choisissez une note de la liste."),
        ("mark_1", "3.5", "Choisissez une note de la liste."),
        ("mark_1", "quatre", "Choisissez une note de la liste."),
        ("mark_1", "9" * 9000, "Choisissez une note de la liste."),
        ("why_1", "x" * 3001, "3000 caractères au plus."),
        ("recommendation", "enthousiaste", "Choisissez une valeur de la liste."),
        ("comment_to_committee", "x" * 5001, "5000 caractères au plus."),
    ],
)
@pytest.mark.parametrize("button", ["save", "hand_in"])
def test_grid_refuses_what_it_does_not_offer(client_for, field, value, message, button):
    assignment = make_assignment(status=S.ACCEPTED)

    answer = client_for(assignment.reviewer).send(page_of(assignment, "/grille"), {**FULL, field: value, button: "1"})

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert "Mandat flou." in text_of(answer)
    assert evaluation_of(assignment).scores == []


@pytest.mark.parametrize("button", ["save", "hand_in"])
def test_two_tabs_the_second_is_told_and_both_texts_are_shown(client_for, button):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)
    client.send(page_of(assignment, "/grille"), {**FULL, "why_1": "Écrit dans le premier onglet", "save": "1"})

    answer = client.send(
        page_of(assignment, "/grille"), {**FULL, "why_1": "Écrit dans le second", "mark_2": "0", button: "1"}
    )

    page = text_of(answer)
    assert answer.status_code == 409
    assert "Écrit dans le premier onglet" in page
    assert "Écrit dans le second" in page
    assert "Enregistré : 2 – Partiel" in page
    assert evaluation_of(assignment).scores[0].justification == "Écrit dans le premier onglet"
    assert fresh(assignment).status is S.ACCEPTED


def test_two_tabs_the_second_may_then_choose_its_own_text(client_for):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)
    client.send(page_of(assignment, "/grille"), {**FULL, "why_1": "Premier", "save": "1"})
    refused = text_of(client.send(page_of(assignment, "/grille"), {**FULL, "why_1": "Second", "save": "1"}))
    version = re.search(r'name="version"[^>]*value="(\d+)"', refused).group(1)

    answer = client.send(page_of(assignment, "/grille"), {**FULL, "why_1": "Second", "version": version, "save": "1"})

    assert answer.status_code == 303
    assert {score.justification for score in evaluation_of(assignment).scores} == {"Second", "Mandat flou."}


@pytest.mark.parametrize("version", ["", "zero", "-1", "²", "9" * 6000])
def test_a_forged_version_overwrites_nothing(client_for, version):
    assignment = make_assignment(status=S.ACCEPTED)

    answer = client_for(assignment.reviewer).send(
        page_of(assignment, "/grille"), {**FULL, "version": version, "save": "1"}
    )

    assert answer.status_code == 409
    assert evaluation_of(assignment).scores == []


@pytest.mark.parametrize("button", ["save", "hand_in"])
@pytest.mark.parametrize(
    "status", [ApplicationStatus.REVIEWED, ApplicationStatus.WITHDRAWN, ApplicationStatus.CHANGES_REQUESTED]
)
def test_once_the_review_is_over_nothing_is_saved_and_nothing_typed_is_lost(client_for, status, button):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)
    token = client.csrf(page_of(assignment, "/grille"))
    move(assignment, status)

    answer = client.post(page_of(assignment, "/grille"), data={"csrf_token": token, **FULL, button: "1"})

    page = text_of(answer)
    assert answer.status_code == 422
    assert f"le dossier est à l’état « {status.label} »" in page
    assert "Facteurs publiés, calcul refait." in page
    assert "Enregistrer le brouillon" not in page
    assert evaluation_of(assignment).scores == []


def test_a_second_submission_is_refused_with_what_was_typed(client_for):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)
    token = client.csrf(page_of(assignment, "/grille"))
    client.post(page_of(assignment, "/grille"), data={"csrf_token": token, **FULL, "hand_in": "1"})

    answer = client.post(
        page_of(assignment, "/grille"), data={"csrf_token": token, **FULL, "why_1": "Trop tard", "hand_in": "1"}
    )

    assert answer.status_code == 409
    assert "Trop tard" in text_of(answer)
    assert "Facteurs publiés" in text_of(answer)
    assert "Remettre mon évaluation" not in text_of(answer)


def test_grid_shows_nothing_of_other_reviewers(client_for):
    application = make_application(status=ApplicationStatus.UNDER_REVIEW)
    make_assignment(application, make_account(Role.REVIEWER, full_name="Alix Collègue"), S.COMPLETED)
    assignment = make_assignment(application, status=S.ACCEPTED)
    client = client_for(assignment.reviewer)

    for rest in ("", "/grille"):
        page = text_of(client.get(page_of(assignment, rest)))
        assert "Alix Collègue" not in page
        assert "Bien étayé." not in page
        assert "sur 100" not in page


def test_an_expired_token_keeps_the_whole_grid(client_for):
    assignment = make_assignment(status=S.ACCEPTED)

    answer = client_for(assignment.reviewer).post(
        page_of(assignment, "/grille"), data={"csrf_token": "perime", **FULL, "hand_in": "1"}
    )

    assert answer.status_code == 422
    assert "ouverte trop longtemps" in text_of(answer)
    assert "Mandat flou." in text_of(answer)


def test_dossier_and_grid_cost_few_statements(client_for, statements):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)
    for rest, most in (("", 12), ("/grille", 8)):
        db.session.commit()
        db.session.expire_all()
        statements.clear()

        assert client.get(page_of(assignment, rest)).status_code == 200

        assert len(statements) <= most, "\n".join(statements)


def test_saving_costs_few_statements(client_for, statements):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)
    token = client.csrf(page_of(assignment, "/grille"))
    db.session.expire_all()
    statements.clear()

    client.post(page_of(assignment, "/grille"), data={"csrf_token": token, **FULL, "hand_in": "1"})

    assert fresh(assignment).status is S.COMPLETED
    assert len(statements) <= 20, "\n".join(statements)
