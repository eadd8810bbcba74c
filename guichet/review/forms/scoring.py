"""What a reviewer declares and writes."""

import enum
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from wtforms import HiddenField, SelectField
from wtforms.validators import ValidationError

from guichet.calls.models import Criterion
from guichet.core.errors import RuleBroken
from guichet.review.models import AssignmentStatus, Evaluation, Recommendation
from guichet.review.queries.evaluations import Wanted
from guichet.review.services.scoring import Opinion
from guichet.web.fields import EnumField, LineField, TextField
from guichet.web.forms import Form

LONGEST_JUSTIFICATION = 3000
LONGEST_REFUSAL = 500
WORDS = ("Absent", "Insuffisant", "Partiel", "Satisfaisant", "Excellent")
SHOWN = [status for status in AssignmentStatus if status not in {AssignmentStatus.CONFLICT, AssignmentStatus.CANCELLED}]


class WorklistFilter(Form):
    mots = LineField("Titre du projet", longest=100)
    appel = SelectField("Appel", validate_choice=False)
    etat = EnumField("État", SHOWN, empty="Tous")

    def offer(self, calls: Sequence[tuple[UUID, str]]) -> None:
        self.offered = {str(call_id): call_id for call_id, _ in calls}
        self.appel.choices = {"": "Tous"} | {str(call_id): title for call_id, title in calls}

    @property
    def wanted(self) -> Wanted:
        status = self.etat.data if isinstance(self.etat.data, AssignmentStatus) else None
        return Wanted(status=status, call_id=self.offered.get(self.appel.data), words=(self.mots.data or "")[:100])


class Answer(enum.StrEnum):
    NO_CONFLICT = "no_conflict"
    CONFLICT = "conflict"
    DECLINE = "decline"

    @property
    def label(self) -> str:
        return {
            "no_conflict": "Je déclare n’avoir aucun conflit d’intérêts : j’évalue ce dossier",
            "conflict": "Je déclare un conflit d’intérêts : ce dossier disparaîtra de mes pages",
            "decline": "Je décline, sans conflit d’intérêts (temps, compétences…)",
        }[self.value]


class DeclarationForm(Form):
    answer = EnumField("Votre déclaration", Answer, required=True)
    reason = TextField("Motif", longest=LONGEST_REFUSAL)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.answer.data in {Answer.CONFLICT, Answer.DECLINE} and not self.reason.data:
            self.blame(RuleBroken("Écrivez le motif : le chargé d’instruction le lira.", field="reason"))
            return False
        return valid


class SteppingAsideForm(DeclarationForm):
    """Once the dossier is open, only the two refusals are left."""

    answer = EnumField("Votre déclaration", [Answer.CONFLICT, Answer.DECLINE], required=True)


class MarkField(SelectField):
    """A mark from 0 to the highest of its criterion, in words that mean the same to all reviewers."""

    def __init__(self, label: str, highest: int, **kwargs: Any) -> None:
        self.marks = {str(mark): f"{mark} – {word_for(mark, highest)}" for mark in range(highest + 1)}
        super().__init__(label, choices={"": "Choisir…"} | self.marks, default="", **kwargs)

    @property
    def mark(self) -> int | None:
        return int(self.data) if self.data else None

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - the signature is WTForms'
        if self.data and self.data not in self.marks:
            self.data = ""
            raise ValidationError("Choisissez une note de la liste.")


def word_for(mark: int, highest: int) -> str:
    """The word nearest to the mark, of the five."""
    return WORDS[(2 * (len(WORDS) - 1) * mark + highest) // (2 * highest)]


class ScoringForm(Form):
    """The opinion of a reviewer; `scoring_form` adds a mark and a justification for each criterion."""

    version: HiddenField
    recommendation: EnumField
    comment_to_committee: TextField
    comment_to_applicant: TextField
    criteria: Sequence[Criterion] = ()

    @property
    def lines(self) -> list[tuple[Criterion, MarkField, TextField]]:
        return [(one, self[f"mark_{one.position}"], self[f"why_{one.position}"]) for one in self.criteria]

    @property
    def opinion(self) -> Opinion:
        return Opinion(
            marks={one.id: (mark.mark, why.data or "") for one, mark, why in self.lines},
            recommendation=self.recommendation.data,
            comment_to_committee=self.comment_to_committee.data or "",
            comment_to_applicant=self.comment_to_applicant.data or "",
        )

    @property
    def seen(self) -> int:
        """The version that the person had before her eyes; -1, which none ever has, when it was forged."""
        typed = self.version.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < 10 else -1

    def is_complete(self) -> bool:
        """Whether the opinion may be handed in; each gap is shown at its field."""
        gaps = {mark.name: "Choisissez une note." for _, mark, _ in self.lines if mark.mark is None}
        gaps |= {why.name: "Justifiez la note." for *_, why in self.lines if not why.data}
        if self.recommendation.data is None:
            gaps[self.recommendation.name] = "Choisissez votre avis."
        for name, message in gaps.items():
            self.blame(RuleBroken(message, field=name))
        return not gaps


def scoring_form(criteria: Sequence[Criterion], evaluation: Evaluation) -> ScoringForm:
    """The form of a grid, filled with what is stored."""
    fields: dict[str, Any] = {"criteria": criteria, "version": HiddenField()}
    for one in criteria:
        fields[f"mark_{one.position}"] = MarkField(one.title, one.highest_mark, description=one.description)
        fields[f"why_{one.position}"] = TextField(f"Justification : {one.title}", longest=LONGEST_JUSTIFICATION)
    fields |= {
        "recommendation": EnumField("Votre avis", Recommendation),
        "comment_to_committee": TextField("Commentaire pour le comité"),
        "comment_to_applicant": TextField("Commentaire pour le porteur"),
    }
    form: ScoringForm = type("GridForm", (ScoringForm,), fields)(data=stored(criteria, evaluation))
    return form


def stored(criteria: Sequence[Criterion], evaluation: Evaluation) -> dict[str, Any]:
    """What is kept of the opinion, by the names of the form."""
    scores = {score.criterion_id: score for score in evaluation.scores}
    values: dict[str, Any] = {
        "version": str(evaluation.version),
        "recommendation": evaluation.recommendation,
        "comment_to_committee": evaluation.comment_to_committee,
        "comment_to_applicant": evaluation.comment_to_applicant,
    }
    for one in criteria:
        score = scores.get(one.id)
        values[f"mark_{one.position}"] = "" if score is None or score.mark is None else str(score.mark)
        values[f"why_{one.position}"] = score.justification if score else ""
    return values
