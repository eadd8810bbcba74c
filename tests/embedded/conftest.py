import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from guichet.embedded import scratch_directory

# What only root can prove (dropping its rights) is not collected for anybody else.
collect_ignore = [] if os.geteuid() == 0 else ["test_as_root.py"]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of the test that the servers' account may enter."""
    with scratch_directory() as path:
        yield path
