"""What follows a submission, a few seconds later."""

from guichet.applications.events import ApplicationSubmitted


def make_receipt(event: ApplicationSubmitted) -> None:
    """The dated, numbered receipt of a submission, as a PDF."""
