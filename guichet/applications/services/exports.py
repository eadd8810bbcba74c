"""What one person takes away of a dossier: asked on a page, made by the worker, fetched by her alone until it expires.

Her rights are judged three times: when she asks, when it is made, when it is fetched.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import joinedload

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account
from guichet.applications import exports, policies, queries
from guichet.applications.models import Application, DossierExport, ExportKind, ExportStatus
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import DomainError, NotFound
from guichet.core.queue import enqueue
from guichet.core.transaction import unit_of_work
from guichet.documents import services as documents
from guichet.workflow.engine import lock

log = structlog.get_logger(__name__)

KEPT = dt.timedelta(days=7)
MOST_ATTEMPTS = 3
# Longer than the worker lets a task run: a request whose worker was killed is taken up again, not made twice at once.
LEASE = dt.timedelta(minutes=6)
BATCH = 100


def ask(application: Application, kind: ExportKind, *, actor: Account) -> DossierExport:
    """Ask for a file of the dossier as `actor` may read it. A second click gives the request that waits already."""
    lock(application)
    waiting = db.session.scalar(
        _of(actor, application.id).where(DossierExport.kind == kind, DossierExport.status == ExportStatus.WAITING)
    )
    if waiting is not None:
        return waiting
    asked = DossierExport(
        application_id=application.id,
        asked_by_id=actor.id,
        kind=kind,
        scope=exports.scope_of(actor, application),
        expires_at=clock.now() + KEPT,
    )
    db.session.add(asked)
    db.session.flush()
    is_theirs = policies.is_on_team(actor, application) or policies.is_focal_point(actor, application)
    audience = Audience.TEAM if is_theirs else Audience.STAFF
    audit.record(actor, "application.export", application, audience=audience, kind=kind)
    enqueue("applications.make_exports")
    return asked


def one_for(actor: Account, application: Application, export_id: UUID) -> DossierExport:
    """A request of `actor` about this dossier. Raises NotFound for another's, an expired one, or nobody's."""
    rows = _of(actor, application.id).where(DossierExport.id == export_id)
    found = db.session.scalar(rows.options(joinedload(DossierExport.document)))
    if found is None:
        raise NotFound("Cette demande n’existe pas, ou son fichier a expiré : faites-en une nouvelle.")
    return found


def still_allowed(export: DossierExport, application: Application, actor: Account) -> bool:
    """Whether she may still read all that was put in the file when it was made."""
    return export.scope == exports.scope_of(actor, application)


def latest_of(actor: Account, application: Application) -> Sequence[DossierExport]:
    """Her latest requests that have not expired, newest first."""
    rows = _of(actor, application.id).order_by(DossierExport.created_at.desc(), DossierExport.id)
    return db.session.scalars(rows.limit(10)).all()


def make_next() -> bool:
    """Make one file that is due, in transactions of its own; False when none is."""
    with unit_of_work():
        export_id = _take()
    if export_id is None:
        return False
    try:
        with unit_of_work():
            _make(export_id)
    except DomainError as problem:
        # She may not read the dossier any more, or the storage is full: trying again changes little.
        log.warning("an export cannot be made", export_id=str(export_id), error=type(problem).__name__)
        with unit_of_work():
            _give_up(export_id, final=isinstance(problem, NotFound))
    except Exception as problem:  # noqa: BLE001 - one dossier that cannot be set must not hold the others back
        log.error("an export failed", export_id=str(export_id), error=type(problem).__name__)
        with unit_of_work():
            _give_up(export_id, final=False)
    return True


def purge() -> int:
    """Forget the requests that have expired, a batch at most; their files, nobody's from then on, are purged later."""
    rows = sa.select(DossierExport.id).where(DossierExport.expires_at <= clock.now()).limit(BATCH)
    gone = db.session.scalars(rows.with_for_update(skip_locked=True)).all()
    db.session.execute(sa.delete(DossierExport).where(DossierExport.id.in_(gone)))
    return len(gone)


def _of(actor: Account, application_id: UUID) -> sa.Select[DossierExport]:
    return sa.select(DossierExport).where(
        DossierExport.application_id == application_id,
        DossierExport.asked_by_id == actor.id,
        DossierExport.expires_at > clock.now(),
    )


def _take() -> UUID | None:
    """Count the attempt before it is made: a worker that dies of a dossier must not die of it for ever."""
    now = clock.now()
    rows = (
        sa.select(DossierExport)
        .where(DossierExport.status == ExportStatus.WAITING, DossierExport.next_attempt_at <= now)
        .order_by(DossierExport.next_attempt_at)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    export = db.session.scalar(rows.with_for_update(skip_locked=True))
    if export is None:
        return None
    if export.attempts >= MOST_ATTEMPTS:
        export.status = ExportStatus.FAILED
        return export.id
    export.attempts += 1
    export.next_attempt_at = now + LEASE
    return export.id


def _make(export_id: UUID) -> None:
    rows = sa.select(DossierExport).where(DossierExport.id == export_id, DossierExport.status == ExportStatus.WAITING)
    export = db.session.scalar(rows.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    if export is None:
        return
    # As a session would load her: nobody when her account is closed.
    actor = accounts.active(export.asked_by_id)
    if actor is None:
        raise NotFound
    application = queries.one_for(actor, export.application_id)
    export.scope = exports.scope_of(actor, application)
    with exports.made(export.kind, application, actor, at=clock.now()) as made:
        document = documents.keep_made(made.file, name=made.name, media_type=made.media_type)
    export.document_id = document.id
    export.status = ExportStatus.DONE


def _give_up(export_id: UUID, *, final: bool) -> None:
    export = db.session.get(DossierExport, export_id, with_for_update=True, populate_existing=True)
    if export is not None and (final or export.attempts >= MOST_ATTEMPTS):
        export.status = ExportStatus.FAILED
    elif export is not None:
        export.next_attempt_at = clock.now() + dt.timedelta(minutes=1)
