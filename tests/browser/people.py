"""The other side of the counter: the demo's processes, pretend customers and their thumbs, all through real HTTP."""

import itertools
import json
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from command_line import call, medlem, running
from counter import free_port

_numbers: Final = itertools.count(random.SystemRandom().randrange(1, 5) * 100_000 + os.getpid() % 1000 * 100)


EXTRAS: Final = """
[[extra]]
name = "size"
kind = "text"
label = { en = "Shoe size", nb = "Skostørrelse" }

[[extra]]
name = "heard"
kind = "choice"
label = { en = "How did you hear of us?", nb = "Hvordan hørte du om oss?" }
choices = [
  { name = "friend", label = { en = "From a friend", nb = "Fra en venn" } },
  { name = "sign", label = { en = "The sign outside", nb = "Skiltet utenfor" } },
]

[[extra]]
name = "gift"
kind = "yes_no"
label = { en = "A birthday gift?", nb = "En bursdagsgave?" }
"""


@dataclass(frozen=True)
class Customer:
    """Somebody at the counter with a phone."""

    world: "World"
    msisdn: str

    @property
    def spoken(self) -> str:
        """The number as it is typed at a Norwegian till."""
        return self.msisdn.removeprefix("47")

    def code(self, kind: str = "clear") -> str:
        """The personal QR code on the phone."""
        shown: str = self.world.sim("GET", f"/people/{self.msisdn}/qr?kind={kind}")["content"]
        return shown

    def requests(self) -> list[dict[str, Any]]:
        """What the app asks now."""
        waiting: list[dict[str, Any]] = self.world.sim("GET", f"/people/{self.msisdn}/requests")["requests"]
        return waiting

    def approve(self) -> None:
        """Say yes."""
        self._answer("approve")

    def decline(self) -> None:
        """Say no."""
        self._answer("decline")

    def pushes(self) -> int:
        """How many messages this phone got."""
        count: int = self.world.sim("GET", "/calls")["pushes"].get(self.msisdn, 0)
        return count

    def _answer(self, how: str) -> None:
        (request,) = self.requests()
        self.world.sim("POST", f"/requests/{request['auth_req_id']}/{how}", {})


@dataclass(frozen=True)
class World:
    """A demo that runs: service, simulated platform, and the keys."""

    said: dict[str, Any] = field(repr=False)
    parent: int = 0
    """The process that tends the others."""

    @property
    def service(self) -> str:
        """Where the service answers."""
        url: str = self.said["service"]
        return url

    def sim(self, method: str, path: str, body: object = None) -> Any:
        """The simulator's control API."""
        status, answer = call(method, f"{self.said['simulator']}/sim{path}", body)
        assert status < 300, (method, path, answer)
        return answer

    def api(self, method: str, path: str, body: object = None, key: str = "admin_key") -> Any:
        """The service's own API."""
        status, answer = call(method, f"{self.service}{path}", body, self.said.get(key, key))
        assert status < 300, (method, path, answer)
        return answer

    def customer(self, **traits: object) -> Customer:
        """Somebody new, with a Norwegian number of their own."""
        msisdn = str(traits.pop("msisdn", f"4741{next(_numbers) % 1_000_000:06}"))
        self.sim("POST", "/people", {"msisdn": msisdn} | traits)
        return Customer(self, msisdn)

    def member(self, given_name: str = "Kari", family_name: str = "Nordmann", **traits: object) -> Customer:
        """Somebody who is a member already: they have joined at another till."""
        customer = self.customer(name=f"{given_name} {family_name}", answers="approve", **traits)
        found = self.api("POST", "/v1/identifications", {"phone": f"+{customer.msisdn}"}, "station_key")
        asked = self.api("POST", "/v1/enrolments", {"identification": found["id"]}, "station_key")
        while asked["state"] in {"asking", "waiting"}:
            asked = self.api("GET", f"/v1/enrolments/{asked['id']}?wait=15", key="station_key")
        assert asked["state"] == "accepted", asked
        return customer

    def entry(self, given_name: str = "Kari", family_name: str = "Nordmann", **traits: object) -> Customer:
        """Somebody whom the merchant has entered; whoever has the number already shares it."""
        customer = self.customer(name=f"{given_name} {family_name}", **traits)
        profile = {"name": f"{given_name} {family_name}", "given_name": given_name, "family_name": family_name}
        entered = {"phone": f"+{customer.msisdn}", "profile": profile, "shared_number": True}
        self.api("POST", "/v1/members", entered)
        return customer

    def station(self, name: str = "Till 1") -> tuple[dict[str, Any], str]:
        """A till position, and a code that makes a browser this till."""
        station = self.api("POST", "/v1/stations", {"name": name, "store": None})
        code: str = self.api("POST", f"/v1/stations/{station['id']}/pairing")["code"]
        return station, code

    def fault(self, operation: str, kind: str, **more: object) -> None:
        """Let the platform fail in one way, and in no other."""
        self.sim("PUT", "/faults", {"faults": [{"operation": operation, "kind": kind, **more}]})

    def well(self) -> None:
        """Let nothing fail."""
        self.sim("PUT", "/faults", {"faults": []})

    def later(self, seconds: float) -> None:
        """Turn the platform's clock."""
        self.sim("POST", "/clock", {"advance": seconds})

    def kill_service(self) -> None:
        """Kill the service, as a power cut would: the youngest child that the demo has.

        Ages are compared, not numbers: those begin anew when the machine has used them up.
        """
        children = Path(f"/proc/{self.parent}/task/{self.parent}/children").read_text(encoding="ascii").split()
        os.kill(max(map(int, children), key=_born), signal.SIGKILL)


