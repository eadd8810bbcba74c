"""Filters of the lists."""

from wtforms import Form as PlainForm
from wtforms import SelectField

from guichet.notifications.models import EmailStatus
from guichet.outbox.models import MessageStatus
from guichet.web.fields import DayField, LineField


class FilterForm(PlainForm):
    """A filter is read from the address: no token, nothing is changed by it."""

    class Meta:
        locales = ("fr",)


class MessageFilter(FilterForm):
    etat = SelectField(
        "État",
        choices=[("retard", "En retard"), *((s.value, s.label) for s in MessageStatus), ("tous", "Tous")],
        default="retard",
        validate_choice=False,
    )


class EmailFilter(FilterForm):
    etat = SelectField(
        "État", choices=[("", "Tous"), *((s.value, s.label) for s in EmailStatus)], validate_choice=False
    )
    mots = LineField("Destinataire ou objet", longest=100)


class AuditFilter(FilterForm):
    mots = LineField("Personne", longest=100)
    action = LineField("Action", longest=80)
    depuis = DayField("Depuis le")
    jusque = DayField("Jusqu’au")
