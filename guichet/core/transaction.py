"""One transaction for one use case, opened at the edge (view, task, command) and nowhere else."""

import contextlib
from collections.abc import Callable, Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from guichet.core.db import db
from guichet.core.errors import DomainError

_HOOKS = "after_commit"


@contextlib.contextmanager
def unit_of_work() -> Iterator[None]:
    """Commit what the block did, or nothing of it; then, and only then, run what waited for the commit."""
    db.session.info[_HOOKS] = []
    try:
        # Going back to a savepoint forgets only what the block changed: the page that shows a refusal still knows
        # who is asking. A full rollback, kept for accidents, forgets all that was read.
        with db.session.begin_nested():
            yield
        db.session.commit()
    except BaseException as problem:
        db.session.info.pop(_HOOKS, None)
        if not isinstance(problem, DomainError):
            db.session.rollback()
        raise
    for hook in db.session.info.pop(_HOOKS, []):
        hook()


@contextlib.contextmanager
def nothing_kept() -> Iterator[None]:
    """Undo all that the block writes, however it ends; what waits for the commit never runs.

    Raises RuntimeError when the block tries to commit: a use case never does, an edge would.
    """
    session = db.session()
    session.info[_HOOKS] = []
    sa.event.listen(session, "before_commit", _refuse_to_commit)
    try:
        yield
    finally:
        sa.event.remove(session, "before_commit", _refuse_to_commit)
        session.info.pop(_HOOKS, None)
        session.rollback()


def _refuse_to_commit(session: Session) -> None:
    # A savepoint may be released: it ends with the transaction.
    if session.get_nested_transaction() is None:
        raise RuntimeError("nothing may be committed inside nothing_kept()")


def after_commit(hook: Callable[[], None]) -> None:
    """Run `hook` once the current unit of work is committed; never if it is rolled back.

    Raises RuntimeError outside a unit of work, where no commit would come.
    """
    hooks = db.session.info.get(_HOOKS)
    if hooks is None:
        raise RuntimeError("after_commit() needs an open unit_of_work()")
    if hook not in hooks:
        hooks.append(hook)
