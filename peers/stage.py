"""Who takes part: our services, the proxy, and the table of what holds."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from command_line import Command, medlem
from counter import LIMITS_OFF, Counter, free_port
from peers.proxy import Login, Proxy

SECRET: Final = "s3cret:+/% of the shop"  # noqa: S105 - the provider's, for this run alone
INTERVAL: Final = 5.0
"""What holds since the provider names none (CIBA Core 1.0 section 7.3)."""
SLOWER: Final = 5.0
ROUNDING: Final = 0.02


@dataclass
class Table:
    """What was held to the standard, and how it went."""

    lines: list[tuple[str, str, bool]] = field(default_factory=list)

    def line(self, what: str, seen: str, *, well: bool) -> None:
        """One line, printed at once."""
        self.lines.append((what, seen, well))
        print(f"{'ok  ' if well else 'FAIL'}  {what:<58} {seen}", flush=True)

    @property
    def failed(self) -> int:
        """How many lines did not hold."""
        return sum(not well for _, _, well in self.lines)


class Service:
    """One of ours, at the provider, with one till."""

    def __init__(self, proxy: Proxy, folder: Path, client: str, settings: Mapping[str, str]) -> None:
        self._settings = {
            **LIMITS_OFF,
            "MEDLEM_DATABASE_URL": f"sqlite:///{folder / client}.db",
            "MEDLEM_VIPPS_BASE_URL": "http://127.0.0.1:9",  # nothing but the standard
            "MEDLEM_VIPPS_DISCOVERY_URL": f"{proxy.url}/.well-known/openid-configuration",
            "MEDLEM_VIPPS_CLIENT_ID": client,
            "MEDLEM_VIPPS_CLIENT_SECRET": SECRET,
            "MEDLEM_VIPPS_USER_EXISTS": "off",
            "MEDLEM_WEBHOOKS": "off",
            "MEDLEM_LOGIN_SCOPE": "openid profile",
            "MEDLEM_LOGIN_HINT": "tel:+{msisdn}",
            "MEDLEM_REQUESTED_EXPIRY": "60",
            "MEDLEM_CALL_TIMEOUT": "3",
            **settings,
        }
        self.port = free_port()
        made = medlem("station", "add", "Till 1", "--json", settings=self._settings)
        self._key = str(json.loads(made.stdout)["key"])
        self.open()

    def open(self) -> None:
        """Start it, or start it again."""
        self._command = Command("serve", "--port", str(self.port), "--json", settings=self._settings)
        self.till = Counter(str(self._command.answer()["url"]), self._key)

    def kill(self) -> None:
        """`kill -9`."""
        self._command.process.kill()
        self._command.process.wait()
        self._command.close()

    def close(self) -> None:
        """Stop it."""
        self._command.close()

    def ends(self, phone: str) -> str:
        """Ask and wait for the end: its state, and the reason if it has one."""
        return self.end_of(self.till.ask(phone=f"+{phone}")["id"])

    def end_of(self, enrolment: str) -> str:
        """How an enrolment ends."""
        found = self.till.until_final(enrolment, 120)
        return found["reason"] or str(found["state"])


@dataclass
class Stage:
    """Everybody who takes part."""

    table: Table
    proxy: Proxy
    polling: Service
    pinged: Service
    phones: Iterator[str]


def outcomes(login: Login) -> list[str]:
    """What the provider, or the proxy in its stead, said to each look."""
    return [look.outcome for look in login.looks]


def looks(login: Login) -> str:
    """The same in words; a row of equal ones is counted."""
    said: list[tuple[str, int]] = []
    for outcome in outcomes(login):
        before = said.pop() if said and said[-1][0] == outcome else (outcome, 0)
        said.append((outcome, before[1] + 1))
    return "looks: " + (", ".join(f"{one} ×{many}" if many > 1 else one for one, many in said) or "none")
