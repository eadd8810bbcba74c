"""The pages of plans: what each role reads and writes, and every wrong thing typed."""

import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.plans.models import (
    ActionChange,
    ActionFunding,
    ActionIndicator,
    ActionPlan,
    ChangedField,
    ChangeState,
    EngagementLevel,
    Measure,
    PlanAction,
    Progress,
    Theme,
)
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.plans import make_action, make_plan

READ_ALL = {Role.OFFICER, Role.ADMIN, Role.AUDITOR, Role.COMMITTEE, Role.CHAIR, Role.FINANCE}
HOSTILE = ["<script>alert(1)</script>", "Écologie 🌱🖥️", "تجربة من اليمين إلى اليسار", "'; DROP TABLE plan_action; --"]


@pytest.fixture
def ministry(session):
    return make_ministry("Ministère de l’essai")


@pytest.fixture
def plan(ministry):
    return make_plan(ministry)


@pytest.fixture
def action(plan):
    return make_action(plan)


@pytest.fixture
def focal(ministry):
    return make_account(Role.FOCAL_POINT, organisation=ministry)


def make_change(action, field=ChangedField.LEVEL_TARGET, before="experimentation", after="realisation", **columns):
    application = make_application(status=ApplicationStatus.AWARDED)
    change = ActionChange(
        action=action,
        event_id=uuid.uuid4(),
        application_id=application.id,
        reference=application.reference,
        field=field,
        before=before,
        after=after,
        happened_at=clock.now(),
        **columns,
    )
    db.session.add(change)
    db.session.flush()
    return change


def action_form(**typed):
    return {
        "title": "Allonger la durée d’usage",
        "theme": "use_phase",
        "level_target": "realisation",
        "progress": "in_progress",
        "priority_action_id": "",
        **typed,
    }


def text_of(answer):
    return answer.get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ")


# Reading


def test_overview_counts_every_ministry(client_for, plan, action):
    make_action(plan, 2, theme=Theme.PURCHASING, progress=Progress.DONE, key_action=True)
    make_action(make_plan(make_ministry("Ministère voisin")), 1, progress=Progress.DONE)

    text = text_of(client_for(make_account(Role.OFFICER)).get("/plans"))

    assert '<p class="gu-tile__value">3</p>' in text
    assert "67 %" in text
    assert "Achats : 100 %" in text
    assert "Ministère voisin" in text
    assert f"/plans/{plan.id}" in text
    assert 'role="img"' in text


def test_overview_filters(client_for, plan, action):
    make_action(plan, 2, theme=Theme.PURCHASING)
    client = client_for(make_account(Role.AUDITOR))

    assert '<p class="gu-tile__value">1</p>' in text_of(client.get("/plans?thematique=purchasing"))
    assert "Aucune action" in text_of(client.get("/plans?niveau=reflection"))
    assert "Aucune action" in text_of(client.get(f"/plans?ministere={uuid.uuid4()}"))


@pytest.mark.parametrize("query", ["thematique=zzz", "niveau=1", "ministere=%00", "ministere=abc", "thematique=%F0%9F"])
def test_overview_ignores_a_filter_it_does_not_know(client_for, plan, action, query):
    answer = client_for(make_account(Role.ADMIN)).get(f"/plans?{query}")

    assert answer.status_code == 200
    assert '<p class="gu-tile__value">1</p>' in text_of(answer)


def test_overview_is_small_and_asks_little(client_for, statements):
    for _ in range(11):
        own = make_plan(make_ministry())
        for number, theme in enumerate(Theme, start=1):
            make_action(own, number, theme=theme, progress=Progress.DONE)
    client = client_for(make_account(Role.OFFICER))
    client.get("/plans")
    statements.clear()

    text = text_of(client.get("/plans"))

    assert len(statements) <= 8
    assert text.count("<") - text.count("</") <= 380


@pytest.mark.parametrize("role", list(Role))
def test_overview_is_for_those_who_read_all(client_for, plan, role):
    answer = client_for(make_account(role, organisation=plan.ministry)).get("/plans")

    if role in READ_ALL:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 302
        assert answer.location == f"/plans/{plan.id}"


def test_ministry_without_a_plan_is_told_so(client_for):
    applicant = client_for(make_account(Role.APPLICANT)).get("/plans")
    focal_point = client_for(make_account(Role.FOCAL_POINT)).get("/plans")

    assert "Aucun plan" in text_of(applicant)
    assert "/plans/nouveau" not in text_of(applicant)
    assert "/plans/nouveau" in text_of(focal_point)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("own", [True, False])
