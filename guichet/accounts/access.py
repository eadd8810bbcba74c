"""Who is asking, and which views ask for which roles."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, g, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user

from guichet.accounts import queries
from guichet.accounts.forms.credentials import SignInForm
from guichet.accounts.models import Account, Role
from guichet.accounts.navigation import menu_for
from guichet.accounts.resuming import file_names, kept_fields
from guichet.config import Settings
from guichet.core.errors import Forbidden
from guichet.extensions import login_manager
from guichet.web.access import PUBLIC, declare, declared, lets_in, public

__all__ = ["PUBLIC", "close_session", "current_account", "declared", "open_session", "public", "signed_in"]

View = TypeVar("View", bound=Callable[..., Any])


def current_account() -> Account:
    """The signed-in person, as a plain object that services can take for actor."""
    return cast("Account", current_user._get_current_object())  # noqa: SLF001 - the documented way to leave the proxy


def signed_in(*roles: Role, allowed: Callable[[Account], bool] | None = None) -> Callable[[View], View]:
    """Only signed-in people reach this view, and among them only holders of one of `roles`, when some are named.

    `allowed` refuses further, when holding a role somewhere is not enough: the menu asks it too.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return _ask_to_sign_in()
            account = current_account()
            if not lets_in(guarded, account.roles, account):
                raise Forbidden("Cette page est réservée à un autre rôle que le vôtre.")
            return view(*args, **kwargs)

        return cast("View", declare(guarded, frozenset(roles), allowed))

    return decorate


def _ask_to_sign_in() -> Any:
    target = request.full_path.rstrip("?")
    if request.method == "GET":
        return redirect(url_for("accounts.sign_in", suite=target), 303)
    # The session ended while the person was typing: what she typed travels through the sign-in page.
    kept, files = kept_fields(request.form), file_names(request.files)
    form = SignInForm(formdata=None)
    return render_template("accounts/session_ended.html", form=form, kept=kept, files=files, target=target), 401


def open_session(account: Account) -> None:
    """Begin a session of `account`, with nothing of the one before: neither its content nor its CSRF token."""
    _forget_session()
    session.permanent = True
    login_user(account)


def close_session() -> None:
    logout_user()
    _forget_session()


def _forget_session() -> None:
    session.clear()
    # Flask-WTF keeps the token of the request here: a form of this answer must get one of the new session.
    g.pop("csrf_token", None)


def init_access(app: Flask, settings: Settings) -> None:
    login_manager.user_loader(queries.for_session)

    @app.context_processor
    def page_context() -> dict[str, Any]:
        account = current_account() if current_user.is_authenticated else None
        return {"menu": menu_for(account, request.path), "settings": settings}


def check_every_view_declares_its_access(app: Flask) -> None:
    """Raises RuntimeError naming the views that declare no access: forgetting must not open a door."""
    silent = [name for name, view in app.view_functions.items() if name != "static" and declared(view) is None]
    if silent:
        raise RuntimeError(f"views without declared access: {', '.join(sorted(silent))}")
