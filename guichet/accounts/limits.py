"""How often one may try. Counters hold a keyed hash of the address typed, never the address."""

import hashlib
import hmac

from flask import Response, current_app, request
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from guichet.extensions import limiter

# A whole ministry may come from the one address of its proxy: only failures count, and that address may have many.
PER_ADDRESS, PER_NETWORK = "10 per 15 minutes", "100 per 15 minutes"


def typed_address() -> str:
    """What stands for the e-mail typed in the form, whatever its case."""
    try:
        typed = request.form.get("email", "")
    except RequestEntityTooLarge:
        # The page will say so itself; an accident here would be taken for one of the counters' store.
        typed = ""
    return _key("address", typed.strip().lower()[:254])


def signed_in_person() -> str:
    return _key("account", str(current_user.get_id()).partition(".")[0])


def _key(kind: str, value: str) -> str:
    secret = current_app.secret_key or ""
    digest = hmac.new(secret if isinstance(secret, bytes) else secret.encode(), value.encode(), hashlib.sha256)
    return f"{kind}:{digest.hexdigest()[:32]}"


def refused(response: Response) -> bool:
    return response.status_code == 422


failures_per_address = limiter.limit(PER_ADDRESS, key_func=typed_address, methods=["POST"], deduct_when=refused)
failures_per_network = limiter.limit(PER_NETWORK, methods=["POST"], deduct_when=refused)
failures_per_person = limiter.limit(PER_ADDRESS, key_func=signed_in_person, methods=["POST"], deduct_when=refused)
# Asking for a link always succeeds: every request counts.
requests_per_address = limiter.limit("5 per hour", key_func=typed_address, methods=["POST"])
invitations_per_address = limiter.limit("10 per hour", key_func=typed_address, methods=["POST"])
invitations_per_person = limiter.limit("60 per hour", key_func=signed_in_person, methods=["POST"])
requests_per_network = limiter.limit("100 per hour", methods=["POST"])
