"""Filters of the lists, read from the address: no token, nothing is changed by them."""

from collections.abc import Sequence

from wtforms import Form as PlainForm
from wtforms import SelectField

from guichet.calls.models import PriorityAction
from guichet.calls.queries import Period
from guichet.web.fields import EnumField


class CallFilter(PlainForm):
    class Meta:
        locales = ("fr",)

    etat = EnumField("État", Period, empty="Tous")
    action = SelectField("Action prioritaire", validate_choice=False)

    def offer(self, actions: Sequence[PriorityAction]) -> "CallFilter":
        self.offered = {action.code for action in actions}
        self.action.choices = {"": "Toutes"} | {action.code: action.label for action in actions}
        return self

    @property
    def period(self) -> Period | None:
        return self.etat.data if isinstance(self.etat.data, Period) else None

    @property
    def action_code(self) -> str | None:
        """The chosen action, among those on offer."""
        return self.action.data if self.action.data in self.offered else None
