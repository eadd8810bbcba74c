"""An event becomes e-mails."""

from guichet.notifications import services
from guichet.notifications.catalogue import NOTICES
from guichet.outbox.events import Event


def notify(event: Event) -> None:
    """Prepare the e-mails that the catalogue owes for this event."""
    for notice in NOTICES[type(event)]:
        if notice.when(event):
            services.prepare(event, notice)
