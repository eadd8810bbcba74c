"""One's account, and the choice of a password."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts import limits, queries, services
from guichet.accounts.access import current_account, open_session, public, signed_in
from guichet.accounts.forms.credentials import ChangePasswordForm, ForgottenPasswordForm, NewPasswordForm
from guichet.accounts.views import bp
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.pages import page


@bp.get("/mon-compte")
@signed_in()
def my_account() -> ResponseReturnValue:
    account = current_account()
    crumbs = [("Accueil", url_for("dashboard.home")), ("Mon compte", None)]
    return render_template("accounts/my_account.html", account=account, roles=queries.roles_of(account), crumbs=crumbs)


@bp.route("/mon-compte/mot-de-passe", methods=["GET", "POST"])
@signed_in()
@limits.failures_per_person
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if form.validate_on_submit():
        account = current_account()
        try:
            with unit_of_work():
                services.change_password(form.current.data, form.new.data, actor=account)
        except RuleBroken as problem:
            form.blame(problem)
        else:
            open_session(account)
            flash("Votre mot de passe est changé. Vos autres sessions sont fermées.", "success")
            return redirect(url_for(".my_account"), 303)
    return page("accounts/change_password.html", form)


@bp.route("/mot-de-passe-oublie", methods=["GET", "POST"])
@public
@limits.requests_per_address
@limits.requests_per_network
def forgotten_password() -> ResponseReturnValue:
    form = ForgottenPasswordForm()
    if form.validate_on_submit():
        with unit_of_work():
            services.request_reset(form.email.data)
        return redirect(url_for(".forgotten_password_sent"), 303)
    return page("accounts/forgotten_password.html", form)


@bp.get("/mot-de-passe-oublie/envoye")
@public
def forgotten_password_sent() -> ResponseReturnValue:
    return render_template("accounts/forgotten_password_sent.html")


@bp.route("/nouveau-mot-de-passe/<string(maxlength=100):secret>", methods=["GET", "POST"])
@public
@limits.failures_per_network
def new_password(secret: str) -> ResponseReturnValue:
    """Opening the link changes nothing: mail scanners open links too. Only the form's post uses it."""
    reset = queries.usable_reset(services.fingerprint(secret))
    if reset is None:
        return render_template("accounts/link_over.html"), 404
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.choose_password(secret, form.new.data)
        except RuleBroken as problem:
            form.blame(problem)
        except NotFound:
            return render_template("accounts/link_over.html"), 404
        else:
            flash("Votre mot de passe est enregistré. Connectez-vous.", "success")
            return redirect(url_for(".sign_in"), 303)
    return page("accounts/new_password.html", form, account=reset.account)
