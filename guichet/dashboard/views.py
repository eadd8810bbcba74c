"""The public home page, and what awaits each signed-in person."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from guichet.accounts.access import current_account, public, signed_in
from guichet.accounts.models import Role
from guichet.core import clock
from guichet.dashboard import queries

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    reader = current_account() if current_user.is_authenticated else None
    return render_template(
        "dashboard/home.html",
        offered=queries.offered_calls(at=clock.now()),
        results=queries.latest_results(reader),
    )


@bp.get("/tableau-de-bord")
@signed_in()
def index() -> ResponseReturnValue:
    account = current_account()
    return render_template(
        "dashboard/index.html",
        piles=queries.awaiting(account, at=clock.now()),
        may_apply=account.has_role(Role.APPLICANT),
    )
