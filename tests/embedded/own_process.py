"""Run both servers in a process of its own, note one more visit in each, then do as told: `stop`, `wait`, or `drop`.

`wait` waits to be killed. `drop` does it all once more as an account without any right, once every module is loaded.
Prints a line of JSON for each round.
"""

import json
import os
import pwd
import sys
import time
from pathlib import Path

import psycopg

from guichet.embedded import EmbeddedPostgres, EmbeddedValkey


def visit(place: Path, then: str) -> None:
    with EmbeddedPostgres(place / "postgres") as postgres, EmbeddedValkey(place / "valkey") as valkey:
        postgres.ensure_database()
        with psycopg.connect(postgres.url().replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz NOT NULL DEFAULT now())")
            connection.execute("INSERT INTO visit DEFAULT VALUES")
            rows = connection.execute("SELECT count(*) FROM visit").fetchone()
        with valkey.client() as client:
            visits = client.incr("visits")
            # Written to the disk every second otherwise.
            client.execute_command("WAITAOF", 1, 0, 5000)
        facts = {
            "uid": os.geteuid(),
            "postgres": postgres.pid,
            "valkey": valkey.pid,
            "rows": rows and rows[0],
            "visits": visits,
        }
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        while then == "wait":
            time.sleep(60)


if __name__ == "__main__":
    then, folder = sys.argv[1], Path(sys.argv[2])
    visit(folder, then)
    if then == "drop":
        nobody = pwd.getpwnam("nobody")
        plain = folder / "plain"
        plain.mkdir()
        os.chown(plain, nobody.pw_uid, nobody.pw_gid)
        os.setgroups([])
        os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
        os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
        visit(plain, then)
