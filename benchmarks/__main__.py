"""`make bench`: the window over 500 and 5,000 dossiers, as JSON on stdout; progress goes to stderr.

`ARGS="500"` measures one size only.
"""

import itertools
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks.client import Client, hidden_fields
from benchmarks.measure import WARMUP, counted_statements, rate, summary, timed
from benchmarks.window import Window, say, window
from guichet.accounts.models import Account, Role
from guichet.accounts.queries import by_email
from guichet.applications.events import ApplicationSubmitted
from guichet.applications.handlers import make_receipt
from guichet.applications.models import Application, ApplicationStatus, ApplicationVersion, BudgetCategory, BudgetLine
from guichet.calls.models import Call, CallStatus, Criterion
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.demo.accounts import PASSWORD
from guichet.demo.bulk import PEOPLE
from guichet.review.models import Assignment, AssignmentStatus, CommitteeSession, Decision, SessionItem
from guichet.review.services import publication

SIZES = (500, 5_000)
READS, WRITES, WRITES_AT_ONCE, PUBLISHED = 60, 12, 2, 100
# Of each kind: warming up, measured alone, at the pace of one and of eight, and with the statements counted.
NEEDED = WARMUP + WRITES + 9 * WRITES_AT_ONCE + 1
AWARD = {"outcome": "awarded", "amount": "25000", "reason": "", "conditions": ""}


