"""Dossiers and their authors, put in a running site for one test, and a browser already signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from playwright.sync_api import Page

from guichet.accounts.models import Role
from guichet.applications import queries
from guichet.applications.models import Application
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.journeys.conftest import Site, Window
from tests.journeys.crawl import session_of
from tests.journeys.pages import Person

COOKIE = "guichet"


@dataclass(frozen=True)
class Draft:
    """A draft and its lead as the test knows them, out of any session."""

    name: str
    email: str
    session_id: str
    address: str
    application_id: Any
    call_id: Any
    slug: str
    ministry: str


def begin(app: Flask, *, complete: bool = False, **columns: Any) -> Draft:
    """A new person of a new ministry, and her draft in a new call."""
    with app.app_context(), unit_of_work():
        lead = make_account(Role.APPLICANT, password=True)
        call = make_call()
        draft = make_application(call=call, lead=lead, complete=complete, **columns)
        return Draft(
            name=lead.full_name,
            email=lead.email,
            session_id=lead.get_id(),
            address=f"/dossiers/{draft.id}",
            application_id=draft.id,
            call_id=call.id,
            slug=call.slug,
            ministry=str(lead.organisation_id),
        )


def arrive(site: Site | Window, draft: Draft, visit: Callable[..., Page], **options: Any) -> Person:
    """The draft's lead at her browser, signed in by cookie: the sign-in page has tests of its own."""
    page = visit(site.url, **options)
    sign_in_by_cookie(site, draft, page)
    return Person(draft.name, draft.email, page)


def sign_in_by_cookie(site: Site | Window, draft: Draft, page: Page) -> None:
    """A new session, as if she had signed in from another tab."""
    cookie = session_of(site.app, draft.session_id).get_cookie(COOKIE)
    assert cookie is not None
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])


def stored(site: Site | Window, draft: Draft, *names: str) -> tuple[Any, ...]:
    """Those columns of the dossier as the database has them."""
    with site.app.app_context():
        application: Application = queries.loaded(draft.application_id)
        return tuple(getattr(application, name) for name in names)
