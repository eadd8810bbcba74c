"""What the rules of a call say of a budget, in words with its numbers. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from guichet.applications.budget import Summary
from guichet.calls.models import Call
from guichet.web.filters import euros, percent


@dataclass(frozen=True)
class Verdict:
    """A rule and what the budget makes of it."""

    is_kept: bool
    message: str


def verdicts(budget: Summary, call: Call) -> Iterator[Verdict]:
    """The rate first, then the amounts of the call, then the balance."""
    yield _rate(budget, call)
    asked = f"Vous demandez {euros(budget.requested)}"
    if budget.requested < call.amount_min:
        yield Verdict(is_kept=False, message=f"{asked} : l’appel finance au moins {euros(call.amount_min)}.")
    if budget.requested > call.amount_max:
        yield Verdict(is_kept=False, message=f"{asked} : l’appel finance au plus {euros(call.amount_max)} par projet.")
    yield _balance(budget)


def broken(budget: Summary, call: Call) -> list[str]:
    """Why this budget cannot be handed in."""
    return [verdict.message for verdict in verdicts(budget, call) if not verdict.is_kept]


def _rate(budget: Summary, call: Call) -> Verdict:
    most = min(budget.most(call.max_rate), call.amount_max)
    return Verdict(
        is_kept=not budget.exceeds(call.max_rate),
        message=(
            f"Vous demandez {euros(budget.requested)} sur une assiette de {euros(budget.base)}, "
            f"soit {percent(budget.rate, 2)} ; le plafond est de {percent(call.max_rate, 2)}, donc {euros(most)} au plus."
        ),
    )


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
