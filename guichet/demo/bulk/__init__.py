"""A realistic load-test set, written by bulk inserts: 5,000 dossiers in some seconds. Deterministic but for its dates."""

import sqlalchemy as sa

from guichet.accounts.models import Organisation
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.demo.bulk.dossiers import Dossiers
from guichet.demo.bulk.world import PEOPLE

__all__ = ["PEOPLE", "fill"]


def fill(applications: int) -> str:
    """Fill an empty database with `applications` dossiers, and say what was made. Raises RuleBroken when it is in use."""
    with unit_of_work():
        # Whoever uses the window, were it only its administrator, belongs to an organisation.
        if db.session.scalar(sa.select(sa.exists().select_from(Organisation))):
            raise RuleBroken("La base sert déjà : le jeu de charge ne se verse que dans une base neuve.")
        made = Dossiers(applications).write()
    return ", ".join(f"{count} {table}" for table, count in made.items())
