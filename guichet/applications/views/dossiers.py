"""Reading: the list of dossiers, the page of one, its content, its history."""

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account
from guichet.applications import funded, own, policies, queries
from guichet.applications.appeal import WAYS_OF_APPEAL
from guichet.applications.forms.start import ListFilter
from guichet.applications.models import Application
from guichet.applications.services import exports
from guichet.applications.timeline import Moment, timeline
from guichet.applications.views import bp
from guichet.applications.views.parts import dossier_page, gaps_with_links, section_items, steps
from guichet.audit import queries as audit
from guichet.audit.models import Audience
from guichet.core.paging import PAGE_SIZE, Page, paginate
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page

# The dossier's own page shows the latest lines of its history; the rest has a page.
LATEST = 6


@bp.get("/dossiers")
@signed_in()
def index() -> ResponseReturnValue:
    actor = current_account()
    filters = ListFilter(request.args)
    filters.offer(queries.calls_of(queries.mine(actor)), queries.rounds_of(queries.mine(actor)))
    filters.validate()
    rows = queries.listed(queries.mine(actor), **filters.wanted())
    return page(
        "applications/index.html",
        filters,
        found=paginate(rows, requested_page()),
        counts=queries.count_by_status(queries.mine(actor)),
        crumbs=[("Accueil", "/"), ("Dossiers", None)],
    )


@bp.get("/dossiers/<uuid:application_id>")
@signed_in()
def show(application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    moments = _history(application, actor)
    return dossier_page(
        "applications/show.html",
        None,
        application,
        sections=section_items(application, actor),
        gaps=gaps_with_links(application, actor),
        steps=steps(application, actor),
        is_writing=policies.can_edit(actor, application),
        close_projects=funded.close_to(application, actor) if policies.can_edit(actor, application) else [],
        can_delete=policies.can_delete(actor, application),
        can_manage_team=policies.can_manage_team(actor, application),
        latest_export=next(iter(exports.latest_of(actor, application)), None),
        is_officer=policies.is_officer(actor, application),
        news=own.news(application) if policies.can_edit(actor, application) else None,
        former=own.former_answers(application)[:20] if policies.can_edit(actor, application) else [],
        dismissal=ActionForm(formdata=None),
        latest=moments[:LATEST],
        has_more=len(moments) > LATEST,
        ways_of_appeal=WAYS_OF_APPEAL,
    )


@bp.get("/dossiers/<uuid:application_id>/contenu")
@signed_in()
def content(application_id: UUID) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    if not policies.can_read_rewriting(current_account(), application):
        latest = max((version.number for version in application.versions), default=0)
        return redirect(url_for(".version", application_id=application_id, number=latest), 303)
    return dossier_page("applications/content.html", None, application, "Contenu du dossier")


@bp.get("/dossiers/<uuid:application_id>/historique")
@signed_in()
def history(application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    moments = _history(application, actor)
    number = min(max(1, requested_page()), max(1, -(-len(moments) // PAGE_SIZE)))
    return dossier_page(
        "applications/history.html",
        None,
        application,
        "Historique",
        found=Page(moments[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, len(moments)),
    )


def _history(application: Application, actor: Account) -> list[Moment]:
    audiences = [Audience.TEAM]
    if policies.can_read_staff_entries(actor, application):
        audiences.append(Audience.STAFF)
    return timeline(audit.history_of(application, *audiences))
