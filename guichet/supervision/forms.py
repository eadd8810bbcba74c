"""Filters of the lists."""

from wtforms import SelectField

from guichet.notifications.models import EmailStatus
from guichet.outbox.models import MessageStatus
from guichet.web.fields import DayField, LineField
from guichet.web.forms import Form


class MessageFilter(Form):
    etat = SelectField(
        "État",
        choices={"retard": "En retard", **{status.value: status.label for status in MessageStatus}, "tous": "Tous"},
        default="retard",
        validate_choice=False,
    )


class EmailFilter(Form):
    etat = SelectField(
        "État", choices={"": "Tous", **{status.value: status.label for status in EmailStatus}}, validate_choice=False
    )
    mots = LineField("Destinataire ou objet", longest=100)


class AuditFilter(Form):
    mots = LineField("Personne", longest=100)
    action = LineField("Action", longest=80)
    depuis = DayField("Depuis le")
    jusque = DayField("Jusqu’au")
