"""The chain of fingerprints tells when an entry was changed, whoever changed it."""

import pytest
import sqlalchemy as sa

from guichet.audit import chain, services
from guichet.audit.models import AuditEntry, AuditSeal
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_ministry


@pytest.fixture
def subject(session):
    return make_ministry()


def write(subject, *actions):
    for action in actions:
        with unit_of_work():
            services.record(None, action, subject, amount=1)


def seal():
    with unit_of_work():
        return chain.seal()


TABLES = ("audit_sealed_entry", "audit_seal", "audit_entry")


def tamper(session, *statements):
    """What the owner of the database could do, and nobody else."""
    for state in ("DISABLE", "ENABLE"):
        for table in TABLES:
            session.execute(sa.text(f"ALTER TABLE {table} {state} TRIGGER USER"))
        for statement in statements if state == "DISABLE" else ():
            session.execute(sa.text(statement))
    session.expire_all()


SEALED = "DELETE FROM audit_sealed_entry USING audit_entry e, audit_seal s WHERE entry_id = e.id AND seal_id = s.id"


@pytest.fixture
def sealed(session, subject):
    write(subject, "x.1", "x.2")
    assert seal() == 2
    write(subject, "x.3")
    assert seal() == 1


def test_what_nobody_changed_is_whole(session, sealed, subject):
    write(subject, "x.4")

    verdict = chain.verify()

    assert (verdict.seals, verdict.entries, verdict.unsealed, verdict.broken) == (2, 3, 1, [])
    assert len(verdict.last_sha256) == 64


def test_an_empty_journal_is_whole(session):
    assert seal() == 0

    assert chain.verify() == chain.Verdict(0, 0, 0, chain.GENESIS, [])


def test_sealing_again_seals_nothing_twice(session, sealed):
    assert seal() == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditSeal)) == 2


@pytest.mark.parametrize(
    "change",
    [
        "action = 'x.9'",
        "actor_name = 'Z'",
        "facts = '{\"amount\": 2}'",
        "audience = 'team'",
        "created_at = created_at + interval '1 second'",
        "subject_id = gen_random_uuid()",
    ],
)
def test_a_changed_entry_is_found_in_its_seal(session, sealed, change):
    first = session.scalar(sa.select(sa.func.min(AuditEntry.number)))
    tamper(session, f"UPDATE audit_entry SET {change} WHERE number = {first}")  # noqa: S608

    assert chain.verify().broken == [f"an entry between n° {first} and n° {first + 1} was changed"]


def test_a_removed_entry_is_missed(session, sealed):
    tamper(session, f"{SEALED} AND e.action = 'x.2'", "DELETE FROM audit_entry WHERE action = 'x.2'")

    assert chain.verify().broken == ["seal 1 held 2 entries, 1 are left"]


def test_a_removed_seal_is_missed(session, sealed):
    tamper(session, f"{SEALED} AND s.number = 1", "DELETE FROM audit_seal WHERE number = 1")

    assert chain.verify().broken[:2] == ["seal 1 is missing", "seal 2 does not follow the one before"]


def test_a_seal_made_again_after_the_change_betrays_itself_to_who_kept_the_last(session, sealed):
    kept = chain.verify().last_sha256
    tamper(
        session,
        "UPDATE audit_entry SET action = 'x.9' WHERE action = 'x.3'",
        f"{SEALED} AND s.number = 2",
        "DELETE FROM audit_seal WHERE number = 2",
    )
    seal()

    verdict = chain.verify()

    assert verdict.broken == []
    assert verdict.last_sha256 != kept
