"""A notice and its subject become the texts of an e-mail."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from guichet.accounts.models import Account
from guichet.applications.appeal import WAYS_OF_APPEAL
from guichet.config import Settings
from guichet.notifications.teams import Outsider
from guichet.outbox.events import Event

# A condition that is not met leaves its empty line in the template.
_GAPS = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Texts:
    subject: str
    text: str
    html: str


def address(endpoint: str, **values: Any) -> str:
    """The full address of a page, as people reach it: e-mails are written where no request is."""
    base = urlsplit(_settings().base_url)
    adapter = current_app.url_map.bind(base.netloc, url_scheme=base.scheme, script_name=base.path or "/")
    return adapter.build(endpoint, values, force_external=True)


def render(template: str, event: Event, recipient: Account | Outsider, facts: dict[str, Any]) -> Texts:
    """The subject on one line, the text body, and the same words in HTML."""
    context = {
        "event": event,
        "recipient": recipient,
        "address": address,
        "base_url": _settings().base_url,
        "service_name": _settings().service_name,
        "contact_email": _settings().contact_email,
        "ways_of_appeal": WAYS_OF_APPEAL,
        **facts,
    }
    text = _GAPS.sub("\n\n", _fill(f"emails/{template}/body.txt", context)).strip() + "\n"
    subject = " ".join(_fill(f"emails/{template}/subject.txt", context).split())[:300]
    html = _fill("emails/body.html", {**context, "subject": subject, "blocks": list(blocks(text))})
    return Texts(subject, text, html)


@dataclass(frozen=True)
class Block:
    """A paragraph (its lines), a list (its items) or a link (its label, then its address)."""

    kind: str
    lines: list[str]


def blocks(text: str) -> Iterator[Block]:
    """The HTML body is drawn from the text one, so that the two can never disagree: blank lines part the blocks, lines
    that begin with "- " make a list, a line followed by an address alone makes a link."""
    for filled, lines in groupby(text.splitlines(), key=lambda line: bool(line.strip())):
        block = [line.strip() for line in lines]
        if not filled:
            continue
        if block[-1].startswith(("http://", "https://")) and len(block) == 2:
            yield Block("link", [block[0].rstrip(" :\u00a0"), block[1]])
        elif all(line.startswith("- ") for line in block):
            yield Block("list", [line[2:] for line in block])
        else:
            yield Block("paragraph", block)


def _fill(template: str, context: dict[str, Any]) -> str:
    # Without the pages' context processors: no person is signed in where an e-mail is written.
    return current_app.jinja_env.get_template(template).render(context)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
