"""The budget as a whole: who else pays, a table pasted or imported, the summary, the files."""

import io
from decimal import Decimal

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus, BudgetLine, CofundingState, Section
from guichet.core import clock
from guichet.core.db import db
from guichet.documents import spreadsheets
from tests.applications.page_reader import read
from tests.applications.writing import address, colleague_of, saved
from tests.factories.accounts import make_account
from tests.factories.applications import make_application, make_cofunding
from tests.factories.calls import make_call

S = ApplicationStatus
TITLES = "Poste\tLibellé\tAnnée\tDépense\tDemandé\n"
ROW = "Prestations\tAudit\t2027\t1 000,50\t500\n"


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def draft(lead) -> Application:
    return make_application(lead=lead, complete=True)


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


def sheet_of(draft: Application) -> str:
    return f"{address(draft, Section.BUDGET)}/tableau"


def cofundings_of(draft: Application) -> str:
    return f"{address(draft, Section.BUDGET)}?partie=cofinancements"


def send(browser, draft, text, **fields):
    data = read(browser.get(sheet_of(draft))).fields
    data.fill({"text": text, **fields})
    return browser.post(sheet_of(draft), data=data)


def labels(draft: Application) -> list[str]:
    return [line.label for line in saved(draft).budget_lines]


# Who else pays


def test_cofunders_are_listed_on_a_page_of_their_own(browser, draft):
    data = read(browser.get(cofundings_of(draft))).fields
    row = {"name": "Région Sud", "kind": "local", "year": "2027", "amount": "20 000,10", "state": "acquired"}
    data.fill({f"cofundings-0-{name}": value for name, value in row.items()})

    answer = browser.post(cofundings_of(draft), data=data)

    assert (answer.status_code, answer.location) == (303, cofundings_of(draft))
    (given,) = saved(draft).cofundings
    assert (given.name, given.amount, given.state) == ("Région Sud", Decimal("20000.10"), CofundingState.ACQUIRED)
    assert len(saved(draft).budget_lines) == 1
    page = read(browser.get(answer.location))
    assert "Total des cofinancements : 20 000,10 € , dont 20 000,10 € acquis" in page.text
    assert "39 999,90 € à la charge de votre organisation" in page.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"amount": "0"}, "supérieur à 0"),
        ({"name": ""}, "Ce champ est obligatoire."),
        ({"year": "1999"}, "entre 2000 et 2100"),
        ({"kind": "patron"}, "valeur de la liste"),
        ({"state": ""}, "Ce champ est obligatoire."),
        ({"name": "x" * 201}, "200 caractères au plus"),
    ],
)
def test_a_wrong_cofunding_is_refused_and_kept_on_the_page(browser, draft, typed, told):
    data = read(browser.get(cofundings_of(draft))).fields
    row = {"name": "Région", "kind": "local", "year": "2027", "amount": "20", "state": "asked", **typed}
    data.fill({f"cofundings-0-{name}": value for name, value in row.items()})

    answer = browser.post(cofundings_of(draft), data=data)

    assert answer.status_code == 422
    page = read(answer)
    assert told in page.text
    assert page.fields["cofundings-0-amount"] == row["amount"]
    assert saved(draft).cofundings == []


