"""Messages under the use case and in the database: what is kept, what is refused, what is told, and to whom."""

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications import messages as threads
from guichet.applications import policies, queries
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    AuthorRole,
    Message,
    MessageAudience,
    MessageReading,
    Recusal,
    TeamMember,
    TeamRole,
)
from guichet.applications.services import messages as services
from guichet.audit.models import Audience, AuditEntry
from guichet.core.db import db
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.messages import make_message
from tests.factories.submission import loaded
from tests.review.races import together

S = ApplicationStatus
EXCHANGE, INTERNAL = MessageAudience.EXCHANGE, MessageAudience.INTERNAL


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def dossier(lead):
    return make_application(lead=lead, status=S.UNDER_REVIEW)


def write(dossier, actor, body="Bonjour", audience=EXCHANGE, **others):
    with unit_of_work():
        return services.write(
            dossier, body, audience=audience, actor=actor, **{"key": uuid.uuid4(), "seen": None, **others}
        )


# The database


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"body": " \n\t"}, "ck_message_body_not_blank"),
        ({"body": "é" * 5001}, "ck_message_body_not_too_long"),
        ({"audience": INTERNAL}, "ck_message_notes_are_the_officers"),
        ({"key": uuid.UUID(int=1)}, "uq_message_application_id_key"),
    ],
)
def test_message_refuses_what_cannot_be(dossier, lead, broken, constraint):
    common = {"application_id": dossier.id, "author_id": lead.id, "author_role": AuthorRole.LEAD, "audience": EXCHANGE}
    db.session.add(Message(**common, body="Bonjour", key=uuid.UUID(int=1)))
    db.session.flush()
    db.session.add(Message(**{**common, "body": "Bonjour", "key": uuid.uuid4(), **broken}))

    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()


@pytest.mark.parametrize("column", ["audience", "author_role"])
def test_message_knows_its_words_alone(dossier, lead, column):
    values = {"audience": "exchange", "author_role": "lead", column: "everybody"}
    constraint = {"audience": "ck_message_messageaudience", "author_role": "ck_message_authorrole"}[column]
    statement = sa.text(
        "INSERT INTO message (id, application_id, author_id, author_role, audience, body, key) VALUES "
        "(gen_random_uuid(), :dossier, :author, :author_role, :audience, 'Bonjour', gen_random_uuid())"
    )
    with pytest.raises(IntegrityError, match=constraint):
        db.session.execute(statement, {"dossier": dossier.id, "author": lead.id, **values})


@pytest.mark.parametrize(
    "change",
    ["UPDATE message SET body = 'Autre'", "UPDATE message SET audience = 'exchange'", "DELETE FROM message"],
)
def test_a_message_is_never_changed(dossier, officer, change):
    make_message(dossier, officer, audience=INTERNAL)

    with pytest.raises(DBAPIError, match="a message is never changed"):
        db.session.execute(sa.text(change))


def test_messages_are_not_emptied(dossier, lead):
    make_message(dossier, lead)

    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(sa.text("TRUNCATE message"))


def test_messages_and_readings_go_with_their_dossier(dossier, lead, officer):
    write(dossier, lead)
    message = make_message(dossier, officer)
    with unit_of_work():
        services.mark_read(dossier, message.id, actor=lead)

    db.session.execute(sa.delete(Application).where(Application.id == dossier.id))

    assert db.session.scalars(sa.select(Message.id)).all() == []
    assert db.session.scalars(sa.select(MessageReading.id)).all() == []


@pytest.mark.parametrize(
    ("again", "constraint"),
    [(3, "uq_message_reading_account_id_application_id"), (0, "ck_message_reading_read_up_to_positive")],
)
def test_a_person_has_one_place_in_a_thread(dossier, lead, again, constraint):
    if again:
        db.session.add(MessageReading(application_id=dossier.id, account_id=lead.id, read_up_to=2))
    db.session.add(MessageReading(application_id=dossier.id, account_id=lead.id, read_up_to=again))

    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()


# The use case


def test_a_message_says_what_its_author_was(dossier, lead, officer):
    editor = make_account(Role.APPLICANT, organisation=lead.organisation)
    dossier.team.append(TeamMember(account=editor, account_id=editor.id, role=TeamRole.EDITOR))
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)

    for author in (lead, editor, focal_point, officer):
        write(dossier, author)

    assert db.session.scalars(sa.select(Message.author_role).order_by(Message.number)).all() == list(AuthorRole)


@pytest.mark.parametrize("audience", list(MessageAudience))
def test_a_second_click_gives_the_same_message_and_tells_nobody_again(dossier, officer, owed, audience):
    key = uuid.uuid4()

    first, second = (write(dossier, officer, audience=audience, key=key) for _ in range(2))

    assert first.id == second.id
    assert owed() == [("NoteWritten" if audience is INTERNAL else "MessageSent", "notify")]


@pytest.mark.parametrize("change", [{"body": "Autre"}, {"audience": INTERNAL}])
def test_a_used_key_writes_nothing_else(dossier, officer, change):
    key = uuid.uuid4()
    write(dossier, officer, key=key)

    with pytest.raises(RuleBroken, match="déjà envoyé un autre message"):
        write(dossier, officer, key=key, **change)


