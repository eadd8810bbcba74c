"""The form that adds a file: the file and its kind, nothing else that could be lost with a refused file."""

from collections.abc import Iterable

from guichet.applications.forms.fields import ReferenceField
from guichet.calls.models import AttachmentKind
from guichet.documents.forms import UploadField
from guichet.web.forms import Form


class ReplacementForm(Form):
    file = UploadField("Nouveau fichier")


class AttachmentForm(Form):
    kind_id = ReferenceField("Pièce", empty="Autre pièce")
    file = UploadField("Fichier")

    def offer(self, kinds: Iterable[AttachmentKind]) -> None:
        self.kind_id.offer((kind.id, kind.label) for kind in kinds)
