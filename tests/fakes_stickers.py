"""The stickers of the platform in memory: codes on walls, and people who scan them."""

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable, UnreadableCode
from medlem.club.ids import ClubId, StationQrId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import HungQr
from medlem.flows.ports import Clock

CUSTOMER_TOKEN_LIFE = timedelta(minutes=15)


class QrTrouble(StrEnum):
    """What goes wrong with a call about stickers or tokens."""

    UNSENT = "unsent"
    """Nothing happens over there."""
    LOST = "lost"
    """It happens, and no answer comes."""
    KEYS_REFUSED = "keys_refused"
    SURPRISE = "surprise"
    """It happens, and nobody can read the answer."""


_REFUSALS: dict[QrTrouble, Exception] = {
    QrTrouble.UNSENT: PlatformUnavailable("Try once more.", 1),
    QrTrouble.LOST: PlatformUnavailable("Try once more.", 1),
    QrTrouble.KEYS_REFUSED: PlatformRefusedKeys("Check the sales unit's keys."),
    QrTrouble.SURPRISE: PlatformSurprisedUs("Try once more."),
}


@dataclass(slots=True)
class PretendStickers:
    """One part of `flows.ports.Platform` in memory. `qr_troubles` are used up one a call."""

    clock: Clock
    down: bool = False
    hung: dict[str, HungQr] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    qr_troubles: deque[QrTrouble] = field(default_factory=deque)
    qr_gate: asyncio.Event | None = None
    """Holds the answer to every sticker that is made, after it took effect, until set."""
    exchanges: int = 0
    _scans: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def scan(self, msisdn: str) -> Masked[str]:
        """Scan a sticker: the token that the platform delivers."""
        token = secrets.token_urlsafe(24)
        self._scans[token] = (msisdn, self.clock.now())
        return Masked(token)

    def scanned(self, token: Masked[str]) -> str | None:
        """Whose token it is, while it is good."""
        msisdn, at = self._scans.get(token.reveal(), ("", self.clock.now()))
        return msisdn if msisdn and self.clock.now() < at + CUSTOMER_TOKEN_LIFE else None

    async def reveal_customer(self, club: ClubId, token: Masked[str]) -> PhoneNumber:
        del club
        await self._answers()
        self.exchanges += 1
        msisdn = self.scanned(token)
        if msisdn is None:
            raise UnreadableCode("Ask the customer to scan once more.")
        return PhoneNumber(msisdn)

    async def hang_qr(self, club: ClubId, qr: StationQrId, label: str) -> HungQr:
        del club
        trouble = await self._answers()
        content = self.hung[qr].content if qr in self.hung else f"https://qr.vipps.no/c/{secrets.token_urlsafe(12)}"
        image = f"https://qr.vipps.no/generate/{secrets.token_hex(4)}"
        self.hung[qr] = HungQr(qr, label, content, image)
        if self.qr_gate is not None:
            await self.qr_gate.wait()
        self._answered(trouble)
        return self.hung[qr]

    async def find_qr(self, club: ClubId, qr: StationQrId) -> HungQr | None:
        del club
        self._answered(await self._answers())
        return self.hung.get(qr)

    async def hung_qrs(self, club: ClubId) -> list[HungQr]:
        del club
        self._answered(await self._answers())
        return list(self.hung.values())

    async def remove_qr(self, club: ClubId, qr: str) -> None:
        del club
        trouble = await self._answers()
        if self.hung.pop(qr, None) is not None:
            self.removed.append(qr)
        self._answered(trouble)

    async def _answers(self) -> QrTrouble | None:
        """Let others run; the trouble that shows only in the answer."""
        await asyncio.sleep(0)
        if self.down:
            raise PlatformUnavailable("Try once more.", 1)
        trouble = self.qr_troubles.popleft() if self.qr_troubles else None
        if trouble in {QrTrouble.UNSENT, QrTrouble.KEYS_REFUSED}:
            self._answered(trouble)
        return trouble

    @staticmethod
    def _answered(trouble: QrTrouble | None) -> None:
        if trouble is not None:
            raise _REFUSALS[trouble]
