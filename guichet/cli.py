"""The `guichet` command."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask

from guichet import create_app
from guichet.accounts import services as accounts
from guichet.applications.workflow import WORKFLOW as APPLICATION_WORKFLOW
from guichet.audit import chain
from guichet.calls.workflow import WORKFLOW as CALL_WORKFLOW
from guichet.config import Settings, SettingsError
from guichet.core.db import db
from guichet.core.errors import DomainError
from guichet.core.transaction import unit_of_work
from guichet.demo import bulk
from guichet.demo.supervisor import run_demo
from guichet.notifications import services as notifications
from guichet.notifications.smtp import Mailer
from guichet.outbox import services as outbox
from guichet.supervision.doctor import examine, settings_findings
from guichet.workflow.diagram import mermaid
from guichet.workflow.engine import Table

DOCS = Path(__file__).resolve().parent.parent / "docs"
DIAGRAMS = {"workflow-application.md": APPLICATION_WORKFLOW, "workflow-call.md": CALL_WORKFLOW}


@click.group()
def main() -> None:
    """Guichet: the funding window of the eco-responsible digital programme."""


@contextmanager
def _application() -> Iterator[Flask]:
    """The application, with its context, for the length of a command; its connections are closed after.

    A rule that the command breaks is one line and an exit code of 1, not a traceback.
    """
    try:
        app = create_app()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem
    with app.app_context():
        try:
            yield app
        except DomainError as problem:
            raise click.ClickException(problem.message) from problem
        finally:
            db.session.remove()
            db.engine.dispose()


def _settings(app: Flask) -> Settings:
    settings: Settings = app.extensions["settings"]
    return settings


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), envvar="PORT", default=8000)
@click.option("--reset", is_flag=True, envvar="RESET", help="Start afresh: the demonstration's data is erased.")
def demo(port: int, reset: bool) -> None:
    """Run the whole demonstration: databases, web, worker, scheduler, mailbox."""
    sys.exit(run_demo(port=port, reset=reset))


@main.command()
@click.option("--applications", type=click.IntRange(1, 200_000), required=True, help="How many dossiers.")
def seed(applications: int) -> None:
    """Fill the database with a realistic load-test set. Never on real data: it refuses a database with dossiers."""
    with _application():
        click.echo(bulk.fill(applications))


@main.command("create-admin")
@click.argument("email")
@click.argument("full_name")
def create_admin(email: str, full_name: str) -> None:
    """Open an administrator's account; she receives an e-mail to choose her password."""
    with _application(), unit_of_work():
        accounts.create_admin(email, full_name)
    click.echo(f"Account opened for {email}: an e-mail is on its way to choose a password.")


@main.command()
def doctor() -> None:
    """Check settings, database, broker, worker, mail, storage and clock, and say what to do."""
    findings = settings_findings(os.environ)
    if all(finding.ok for finding in findings):
        with _application() as app:
            findings += examine(_settings(app))
    for finding in findings:
        click.echo(f"{'ok' if finding.ok else 'KO'}  {finding.part}: {finding.words}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@main.command("deliver-outbox")
def deliver_outbox() -> None:
    """Deliver what the outbox owes and send the queued e-mails now, without a worker."""
    with _application() as app:
        delivered = outbox.deliver_all_due()
        mailer = Mailer(_settings(app).mail_url, _settings(app).mail_from)
        sent = notifications.send_queued(mailer)
        mailer.close()
    click.echo(f"{delivered} messages delivered, {sent} e-mails sent.")


@main.group()
def audit() -> None:
    """The journal."""


@audit.command()
def verify() -> None:
    """Recompute the journal's chain of fingerprints, and say where it was changed."""
    with _application():
        verdict = chain.verify()
    click.echo(f"{verdict.entries} entries in {verdict.seals} seals, {verdict.unsealed} not sealed yet.")
    click.echo(f"Last fingerprint: {verdict.last_sha256}")
    for fault in verdict.broken:
        click.echo(f"KO  {fault}")
    sys.exit(1 if verdict.broken else 0)


@main.command("draw-workflows")
def draw_workflows() -> None:
    """Write the workflow diagrams of the documentation from the workflow tables."""
    for name, table in DIAGRAMS.items():
        (DOCS / name).write_text(diagram_page(name, table), encoding="utf-8")
        click.echo(f"docs/{name}")


def diagram_page(name: str, table: Table) -> str:
    """A page of the documentation: the diagram, and the command that makes it."""
    title = name.removeprefix("workflow-").removesuffix(".md")
    return f"# The life of a {title}\n\nMade by `guichet draw-workflows`.\n\n```mermaid\n{mermaid(table)}```\n"
