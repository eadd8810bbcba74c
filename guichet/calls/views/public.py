"""What everybody reads: the list of calls, and each call."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from guichet.accounts.access import current_account, public
from guichet.accounts.models import Account, Role
from guichet.calls import eligibility, policies, queries, registry
from guichet.calls.forms.filters import CallFilter
from guichet.calls.views import bp
from guichet.core import clock
from guichet.core.paging import paginate
from guichet.web.pages import page, requested_page


@bp.get("/appels")
@public
def index() -> ResponseReturnValue:
    filters = CallFilter(request.args).offer(queries.priority_actions())
    found = paginate(queries.public(filters.period, filters.action_code), requested_page())
    now, reader = clock.now(), visitor()
    return page(
        "calls/index.html",
        follows=reader is not None and reader.has_role(*policies.FOLLOWERS),
        filters=filters,
        found=found,
        entries=[(call, policies.window_of(call, at=now)) for call in found.items],
        crumbs=[("Accueil", "/"), ("Appels à projets", None)],
    )


@bp.get("/appels/<slug>")
@public
def show(slug: str) -> ResponseReturnValue:
    reader = visitor()
    reading = queries.reading_of(slug, reader)
    now = clock.now()
    return page(
        "calls/show.html",
        reading=reading,
        call=reading.call,
        who=eligibility.who_in_words(reading.call.applicant_kinds, reading.organisations),
        window=policies.window_of(reading.call, at=now),
        at=now,
        drafts=registry.begun(reader, reading.call.id) if reader else [],
        may_start=reader is None or reader.has_role(Role.APPLICANT),
        can_follow=reader is not None and policies.can_follow(reader, reading.call),
        crumbs=[("Accueil", "/"), ("Appels à projets", url_for(".index")), (reading.call.title, None)],
    )


def visitor() -> Account | None:
    return current_account() if current_user.is_authenticated else None
