"""The steps of a call that a person makes: each is confirmed on a page of its own, since none can be taken back."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import selectinload

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.calls import policies, queries, services
from guichet.calls.models import Call
from guichet.calls.views import bp
from guichet.calls.views.trail import crumbs, gaps_of
from guichet.calls.workflow import WORKFLOW
from guichet.core.errors import InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm
from guichet.web.pages import page


@dataclass(frozen=True)
class Step:
    """`name` in the workflow; what the page warns of; what it says when done."""

    name: str
    use: Callable[..., None]
    warning: str
    done: str


STEPS = {
    "publication": Step(
        "publish",
        services.publish,
        "L’appel devient public. Ses règles ne changeront plus : titre, dates, montants, critères, pièces.",
        "L’appel est publié.",
    ),
    "ouverture": Step(
        "open",
        services.open_now,
        "Le dépôt des dossiers ouvre tout de suite, sans attendre la date annoncée.",
        "Le dépôt des dossiers est ouvert.",
    ),
    "cloture": Step(
        "close",
        services.close_now,
        "Plus aucun dossier ne pourra être déposé. Les compléments déjà demandés gardent leur propre délai.",
        "Le dépôt des dossiers est clos.",
    ),
    "deliberation": Step(
        "start_deliberation",
        services.start_deliberation,
        "Le comité délibère : l’appel ne pourra plus rouvrir.",
        "La délibération est ouverte.",
    ),
    "resultats": Step(
        "publish_results",
        services.publish_results,
        "L’appel annoncera à tous que ses résultats sont publiés.",
        "Les résultats de l’appel sont publiés.",
    ),
    "archivage": Step(
        "archive",
        services.archive,
        "L’appel reste lisible, mais plus rien n’y changera, pas même son enveloppe.",
        "L’appel est archivé.",
    ),
}


@bp.route("/instruction/appels/<slug>/etapes/<word>", methods=["GET", "POST"])
@signed_in(Role.OFFICER, Role.ADMIN)
def step(slug: str, word: str) -> ResponseReturnValue:
    chosen = STEPS.get(word) or abort(404)
    call = queries.managed(slug, current_account(), policies.can_manage, *_LOADED)
    transition = WORKFLOW[chosen.name]
    if call.status not in transition.sources:
        raise InvalidTransition(f"Cette étape n’est plus possible : l’appel est « {call.status.label} ».")
    gaps = gaps_of(call) if chosen.name == "publish" else []
    form = ActionForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                chosen.use(call, actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash(chosen.done, "success")
            return redirect(url_for(".manage", slug=slug), 303)
    return page(
        "calls/step.html",
        form,
        call=call,
        step=chosen,
        label=transition.label,
        gaps=gaps,
        crumbs=crumbs(call, transition.label),
    )


_LOADED = (selectinload(Call.criteria), selectinload(Call.families), selectinload(Call.priority_actions))
