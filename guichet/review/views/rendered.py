"""The decisions rendered on a dossier, for all who may see it: the first ones stay readable when another replaces them."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.applications import queries as applications
from guichet.applications.models import Application
from guichet.core.errors import NotFound
from guichet.documents import queries as documents
from guichet.documents.serving import send
from guichet.review.queries import decisions, desk
from guichet.review.views import bp
from guichet.review.views.steps import Crumbs
from guichet.web.pages import page


@bp.get("/dossiers/<uuid:application_id>/decisions")
@signed_in()
def rendered(application_id: UUID) -> ResponseReturnValue:
    application = applications.one_for(current_account(), application_id)
    return page(
        "review/rendered.html",
        application=application,
        eligibility=desk.eligibility_of(application),
        decisions=decisions.rendered_on(application),
        crumbs=_crumbs(application),
    )


@bp.get("/dossiers/<uuid:application_id>/decisions/<uuid:decision_id>/lettre")
@signed_in()
def rendered_letter(application_id: UUID, decision_id: UUID) -> ResponseReturnValue:
    """The letter of a decision, in force or replaced: frozen as it was sent."""
    application = applications.one_for(current_account(), application_id)
    told = next((one for one in decisions.rendered_on(application) if one.id == decision_id), None)
    if told is None:
        raise NotFound("Cette décision n’existe pas.")
    return send(documents.by_id(told.letter_id))


def _crumbs(application: Application) -> Crumbs:
    dossier = url_for("applications.show", application_id=application.id)
    way: Crumbs = [("Accueil", "/"), ("Dossiers", url_for("applications.index"))]
    return [*way, (application.reference or application.known_title, dossier), ("Décisions rendues", None)]
