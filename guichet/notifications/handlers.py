"""An event becomes e-mails."""

from guichet.outbox.events import Event


def notify(event: Event) -> None:
    """Prepare the e-mails that the catalogue owes for this event."""
