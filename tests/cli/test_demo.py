"""`medlem demo`: the whole story on one machine, by HTTP alone, and through every death."""

import http.client
import json
import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from command_line import PATIENCE, Command, call, medlem, running

KARI = "4740000151"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def words(directory: Path) -> tuple[str, ...]:
    return ("demo", "--json", "--port", "0", "--simulator-port", "0", "--directory", str(directory))


@pytest.fixture
def demo(directory: Path) -> Iterator[Command]:
    with running(*words(directory)) as command:
        yield command


@pytest.fixture(scope="module")
def open_club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A demo for the tests that leave it as it is."""
    directory = tmp_path_factory.mktemp("club") / "demo"
    with running(*words(directory)) as command:
        yield command.answer() | {"directory": str(directory)}


class Counter:
    """A till and a customer, by HTTP alone."""

    def __init__(self, shown: dict[str, Any]) -> None:
        self.service, self.simulator, self.key = shown["service"], shown["simulator"], shown["station_key"]

    def person(self, msisdn: str = KARI) -> None:
        assert call("POST", f"{self.simulator}/sim/people", {"msisdn": msisdn, "name": "Kari Nordmann"})[0] == 201

    def scan(self, kind: str, msisdn: str = KARI) -> Any:
        _, code = call("GET", f"{self.simulator}/sim/people/{msisdn}/qr?kind={kind}")
        status, found = call("POST", f"{self.service}/v1/identifications", {"scan": code["content"]}, self.key)
        assert status == 201, found
        return found

    def ask(self, identification: str) -> Any:
        body = {"identification": identification}
        status, asked = call("POST", f"{self.service}/v1/enrolments", body, self.key)
        assert (status, asked["state"]) == (202, "waiting")
        return asked

    def on_the_phone(self, msisdn: str = KARI) -> list[Any]:
        _, shown = call("GET", f"{self.simulator}/sim/people/{msisdn}/requests")
        found: list[Any] = shown["requests"]
        return found

    def approve(self, msisdn: str = KARI) -> None:
        (request,) = self.on_the_phone(msisdn)
        assert call("POST", f"{self.simulator}/sim/requests/{request['auth_req_id']}/approve")[0] == 204

    def settled(self, enrolment: str) -> Any:
        """The enrolment when the customer has answered."""
        url = f"{self.service}/v1/enrolments/{enrolment}?wait=30"
        status, found = call("GET", url, key=self.key)
        assert status == 200
        return found

    def pushes(self, msisdn: str = KARI) -> int:
        _, calls = call("GET", f"{self.simulator}/sim/calls")
        assert calls["violations"] == 0
        found: int = calls["pushes"].get(msisdn, 0)
        return found


class Events:
    """A till's screen: the events of one station, as they come."""

    def __init__(self, counter: Counter) -> None:
        place = urlsplit(counter.service)
        self._connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE)
        self._connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {counter.key}"})
        self._answer = self._connection.getresponse()

    def until(self, kind: str, **wanted: str) -> dict[str, Any]:
        """The next event of this kind that says so."""
        event = ""
        while line := self._answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "event":
                event = value
            if name == "data" and event == kind:
                body: dict[str, Any] = json.loads(value)
                if wanted.items() <= body.items():
                    return body
        raise AssertionError(f"the stream ended before a {kind} came")

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


def test_a_scan_becomes_a_member_by_http_alone(open_club: dict[str, Any]) -> None:
    counter = Counter(open_club)
    counter.person()
    screen = Events(counter)
    screen.until("snapshot")
    found = counter.scan("token")
    assert (found["membership"], found["evidence"]) == ("not_member", "personal_qr_token")
    asked = counter.ask(found["id"])
    (request,) = counter.on_the_phone()
    assert request["binding_message"] == asked["code"]
    counter.approve()
    told = screen.until("enrolment", id=asked["id"], state="accepted")
    assert told["member"]["name"] == "Kari N."
    screen.close()
    again = counter.scan("clear")
    assert (again["membership"], again["evidence"]) == ("member", "personal_qr_clear")
    assert again["member"] == told["member"]
    assert counter.pushes() == 1


