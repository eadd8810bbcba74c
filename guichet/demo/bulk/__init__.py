"""A realistic load-test set, written by bulk inserts: 5,000 dossiers in some seconds. Deterministic but for its dates."""

import sqlalchemy as sa

from guichet.applications.models import Application
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.demo.bulk.dossiers import Dossiers
from guichet.demo.bulk.world import PEOPLE

__all__ = ["PEOPLE", "fill"]


def fill(applications: int) -> str:
    """Fill an empty database with `applications` dossiers, and say what was made. Raises RuleBroken when it holds any."""
    with unit_of_work():
        if db.session.scalar(sa.select(sa.func.count()).select_from(Application)):
            raise RuleBroken("La base contient déjà des dossiers : le jeu de charge n’y est pas ajouté.")
        made = Dossiers(applications).write()
    return ", ".join(f"{count} {table}" for table, count in made.items())
