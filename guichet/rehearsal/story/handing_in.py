"""First act: the call is published and opens, three dossiers are written and handed in."""

import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.accounts.queries import holders_of
from guichet.applications import completeness
from guichet.applications.models import Application, ApplicationVersion, Section
from guichet.applications.queries import one_for
from guichet.applications.services import drafting, submission
from guichet.calls import queries as calls
from guichet.calls import services as call_services
from guichet.calls.completeness import missing
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.documents.models import Document
from guichet.rehearsal.report import Obstacle, Place
from guichet.rehearsal.story.blocked import Blocked, obstacle_of
from guichet.rehearsal.story.cast import Team
from guichet.rehearsal.story.copying import may_anybody_apply
from guichet.rehearsal.story.dossiers import PROFILES, write
from guichet.rehearsal.story.stage import Stage, reviewers
from guichet.web.filters import euros, moment


def present(stage: Stage) -> None:
    """Who plays, and whether the window has the people who will have to play it for good."""
    if not may_anybody_apply(stage.model):
        raise Blocked(
            "L’appel est réservé à des organisations dont la nature n’est pas admise : personne ne pourrait déposer.",
            Place.RULES,
        )
    stage.say(
        "Trois ministères fictifs, chacun avec un porteur et un référent ; un chargé d’instruction, "
        f"{reviewers(stage)} et un président, fictifs aussi.",
        f"Les dossiers sont numérotés sous le code d’essai « {stage.call.code} », au lieu de « {stage.model.code} ».",
        f"L’enveloppe de la répétition est celle de l’appel : {euros(stage.call.envelope_left)}.",
    )
    if stage.model.organisations:
        stage.say("L’appel est réservé à des organisations nommées : les organisations fictives en tiennent lieu.")
    wanted = {Role.OFFICER: 1, Role.REVIEWER: stage.model.reviews_required, Role.CHAIR: 1}
    for role, least in wanted.items():
        held = len(holders_of(role, call_id=stage.model.id))
        if held < least:
            stage.remark(
                f"Rôle « {role.label} » : {held} sur cet appel, il en faut au moins {least}. Donnez ce rôle avant l’ouverture."
            )


def publish(stage: Stage) -> None:
    if gaps := missing(calls.with_lists(stage.call.id), at=clock.now()):
        raise Blocked.by([obstacle_of(RuleBroken(gap.message, field=gap.field), Place.RULES) for gap in gaps])
    call_services.publish(stage.call, actor=stage.cast.officer)
    stage.say("L’appel est public. Ses règles ne changent plus.")


def open_call(stage: Stage) -> None:
    call_services.open_now(stage.call, actor=None)
    closing = stage.call.closes_at
    until = (
        f"Il sera clos le {moment(closing, stage.call.time_zone)}" if closing else "Il le reste jusqu’à nouvel ordre"
    )
    stage.say(f"L’horloge ouvre le dépôt. {until}.")


def write_dossiers(stage: Stage) -> None:
    for profile, team in zip(PROFILES, stage.cast.teams, strict=True):
        application = drafting.create(stage.call, organisation=team.carrier, title=profile.title, actor=team.lead)
        db.session.flush()
        stage.dossiers.append(application.id)
        application, remarks = write(one_for(team.lead, application.id), profile, team)
        stage.say(
            f"« {profile.title} », {team.carrier.short_name} : {euros(application.amount_requested)} demandés "
            f"pour {euros(application.total_cost)} de dépenses."
        )
        stage.remark(*remarks)
    stage.look("Rédaction")


def hand_in(stage: Stage) -> None:
    for dossier, team in zip(stage.dossiers, stage.cast.teams, strict=True):
        application = one_for(team.lead, dossier)
        _refuse_gaps(application)
        _submit(application, stage.call, team)
        stage.deliver()
        application = one_for(team.lead, dossier)
        by = "visé par son référent, donc déposé" if stage.call.endorsement_required else "déposé par son porteur"
        stage.say(f"« {application.title} » est {by}, sous le numéro {application.reference}.")
        stage.keep(_receipt_of(application), f"Accusé de réception de « {application.title} »")
    stage.look("Dépôt")


def _refuse_gaps(application: Application) -> None:
    """The same refusal as at the submission, each gap with the page of the call where it comes from."""
    if gaps := completeness.missing(application):
        raise Blocked.by([Obstacle(message=gap.message, place=_place_of(gap)) for gap in gaps])


def _place_of(gap: completeness.Gap) -> Place:
    if gap.section is Section.ATTACHMENTS:
        return Place.ATTACHMENTS
    return Place.RULES if isinstance(gap.section, Section) else Place.QUESTIONS


def _submit(application: Application, call: Call, team: Team) -> None:
    if not call.endorsement_required:
        submission.submit(application, actor=team.lead)
        return
    submission.request_endorsement(application, actor=team.lead)
    db.session.flush()
    # As the focal point's page loads it.
    submission.endorse(one_for(team.focal_point, application.id), actor=team.focal_point)


def _receipt_of(application: Application) -> Document:
    rows = sa.select(Document).join(ApplicationVersion, ApplicationVersion.receipt_id == Document.id)
    return db.session.scalars(rows.where(ApplicationVersion.application_id == application.id)).one()
