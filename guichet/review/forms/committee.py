"""Forms of sessions and of their agenda."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from guichet.applications.models import Application
from guichet.calls.models import Call
from guichet.core import clock
from guichet.review.models import CommitteeSession, SessionStatus
from guichet.review.queries.committee import Line
from guichet.web.fields import ChecksField, EnumField, LineField, MomentField, WholeField
from guichet.web.forms import Form


class SessionFilter(Form):
    etat = EnumField("État", SessionStatus, empty="Toutes")

    @property
    def status(self) -> SessionStatus | None:
        return self.etat.data if isinstance(self.etat.data, SessionStatus) else None


class SessionForm(Form):
    title = LineField("Intitulé de la séance", longest=200, required=True)
    held_at = MomentField("Jour et heure", required=True)
    place = LineField("Lieu", longest=200)

    def values(self) -> tuple[str, dt.datetime, str]:
        """Title, instant and place, once the form is right."""
        return self.title.data or "", self.held_at.instant or clock.now(), self.place.data or ""


def session_form(call: Call, session: CommitteeSession | None = None) -> SessionForm:
    """The form of a session, whose hour is typed and shown in the call's zone."""
    form = SessionForm(obj=session)
    form.held_at.zone = call.time_zone
    if session is not None and form.held_at.raw_data is None:
        form.held_at.process_data(session.held_at)
    return form


class PlaceForm(Form):
    chosen = ChecksField("Dossiers à inscrire")

    def offer(self, applications: Sequence[Application]) -> "PlaceForm":
        self.chosen.choices = [(str(one.id), f"{one.reference} – {one.known_title}") for one in applications]
        return self

    def pick(self, applications: Sequence[Application]) -> list[Application]:
        return [one for one in applications if str(one.id) in (self.chosen.data or ())]


class AgendaForm(Form):
    """The page of an agenda: a place for each of its dossiers, and those to take off."""

    chosen = ChecksField("Dossiers à retirer")

    def place_field(self, line: Line) -> WholeField:
        field: WholeField = self[_place_name(line.application_id)]
        return field

    def pick(self, shown: Sequence[Line]) -> list[Line]:
        return [line for line in shown if str(line.application_id) in (self.chosen.data or ())]

    def moved(self, shown: Sequence[Line], first: int) -> dict[UUID, int]:
        """The places that were changed, by dossier; `first` is the place of the first line shown."""
        wanted = {line.application_id: self.place_field(line).data for line in shown}
        return {
            line.application_id: wanted[line.application_id]
            for place, line in enumerate(shown, start=first)
            if wanted[line.application_id] not in {None, place}
        }


def agenda_form(shown: Sequence[Line], first: int, total: int) -> AgendaForm:
    """The form of the lines shown, the first of which has place `first` among `total`."""
    fields = {
        _place_name(line.application_id): WholeField(
            f"Place du dossier {line.reference}", least=1, most=total, default=place
        )
        for place, line in enumerate(shown, start=first)
    }
    form: AgendaForm = type("PageAgendaForm", (AgendaForm,), fields)()
    form.chosen.choices = [(str(line.application_id), line.reference) for line in shown]
    return form


def _place_name(application_id: UUID) -> str:
    return f"place_{application_id.hex}"
