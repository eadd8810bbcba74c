"""A call taken out as a file, brought in from one, or copied."""

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.calls import policies, portable, queries, services
from guichet.calls.forms.portable import CloneForm, ImportForm
from guichet.calls.views import bp
from guichet.calls.views.managing import PARTS
from guichet.calls.views.trail import crumbs
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.pages import page


@bp.get("/instruction/appels/<slug>/configuration.yaml")
@signed_in(*policies.FOLLOWERS)
def export(slug: str) -> ResponseReturnValue:
    actor = current_account()
    call = queries.managed(slug, actor, policies.can_follow, *PARTS)
    text = portable.dump(services.configuration_of(call, actor=actor))
    headers = {"Content-Disposition": f'attachment; filename="{call.slug}.yaml"'}
    return Response(text, mimetype="application/yaml", headers=headers)


@bp.route("/instruction/appels/importation", methods=["GET", "POST"])
@signed_in(Role.OFFICER, Role.ADMIN)
def import_call() -> ResponseReturnValue:
    form, faults = ImportForm(), list[str]()
    _require_creator()
    if form.validate_on_submit():
        try:
            form.text.data = form.source
            with unit_of_work():
                call = services.import_call(form.text.data, actor=current_account())
        except portable.Unreadable as problem:
            faults = problem.faults
            form.blame(RuleBroken("Le fichier ne peut être repris : corrigez les lignes indiquées.", field="text"))
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("L’appel est repris en brouillon. Ouvrez son enveloppe et ajoutez ses documents.", "success")
            return redirect(url_for(".manage", slug=call.slug), 303)
    return page("calls/import.html", form, faults=faults, crumbs=[*crumbs(), ("Importer un appel", None)])


@bp.route("/instruction/appels/<slug>/copie", methods=["GET", "POST"])
@signed_in(Role.OFFICER, Role.ADMIN)
def clone(slug: str) -> ResponseReturnValue:
    call = queries.managed(slug, current_account(), policies.can_follow, *PARTS)
    _require_creator()
    form = CloneForm(call)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                copied = services.clone(call, form.novelty, actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("L’appel est copié en brouillon. Ouvrez son enveloppe et ajoutez ses documents.", "success")
            return redirect(url_for(".manage", slug=copied.slug), 303)
    return page("calls/clone.html", form, call=call, crumbs=crumbs(call, "Copier"))


def _require_creator() -> None:
    if not policies.can_create(current_account()):
        raise Forbidden("Vous n’avez pas le droit de créer un appel.")
