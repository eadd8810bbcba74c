"""A call's configuration as one readable YAML file, and back. Pure: no database here (see reading.py for the dangers).

What packages above add to the file (the call's own questions) are chapters, which registry.py holds.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from guichet.accounts.models import OrganisationKind
from guichet.calls.dating import MOST_ROUNDS, CallKind
from guichet.calls.models import Applicability
from guichet.calls.reading import LARGEST_FILE, Block, Unreadable, compose, told
from guichet.calls.registry import chapters
from guichet.core.money import LARGEST
from guichet.web.filters import ZONES

__all__ = ["LARGEST_FILE", "Configuration", "CriterionLine", "OrganisationKind", "Unreadable", "dump", "load"]

FORMAT = 1
# How the file says how a call is dated; a file of before says nothing, and has one closing.
WORDS = {CallKind.DATED: "cloture unique", CallKind.ROUNDS: "releves", CallKind.CONTINUOUS: "continu"}


@dataclass(frozen=True, kw_only=True)
class CriterionLine:
    title: str
    description: str
    weight: Decimal
    highest_mark: int
    applicability: Applicability


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What the file says. Families, actions and organisations are named: whoever imports looks them up."""

    title: str
    code: str
    summary: str
    description: str
    who_may_apply: str
    contact_email: str
    time_zone: str
    kind: CallKind
    opens_at: dt.datetime
    # None where rounds say it, or where a continuous call is open until further notice.
    closes_at: dt.datetime | None
    amount_min: Decimal
    amount_max: Decimal
    max_rate: Decimal
    staff_cost_counted: bool
    endorsement_required: bool
    reviews_required: int
    decision_delay_days: int | None
    applicant_kinds: tuple[OrganisationKind, ...]
    organisations: tuple[str, ...]
    one_per_ministry: bool
    families: tuple[str, ...]
    priority_actions: tuple[str, ...]
    criteria: tuple[CriterionLine, ...]
    attachments: tuple[tuple[str, bool], ...]
    # Label (empty: called by its rank) and closing.
    rounds: tuple[tuple[str, dt.datetime], ...]
    # Named only: the files themselves are added by hand.
    documents: tuple[str, ...]
    # By key of the file, what the chapters of other packages say.
    chapters: Mapping[str, Any] = field(default_factory=dict)
    # Line of each value that is looked up elsewhere: told when it is not found.
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict, compare=False)


# Writing


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # A text of several lines reads as it was typed.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _write_number(dumper: yaml.SafeDumper, number: Decimal) -> yaml.ScalarNode:
    plain = f"{number:f}"
    return dumper.represent_scalar("tag:yaml.org,2002:float" if "." in plain else "tag:yaml.org,2002:int", plain)


_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(Decimal, _write_number)


