"""The page of messages: who opens it, what it shows, what it says on each button, what it keeps of what was typed."""

import re
import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import (
    ApplicationStatus,
    Message,
    MessageAudience,
    MessageReading,
    Recusal,
    TeamMember,
    TeamRole,
)
from guichet.core.db import db
from guichet.web.forms import EXPIRED
from tests.applications.page_reader import PageReader, read
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.messages import make_message
from tests.factories.review import make_assignment

S = ApplicationStatus
INTERNAL = MessageAudience.INTERNAL


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT, full_name="Lise Porteuse")


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER, full_name="Oscar Instruction")


@pytest.fixture
def dossier(lead):
    return make_application(lead=lead, status=S.UNDER_REVIEW)


def at(dossier, rest=""):
    return f"/dossiers/{dossier.id}/messages{rest}"


def form_of(answer, rest=""):
    """What the form that posts at `…/messages{rest}` would send."""
    page = answer.get_data(as_text=True)
    found = re.search(rf'<form method="post"\s+action="[^"]*/messages{rest}".*?</form>', page, re.DOTALL)
    assert found is not None
    return PageReader(found[0]).fields


def send(browser, dossier, body, rest="", **others):
    typed = form_of(browser.get(at(dossier)), rest)
    typed.fill({"body": body, **others})
    return browser.post(at(dossier, rest), data=typed)


def messages():
    return db.session.scalars(sa.select(Message).order_by(Message.number)).all()


# Who


def people(dossier, lead):
    """One of each, and whether she reads the exchange, the notes, and writes either."""
    colleague = make_account(Role.APPLICANT, organisation=lead.organisation)
    db.session.add(TeamMember(application_id=dossier.id, account_id=colleague.id, role=TeamRole.EDITOR))
    recused = make_account(Role.OFFICER)
    db.session.add(Recusal(application_id=dossier.id, account_id=recused.id, reason="Parenté."))
    reviewer = make_account(Role.REVIEWER)
    make_assignment(dossier, reviewer=reviewer)
    db.session.flush()
    return {
        "lead": (lead, True, False, True, False),
        "colleague": (colleague, True, False, True, False),
        "focal point": (make_account(Role.FOCAL_POINT, organisation=lead.organisation), True, False, True, False),
        "officer": (make_account(Role.OFFICER), True, True, True, True),
        "officer of the call": (make_account(Role.OFFICER, call_id=dossier.call_id), True, True, True, True),
        "auditor": (make_account(Role.AUDITOR), True, True, False, False),
        "officer and focal point": (
            make_account(Role.OFFICER, Role.FOCAL_POINT, organisation=lead.organisation),
            True,
            False,
            True,
            False,
        ),
        "auditor of the team": (
            make_account(Role.AUDITOR, Role.FOCAL_POINT, organisation=lead.organisation),
            True,
            False,
            True,
            False,
        ),
        "recused": (recused, None, None, None, None),
        "reviewer": (reviewer, None, None, None, None),
        "committee": (make_account(Role.COMMITTEE), None, None, None, None),
        "chair": (make_account(Role.CHAIR), None, None, None, None),
        "other ministry": (make_account(Role.APPLICANT), None, None, None, None),
        "same ministry": (make_account(Role.APPLICANT, organisation=lead.organisation), None, None, None, None),
        "officer of the ministry": (
            make_account(Role.OFFICER, organisation=lead.organisation),
            None,
            None,
            None,
            None,
        ),
        "admin": (make_account(Role.ADMIN), False, False, False, False),
        "finance": (make_account(Role.FINANCE), False, False, False, False),
    }


def test_each_person_reads_and_writes_what_is_hers(client_for, dossier, lead, officer):
    make_message(dossier, lead, body="Une question du ministère")
    make_message(dossier, officer, body="Une réserve du service", audience=INTERNAL)
    for who, (person, reads, notes, exchanges, writes_notes) in people(dossier, lead).items():
        browser = client_for(person)
        answer = browser.get(at(dossier))
        text = answer.get_data(as_text=True)
        assert answer.status_code == {None: 404, False: 403, True: 200}[reads], who
        assert ("Une question du ministère" in text) is bool(reads), who
        assert ("Une réserve du service" in text) is bool(notes), who
        assert ("Note interne" in text) is bool(notes), who
        token = browser.csrf("/mon-compte")
        for rest, allowed in (("", exchanges), ("/notes", writes_notes)):
            before = len(messages())
            data = {"csrf_token": token, "body": f"De {who}", "key": str(uuid.uuid4())}
            code = browser.post(at(dossier, rest), data=data).status_code
            assert code == {None: 404, False: 403, True: 303}[allowed], (who, rest)
            assert len(messages()) - before == bool(allowed), (who, rest)


