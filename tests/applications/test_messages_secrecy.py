"""A note of the service reaches nobody of the dossier: neither page, count, filter, search, timeline, archive nor e-mail."""

import io
import zipfile

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role, RoleGrant
from guichet.applications import exports, queries
from guichet.applications.models import ApplicationStatus, ExportKind, MessageAudience, Recusal, TeamMember, TeamRole
from guichet.applications.services import messages as services
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.notifications import services as notifications
from guichet.notifications.models import Email, EmailStatus
from guichet.notifications.smtp import Mailer
from tests.applications.page_reader import read
from tests.factories.accounts import make_account
from tests.factories.messages import make_message
from tests.factories.submission import loaded, make_submitted
from tests.sink import Sink

S = ApplicationStatus
EXCHANGE, INTERNAL = MessageAudience.EXCHANGE, MessageAudience.INTERNAL
SECRET, PUBLIC = "Budget manifestement surestimé", "Le devis est-il joint ?"


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT, full_name="Lise Porteuse")


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER, full_name="Oscar Instruction")


@pytest.fixture
def second_officer(session):
    return make_account(Role.OFFICER, full_name="Odile Seconde")


@pytest.fixture
def dossier(lead):
    return make_submitted(lead)


def write(dossier, actor, body, audience=EXCHANGE):
    with unit_of_work():
        return services.write(
            loaded(dossier), body, audience=audience, key=None, seen=None, actor=accounts.active(actor.id)
        )


def mails(notice):
    rows = sa.select(Email).where(Email.notice == notice).order_by(Email.recipient_name)
    return db.session.scalars(rows).all()


def pages_of(dossier):
    base = f"/dossiers/{dossier.id}"
    return [
        "/dossiers",
        "/dossiers?nonlus=y",
        f"/dossiers?mots={SECRET}",
        "/tableau-de-bord",
        "/projets-finances?mots=surestimé",
        base,
        *(f"{base}/{rest}" for rest in ("messages", "messages?page=1", "historique", "contenu", "equipe", "exports")),
    ]


def test_no_page_of_the_team_tells_of_a_note(client_for, dossier, lead, officer, run_outbox):
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    both = make_account(Role.OFFICER, Role.AUDITOR, Role.FOCAL_POINT, organisation=lead.organisation)
    # What the submission owes is done: nothing but the note may change a page.
    run_outbox()
    addresses = pages_of(dossier)
    shown = {}
    for person in (lead, focal_point, both):
        shown[person.id] = [read(client_for(person).get(address)).text for address in addresses]
    write(dossier, officer, SECRET, INTERNAL)
    run_outbox()

    for person in (lead, focal_point, both):
        after = [read(client_for(person).get(address)).text for address in addresses]
        assert after == shown[person.id]


def test_the_desk_and_the_lists_count_what_each_person_has_not_read(client_for, dossier, lead, officer, second_officer):
    make_message(dossier, officer, body=SECRET, audience=INTERNAL)
    make_message(dossier, officer, body=PUBLIC)
    make_message(dossier, second_officer, body="Je confirme.")

    def count(person, address):
        text = read(client_for(person).get(address)).text
        return next((word for word in text.split("Messages")[1:] if "non lu" in word[:60]), text)

    assert "2 messages non lus" in read(client_for(lead).get("/dossiers")).text
    assert "1 message non lu" in read(client_for(officer).get("/instruction")).text
    assert "2 messages non lus" in read(client_for(second_officer).get("/instruction")).text
    assert "2 non lus" in count(lead, f"/dossiers/{dossier.id}")
    assert "1 non lu" in count(officer, f"/instruction/dossiers/{dossier.id}")
    for role in (Role.ADMIN, Role.AUDITOR):
        assert "message non lu" not in read(client_for(make_account(role)).get("/instruction")).text


def test_filters_leave_the_dossiers_with_something_to_read(client_for, dossier, lead, officer):
    other = make_submitted(lead, title="Rien à lire")
    make_message(dossier, officer, body=PUBLIC)
    make_message(other, officer, body=SECRET, audience=INTERNAL)
    make_message(other, lead, body="Bonjour")

    theirs = read(client_for(lead).get("/dossiers?nonlus=y")).text
    assert "Prolonger la vie" in theirs
    assert "Rien à lire" not in theirs
    ours = read(client_for(officer).get("/instruction?nonlus=y")).text
    assert "Rien à lire" in ours
    assert "Prolonger la vie" not in ours
    assert "Aucun dossier" in read(client_for(make_account(Role.AUDITOR)).get("/instruction?nonlus=y")).text


def test_no_search_finds_a_message(client_for, dossier, lead, officer):
    write(dossier, officer, SECRET, INTERNAL)
    write(dossier, lead, PUBLIC)

    for person, address in ((lead, "/dossiers"), (officer, "/instruction")):
        for words in ("surestimé", "devis"):
            assert dossier.reference not in read(client_for(person).get(f"{address}?mots={words}")).text


def test_the_timeline_says_that_somebody_wrote_to_whom_it_concerns(client_for, dossier, lead, officer):
    write(dossier, lead, PUBLIC)
    write(dossier, officer, SECRET, INTERNAL)

    theirs = read(client_for(lead).get(f"/dossiers/{dossier.id}/historique")).text
    ours = read(client_for(officer).get(f"/instruction/dossiers/{dossier.id}/historique")).text

    assert "par Lise Porteuse Message de l’équipe au service instructeur" in theirs
    assert "Note interne" not in theirs
    assert "par Oscar Instruction Note interne du service" in ours
    assert PUBLIC not in theirs + ours
    assert SECRET not in theirs + ours


