"""The demonstration's mailbox: what the people of the demonstration would have received. Registered in no other case."""

from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue

from guichet.demo import messages
from guichet.demo.forms import SearchForm
from guichet.web.access import public
from guichet.web.pages import page, requested_page

bp = Blueprint("demo", __name__, url_prefix="/boite-aux-lettres")

# A message comes from outside: no script, no request, no form; its links open in place of the whole page.
MESSAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)
LINKS_LEAVE_THE_FRAME = '<base target="_top">'


@bp.get("")
@public
def inbox() -> ResponseReturnValue:
    form = SearchForm(request.args, meta={"csrf": False})
    wanted = form.recipient.data or "" if form.validate() else ""
    found = messages.page_of(_folder(), recipient=wanted, number=requested_page())
    return page("demo/inbox.html", form, found=found, crumbs=[("Accueil", "/"), ("Boîte aux lettres", None)])


@bp.get("/<key>")
@public
def message(key: str) -> ResponseReturnValue:
    found = _message(key)
    crumbs = [("Accueil", "/"), ("Boîte aux lettres", "/boite-aux-lettres"), (found.subject, None)]
    return page("demo/message.html", message=found, crumbs=crumbs)


@bp.get("/<key>/apercu")
@public
def message_html(key: str) -> ResponseReturnValue:
    """The HTML version alone, for the frame of `message`."""
    html = _message(key).body("html")
    if html is None:
        abort(404)
    response = Response(LINKS_LEAVE_THE_FRAME + html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MESSAGE_POLICY
    return response


def _message(key: str) -> messages.Message:
    found = messages.one(_folder(), key)
    if found is None:
        abort(404)
    return found


def _folder() -> Path:
    folder: Path = current_app.extensions["settings"].demo_mailbox
    return folder