def test_the_line_says_where_everything_is_and_nothing_else_is_printed(demo: Command) -> None:
    shown = demo.answer()
    assert list(shown) == [
        "service",
        "simulator",
        "till",
        "phone",
        "station_key",
        "integration_key",
        "admin_key",
        "pid",
    ]
    assert call("GET", f"{shown['service']}/health/ready")[0] == 200
    status, who = call("GET", f"{shown['simulator']}/sim/people/{shown['phone'].rpartition('/')[2]}")
    assert (status, who["answers"]) == (200, "by_hand")
    assert call("GET", f"{shown['service']}/v1/members", key=shown["integration_key"])[0] == 200
    assert len(call("GET", f"{shown['service']}/v1/stations", key=shown["admin_key"])[1]["stations"]) == 2
    place, _, code = shown["till"].partition("#pair=")
    assert place == f"{shown['service']}/till"
    assert call("POST", f"{place}/pair", {"code": code})[0] in {200, 201, 204}
    os.kill(shown["pid"], 0)
    assert demo.stop()[:2] == (0, "")


def test_the_pretend_club_has_members_with_phones(open_club: dict[str, Any]) -> None:
    counter = Counter(open_club)
    assert counter.scan("token", "4740000101")["membership"] == "member"
    assert counter.scan("token", "4740000001")["membership"] == "not_member"


def test_a_sticker_hangs_at_the_first_till(open_club: dict[str, Any]) -> None:
    simulator = open_club["simulator"]
    while not (stickers := call("GET", f"{simulator}/sim/stickers")[1]["stickers"]):
        pass  # the service makes it as soon as it runs
    assert [one["location"] for one in stickers] == ["Till 1"]


def test_the_service_hears_of_somebody_who_ends_sharing_in_the_app(open_club: dict[str, Any]) -> None:
    counter, leaver = Counter(open_club), "4740000152"
    counter.person(leaver)
    asked = counter.ask(counter.scan("token", leaver)["id"])
    counter.approve(leaver)
    assert counter.settled(asked["id"])["state"] == "accepted"
    assert call("POST", f"{open_club['simulator']}/sim/people/{leaver}/revoke")[0] < 300
    marked = f"{open_club['service']}/v1/members?sharing=withdrawn"
    while not (found := call("GET", marked, key=open_club["integration_key"])[1]["members"]):
        pass  # the platform tells it a moment later
    assert [member["phone"] for member in found] == [f"+{leaver}"]


def test_a_service_that_is_killed_is_back_and_the_customer_is_asked_once(demo: Command) -> None:
    shown = demo.answer()
    counter = Counter(shown)
    counter.person()
    asked = counter.ask(counter.scan("token")["id"])
    os.kill(shown["pid"], signal.SIGKILL)
    assert call("GET", f"{shown['service']}/health/ready")[0] == 200  # the caller waits, and is not refused
    counter.approve()
    assert counter.settled(asked["id"])["state"] == "accepted"
    assert counter.pushes() == 1
    numbers = [member["phone"] for member in members(shown)]
    assert numbers.count(f"+{KARI}") == 1


def members(shown: dict[str, Any]) -> list[Any]:
    _, page = call("GET", f"{shown['service']}/v1/members", key=shown["integration_key"])
    found: list[Any] = page["members"]
    return found


def test_a_service_that_dies_again_and_again_is_started_again_and_again(demo: Command) -> None:
    shown = demo.answer()
    pid = shown["pid"]
    for _ in range(3):
        os.kill(pid, signal.SIGKILL)
        pid = int(demo.said("the service is started again as process").rpartition(" ")[2])
        assert call("GET", f"{shown['service']}/health/ready")[0] == 200


