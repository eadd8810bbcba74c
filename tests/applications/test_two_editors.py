"""Two people write one dossier: both texts are shown, the person chooses, and what was typed stays."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.accounts.models import Account, Role
from guichet.applications.merging import digest, merge, shown_by
from guichet.applications.merging import fingerprint as merged_fingerprint
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    BudgetLine,
    Section,
)
from guichet.applications.sections import fingerprint, values_of
from guichet.core import clock
from guichet.core.db import db
from tests.applications.page_reader import read
from tests.applications.writing import address, colleague_of, saved
from tests.factories.accounts import make_account
from tests.factories.applications import make_application

S = ApplicationStatus


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def draft(lead) -> Application:
    return make_application(lead=lead, complete=True)


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


def test_a_stale_save_shows_both_texts_and_the_person_chooses(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    url = address(draft, Section.SOLUTION)
    my_copy, their_copy = read(mine.get(url)).fields, read(theirs.get(url)).fields
    their_copy["problem"], my_copy["problem"] = "Texte du collègue", "Mon texte"
    assert theirs.post(url, data=their_copy).status_code == 303

    answer = mine.post(url, data=my_copy)

    page = read(answer)
    assert answer.status_code == 409
    assert "Garder ce texte : Besoin Texte du collègue Garder le mien : Besoin Mon texte" in page.text
    # Only what differs is to be chosen.
    assert [name for name in page.fields if name.startswith("choice-")] == ["choice-problem"]
    assert page.fields["problem"] == "Mon texte"
    assert saved(draft).problem == "Texte du collègue"
    # The form of that page, sent again, is the choice of my own text.
    assert mine.post(url, data=page.fields).status_code == 303
    assert saved(draft).problem == "Mon texte"


def test_a_stale_table_shows_its_lines(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    url = address(draft, Section.BUDGET)
    my_copy, their_copy = read(mine.get(url)).fields, read(theirs.get(url)).fields
    their_copy["lines-0-label"], my_copy["lines-0-amount"] = "Pièces", "130 000"
    assert theirs.post(url, data=their_copy).status_code == 303

    answer = mine.post(url, data=my_copy)

    text = read(answer).text
    year = clock.today().year + 1
    assert answer.status_code == 409
    assert f"Matériel · Pièces · {year} · 120 000 · 60 000" in text
    assert f"Matériel · Outillage et pièces · {year} · 130 000 · 60 000" in text


def test_the_same_text_sent_twice_is_saved_once(browser, draft, lead):
    url = address(draft, Section.SOLUTION)
    data = read(browser.get(url)).fields
    data["problem"] = "Double clic"

    assert [browser.post(url, data=data).status_code for _ in range(2)] == [303, 303]
    assert saved(draft).problem == "Double clic"


def test_two_people_write_two_pages_of_a_budget_and_lose_no_line(client_for, draft, lead):
    draft.budget_lines += [
        BudgetLine(position=number, category="other", label=f"Ligne {number}", year=2027, amount=Decimal(number))
        for number in range(2, 12)
    ]
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    url = address(draft, Section.BUDGET)
    my_copy, their_copy = read(mine.get(f"{url}?page=2")).fields, read(theirs.get(url)).fields
    # A colleague takes the first line away: what was on the second page begins on the first.
    their_copy["lines-0-removed"] = "y"
    assert theirs.post(url, data=their_copy).status_code == 303
    my_copy["lines-0-label"] = "Neuvième, corrigée"

    answer = mine.post(f"{url}?page=2", data=my_copy)
    assert answer.status_code == 409
    assert mine.post(f"{url}?page=2", data=read(answer).fields).status_code == 303

    labels = [line.label for line in saved(draft).budget_lines]
    assert labels == [f"Ligne {number}" for number in range(2, 9)] + ["Neuvième, corrigée", "Ligne 10", "Ligne 11"]


def test_two_people_write_two_sections_at_once(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    copies = {}
    for browser, section in ((mine, Section.SOLUTION), (theirs, Section.OPENNESS)):
        copies[section] = read(browser.get(address(draft, section))).fields
    copies[Section.SOLUTION]["problem"], copies[Section.OPENNESS]["risks"] = "À moi", "À lui"

    for browser, section in ((mine, Section.SOLUTION), (theirs, Section.OPENNESS)):
        assert browser.post(address(draft, section), data=copies[section]).status_code == 303

    application = saved(draft)
    assert (application.problem, application.risks) == ("À moi", "À lui")


@pytest.mark.parametrize("version", ["", "0", "x" * 5000])
def test_a_forged_version_is_a_stale_one(browser, draft, lead, version):
    url = address(draft, Section.SOLUTION)
    data = read(browser.get(url)).fields
    data["version"], data["problem"] = version, "Mon texte"

    answer = browser.post(url, data=data)

    assert answer.status_code == 409
    assert read(answer).fields["problem"] == "Mon texte"
    assert saved(draft).problem != "Mon texte"


def test_a_dossier_submitted_meanwhile_keeps_what_was_typed_on_the_page(browser, draft, lead):
    url = address(draft, Section.SOLUTION)
    data = read(browser.get(url)).fields
    data["problem"] = "Une heure de travail"
    draft.status = S.AWAITING_ENDORSEMENT
    db.session.flush()

    answer = browser.post(url, data=data)

    page = read(answer)
    assert answer.status_code == 409
    assert "La rubrique s’est fermée pendant votre saisie" in page.text
    assert page.fields["problem"] == "Une heure de travail"
    assert "Enregistrer" not in [word.strip() for word in page.words]
    assert saved(draft).problem != "Une heure de travail"


def both_open(client_for, draft, lead, section):
    """The two people's browsers, with the page that each has open."""
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    url = address(draft, section)
    return (mine, read(mine.get(url)).fields.to_dict()), (theirs, read(theirs.get(url)).fields.to_dict())


