"""Preparing e-mails in the transaction of their event, and sending them each in a transaction of its own."""

import datetime as dt

import sqlalchemy as sa

from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.audit.services import Actor
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.queue import enqueue
from guichet.core.transaction import unit_of_work
from guichet.notifications.catalogue import BY_TEMPLATE, Notice
from guichet.notifications.entitlement import entitled
from guichet.notifications.models import Email, EmailStatus
from guichet.notifications.render import render
from guichet.notifications.smtp import Mailer, PermanentRefusal, ServerUnavailable, TemporaryRefusal
from guichet.outbox.events import Event

# Twenty seconds, then twice as long each time: some six hours in all.
MOST_ATTEMPTS = 10
FIRST_DELAY = dt.timedelta(seconds=20)
ERASED = "Contenu effacé : il portait un lien à usage unique."
# While the server is away nothing counts as an attempt: messages wait, however long it lasts.
SERVER_AWAY = dt.timedelta(seconds=15)


def prepare(event: Event, notice: Notice) -> None:
    """Queue one e-mail for each person concerned, never two for the same event, notice and person."""
    subject = notice.load(event)
    if subject is None or not notice.still_wanted(subject.id):
        return
    chosen = {person.id for person in notice.recipients(event, subject)}
    for recipient in entitled(chosen, subject.table, subject.id, notice.audience, notice.thread):
        texts = render(notice.template, event, recipient, subject.facts)
        email = Email(
            key=f"{event.event_id}.{notice.template}.{recipient.id}",
            notice=notice.template,
            recipient_id=recipient.id,
            recipient_name=recipient.full_name,
            recipient_email=recipient.email,
            subject=texts.subject,
            text_body=texts.text,
            html_body=texts.html,
            subject_type=subject.table,
            subject_id=subject.id,
        )
        db.session.add(email)
        db.session.flush()
        _trace("email.queued", email, notice.audience)
    enqueue("notifications.send_queued")


def send_queued(mailer: Mailer) -> int:
    """Send every e-mail whose hour has come; stops when the server is away. Returns how many left."""
    sent = 0
    while (left := send_next(mailer)) is not None:
        sent += left
    return sent


def send_next(mailer: Mailer) -> bool | None:
    """Send one due e-mail under its row's lock; None when none is due or when the server is away.

    The row is marked in the same transaction: a process killed before the server took the message sends it again,
    one killed in the instant between the two repeats it under the same Message-ID, which mail servers recognise.
    """
    with unit_of_work():
        email = db.session.scalar(
            sa.select(Email)
            .where(Email.status == EmailStatus.QUEUED, Email.next_attempt_at <= clock.now())
            .order_by(Email.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        return None if email is None else _send(email, mailer)


def _send(email: Email, mailer: Mailer) -> bool | None:
    notice = BY_TEMPLATE.get(email.notice)
    audience = notice.audience if notice else Audience.STAFF
    if notice and email.subject_id and not (notice.still_wanted(email.subject_id) and _still_entitled(email, notice)):
        email.status = EmailStatus.CANCELLED
        _erase_secret(email)
        _trace("email.cancelled", email, audience)
        return False
    try:
        mailer.send(email)
    except ServerUnavailable as problem:
        email.last_error = str(problem)
        email.next_attempt_at = clock.now() + SERVER_AWAY
        return None
    except TemporaryRefusal as refusal:
        return _keep_refusal(email, refusal, audience, final=False)
    except PermanentRefusal as refusal:
        return _keep_refusal(email, refusal, audience, final=True)
    email.status = EmailStatus.SENT
    email.sent_at = clock.now()
    email.attempts += 1
    email.last_error = ""
    _erase_secret(email)
    _trace("email.sent", email, audience)
    return True


def _still_entitled(email: Email, notice: Notice) -> bool:
    if email.recipient_id is None or email.subject_id is None:
        return True
    about = (email.subject_type, email.subject_id)
    for recipient in entitled([email.recipient_id], *about, notice.audience, notice.thread):
        # Her address may have changed since; the one before may be somebody else's.
        email.recipient_email = recipient.email
        return True
    return False


def _keep_refusal(email: Email, refusal: Exception, audience: Audience, *, final: bool) -> bool:
    email.attempts += 1
    email.last_error = str(refusal)
    email.next_attempt_at = clock.now() + FIRST_DELAY * 2 ** (email.attempts - 1)
    if final or email.attempts >= MOST_ATTEMPTS:
        email.status = EmailStatus.FAILED
        _erase_secret(email)
        _trace("email.failed", email, audience)
    return False


def _erase_secret(email: Email) -> None:
    """A one-time link is kept for as long as it waits to leave, and no longer: sent, refused for good or given up."""
    if is_secret(email):
        email.text_body = email.html_body = ERASED


def is_secret(email: Email) -> bool:
    notice = BY_TEMPLATE.get(email.notice)
    return notice is not None and notice.secret


def resend(email: Email, *, actor: Actor) -> None:
    """Queue a failed e-mail again, at once. Raises RuleBroken when it did not fail, or when its one-time link is erased."""
    db.session.refresh(email, with_for_update=True)
    if is_secret(email):
        raise RuleBroken("Ce courriel portait un lien à usage unique, effacé depuis : il faut en demander un nouveau.")
    if email.status is not EmailStatus.FAILED:
        raise RuleBroken("Ce courriel n’est pas en échec : il n’y a rien à renvoyer.")
    email.status = EmailStatus.QUEUED
    email.attempts = 0
    email.next_attempt_at = clock.now()
    audit.record(actor, "email.resend", email, notice=email.notice)
    enqueue("notifications.send_queued")


def _trace(action: str, email: Email, audience: Audience) -> None:
    # On the timeline of what the message is about: names only, an address is nobody else's business.
    audit.record_by_id(
        None,
        action,
        email.subject_type,
        email.subject_id or email.id,
        audience=audience,
        email_id=email.id,
        recipient=email.recipient_name,
        subject=email.subject,
    )
