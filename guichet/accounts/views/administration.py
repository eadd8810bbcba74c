"""Who may administer, and the first page of the administration."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts import policies, queries
from guichet.accounts.access import signed_in
from guichet.accounts.models import Organisation, Role
from guichet.accounts.views import bp
from guichet.core.errors import RuleBroken

# Only administrators of the whole window reach these views.
for_administrators = signed_in(Role.ADMIN, allowed=policies.is_admin)


def crumbs(*steps: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """Where one is in the administration; a step is (label, address), None for the page itself."""
    return [("Accueil", url_for("dashboard.home")), ("Administration", url_for(".administration")), *steps]


def organisation_named(typed: str, *, field: str) -> Organisation | None:
    """The organisation that `typed` names, None when nothing was typed. Raises RuleBroken on `field`."""
    if not typed:
        return None
    found = queries.organisations_named(typed)
    if not found:
        raise RuleBroken("Aucune organisation ne porte ce nom ni ce sigle.", field=field)
    if len(found) > 1:
        names = ", ".join(f"« {organisation.name} »" for organisation in found)
        raise RuleBroken(f"Plusieurs organisations ont ce nom ou ce sigle : {names}.", field=field)
    return found[0]


@bp.get("/administration")
@for_administrators
def administration() -> ResponseReturnValue:
    people, organisations = queries.headcount()
    way = [("Accueil", url_for("dashboard.home")), ("Administration", None)]
    return render_template("accounts/administration.html", people=people, organisations=organisations, crumbs=way)
