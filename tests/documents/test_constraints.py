import pytest
from sqlalchemy.exc import IntegrityError

from guichet.core.db import db
from guichet.documents.models import Document


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"size": -1}, "ck_document_size_not_negative"),
        ({"sha256": "A" * 64}, "ck_document_sha256_is_hexadecimal"),
        ({"sha256": "a" * 63}, "ck_document_sha256_is_hexadecimal"),
    ],
)
def test_document_refuses_what_cannot_be(session, broken, constraint):
    columns = {"name": "x.pdf", "media_type": "application/pdf", "size": 1, "sha256": "a" * 64, **broken}
    db.session.add(Document(**columns))

    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()
