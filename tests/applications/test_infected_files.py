"""An infected file of a dossier: nobody gets it any more, those who can act are told, and it never blocks who cannot."""

import datetime as dt

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications.completeness import missing
from guichet.applications.models import Section
from guichet.applications.services import complements, submission
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents.events import DocumentInfected
from guichet.documents.models import ScanState
from guichet.notifications.models import Email
from guichet.outbox import services as outbox
from tests.applications.page_reader import read
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.submission import join, loaded, make_submitted


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


def infect(attachment):
    with unit_of_work():
        attachment.document.scan_state = ScanState.INFECTED
        outbox.publish(DocumentInfected(document_id=attachment.document_id))


def emails():
    return {(email.recipient_id, email.notice): email for email in db.session.scalars(sa.select(Email))}


def test_the_team_and_the_officer_are_told_with_a_link_and_the_journal_says_it(lead, officer, run_outbox):
    dossier = make_submitted(lead)
    db.session.execute(sa.delete(Email))
    infect(dossier.attachments[0])

    run_outbox()

    told = {key for key in emails() if key[1].startswith("file_infected")}
    assert told == {(lead.id, "file_infected"), (officer.id, "file_infected_staff")}
    assert f"/dossiers/{dossier.id}/rubriques/pieces" in emails()[lead.id, "file_infected"].text_body
    assert f"/instruction/dossiers/{dossier.id}" in emails()[officer.id, "file_infected_staff"].text_body
    assert "application.find-infected" in set(db.session.scalars(sa.select(AuditEntry.action)))


def test_a_draft_s_infected_file_is_its_team_s_business_alone(lead, officer, run_outbox):
    draft = make_application(lead=lead)
    infect(join(draft, lead))

    run_outbox()

    assert set(emails()) == {(lead.id, "file_infected")}


def test_an_infected_file_is_a_gap_while_it_can_be_changed_and_no_longer(lead, officer):
    draft = make_application(lead=lead, complete=True)
    attachment = join(draft, lead, name="virus.pdf")
    attachment.document.scan_state = ScanState.INFECTED
    db.session.flush()

    (gap,) = missing(loaded(draft))
    assert (gap.section, gap.field) == (Section.ATTACHMENTS, f"piece-{attachment.id}")
    assert "Remplacez ou retirez « virus.pdf »" in gap.message
    with pytest.raises(RuleBroken, match=r"virus\.pdf"), unit_of_work():
        submission.submit(loaded(draft), actor=lead)


@pytest.mark.parametrize(("section", "gaps"), [(Section.ATTACHMENTS, 1), (Section.PROJECT, 0)])
def test_complements_ask_for_a_sound_file_only_when_the_files_are_reopened(lead, officer, section, gaps):
    dossier = make_submitted(lead)
    dossier.attachments[0].document.scan_state = ScanState.INFECTED
    with unit_of_work():
        complements.request_changes(
            loaded(dossier), [section], "Précisez.", clock.today() + dt.timedelta(days=9), actor=officer
        )

    assert len(missing(loaded(dossier))) == gaps


@pytest.mark.parametrize("state", [ScanState.PENDING, ScanState.TOO_LARGE, ScanState.UNSCANNABLE, ScanState.CLEAN])
def test_a_file_that_nothing_condemns_can_be_submitted_and_says_its_state(lead, client_for, state):
    draft = make_application(lead=lead, complete=True)
    attachment = join(draft, lead)
    attachment.document.scan_state = state
    db.session.flush()
    client = client_for(lead)

    for page in ("rubriques/pieces", "contenu", "depot"):
        assert state.label in read(client.get(f"/dossiers/{draft.id}/{page}")).text
    with unit_of_work():
        submission.submit(loaded(draft), actor=accounts.active(lead.id))
    assert state.label in read(client.get(f"/dossiers/{draft.id}/versions/1")).text


def test_an_infected_file_is_served_to_nobody_and_every_page_says_why(lead, officer, client_for):
    dossier = make_submitted(lead)
    attachment = dossier.attachments[0]
    attachment.document.scan_state = ScanState.INFECTED
    db.session.flush()

    for who, way in ((lead, "/dossiers"), (officer, "/instruction/dossiers")):
        client = client_for(who)
        url = f"{way}/{dossier.id}/pieces/{attachment.id}"
        assert client.get(url).status_code == 403
        assert client.get(f"{url}?affichage=contenu").status_code == 403
        assert "Ce fichier est infecté" in client.get(f"{url}?affichage=page").text
        for page in (f"{way}/{dossier.id}/contenu", f"/dossiers/{dossier.id}/versions/1"):
            text = read(client.get(page)).text
            assert "Infecté selon l’antivirus" in text
            assert "n’est plus distribué" in text


def test_a_document_that_belongs_to_no_dossier_is_told_to_nobody(session, run_outbox):
    with unit_of_work():
        outbox.publish(DocumentInfected(document_id=make_account().id))

    run_outbox()

    assert emails() == {}