def clash(client_for, draft, lead):
    """A page of conflict: both wrote the need and the deliverables; the colleague wrote the people concerned too."""
    (mine, my_copy), (theirs, their_copy) = both_open(client_for, draft, lead, Section.SOLUTION)
    url = address(draft, Section.SOLUTION)
    their_copy |= {"problem": "Besoin B", "deliverables": "Livrables B", "users_concerned": "Personnes B"}
    my_copy |= {"problem": "Besoin A", "deliverables": "Livrables A", "solution": "Solution A"}
    assert theirs.post(url, data=their_copy).status_code == 303
    answer = mine.post(url, data=my_copy)
    assert answer.status_code == 409
    return mine, url, read(answer)


def texts(draft):
    application = saved(draft)
    return [application.problem, application.deliverables, application.users_concerned, application.solution]


@pytest.mark.parametrize("section", [section for section in Section if section is not Section.ATTACHMENTS])
def test_a_page_left_as_it_was_is_what_is_saved(browser, draft, section):
    """What merges stands on this: a value that nobody touched is known as such, whatever its kind."""
    copy = read(browser.get(address(draft, section))).fields
    before = values_of(saved(draft), section)

    assert browser.post(address(draft, section), data=copy).status_code == 303

    assert merge(values_of(saved(draft), section), before, copy["version"]).values == before
    assert fingerprint(saved(draft), section) == copy["version"]


def test_two_people_who_change_two_fields_are_brought_together_and_both_are_told(client_for, draft, lead):
    (mine, my_copy), (theirs, their_copy) = both_open(client_for, draft, lead, Section.PROJECT)
    url = address(draft, Section.PROJECT)
    colleague = next(member.account for member in saved(draft).team if member.account_id != lead.id)
    their_copy["title"], my_copy["summary"] = "Titre B", "Résumé A"
    assert theirs.post(url, data=their_copy).status_code == 303

    answer = mine.post(url, data=my_copy, follow_redirects=True)

    assert answer.status_code == 200
    application = saved(draft)
    assert (application.title, application.summary) == ("Titre B", "Résumé A")
    told = f"{colleague.full_name} a modifié « Titre du projet » pendant votre saisie : les deux textes sont réunis."
    assert told in read(answer).text
    # The other one goes on from her page, and is told in her turn.
    their_copy["title"] = "Titre B, relu"
    again = theirs.post(
        url, data=their_copy | {"version": fingerprint_of(their_copy, "Titre B")}, follow_redirects=True
    )
    assert f"{lead.full_name} a modifié « Résumé » pendant votre saisie" in read(again).text
    application = saved(draft)
    assert (application.title, application.summary) == ("Titre B, relu", "Résumé A")
    history = read(mine.get(f"/dossiers/{draft.id}/historique")).text
    assert "Le projet (réunie avec la saisie d’un collègue)" in history


def fingerprint_of(copy, title):
    """The version that the page of `copy` would carry once `title` was saved by itself."""
    shown = shown_by(copy["version"]) | {"title": digest(title)}
    return ",".join(f"{name}:{mark}" for name, mark in shown.items())


def test_each_field_that_clashes_is_chosen_apart(client_for, draft, lead):
    mine, url, page = clash(client_for, draft, lead)
    assert {name for name in page.fields if name.startswith("choice-")} == {"choice-problem", "choice-deliverables"}
    assert page.fields["users_concerned"] == "Personnes B"
    assert "Ce que vous n’aviez pas touché est repris tel qu’il est enregistré : « Personnes concernées »." in page.text

    page.fields["choice-problem"] = "theirs"
    assert mine.post(url, data=page.fields).status_code == 303

    assert texts(draft) == ["Besoin B", "Livrables A", "Personnes B", "Solution A"]


