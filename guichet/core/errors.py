"""What a use case may refuse. The pages turn each into its HTTP answer (see web/errors.py); the texts are for the person."""


class DomainError(Exception):
    """A refusal with a French sentence that says why."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class Forbidden(DomainError):
    """The actor may see the thing but not do this to it."""


class NotFound(DomainError):
    """There is no such thing, or the actor may not know that there is."""


class InvalidTransition(DomainError):
    """The subject's status does not allow this step (any more)."""


class Conflict(DomainError):
    """Somebody else changed the thing since it was read."""


class RuleBroken(DomainError):
    """A rule of the trade refuses what was typed; `field` names the form field to blame, if any."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
