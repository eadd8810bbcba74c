"""Several people at the same moment, each in a thread and a transaction of her own."""

import threading

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account
from guichet.core.db import db
from guichet.core.errors import DomainError
from guichet.core.transaction import unit_of_work


def together(app, *acts):
    """Run `acts` at the same moment, each in its thread; what each answered, or the class of its refusal."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        with app.app_context():
            ready = act()
            start.wait(timeout=10)
            try:
                with unit_of_work():
                    answers[number] = ready()
            except DomainError as refusal:
                answers[number] = type(refusal).__name__
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    db.session.expire_all()
    return answers


def who(account_id):
    return db.session.scalars(accounts.with_rights().where(Account.id == account_id)).unique().one()
