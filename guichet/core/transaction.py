"""One transaction for one use case, opened at the edge (view, task, command) and nowhere else."""

import contextlib
from collections.abc import Callable, Iterator

from guichet.core.db import db

_HOOKS = "after_commit"


@contextlib.contextmanager
def unit_of_work() -> Iterator[None]:
    """Commit what the block did, or nothing of it; then, and only then, run what waited for the commit."""
    db.session.info[_HOOKS] = []
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.info.pop(_HOOKS, None)
        db.session.rollback()
        raise
    for hook in db.session.info.pop(_HOOKS, []):
        hook()


def after_commit(hook: Callable[[], None]) -> None:
    """Run `hook` once the current unit of work is committed; never if it is rolled back.

    Raises RuntimeError outside a unit of work, where no commit would come.
    """
    hooks = db.session.info.get(_HOOKS)
    if hooks is None:
        raise RuntimeError("after_commit() needs an open unit_of_work()")
    if hook not in hooks:
        hooks.append(hook)
