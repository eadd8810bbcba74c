"""The base of all forms: French messages, clean text, refusals of the trade shown at their field."""

import unicodedata
import uuid
from typing import Any, ClassVar

from flask import Flask
from flask_wtf import FlaskForm
from wtforms import Field, FieldList, HiddenField, StringField, TextAreaField

from guichet.core.errors import RuleBroken

EXPIRED = "Cette page est restée ouverte trop longtemps. Rien n’est perdu : vérifiez votre saisie, puis envoyez-la de nouveau."


def clean(text: Any) -> Any:
    """`text` in one Unicode form, without the control characters that no database or PDF can hold, and trimmed."""
    if not isinstance(text, str):
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()


class Form(FlaskForm):
    """Base form. `blame` shows a broken rule where it belongs."""

    class Meta:
        locales: ClassVar[list[str]] = ["fr"]

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            if issubclass(unbound_field.field_class, StringField | TextAreaField):
                # The field's own filters stay declared: the next form is made from the same declaration.
                options["filters"] = [clean, *unbound_field.kwargs.get("filters", ())]
            field: Field = unbound_field.bind(form=form, **options)
            return field

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        token = getattr(self, "csrf_token", None)
        if token is not None and token.errors:
            # The browser's copy is renewed by the page that shows this message.
            token.errors = []
            self.form_errors.append(EXPIRED)
            valid = False
        return valid

    def blame(self, problem: RuleBroken) -> None:
        """Show `problem` at its field, or at the top of the form when it names none that the form has."""
        field = self._fields.get(problem.field or "")
        if field is None:
            self.form_errors.append(problem.message)
        else:
            field.errors = [*field.errors, problem.message]


def put_back(field: Field, value: Any) -> None:
    """Make `field` hold `value`, as a page just opened would, instead of what was sent."""
    field.raw_data = None
    if isinstance(field, FieldList):
        field.last_index = -1
    field.process(None, value)


def control(field: Field) -> str:
    """What kind of control `field` is on the page, from its widget: "select", "textarea", "number"…"""
    widget = type(field.widget).__name__
    if field.type == "RadioField":
        return "radios"
    if widget == "ListWidget" or (widget == "Select" and getattr(field.widget, "multiple", False)):
        return "checkboxes"
    if widget in {"TextArea", "Select"}:
        return widget.lower()
    kind: str = getattr(field.widget, "input_type", "")
    if kind in {"checkbox", "file", "hidden", "password", "number"}:
        return kind
    return "number" if field.type in {"DecimalField", "FloatField"} else "input"


class ActionForm(Form):
    """A form without fields, for a button that acts: it carries the CSRF token and nothing else."""


class OnceForm(Form):
    """A form that writes once however often it is sent: its key is drawn with the page."""

    key = HiddenField(default=lambda: str(uuid.uuid4()))

    @property
    def once(self) -> uuid.UUID | None:
        """The key as it came back; None when it was tampered with."""
        try:
            return uuid.UUID(self.key.data or "")
        except ValueError:
            return None


def init_app(app: Flask) -> None:
    app.add_template_filter(control)
