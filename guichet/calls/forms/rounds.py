"""The forms of the rounds of a call, and of more time for a published one. Dates are typed in the zone of the call."""

import datetime as dt
from typing import Any

from guichet.calls.services import RoundTerms
from guichet.web.fields import LineField, MomentField, TextField
from guichet.web.forms import Form


class ClosingForm(Form):
    """One closing; with its reason when another one was `told` to all."""

    closes_at = MomentField(
        "Clôture", required=True, description="À cet instant précis, il est trop tard pour déposer."
    )
    reason = TextField("Motif", longest=500, required=True, description="La page de l’appel le dira à tous.")

    def __init__(self, zone: str, *, told: bool, **kwargs: Any) -> None:
        self.zone = zone
        super().__init__(**kwargs)
        if not told:
            del self.reason

    def process(self, formdata: Any = None, obj: Any = None, data: Any = None, **kwargs: Any) -> None:
        self.closes_at.zone = self.zone
        super().process(formdata, obj, data=data, **kwargs)

    @property
    def instant(self) -> dt.datetime:
        """What was typed, once validated."""
        return self.closes_at.instant or dt.datetime.max.replace(tzinfo=dt.UTC)

    @property
    def motive(self) -> str:
        return self.reason.data or "" if "reason" in self else ""


class RoundForm(ClosingForm):
    label = LineField("Nom", longest=60, description="Vide, la relève est appelée par son rang : « 2e relève ».")

    @property
    def terms(self) -> RoundTerms:
        return RoundTerms(label=(self.label.data or "") if "label" in self else "", closes_at=self.instant)
