"""The limit of the machine: a page of Flask, Jinja and SQLAlchemy over the same dossiers, with nothing but the rows."""

import os

import sqlalchemy as sa
from flask import Flask, render_template_string

app = Flask(__name__)
engine = sa.create_engine(os.environ["DATABASE_URL"])
DOSSIERS = sa.table("application", *map(sa.column, ("id", "reference", "title", "status", "submitted_at")))
ROWS = sa.select(DOSSIERS).where(DOSSIERS.c.submitted_at.is_not(None)).order_by(DOSSIERS.c.submitted_at).limit(20)
PAGE = """<!DOCTYPE html><title>Dossiers</title><table>
{% for row in rows %}<tr><td>{{ row.reference }}<td>{{ row.title }}<td>{{ row.status }}<td>{{ row.submitted_at }}
{% endfor %}</table>"""


@app.get("/")
def rows() -> str:
    with engine.connect() as connection:
        return render_template_string(PAGE, rows=connection.execute(ROWS).all())


@app.get("/healthz")
def up() -> str:
    return "ok"
