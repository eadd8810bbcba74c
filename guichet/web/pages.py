"""Answering with a page."""

from typing import Any

from flask import render_template
from flask_wtf import FlaskForm


def page(template: str, form: FlaskForm | None = None, **context: Any) -> tuple[str, int]:
    """Render `template`; 422 when `form` was refused, so that nobody mistakes the page for a success."""
    status = 422 if form is not None and (form.errors or form.form_errors) else 200
    return render_template(template, form=form, **context), status
