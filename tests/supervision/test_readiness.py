"""Whether the window can work, as machines and operators ask it."""

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.exc import IntegrityError

from guichet.cli import main
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.supervision import services
from guichet.supervision.doctor import examine
from guichet.supervision.models import Heartbeat
from tests.clamd import Clamd
from tests.sink import Sink


def test_readyz_answers_503_and_names_the_silent_worker(client_for):
    answer = client_for(None).get("/readyz")

    assert answer.status_code == 503
    assert answer.json["ready"] is False
    assert answer.json["worker"] == {"ok": False, "seen_seconds_ago": None}
    assert {answer.json[part]["ok"] for part in ("database", "migrations", "broker", "outbox")} == {True}


def test_readyz_answers_200_once_the_worker_was_seen(client_for):
    with unit_of_work():
        services.beat("worker")
        services.beat("worker")

    answer = client_for(None).get("/readyz")

    assert (answer.status_code, answer.json["ready"]) == (200, True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Heartbeat)) == 1


def test_readyz_answers_503_when_the_worker_fell_silent(client_for, at):
    with unit_of_work():
        services.beat("worker")
    at(clock.now() + dt.timedelta(minutes=2))

    assert client_for(None).get("/readyz").json["worker"] == {"ok": False, "seen_seconds_ago": 120}


def test_healthz_asks_nothing_of_the_database(client_for, statements):
    client = client_for(None)
    statements.clear()

    assert client.get("/healthz").text == "ok\n"
    assert statements == []


def test_metrics_are_closed_unless_allowed(client_for):
    assert client_for(None).get("/metrics").status_code == 404


def test_metrics_tell_the_backlog_when_allowed(own_app):
    page = own_app(METRICS_ALLOWED="1").test_client().get("/metrics")

    assert page.status_code == 200
    assert "guichet_outbox_pending 0.0" in page.text
    assert "guichet_email_failed 0.0" in page.text


def test_one_heartbeat_a_process(session):
    session.execute(sa.insert(Heartbeat), [{"process": "x", "seen_at": clock.now()}])
    with pytest.raises(IntegrityError, match="uq_heartbeat_process"):
        session.execute(sa.insert(Heartbeat), [{"process": "x", "seen_at": clock.now()}])


def test_doctor_tries_each_part_and_says_what_to_do(own_app):
    with Sink() as sink:
        app = own_app(MAIL_URL=sink.url)
        with app.app_context():
            well = {finding.part: finding.ok for finding in examine(app.extensions["settings"])}
        sink.stop()
        with app.app_context():
            ill = {finding.part: finding for finding in examine(app.extensions["settings"])}

    silent_worker = {"worker": False}
    assert well == dict.fromkeys(well, True) | silent_worker
    assert not ill["mail"].ok
    assert "MAIL_URL" in ill["mail"].words


def test_doctor_command_names_each_missing_setting():
    result = CliRunner().invoke(main, ["doctor"], env={"DATABASE_URL": "", "SECRET_KEY": "court"})

    assert result.exit_code == 1
    assert "KO  settings: DATABASE_URL is missing" in result.output
    assert "SECRET_KEY is too weak" in result.output


def test_a_command_without_settings_says_so_in_one_line_each():
    result = CliRunner().invoke(main, ["deliver-outbox"], env={"DATABASE_URL": ""})

    assert result.exit_code == 1
    assert "DATABASE_URL is missing" in result.output
    assert "Traceback" not in result.output


def test_audit_verify_command_tells_a_changed_entry(own_app):
    from guichet.audit import chain  # noqa: PLC0415
    from guichet.audit import services as audit  # noqa: PLC0415
    from tests.factories.accounts import make_account  # noqa: PLC0415

    app = own_app()
    runner, environment = CliRunner(), app.extensions["environment"]
    with app.app_context():
        with unit_of_work():
            audit.record(None, "call.publish", make_account())
        with unit_of_work():
            chain.seal()
        before = runner.invoke(main, ["audit", "verify"], env=environment)
        with db.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
            connection.execute(sa.text("UPDATE audit_entry SET actor_name = 'Quelqu’un d’autre'"))
        after = runner.invoke(main, ["audit", "verify"], env=environment)

    assert before.exit_code == 0, before.output
    assert "1 entries in 1 seals" in before.output
    assert after.exit_code == 1
    assert "was changed" in after.output


def test_readyz_and_doctor_know_the_antivirus(client_for, app, monkeypatch):
    with unit_of_work():
        services.beat("worker")
    configured = app.extensions["settings"]
    with Clamd() as clamd:
        settings = dataclasses.replace(configured, clamd_url=clamd.url)
        monkeypatch.setitem(app.extensions, "settings", settings)
        assert client_for(None).get("/readyz").json["antivirus"] == {"ok": True, "waiting": 0}
        assert [finding.ok for finding in examine(settings) if finding.part == "antivirus"] == [True]

    answer = client_for(None).get("/readyz")
    assert (answer.status_code, answer.json["antivirus"]["ok"]) == (503, False)
    (finding,) = (finding for finding in examine(settings) if finding.part == "antivirus")
    assert "start clamd" in finding.words


def test_readyz_says_nothing_of_an_antivirus_that_nobody_configured(client_for):
    assert "antivirus" not in client_for(None).get("/readyz").json
