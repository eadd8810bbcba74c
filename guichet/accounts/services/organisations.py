"""Administering organisations. For administrators only."""

import datetime as dt
import uuid

from sqlalchemy.exc import IntegrityError

from guichet.accounts.models import Account, Organisation, OrganisationKind
from guichet.accounts.policies import is_admin
from guichet.audit import services as audit
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require


def create_organisation(
    *,
    name: str,
    short_name: str,
    kind: OrganisationKind,
    parent: Organisation | None,
    valid_from: dt.date,
    valid_until: dt.date | None,
    actor: Account,
) -> Organisation:
    """Add a ministry, or a direction or operator under `parent`; its place in the tree does not change afterwards."""
    require(is_admin, actor, None)
    if (kind is OrganisationKind.MINISTRY) != (parent is None):
        raise RuleBroken("Un ministère n’a pas d’organisation de rattachement ; les autres en ont une.", field="parent")
    identifier = uuid.uuid4()
    organisation = Organisation(
        id=identifier,
        kind=kind,
        parent_id=parent.id if parent else None,
        ministry_id=parent.ministry_id if parent else identifier,
    )
    db.session.add(organisation)
    _describe(organisation, name, short_name, valid_from, valid_until)
    audit.record(actor, "organisation.create", organisation, name=name, kind=kind)
    return organisation


def edit_organisation(
    organisation: Organisation,
    *,
    name: str,
    short_name: str,
    valid_from: dt.date,
    valid_until: dt.date | None,
    actor: Account,
) -> None:
    """Correct names and dates. A perimeter that changes is a new organisation: dossiers keep the one they had."""
    require(is_admin, actor, organisation)
    before = (organisation.name, organisation.short_name, organisation.valid_from, organisation.valid_until)
    _describe(organisation, name, short_name, valid_from, valid_until)
    after = (name, short_name, valid_from, valid_until)
    audit.record(actor, "organisation.edit", organisation, before=before, after=after)


def _describe(
    organisation: Organisation, name: str, short_name: str, valid_from: dt.date, valid_until: dt.date | None
) -> None:
    if valid_until is not None and valid_until <= valid_from:
        raise RuleBroken("La fin doit venir après le début.", field="valid_until")
    organisation.name, organisation.short_name = name, short_name
    organisation.valid_from, organisation.valid_until = valid_from, valid_until
    try:
        db.session.flush()
    except IntegrityError as problem:
        raise RuleBroken("Une organisation porte déjà ce nom.", field="name") from problem
