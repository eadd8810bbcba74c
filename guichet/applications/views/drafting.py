"""Beginning a dossier, and throwing a draft away."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Organisation, Role
from guichet.applications import begun, policies, queries
from guichet.applications.forms.start import StartForm
from guichet.applications.models import Application
from guichet.applications.services import drafting
from guichet.applications.views import bp
from guichet.applications.views.parts import dossier_page
from guichet.calls.models import Call
from guichet.calls.policies import window_of
from guichet.core import clock
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm
from guichet.web.pages import page


@bp.route("/appels/<slug>/dossier", methods=["GET", "POST"])
@signed_in(Role.APPLICANT)
def start(slug: str) -> ResponseReturnValue:
    actor = current_account()
    call = queries.call_to_answer(actor, slug)
    carriers = queries.carriers_for(actor)
    form = StartForm()
    form.organisation_id.offer((carrier.id, carrier.name) for carrier in carriers)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                application = _create(call, form, carriers, actor)
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Votre brouillon est créé. Il reste à vous tant que vous ne l’avez pas déposé.", "success")
            return redirect(url_for(".section", application_id=application.id, slug="projet"), 303)
    return _start_page(call, form, carriers, actor)


def _create(call: Call, form: StartForm, carriers: list[Organisation], actor: Account) -> Application:
    chosen = next((carrier for carrier in carriers if carrier.id == form.organisation_id.data), None)
    return drafting.create(
        call, organisation=chosen, title=form.title.data, another=bool(form.another.data), actor=actor
    )


def _start_page(call: Call, form: StartForm, carriers: list[Organisation], actor: Account) -> ResponseReturnValue:
    if len(carriers) == 1 and not form.is_submitted():
        form.organisation_id.data = carriers[0].id
    return page(
        "applications/start.html",
        form,
        call=call,
        window=window_of(call, at=clock.now()),
        has_carriers=bool(carriers),
        drafts=begun.by(actor, call.id),
        crumbs=[
            ("Accueil", "/"),
            ("Appels à projets", url_for("calls.index")),
            (call.title, url_for("calls.show", slug=call.slug)),
            ("Nouveau dossier", None),
        ],
    )


@bp.route("/dossiers/<uuid:application_id>/suppression", methods=["GET", "POST"])
@signed_in()
def delete(application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    if not policies.can_delete(actor, application):
        raise Forbidden("Seul le porteur peut supprimer un dossier, tant qu’il est en brouillon.")
    form = ActionForm()
    if form.validate_on_submit():
        with unit_of_work():
            drafting.delete(application, actor=actor)
        flash("Le brouillon est supprimé.", "success")
        return redirect(url_for(".index"), 303)
    return dossier_page("applications/delete.html", form, application, "Supprimer le brouillon")
