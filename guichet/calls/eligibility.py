"""What a call asks of who applies and of what is requested: the one place of these rules, judged in words. Pure.

Read by the call's public page, its self-test, the start of a dossier, its completeness, its submission and the desk.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from guichet.accounts.models import Organisation, OrganisationKind
from guichet.calls.models import Call
from guichet.core.money import rate
from guichet.web.filters import euros, percent

PLURALS = {
    OrganisationKind.MINISTRY: "les ministères",
    OrganisationKind.DIRECTION: "les directions d’un ministère",
    OrganisationKind.OPERATOR: "les opérateurs",
}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of a call. No kind or no name means that all may apply."""

    kinds: tuple[OrganisationKind, ...]
    named: Mapping[UUID, str]
    one_per_ministry: bool
    amount_min: Decimal
    amount_max: Decimal
    max_rate: Decimal
    staff_counted: bool


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for, in euros; `base` is the cost on which the rate is judged."""

    requested: Decimal
    total: Decimal
    staff: Decimal

    def base(self, rules: Rules) -> Decimal:
        return self.total if rules.staff_counted else self.total - self.staff

    def most(self, rules: Rules) -> Decimal:
        """The largest request that the rate allows, in whole cents."""
        return (self.base(rules) * rules.max_rate / 100).quantize(Decimal("0.01"), ROUND_DOWN)


@dataclass(frozen=True)
class Verdict:
    """One rule, judged: what is found in words, and what to do when it does not hold."""

    rule: str
    holds: bool
    message: str
    to_do: str = ""


def kept(rule: str, message: str) -> Verdict:
    return Verdict(rule, holds=True, message=message)


def broken(rule: str, message: str, to_do: str) -> Verdict:
    return Verdict(rule, holds=False, message=message, to_do=to_do)


def rules_of(call: Call, named: Iterable[Organisation]) -> Rules:
    """`named` are the organisations that the call names, loaded by the caller."""
    return Rules(
        kinds=tuple(kind for kind in OrganisationKind if kind.value in call.applicant_kinds),
        named={organisation.id: organisation.name for organisation in named},
        one_per_ministry=call.one_per_ministry,
        amount_min=call.amount_min,
        amount_max=call.amount_max,
        max_rate=call.max_rate,
        staff_counted=call.staff_cost_counted,
    )


def who_in_words(kinds: Collection[str], names: Iterable[str]) -> str:
    """Who may apply, as the public page says it."""
    told = listed(PLURALS[kind] for kind in OrganisationKind if kind.value in kinds)
    who = (
        f"Peuvent déposer : {told}."
        if told
        else "Peuvent déposer : les ministères, leurs directions et leurs opérateurs."
    )
    named = listed(names)
    return f"{who} L’appel est réservé à : {named}." if named else who


def listed(words: Iterable[str]) -> str:
    """« a, b et c »."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} et {last}" if first else last


def judge_kind(rules: Rules, kind: OrganisationKind) -> Verdict:
    if not rules.kinds or kind in rules.kinds:
        return kept("kind", f"Une organisation de cette nature peut déposer : {kind.label.lower()}.")
    allowed = listed(PLURALS[one] for one in rules.kinds)
    return broken(
        "kind",
        f"Seuls peuvent déposer {allowed}.",
        "Voyez avec votre ministère quelle organisation peut porter le projet.",
    )


def judge_name(rules: Rules, ids: Collection[UUID]) -> Verdict:
    """`ids` are those of the organisation and of its ministry: naming a ministry names what depends on it."""
    if not rules.named:
        return kept("name", "L’appel n’est réservé à aucune organisation en particulier.")
    if any(one in rules.named for one in ids):
        return kept("name", "Votre organisation est de celles auxquelles l’appel est réservé.")
    return broken(
        "name",
        f"L’appel est réservé à : {listed(rules.named.values())}.",
        "Cherchez un autre appel ouvert, ou associez-vous à l’une de ces organisations.",
    )


def judge_number(rules: Rules, *, already: bool) -> Verdict:
    """`already`: the ministry has submitted another dossier that still stands."""
    if not rules.one_per_ministry:
        return kept("number", "Un ministère peut déposer plusieurs dossiers.")
    if not already:
        return kept("number", "Votre ministère n’a pas encore déposé le seul dossier que l’appel lui permet.")
    return broken(
        "number",
        "L’appel accepte un seul dossier par ministère, et le vôtre en a déjà déposé un.",
        "Voyez avec le référent de votre ministère s’il faut retirer le premier dossier.",
    )


def judge_amount(rules: Rules, request: Request) -> Verdict:
    asked = f"{euros(request.requested)} demandés"
    if request.requested < rules.amount_min:
        return broken(
            "amount",
            f"{asked} : l’appel finance au moins {euros(rules.amount_min)}.",
            "Élargissez le projet, ou regroupez-le avec un projet proche.",
        )
    if request.requested > rules.amount_max:
        return broken(
            "amount",
            f"{asked} : l’appel finance au plus {euros(rules.amount_max)}.",
            "Réduisez la demande, ou trouvez un cofinancement.",
        )
    return kept("amount", f"{asked}, entre {euros(rules.amount_min)} et {euros(rules.amount_max)}.")


def judge_rate(rules: Rules, request: Request) -> Verdict:
    base = request.base(rules)
    most = min(request.most(rules), rules.amount_max)
    message = (
        f"{euros(request.requested)} demandés sur une assiette de {euros(base)}, "
        f"soit {percent(rate(request.requested, base), 2)} ; "
        f"le plafond est de {percent(rules.max_rate, 2)}, donc {euros(most)} au plus."
    )
    if request.requested * 100 <= base * rules.max_rate:
        return kept("rate", message)
    to_do = f"Demandez au plus {euros(most)}, ou augmentez la part payée par votre organisation."
    if not rules.staff_counted and request.staff:
        to_do += " Le personnel interne ne compte pas dans l’assiette."
    return broken("rate", message, to_do)


def judge_organisation(rules: Rules, organisation: Organisation) -> list[Verdict]:
    return [
        judge_kind(rules, organisation.kind),
        judge_name(rules, {organisation.id, organisation.ministry_id}),
    ]


def judge_request(rules: Rules, request: Request) -> list[Verdict]:
    return [judge_amount(rules, request), judge_rate(rules, request)]


def refusals(verdicts: Iterable[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if not verdict.holds]
