"""A till, a customer's phone and the platform's bad days, by HTTP alone: what an integrator has, and no more."""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from command_line import Command, call, medlem, running

LIMITS_OFF = {
    f"MEDLEM_{name}": "off"
    for name in ("LOOKUPS_PER_STATION", "LOOKUP_MISSES_PER_STATION", "ASKS_PER_PHONE", "ASK_AFTER_DECLINE")
}


class Phones:
    """The simulated platform, by its control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: object = None) -> Any:
        status, found = call(method, f"{self.url}/sim{path}", body)
        assert status < 300, found
        return found

    def person(self, msisdn: str, **traits: object) -> None:
        self.control("POST", "/people", {"msisdn": msisdn, **traits})

    def code(self, msisdn: str, kind: str = "token") -> str:
        return str(self.control("GET", f"/people/{msisdn}/qr?kind={kind}")["content"])

    def shown(self, msisdn: str) -> Sequence[Any]:
        found: list[Any] = self.control("GET", f"/people/{msisdn}/requests")["requests"]
        return found

    def press(self, msisdn: str, thumb: str) -> None:
        (request,) = self.shown(msisdn)
        self.control("POST", f"/requests/{request['auth_req_id']}/{thumb}")

    def faults(self, *faults: dict[str, object]) -> None:
        """Put these in the place of all others; certain unless they say otherwise."""
        self.control("PUT", "/faults", {"seed": 1, "faults": [{"probability": 1, **fault} for fault in faults]})

    def turn(self, seconds: float) -> None:
        self.control("POST", "/clock", {"advance": seconds})

    def pushes(self, msisdn: str) -> int:
        return int(self.control("GET", "/calls")["pushes"].get(msisdn, 0))

    def violations(self) -> int:
        return int(self.control("GET", "/calls")["violations"])

    def times(self, operation: str) -> int:
        return int(self.control("GET", "/calls")["operations"][operation]["count"])


class Counter:
    """A station of one service."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key

    def post(self, path: str, body: object) -> tuple[int, Any]:
        return call("POST", f"{self.url}{path}", body, self.key)

    def identify(self, **how: str) -> Any:
        status, found = self.post("/v1/identifications", how)
        assert status == 201, found
        return found

    def ask(self, **how: str) -> Any:
        """Identify and ask; the enrolment as it was answered."""
        status, asked = self.post("/v1/enrolments", {"identification": self.identify(**how)["id"]})
        assert status in {200, 202}, asked
        return asked

    def show(self, enrolment: str, wait: float = 0) -> Any:
        status, found = call("GET", f"{self.url}/v1/enrolments/{enrolment}?wait={wait:g}", key=self.key)
        assert status == 200, found
        return found

    def until_final(self, enrolment: str, seconds: int = 60) -> Any:
        """The enrolment when it is over."""
        found = self.show(enrolment)
        for _ in range(seconds // 15):
            if found["state"] not in {"asking", "waiting"}:
                return found
            found = self.show(enrolment, 15)
        raise AssertionError(f"still {found['state']}")


class Shop:
    """A service of its own on a simulated platform, to be killed and started again."""

    def __init__(
        self, phones: Phones, folder: Path, *, pings: bool = False, settings: Mapping[str, str] | None = None
    ) -> None:
        self.phones = phones
        self.port = free_port()
        self.settings = {
            **LIMITS_OFF,
            "MEDLEM_DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
            **platform_settings(phones),
            **(settings or {}),
        }
        if pings:
            self.settings["MEDLEM_PUBLIC_URL"] = f"http://127.0.0.1:{self.port}"
        self.keys = [self._command("station", "add", f"Till {n}")["key"] for n in (1, 2)]
        self.office = self._command("key", "add", "integration")["key"]
        self.service: Command
        self.open()

    def open(self) -> None:
        """Start the service where it was before."""
        self.service = Command("serve", "--port", str(self.port), "--json", settings=self.settings)
        self.url = str(self.service.answer()["url"])
        self.till, self.other_till = (Counter(self.url, key) for key in self.keys)

    def kill(self) -> None:
        """`kill -9`."""
        self.service.process.kill()
        self.service.process.wait()
        self.service.close()

    def close(self) -> None:
        self.service.close()

    def members(self, msisdn: str) -> list[Any]:
        _, found = call("POST", f"{self.url}/v1/members/lookup", {"phone": f"+{msisdn}"}, self.office)
        members: list[Any] = found["members"]
        return members

    def _command(self, *words: str) -> Any:
        done = medlem(*words, "--json", settings=self.settings)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def platform_settings(phones: Phones) -> dict[str, str]:
    """A sales unit at the simulated platform."""
    keys = phones.control("GET", "/credentials")
    return {
        "MEDLEM_VIPPS_BASE_URL": phones.url,
        "MEDLEM_VIPPS_CLIENT_ID": keys["client_id"],
        "MEDLEM_VIPPS_CLIENT_SECRET": keys["client_secret"],
        "MEDLEM_VIPPS_SUBSCRIPTION_KEY": keys["subscription_key"],
        "MEDLEM_VIPPS_MSN": keys["msn"],
    }


@contextmanager
def open_phones() -> Iterator[Phones]:
    """A simulated platform as a process of its own."""
    with running("simulator", "--port", "0", "--no-people", "--json") as simulator:
        yield Phones(str(simulator.answer()["url"]))


@contextmanager
def open_shop(
    phones: Phones, folder: Path, *, pings: bool = False, settings: Mapping[str, str] | None = None
) -> Iterator[Shop]:
    """A service with two stations, with or without the platform's pings."""
    shop = Shop(phones, folder, pings=pings, settings=settings)
    try:
        yield shop
    finally:
        shop.close()
