"""`kill -9` of a real service at each step of telling endpoints: all is heard, in its order, under the same ids."""

import json
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import pytest

from command_line import KEYS, PATIENCE, Command, call, medlem
from counter import free_port
from fault.dies_telling import STEPS
from receiver import verified

SCRIPT = Path(__file__).with_name("dies_telling.py")


class Ear:
    """An address of the merchant's that keeps what it hears, and does not hear some of it the first time."""

    def __init__(self, deaf_to: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.headers: list[dict[str, str]] = []
        self.news = Condition()
        self._deaf_to = deaf_to
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(ear.hear({name.lower(): value for name, value in self.headers.items()}, body))
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def hear(self, headers: dict[str, str], body: bytes) -> int:
        with self.news:
            self._deaf_to -= 1
            if self._deaf_to == 0:
                return 503
            self.headers.append(headers)
            self.heard.append((headers["webhook-id"], body))
            self.news.notify_all()
            return 204

    def until(self, ids: set[str]) -> None:
        with self.news:
            assert self.news.wait_for(lambda: ids <= {name for name, _ in self.heard}, PATIENCE), "something is lost"


class Office:
    """A service that is killed and started again, and whoever enters members meanwhile, each under a key of its own."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "shop.db"
        self.settings = {
            **KEYS,
            "MEDLEM_DATABASE_URL": f"sqlite:///{self.database}",
            "MEDLEM_ENDPOINT_LOOPBACK": "on",
        }
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        added = medlem("key", "add", "admin", "--json", settings=self.settings)
        self.admin = json.loads(added.stdout)["key"]
        added = medlem("key", "add", "integration", "--json", settings=self.settings)
        self.integration = json.loads(added.stdout)["key"]
        self.entered = 0
        self.unsure: list[int] = []
        """Calls of which nobody knows whether they did anything."""

    @contextmanager
    def serving(self, *dying: str) -> Iterator[Command]:
        words = ("serve", "--port", str(self.port), "--json")
        script = [sys.executable, str(SCRIPT), *dying, "--", *words] if dying else None
        service = Command(*words, settings=self.settings, instead=script)
        try:
            service.answer()
            yield service
        finally:
            service.close()

    def enter(self, many: int) -> None:
        calls = self.unsure + list(range(self.entered, self.entered + many))
        self.entered += many
        self.unsure = [number for number in calls if not self._entered(number)]

    def _entered(self, number: int) -> bool:
        body = {"phone": f"+4740800{number:03}"}
        try:
            status, _ = call(
                "POST", f"{self.url}/v1/members", body, self.integration, {"Idempotency-Key": f"enter-{number:03}"}
            )
        except (OSError, HTTPException):
            return False
        assert status == 201
        return True

    def listen(self, ear: Ear) -> str:
        _, made = call("POST", f"{self.url}/v1/webhook-endpoints", {"url": ear.url}, self.admin)
        return str(made["secret"])

    def written(self) -> list[list[tuple[str, str]]]:
        """By endpoint what it was to hear: ids and bodies, in their order."""
        with closing(sqlite3.connect(self.database)) as connection:
            endpoints = connection.execute("select id from endpoint order by created_at, id").fetchall()
            notices = "select id, body from notice where endpoint = ? order by sequence"
            return [connection.execute(notices, endpoint).fetchall() for endpoint in endpoints]


def test_every_notice_is_heard_in_its_order_whenever_the_service_dies(tmp_path: Path) -> None:
    office, ears = Office(tmp_path), [Ear(deaf_to=0), Ear(deaf_to=4)]
    with office.serving():
        secrets = [office.listen(ear) for ear in ears]
        office.enter(1)
    for step in STEPS:
        with office.serving(step, "3") as service:
            office.enter(3)
            assert service.process.wait(PATIENCE) == -signal.SIGKILL, step
    with office.serving():
        office.enter(1)
        assert office.unsure == []
        written = office.written()
        for ear, notices in zip(ears, written, strict=True):
            ear.until({name for name, _ in notices})
    for ear, notices, secret in zip(ears, written, secrets, strict=True):
        assert [json.loads(body)["type"] for _, body in notices] == ["member.created"] * office.entered
        first = dict.fromkeys(name for name, _ in ear.heard)
        assert list(first) == [name for name, _ in notices], "out of order, or of something that never was"
        assert {(name, body.decode()) for name, body in ear.heard} == set(notices), "another body under the same id"
        assert all(verified(said, body, secret) for said, (_, body) in zip(ear.headers, ear.heard, strict=True))
        places = [list(first).index(name) for name, _ in ear.heard]
        assert all(after <= before + 1 for before, after in pairwise(places))
    assert sum(len(ear.heard) for ear in ears) > sum(map(len, written)), "nothing was told twice: it died too late"


@pytest.mark.parametrize("step", STEPS)
def test_the_steps_are_where_they_are_said_to_be(step: str) -> None:
    where, what, _ = STEPS[step]
    assert callable(getattr(where, what))
