"""What the rules of a call say of a budget, in words with its numbers. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from guichet.applications.budget import Summary
from guichet.calls import eligibility
from guichet.calls.models import Call
from guichet.web.filters import euros


@dataclass(frozen=True)
class Verdict:
    """A rule and what the budget makes of it."""

    is_kept: bool
    message: str


def verdicts(budget: Summary, call: Call) -> Iterator[Verdict]:
    """The rate first, then the amounts of the call when they are not kept, then the balance."""
    rules = eligibility.rules_of(call, ())
    request = eligibility.Request(requested=budget.requested, total=budget.total, staff=budget.staff)
    rate, amount = eligibility.judge_rate(rules, request), eligibility.judge_amount(rules, request)
    yield Verdict(is_kept=rate.holds, message=rate.message)
    if not amount.holds:
        yield Verdict(is_kept=False, message=amount.message)
    yield _balance(budget)


def broken(budget: Summary, call: Call) -> list[str]:
    """Why this budget cannot be handed in."""
    return [verdict.message for verdict in verdicts(budget, call) if not verdict.is_kept]


def _balance(budget: Summary) -> Verdict:
    if budget.is_balanced:
        message = (
            f"Les ressources égalent les dépenses : {euros(budget.requested)} demandés, {euros(budget.cofunded)} "
            f"cofinancés, {euros(budget.own)} à la charge de votre organisation, pour {euros(budget.total)} de dépenses."
        )
        return Verdict(is_kept=True, message=message)
    resources = budget.requested + budget.cofunded
    message = (
        f"Vous demandez {euros(budget.requested)} et d’autres apportent {euros(budget.cofunded)}, soit {euros(resources)} "
        f"pour {euros(budget.total)} de dépenses : c’est {euros(-budget.own)} de trop."
    )
    return Verdict(is_kept=False, message=message)
