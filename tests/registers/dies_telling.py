"""Tells a register what is due, and is killed at one step; for a test of what is left."""

import asyncio
import os
import signal
import sys
from typing import Any

from fakes import HandClock
from fakes_messenger import ObedientMessenger
from fakes_platform import ObedientPlatform
from medlem.club.announcement import Announcement
from medlem.flows import announcing
from medlem.flows.answers import Reception
from medlem.flows.errands import Errands
from medlem.flows.limits import Limits
from medlem.flows.ports import Ports, Storage
from medlem.registers.by_club import Registers
from medlem.registers.http import HttpRegister
from medlem.registers.own import OwnRegister
from medlem.storage import open_sqlite
from premises import NOW
from registers_at_hand import http_register
from storages import VAULT


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """A register that we die before or after telling."""

    def __init__(self, register: HttpRegister, step: str) -> None:
        self._register, self._step = register, step

    async def tell(self, announcement: Announcement) -> Reception:
        if self._step == "before the call":
            die()
        answer = await self._register.tell(announcement)
        if self._step == "after the call":
            die()
        return answer


def ports_of(storage: Storage, clock: HandClock, registers: Registers) -> Ports:
    platform: Any = ObedientPlatform(clock)
    return Ports(storage, platform, registers, ObedientMessenger(), clock, Limits(), Errands(), lambda: 0.5)


async def main(database: str, url: str, step: str) -> None:
    storage = await open_sqlite(f"sqlite:///{database}", VAULT)
    clock = HandClock(NOW)
    http = http_register(url, clock)
    registers = Registers(OwnRegister(storage))
    [club] = await storage.reading.places.clubs()
    registers.put(club.id, http, Mortal(http, step), http.close)
    await announcing.tell_all(ports_of(storage, clock, registers), club.id)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