def test_plan_and_action_are_read_by_their_ministry_and_those_who_read_all(client_for, plan, action, role, own):
    reader = make_account(role, organisation=plan.ministry if own else None)
    expected = 200 if own or role in READ_ALL else 404

    for url in (f"/plans/{plan.id}", f"/plans/actions/{action.id}"):
        answer = client_for(reader).get(url)
        assert answer.status_code == expected
        assert ("Modifier" in text_of(answer) or "Ajouter une action" in text_of(answer)) == (
            own and role is Role.FOCAL_POINT
        )


@pytest.mark.parametrize("url", ["/plans", "/plans/nouveau", "/plans/{plan.id}", "/plans/actions/{action.id}"])
def test_visitor_is_asked_to_sign_in(client_for, plan, action, url):
    answer = client_for().get(url.format(plan=plan, action=action))

    assert answer.status_code == 303
    assert answer.location.startswith("/connexion")


def test_plan_shows_one_theme_with_words_for_levels(client_for, plan, action, focal):
    make_action(
        plan, 2, theme=Theme.PURCHASING, title="Acheter reconditionné", level_reached=EngagementLevel.REFLECTION
    )

    text = text_of(client_for(focal).get(f"/plans/{plan.id}?thematique=purchasing"))

    assert "Acheter reconditionné" in text
    assert "Allonger la durée d’usage des postes" not in text
    assert "Réflexion" in text
    assert "Expérimentation" in text
    assert "Phase d’usage" in text


def test_plan_is_small_and_asks_little_with_many_actions(client_for, plan, focal, statements):
    for number in range(1, 45):
        make_action(plan, number, key_action=True, level_reached=EngagementLevel.REFLECTION)
    url = f"/plans/{plan.id}"
    client = client_for(focal)
    statements.clear()

    text = text_of(client.get(url))

    assert len(statements) <= 8
    assert text.count("<") - text.count("</") <= 380
    assert "44 actions, page 1 sur 3" in text


def test_action_shows_measures_funding_and_changes(client_for, action, focal, statements):
    change = make_change(action)
    db.session.add(
        ActionFunding(
            action_id=action.id,
            application_id=change.application_id,
            reference=change.reference,
            title="Réparer",
            amount=Decimal(60_000),
            decided_at=clock.now(),
        )
    )
    db.session.add(
        ActionIndicator(
            action_id=action.id,
            label="Durée moyenne d’usage",
            unit="mois",
            baseline=Decimal(48),
            measures=[Measure(year=2025, value=Decimal("50.5")), Measure(year=2026, value=Decimal(54))],
        )
    )
    reference, url = change.reference, f"/plans/actions/{action.id}"
    client = client_for(focal)
    statements.clear()

    text = text_of(client.get(url))

    assert len(statements) <= 8 + 3  # the three rows that this test had still to write
    assert "2025 : 50,5 ; 2026 : 54" in text
    assert "60 000 €" in text
    assert f"Issu du dossier {reference}" in text
    assert "Niveau d’engagement visé : Expérimentation → Réalisation" in text
    assert "Confirmer" in text


@pytest.mark.parametrize("path", ["/plans/{id}", "/plans/actions/{id}", "/plans/modifications/{id}/annulation"])
def test_forged_identifier_is_not_found(client_for, focal, path):
    client = client_for(focal)

    assert client.get(path.format(id=uuid.uuid4())).status_code == 404
    assert client.get(path.format(id="pas-un-uuid")).status_code == 404


# Writing


def test_focal_point_opens_a_plan(client_for, focal, ministry):
    answer = client_for(focal).send(
        "/plans/nouveau", {"title": "Plan 2026-2028", "first_year": "2026", "last_year": "2028"}
    )

    plan = db.session.scalars(sa.select(ActionPlan)).one()
    assert answer.status_code == 303
    assert (plan.ministry_id, plan.first_year, plan.last_year) == (ministry.id, 2026, 2028)


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2028", "2026", "La dernière année doit suivre la première."),
        ("2027", "2029", "Ces années sont déjà celles du plan"),
        ("1800", "1801", "Écrivez un nombre entre 2000 et 2100."),
        ("deux mille", "2026", "Écrivez un nombre"),
    ],
)
def test_plan_with_wrong_years_is_refused(client_for, focal, plan, first, last, message):
    answer = client_for(focal).send("/plans/nouveau", {"title": "Encore", "first_year": first, "last_year": last})

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert f'value="{first}"' in text_of(answer)


