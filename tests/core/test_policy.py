"""Asking a policy inside a use case."""

import pytest

from guichet.core.errors import Forbidden
from guichet.core.policy import require


def test_require_lets_pass_whom_the_policy_lets():
    asked = []

    require(lambda actor, subject: asked.append((actor, subject)) is None, "actor", "subject")

    assert asked == [("actor", "subject")]


def test_require_refuses_whom_the_policy_refuses():
    with pytest.raises(Forbidden) as refusal:
        require(lambda *_: False, "actor", "subject")

    assert "droit" in refusal.value.message
