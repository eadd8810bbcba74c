"""The use cases of calls: drafting, content, envelope, life."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from guichet.accounts.models import Role
from guichet.audit import queries as audit
from guichet.calls import ledger as ledger_pages
from guichet.calls import queries, services
from guichet.calls.models import (
    Applicability,
    AttachmentKind,
    Call,
    CallStatus,
    Criterion,
    EnvelopeMovement,
    MovementKind,
)
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.money import LARGEST
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account
from tests.factories.calls import make_call, make_family, make_priority_action

S = CallStatus
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


def terms(**changes):
    return services.Terms(
        **{
            "title": "Numérique écoresponsable 2026",
            "code": "NER-2026",
            "summary": "Résumé.",
            "description": "",
            "who_may_apply": "",
            "contact_email": "",
            "time_zone": "Europe/Paris",
            "opens_at": NOW + DAY,
            "closes_at": NOW + 30 * DAY,
            "amount_min": Decimal(25_000),
            "amount_max": Decimal(250_000),
            "max_rate": Decimal(50),
            "reviews_required": 2,
            "staff_cost_counted": True,
            "endorsement_required": True,
            "families": [make_family()],
            "priority_actions": [make_priority_action()],
            **changes,
        }
    )


def draft(**columns):
    return make_call(status=S.DRAFT, **columns)


def ledger(call):
    rows = sa.select(EnvelopeMovement.kind, EnvelopeMovement.amount).where(EnvelopeMovement.call_id == call.id)
    return [tuple(row) for row in db.session.execute(rows.order_by(EnvelopeMovement.created_at))]


def last_action(call):
    db.session.flush()
    return audit.history_of(call)[0].action


# Drafting


def test_create_opens_the_envelope_in_the_ledger(officer):
    with unit_of_work():
        call = services.create(terms(), opening=Decimal(400_000), actor=officer)

    assert (call.status, call.slug, call.envelope_left) == (S.DRAFT, "numerique-ecoresponsable-2026", 400_000)
    assert ledger(call) == [(MovementKind.OPENING, 400_000)]
    assert [entry.action for entry in audit.history_of(call)] == ["call.move_envelope", "call.create"]


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("L’État & l’Été : 100 % réemploi !", "l-etat-l-ete-100-reemploi"),
        ("Nouveau", "nouveau-2"),
        ("𝔸ppel ² Ⅷ", "appel-2-viii"),
        ("🌱🌍", "appel"),
        ("مشروع", "appel"),
        ("a" * 200, "a" * 70),
    ],
)
def test_create_makes_a_readable_address(officer, title, slug):
    with unit_of_work():
        call = services.create(terms(title=title), opening=None, actor=officer)

    assert call.slug == slug


def test_create_never_reuses_an_address(officer):
    with unit_of_work():
        calls = [services.create(terms(code=f"N-{n}"), opening=None, actor=officer) for n in range(3)]

    base = "numerique-ecoresponsable-2026"
    assert [call.slug for call in calls] == [base, f"{base}-2", f"{base}-3"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"closes_at": NOW + DAY}, "closes_at"),
        ({"closes_at": NOW}, "closes_at"),
        ({"amount_max": Decimal(24_999)}, "amount_max"),
        ({"code": "PRIS"}, "code"),
    ],
)
def test_create_refuses_terms_that_do_not_hold(officer, changes, field):
    make_call(code="PRIS")
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Call))

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.create(terms(**changes), opening=Decimal(1000), actor=officer)

    assert refusal.value.field == field
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Call)) == count


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER, Role.ADMIN}))
def test_create_refuses_other_roles(session, role):
    with pytest.raises(Forbidden):
        services.create(terms(), opening=None, actor=make_account(role))


def test_update_changes_the_rules_but_not_the_address(officer):
    call = draft()
    slug, new = call.slug, terms(title="Autre titre", code=call.code)

    with unit_of_work():
        services.update(call, new, actor=officer)

    assert (call.title, call.slug, call.opens_at) == ("Autre titre", slug, NOW + DAY)
    changed = audit.history_of(call)[0].facts["changed"]
    assert {"title", "opens_at", "families", "priority_actions"} <= set(changed)
    assert "code" not in changed


@pytest.mark.parametrize("status", sorted(set(S) - {S.DRAFT}))
def test_published_call_no_longer_changes(officer, status):
    call = make_call(status=status)
    criterion = call.criteria[0]
    grid = services.CriterionTerms(
        title="Neuf", description="", weight=Decimal(1), highest_mark=4, applicability=Applicability.ALWAYS
    )
    acts = [
        lambda: services.update(call, terms(), actor=officer),
        lambda: services.add_criterion(call, grid, actor=officer),
        lambda: services.change_criterion(call, criterion.id, grid, actor=officer),
        lambda: services.move_criterion(call, criterion.id, 1, actor=officer),
        lambda: services.remove_criterion(call, criterion.id, actor=officer),
        lambda: services.add_attachment_kind(call, "Devis", required=True, actor=officer),
    ]

    for act in acts:
        with pytest.raises(Forbidden):
            act()


def test_edited_form_of_terms_is_the_same_call(officer):
    """What a page shows and sends back unchanged changes nothing."""
    call = draft()
    loaded = db.session.scalars(
        sa.select(Call)
        .where(Call.id == call.id)
        .options(selectinload(Call.families), selectinload(Call.priority_actions))
    ).one()
    same = terms(**{name: getattr(loaded, name) for name in vars(terms(code="X"))})

    with unit_of_work():
        services.update(loaded, same, actor=officer)

    assert audit.history_of(call)[0].facts["changed"] == []


# The grid, the attachments


def grid_of(call):
    return [(line.title, line.position) for line in queries.criteria_of(call.id)]


def criterion(title="Neuf", **changes):
    columns = {"description": "", "weight": Decimal(2), "highest_mark": 4, "applicability": Applicability.ALWAYS}
    return services.CriterionTerms(title=title, **{**columns, **changes})


def test_criterion_is_added_last_changed_and_removed(officer):
    call = draft()
    with unit_of_work():
        services.add_criterion(call, criterion(), actor=officer)
    added = queries.criteria_of(call.id)[-1]
    with unit_of_work():
        services.change_criterion(call, added.id, criterion("Changé", weight=Decimal("0.5")), actor=officer)

    assert grid_of(call) == [("Impacts évités", 1), ("Portage", 2), ("Changé", 3)]
    assert added.weight == Decimal("0.5")

    with unit_of_work():
        services.remove_criterion(call, queries.criteria_of(call.id)[0].id, actor=officer)
    assert grid_of(call) == [("Portage", 2), ("Changé", 3)]
    assert last_action(call) == "call-criterion.remove"


@pytest.mark.parametrize(
    ("moved", "steps", "order"),
    [
        ("A", 1, "BAC"),
        ("C", -1, "ACB"),
        ("A", -1, "ABC"),
        ("C", 1, "ABC"),
        ("A", 2, "BCA"),
        ("B", -1000, "BAC"),
    ],
)
def test_criterion_moves_as_far_as_the_grid_goes(officer, moved, steps, order):
    # Positions with holes, as removals leave them.
    call = draft(criteria=[Criterion(position=n * 3, title=t, weight=Decimal(1)) for n, t in enumerate("ABC", start=1)])
    target = next(line for line in call.criteria if line.title == moved)

    with unit_of_work():
        services.move_criterion(call, target.id, steps, actor=officer)

    assert grid_of(call) == [(title, n) for n, title in enumerate(order, start=1)]


def test_grid_is_full_at_fifteen_lines(officer):
    call = draft(criteria=[Criterion(position=n, title=str(n), weight=Decimal(1)) for n in range(1, 16)])

    with pytest.raises(RuleBroken, match="15 critères"):
        services.add_criterion(call, criterion(), actor=officer)


def test_line_of_another_call_is_not_found(officer):
    call, stranger = draft(), draft().criteria[0]

    for act in (
        lambda: services.change_criterion(call, stranger.id, criterion(), actor=officer),
        lambda: services.move_criterion(call, stranger.id, 1, actor=officer),
        lambda: services.remove_criterion(call, stranger.id, actor=officer),
        lambda: services.remove_attachment_kind(call, stranger.id, actor=officer),
        lambda: services.remove_document(call, stranger.id, actor=officer),
    ):
        with pytest.raises(NotFound):
            act()


def test_attachment_kind_is_asked_once(officer):
    call = draft()
    with unit_of_work():
        services.add_attachment_kind(call, "Devis", required=True, actor=officer)

    with pytest.raises(RuleBroken) as refusal:
        services.add_attachment_kind(call, "Devis", required=False, actor=officer)

    assert refusal.value.field == "label"
    [kind] = queries.attachment_kinds_of(call.id)
    with unit_of_work():
        services.remove_attachment_kind(call, kind.id, actor=officer)
    assert queries.attachment_kinds_of(call.id) == []


def test_attachment_kinds_are_fifteen_at_most(officer):
    call = draft(attachment_kinds=[AttachmentKind(position=n, label=str(n)) for n in range(15)])

    with pytest.raises(RuleBroken, match="15 pièces"):
        services.add_attachment_kind(call, "Une de trop", required=False, actor=officer)


# The envelope


def test_movements_of_one_transaction_add_up(officer):
    call = make_call(envelope=100)

    with unit_of_work():
        services.move_envelope(call, MovementKind.AWARD, Decimal(-60), "Un", actor=officer)
        services.move_envelope(call, MovementKind.RETURN, Decimal(60), "Deux", actor=officer)
        services.move_envelope(call, MovementKind.AWARD, Decimal("-99.99"), "Trois", actor=officer)

    assert call.envelope_left == Decimal("0.01")
    assert sum(amount for _, amount in ledger(call)) == Decimal("0.01")
    facts = audit.history_of(call)[0].facts
    assert (facts["amount"], facts["reason"]) == ("-99.99", "Trois")


def test_movement_never_goes_below_zero(officer):
    call = make_call(envelope=50_000)

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.move_envelope(call, MovementKind.AWARD, Decimal("-50000.01"), "Trop", actor=officer)

    assert (
        refusal.value.message.replace("\u202f", " ").replace("\xa0", " ")
        == "Il reste 50 000 € dans l’enveloppe de l’appel."
    )
    assert refusal.value.field == "amount"
    db.session.expire(call)
    assert call.envelope_left == 50_000
    assert len(ledger(call)) == 1


def test_envelope_holds_no_more_than_its_column(officer):
    call = make_call(envelope=LARGEST)

    with pytest.raises(RuleBroken, match="trop grand"):
        services.move_envelope(call, MovementKind.OPENING, Decimal("0.01"), "Trop", actor=officer)


def test_freeze_and_thaw_by_hand(session):
    call, finance = make_call(envelope=100_000), make_account(Role.FINANCE)
    with unit_of_work():
        services.move_by_hand(call, MovementKind.FREEZE, Decimal(30_000), "Gel", actor=finance)
        services.move_by_hand(call, MovementKind.THAW, Decimal(10_000), "Dégel", actor=finance)

    assert call.envelope_left == 80_000
    assert ledger_pages.frozen(call.id) == 20_000
    with pytest.raises(RuleBroken, match="gel en cours"):
        services.move_by_hand(call, MovementKind.THAW, Decimal("20000.01"), "Trop", actor=finance)
    with pytest.raises(RuleBroken, match="Il reste"):
        services.move_by_hand(call, MovementKind.FREEZE, Decimal(80_001), "Trop", actor=finance)


@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1)])
def test_movement_by_hand_is_positive(session, amount):
    with pytest.raises(RuleBroken, match="supérieur à zéro"):
        services.move_by_hand(make_call(), MovementKind.FREEZE, amount, "Gel", actor=make_account(Role.FINANCE))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", [MovementKind.OPENING, MovementKind.FREEZE])
@pytest.mark.parametrize("status", [CallStatus.DRAFT, CallStatus.OPEN])
def test_movement_by_hand_asks_the_right(session, role, kind, status):
    call, actor = make_call(status=status), make_account(role)
    prepares = {Role.OFFICER, Role.ADMIN} if (kind, status) == (MovementKind.OPENING, CallStatus.DRAFT) else set()

    if role in {Role.FINANCE} | prepares:
        services.move_by_hand(call, kind, Decimal(1), "Essai", actor=actor)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(EnvelopeMovement)) == 2
    else:
        with pytest.raises(Forbidden):
            services.move_by_hand(call, kind, Decimal(1), "Essai", actor=actor)


@pytest.mark.parametrize("kind", [MovementKind.AWARD, MovementKind.RETURN])
def test_award_and_return_are_not_written_by_hand(session, kind):
    with pytest.raises(RuleBroken, match="pas à la main"):
        services.move_by_hand(make_call(), kind, Decimal(1), "Essai", actor=make_account(Role.FINANCE))


def test_references_follow_one_another(session):
    call = make_call(code="NER-2026", last_reference=41)

    assert [services.next_reference(call) for _ in range(2)] == ["NER-2026-0042", "NER-2026-0043"]