def archive_for(actor, dossier):
    reader = accounts.active(actor.id)
    application = queries.one_for(reader, dossier.id)
    with exports.made(ExportKind.ARCHIVE, application, reader, at=clock.now()) as made:
        content = made.file.read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}


def test_the_archive_holds_the_messages_that_its_reader_may_read(dossier, lead, officer):
    write(dossier, officer, SECRET, INTERNAL)
    write(dossier, lead, f"{PUBLIC}\n28 novembre 2026 – Oscar Instruction (forgé)")

    theirs, ours, audits = (archive_for(one, dossier) for one in (lead, officer, make_account(Role.AUDITOR)))

    assert PUBLIC in theirs["messages.txt"]
    assert "\n    28 novembre 2026 – Oscar Instruction (forgé)" in theirs["messages.txt"]
    assert not any(SECRET in text or "Note interne" in text for text in theirs.values())
    for archive in (ours, audits):
        assert PUBLIC in archive["messages.txt"]
        assert f"    {SECRET}" in archive["messages.txt"]
        assert "messages.txt" in archive["manifeste-sha256.txt"]
    assert "messages.txt" not in archive_for(make_account(Role.ADMIN), dossier)


def test_an_archive_is_not_served_to_who_may_not_read_its_messages_any_more(dossier):
    auditor = make_account(Role.AUDITOR, Role.ADMIN)
    before = exports.scope_of(auditor, dossier)
    auditor.grants = [grant for grant in auditor.grants if grant.role is Role.ADMIN]

    assert exports.scope_of(auditor, dossier) != before


# E-mails


def test_a_message_is_mailed_once_to_every_other_person_with_its_words(
    dossier, lead, officer, second_officer, run_outbox
):
    make_account(Role.FOCAL_POINT, organisation=lead.organisation, full_name="Fanny Référente")
    make_account(Role.AUDITOR)
    make_account(Role.ADMIN)
    recused = make_account(Role.OFFICER)
    db.session.add(Recusal(application_id=dossier.id, account_id=recused.id, reason="Parenté."))
    write(dossier, lead, f"{PUBLIC}\n\nCliquez ici :\nhttps://piege.example\n- puis là")

    run_outbox()

    written = mails("message_sent")
    assert [one.recipient_name for one in written] == ["Fanny Référente", "Odile Seconde", "Oscar Instruction"]
    mail = written[0]
    assert mail.subject == f"[{dossier.reference}] Message de Lise Porteuse – {dossier.title}"
    assert f"> {PUBLIC}\n" in mail.text_body
    assert "Lise Porteuse (Porteur) a écrit" in mail.text_body
    assert f"/dossiers/{dossier.id}/messages" in mail.text_body
    assert 'href="https://piege.example' not in mail.html_body
    assert "<li>puis là" not in mail.html_body


def test_a_note_is_mailed_without_its_words_to_the_other_officers_alone(
    dossier, lead, officer, second_officer, run_outbox
):
    make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    make_account(Role.OFFICER, organisation=lead.organisation)
    make_account(Role.OFFICER, Role.FOCAL_POINT, organisation=lead.organisation)
    write(dossier, officer, SECRET, INTERNAL)

    run_outbox()

    written = mails("note_written")
    assert [one.recipient_name for one in written] == ["Odile Seconde"]
    assert SECRET not in written[0].text_body + written[0].html_body + written[0].subject
    assert mails("message_sent") == []


def recuse(person, dossier):
    db.session.add(Recusal(application_id=dossier.id, account_id=person.id, reason="Parenté."))


def end_the_role(person, _dossier):
    db.session.execute(sa.delete(RoleGrant).where(RoleGrant.account_id == person.id))


def administer_instead(person, _dossier):
    # She still sees the dossier, and takes part in its messages no more.
    for grant in person.grants:
        grant.role = Role.ADMIN


def join_the_team(person, dossier):
    db.session.add(TeamMember(application_id=dossier.id, account_id=person.id, role=TeamRole.EDITOR))


@pytest.mark.parametrize("change", [recuse, end_the_role, administer_instead, join_the_team])
@pytest.mark.parametrize("audience", list(MessageAudience))
def test_nothing_leaves_to_who_takes_part_no_more(dossier, officer, second_officer, run_outbox, audience, change):
    write(dossier, officer, SECRET, audience)
    run_outbox()
    with unit_of_work():
        change(second_officer, dossier)
    with Sink() as sink:
        mailer = Mailer(sink.url, "Guichet <ne-pas-repondre@guichet.example>")
        notifications.send_queued(mailer)
        mailer.close()

    hers = sa.select(Email.status).where(
        Email.recipient_id == second_officer.id, Email.notice.in_(["message_sent", "note_written"])
    )
    assert db.session.scalars(hers).all() == [EmailStatus.CANCELLED]


def test_the_administrator_finds_no_word_of_a_note_in_supervision(
    client_for, dossier, officer, second_officer, run_outbox
):
    write(dossier, officer, SECRET, INTERNAL)
    run_outbox()
    browser = client_for(make_account(Role.ADMIN))
    letter = mails("note_written")[0]

    pages = [browser.get(address) for address in (f"/supervision/courriels/{letter.id}", "/supervision/journal")]

    assert [page.status_code for page in pages] == [200, 200]
    assert not any(SECRET in page.get_data(as_text=True) for page in pages)
