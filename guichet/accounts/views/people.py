"""Administering people and their roles."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts import queries, services
from guichet.accounts.access import current_account
from guichet.accounts.forms.administration import PeopleFilter, PersonForm, RoleForm
from guichet.accounts.models import Account
from guichet.accounts.passwords import NONE
from guichet.accounts.views import bp
from guichet.accounts.views.administration import crumbs, for_administrators, organisation_named
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.paging import paginate
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page


@bp.get("/administration/personnes")
@for_administrators
def people() -> ResponseReturnValue:
    filters = PeopleFilter(request.args, meta={"csrf": False})
    filters.offer(queries.ministries())
    filters.validate()
    rows = queries.people(words=filters.q.data or "", role=filters.role.data, ministry_id=filters.ministry_id)
    found = paginate(rows, requested_page())
    return render_template("accounts/people.html", filters=filters, people=found, crumbs=crumbs(("Personnes", None)))


@bp.route("/administration/personnes/nouvelle", methods=["GET", "POST"])
@for_administrators
def create_person() -> ResponseReturnValue:
    form = PersonForm(data={"organisation": request.args.get("organisation", "")[:200]})
    if form.validate_on_submit():
        try:
            with unit_of_work():
                account = services.create_account(**_described(form), actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash(f"Le compte est ouvert. Une invitation part à {account.email}.", "success")
            return redirect(url_for(".show_person", account_id=account.id), 303)
    return page("accounts/person_form.html", form, account=None, crumbs=_way("Ouvrir un compte"))


@bp.get("/administration/personnes/<uuid:account_id>")
@for_administrators
def show_person(account_id: UUID) -> ResponseReturnValue:
    return _person_page(_person(account_id), ActionForm())


def _person_page(account: Account, form: ActionForm) -> ResponseReturnValue:
    return page(
        "accounts/person.html",
        form,
        account=account,
        roles=queries.roles_of(account),
        invited=account.password_hash == NONE,
        crumbs=_way(account.full_name),
    )


@bp.route("/administration/personnes/<uuid:account_id>/modifier", methods=["GET", "POST"])
@for_administrators
def edit_person(account_id: UUID) -> ResponseReturnValue:
    account = _person(account_id)
    form = PersonForm(
        data={
            "full_name": account.full_name,
            "email": account.email,
            "job_title": account.job_title,
            "organisation": account.organisation.name,
        }
    )
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.edit_account(account, **_described(form), actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Les changements sont enregistrés.", "success")
            return redirect(url_for(".show_person", account_id=account_id), 303)
    return page("accounts/person_form.html", form, account=account, crumbs=_way("Modifier", account))


@bp.post("/administration/personnes/<uuid:account_id>/desactivation")
@for_administrators
def deactivate_person(account_id: UUID) -> ResponseReturnValue:
    return _act(account_id, services.deactivate, "Le compte est désactivé.")


@bp.post("/administration/personnes/<uuid:account_id>/activation")
@for_administrators
def activate_person(account_id: UUID) -> ResponseReturnValue:
    return _act(account_id, services.activate, "Le compte est de nouveau ouvert.")


@bp.post("/administration/personnes/<uuid:account_id>/invitation")
@for_administrators
def invite_person(account_id: UUID) -> ResponseReturnValue:
    return _act(account_id, services.send_invitation, "Une nouvelle invitation part.")


@bp.route("/administration/personnes/<uuid:account_id>/roles/nouveau", methods=["GET", "POST"])
@for_administrators
def grant_role(account_id: UUID) -> ResponseReturnValue:
    account = _person(account_id)
    form = RoleForm()
    form.offer(queries.latest_calls())
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.grant_role(
                    account,
                    form.role.data,
                    organisation=organisation_named(form.organisation.data, field="organisation"),
                    call_id=form.call_id,
                    last_day=form.last_day.data,
                    actor=current_account(),
                )
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Le rôle est donné.", "success")
            return redirect(url_for(".show_person", account_id=account_id), 303)
    return page("accounts/role_form.html", form, account=account, crumbs=_way("Donner un rôle", account))


@bp.post("/administration/personnes/<uuid:account_id>/roles/<uuid:grant_id>/retrait")
@for_administrators
def revoke_role(account_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    grant = queries.grant_of(account_id, grant_id)
    if grant is None:
        raise NotFound
    return _act(account_id, lambda _, actor: services.revoke_role(grant, actor=actor), "Le rôle est retiré.")


def _way(label: str, account: Account | None = None) -> list[tuple[str, str | None]]:
    steps: list[tuple[str, str | None]] = [("Personnes", url_for(".people"))]
    if account is not None:
        steps.append((account.full_name, url_for(".show_person", account_id=account.id)))
    return crumbs(*steps, (label, None))


def _person(account_id: UUID) -> Account:
    account = queries.person(account_id)
    if account is None:
        raise NotFound
    return account


def _described(form: PersonForm) -> dict[str, Any]:
    return {
        "full_name": form.full_name.data,
        "email": form.email.data,
        "job_title": form.job_title.data or "",
        "organisation": organisation_named(form.organisation.data, field="organisation"),
    }


def _act(account_id: UUID, use_case: Any, done: str) -> ResponseReturnValue:
    """Run a use case that takes the person alone, from a button of her page."""
    account = _person(account_id)
    form = ActionForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                use_case(account, actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash(done, "success")
            return redirect(url_for(".show_person", account_id=account_id), 303)
    return _person_page(_person(account_id), form)
