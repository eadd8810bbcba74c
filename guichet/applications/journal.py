"""The whole journal of a dossier, to be taken away: in French words, for each kind of act that it can hold."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from guichet.applications.models import Application
from guichet.applications.timeline import SAVE, TITLES, TOLD, section_label
from guichet.audit.models import Audience, AuditEntry
from guichet.core.db import db
from guichet.web.filters import moment

# The acts of reviewers, beside those of the dossier.
ASSIGNMENTS = {
    "assignment.create": "Évaluateur désigné",
    "assignment.renew": "Évaluateur désigné de nouveau",
    "assignment.cancel": "Désignation retirée",
    "assignment.stop": "Évaluation arrêtée, le dossier étant retiré",
    "assignment.accept": "Absence de conflit d’intérêts déclarée",
    "assignment.declare_conflict": "Conflit d’intérêts déclaré",
    "assignment.decline": "Évaluation déclinée",
    "assignment.complete": "Évaluation remise",
}
MAILS = {
    "email.queued": "Courriel préparé",
    "email.sent": "Courriel envoyé",
    "email.failed": "Courriel non remis",
    "email.cancelled": "Courriel annulé",
    "email.resend": "Courriel renvoyé",
}
WORDS = {
    **TITLES,
    **ASSIGNMENTS,
    **MAILS,
    "application.delete": "Brouillon supprimé",
    "application.purge": "Brouillon supprimé par le guichet",
}
# A spreadsheet would run what begins so.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Line:
    at: str
    actor: str
    act: str
    detail: str


def entries_of(application: Application, audiences: Sequence[Audience]) -> Sequence[AuditEntry]:
    """All the entries of the dossier that these audiences read, oldest first; for the secretariat, its assignments' too."""
    subjects: sa.ColumnElement[bool] = AuditEntry.subject_id == application.id
    assignment = db.metadata.tables.get("assignment")
    if Audience.STAFF in audiences and assignment is not None:
        # The package above is known by its table only.
        theirs = sa.select(assignment.c.id).where(assignment.c.application_id == application.id)
        subjects = sa.or_(subjects, AuditEntry.subject_id.in_(theirs))
    rows = sa.select(AuditEntry).where(subjects, AuditEntry.audience.in_(audiences))
    return db.session.scalars(rows.order_by(AuditEntry.number)).all()


def lines(entries: Sequence[AuditEntry], zone: str) -> Iterator[Line]:
    for entry in entries:
        act = WORDS.get(entry.action, "Dossier mis à jour")
        yield Line(moment(entry.created_at, zone), entry.actor_name, act, " ".join(_detail(entry).split()))


def _detail(entry: AuditEntry) -> str:
    if entry.action in MAILS:
        return f"« {entry.facts.get('subject', '')} », à {entry.facts.get('recipient', '')}"
    if entry.action == SAVE:
        return section_label(entry)
    return next((str(entry.facts[name]) for name in TOLD if entry.facts.get(name)), "")


def as_csv(told: Sequence[Line]) -> bytes:
    """For a spreadsheet in French: semicolons, and the mark by which it knows UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Date", "Qui", "Quoi", "Précision"])
    writer.writerows([[_plain(value) for value in (line.at, line.actor, line.act, line.detail)] for line in told])
    return out.getvalue().encode("utf-8-sig")


def as_text(told: Sequence[Line], title: str) -> bytes:
    written = (f"{line.at} – {line.actor} : {line.act}{f' ({line.detail})' if line.detail else ''}" for line in told)
    return "\n".join([f"Journal du dossier {title}", "", *written, ""]).encode()


def _plain(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULAS) else value
