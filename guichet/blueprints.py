"""The ordered list of blueprints, of task modules, and the scheduler's clockwork. Nothing else imports views or tasks."""

from typing import Any

from flask import Blueprint

from guichet.accounts import tasks as accounts_tasks
from guichet.accounts.views import bp as accounts
from guichet.applications import tasks as applications_tasks
from guichet.applications.views import bp as applications
from guichet.audit import tasks as audit_tasks
from guichet.calls import tasks as calls_tasks
from guichet.calls.views import bp as calls
from guichet.dashboard.views import bp as dashboard
from guichet.documents import tasks as documents_tasks
from guichet.notifications import tasks as notifications_tasks
from guichet.outbox import tasks as outbox_tasks
from guichet.plans.views import bp as plans
from guichet.questions.views import bp as questions
from guichet.rehearsal import tasks as rehearsal_tasks
from guichet.rehearsal.views import bp as rehearsal
from guichet.review import tasks as review_tasks
from guichet.review.views import bp as review
from guichet.statements.views import bp as statements
from guichet.supervision import tasks as supervision_tasks
from guichet.supervision.views import bp as supervision
from guichet.web.health import bp as health

BLUEPRINTS: list[Blueprint] = [
    dashboard,
    health,
    statements,
    accounts,
    calls,
    questions,
    applications,
    review,
    plans,
    rehearsal,
    supervision,
]

TASK_MODULES = [
    audit_tasks,
    outbox_tasks,
    accounts_tasks,
    notifications_tasks,
    calls_tasks,
    applications_tasks,
    documents_tasks,
    review_tasks,
    rehearsal_tasks,
    supervision_tasks,
]

# Seconds between two runs. Each task is single-run by its own lock and may run late or twice without harm.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "outbox": {"task": "outbox.deliver_due", "schedule": 15.0},
    "emails": {"task": "notifications.send_queued", "schedule": 15.0},
    "calls": {"task": "calls.open_and_close", "schedule": 20.0},
    "publications": {"task": "review.publish_decisions", "schedule": 30.0},
    "reminders": {"task": "applications.remind_drafts", "schedule": 3600.0},
    "complement-reminders": {"task": "applications.remind_complements", "schedule": 3600.0},
    "outcome-reminders": {"task": "applications.remind_outcomes", "schedule": 3600.0},
    "scans": {"task": "documents.scan_waiting", "schedule": 60.0},
    "exports": {"task": "applications.make_exports", "schedule": 60.0},
    "old-exports": {"task": "applications.purge_exports", "schedule": 3600.0},
    "rehearsals": {"task": "rehearsal.play", "schedule": 60.0},
    "old-rehearsals": {"task": "rehearsal.purge", "schedule": 3600.0},
    "orphans": {"task": "documents.purge_orphans", "schedule": 3600.0},
    "stored-files": {"task": "documents.check_files", "schedule": 3600.0},
    "old-drafts": {"task": "applications.remove_old_drafts", "schedule": 24 * 3600.0},
    "old-invitations": {"task": "applications.forget_invitations", "schedule": 24 * 3600.0},
    "old-emails": {"task": "notifications.purge", "schedule": 24 * 3600.0},
    "closed-accounts": {"task": "accounts.forget", "schedule": 24 * 3600.0},
    "journal": {"task": "audit.seal", "schedule": 60.0},
    "heartbeat": {"task": "supervision.heartbeat", "schedule": 10.0},
}
