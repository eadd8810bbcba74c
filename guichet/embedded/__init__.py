"""PostgreSQL and Valkey from pip wheels, for the demonstration and the tests: nothing to install, nothing left behind."""

from guichet.embedded.errors import AlreadyRunningError, EmbeddedError
from guichet.embedded.places import scratch_directory
from guichet.embedded.postgres import EmbeddedPostgres
from guichet.embedded.valkey import EmbeddedValkey

__all__ = ["AlreadyRunningError", "EmbeddedError", "EmbeddedPostgres", "EmbeddedValkey", "scratch_directory"]