def main() -> None:
    sizes = tuple(int(argument) for argument in sys.argv[1:]) or SIZES
    report = {
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "server": "gunicorn, 2 workers of 4 threads",
        "sizes": {str(size): measured(size) for size in sizes},
    }
    json.dump(report, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def measured(size: int) -> dict[str, Any]:
    say(f"— {size} dossiers")
    with window(size) as running:
        bench = Bench(running)
        results = {}
        for name, measure in bench.measures():
            say(f"  {name}")
            results[name] = measure()
        return results


class Bench:
    """Each measure of one window."""

    def __init__(self, running: Window) -> None:
        self.window = running
        with running.app.app_context():
            self._prepare()
            db.session.remove()

    def _prepare(self) -> None:
        """Find what each measure works on, and put the reviewed dossiers on the agenda of a session."""
        self.open_slug = db.session.scalars(sa.select(Call.slug).where(Call.status == CallStatus.OPEN)).one()
        drafts = self._ids(ApplicationStatus.DRAFT)
        self.drafts = iter(drafts)
        # Written from the other end: a submitted dossier is not written any more.
        self.written = iter(drafts[::-1])
        self.longest = drafts[-1]
        self._lengthen(self.longest)
        self.unreceipted = iter(self._submissions())
        self.to_score = iter(self._assignments())
        reviewed = self._ids(ApplicationStatus.REVIEWED)
        self.dossier = reviewed[0]
        # Some to be decided one by one, others to be published together.
        self.to_decide, self.to_publish = iter(reviewed[:NEEDED]), reviewed[NEEDED:][:PUBLISHED]
        call = db.session.scalars(sa.select(Call).where(Call.status == CallStatus.DELIBERATING)).one()
        with unit_of_work():
            session = CommitteeSession(call_id=call.id, title="Séance mesurée", held_at=clock.now())
            db.session.add(session)
            db.session.flush()
            db.session.add_all(
                SessionItem(session_id=session.id, application_id=dossier, position=place)
                for place, dossier in enumerate(reviewed[: NEEDED + PUBLISHED], 1)
            )
        self.session_id = session.id
        self.criteria = len(db.session.scalars(sa.select(Criterion.id).where(Criterion.call_id == call.id)).all())

    def _ids(self, status: ApplicationStatus) -> list[UUID]:
        rows = sa.select(Application.id).where(Application.status == status).order_by(Application.id)
        return list(db.session.scalars(rows))

    @staticmethod
    def _lengthen(draft: UUID) -> None:
        """A budget of a hundred lines, the most that there may be: the longest section."""
        with unit_of_work():
            db.session.add_all(
                BudgetLine(
                    application_id=draft,
                    position=number,
                    category=BudgetCategory.SERVICES,
                    label=f"Dépense {number}",
                    year=clock.today().year,
                    amount=Decimal(100),
                )
                for number in range(3, 101)
            )

    @staticmethod
    def _submissions() -> list[ApplicationSubmitted]:
        """Submissions whose receipt is not made yet."""
        rows = sa.select(ApplicationVersion.application_id, ApplicationVersion.number).where(
            ApplicationVersion.receipt_id.is_(None)
        )
        return [
            ApplicationSubmitted(application_id=application_id, version_number=number)
            for application_id, number in db.session.execute(
                rows.order_by(ApplicationVersion.id).limit(WARMUP + WRITES + 1)
            )
        ]

    def _assignments(self) -> list[UUID]:
        rows = (
            sa.select(Assignment.id)
            .join(Account, Account.id == Assignment.reviewer_id)
            .where(Account.email == PEOPLE[Role.REVIEWER], Assignment.status == AssignmentStatus.ACCEPTED)
            .order_by(Assignment.id)
        )
        return list(db.session.scalars(rows))

    def measures(self) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
        yield "bare page", self.bare
        yield "call page", lambda: self.page(None, f"/appels/{self.open_slug}")
        yield "dossier list", lambda: self.page(Role.OFFICER, "/instruction")
        yield "dossier list, searched", lambda: self.page(Role.OFFICER, "/instruction?mots=reconditionn%C3%A9s")
        yield "reviewer's list", lambda: self.page(Role.REVIEWER, "/evaluations")
        yield "dossier page", lambda: self.page(Role.OFFICER, f"/instruction/dossiers/{self.dossier}")
        yield "longest section", lambda: self.page(Role.APPLICANT, f"/dossiers/{self.longest}/rubriques/budget")
        yield "save a section", self.save
        yield "submit", self.submit
        yield "receipt (PDF)", self.receipt
        yield "score", self.score
        yield "decide one", self.decide
        yield f"publish {len(self.to_publish)}", self.publish
        # Last: nothing of the call is decided any more.
        yield "funded projects, searched", self.library

    def bare(self) -> dict[str, Any]:
        """The limit: its page, read as the others are."""

        def reader() -> Callable[[], float]:
            return self._reader(Client(self.window.bare_port), "/")

        (seconds,) = timed(reader(), runs=READS)
        return {**summary(seconds), **_rates(reader)}

    def page(self, role: Role | None, path: str) -> dict[str, Any]:
        """A page read by one client, then by eight, with its statements counted in this process."""
        return {
            **self.against_bare(self._reader(self.browser(role), path), READS),
            **_rates(lambda: self._reader(self.browser(role), path)),
            "sql_statements": self.statements(role, lambda client: client.get(path)),
        }

    @staticmethod
    def _reader(client: Client, path: str) -> Callable[[], float]:
        def read() -> float:
            status, _, seconds = client.get(path)
            if status != 200:
                raise RuntimeError(f"GET {path}: {status}")
            return seconds

        return read

    def against_bare(self, work: Callable[[], float], runs: int) -> dict[str, Any]:
        """p50 and p95 of `work`, and how many times the bare page's p50: one is measured between two of the other."""
        seconds, bare = timed(work, self._reader(Client(self.window.bare_port), "/"), runs=runs)
        ratio = statistics.median(seconds) / statistics.median(bare)
        return {**summary(seconds), "times_the_bare_page": round(ratio, 1)}

    def submit(self) -> dict[str, Any]:
        """A submission, a new draft each time."""
        paths = (f"/dossiers/{draft}/depot" for draft in self.drafts)
        return self.posts(Role.APPLICANT, paths, {"certified": "y"})

    def library(self) -> dict[str, Any]:
        """The funded projects, once the results of the call are public."""
        with self.window.app.app_context(), unit_of_work():
            ended = sa.update(Call).where(Call.status == CallStatus.DELIBERATING)
            db.session.execute(ended.values(status=CallStatus.RESULTS_PUBLISHED))
        return self.page(None, "/projets-finances?mots=reconditionn%C3%A9s")

    def save(self) -> dict[str, Any]:
        """A section of long texts, in another draft each time."""
        texts = ("problem", "solution", "users_concerned", "deliverables", "without_funding")
        paths = (f"/dossiers/{draft}/rubriques/solution" for draft in self.written)
        return self.posts(Role.APPLICANT, paths, {**dict.fromkeys(texts, "Un texte récrit. " * 60), "then": "stay"})

    def receipt(self) -> dict[str, Any]:
        """The PDF of a submission, as the worker makes it: set, stored, told to the journal."""

        def made() -> float:
            started = time.perf_counter()
            with unit_of_work():
                make_receipt(next(self.unreceipted))
            return time.perf_counter() - started

        with self.window.app.app_context():
            (seconds,) = timed(made, runs=WRITES)
            db.session.remove()
            with counted_statements() as seen:
                made()
            db.session.remove()
        return {**summary(seconds), "sql_statements": len(seen)}

    def score(self) -> dict[str, Any]:
        """A whole evaluation, a new dossier each time."""
        opinion = {
            **{f"mark_{n}": "3" for n in range(1, self.criteria + 1)},
            **{f"why_{n}": "Étayé par les pièces du dossier." for n in range(1, self.criteria + 1)},
            "recommendation": "favourable",
            "comment_to_committee": "Projet solide.",
            "comment_to_applicant": "Bon dossier.",
            "hand_in": "1",
        }
        return self.posts(Role.REVIEWER, (f"/evaluations/{one}/grille" for one in self.to_score), opinion)

    def decide(self) -> dict[str, Any]:
        """One prepared award, a new dossier each time."""
        return self.posts(Role.CHAIR, map(self._decision_of, self.to_decide), AWARD)

    def posts(self, role: Role, paths: Iterator[str], fields: dict[str, str]) -> dict[str, Any]:
        """Form and post, two requests, at a new address each time: by one client, then by eight."""
        alone = self.browser(role)

        def writer() -> Callable[[], float]:
            client, addresses = self.browser(role), iter([*itertools.islice(paths, WRITES_AT_ONCE)])
            return lambda: self.posted(client, next(addresses), fields)

        return {
            **self.against_bare(lambda: self.posted(alone, next(paths), fields), WRITES),
            "requests_per_second_1_client": round(2 * rate(writer, 1, runs=WRITES_AT_ONCE), 1),
            "requests_per_second_8_clients": round(2 * rate(writer, 8, runs=WRITES_AT_ONCE), 1),
            "sql_statements": self.statements(role, lambda client: in_process(client, next(paths), fields)),
        }

    def _decision_of(self, dossier: UUID) -> str:
        return f"/seances/{self.session_id}/dossiers/{dossier}"

    def publish(self) -> dict[str, Any]:
        """A bulk publication carried out as the worker does it, each decision in a transaction of its own."""
        client = self.browser(Role.CHAIR)
        for dossier in self.to_publish:
            self.posted(client, self._decision_of(dossier), AWARD)
        with self.window.app.app_context():
            chair = by_email(PEOPLE[Role.CHAIR])
            session = db.session.get_one(CommitteeSession, self.session_id)
            chosen = db.session.scalars(
                sa.select(Decision)
                .where(Decision.application_id.in_(self.to_publish))
                .options(sa.orm.joinedload(Decision.application), sa.orm.joinedload(Decision.session))
            ).all()
            if chair is None or not chosen:
                raise RuntimeError("nothing to publish")
            with unit_of_work():
                publication.ask(session, chosen, actor=chair)
            db.session.remove()
            with counted_statements() as seen:
                started = time.perf_counter()
                settled = publication.carry_out()
                seconds = time.perf_counter() - started
            db.session.remove()
        return {
            "decisions": settled,
            "seconds": round(seconds, 3),
            "sql_statements_per_decision": round(len(seen) / settled, 1),
        }

    def browser(self, role: Role | None) -> Client:
        client = Client(self.window.port)
        if role is not None:
            client.sign_in(PEOPLE[role], PASSWORD)
        return client

    def posted(self, client: Client, path: str, fields: dict[str, str]) -> float:
        status, body, seconds = client.submit(path, fields)
        if status != 303:
            raise RuntimeError(f"POST {path}: {status} {body.partition('<main')[2][:2000]}")
        return seconds

    def statements(self, role: Role | None, ask: Callable[[FlaskClient], Any]) -> int:
        """SQL statements of what `ask` does as `role`, in this process, signing in left out."""
        client = self.window.app.test_client()
        if role is not None:
            with self.window.app.app_context():
                account = by_email(PEOPLE[role])
                if account is None:
                    raise RuntimeError(f"no account for {role}")
                with client.session_transaction() as cookie:
                    cookie.update({"_user_id": account.get_id(), "_fresh": True})
                db.session.remove()
        with counted_statements() as seen:
            ask(client)
        return len(seen)


def _rates(reader: Callable[[], Callable[[], float]]) -> dict[str, float]:
    return {f"requests_per_second_{clients}_client{'s' * (clients > 1)}": rate(reader, clients) for clients in (1, 8)}


def in_process(client: FlaskClient, path: str, fields: dict[str, str]) -> None:
    """Form and post with Flask's own client."""
    body = client.get(path).get_data(as_text=True)
    answer = client.post(path, data=dict(itertools.chain(hidden_fields(body), fields.items())))
    if answer.status_code != 303:
        raise RuntimeError(f"POST {path}: {answer.status_code}")


if __name__ == "__main__":
    main()
