"""The story that a rehearsal plays: a copy of the call, fictitious people, the true use cases, and nothing left of it."""

from guichet.rehearsal.story.script import Told, play
from guichet.rehearsal.story.stage import Paper

__all__ = ["Paper", "Told", "play"]
