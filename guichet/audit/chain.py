"""The journal's chain of fingerprints: whoever holds the latest one can tell whether any entry was changed since.

Entries are sealed in batches, by the worker, a little after they were written: a fingerprint computed at writing time
would make every use case of the window wait for the one before.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from guichet.audit.models import AuditEntry, AuditSeal, SealedEntry
from guichet.core.db import db

GENESIS = "0" * 64
# Any number, the same everywhere: two workers never seal at once.
LOCK = 20_260_323


@dataclass(frozen=True)
class Verdict:
    """`broken` says, in words, what does not hold; empty when all does."""

    seals: int
    entries: int
    unsealed: int
    last_sha256: str
    broken: list[str]


def seal() -> int:
    """Seal the entries that no seal holds yet; returns how many. Call it inside a unit of work."""
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    last = db.session.scalar(sa.select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1))
    entries = db.session.scalars(
        sa.select(AuditEntry)
        .outerjoin(SealedEntry, SealedEntry.entry_id == AuditEntry.id)
        .where(SealedEntry.id.is_(None))
        .order_by(AuditEntry.number)
    ).all()
    if not entries:
        return 0
    previous = last.sha256 if last else GENESIS
    link = AuditSeal(
        id=uuid.uuid4(),
        number=last.number + 1 if last else 1,
        entries=len(entries),
        previous_sha256=previous,
        sha256=fingerprint(previous, entries),
    )
    db.session.add(link)
    db.session.flush()
    rows = [{"entry_id": entry.id, "seal_id": link.id} for entry in entries]
    db.session.execute(sa.insert(SealedEntry), rows)
    return len(entries)


def verify() -> Verdict:
    """Recompute the whole chain, seal by seal."""
    broken: list[str] = []
    previous, count, entries_seen = GENESIS, 0, 0
    for link in db.session.scalars(sa.select(AuditSeal).order_by(AuditSeal.number)):
        entries = db.session.scalars(
            sa.select(AuditEntry)
            .join(SealedEntry, SealedEntry.entry_id == AuditEntry.id)
            .where(SealedEntry.seal_id == link.id)
            .order_by(AuditEntry.number)
        ).all()
        count, entries_seen = count + 1, entries_seen + len(entries)
        broken += _faults(link, count, previous, entries)
        previous = link.sha256
        db.session.expunge_all()
    total = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0
    return Verdict(count, entries_seen, total - entries_seen, previous, broken)


def _faults(link: AuditSeal, expected_number: int, previous: str, entries: Sequence[AuditEntry]) -> list[str]:
    faults = []
    if link.number != expected_number:
        faults.append(f"seal {expected_number} is missing")
    if link.previous_sha256 != previous:
        faults.append(f"seal {link.number} does not follow the one before")
    if link.entries != len(entries):
        faults.append(f"seal {link.number} held {link.entries} entries, {len(entries)} are left")
    elif link.sha256 != fingerprint(link.previous_sha256, entries):
        faults.append(f"an entry between n° {entries[0].number} and n° {entries[-1].number} was changed")
    return faults


def fingerprint(previous: str, entries: Iterable[AuditEntry]) -> str:
    """SHA-256 of the previous fingerprint and of each entry, column by column, in a fixed order."""
    digest = hashlib.sha256(previous.encode())
    for entry in entries:
        columns = (
            entry.number,
            entry.created_at.timestamp(),
            entry.actor_id,
            entry.actor_name,
            entry.action,
            entry.subject_type,
            entry.subject_id,
            entry.audience,
            entry.facts,
        )
        digest.update(msgspec.json.encode(columns, order="sorted"))
    return digest.hexdigest()