def test_a_simulator_that_is_killed_is_back_with_its_people_and_requests(demo: Command) -> None:
    shown = demo.answer()
    counter = Counter(shown)
    counter.person()
    asked = counter.ask(counter.scan("token")["id"])
    (simulator,) = set(children(demo.process.pid)) - {shown["pid"]}
    os.kill(simulator, signal.SIGKILL)
    demo.said("the simulator answers again")
    counter.approve()
    assert counter.settled(asked["id"])["state"] == "accepted"


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def test_started_again_on_the_same_directory_everything_goes_on(directory: Path) -> None:
    with running(*words(directory)) as first:
        shown = first.answer()
        counter = Counter(shown)
        counter.person()
        asked = counter.ask(counter.scan("token")["id"])
        assert first.stop(signal.SIGINT)[0] == 0
    with running(*words(directory)) as second:
        again = second.answer()
        keys = ("station_key", "integration_key", "admin_key")
        assert [again[key] for key in keys] == [shown[key] for key in keys]
        assert again["till"].partition("#")[2] != shown["till"].partition("#")[2]
        counter = Counter(again)
        counter.approve()
        assert counter.settled(asked["id"])["state"] == "accepted"
        assert counter.pushes() == 0  # the simulator counts since it started: nobody was asked again
        assert len(members(again)) == 4


def test_a_child_that_does_not_stop_is_ended_by_force(demo: Command) -> None:
    os.kill(demo.answer()["pid"], signal.SIGSTOP)
    code, out, err = demo.stop()
    assert (code, out) == (0, "")
    assert "the service does not stop; it is ended by force" in err


def test_a_directory_of_another_version_says_how_to_begin_anew(directory: Path) -> None:
    with running(*words(directory)) as first:
        first.answer()
    with sqlite3.connect(directory / "medlem.db") as database:
        database.execute("insert into migration (name, checksum, beside) values ('9999_from_the_future', '', 0)")
    database.close()
    refused = medlem(*words(directory))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"Or remove {directory} to begin anew." in refused.stderr


def test_what_the_demo_keeps_is_its_owners_alone(open_club: dict[str, Any]) -> None:
    kept = [file for file in Path(open_club["directory"]).rglob("*") if file.is_file()]
    assert {file.stat().st_mode & 0o077 for file in kept} == {0}
    assert {"demo-keys.json", "medlem.db", "medlem.keys"} <= {file.name for file in kept}


def test_when_the_parent_is_killed_its_children_end_too(directory: Path) -> None:
    with running(*words(directory)) as command:
        command.answer()
        code, _, _ = command.stop(signal.SIGKILL)  # returns when the last that holds its standard error is gone
        assert code == -signal.SIGKILL
    with running(*words(directory)) as again:
        assert again.answer()["service"]


def test_a_second_demo_in_the_same_directory_is_told_so(open_club: dict[str, Any]) -> None:
    second = medlem(*words(Path(open_club["directory"])))
    assert (second.returncode, second.stdout) == (1, "")
    assert "Another demo runs" in second.stderr


def test_without_json_it_says_where_to_click_and_what_to_type(directory: Path) -> None:
    with running(*[word for word in words(directory) if word != "--json"]) as command:
        said = [command.line()]
        while "Ctrl-C" not in said[-1]:
            said.append(command.line())
    text = "\n".join(said)
    assert "/phone/4740000001" in text
    assert "curl -s http://127.0.0.1:" in text
    assert "400 00 001" in text


@pytest.mark.parametrize("option", ["--port", "--simulator-port"])
def test_a_port_that_is_taken_is_told_by_its_option(directory: Path, option: str) -> None:
    ports = {"--port": "0", "--simulator-port": "0"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports[option] = str(taken.getsockname()[1])
        options = [word for pair in ports.items() for word in pair]
        refused = medlem("demo", "--json", "--directory", str(directory), *options)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"Port {ports[option]} is taken. Choose another with {option}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = medlem(*words(tmp_path / "file" / "demo"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "cannot be used" in refused.stderr
    assert "--directory" in refused.stderr
