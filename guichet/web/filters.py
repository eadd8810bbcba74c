"""How dates, amounts and sizes are written in French."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask

MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
NARROW, NO_BREAK = "\u202f", "\u00a0"
# The zones where the State's agents work, as they are named.
ZONES = {
    "Europe/Paris": "heure de Paris",
    "America/Guadeloupe": "heure de Guadeloupe",
    "America/Martinique": "heure de Martinique",
    "America/Cayenne": "heure de Guyane",
    "Indian/Reunion": "heure de La Réunion",
    "Indian/Mayotte": "heure de Mayotte",
    "America/Miquelon": "heure de Saint-Pierre-et-Miquelon",
    "America/St_Barthelemy": "heure de Saint-Barthélemy",
    "America/Marigot": "heure de Saint-Martin",
    "Indian/Kerguelen": "heure des Kerguelen",
    "Pacific/Noumea": "heure de Nouvelle-Calédonie",
    "Pacific/Tahiti": "heure de Tahiti",
    "Pacific/Wallis": "heure de Wallis-et-Futuna",
}


def day(value: dt.date | dt.datetime | None, zone: str = "Europe/Paris") -> str:
    """« 23 novembre 2026 »."""
    if value is None:
        return "—"
    if isinstance(value, dt.datetime):
        value = value.astimezone(ZoneInfo(zone)).date()
    number = "1er" if value.day == 1 else str(value.day)
    return f"{number}{NO_BREAK}{MONTHS[value.month - 1]}{NO_BREAK}{value.year}"


def moment(value: dt.datetime | None, zone: str = "Europe/Paris", *, with_zone: bool = True) -> str:
    """« 23 novembre 2026 à 14 h 05 (heure de Paris) »."""
    if value is None:
        return "—"
    written = f"{day(value, zone)} à{NO_BREAK}{hour(value, zone)}"
    return f"{written} ({ZONES.get(zone, zone)})" if with_zone else written


def hour(value: dt.datetime, zone: str = "Europe/Paris") -> str:
    """« 14 h 05 »."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local.hour}{NO_BREAK}h{NO_BREAK}{local.minute:02}"


def number(value: Decimal | float | None, places: int = 0) -> str:
    """« 1 234,5 » with `places` decimals at most."""
    if value is None:
        return "—"
    written = f"{Decimal(value):,.{places}f}".replace(",", NARROW).replace(".", ",")
    return written.rstrip("0").rstrip(",") if places and "," in written else written


def euros(value: Decimal | None) -> str:
    """« 50 000 € », the cents only when there are some."""
    if value is None:
        return "—"
    places = 0 if value == value.to_integral_value() else 2
    return f"{value:,.{places}f}".replace(",", NARROW).replace(".", ",") + f"{NO_BREAK}€"


def percent(value: Decimal | float | None, places: int = 1) -> str:
    """« 49,5 % »."""
    return "—" if value is None else f"{number(value, places)}{NO_BREAK}%"


def filesize(size: int) -> str:
    """« 1,2 Mo », decimal units."""
    for unit, step in (("Mo", 1_000_000), ("ko", 1_000)):
        if size >= step:
            return f"{number(Decimal(size) / step, 1)}{NO_BREAK}{unit}"
    return f"{size}{NO_BREAK}octets"


def init_app(app: Flask) -> None:
    for function in (day, moment, hour, number, euros, percent, filesize):
        app.add_template_filter(function)
