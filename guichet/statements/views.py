"""The pages that the law, and good manners, ask of a public service."""

import datetime as dt
from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from guichet.config import Settings
from guichet.core import clock
from guichet.web.access import public

bp = Blueprint("statements", __name__)

# When the two declarations were last written: an accessibility declaration is worth three years at most.
DECLARED_ON = dt.date(2026, 11, 23)
# RFC 9116 asks for a date less than a year ahead.
SECURITY_LIFETIME = dt.timedelta(days=180)
PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "public, max-age=86400"}


@bp.get("/accessibilite")
@public
def accessibility() -> ResponseReturnValue:
    return _statement("statements/accessibility.html", "Accessibilité", declared_on=DECLARED_ON)


@bp.get("/ecoconception")
@public
def eco_design() -> ResponseReturnValue:
    return _statement("statements/eco_design.html", "Écoconception", declared_on=DECLARED_ON)


@bp.get("/mentions-legales")
@public
def legal_notice() -> ResponseReturnValue:
    return _statement("statements/legal_notice.html", "Mentions légales")


@bp.get("/donnees-personnelles")
@public
def privacy() -> ResponseReturnValue:
    return _statement("statements/privacy.html", "Données personnelles")


@bp.get("/aide")
@public
def help_page() -> ResponseReturnValue:
    return _statement("statements/help.html", "Aide et contact")


@bp.get("/plan-du-site")
@public
def site_map() -> ResponseReturnValue:
    return _statement("statements/site_map.html", "Plan du site")


@bp.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Public pages may be indexed; a demonstration, never."""
    closed = ["/"] if _settings().demonstration else ["/connexion", "/mot-de-passe-oublie", "/nouveau-mot-de-passe/"]
    return "\n".join(["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]), 200, PLAIN


@bp.get("/.well-known/security.txt")
@public
def security() -> ResponseReturnValue:
    """Where to report a vulnerability (RFC 9116)."""
    settings = _settings()
    expires = (clock.now() + SECURITY_LIFETIME).replace(microsecond=0)
    lines = [
        f"Contact: mailto:{settings.security_email or settings.contact_email}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: fr, en",
        f"Canonical: {settings.base_url}{url_for('.security')}",
        "",
    ]
    return "\n".join(lines), 200, PLAIN


def _statement(template: str, label: str, **context: Any) -> ResponseReturnValue:
    crumbs = [("Accueil", url_for("dashboard.home")), (label, None)]
    return render_template(template, crumbs=crumbs, **context)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