def test_a_choice_is_brought_into_the_page_to_be_corrected_before_it_is_saved(client_for, draft, lead):
    mine, url, page = clash(client_for, draft, lead)
    page.fields["choice-deliverables"] = "theirs"

    chosen = read(mine.post(url, data={**page.fields, "choose": "1"}))

    assert chosen.fields["deliverables"] == "Livrables B"
    assert chosen.fields["problem"] == "Besoin A"
    assert not [name for name in chosen.fields if name.startswith("choice-")]
    assert texts(draft)[1] == "Livrables B"
    chosen.fields["deliverables"] = "Livrables B et A"
    assert mine.post(url, data=chosen.fields).status_code == 303
    assert texts(draft) == ["Besoin A", "Livrables B et A", "Personnes B", "Solution A"]


def test_a_choice_survives_what_is_wrong_elsewhere(client_for, draft, lead):
    mine, url, page = clash(client_for, draft, lead)
    page.fields["choice-problem"] = "theirs"
    page.fields["solution"] = "é" * 100_000

    refused = mine.post(url, data=page.fields)

    assert refused.status_code == 422
    assert read(refused).fields["problem"] == "Besoin B"


def test_a_third_text_saved_while_one_chooses_clashes_again(client_for, draft, lead):
    third = client_for(colleague_of(draft, lead))
    mine, url, page = clash(client_for, draft, lead)
    copy = read(third.get(url)).fields.to_dict()
    assert third.post(url, data=copy | {"problem": "Besoin C"}).status_code == 303

    assert mine.post(url, data=page.fields).status_code == 409
    assert texts(draft)[0] == "Besoin C"


@pytest.mark.parametrize(
    ("section", "rows", "typed"),
    [(Section.BUDGET, "lines", "lines-0-label"), (Section.CALENDAR, "milestones", "milestones-0-label")],
)
@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_a_table_is_chosen_whole(client_for, draft, lead, section, rows, typed, side):
    (mine, my_copy), (theirs, their_copy) = both_open(client_for, draft, lead, section)
    url = address(draft, section)
    assert theirs.post(url, data=their_copy | {typed: "Celui de B"}).status_code == 303
    page = read(mine.post(url, data=my_copy | {typed: "Celui de A"}))
    page.fields[f"choice-{rows}"] = side

    assert mine.post(url, data=page.fields).status_code == 303

    labels = [row["label"] for row in values_of(saved(draft), section)[rows]]
    assert ("Celui de B" in labels) is (side == "theirs")
    assert ("Celui de A" in labels) is (side == "mine")


def test_the_page_that_saves_by_itself_merges_goes_on_and_still_clashes(client_for, draft, lead):
    (mine, my_copy), (theirs, their_copy) = both_open(client_for, draft, lead, Section.SOLUTION)
    url = f"{address(draft, Section.SOLUTION)}/saisie"
    assert theirs.post(url, data=their_copy | {"problem": "Besoin B"}).json["state"] == "saved"

    first = mine.post(url, data=my_copy | {"solution": "Solution A"})
    assert first.json["state"] == "saved"
    assert "a modifié « Besoin » pendant votre saisie" in first.json["message"]
    # My page still shows the old need: it is not sent over the colleague's.
    second = mine.post(url, data=my_copy | {"solution": "Solution A, suite", "version": first.json["version"]})
    assert second.json["state"] == "saved"
    assert (saved(draft).problem, saved(draft).solution) == ("Besoin B", "Solution A, suite")
    # Until I write it too.
    third = mine.post(url, data=my_copy | {"problem": "Besoin A", "version": second.json["version"]})
    assert third.json["state"] == "conflict"
    assert saved(draft).problem == "Besoin B"


def test_an_open_page_is_told_what_was_saved_meanwhile(client_for, draft, lead):
    (mine, my_copy), (theirs, their_copy) = both_open(client_for, draft, lead, Section.SOLUTION)
    url = address(draft, Section.SOLUTION)
    assert theirs.post(url, data=their_copy | {"problem": "Besoin B"}).status_code == 303

    answer = mine.post(f"{url}/presence", data=my_copy)

    assert "Enregistré depuis l’ouverture de cette page : « Besoin »." in answer.json["company"]


def test_a_page_of_conflict_does_not_save_by_itself_and_stays_light(client_for, draft, lead):
    mine, url, page = clash(client_for, draft, lead)
    answer = mine.post(url, data={**page.fields, "version": ""}).get_data(as_text=True)

    assert "data-autosave" not in answer
    assert page.elements <= 380


@given(
    st.dictionaries(st.sampled_from("abcd"), st.text(max_size=3), min_size=4),
    st.dictionaries(st.sampled_from("abcd"), st.text(max_size=3)),
    st.dictionaries(st.sampled_from("abcd"), st.text(max_size=3)),
)
def test_a_merge_loses_nothing(base, mine, theirs):
    """Each value of the result is that of the side that changed it; both changed it differently, or it is no clash."""
    typed, current = base | mine, base | theirs
    found = merge(typed, current, merged_fingerprint(base))

    for name in "abcd":
        if name in found.clashes:
            assert len({base[name], typed[name], current[name]}) == 3
        elif typed[name] != base[name]:
            assert found.values[name] == typed[name]
        else:
            assert found.values[name] == current[name]
    assert merge(found.values, found.values, "").clashes == ()
