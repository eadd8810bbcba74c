"""The field through which a file is sent."""

from typing import Any

from flask_wtf.file import FileField, FileRequired

from guichet.documents import accepted


class UploadField(FileField):
    """A file; the page tells the sizes and kinds before it is chosen. What it holds is judged when it is stored."""

    max_size = accepted.LARGEST
    kinds = accepted.LABELS
    accept = accepted.ENDINGS

    def __init__(self, label: str, *, required: bool = True, **kwargs: Any) -> None:
        super().__init__(label, [FileRequired("Choisissez un fichier.")] if required else [], **kwargs)
