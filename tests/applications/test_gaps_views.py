"""Each thing that a dossier lacks leads to its very field, on the page where it is filled."""

import io
from decimal import Decimal

import pytest

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.completeness import TEXTS, missing
from guichet.applications.models import Application, BudgetCategory, BudgetLine
from guichet.applications.views.parts import gaps_with_links
from guichet.calls.models import AttachmentKind
from guichet.core.db import db
from guichet.documents.models import ScanState
from guichet.questions.definition import Column, Definition, Kind, Question, Section
from tests.applications.page_reader import read
from tests.applications.writing import saved
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.questions import make_form

# One required question of each kind.
ASKED = Definition(
    last=60,
    sections=[
        Section(
            key=f"s{50 + place}",
            title=f"Rubrique {place}",
            questions=[
                Question(
                    key=f"q{place * 10 + number}",
                    kind=kind,
                    title=kind.label,
                    required=True,
                    choices=["Un", "Deux"] if kind in {Kind.CHOICE, Kind.CHOICES} else [],
                    columns=[Column(key="c1", title="Site", kind=Kind.SHORT_TEXT)] if kind is Kind.TABLE else [],
                )
                for number, kind in enumerate(kinds)
            ],
        )
        for place, kinds in enumerate(
            ([kind for kind in Kind if kind not in {Kind.COMPUTED, Kind.TABLE}], [Kind.TABLE]), start=1
        )
    ],
)


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def empty(lead) -> Application:
    """A dossier that lacks all that may be lacked."""
    call = make_call(attachment_kinds=[AttachmentKind(position=1, label="Lettre", required=True)])
    make_form(call, ASKED)
    draft = saved(make_application(lead=lead, call=call, is_digital_service=True))
    draft.budget_lines, draft.milestones, draft.indicators, draft.plan_links = [], [], [], []
    draft.family, draft.priority_actions, draft.annual_savings, draft.carrier_time_percent = None, [], None, None
    for fields in TEXTS.values():
        for name, _ in fields:
            setattr(draft, name, "")
    db.session.flush()
    return draft


def links(app, draft: Application, lead: Account) -> list[tuple[str, str]]:
    application = saved(draft)
    reader = accounts.for_session(lead.get_id())
    with app.test_request_context():
        return [(gap.message, url) for gap, url in gaps_with_links(application, reader)]


def assert_each_leads_to_a_field(app, client, draft: Application, lead: Account) -> list[str]:
    found = links(app, draft, lead)
    for message, url in found:
        address, _, fragment = url.partition("#")
        answer = client.get(address)
        assert answer.status_code == 200, url
        assert fragment in read(answer).identifiers, (message, url)
        # The section's own list of what it lacks leads to the same place.
        place = url.removeprefix(address.partition("?")[0])
        assert f'href="{place}"' in answer.get_data(as_text=True), (message, place)
    return [url for _, url in found]


def test_every_gap_of_an_empty_dossier_leads_to_its_field(app, client_for, empty, lead):
    urls = assert_each_leads_to_a_field(app, client_for(lead), empty, lead)

    assert len(urls) == len(set(urls)) == len(missing(saved(empty))) > 35
    # To a field, not to a block: what is linked takes the focus.
    assert {url.partition("#")[2] for url in urls} >= {
        "milestones-0-label",
        "lines-0-label",
        "links-0-plan_action_id",
        "indicators-0-label",
        "kind_id",
        "rgesn_on",
    }


def test_every_gap_of_a_budget_leads_to_its_line(app, client_for, lead):
    draft = saved(make_application(lead=lead, call=make_call(staff_cost_counted=False), complete=True))
    draft.budget_lines += [
        BudgetLine(
            position=number,
            category=BudgetCategory.STAFF if number in {2, 12} else BudgetCategory.OTHER,
            label=f"Personnel {number}",
            year=2027,
            amount=Decimal(900_000),
            amount_requested=Decimal(800_000),
        )
        for number in range(2, 13)
    ]
    db.session.flush()

    urls = assert_each_leads_to_a_field(app, client_for(lead), draft, lead)

    assert any(url.endswith("?page=2#lines-3-category") for url in urls)
    page = read(client_for(lead).get(f"/dossiers/{draft.id}/rubriques/budget?page=2"))
    assert page.fields["lines-3-label"] == "Personnel 12"


def test_a_missing_piece_is_chosen_already_and_an_infected_one_is_shown(app, client_for, lead):
    kind = AttachmentKind(position=1, label="Lettre", required=True)
    draft = make_application(lead=lead, call=make_call(attachment_kinds=[kind]), complete=True)
    client = client_for(lead)
    [url] = assert_each_leads_to_a_field(app, client, draft, lead)
    kind_id = db.session.merge(kind).id
    assert read(client.get(url)).fields["kind_id"] == str(kind_id)
    for forged in ("x", "%00", str(draft.id)):
        assert client.get(f"/dossiers/{draft.id}/rubriques/pieces?piece={forged}").status_code == 200

    sent = {"kind_id": kind_id, "file": (io.BytesIO(files.PDF), "lettre.pdf")}
    assert client.send(url.partition("?")[0], sent).status_code == 303
    [attachment] = queries.loaded(draft.id).attachments
    attachment.document.scan_state = ScanState.INFECTED
    db.session.flush()
    [url] = assert_each_leads_to_a_field(app, client, draft, lead)
    assert url.endswith(f"#piece-{attachment.id}")


def test_what_is_read_only_leads_to_its_section(app, empty, lead):
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)

    assert {url.partition("/contenu#")[1] for _, url in links(app, empty, focal_point)} == {"/contenu#"}
