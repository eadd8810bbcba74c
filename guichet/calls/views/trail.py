"""Where one is in the pages of those who run calls, and where to go for what is missing."""

from dataclasses import dataclass

from flask import url_for

from guichet.calls.completeness import missing
from guichet.calls.models import Call
from guichet.core import clock

Crumbs = list[tuple[str, str | None]]

# Where a gap is filled, when not in the form of the rules.
PAGES = {"criteria": "calls.criteria", "rounds": "calls.rounds", "envelope": "calls.envelope"}


@dataclass(frozen=True)
class ShownGap:
    message: str
    url: str


def gaps_of(call: Call) -> list[ShownGap]:
    """What the call lacks before its publication, each with the address of the field that fills it."""
    return [
        ShownGap(gap.message, url_for(PAGES[gap.field], slug=call.slug))
        if gap.field in PAGES
        else ShownGap(gap.message, url_for("calls.edit", slug=call.slug, _anchor=gap.field))
        for gap in missing(call, at=clock.now())
    ]


def crumbs(call: Call | None = None, here: str | None = None) -> Crumbs:
    trail: Crumbs = [("Accueil", "/"), ("Gestion des appels", url_for("calls.managed"))]
    if call is not None:
        trail.append((call.title, url_for("calls.manage", slug=call.slug)))
    if here is not None:
        trail.append((here, None))
    return trail
