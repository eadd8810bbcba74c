"""The forms that bring a call in from a file, or copy one."""

import datetime as dt
from typing import Any

from wtforms import FileField, TextAreaField

from guichet.calls.dating import CallKind
from guichet.calls.forms.drafting import CallForm
from guichet.calls.models import Call
from guichet.calls.portable import LARGEST_FILE
from guichet.calls.services import Novelty
from guichet.core.errors import RuleBroken
from guichet.web.fields import LineField, MomentField
from guichet.web.forms import Form


class ImportForm(Form):
    file = FileField("Fichier YAML", description="Exporté d’un appel, puis relu dans un éditeur de texte.")
    text = TextAreaField("Ou le texte du fichier", description="Pour corriger sans renvoyer le fichier.")

    @property
    def source(self) -> str:
        """The text to read; the file first. Raises RuleBroken when there is none, or when it is no text."""
        upload = self.file.data
        if not upload or not getattr(upload, "filename", ""):
            if not self.text.data:
                raise RuleBroken("Choisissez un fichier, ou collez son texte.", field="file")
            return str(self.text.data)
        # Closed at once: a large one is a file on the disk.
        with upload.stream as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise RuleBroken(f"Le fichier dépasse {LARGEST_FILE // 1000} ko.", field="file")
        try:
            return str(content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise RuleBroken("Ce fichier n’est pas un texte en UTF-8.", field="file") from None


class CloneForm(Form):
    """Dates are typed in the zone of the model."""

    title = LineField("Titre du nouvel appel", longest=200, required=True)
    code: Any = CallForm.code
    opens_at = MomentField("Ouverture", required=True)
    closes_at = MomentField("Clôture")

    def __init__(self, model: Call, **kwargs: Any) -> None:
        self.zone, self.kind = model.time_zone, model.kind
        super().__init__(**kwargs)
        if self.kind is CallKind.ROUNDS:
            del self.closes_at

    def process(self, formdata: Any = None, obj: Any = None, data: Any = None, **kwargs: Any) -> None:
        self.opens_at.zone = self.closes_at.zone = self.zone
        super().process(formdata, obj, data=data, **kwargs)

    @property
    def novelty(self) -> Novelty:
        """What was typed, once validated."""
        far = dt.datetime.max.replace(tzinfo=dt.UTC)
        return Novelty(
            title=self.title.data or "",
            code=self.code.data or "",
            opens_at=self.opens_at.instant or far,
            closes_at=self.closes_at.instant if "closes_at" in self else None,
        )
