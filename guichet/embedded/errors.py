"""What may go wrong with an embedded server; the messages are shown to the person who started it."""


class EmbeddedError(Exception):
    """An embedded server could not be started or used."""


class AlreadyRunningError(EmbeddedError):
    """Another living process runs a server on the same directory."""
