"""Lines that repeat in a form."""

import re
from collections.abc import Iterator
from typing import Any

from wtforms import FieldList


class RowsField(FieldList):  # type: ignore[type-arg]
    """Lines that repeat; only the indices that our own pages write are read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The macros know fields by this name.
        self.type = FieldList.__name__

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        # WTForms reads « ² » and numbers of five thousand digits as indices, and stumbles on them.
        pattern = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,3}})-")
        return (int(found[1]) for key in formdata if (found := pattern.match(key)))
