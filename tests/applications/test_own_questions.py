"""The call's own questions in a dossier: answered, lacking, frozen, carried to a new version, asked again as complements."""

import datetime as dt
import io
from decimal import Decimal

import msgspec
import pytest

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications import queries
from guichet.applications.completeness import missing
from guichet.applications.models import ApplicationStatus
from guichet.applications.own import OwnSection, all_sections, fingerprint, former_answers, news, sheet_of
from guichet.applications.services import complements, own, submission
from guichet.core import clock
from guichet.core.transaction import unit_of_work
from guichet.questions import services as builder
from guichet.questions.definition import Definition, Section
from tests.applications.page_reader import read
from tests.applications.writing import colleague_of
from tests.factories import files
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.plans import make_action, make_plan
from tests.factories.questions import SHORT, make_form
from tests.factories.submission import loaded


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def dossier(lead):
    call = make_call()
    make_form(call)
    return make_application(call=call, lead=lead, complete=True)


def address(dossier, key="s1"):
    return f"/dossiers/{dossier.id}/questions/{key}"


def answer(client, dossier, key="s1", **values):
    fields = read(client.get(address(dossier, key))).fields
    fields.fill({"then": "stay", **values})
    return client.post(address(dossier, key), data=fields)


def test_a_section_is_saved_computed_and_asks_what_an_answer_opens(dossier, lead, client_for):
    client = client_for(lead)
    saved = answer(client, dossier, q2="10", q3="50", q5="oui")
    assert saved.status_code == 303
    assert saved.location.endswith("#q6")

    shown = read(client.get(address(dossier)))
    assert "5 €" in shown.text.replace("\u202f", " ").replace("\u00a0", " ")
    assert "q6" in shown.identifiers
    assert "Répondez à « Nom du prestataire »." in shown.text
    assert [gap.field for gap in missing(queries.loaded(dossier.id))] == ["q6"]


def test_what_lacks_is_linked_from_the_dossier_to_its_field(dossier, lead, client_for):
    page = client_for(lead).get(f"/dossiers/{dossier.id}").get_data(as_text=True)
    assert f'href="{address(dossier)}#q2"' in page
    assert "Le parc concerné" in page


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("q2", "NaN", "Écrivez un nombre"),
        ("q2", "0", "au moins 1"),
        ("q3", "-4", "au moins 0"),
        ("q5", "peut-être", "oui ou par non"),
    ],
)
def test_a_wrong_answer_is_told_at_its_field_and_kept(dossier, lead, client_for, field, typed, told):
    refused = answer(client_for(lead), dossier, **{field: typed})
    assert refused.status_code == 422
    assert told in read(refused).text
    assert f"{field}-erreur" in read(refused).identifiers or field == "q5"
    assert queries.loaded(dossier.id).own is None


def test_forged_choice_action_and_rows_are_refused(dossier, lead, client_for):
    stranger = make_action(make_plan(make_ministry()))
    client = client_for(lead)
    for forged in ({"q8": "Partout"}, {"q12": str(stranger.id)}, {f"q9-{row}-c1": "Site" for row in range(900)}):
        assert answer(client, dossier, "s7", **forged).status_code == 422


def test_emoji_and_right_to_left_text_come_back(dossier, lead, client_for):
    client = client_for(lead)
    assert answer(client, dossier, "s7", **{"q9-0-c1": "🌍 مرحبا", "q9-0-c2": "4"}).status_code == 303
    sheet = sheet_of(queries.loaded(dossier.id))
    assert sheet.text(SHORT.question("q9")) == "Site : 🌍 مرحبا ; Postes : 4"
    assert sheet.text(SHORT.question("q10")) == "4"


def test_a_file_is_an_attachment_of_the_dossier(dossier, lead, client_for):
    client = client_for(lead)
    saved = answer(client, dossier, "s7", q11=(io.BytesIO(files.PDF), "lettre.pdf"))
    assert saved.status_code == 303
    held = queries.loaded(dossier.id)
    assert sheet_of(held).text(SHORT.question("q11")) == "lettre.pdf"
    assert [one.document.name for one in held.attachments] == ["lettre.pdf"]


