"""Administering organisations."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts import queries, services
from guichet.accounts.access import current_account
from guichet.accounts.forms.administration import NewOrganisationForm, OrganisationFilter, OrganisationForm
from guichet.accounts.models import Organisation
from guichet.accounts.views import bp
from guichet.accounts.views.administration import crumbs, for_administrators, organisation_named
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.paging import paginate
from guichet.core.transaction import unit_of_work
from guichet.web.pages import page, requested_page


@bp.get("/administration/organisations")
@for_administrators
def organisations() -> ResponseReturnValue:
    filters = OrganisationFilter(request.args, meta={"csrf": False})
    filters.validate()
    rows = queries.organisations(words=filters.q.data or "", kind=filters.kind.data)
    found = paginate(rows, requested_page())
    return render_template(
        "accounts/organisations.html",
        filters=filters,
        organisations=found,
        today=clock.today(),
        crumbs=crumbs(("Organisations", None)),
    )


@bp.route("/administration/organisations/nouvelle", methods=["GET", "POST"])
@for_administrators
def create_organisation() -> ResponseReturnValue:
    form = NewOrganisationForm(data={"valid_from": clock.today()})
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.create_organisation(
                    name=form.name.data,
                    short_name=form.short_name.data,
                    kind=form.kind.data,
                    parent=organisation_named(form.parent.data, field="parent"),
                    valid_from=form.valid_from.data,
                    valid_until=form.valid_until.data,
                    actor=current_account(),
                )
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("L’organisation est ajoutée.", "success")
            return redirect(url_for(".organisations"), 303)
    return page("accounts/organisation_form.html", form, organisation=None, crumbs=_way("Ajouter une organisation"))


@bp.route("/administration/organisations/<uuid:organisation_id>", methods=["GET", "POST"])
@for_administrators
def edit_organisation(organisation_id: UUID) -> ResponseReturnValue:
    organisation = db.session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound
    form = OrganisationForm(obj=organisation)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.edit_organisation(
                    organisation,
                    name=form.name.data,
                    short_name=form.short_name.data,
                    valid_from=form.valid_from.data,
                    valid_until=form.valid_until.data,
                    actor=current_account(),
                )
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Les changements sont enregistrés.", "success")
            return redirect(url_for(".organisations"), 303)
    return page("accounts/organisation_form.html", form, organisation=organisation, crumbs=_way(organisation.name))


def _way(label: str) -> list[tuple[str, str | None]]:
    return crumbs(("Organisations", url_for(".organisations")), (label, None))