def test_a_draft_says_where_to_ask_before_the_submission(client_for, lead):
    draft = make_application(lead=lead)
    draft.call.contact_email = "appel@ministere.example"

    answer = client_for(lead).get(at(draft))

    assert answer.status_code == 200
    assert "appel@ministere.example" in read(answer).text
    assert "<textarea" not in answer.get_data(as_text=True)
    assert client_for(make_account(Role.OFFICER)).get(at(draft)).status_code == 404


@pytest.mark.parametrize(
    ("status", "exchange", "note"),
    [
        (S.SUBMITTED, True, True),
        (S.CHANGES_REQUESTED, True, True),
        (S.AWARDED, True, True),
        (S.REJECTED, False, True),
        (S.INELIGIBLE, False, True),
        (S.WITHDRAWN, False, False),
        (S.CLOSED, False, False),
    ],
)
def test_forms_follow_the_state_of_the_dossier(client_for, lead, officer, status, exchange, note):
    dossier = make_application(lead=lead, status=status)
    make_message(dossier, lead, body="Toujours lisible")

    theirs, ours = (client_for(person).get(at(dossier)).get_data(as_text=True) for person in (lead, officer))

    assert ("Envoyer au chargé d’instruction" in theirs) is exchange
    assert ("Envoyer à l’équipe du dossier" in ours) is exchange
    assert ("Enregistrer la note interne" in ours) is note
    assert "Toujours lisible" in theirs
    assert "Toujours lisible" in ours


# What buttons and lines say


def test_the_button_counts_those_who_will_be_told(client_for, dossier, lead, officer):
    closed = make_account(Role.APPLICANT, organisation=lead.organisation, active=False)
    gone = make_account(Role.APPLICANT)
    colleague = make_account(Role.APPLICANT, organisation=lead.organisation)
    for person in (closed, gone, colleague):
        db.session.add(TeamMember(application_id=dossier.id, account_id=person.id, role=TeamRole.EDITOR))
    make_account(Role.FOCAL_POINT, organisation=lead.organisation)

    text = read(client_for(officer).get(at(dossier))).text

    assert "Envoyer à l’équipe du dossier (3 personnes)" in text
    assert "Enregistrer la note interne – invisible des porteurs" in text
    assert "Envoyer au chargé d’instruction" in read(client_for(lead).get(at(dossier))).text
    make_account(Role.OFFICER)
    assert "Envoyer aux chargés d’instruction (2 personnes)" in read(client_for(lead).get(at(dossier))).text


def test_a_line_says_who_for_which_ministry_when_and_who_reads(client_for, dossier, lead, officer):
    make_message(dossier, officer, body="À vérifier", audience=INTERNAL)
    ministries = lead.organisation.name, officer.organisation.name
    make_message(dossier, lead, body="Bonjour,\nvoici <b>la</b> https://lien.example 🌱 שלום")

    answer = client_for(officer).get(at(dossier))
    text, page = read(answer).text, answer.get_data(as_text=True)

    assert f"Lise Porteuse , Porteur, {ministries[0]}" in text
    assert f"Oscar Instruction , Chargé d’instruction, {ministries[1]}" in text
    assert "(heure de Paris)" in text
    assert "Échange : porteurs et service" in text
    assert "Note interne : invisible des porteurs" in text
    assert "voici &lt;b&gt;la&lt;/b&gt; https://lien.example 🌱 שלום</div>" in page
    assert 'href="https://lien.example' not in page
    assert '<div class="gu-text" dir="auto">Bonjour,\n' in page


def test_the_last_page_comes_first(client_for, dossier, lead):
    for number in range(45):
        make_message(dossier, lead, body=f"Message numéro {number:02}")
    browser = client_for(lead)

    last, first = browser.get(at(dossier)), browser.get(at(dossier, "?page=1"))

    assert [f"numéro {number:02}" in read(last).text for number in (39, 40, 44)] == [False, True, True]
    assert [f"numéro {number:02}" in read(first).text for number in (0, 19, 20)] == [True, True, False]
    assert "45 messages, page 3 sur 3" in read(last).text
    for page in ("?page=x", "?page=0", "?page=-4", "?page=" + "9" * 40, "?page=²"):
        assert browser.get(at(dossier, page)).status_code == 200


