"""The self-test: anybody asks whether a project could be taken, before writing anything. Nothing of it is kept."""

from flask import url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import public
from guichet.accounts.models import Role
from guichet.calls import eligibility, policies, queries
from guichet.calls.forms.self_test import SelfTestForm
from guichet.calls.views import bp
from guichet.calls.views.public import visitor
from guichet.core import clock
from guichet.core.errors import RuleBroken
from guichet.web.pages import page


@bp.route("/appels/<slug>/eligibilite", methods=["GET", "POST"])
@public
def self_test(slug: str) -> ResponseReturnValue:
    reader = visitor()
    reading = queries.reading_of(slug, reader)
    call = reading.call
    named = queries.organisations_of(call.id)
    rules = eligibility.rules_of(call, named)
    form = SelfTestForm().offer(named, one_per_ministry=call.one_per_ministry)
    verdicts: list[eligibility.Verdict] = []
    if form.validate_on_submit():
        try:
            verdicts = _judge(rules, form)
        except RuleBroken as problem:
            form.blame(problem)
    return page(
        "calls/self_test.html",
        form,
        call=call,
        required=[label for label, required in reading.attachments if required],
        verdicts=verdicts,
        refused=eligibility.refusals(verdicts),
        is_open=policies.is_open(call, at=clock.now()),
        may_start=reader is None or reader.has_role(Role.APPLICANT),
        crumbs=[
            ("Accueil", "/"),
            ("Appels à projets", url_for(".index")),
            (call.title, url_for(".show", slug=slug)),
            ("Mon projet est-il éligible ?", None),
        ],
    )


def _judge(rules: eligibility.Rules, form: SelfTestForm) -> list[eligibility.Verdict]:
    already = "already" in form and bool(form.already.data)
    return [
        eligibility.judge_kind(rules, form.kind.data),
        eligibility.judge_name(rules, form.ids),
        eligibility.judge_number(rules, already=already),
        *eligibility.judge_request(rules, form.request),
    ]
