"""The numbers of dossiers."""

from guichet.calls.models import Call


def next_reference(call: Call) -> str:
    """The next number of a dossier of this call, as « NER-2026-0042 ». The caller holds the call's lock (workflow.lock)."""
    call.last_reference += 1
    return f"{call.code}-{call.last_reference:04}"