def dump(configuration: Configuration) -> str:
    """The file; `load` gives the same configuration back."""
    said = {"format": FORMAT} | _words(configuration) | _rules(configuration) | _lists(configuration)
    said |= {
        key: one.write(configuration.chapters[key])
        for key, one in chapters().items()
        if configuration.chapters.get(key)
    }
    return yaml.dump(said, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def _words(one: Configuration) -> dict[str, Any]:
    return {
        "titre": one.title,
        "code": one.code,
        "resume": one.summary,
        "presentation": one.description,
        "qui_peut_deposer": one.who_may_apply,
        "contact": one.contact_email,
    }


def _rules(one: Configuration) -> dict[str, Any]:
    zone = ZoneInfo(one.time_zone)

    def written(moment: dt.datetime) -> str:
        # With the offset: an hour comes twice in an autumn night.
        return moment.astimezone(zone).isoformat()

    dates: dict[str, Any] = {"fuseau": one.time_zone, "calendrier": WORDS[one.kind], "ouverture": written(one.opens_at)}
    if one.closes_at is not None:
        dates["cloture"] = written(one.closes_at)
    if one.rounds:
        dates["releves"] = [{"nom": label, "cloture": written(closing)} for label, closing in one.rounds]
    return {
        "dates": dates,
        "argent": {
            "montant_minimal": one.amount_min,
            "montant_maximal": one.amount_max,
            "taux_maximal": one.max_rate,
            "personnel_compte": one.staff_cost_counted,
        },
        "eligibilite": {
            "natures": [kind.value for kind in one.applicant_kinds],
            "organisations": list(one.organisations),
            "un_dossier_par_ministere": one.one_per_ministry,
        },
        "instruction": {
            "visa": one.endorsement_required,
            "evaluations": one.reviews_required,
            "delai_de_decision": one.decision_delay_days,
        },
    }


def _lists(one: Configuration) -> dict[str, Any]:
    criteria = [
        {
            "titre": line.title,
            "attendu": line.description,
            "poids": line.weight,
            "note_maximale": line.highest_mark,
            "s_applique_a": line.applicability.value,
        }
        for line in one.criteria
    ]
    return {
        "familles": list(one.families),
        "actions_prioritaires": list(one.priority_actions),
        "criteres": criteria,
        "pieces": [{"nom": label, "obligatoire": required} for label, required in one.attachments],
        "documents": list(one.documents),
    }


# Reading


def load(text: str) -> Configuration:
    """Raises Unreadable, naming every fault and its line."""
    faults: list[tuple[int, str]] = []
    found = _Root(compose(text), "", faults).configuration()
    if faults:
        raise Unreadable(told(faults))
    return found


class _Root(Block):
    """The whole file."""

    def configuration(self) -> Configuration:
        if self.whole("format", 1, 99) != FORMAT:
            self.blame(self.held["format"], f"« format » doit être {FORMAT}.")
        code = self.text("code", 20, required=True)
        if code and not re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)*", code):
            self.blame(self.held["code"], "« code » attend des capitales sans accent, des chiffres et des tirets.")
        if code:
            self.lines["code", code] = self.held["code"].start_mark.line + 1
        contact = self.text("contact", 254)
        if contact and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", contact):
            self.blame(self.held["contact"], "« contact » attend une adresse électronique.")
        parts = self._dates() | self._money() | self._eligibility() | self._processing()
        found = Configuration(
            title=self.text("titre", 200, required=True),
            code=code,
            summary=self.text("resume", 500, required=True),
            description=self.text("presentation", 10_000),
            who_may_apply=self.text("qui_peut_deposer", 2_000),
            contact_email=contact,
            families=self.names("familles", 50),
            priority_actions=self.names("actions_prioritaires", 50),
            criteria=self.listed("criteres", 15, self._criterion),
            attachments=self._attachments(),
            documents=self.names("documents", 10),
            lines=self.lines,
            chapters={key: value for key, one in chapters().items() if (value := one.read(self, key))},
            **parts,
        )
        self.done()
        return found

    def _dates(self) -> dict[str, Any]:
        block = self.block("dates")
        zone = block.choice("fuseau", {name: name for name in ZONES})
        kind = CallKind.DATED
        if "calendrier" in block.held:
            kind = block.choice("calendrier", {word: one for one, word in WORDS.items()})
        opens_at = block.moment("ouverture", zone)
        found = {"time_zone": zone, "kind": kind, "opens_at": opens_at, "closes_at": None, "rounds": ()}
        if kind is CallKind.ROUNDS:
            found["rounds"] = self._rounds(block, zone, opens_at)
        elif kind is CallKind.DATED or "cloture" in block.held:
            found["closes_at"] = closes_at = block.moment("cloture", zone)
            if "cloture" in block.held and closes_at <= opens_at:
                block.blame(block.held["cloture"], "la clôture doit suivre l’ouverture.")
        block.done()
        return found

    def _rounds(self, block: Block, zone: str, opens_at: dt.datetime) -> tuple[tuple[str, dt.datetime], ...]:
        """In their order, each after the one before."""
        latest = opens_at

        def read(node: yaml.Node) -> tuple[str, dt.datetime]:
            nonlocal latest
            one = Block(node, "dates.releves.", self.faults)
            label, closing = one.text("nom", 60), one.moment("cloture", zone)
            if "cloture" in one.held and closing <= latest:
                one.blame(
                    one.held["cloture"], "la clôture d’une relève doit suivre l’ouverture et la relève précédente."
                )
            latest = max(latest, closing)
            one.done()
            return label, closing

        return block.listed("releves", MOST_ROUNDS, read)

    def _money(self) -> dict[str, Any]:
        block = self.block("argent")
        least, most = (
            block.number(name, Decimal("0.01"), LARGEST, 2) for name in ("montant_minimal", "montant_maximal")
        )
        if most < least and "montant_maximal" in block.held:
            block.blame(block.held["montant_maximal"], "le montant maximal doit atteindre le montant minimal.")
        found = {
            "amount_min": least,
            "amount_max": most,
            "max_rate": block.number("taux_maximal", Decimal("0.01"), Decimal(100), 2),
            "staff_cost_counted": block.truth("personnel_compte"),
        }
        block.done()
        return found

    def _eligibility(self) -> dict[str, Any]:
        block = self.block("eligibilite")
        known = {kind.value: kind for kind in OrganisationKind}
        words = block.names("natures", len(known))
        for word in words:
            if word not in known:
                self.faults.append((block.lines["natures", word], f"« natures » attend : {', '.join(known)}."))
        found = {
            "applicant_kinds": tuple(kind for kind in OrganisationKind if kind.value in words),
            "organisations": block.names("organisations", 50),
            "one_per_ministry": block.truth("un_dossier_par_ministere"),
        }
        self.lines |= block.lines
        block.done()
        return found

    def _processing(self) -> dict[str, Any]:
        block = self.block("instruction")
        found = {
            "endorsement_required": block.truth("visa"),
            "reviews_required": block.whole("evaluations", 1, 10),
            "decision_delay_days": block.whole_or_none("delai_de_decision", 1, 730),
        }
        block.done()
        return found

    def _criterion(self, node: yaml.Node) -> CriterionLine:
        block = Block(node, "criteres.", self.faults)
        found = CriterionLine(
            title=block.text("titre", 200, required=True),
            description=block.text("attendu", 2_000),
            weight=block.number("poids", Decimal("0.01"), Decimal(100), 2),
            highest_mark=block.whole("note_maximale", 1, 20),
            applicability=block.choice("s_applique_a", {one.value: one for one in Applicability}),
        )
        block.done()
        return found

    def _attachments(self) -> tuple[tuple[str, bool], ...]:
        seen: set[str] = set()

        def read(node: yaml.Node) -> tuple[str, bool]:
            block = Block(node, "pieces.", self.faults)
            label, required = block.text("nom", 200, required=True), block.truth("obligatoire")
            if label in seen:
                block.blame(node, f"la pièce « {label[:60]} » est demandée deux fois.")
            seen.add(label)
            block.done()
            return label, required

        return self.listed("pieces", 15, read)