def test_page_takes_few_statements_and_elements_however_long_the_thread(client_for, dossier, lead, officer, statements):
    for number in range(30):
        make_message(dossier, lead, body=f"Message {number}")
        make_message(dossier, officer, body=f"Note {number}", audience=INTERNAL)
    for person in (lead, officer):
        browser = client_for(person)
        db.session.commit()
        db.session.expunge_all()
        statements.clear()

        answer = browser.get(at(dossier))

        assert len(statements) <= 12, "\n".join(statements)
        assert read(answer).elements <= 380


# Writing


def test_a_message_is_written_shown_and_said_to_be_sent(client_for, dossier, lead):
    browser = client_for(lead)

    answer = send(browser, dossier, "  Bonjour,\r\nquand finit l’évaluation ?  ")

    written = messages()
    assert [(one.body, one.audience, one.author_id) for one in written] == [
        ("Bonjour,\nquand finit l’évaluation ?", "exchange", lead.id)
    ]
    assert answer.status_code == 303
    assert answer.location == f"{at(dossier)}#message-{written[0].id}"
    assert "Votre message est envoyé." in read(browser.get(answer.location)).text


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("😀" * 5000, "😀" * 5000),
        ("שלום עולם", "שלום עולם"),
        ("a\x00b\x07c\x1bd", "abcd"),
        ("ligne 1\n\n\tligne 2", "ligne 1\n\n\tligne 2"),
        ("=SOMME(A1)", "=SOMME(A1)"),
    ],
)
def test_words_of_all_kinds_are_kept(client_for, dossier, lead, body, kept):
    assert send(client_for(lead), dossier, body).status_code == 303
    assert [one.body for one in messages()] == [kept]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("é" * 5001, "5000 caractères au plus."),
        ("", "Ce champ est obligatoire."),
        (" \n\t ", "Ce champ est obligatoire."),
        ("\x00\x07", "Ce champ est obligatoire."),
        ("\u200b\u200e", "Écrivez votre message."),
    ],
)
@pytest.mark.parametrize("rest", ["", "/notes"])
def test_what_cannot_be_a_message_is_refused_at_its_field_and_kept(client_for, dossier, officer, body, said, rest):
    answer = send(client_for(officer), dossier, body, rest)

    assert answer.status_code == 422
    assert said in read(answer).text
    assert form_of(answer, rest)["body"] == body.strip("\x00\x07 \n\t")
    assert messages() == []


def test_a_form_sent_twice_is_one_message(client_for, dossier, lead):
    browser = client_for(lead)
    typed = form_of(browser.get(at(dossier)))
    typed.fill({"body": "Une seule fois"})

    answers = [browser.post(at(dossier), data=typed) for _ in range(3)]

    assert len(messages()) == 1
    assert {answer.location for answer in answers} == {f"{at(dossier)}#message-{messages()[0].id}"}


def test_other_words_under_a_used_key_are_kept_and_sent_by_the_next_click(client_for, dossier, lead):
    browser = client_for(lead)
    typed = form_of(browser.get(at(dossier)))
    typed.fill({"body": "Premier message"})
    browser.post(at(dossier), data=typed)
    typed.fill({"body": "Second message, écrit après un retour en arrière"})

    refused = browser.post(at(dossier), data=typed)

    assert refused.status_code == 422
    again = form_of(refused)
    assert again["body"] == "Second message, écrit après un retour en arrière"
    assert browser.post(at(dossier), data=again).status_code == 303
    assert len(messages()) == 2


def test_the_key_of_another_gives_nothing_away(client_for, dossier, lead, officer):
    note = make_message(dossier, officer, body="Secret du service", audience=INTERNAL)

    answer = send(client_for(lead), dossier, "Secret du service", key=str(note.key))

    assert answer.status_code == 422
    assert str(note.id) not in answer.get_data(as_text=True)


@pytest.mark.parametrize("forged", [{"key": "x"}, {"seen": "x"}, {"key": ""}, {"seen": str(uuid.uuid4())}])
def test_forged_hidden_fields_do_no_harm(client_for, dossier, lead, forged):
    assert send(client_for(lead), dossier, "Bonjour", **forged).status_code == 303
    assert len(messages()) == 1


def test_words_are_kept_when_the_page_has_expired(client_for, dossier, officer):
    typed = form_of(client_for(officer).get(at(dossier)), "/notes")
    typed.fill({"body": "Une longue note", "csrf_token": "périmé"})

    answer = client_for(officer).post(at(dossier, "/notes"), data=typed)

    assert answer.status_code == 422
    assert EXPIRED in read(answer).text
    assert form_of(answer, "/notes")["body"] == "Une longue note"
    assert messages() == []


