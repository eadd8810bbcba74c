"""What the page of a section asks by itself: saved, refused, overtaken, closed, signed out, and who else is there."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus, Section, SectionPresence
from guichet.applications.sections import fingerprint
from guichet.applications.services import presence
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from tests.applications.page_reader import read
from tests.applications.writing import address, colleague_of, saved
from tests.factories.accounts import make_account
from tests.factories.applications import make_application

SAVING = [section for section in Section if section not in {Section.BUDGET, Section.ATTACHMENTS}]


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def draft(lead) -> Application:
    return make_application(lead=lead, complete=True)


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


def typed(browser, draft, section=Section.SOLUTION, **changes):
    """The fields of the page, with what was typed in some."""
    return {**read(browser.get(address(draft, section))).fields, **changes}


def saves(browser, draft, data, section=Section.SOLUTION):
    return browser.post(f"{address(draft, section)}/saisie", data=data)


def lines_of(draft) -> int:
    wanted = (AuditEntry.subject_id == draft.id, AuditEntry.action == "application.save-section")
    return db.session.scalar(sa.select(sa.func.count()).where(*wanted))


def test_it_saves_and_gives_the_next_version(browser, draft):
    data = typed(browser, draft, problem="Premier jet")

    answer = saves(browser, draft, data)

    application = saved(draft)
    assert answer.status_code == 200
    assert application.problem == "Premier jet"
    assert answer.json["version"] == fingerprint(application, Section.SOLUTION) != data["version"]
    assert "Enregistré à" in answer.json["message"]
    # The page goes on with that version, by itself then by its button.
    data |= {"version": answer.json["version"], "problem": "Deuxième jet"}
    again = saves(browser, draft, data)
    assert again.status_code == 200
    data |= {"version": again.json["version"], "problem": "Version relue"}
    assert browser.post(address(draft, Section.SOLUTION), data=data).status_code == 303
    assert saved(draft).problem == "Version relue"


@pytest.mark.parametrize("section", SAVING)
def test_saving_twice_the_same_changes_nothing_and_doubles_no_line(browser, draft, section):
    data = typed(browser, draft, section)

    first = saves(browser, draft, data, section)
    before = fingerprint(saved(draft), section)
    second = saves(browser, draft, data | {"version": first.json["version"]}, section)

    assert (first.status_code, second.status_code) == (200, 200)
    assert fingerprint(saved(draft), section) == before == second.json["version"]


def test_a_sitting_is_one_line_of_the_journal(browser, draft, at):
    start = clock.now()
    data = typed(browser, draft)
    for minute, text in enumerate(("a", "ab", "abc")):
        at(start + dt.timedelta(minutes=minute))
        answer = saves(browser, draft, data | {"problem": text})
        data["version"] = answer.json["version"]
    assert lines_of(draft) == 1

    at(start + dt.timedelta(hours=2))
    data = typed(browser, draft, problem="abcd")
    saves(browser, draft, data)
    assert lines_of(draft) == 2


def test_two_people_in_one_sitting_are_two_lines(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    saves(mine, draft, typed(mine, draft, problem="Moi"))
    saves(theirs, draft, typed(theirs, draft, problem="Lui"))
    saves(mine, draft, typed(mine, draft, problem="Encore moi"))

    assert lines_of(draft) == 3


def test_what_is_wrong_is_told_and_nothing_is_saved(browser, draft):
    answer = saves(browser, draft, typed(browser, draft, Section.TEAM, carrier_time_percent="250"), Section.TEAM)

    assert answer.status_code == 422
    assert answer.json["state"] == "invalid"
    assert answer.json["message"].startswith("Temps consacré au projet : ")
    assert saved(draft).carrier_time_percent != 250


def test_a_wrong_line_of_a_table_is_told_in_words(browser, draft):
    data = typed(browser, draft, Section.CALENDAR) | {"milestones-0-due_on": ""}

    answer = saves(browser, draft, data, Section.CALENDAR)

    assert answer.status_code == 422
    assert answer.json["message"].endswith("Ce champ est obligatoire.")


def test_somebody_else_s_text_is_never_overwritten(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    my_copy, their_copy = typed(mine, draft, problem="Mon texte"), typed(theirs, draft, problem="Texte du collègue")
    assert saves(theirs, draft, their_copy).status_code == 200

    answer = saves(mine, draft, my_copy)

    assert (answer.status_code, answer.json["state"]) == (409, "conflict")
    assert saved(draft).problem == "Texte du collègue"


def test_the_same_text_by_the_page_and_by_the_button_is_no_conflict(browser, draft):
    data = typed(browser, draft, problem="Le même texte")
    assert browser.post(address(draft, Section.SOLUTION), data=data).status_code == 303

    answer = saves(browser, draft, data)

    assert (answer.status_code, answer.json["state"]) == (200, "saved")
    assert answer.json["version"] == fingerprint(saved(draft), Section.SOLUTION)


def test_a_section_that_closed_meanwhile_takes_nothing(browser, draft):
    data = typed(browser, draft, problem="Trop tard")
    draft.status = ApplicationStatus.AWAITING_ENDORSEMENT
    db.session.flush()

    answer = saves(browser, draft, data)

    assert (answer.status_code, answer.json["state"]) == (409, "closed")
    assert saved(draft).problem != "Trop tard"


def test_an_expired_page_is_told_apart_from_a_wrong_one(browser, draft):
    answer = saves(browser, draft, typed(browser, draft, csrf_token="", problem="Sans jeton"))

    assert (answer.status_code, answer.json) == (400, {"state": "expired"})
    assert saved(draft).problem != "Sans jeton"


def test_who_is_signed_out_is_told_so(client_for, browser, draft):
    assert saves(client_for(None), draft, typed(browser, draft)).status_code == 401


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPLICANT, Role.AUDITOR])
@pytest.mark.parametrize("verb", ["saisie", "presence"])
def test_nobody_outside_the_team_writes_or_is_present(client_for, draft, browser, role, verb):
    token = typed(browser, draft)
    other = client_for(make_account(role))
    token["csrf_token"] = other.csrf("/mon-compte")

    answer = other.post(f"{address(draft, Section.SOLUTION)}/{verb}", data=token | {"problem": "Intrus"})

    # The auditor reads the draft: it exists for her, but is closed.
    assert answer.status_code == (409 if role is Role.AUDITOR else 404)
    assert saved(draft).problem != "Intrus"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SectionPresence)) == 0


@pytest.mark.parametrize("slug", ["budget", "pieces", "inconnue"])
def test_sections_that_do_not_save_by_themselves_have_no_such_address(browser, draft, slug):
    token = {"csrf_token": browser.csrf(address(draft, Section.SOLUTION))}

    assert browser.post(f"/dossiers/{draft.id}/rubriques/{slug}/saisie", data=token).status_code == 404


def test_the_other_writer_is_named_on_the_page_and_in_answers(client_for, draft, lead, at):
    colleague = colleague_of(draft, lead)
    mine, theirs = client_for(lead), client_for(colleague)
    url = address(draft, Section.SOLUTION)
    token = {"csrf_token": theirs.csrf(url)}
    assert theirs.post(f"{url}/presence", data=token).json == {"state": "present", "company": ""}

    assert f"{colleague.full_name} écrit aussi dans cette rubrique depuis" in read(mine.get(url)).text
    assert (
        saves(mine, draft, typed(mine, draft, problem="À deux"))
        .json["company"]
        .startswith(f"{colleague.full_name} écrit aussi dans cette rubrique depuis")
    )
    # Elsewhere in the dossier she is not there; nor for herself.
    assert colleague.full_name not in read(mine.get(address(draft, Section.OPENNESS))).text.split("Étape")[0]
    assert theirs.post(f"{url}/presence", data=token).json["company"].startswith(lead.full_name)

    at(clock.now() + presence.PRESENT_FOR + dt.timedelta(seconds=1))
    assert "écrit aussi dans cette rubrique" not in read(mine.get(url)).text


def test_presence_counts_from_the_last_arrival_and_is_forgotten(client_for, draft, lead, at):
    first = clock.now()
    at(first)
    presence.note(draft, Section.SOLUTION, actor=lead)
    at(first + dt.timedelta(seconds=60))
    presence.note(draft, Section.SOLUTION, actor=lead)
    reader = make_account(Role.AUDITOR)
    assert presence.others(draft, Section.SOLUTION, actor=reader) == [(lead.full_name, first)]

    back = first + dt.timedelta(minutes=10)
    at(back)
    presence.note(draft, Section.SOLUTION, actor=lead)
    assert presence.others(draft, Section.SOLUTION, actor=reader) == [(lead.full_name, back)]

    at(back + presence.KEPT_FOR + dt.timedelta(seconds=1))
    presence.note(draft, Section.OPENNESS, actor=lead)
    assert [row.section for row in db.session.scalars(sa.select(SectionPresence))] == [Section.OPENNESS]


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"since": clock.now() + dt.timedelta(hours=1)}, "ck_section_presence_since_before_seen"),
        ({"section": "project"}, "uq_section_presence_application_id_section_account_id"),
    ],
)
def test_the_database_refuses_an_impossible_presence(draft, lead, broken, constraint):
    presence.note(draft, Section.PROJECT, actor=lead)
    row = {"section": Section.SOLUTION, "since": clock.now(), "seen_at": clock.now(), **broken}
    db.session.add(SectionPresence(application_id=draft.id, account_id=lead.id, **row))

    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()


def test_the_banner_of_every_page_says_what_is_missing_and_who_submits(client_for, draft, lead):
    draft.summary = ""
    db.session.flush()
    browser = client_for(lead)
    pages = ["", "/contenu", "/historique", "/equipe", "/rubriques/projet", "/rubriques/pieces"]

    for page in pages:
        text = read(browser.get(f"/dossiers/{draft.id}{page}")).text
        assert "Brouillon" in text, page
        assert "Il manque un point pour déposer" in text, page
        assert f"Qui dépose : {lead.full_name}." in text, page
        assert "Au plus tard le" in text, page


def test_the_banner_names_the_focal_point_where_she_submits(client_for, draft, lead):
    draft.call.endorsement_required = True
    db.session.flush()

    text = read(client_for(lead).get(address(draft, Section.PROJECT))).text

    assert "Qui dépose : le référent numérique écoresponsable du ministère, en visant le dossier." in text


def test_the_banner_tells_readers_the_state_only(client_for, draft):
    text = read(client_for(make_account(Role.AUDITOR)).get(f"/dossiers/{draft.id}/contenu")).text

    assert "Brouillon" in text
    assert "pour déposer" not in text
    assert "Qui dépose" not in text
