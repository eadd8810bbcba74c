"""Rights on the form of a call's own questions."""

from guichet.accounts.models import Account
from guichet.calls import policies as calls
from guichet.calls.models import Call, CallStatus

OVER = frozenset({CallStatus.RESULTS_PUBLISHED, CallStatus.ARCHIVED})


def can_read_form(actor: Account, call: Call) -> bool:
    """Whoever manages the call, at any time; she reads it as applicants would."""
    return calls.can_manage(actor, call)


def can_build(actor: Account, call: Call) -> bool:
    """A form may take a new version as long as somebody may still answer it."""
    return call.status not in OVER and calls.can_manage(actor, call)
