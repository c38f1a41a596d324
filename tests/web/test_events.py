"""A station's screen, live."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from litestar.types import HTTPReceiveMessage, Message

from medlem.flows import places
from medlem.flows.tables import StorageUnavailable
from medlem.web.app import desk_of
from service import Listener, Service, open_service, until
from shop import KARI, OLA, Shop

DAY = 24 * 3600


async def test_a_new_stream_begins_with_what_the_screen_shows(service: Service) -> None:
    service.shop.kari()
    found = await service.identify()
    enrolment = (await service.post("/v1/enrolments", {"identification": found["id"]})).body
    async with service.listen() as screen:
        first = await screen.next()
    assert first.kind == "snapshot"
    assert first.body == {
        "station": {"id": service.shop.station.id, "name": "Till 1"},
        "server_time": "2026-11-23T10:00:00Z",
        "identification": found,
        "enrolments": [enrolment],
    }


async def test_a_page_that_is_loaded_anew_gets_every_question_that_is_open_however_long(service: Service) -> None:
    for msisdn in (KARI, OLA):
        service.shop.platform.person(msisdn, "Kari Nordmann")
        await service.shop.invite(msisdn)
        await service.shop.clock.turn(70)
    async with service.listen() as screen:
        first = await screen.next()
    assert [one["customer"]["masked"][-2:] for one in first.body["enrolments"]] == [KARI[-2:], OLA[-2:]]
    assert {one["state"] for one in first.body["enrolments"]} == {"waiting"}
    service.shop.platform.decline(OLA)
    await service.shop.wait(6)
    await service.shop.clock.turn(61)
    async with service.listen() as screen:
        later = await screen.next()
    left = [one["customer"]["masked"][-2:] for one in later.body["enrolments"]]
    assert left == [KARI[-2:]], "what has ended stays for a minute"


async def test_events_carry_what_the_calls_answer(service: Service) -> None:
    service.shop.kari()
    async with service.listen() as screen:
        begun = await screen.next()
        found = await service.identify()
        identified = await screen.next()
        enrolment = (await service.post("/v1/enrolments", {"identification": found["id"]})).body
        asking, waiting = await screen.next(), await screen.next()
    assert (identified.kind, identified.body) == ("identification", found)
    assert (asking.kind, asking.body["state"]) == ("enrolment", "asking")
    assert (waiting.kind, waiting.body) == ("enrolment", enrolment)
    positions = [event.id for event in (begun, identified, asking, waiting)]
    assert positions == [0, 1, 2, 3]


async def test_a_yes_on_the_phone_is_a_welcome_on_every_screen_that_follows(service: Service) -> None:
    service.shop.kari()
    second = await service.key_for(await service.shop.another_station())
    await service.ask()
    await service.ask(key=second)
    async with service.listen() as one, service.listen(second) as two:
        await one.next()
        await two.next()
        service.shop.platform.approve(KARI)
        await service.shop.wait(6)
        for screen in (one, two):
            event = await screen.next()
            assert (event.body["state"], event.body["member"]["name"]) == ("accepted", "Kari N.")


async def test_who_comes_back_gets_what_they_missed_and_no_snapshot(service: Service) -> None:
    async with service.listen() as screen:
        await screen.next()
        await service.identify("400 00 011")
        last = (await screen.next()).id
    missed = [await service.identify("400 00 012"), await service.identify("400 00 013")]
    async with service.listen(Last_Event_ID=str(last)) as screen:
        events = [await screen.next(), await screen.next()]
        later = await service.identify("400 00 014")
        events.append(await screen.next())
    assert [event.kind for event in events] == ["identification"] * 3
    assert [event.body for event in events] == [*missed, later]


@pytest.mark.parametrize("unknown", ["7", "-1", "x", "", "99999999999999999999", "1.5", "0x1"])
async def test_a_last_id_that_we_never_gave_starts_anew(service: Service, unknown: str) -> None:
    await service.identify()
    async with service.listen(Last_Event_ID=unknown) as screen:
        assert (await screen.next()).kind == "snapshot"


async def test_a_last_id_older_than_a_day_starts_anew(service: Service) -> None:
    await service.identify()
    await service.identify()
    await service.shop.clock.turn(DAY + 1)
    async with service.listen(Last_Event_ID="1") as screen:
        assert (await screen.next()).kind == "snapshot"


async def test_the_line_is_kept_warm_every_five_seconds(service: Service) -> None:
    async with service.listen() as screen:
        await screen.next()
        for _ in range(3):
            await service.shop.clock.turn(5)
            await screen.comment()


async def test_a_stream_ends_after_an_hour(service: Service) -> None:
    async with service.listen() as screen:
        await screen.next()
        await service.shop.clock.turn(3600)
        await screen.end()


async def test_the_ninth_stream_of_a_station_ends_the_oldest(service: Service) -> None:
    async with AsyncExitStack() as stack:
        screens: list[Listener] = []
        for _ in range(9):
            screen = await stack.enter_async_context(service.listen())
            await screen.next()
            screens.append(screen)
        await screens[0].end()
        await service.identify()
        for screen in screens[1:]:
            assert (await screen.next()).kind == "identification"


async def test_another_stations_streams_do_not_count(service: Service) -> None:
    second = await service.key_for(await service.shop.another_station())
    async with AsyncExitStack() as stack:
        screens = [await stack.enter_async_context(service.listen()) for _ in range(8)]
        await stack.enter_async_context(service.listen(second))
        await screens[0].next()
        await service.identify()
        assert (await screens[0].next()).kind == "identification"


async def test_a_stream_hears_nothing_of_other_stations(service: Service) -> None:
    second = await service.key_for(await service.shop.another_station())
    async with service.listen() as screen:
        await screen.next()
        await service.identify("400 00 012", second)
        mine = await service.identify("400 00 013")
        assert (await screen.next()).body == mine


async def test_a_revoked_key_ends_its_streams_at_once(service: Service) -> None:
    async with service.listen() as screen:
        await screen.next()
        keys = (await service.get("/v1/keys", "admin")).body["keys"]
        mine = next(key for key in keys if key["name"] == "station for tests")
        assert (await service.call("DELETE", f"/v1/keys/{mine['id']}", "admin")).status == 204
        await screen.end()
    assert (await service.get("/v1/events")).status == 401


async def test_a_station_out_of_service_ends_its_streams_at_once(service: Service) -> None:
    async with service.listen() as screen:
        await screen.next()
        assert (await service.call("DELETE", f"/v1/stations/{service.shop.station.id}", "admin")).status == 204
        await screen.end()


async def test_a_key_revoked_elsewhere_ends_its_streams_with_the_next_comment(service: Service) -> None:
    async with service.listen() as screen:
        await screen.next()
        await places.remove_station(service.shop.ports, service.shop.club, service.shop.station.id)
        await service.shop.clock.turn(5)
        await screen.end()


class AwayFromScreens:
    """A database that is gone at the moment in which a screen is read."""

    def __init__(self, there: Any) -> None:
        self._there = there

    def __getattr__(self, name: str) -> Any:
        return getattr(self._there, name)

    @property
    def reading(self) -> Any:
        return AwayFromScreens(self._there.reading)

    @property
    def events(self) -> "AwayFromScreens":
        return self

    async def snapshot(self, *_: object) -> None:
        raise StorageUnavailable("It does not answer.")


async def test_a_stream_that_has_no_database_to_begin_from_ends_cleanly(shop: Shop) -> None:
    without = replace(shop, ports=replace(shop.ports, storage=AwayFromScreens(shop.storage)))
    async with open_service(without) as service, service.listen() as screen:
        await screen.end()


async def test_streams_end_cleanly_when_the_service_stops(shop: Shop) -> None:
    async with open_service(shop) as service, service.listen() as screen:
        await screen.next()
        desk_of(service.app).closing.set()
        await screen.end()


async def test_a_long_poll_gets_its_ordinary_answer_when_the_service_stops(shop: Shop) -> None:
    shop.kari()
    async with open_service(shop) as service:
        enrolment = await service.ask()
        waiting = asyncio.create_task(service.get(f"/v1/enrolments/{enrolment['id']}?wait=30"))
        await service.watched(enrolment["id"])
        desk_of(service.app).closing.set()
        reply = await waiting
        assert (reply.status, reply.body["state"]) == (200, "waiting")


async def test_a_screen_that_is_closed_leaves_nothing_behind(service: Service) -> None:
    async with service.listen() as screen:
        await screen.next()
    waiters = service.shop.storage._bell._waiters  # type: ignore[attr-defined] # the storage in use has one
    await until(lambda: not waiters)


async def test_a_till_that_stops_reading_is_let_go_when_its_place_is_needed(shop: Shop) -> None:
    async with open_service(shop, streams_per_station=1) as service:
        stalled = asyncio.create_task(_stalled_stream(service))
        streams = desk_of(service.app).streams
        await until(lambda: bool(streams._open))
        async with service.listen() as screen:
            assert (await screen.next()).kind == "snapshot"
            async with asyncio.timeout(10):
                await stalled


async def _stalled_stream(service: Service) -> None:
    """A stream to a client that takes the headers and nothing else."""

    async def receive() -> HTTPReceiveMessage:
        never: asyncio.Future[HTTPReceiveMessage] = asyncio.get_running_loop().create_future()
        return await never

    async def send(message: Message) -> None:
        if message["type"] != "http.response.start":
            await asyncio.get_running_loop().create_future()

    headers = [(b"authorization", f"Bearer {service.keys['station']}".encode())]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/events",
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "client": ("127.0.0.1", 1),
    }
    await service.app(scope, receive, send)  # type: ignore[arg-type] # a scope has more, which nobody reads here
