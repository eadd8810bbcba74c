"""Reading: the list of dossiers, the page of one, its content, its history."""

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account
from guichet.applications import funded, joining, listing, messages, own, policies, priorities, queries
from guichet.applications.appeal import WAYS_OF_APPEAL
from guichet.applications.forms.start import ListFilter
from guichet.applications.models import NEVER_SUBMITTED, Application, ApplicationStatus
from guichet.applications.services import exports, readings, receipts
from guichet.applications.timeline import Moment, read_by_others, timeline
from guichet.applications.views import bp
from guichet.applications.views.parts import dossier_page, gaps_with_links, section_items, steps
from guichet.audit import queries as audit
from guichet.audit.models import Audience
from guichet.core.paging import PAGE_SIZE, Page, paginate
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page

# The dossier's own page shows the latest lines of its history; the rest has a page.
LATEST = 6
# Those to choose from in the list: a page stays light.
CALLS = 20


@bp.get("/dossiers")
@signed_in()
def index() -> ResponseReturnValue:
    actor = current_account()
    mine = queries.mine(actor)
    answered = queries.answered(mine)
    counts, years = queries.tally(mine, listing.YEAR)
    filters = ListFilter(request.args).offer(answered.calls[:CALLS], answered.rounds, years)
    found = paginate(listing.listed(mine, filters.wanted(), actor=actor), requested_page())
    return page(
        "applications/index.html",
        filters,
        found=found,
        unread=messages.count_unread(actor, (one.id for one in found.items)),
        counts=counts,
        invitations=joining.invitations_awaiting(actor),
        transfers=joining.transfers_awaiting(actor),
        answer=ActionForm(formdata=None),
        to_order=priorities.to_order(actor),
        crumbs=[("Accueil", "/"), ("Dossiers", None)],
    )


@bp.get("/dossiers/<uuid:application_id>")
@signed_in()
def show(application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    moments = _history(application, actor)
    is_draft = application.status is ApplicationStatus.DRAFT
    return dossier_page(
        "applications/show.html",
        None,
        application,
        sections=section_items(application, actor),
        gaps=gaps_with_links(application, actor),
        steps=steps(application, actor),
        is_writing=policies.can_edit(actor, application),
        close_projects=funded.close_to(application, actor)
        if is_draft and policies.can_edit(actor, application)
        else [],
        can_read_unsent=policies.can_read_unsent(actor, application),
        reads_messages=policies.can_read_messages(actor, application),
        unread=_unread(application, actor),
        can_delete=policies.can_delete(actor, application),
        can_manage_team=policies.can_manage_team(actor, application),
        latest_export=next(iter(exports.latest_of(actor, application)), None),
        priority=priorities.shown(application) if _reads_priority(application, actor) else None,
        is_officer=policies.is_officer(actor, application),
        news=own.news(application) if policies.can_edit(actor, application) else None,
        former=own.former_answers(application)[:20] if policies.can_edit(actor, application) else [],
        reading=readings.reading_of(application),
        can_acknowledge=policies.can_acknowledge(actor, application),
        letter_failed=receipts.letter_failure_of(application) is not None,
        dismissal=ActionForm(formdata=None),
        latest=moments[:LATEST],
        has_more=len(moments) > LATEST,
        ways_of_appeal=WAYS_OF_APPEAL,
    )


def _reads_priority(application: Application, actor: Account) -> bool:
    """The order is the focal point's word to the service: the teams of her ministry are not compared on their own pages."""
    is_submitted = application.submitted_at is not None
    return is_submitted and (policies.is_focal_point(actor, application) or policies.is_officer(actor, application))


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


def _unread(application: Application, actor: Account) -> int:
    # Nobody writes about a draft: nothing is asked.
    if application.status in NEVER_SUBMITTED:
        return 0
    return messages.count_unread(actor, [application.id])[application.id]


def _history(application: Application, actor: Account) -> list[Moment]:
    audiences = [Audience.TEAM]
    if policies.can_read_staff_entries(actor, application):
        audiences.append(Audience.STAFF)
    history = audit.history_of(application, *audiences)
    if not policies.can_read_rewriting(actor, application):
        return timeline(read_by_others(history, application))
    return timeline(history)