def test_focal_point_adds_an_action(client_for, focal, plan):
    answer = client_for(focal).send(
        f"/plans/{plan.id}/actions/nouvelle",
        action_form(starts_on="2026-01-01", due_on="2026-12-31", key_action="y", level_reached=""),
    )

    action = db.session.scalars(sa.select(PlanAction)).one()
    assert answer.location == f"/plans/actions/{action.id}"
    assert (action.number, action.theme, action.level_reached, action.key_action) == (1, Theme.USE_PHASE, None, True)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"title": ""}, "Ce champ est obligatoire."),
        ({"title": "x" * 10_000}, "300 caractères au plus."),
        ({"theme": "3"}, "Choisissez une valeur de la liste."),
        ({"level_target": "1"}, "Choisissez une valeur de la liste."),
        ({"progress": ""}, "Ce champ est obligatoire."),
        ({"starts_on": "2026-12-31", "due_on": "2026-01-01"}, "L’échéance doit suivre le début."),
        ({"due_on": "31 février"}, "Écrivez une date"),
        ({"due_on": "9999-01-01"}, "La date doit être comprise entre 2000 et 2100."),
        ({"priority_action_id": "d0a7fb2e-6c3b-4a54-9b83-7a4d1f7a4c11"}, "choix valide"),
        ({"priority_action_id": "x"}, "choix valide"),
    ],
)
def test_wrong_action_is_refused_and_what_was_typed_stays(client_for, focal, plan, typed, message):
    answer = client_for(focal).send(
        f"/plans/{plan.id}/actions/nouvelle", action_form(description="Gardez-moi", **typed)
    )

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert "Gardez-moi" in text_of(answer)
    assert db.session.scalars(sa.select(PlanAction)).all() == []


@pytest.mark.parametrize("title", HOSTILE)
def test_any_script_of_the_world_is_kept_and_escaped(client_for, focal, plan, title):
    client = client_for(focal)

    answer = client.send(f"/plans/{plan.id}/actions/nouvelle", action_form(title=title))

    assert db.session.scalars(sa.select(PlanAction.title)).all() == [title]
    assert "<script>alert" not in client.get(answer.location).get_data(as_text=True)


def test_focal_point_edits_an_action(client_for, focal, action):
    url = f"/plans/actions/{action.id}/modification"

    answer = client_for(focal).send(url, action_form(title="Nouveau titre", level_reached="experimentation"))

    assert answer.status_code == 303
    assert (action.title, action.level_reached) == ("Nouveau titre", EngagementLevel.EXPERIMENTATION)


def test_expired_page_keeps_what_was_typed(client_for, focal, action):
    answer = client_for(focal).post(
        f"/plans/actions/{action.id}/modification",
        data=action_form(title="Titre gardé", csrf_token="périmé"),
    )

    assert answer.status_code == 422
    assert "Rien n’est perdu" in text_of(answer)
    assert "Titre gardé" in text_of(answer)


def test_focal_point_adds_an_indicator_and_measures_it(client_for, focal, action):
    client, url = client_for(focal), f"/plans/actions/{action.id}"
    client.send(f"{url}/indicateurs", {"label": "Durée d’usage", "unit": "mois", "baseline": "48", "target": "60,5"})
    indicator = db.session.scalars(sa.select(ActionIndicator)).one()
    typed = {"indicator_id": str(indicator.id), "year": "2026", "value": "-1 234,5"}

    client.send(f"{url}/mesures", typed)
    client.send(f"{url}/mesures", {**typed, "value": "50"})

    assert (indicator.baseline, indicator.target) == (48, Decimal("60.5"))
    assert db.session.execute(sa.select(Measure.year, Measure.value)).all() == [(2026, 50)]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"value": "beaucoup"}, "Écrivez un nombre"),
        ({"value": "1e400"}, "Écrivez un nombre"),
        ({"value": "NaN"}, "Écrivez un nombre"),
        ({"value": "9" * 14}, "Écrivez un nombre"),
        ({"year": "1999"}, "entre 2000 et 2100"),
        ({"indicator_id": str(uuid.uuid4())}, "choix valide"),
    ],
)
def test_wrong_measure_is_refused(client_for, focal, action, typed, message):
    indicator = ActionIndicator(action_id=action.id, label="Durée", unit="mois")
    db.session.add(indicator)
    db.session.flush()
    typed = {"indicator_id": str(indicator.id), "year": "2026", "value": "1", **typed}

    answer = client_for(focal).send(f"/plans/actions/{action.id}/mesures", typed)

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert db.session.scalars(sa.select(Measure)).all() == []


