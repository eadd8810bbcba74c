"""What heads and ends every document that the service makes."""

import datetime as dt
from typing import Any

from flask import current_app

from guichet.config import Settings
from guichet.web.filters import day


def letterhead(
    *, title: str, description: str, reference: str, addressee: list[str], at: dt.datetime, contact: str = "", zone: str
) -> dict[str, Any]:
    """The data that templates/documents/layout.typ asks for; `contact` defaults to the service's own address."""
    settings: Settings = current_app.extensions["settings"]
    return {
        "title": title,
        "description": description,
        "footer": f"{title}, dossier {reference}",
        "service": {
            "name": settings.service_name,
            "purpose": "Guichet de financement du numérique écoresponsable",
            "contact": contact or settings.contact_email,
        },
        "block": {
            "lines": [line.strip() for line in settings.letterhead.split("|") if line.strip()],
            # The Republic and its motto are the State's: see STATE_BRAND.
            "state": settings.state_brand,
        },
        "addressee": addressee,
        "dated": f"Le {day(at, zone)}",
    }


def public_address(path: str) -> str:
    """The full address of a page, as people reach it."""
    settings: Settings = current_app.extensions["settings"]
    return settings.base_url + path
