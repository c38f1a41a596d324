"""The directory: what is still there after a restart, however it came about."""

from pathlib import Path

import msgspec
import pytest

from medlem.simulator.app import start
from medlem.simulator.journal import FILE, DirectoryTaken, Journal, JournalDamaged, Table
from simulator.conftest import Opener
from simulator.desk import ACCESS, KARI, WEBHOOKS, Receiver


async def test_everything_goes_on_after_a_restart(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        kari = await desk.person(email="kari@example.com")
        keys, merchant = desk.keys, await desk.merchant()
        jwks = (await desk.call("GET", f"{ACCESS}/.well-known/jwks.json")).text
        token_code = await desk.qr("token")
        await desk.switch(token_type="bearer")
        tokens = await desk.logged_in()
        await desk.register("http://127.0.0.1:9/")
        auth_req_id = await desk.asked(binding_message="4MX-CQ3")
        await desk.later(10_000_000)
        late = await desk.asked()

    async with open_desk(tmp_path) as desk:
        assert desk.keys == keys
        assert (await desk.call("GET", f"/sim/people/{KARI}")).json == kari
        assert (await desk.call("GET", f"{ACCESS}/.well-known/jwks.json")).text == jwks
        assert (await desk.call("GET", WEBHOOKS, headers=merchant)).status == 401, "the clock was turned far"
        assert len((await desk.call("GET", WEBHOOKS, headers=await desk.merchant())).json["webhooks"]) == 1
        assert (await desk.exchange(token_code)).status == 400
        assert (await desk.call("GET", "/sim/switches")).json["token_type"] == "bearer"
        assert (await desk.userinfo(tokens)).status == 401
        assert (await desk.collect(auth_req_id)).error == (400, "invalid_grant"), "forgotten by now"
        waiting = (await desk.call("GET", f"/sim/people/{KARI}/requests")).json["requests"]
        assert [each["auth_req_id"] for each in waiting] == [late]


async def test_tokens_and_codes_stay_good_over_a_restart(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.person()
        merchant, code, tokens = await desk.merchant(), await desk.qr("token"), await desk.logged_in()

    async with open_desk(tmp_path) as desk:
        body = {"qrCode": code}
        assert (await desk.call("POST", "/qr/v1/exchange", json=body, headers=merchant)).json["msisdn"] == KARI
        assert (await desk.userinfo(tokens)).json["phone_number"] == KARI


async def test_a_redeemed_request_stays_redeemed(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.person()
        auth_req_id = await desk.asked()
        await desk.press("approve", auth_req_id)
        await desk.later(5)
        await desk.collect(auth_req_id)

    async with open_desk(tmp_path) as desk:
        assert (await desk.collect(auth_req_id)).error == (400, "invalid_grant")


async def test_a_slower_interval_is_remembered_and_the_gap_is_counted_from_the_ask(
    open_desk: Opener, tmp_path: Path
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.person()
        auth_req_id = await desk.asked()
        await desk.collect(auth_req_id)

    async with open_desk(tmp_path) as desk:
        assert (await desk.collect(auth_req_id)).error == (400, "slow_down")
        await desk.later(15)
        assert (await desk.collect(auth_req_id)).error == (400, "authorization_pending")


async def test_a_promised_answer_and_a_missed_expiry_are_made_up_for(
    open_desk: Opener, tmp_path: Path, receiver: Receiver
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.person(answers="approve", after=120)
        await desk.register(receiver.url)
        promised = await desk.asked()

    async with open_desk(tmp_path) as desk:
        await desk.later(120)
        assert msgspec.json.decode((await receiver.next()).body) == {"auth_req_id": promised}


async def test_a_ping_that_was_not_taken_is_repeated_after_a_restart(
    open_desk: Opener, tmp_path: Path, receiver: Receiver
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.person()
        await desk.register(receiver.url)
        receiver.answers = [500]
        await desk.press("approve", await desk.asked())
        refused = await receiver.next()
        await desk.deliveries(1)

    async with open_desk(tmp_path):
        assert (await receiver.next()).body == refused.body


async def test_a_ping_on_its_way_does_not_hold_up_the_stop_and_goes_out_again(
    open_desk: Opener, tmp_path: Path, receiver: Receiver
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.person()
        await desk.register(receiver.url)
        receiver.silent = True
        await desk.press("approve", await desk.asked())
        unanswered = await receiver.next()
    receiver.silent = False

    async with open_desk(tmp_path):
        assert (await receiver.next()).body == unanswered.body


async def test_a_line_that_was_cut_off_is_dropped(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.person()
    with (tmp_path / FILE).open("ab") as journal:
        journal.write(b'["people","somebody",{"id":"x","tra')

    async with open_desk(tmp_path) as desk:
        assert len((await desk.call("GET", "/sim/people")).json["people"]) == 1
    assert b"tra\n" not in (tmp_path / FILE).read_bytes()


async def test_a_line_that_is_damaged_in_the_middle_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'["people","x"\n["clock","advanced",5]\n')

    with pytest.raises(JournalDamaged, match="Line 1"):
        await start(directory=tmp_path)


async def test_two_simulators_cannot_share_a_directory(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(tmp_path):
        with pytest.raises(DirectoryTaken, match="Another simulator"):
            await start(directory=tmp_path)


def test_a_start_writes_down_only_what_still_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    table = Table(journal, "numbers", int)
    for number in range(100):
        table.put("same", number)
    table.put("gone", 1)
    table.remove("gone")
    table.remove("never there")
    journal.close()

    journal = Journal(tmp_path)
    table = Table(journal, "numbers", int)
    assert (table.get("same"), table.get("gone"), len(table)) == (99, None, 1)
    assert (tmp_path / FILE).read_text() == '["numbers","same",99]\n'
    journal.close()


def test_the_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    Journal(tmp_path).close()

    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


async def test_without_a_directory_everything_is_new_each_time(open_desk: Opener) -> None:
    async with open_desk(None) as first, open_desk(None) as second:
        assert not set(first.keys.values()) & set(second.keys.values())