def test_two_people_write_the_cofundings_and_see_both_tables(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    copies = [read(person.get(cofundings_of(draft))).fields for person in (mine, theirs)]
    row = {"kind": "local", "year": "2027", "amount": "20", "state": "asked"}
    for copy, name in zip(copies, ("Région", "Département"), strict=True):
        copy.fill({f"cofundings-0-{key}": value for key, value in {**row, "name": name}.items()})
    assert theirs.post(cofundings_of(draft), data=copies[1]).status_code == 303

    answer = mine.post(cofundings_of(draft), data=copies[0])

    page = read(answer)
    assert answer.status_code == 409
    assert "Département · Collectivité · 2027 · 20 · Sollicité" in page.text
    assert "Région · Collectivité · 2027 · 20 · Sollicité" in page.text
    assert mine.post(cofundings_of(draft), data=page.fields).status_code == 303
    assert [given.name for given in saved(draft).cofundings] == ["Région"]


def test_more_cofundings_than_a_page_holds_are_refused(browser, draft):
    for _ in range(10):
        make_cofunding(draft)
    page = read(browser.get(cofundings_of(draft)))

    assert page.elements <= 380
    assert "cofundings-9-name" in page.fields
    assert "cofundings-10-name" not in page.fields
    data = page.fields
    row = {"name": "Région", "kind": "local", "year": "2027", "amount": "20", "state": "asked"}
    data.fill({f"cofundings-10-{name}": value for name, value in row.items()})
    answer = browser.post(cofundings_of(draft), data=data)
    assert answer.status_code == 422
    assert "10 cofinancements au plus, celui-ci en aurait 11" in read(answer).text


# A line marked to go


def test_a_line_marked_to_go_stays_marked_while_another_is_added(browser, draft):
    url = address(draft, Section.BUDGET)
    data = read(browser.get(url)).fields
    data.fill({"lines-0-removed": "y", "lines-1-label": "Commencée", "add": "1"})

    page = read(browser.post(url, data=data))

    assert (page.fields["lines-0-removed"], page.fields["lines-1-label"]) == ("y", "Commencée")
    row = {"category": "other", "label": "Seule", "year": "2027", "amount": "1"}
    page.fields.fill({f"lines-1-{name}": value for name, value in row.items()})
    assert browser.post(url, data=page.fields).status_code == 303
    assert labels(draft) == ["Seule"]


def test_lines_are_taken_off_the_page_and_given_back_without_saving(browser, draft):
    url = address(draft, Section.BUDGET)
    data = read(browser.get(url)).fields
    data.fill({"lines-0-removed": "y", "lines-0-amount": "n’importe quoi", "lines-1-label": "Gardée", "drop": "1"})

    page = read(browser.post(url, data=data))

    assert "Outillage et pièces , retirée à l’enregistrement" in page.text
    assert (page.fields["lines-1-label"], len(saved(draft).budget_lines)) == ("Gardée", 1)
    # Unticked, the line is there again as it was typed.
    again = page.fields.copy()
    again.pop("lines-0-removed")
    answer = browser.post(url, data={**again.to_dict(), "drop": "1"})
    assert read(answer).fields["lines-0-amount"] == "n’importe quoi"
    row = {"category": "other", "label": "Seule", "year": "2027", "amount": "1"}
    page.fields.fill({f"lines-1-{name}": value for name, value in row.items()})
    assert browser.post(url, data=page.fields).status_code == 303
    assert labels(draft) == ["Seule"]


def test_a_cofunding_is_taken_off_the_page(browser, draft):
    make_cofunding(draft)
    data = read(browser.get(cofundings_of(draft))).fields
    data.fill({"cofundings-0-removed": "y", "drop": "1"})

    page = read(browser.post(cofundings_of(draft), data=data))

    assert "Région , retirée à l’enregistrement" in page.text
    assert browser.post(cofundings_of(draft), data=page.fields).status_code == 303
    assert saved(draft).cofundings == []


# A table pasted or imported


def test_a_pasted_table_is_shown_before_it_is_applied(browser, draft):
    answer = send(browser, draft, TITLES + ROW, mode="replace")

    page = read(answer)
    assert answer.status_code == 200
    assert "Aperçu, rien n’est encore enregistré" in page.text
    assert "1 ligne lue" in page.text
    assert "500 € demandés sur une assiette de 1 000,50 €, soit 49,98 %" in page.text
    assert labels(draft) == ["Outillage et pièces"]

    page.fields["apply"] = "1"
    assert browser.post(sheet_of(draft), data=page.fields).status_code == 303
    application = saved(draft)
    assert [(line.label, line.amount) for line in application.budget_lines] == [("Audit", Decimal("1000.50"))]
    assert (application.total_cost, application.amount_requested) == (Decimal("1000.50"), Decimal("500.00"))


def test_a_pasted_table_is_added_when_it_is_asked(browser, draft):
    assert send(browser, draft, TITLES + ROW * 2, mode="add", apply="1").status_code == 303

    assert labels(draft) == ["Outillage et pièces", "Audit", "Audit"]


def test_nothing_is_applied_of_a_wrong_table_and_the_text_stays(browser, draft):
    text = TITLES + ROW + "Prestations\tAudit\tdemain\t10\t0"

    answer = send(browser, draft, text, mode="replace", apply="1")

    page = read(answer)
    assert answer.status_code == 422
    assert "Ligne 3, colonne « Année » : « demain » n’est pas une année" in page.text
    assert page.fields["text"].splitlines() == text.splitlines()
    assert labels(draft) == ["Outillage et pièces"]


def test_a_budget_never_goes_beyond_a_hundred_lines(browser, draft):
    answer = send(browser, draft, TITLES + ROW * 100, mode="add", apply="1")

    assert answer.status_code == 422
    assert "Le budget aurait 101 lignes : il en a 100 au plus" in read(answer).text
    assert send(browser, draft, TITLES + ROW * 100, mode="replace", apply="1").status_code == 303
    assert len(labels(draft)) == 100


def test_a_hundred_errors_are_not_all_told(browser, draft):
    answer = send(browser, draft, TITLES + "?\t\t\t\t\n" * 30, mode="replace")

    assert answer.status_code == 422
    assert "autres erreurs" in read(answer).text
    assert read(answer).elements <= 380


def test_what_to_do_with_the_lines_is_chosen(browser, draft):
    answer = send(browser, draft, TITLES + ROW, mode="destroy", apply="1")

    assert answer.status_code == 422
    assert labels(draft) == ["Outillage et pièces"]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_an_exported_file_is_imported_through_the_same_preview(browser, draft, kind):
    file = browser.get(f"/dossiers/{draft.id}/budget/{kind}")
    assert file.mimetype == spreadsheets.MEDIA_TYPES[kind].split(";", maxsplit=1)[0]
    assert file.headers["Content-Disposition"] == f"attachment; filename=budget.{kind}"
    data = read(browser.get(sheet_of(draft))).fields
    data.fill({"mode": "add"})
    upload = {**data, "file": (io.BytesIO(file.data), f"budget.{kind}")}

    page = read(browser.post(sheet_of(draft), data=upload, content_type="multipart/form-data"))

    assert "Le budget aurait 2 lignes, pour 240 000 € de dépenses" in page.text
    page.fields["apply"] = "1"
    assert browser.post(sheet_of(draft), data=page.fields).status_code == 303
    assert labels(draft) == ["Outillage et pièces"] * 2


def test_a_hostile_file_is_refused_at_its_field(browser, draft):
    data = read(browser.get(sheet_of(draft))).fields
    upload = {**data, "file": (io.BytesIO(b"PK\x03\x04 hostile"), "budget.xlsx")}

    answer = browser.post(sheet_of(draft), data=upload, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert 'href="#file"' in answer.get_data(as_text=True)


def test_a_table_pasted_over_another_s_work_shows_both(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    preview = read(send(mine, draft, TITLES + ROW, mode="replace"))
    assert send(theirs, draft, TITLES + ROW.replace("Audit", "Mesure"), mode="replace", apply="1").status_code == 303
    preview.fields["apply"] = "1"

    answer = mine.post(sheet_of(draft), data=preview.fields)

    page = read(answer)
    assert answer.status_code == 409
    assert "Quelqu’un a modifié le budget pendant votre saisie" in page.text
    assert "Mesure" in page.text
    assert labels(draft) == ["Mesure"]
    page.fields["apply"] = "1"
    assert mine.post(sheet_of(draft), data=page.fields).status_code == 303
    assert labels(draft) == ["Audit"]


def test_the_table_is_closed_with_its_section(client_for, lead):
    submitted = make_application(lead=lead, status=S.SUBMITTED)

    assert client_for(lead).get(sheet_of(submitted)).status_code == 403
    assert client_for(make_account(Role.APPLICANT)).get(sheet_of(submitted)).status_code == 404


# The summary and the files


def test_the_summary_adds_up_by_year_and_category(browser, draft):
    draft.budget_lines.append(
        BudgetLine(position=2, category="staff", label="Chef de projet", year=2030, amount=Decimal(30_000))
    )
    make_cofunding(draft, year=2030, state=CofundingState.ASKED)

    page = read(browser.get(f"/dossiers/{draft.id}/budget"))

    assert "Matériel 120 000 € 0 € 120 000 €" in page.text
    assert "Personnel interne 0 € 30 000 € 30 000 €" in page.text
    assert "Total 120 000 € 30 000 € 150 000 €" in page.text
    assert "Cofinancé 0 € 10 000 € 10 000 €" in page.text
    assert "Les ressources égalent les dépenses" in page.text
    assert page.elements <= 380


def test_the_summary_says_what_breaks_the_rules_with_its_numbers(client_for, lead):
    draft = make_application(lead=lead, complete=True)
    draft.budget_lines[0].amount, draft.budget_lines[0].amount_requested = Decimal(100_000), Decimal(62_000)
    make_cofunding(draft, amount=Decimal(40_000))

    for path in (f"/dossiers/{draft.id}/budget", f"/dossiers/{draft.id}", address(draft, Section.BUDGET)):
        text = read(client_for(lead).get(path)).text

        assert (
            "62 000 € demandés sur une assiette de 100 000 €, soit 62 % ; le plafond est de 50 %, donc 50 000 € au plus."
        ) in text
        assert (
            "Vous demandez 62 000 € et d’autres apportent 40 000 €, soit 102 000 € pour 100 000 € de dépenses : "
            "c’est 2 000 € de trop."
        ) in text


def test_an_empty_budget_says_what_to_do(browser, lead):
    draft = make_application(lead=lead)

    assert "Le budget est vide" in read(browser.get(f"/dossiers/{draft.id}/budget")).text


def test_a_budget_of_a_hundred_lines_and_ten_years_stays_light(browser, draft, statements):
    draft.budget_lines += [
        BudgetLine(position=number, category="other", label="x" * 150, year=2020 + number % 10, amount=Decimal(number))
        for number in range(2, 101)
    ]
    for path in (f"/dossiers/{draft.id}/budget", f"/dossiers/{draft.id}/contenu", address(draft, Section.BUDGET)):
        db.session.commit()
        db.session.expunge_all()
        statements.clear()

        page = read(browser.get(path))

        assert page.elements <= 380, path
        assert len(statements) <= 10, path


def test_formula_signs_are_written_as_text(browser, draft):
    draft.budget_lines[0].label = '=HYPERLINK("http://ailleurs.example")'

    text = browser.get(f"/dossiers/{draft.id}/budget/csv").data.decode("utf-8-sig")

    year = clock.today().year + 1
    assert text.splitlines() == [
        "Poste;Libellé;Année;Dépense;Demandé",
        f'Matériel;"\'=HYPERLINK(""http://ailleurs.example"")";{year};120000,00;60000,00',
    ]


@pytest.mark.parametrize("rest", ["", "/csv"])
def test_who_may_not_read_the_dossier_reads_no_budget(client_for, draft, lead, rest):
    path = f"/dossiers/{draft.id}/budget{rest}"

    assert client_for(make_account(Role.APPLICANT)).get(path).status_code == 404
    assert client_for(make_account(Role.OFFICER)).get(path).status_code == 404
    assert client_for(lead).get(path).status_code == 200
    assert client_for(lead).get(f"/dossiers/{draft.id}/budget/exe").status_code == 404


def test_the_service_reads_what_was_submitted_while_it_is_rewritten(client_for, lead):
    rewritten = make_application(lead=lead, status=S.CHANGES_REQUESTED, call=make_call())
    officer = client_for(make_account(Role.OFFICER))

    assert officer.get(f"/dossiers/{rewritten.id}/budget").status_code == 303
    assert officer.get(f"/dossiers/{rewritten.id}/budget/csv").status_code == 404
