"""What the committee reads of a dossier on its agenda: content, files, justifications of the marks."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.applications.models import Application
from guichet.core.paging import paginate
from guichet.core.policy import require
from guichet.documents.serving import hand_out
from guichet.review import policies
from guichet.review.models import CommitteeSession
from guichet.review.queries import committee
from guichet.review.queries import content as contents
from guichet.review.views import bp
from guichet.review.views.sessions import crumbs_of
from guichet.web.pages import page, requested_page

DOSSIER = "/seances/<uuid:session_id>/dossiers/<uuid:application_id>"


@bp.get(f"{DOSSIER}/avis")
@signed_in(*committee.READERS)
def opinions(session_id: UUID, application_id: UUID) -> ResponseReturnValue:
    """The justifications of every mark, a few reviewers at a time."""
    session, application = _on_agenda(session_id, application_id)
    require(policies.can_read_opinions, current_account(), session)
    found = paginate(committee.opinions_on(application), requested_page(), size=3)
    crumbs = crumbs_of(session, application.reference or "", "Avis")
    return page("review/opinions.html", session=session, application=application, found=found, crumbs=crumbs)


@bp.get(f"{DOSSIER}/contenu")
@signed_in(*committee.READERS)
def agenda_content(session_id: UUID, application_id: UUID) -> ResponseReturnValue:
    session, application = _on_agenda(session_id, application_id)
    crumbs = crumbs_of(session, application.reference or "", "Contenu du dossier")
    content = contents.content_of(application)
    return page("review/agenda_content.html", session=session, content=content, crumbs=crumbs)


@bp.get(f"{DOSSIER}/pieces/<uuid:attachment_id>")
@signed_in(*committee.READERS)
def agenda_attachment(session_id: UUID, application_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    session, application = _on_agenda(session_id, application_id)
    crumbs = crumbs_of(session, application.reference or "", "Pièce jointe")
    return hand_out(contents.document_of(application, attachment_id), crumbs=crumbs)


def _on_agenda(session_id: UUID, application_id: UUID) -> tuple[CommitteeSession, Application]:
    actor = current_account()
    session = committee.one_for(actor, session_id)
    return session, committee.on_agenda(session, actor, application_id)