def _born(pid: int) -> int:
    """When a process began, in ticks since the machine did (proc(5), field 22; the second may hold spaces)."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])


@contextmanager
def page_shop(demo: World, directory: Path) -> Iterator[World]:
    """A service whose customers finish on its page, where they are asked a few things more."""
    credentials, port = demo.sim("GET", "/credentials"), free_port()
    extras = directory / "extras.toml"
    extras.write_text(EXTRAS, encoding="utf-8")
    settings = {f"MEDLEM_VIPPS_{name.upper()}": value for name, value in credentials.items()} | {
        "MEDLEM_DATABASE_URL": f"sqlite:///{directory / 'page.db'}",
        "MEDLEM_VIPPS_BASE_URL": demo.said["simulator"],
        "MEDLEM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MEDLEM_LOGIN_FINISH": "page",
        "MEDLEM_CLUB_NAME": "Nordlys Kaffe",
        "MEDLEM_EXTRAS": str(extras),
    }
    page = f"http://127.0.0.1:{port}/finish/{credentials['msn']}"
    demo.sim("PUT", "/switches", {"redirect_uris": [page]})
    with running("serve", "--port", str(port), "--json", settings=settings) as command:
        service = command.answer()["url"]
        made = json.loads(medlem("key", "add", "admin", "--json", settings=settings).stdout)
        yield World({"service": service, "simulator": demo.said["simulator"], "admin_key": made["key"], "page": page})
    demo.sim("PUT", "/switches", {})


@contextmanager
def plain_shop(demo: World, directory: Path) -> Iterator[World]:
    """A service of its own on the demo's platform, with nothing set that can be left out."""
    credentials = demo.sim("GET", "/credentials")
    settings = {f"MEDLEM_VIPPS_{name.upper()}": value for name, value in credentials.items()} | {
        "MEDLEM_DATABASE_URL": f"sqlite:///{directory / 'plain.db'}",
        "MEDLEM_VIPPS_BASE_URL": demo.said["simulator"],
    }
    with running("serve", "--port", "0", "--json", settings=settings) as command:
        service = command.answer()["url"]
        made = json.loads(medlem("key", "add", "admin", "--json", settings=settings).stdout)
        yield World({"service": service, "simulator": demo.said["simulator"], "admin_key": made["key"]})
