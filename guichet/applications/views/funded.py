"""The projects already funded: a library open to everybody."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from guichet.accounts.access import current_account, public
from guichet.accounts.models import Account
from guichet.applications import funded
from guichet.applications.forms.funded import FundedFilter
from guichet.applications.views import bp
from guichet.core.paging import paginate
from guichet.web.pages import page, requested_page


@bp.get("/projets-finances")
@public
def funded_projects() -> ResponseReturnValue:
    reader = _reader()
    filters = FundedFilter(request.args).offer(funded.choices(reader))
    return page(
        "applications/funded_projects.html",
        filters,
        found=paginate(funded.found(reader, filters.wanted()), requested_page()),
        is_narrowed=any(request.args.values()),
        crumbs=[("Accueil", "/"), ("Projets financés", None)],
    )


@bp.get("/projets-finances/<uuid:application_id>")
@public
def funded_project(application_id: UUID) -> ResponseReturnValue:
    project = funded.one(_reader(), application_id)
    way = [("Accueil", "/"), ("Projets financés", url_for(".funded_projects")), (project.title, None)]
    return page("applications/funded_project.html", project=project, told=funded.told(project), crumbs=way)


def _reader() -> Account | None:
    return current_account() if current_user.is_authenticated else None
