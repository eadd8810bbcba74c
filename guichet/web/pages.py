"""Answering with a page."""

from typing import Any
from urllib.parse import urlencode

from flask import Flask, render_template, request
from flask_wtf import FlaskForm


def page(template: str, form: FlaskForm | None = None, **context: Any) -> tuple[str, int]:
    """Render `template`; 422 when `form` was refused, so that nobody mistakes the page for a success."""
    status = 422 if form is not None and (form.errors or form.form_errors) else 200
    return render_template(template, form=form, **context), status


def requested_page(default: int = 1) -> int:
    """The page of a list that the address asks for; `default`, the first, when it says nothing sensible."""
    return request.args.get("page", default, type=int)


def page_url(number: int) -> str:
    """The address of another page of the list in view, with its filters kept."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "page" and value]
    return f"{request.path}?{urlencode([*kept, ('page', number)])}"


def init_app(app: Flask) -> None:
    app.add_template_global(page_url)
