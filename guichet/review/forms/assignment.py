"""Choosing the reviewers of a dossier."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import ValidationError

from guichet.accounts.models import Account
from guichet.core import clock
from guichet.review.queries.assignments import Candidate
from guichet.web.fields import ChecksField, DayField, LineField
from guichet.web.forms import Form

USUAL_DELAY = dt.timedelta(days=21)


class CandidateFilter(Form):
    mots = LineField("Nom ou organisation", longest=100)


class ReviewersField(ChecksField):
    """The candidates who may be chosen, as checkboxes."""

    candidates: Sequence[Candidate] = ()

    def offer(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = candidates

    def iter_choices(self) -> Any:
        for one in self.candidates:
            if not one.obstacle:
                value = str(one.account.id)
                yield Choice(value, _described(one), selected=value in (self.data or ()), render_kw={})

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - the signature is WTForms'
        # Somebody who may not be chosen passes here when forged: the use case alone refuses, and says why.
        if not set(self.data or ()) <= {str(one.account.id) for one in self.candidates}:
            raise ValidationError("Choisissez parmi les personnes de la liste.")

    @property
    def chosen(self) -> list[Account]:
        return [one.account for one in self.candidates if str(one.account.id) in (self.data or ())]


class AssignmentForm(Form):
    reviewer = ReviewersField("Évaluateurs de l’appel", required=True)
    due_on = DayField(
        "Dernier jour pour remettre l’évaluation", required=True, default=lambda: clock.today() + USUAL_DELAY
    )


def _described(candidate: Candidate) -> str:
    account, load = candidate.account, candidate.load
    owed = f"{load or 'aucune'} évaluation{'s' if load > 1 else ''} à rendre"
    return f"{account.full_name} ({account.organisation.short_name}) : {owed}"
