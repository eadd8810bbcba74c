"""Signing in and out."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from guichet.accounts import limits, services
from guichet.accounts.access import close_session, current_account, open_session, public
from guichet.accounts.forms.credentials import SignInForm
from guichet.accounts.resuming import MARK, kept_again, local_path, long_texts
from guichet.accounts.views import bp
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm
from guichet.web.pages import page

REFUSED = "Adresse ou mot de passe incorrect. Vérifiez les deux ; si vous avez oublié le mot de passe, choisissez-en un nouveau."


@bp.route("/connexion", methods=["GET", "POST"])
@public
@limits.failures_per_address
@limits.failures_per_network
def sign_in() -> ResponseReturnValue:
    target = local_path(request.args.get("suite"))
    resuming = target is not None and MARK in request.form
    if current_user.is_authenticated and request.method == "GET":
        return redirect(target or url_for("dashboard.index"), 303)
    form = SignInForm()
    kept = kept_again(request.form)
    if form.validate_on_submit() and _open_session(form):
        if resuming:
            return render_template(
                "accounts/resume.html", form=ActionForm(), target=target, kept=kept, long_texts=long_texts(kept)
            )
        return redirect(target or url_for("dashboard.index"), 303)
    template = "accounts/session_ended.html" if resuming else "accounts/sign_in.html"
    return page(template, form, target=target, kept=kept, files=[])


def _open_session(form: SignInForm) -> bool:
    with unit_of_work():
        account = services.sign_in(form.email.data, form.password.data)
    if account is None:
        form.blame(RuleBroken(REFUSED))
        return False
    open_session(account)
    return True


@bp.route("/deconnexion", methods=["GET", "POST"])
@public
def sign_out() -> ResponseReturnValue:
    """The header's button posts here; the page itself is for who came by its address, or waited too long."""
    form = ActionForm()
    if form.validate_on_submit() and current_user.is_authenticated:
        with unit_of_work():
            services.sign_out(actor=current_account())
        close_session()
        flash("Vous êtes déconnecté.", "success")
    if not current_user.is_authenticated:
        return redirect(url_for("dashboard.home"), 303)
    return page("accounts/sign_out.html", form)
