"""The journal of a dossier, told as its readers would tell it. Pure."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from guichet.applications.models import Application, Section
from guichet.audit.models import AuditEntry

TITLES = {
    "application.create": "Dossier commencé",
    "application.save-section": "Saisie enregistrée",
    "application.read-form": "Changements du formulaire lus",
    "application.attach": "Pièce jointe",
    "application.remove-attachment": "Pièce retirée",
    "application.replace-attachment": "Pièce remplacée",
    "application.find-infected": "Pièce infectée selon l’antivirus",
    "application.export": "Fichier du dossier demandé",
    "application.add-member": "Membre ajouté à l’équipe",
    "application.remove-member": "Membre retiré de l’équipe",
    "application.change-role": "Rôle changé dans l’équipe",
    "application.invite": "Invitation envoyée",
    "application.withdraw-invitation": "Invitation retirée",
    "application.decline-invitation": "Invitation déclinée",
    "application.join": "Invitation acceptée",
    "application.propose-lead": "Dossier proposé à un autre porteur",
    "application.withdraw-lead": "Proposition de porteur retirée",
    "application.decline-lead": "Proposition de porteur déclinée",
    "application.accept-lead": "Dossier transmis",
    "application.transfer-lead": "Porteur désigné",
    "application.remind": "Échéance rappelée à l’équipe",
    "application.announce-removal": "Suppression prochaine du brouillon annoncée",
    "application.request_endorsement": "Visa demandé au référent",
    "application.return_to_draft": "Dossier renvoyé en brouillon",
    "application.endorse": "Dossier visé et déposé",
    "application.submit": "Dossier déposé",
    "application.request_changes": "Compléments demandés",
    "application.extend_changes": "Délai des compléments prolongé",
    "application.cancel_changes": "Demande de compléments annulée",
    "application.cancel_changes_in_review": "Demande de compléments annulée",
    "application.remind_complements": "Compléments rappelés à l’équipe",
    "application.resubmit": "Compléments déposés",
    "application.declare_eligible": "Dossier déclaré recevable",
    "application.declare_ineligible": "Dossier déclaré irrecevable",
    "application.close_without_follow_up": "Dossier classé sans suite",
    "application.open_review": "Évaluation ouverte",
    "application.close_review": "Évaluation close",
    "application.award": "Dossier retenu",
    "application.reject": "Dossier non retenu",
    "application.waitlist": "Dossier inscrit sur liste complémentaire",
    "application.defer": "Dossier ajourné",
    "application.return_to_reviewed": "Dossier réinscrit après ajournement",
    "application.reopen_ineligible": "Recevabilité rouverte",
    "application.reopen_rejected": "Dossier rouvert après recours",
    "application.withdraw": "Dossier retiré",
    "application.write-to-service": "Message de l’équipe au service instructeur",
    "application.write-to-team": "Message du service instructeur à l’équipe",
    "application.write-note": "Note interne du service",
    "application.freeze": "Version conservée",
    "application.make-receipt": "Accusé de réception prêt",
    "application.make-letter": "Lettre de décision prête",
    "application.acknowledge-outcome": "Décision lue",
    "application.remind-outcome": "Lecture de la décision rappelée à l’équipe",
}
MAILS = {
    "email.queued": ("en attente", "info"),
    "email.sent": ("envoyé", "success"),
    "email.failed": ("non remis", "error"),
    "email.cancelled": ("annulé", "neutral"),
}
SAVE = "application.save-section"
# What the team does while it writes: it names sections and files that nobody else may know of yet.
WRITING = {
    SAVE,
    "application.read-form",
    "application.attach",
    "application.remove-attachment",
    "application.replace-attachment",
    "application.find-infected",
}
# The fact that completes a title, the first that an entry has.
TOLD = ("member", "reason", "message", "name")


@dataclass(frozen=True)
class Mail:
    recipient: str
    state_label: str
    tone: str
    at: dt.datetime


@dataclass
class Moment:
    """One line of the timeline."""

    at: dt.datetime
    title: str
    actor: str
    detail: str = ""
    mails: list[Mail] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)


def read_by_others(history: Iterable[AuditEntry], application: Application) -> list[AuditEntry]:
    """Without what the team wrote since the complements that it has not handed in yet."""
    since = next((request.created_at for request in application.change_requests if request.is_open), None)
    return [entry for entry in history if since is None or entry.action not in WRITING or entry.created_at < since]


def timeline(history: Iterable[AuditEntry], titles: Mapping[str, str] = TITLES) -> list[Moment]:
    """`history` newest first, as the journal gives it: saves in a row make one line, and so do e-mails of one subject.

    `titles` says each action in French, for a history that holds more than the dossier's own acts.
    """
    entries = list(history)
    mails = _mails(entries)
    moments: list[Moment] = []
    for entry in entries:
        last = moments[-1] if moments else None
        if entry.action.startswith("email."):
            _tell_mail(moments, last, entry, mails)
        elif entry.action == SAVE and last and last.sections and last.actor == entry.actor_name:
            label = section_label(entry)
            if label not in last.sections:
                last.sections.append(label)
                last.detail = ", ".join(last.sections)
        else:
            moments.append(_moment(entry, titles))
    return moments


def _moment(entry: AuditEntry, titles: Mapping[str, str]) -> Moment:
    sections = [section_label(entry)] if entry.action == SAVE else []
    told = next((entry.facts[name] for name in TOLD if entry.facts.get(name)), "")
    return Moment(
        at=entry.created_at,
        title=titles.get(entry.action, "Dossier mis à jour"),
        actor=entry.actor_name,
        detail=", ".join(sections) or str(told),
        sections=sections,
    )


def section_label(entry: AuditEntry) -> str:
    """The section that was saved, in French."""
    # A section of the call's own questions keeps the title that it had that day.
    label = str(entry.facts.get("title") or Section(entry.facts["section"]).label)
    return f"{label} (réunie avec la saisie d’un collègue)" if entry.facts.get("united") else label


def _mails(entries: list[AuditEntry]) -> dict[str, Mail]:
    """Each e-mail as it stands: the newest entry about it says."""
    mails: dict[str, Mail] = {}
    for entry in entries:
        if entry.action in MAILS:
            state = Mail(str(entry.facts.get("recipient", "")), *MAILS[entry.action], entry.created_at)
            mails.setdefault(str(entry.facts.get("email_id")), state)
    return mails


def _tell_mail(moments: list[Moment], last: Moment | None, entry: AuditEntry, mails: dict[str, Mail]) -> None:
    """An e-mail is told where it was written, that is at the oldest entry about it, with its present state."""
    if entry.action != "email.queued":
        return
    title = f"Courriel : {entry.facts.get('subject', '')}"
    if last is None or last.title != title:
        last = Moment(at=entry.created_at, title=title, actor="")
        moments.append(last)
    last.mails.append(mails[str(entry.facts.get("email_id"))])