def test_the_journal_tells_who_and_to_whom_never_the_words(dossier, lead, officer):
    for author, audience in ((lead, EXCHANGE), (officer, EXCHANGE), (officer, INTERNAL)):
        write(dossier, author, "Le secret des mots", audience)

    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()
    assert [(entry.action, entry.audience, entry.actor_id) for entry in entries] == [
        ("application.write-to-service", Audience.TEAM, lead.id),
        ("application.write-to-team", Audience.TEAM, officer.id),
        ("application.write-note", Audience.STAFF, officer.id),
    ]
    assert "secret" not in str([entry.facts for entry in entries])


def test_what_was_true_before_the_lock_is_asked_again(dossier, lead):
    page = loaded(dossier)
    reader = accounts.active(lead.id)
    db.session.execute(sa.delete(TeamMember).execution_options(synchronize_session=False))

    with pytest.raises(Forbidden):
        write(page, reader)

    assert db.session.scalars(sa.select(Message.id)).all() == []


def test_clicks_at_once_write_one_message(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        with unit_of_work():
            lead = make_account(Role.APPLICANT)
            dossier = make_application(lead=lead, status=S.UNDER_REVIEW)
        lead_id, dossier_id, key = lead.id, dossier.id, uuid.uuid4()

        def click():
            actor = accounts.active(lead_id)
            page = queries.one_for(actor, dossier_id)
            return lambda: services.write(page, "Bonjour", audience=EXCHANGE, key=key, seen=None, actor=actor).id

        answers = together(app, *[click] * 5)

        assert len(set(answers)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1


# Rights: the rule in Python and the rule in SQL are one


def casts(lead, call):
    """Everybody whose rights differ, some of them in two ways at once."""
    ours, other = lead.organisation, make_account().organisation
    roles = [(role,) for role in Role]
    roles += [(Role.OFFICER, Role.FOCAL_POINT), (Role.OFFICER, Role.APPLICANT), (Role.AUDITOR, Role.OFFICER)]
    for held in roles:
        for organisation in (ours, other):
            for call_id in (None, call.id, "another"):
                # A call that the person has nothing to do with: her role is not on this one.
                scope = make_application().call_id if call_id == "another" else call_id
                yield make_account(*held, organisation=organisation, call_id=scope)


@pytest.mark.parametrize("status", [S.DRAFT, S.UNDER_REVIEW, S.WITHDRAWN])
def test_the_two_ways_to_ask_who_takes_part_agree(lead, status):
    dossier = make_application(lead=lead, status=status)
    people = [lead, *casts(lead, dossier.call)]
    members = people[1::4]
    for person in members:
        db.session.add(TeamMember(application_id=dossier.id, account_id=person.id, role=TeamRole.EDITOR))
    db.session.flush()
    dossier = loaded(dossier)
    for person in people:
        actor = accounts.active(person.id)
        told = [queries.corresponds(actor, audience) for audience in MessageAudience]
        by_sql = db.session.execute(sa.select(*told).where(Application.id == dossier.id)).one()
        part = policies.part_of(actor, dossier)
        assert tuple(by_sql) == (part is not None, part is AuthorRole.OFFICER), (actor.roles, part)


def test_who_is_told_is_who_takes_part(lead, officer, dossier):
    people = list(casts(lead, dossier.call))
    recused, closed = people[0], people[-1]
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    db.session.add(Recusal(application_id=dossier.id, account_id=focal_point.id, reason="Parenté."))
    closed.active = False
    dossier = loaded(dossier)

    found = threads.correspondents(dossier)

    expected = {person.id for person in (lead, officer, *people)} - {closed.id}
    taking = {one for one in expected if policies.part_of(accounts.active(one), dossier) and one != focal_point.id}
    assert {person.id for person in (*found.team, *found.officers)} == taking
    assert recused.id not in taking
    assert lead.id in {person.id for person in found.team}
    assert officer.id in {person.id for person in found.officers}


@pytest.mark.parametrize(
    "roles", [(Role.REVIEWER,), (Role.COMMITTEE,), (Role.ADMIN,), (Role.FINANCE,), (Role.AUDITOR,)]
)
@pytest.mark.parametrize("audience", list(MessageAudience))
def test_who_only_reads_or_judges_writes_nothing(dossier, roles, audience):
    with pytest.raises(Forbidden):
        write(dossier, make_account(*roles), audience=audience)
    assert db.session.scalars(sa.select(Message.id)).all() == []


@pytest.mark.parametrize("status", list(ApplicationStatus))
@pytest.mark.parametrize("audience", list(MessageAudience))
def test_one_table_says_in_which_states_one_writes(lead, officer, status, audience):
    dossier = make_application(lead=lead, status=status)
    if status in {S.DRAFT, S.AWAITING_ENDORSEMENT}:
        with pytest.raises(Forbidden):
            write(dossier, officer, audience=audience)
    elif status in policies.WRITTEN_WHILE[audience]:
        assert write(dossier, officer, audience=audience).audience is audience
    else:
        with pytest.raises(RuleBroken, match="on n’y écrit plus"):
            write(dossier, officer, audience=audience)