def test_words_are_kept_when_the_session_is_lost(client_for, dossier, lead):
    typed = form_of(client_for(lead).get(at(dossier)))
    typed.fill({"body": "Un message de plus de quarante caractères, écrit longuement."})

    answer = client_for(None).post(at(dossier), data=typed)

    assert answer.status_code == 401
    assert "écrit longuement." in answer.get_data(as_text=True)
    assert messages() == []


def test_words_are_kept_when_the_dossier_was_closed_meanwhile(client_for, dossier, lead):
    browser = client_for(lead)
    typed = form_of(browser.get(at(dossier)))
    typed.fill({"body": "Trop tard"})
    db.session.execute(sa.text("UPDATE application SET status = 'withdrawn'"))

    answer = browser.post(at(dossier), data=typed)

    assert answer.status_code == 422
    assert "Le dossier est « Retiré »" in read(answer).text
    assert form_of(answer)["body"] == "Trop tard"


# Reading


def test_what_is_new_is_marked_until_the_reader_says_so(client_for, dossier, lead, officer):
    make_message(dossier, officer, body="Première réponse")
    browser = client_for(lead)
    first = browser.get(at(dossier))
    assert read(first).text.count("Non lu") == 1
    assert read(browser.get(at(dossier))).text.count("Non lu") == 1

    form = form_of(first, "/lecture")
    make_message(dossier, officer, body="Arrivée pendant la lecture")
    answer = browser.post(at(dossier, "/lecture"), data=form)

    assert answer.status_code == 303
    assert read(browser.get(at(dossier))).text.count("Non lu") == 1
    browser.post(at(dossier, "/lecture"), data=form_of(browser.get(at(dossier)), "/lecture"))
    assert "Non lu" not in read(browser.get(at(dossier))).text


def test_who_writes_has_read_what_the_page_showed(client_for, dossier, lead, officer):
    make_message(dossier, officer, body="Une réponse")
    browser = client_for(lead)

    send(browser, dossier, "Merci")

    assert "Non lu" not in read(browser.get(at(dossier))).text


def test_reading_is_never_undone_by_an_older_page(client_for, dossier, lead, officer):
    old, new = (make_message(dossier, officer, body=body) for body in ("Ancien", "Nouveau"))
    browser = client_for(lead)
    token = browser.csrf(at(dossier))

    for message in (new, old):
        browser.post(at(dossier, "/lecture"), data={"csrf_token": token, "seen": str(message.id)})

    assert db.session.scalars(sa.select(MessageReading.read_up_to)).all() == [new.number]


@pytest.mark.parametrize("seen", ["", "x", str(uuid.UUID(int=5))])
def test_a_forged_reading_is_of_nothing(client_for, dossier, lead, officer, seen):
    make_message(dossier, officer, body="Une réponse")
    browser = client_for(lead)
    token = browser.csrf(at(dossier))

    answer = browser.post(at(dossier, "/lecture"), data={"csrf_token": token, "seen": seen})

    assert answer.status_code == 404
    assert db.session.scalars(sa.select(MessageReading)).all() == []


def test_a_note_cannot_be_found_by_marking_it_read(client_for, dossier, lead, officer):
    make_message(dossier, officer, body="Une réponse")
    note = make_message(dossier, officer, body="Secret", audience=INTERNAL)
    browser = client_for(lead)
    token = browser.csrf(at(dossier))

    answer = browser.post(at(dossier, "/lecture"), data={"csrf_token": token, "seen": str(note.id)})

    assert answer.status_code == 404


def test_an_auditor_reads_without_leaving_a_mark(client_for, dossier, officer):
    message = make_message(dossier, officer, body="Une réponse")
    browser = client_for(make_account(Role.AUDITOR))
    page = browser.get(at(dossier)).get_data(as_text=True)
    token = browser.csrf("/mon-compte")

    answer = browser.post(at(dossier, "/lecture"), data={"csrf_token": token, "seen": str(message.id)})

    assert "Marquer comme lu" not in page
    assert "Non lu" not in page
    assert answer.status_code == 403


def test_an_expired_page_marks_nothing_and_says_so(client_for, dossier, lead, officer):
    message = make_message(dossier, officer, body="Une réponse")
    browser = client_for(lead)

    answer = browser.post(at(dossier, "/lecture"), data={"csrf_token": "x", "seen": str(message.id)})

    assert answer.status_code == 303
    assert EXPIRED in read(browser.get(answer.location)).text
    assert db.session.scalars(sa.select(MessageReading)).all() == []
