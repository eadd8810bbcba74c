"""The form that puts right a published call."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from guichet.calls.models import Call, CallDocument
from guichet.calls.services import Words
from guichet.core.errors import RuleBroken
from guichet.documents.forms import UploadField
from guichet.web.fields import ChecksField, LineField, TextField
from guichet.web.forms import Form


class CorrectionForm(Form):
    title = LineField("Titre", longest=200, required=True)
    summary = TextField("Résumé", longest=500, required=True)
    description = TextField("Présentation", longest=10_000)
    withdrawn = ChecksField("Documents à retirer")
    file = UploadField("Document à ajouter", required=False)
    label = LineField("Nom affiché du document", longest=200)
    reason = LineField(
        "Motif de la mise à jour",
        longest=300,
        required=True,
        description="Lu par tous sur la page de l’appel, avec la date. Par exemple : lien du règlement corrigé.",
    )

    @classmethod
    def of(cls, call: Call, offered: Iterable[CallDocument]) -> "CorrectionForm":
        form = cls(obj=call)
        form.withdrawn.choices = {str(one.id): one.label for one in offered}
        return form

    @property
    def words(self) -> Words:
        return Words(
            title=self.title.data or "", summary=self.summary.data or "", description=self.description.data or ""
        )

    @property
    def chosen(self) -> list[UUID]:
        return [UUID(identifier) for identifier in self.withdrawn.data or ()]

    @property
    def upload(self) -> Any:
        """The file that was sent, if any. Raises RuleBroken when it has no name to show."""
        sent = self.file.data if getattr(self.file.data, "filename", "") else None
        if sent and not self.label.data:
            raise RuleBroken("Donnez au document le nom à afficher.", field="label")
        return sent