def test_two_editors_see_both_texts(dossier, lead, client_for):
    client = client_for(lead)
    fields = read(client.get(address(dossier))).fields
    answer(client, dossier, q2="12", q5="non")
    fields.fill({"q2": "15"})
    conflict = client.post(address(dossier), data=fields)
    assert conflict.status_code == 409
    assert "12 postes" in read(conflict).text.replace("\u00a0", " ")
    again = read(conflict).fields
    assert again["q2"] == "15"
    assert client.post(address(dossier), data=again).status_code == 303


def test_two_editors_of_two_questions_are_brought_together(dossier, lead, client_for):
    client, colleague = client_for(lead), colleague_of(dossier, lead)
    theirs = client_for(colleague)
    fields = read(client.get(address(dossier))).fields
    assert answer(theirs, dossier, q2="12").status_code == 303

    fields.fill({"q3": "50", "then": "stay"})
    sent = client.post(address(dossier), data=fields, follow_redirects=True)

    assert f"{colleague.full_name} a modifié « Postes concernés » pendant votre saisie" in read(sent).text
    sheet = sheet_of(queries.loaded(dossier.id))
    assert (Decimal(sheet.stored["q2"]), Decimal(sheet.stored["q3"])) == (12, 50)


def test_two_editors_of_one_question_choose_and_keep_the_rest(dossier, lead, client_for):
    client, theirs = client_for(lead), client_for(colleague_of(dossier, lead))
    fields = read(client.get(address(dossier))).fields
    assert answer(theirs, dossier, q2="12", q3="70").status_code == 303
    fields.fill({"q2": "15", "q5": "non"})

    conflict = client.post(address(dossier), data=fields)

    page = read(conflict)
    assert conflict.status_code == 409
    assert [name for name in page.fields if name.startswith("choice-")] == ["choice-q2"]
    assert page.fields["q3"] == "70"
    assert "data-autosave" not in conflict.get_data(as_text=True)
    page.fields["choice-q2"] = "theirs"
    chosen = read(client.post(address(dossier), data={**page.fields, "choose": "1"}))
    assert chosen.fields["q2"] == "12"
    assert client.post(address(dossier), data=page.fields).status_code == 303
    stored = sheet_of(queries.loaded(dossier.id)).stored
    assert (Decimal(stored["q2"]), Decimal(stored["q3"]), stored["q5"]) == (12, 70, False)


def test_own_answers_saved_by_themselves_merge_and_clash(dossier, lead, client_for):
    client, theirs = client_for(lead), client_for(colleague_of(dossier, lead))
    fields = read(client.get(address(dossier))).fields.to_dict()
    assert answer(theirs, dossier, q2="12").status_code == 303
    url = f"{address(dossier)}/saisie"

    first = client.post(url, data=fields | {"q3": "50"})
    assert first.json["state"] == "saved"
    assert "a modifié « Postes concernés »" in first.json["message"]
    again = client.post(url, data=fields | {"q3": "60", "version": first.json["version"]})
    assert again.json["state"] == "saved"
    assert Decimal(sheet_of(queries.loaded(dossier.id)).stored["q2"]) == 12
    last = client.post(url, data=fields | {"q2": "15", "version": again.json["version"]})
    assert (last.status_code, last.json["state"]) == (409, "conflict")


def test_nobody_else_answers(dossier, client_for):
    assert client_for(make_account(Role.APPLICANT)).get(address(dossier)).status_code == 404
    assert client_for(make_account(Role.AUDITOR)).get(address(dossier)).status_code == 403
    assert client_for(make_account(Role.AUDITOR)).get(address(dossier, "s99")).status_code == 404


def write(dossier, lead, values, key="s1"):
    application = loaded(dossier)
    part = sheet_of(application).definition.section(key)
    with unit_of_work():
        section = OwnSection(key, part.title)
        seen = fingerprint(application, part)
        own.save(application, section, values, {}, seen=seen, actor=lead)