def test_focal_point_confirms_a_change(client_for, focal, action):
    action.level_target = EngagementLevel.REALISATION
    change = make_change(action)
    page = f"/plans/actions/{action.id}"

    answer = client_for(focal).send(f"/plans/modifications/{change.id}/confirmation", form_at=page)

    assert (answer.status_code, answer.location) == (303, page)
    assert (change.state, change.settled_by_id) == (ChangeState.CONFIRMED, focal.id)
    assert action.level_target is EngagementLevel.REALISATION


def test_focal_point_undoes_a_change_with_a_reason(client_for, focal, action):
    action.level_target = EngagementLevel.REALISATION
    change = make_change(action)
    url = f"/plans/modifications/{change.id}/annulation"
    client = client_for(focal)

    refused = client.send(url, {"reason": " "})
    answer = client.send(url, {"reason": "Le périmètre reste celui du pilote."})

    assert refused.status_code == 422
    assert answer.status_code == 303
    assert action.level_target is EngagementLevel.EXPERIMENTATION
    assert change.undo_reason == "Le périmètre reste celui du pilote."
    assert "Le périmètre reste celui du pilote." in text_of(client.get(answer.location))


def test_undo_says_when_the_value_has_moved_since(client_for, focal, action):
    action.level_target = EngagementLevel.REFLECTION
    change = make_change(action)

    answer = client_for(focal).send(f"/plans/modifications/{change.id}/annulation", {"reason": "Trop tard"})

    assert answer.status_code == 422
    assert "Cette valeur a changé depuis" in text_of(answer)
    assert "Trop tard" in text_of(answer)
    assert change.state is ChangeState.APPLIED


def test_settled_change_is_not_confirmed_twice(client_for, focal, action):
    change = make_change(action, state=ChangeState.CONFIRMED, settled_at=clock.now())
    make_change(action, field=ChangedField.PROGRESS, before="to_do", after="in_progress")
    page = f"/plans/actions/{action.id}"
    client = client_for(focal)

    client.send(f"/plans/modifications/{change.id}/confirmation", form_at=page)

    assert "déjà réglée" in text_of(client.get(page))


WRITES = [
    ("GET", "/plans/nouveau"),
    ("GET", "/plans/{plan}/actions/nouvelle"),
    ("GET", "/plans/actions/{action}/modification"),
    ("GET", "/plans/actions/{action}/indicateurs"),
    ("GET", "/plans/actions/{action}/mesures"),
    ("GET", "/plans/modifications/{change}/annulation"),
    ("POST", "/plans/modifications/{change}/confirmation"),
]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.FOCAL_POINT}))
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_nobody_but_the_focal_point_writes(client_for, plan, action, role, method, path):
    change = make_change(action)
    actor = make_account(role, organisation=plan.ministry)

    answer = client_for(actor).open(path.format(plan=plan.id, action=action.id, change=change.id), method=method)

    assert answer.status_code == 403
    assert change.state is ChangeState.APPLIED


@pytest.mark.parametrize(("method", "path"), WRITES[1:])
def test_focal_point_of_another_ministry_finds_nothing(client_for, plan, action, method, path):
    change = make_change(action)
    stranger = make_account(Role.FOCAL_POINT)

    answer = client_for(stranger).open(path.format(plan=plan.id, action=action.id, change=change.id), method=method)

    assert answer.status_code == 404


@pytest.mark.parametrize(("method", "path"), WRITES[1:])
def test_focal_point_who_also_audits_only_reads_the_others(client_for, plan, action, method, path):
    change = make_change(action)
    stranger = make_account(Role.FOCAL_POINT, Role.AUDITOR)

    answer = client_for(stranger).open(path.format(plan=plan.id, action=action.id, change=change.id), method=method)

    assert answer.status_code == 403
