"""Rights on rehearsals."""

from guichet.accounts.models import Account
from guichet.calls.models import Call, CallStatus
from guichet.calls.policies import can_manage

REHEARSED = frozenset({CallStatus.DRAFT, CallStatus.PUBLISHED})


def can_rehearse(actor: Account, call: Call) -> bool:
    """Who runs the call rehearses it, until it opens: then it is played for good."""
    return call.status in REHEARSED and can_manage(actor, call)
