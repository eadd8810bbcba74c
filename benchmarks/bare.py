"""The limit of the machine: a list of fifty of the same dossiers by Flask, Jinja and SQLAlchemy, and nothing else on the page.

No account, no right, no filter, no menu: what a page of the window takes beyond it is ours.
"""

import datetime as dt
import os
import uuid

import sqlalchemy as sa
from flask import Flask, render_template_string
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship

app = Flask(__name__)
engine = sa.create_engine(os.environ["DATABASE_URL"])
PAGE = """<!DOCTYPE html><title>Dossiers</title><table>
{% for row in rows %}
<tr><td>{{ row.reference }}<td>{{ row.title }}<td>{{ row.organisation.name }}<td>{{ row.status }}<td>{{ row.submitted_at }}
{% endfor %}</table>"""


class Base(DeclarativeBase):
    pass


class Organisation(Base):
    __tablename__ = "organisation"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Dossier(Base):
    __tablename__ = "application"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    reference: Mapped[str | None]
    title: Mapped[str]
    status: Mapped[str]
    submitted_at: Mapped[dt.datetime | None]
    organisation: Mapped[Organisation] = relationship()


@app.get("/")
def dossiers() -> str:
    rows = sa.select(Dossier).options(joinedload(Dossier.organisation)).order_by(Dossier.submitted_at).limit(50)
    with Session(engine) as session:
        return render_template_string(PAGE, rows=session.scalars(rows).all())


@app.get("/healthz")
def up() -> str:
    return "ok"
