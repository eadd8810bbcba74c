"""The forms of a submission: what is certified, what is said when one steps back, what is checked afterwards."""

import hashlib
import os
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired, ValidationError

from guichet.web.fields import LineField, TextField
from guichet.web.filters import filesize
from guichet.web.forms import Form

# Bytes. A receipt or a letter weighs some 50 000.
LARGEST_PROOF = 1_000_000
PDF = b"%PDF-"


class ReadForm(Form):
    """`version` is the dossier's, as the person was shown it."""

    version = HiddenField()

    @property
    def seen(self) -> int:
        """The version that was shown; 0, which no dossier has, when the field was tampered with."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


class SubmitForm(ReadForm):
    certified = BooleanField(
        "J’atteste l’exactitude des informations du dossier et des pièces jointes",
        [InputRequired("Cochez cette case pour déposer.")],
    )


class EndorseForm(SubmitForm):
    comment = TextField(
        "Commentaire à l’équipe",
        longest=2000,
        description="Il paraît dans l’historique du dossier, que le service instructeur lit aussi.",
    )


class OrderForm(Form):
    """`seen` names the order that the page showed; the buttons say which dossier moves."""

    seen = HiddenField()


class ReturnForm(Form):
    reason = TextField("Motif", longest=2000, description="L’équipe du dossier le recevra par courriel.")


class WithdrawForm(Form):
    reason = TextField("Motif", longest=1000, required=True, description="Le service instructeur le recevra.")


class VerifyForm(Form):
    reference = LineField("Numéro du dossier", longest=40, required=True, description="Par exemple NER-2026-0042.")
    sha256 = LineField(
        "Empreinte SHA-256", longest=200, required=True, description="Les 64 caractères de l’accusé de réception."
    )

    @property
    def typed(self) -> dict[str, Any]:
        """As they are stored, whatever the case and the spaces."""
        return {
            "reference": "".join(str(self.reference.data).split()).upper(),
            "sha256": "".join(str(self.sha256.data).split()).lower(),
        }


class VerifyFileForm(Form):
    """A file held by somebody: only its fingerprint is looked at. Larger ones are none of ours."""

    file = FileField("Fichier PDF reçu du guichet", [FileRequired("Choisissez un fichier.")])

    def validate_file(self, field: FileField) -> None:
        stream = field.data.stream
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        if not size:
            raise ValidationError("Ce fichier est vide.")
        if size > LARGEST_PROOF:
            limit = filesize(LARGEST_PROOF)
            raise ValidationError(
                f"Ce fichier pèse {filesize(size)}, la limite est {limit} : ce n’est pas un document du guichet."
            )
        if stream.read(len(PDF)) != PDF:
            raise ValidationError(
                "Ce fichier n’est pas un PDF : choisissez l’accusé ou la lettre tels que le guichet les a délivrés."
            )
        stream.seek(0)

    @property
    def sha256(self) -> str:
        return hashlib.file_digest(self.file.data.stream, "sha256").hexdigest()
