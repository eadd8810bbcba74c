"""A budget pasted from a spreadsheet, or imported: looked at first, applied then."""

import enum
from typing import Any

from flask_wtf.file import FileField
from wtforms import HiddenField

from guichet.applications.budget_sheet import Reading, cells_of, read, text_of
from guichet.core.errors import RuleBroken
from guichet.documents import spreadsheets
from guichet.web.fields import EnumField, TextField
from guichet.web.forms import Form

LONGEST, MOST_TOLD = 100_000, 15


class Mode(enum.StrEnum):
    REPLACE = "replace"
    ADD = "add"

    @property
    def label(self) -> str:
        return {
            "replace": "Remplacer toutes les lignes du budget",
            "add": "Ajouter ces lignes à la suite",
        }[self.value]


class SheetForm(Form):
    version = HiddenField()
    text = TextField(
        "Cellules copiées d’un tableur",
        longest=LONGEST,
        description="Collez les titres et les lignes. Titres attendus : Poste, Libellé, Année, Dépense, Demandé.",
    )
    file = FileField("Ou un fichier", description="La première feuille est lue.")
    mode = EnumField("Que faire de ces lignes ?", Mode, required=True)

    def look(self) -> Reading:
        """What the file, else the text, says; a file becomes the text, so that it can be corrected here. Errors are told."""
        # The very text, not the trimmed one: a first cell may be empty.
        text = str(self.text.raw_data[0]) if self.text.raw_data else ""
        if self.file.data:
            try:
                text = text_of(spreadsheets.read(self.file.data.stream, self.file.data.filename))
            except RuleBroken as problem:
                self.blame(problem)
                return Reading()
        self.text.data = text
        reading = read(cells_of(text))
        if len(text) > LONGEST:
            reading = Reading(errors=[f"Le texte est trop long : {LONGEST} caractères au plus."])
        self.tell(reading.errors)
        return reading

    def tell(self, errors: list[str]) -> None:
        self.form_errors.extend(errors[:MOST_TOLD])
        if len(errors) > MOST_TOLD:
            self.form_errors.append(f"Et {len(errors) - MOST_TOLD} autres erreurs.")

    def lines(self, reading: Reading, held: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The whole budget once applied, beside the lines that it `held`."""
        return [*held, *reading.lines] if self.mode.data is Mode.ADD else reading.lines
