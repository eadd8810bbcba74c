"""Eligibility, reopening, closing: a page for each, since each tells the team something."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Role
from guichet.applications.eligibility import judged
from guichet.applications.models import Application
from guichet.applications.policies import can_read_rewriting
from guichet.review.forms.eligibility import Answer, ClosingForm, EligibilityForm, ReopeningForm
from guichet.review.queries import desk
from guichet.review.services import eligibility as services
from guichet.review.views import bp
from guichet.review.views.steps import DOSSIER, back_to_dossier, carried_out, open_to, step_page


@bp.route(f"{DOSSIER}/recevabilite", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def eligibility(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, "declare_eligible")
    form = EligibilityForm()
    if carried_out(form, _decide, application, form):
        return back_to_dossier(application_id, "Décision enregistrée. L’équipe du dossier en est informée.")
    application = desk.one_for(current_account(), application_id)
    # What the team is rewriting is not judged: the step is not open any more.
    verdicts = judged(application) if can_read_rewriting(current_account(), application) else []
    return step_page("review/eligibility.html", form, "Décider de la recevabilité", application_id, verdicts=verdicts)


def _decide(application: Application, form: EligibilityForm, *, actor: Account) -> None:
    eligible = form.answer.data is Answer.ELIGIBLE
    use_case = services.declare_eligible if eligible else services.declare_ineligible
    use_case(application, form.full_reason, actor=actor)


@bp.route(f"{DOSSIER}/reouverture", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def reopening(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, "reopen_ineligible")
    form = ReopeningForm()
    if carried_out(form, services.reopen, application, form.full_reason):
        return back_to_dossier(application_id, "Le dossier est rouvert : une nouvelle décision est attendue.")
    return step_page("review/reopening.html", form, "Rouvrir la recevabilité", application_id)


@bp.route(f"{DOSSIER}/classement", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def closing(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, "close_without_follow_up")
    form = ClosingForm()
    if carried_out(form, services.close_without_follow_up, application, form.full_reason):
        return back_to_dossier(application_id, "Le dossier est classé sans suite. L’équipe en est informée.")
    return step_page("review/closing.html", form, "Classer sans suite", application_id)
