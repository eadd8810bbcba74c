"""What administrators do for teams: accounts to open for invited people, dossiers whose lead has left."""

from flask import url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.accounts.policies import is_admin
from guichet.applications import joining
from guichet.applications.views import bp
from guichet.applications.views.parts import Crumbs
from guichet.core.paging import paginate
from guichet.web.pages import page, requested_page


@bp.get("/administration/comptes-demandes")
@signed_in(Role.ADMIN, allowed=is_admin)
def wanted_accounts() -> ResponseReturnValue:
    found = paginate(joining.wanted_accounts(), requested_page())
    return page("applications/wanted_accounts.html", found=found, crumbs=_way("Comptes demandés"))


@bp.get("/administration/dossiers-sans-porteur")
@signed_in(Role.ADMIN, allowed=is_admin)
def without_lead() -> ResponseReturnValue:
    found = paginate(joining.without_lead(current_account()), requested_page())
    return page("applications/without_lead.html", found=found, crumbs=_way("Dossiers sans porteur"))


def _way(here: str) -> Crumbs:
    return [("Accueil", "/"), ("Administration", url_for("accounts.administration")), (here, None)]