def test_a_new_version_keeps_answers_and_tells_the_team(dossier, lead, client_for):
    officer = make_account(Role.OFFICER)
    write(dossier, lead, {"q2": "10", "q5": False})
    with unit_of_work():
        builder.remove(dossier.call, "q4", actor=officer)
        builder.change_question(dossier.call, "q2", {"kind": "date", "title": "Depuis le"}, actor=officer)
        builder.publish(dossier.call, actor=officer)

    application = loaded(dossier)
    assert sheet_of(application).value(SHORT.question("q5")) is False
    assert former_answers(application) == [{"title": "Postes concernés", "text": "10 postes"}]
    assert [one.what for one in news(application).differences] == ["modifiée", "retirée"]
    client = client_for(lead)
    shown = read(client.get(f"/dossiers/{dossier.id}")).text
    assert "Le formulaire a changé le" in shown
    assert "10 postes" in shown
    client.send(f"/dossiers/{dossier.id}/formulaire/lu", form_at=f"/dossiers/{dossier.id}")
    write(dossier, accounts.for_session(lead.get_id()), {"q2": "2026-01-01"})
    application = loaded(dossier)
    assert news(application) is None
    assert former_answers(application) == [{"title": "Postes concernés", "text": "10 postes"}]


def test_what_is_handed_in_is_frozen_with_its_labels_and_keeps_its_version(dossier, lead):
    write(dossier, lead, {"q2": "10", "q5": True, "q6": "Société cachée"})
    write(dossier, lead, {"q5": False})
    with unit_of_work():
        version = submission.submit(loaded(dossier), actor=lead)
    section = next(one for one in version.content["sections"] if one["section"] == "own-s1")
    assert {field["label"] for field in section["fields"]} == {
        "Postes concernés",
        "Coût annuel du parc",
        "Coût par poste",
        "Un prestataire intervient-il ?",
    }
    assert "cachée" not in str(version.content)
    make_form(dossier.call, Definition(last=99, sections=[Section(key="s99", title="Autre")]), number=2)
    assert [one.label for one in all_sections(loaded(dossier))][-3:-1] == ["Le parc concerné", "La suite"]


def test_complements_reopen_an_own_section_alone(dossier, lead):
    write(dossier, lead, {"q2": "10", "q5": False})
    with unit_of_work():
        submission.submit(loaded(dossier), actor=lead)
    officer = make_account(Role.OFFICER)
    due = clock.today() + dt.timedelta(days=5)
    with unit_of_work():
        named = [OwnSection("s1", "Le parc concerné")]
        complements.request_changes(loaded(dossier), named, "Combien ?", due, actor=officer)
    with unit_of_work():
        stricter = msgspec.structs.replace(SHORT.sections[1].questions[0], required=True)
        builder.change_question(dossier.call, "q8", msgspec.to_builtins(stricter), actor=officer)
        builder.publish(dossier.call, actor=officer)
    write(dossier, lead, {"q2": "11"})
    with unit_of_work():
        version = submission.resubmit(loaded(dossier), actor=lead)
    assert version.number == 2
    assert loaded(dossier).status is ApplicationStatus.SUBMITTED


def test_the_content_shows_the_answers_to_the_service(dossier, lead, client_for):
    write(dossier, lead, {"q2": "10", "q5": False})
    with unit_of_work():
        submission.submit(loaded(dossier), actor=lead)
    shown = read(client_for(make_account(Role.OFFICER)).get(f"/instruction/dossiers/{dossier.id}/contenu"))
    assert "Postes concernés" in shown.text


def typed(client, dossier, **values):
    fields = read(client.get(address(dossier))).fields
    fields.fill(values)
    return fields


def test_the_page_saves_by_itself_what_it_asks(dossier, lead, client_for):
    client = client_for(lead)
    url = f"{address(dossier)}/saisie"
    early, wrong = typed(client, dossier, q2="99"), typed(client, dossier, q2="beaucoup")

    kept = client.post(url, data=typed(client, dossier, q2="10"))

    assert (kept.status_code, kept.json["state"]) == (200, "saved")
    assert sheet_of(queries.loaded(dossier.id)).stored["q2"] == "10.000"
    # The button goes on from there; a page that was left behind is told.
    assert answer(client, dossier, q2="12").status_code == 303
    late = client.post(url, data=early)
    assert (late.status_code, late.json["state"]) == (409, "conflict")
    assert sheet_of(queries.loaded(dossier.id)).stored["q2"] == "12.000"
    assert client.post(url, data=wrong).status_code == 422
    assert client_for(None).post(url, data=early).status_code == 401
    assert client_for(make_account(Role.APPLICANT)).post(url, data=early).status_code == 404
    last = typed(client, dossier, q2="1")
    dossier = queries.loaded(dossier.id)
    dossier.status = ApplicationStatus.AWAITING_ENDORSEMENT
    assert client.post(url, data=last).json["state"] == "closed"
