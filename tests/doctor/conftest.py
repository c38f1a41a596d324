"""The simulated platform, a provider that says what a test writes down, and the doctor before either."""

from collections.abc import AsyncIterator

import pytest

from doctor.ward import Ward
from fakes import HandClock
from medlem.app.doctor import SHORT
from medlem.vipps.http import Wire
from signed_tokens import NOW
from sim import Sim, open_sim
from stub_platform import Stub


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    made = Stub()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def sim() -> AsyncIterator[Sim]:
    async with open_sim() as running:
        yield running


@pytest.fixture
async def ward() -> AsyncIterator[Ward]:
    clock = HandClock(NOW)
    wire = Wire(clock, SHORT)
    yield Ward(wire, clock)
    await wire.close()
