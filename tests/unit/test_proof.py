"""Proof for others: what is in it, and that no byte of it can be changed unseen."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from medlem.app import proof
from medlem.app.proof.archive import MANIFEST, SIGNATURE, pack
from medlem.club.consent import Actor, Method
from medlem.club.errors import NotFound
from medlem.club.ids import KeyId
from medlem.club.member import ConsentAnswer
from medlem.config import load
from medlem.flows import membership, recording
from medlem.flows.recording import Said
from medlem.vault import Vault
from shop import KARI, OLA, Shop, open_shop

VAULT = Vault([bytes(range(32))])
KEYS = VAULT.public_keys()
EMAIL = ConsentAnswer(
    element="email",
    text="May we write to you <b>about offers</b>?",
    granted=True,
    given_at=datetime(2026, 11, 23, 9, 59, tzinfo=UTC),
    language="en",
)
CONTROLLER = proof.Controller(
    "Fjord & Fjell AS", "999 888 777", "privacy@fjord.example.org", None, ("Vipps MobilePay AS",)
)
SMALL = pack({"a.txt": b"what was said", "b.txt": b""}, {"club": "one"}, VAULT)


def rewritten(whole: bytes, changed: Mapping[str, bytes | None]) -> bytes:
    """The same ZIP with files that are other, added or left out."""
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as before, zipfile.ZipFile(found, "w") as made:
        for entry in before.infolist():
            content = changed.get(entry.filename, before.read(entry))
            if content is not None:
                made.writestr(entry, content)
        for name in changed.keys() - set(before.namelist()):
            made.writestr(name, changed[name] or b"")
    return found.getvalue()


def files(whole: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(whole)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_a_proof_says_who_made_it_and_of_what() -> None:
    said = proof.check(SMALL, KEYS)
    assert (said["club"], set(said["files"]), said["public_key"]) == ("one", {"a.txt", "b.txt"}, KEYS[0])


def test_every_byte_that_is_changed_is_found() -> None:
    for at in range(len(SMALL)):
        for flipped in (1, 0x80):
            whole = bytearray(SMALL)
            whole[at] ^= flipped
            with pytest.raises(proof.Unsound):
                proof.check(bytes(whole), KEYS)


@pytest.mark.parametrize("whole", [b"", b"PK", SMALL[:-1], SMALL + b"\n", b"\n" + SMALL, SMALL + SMALL])
def test_what_is_cut_off_or_added_is_found(whole: bytes) -> None:
    with pytest.raises(proof.Unsound):
        proof.check(whole, KEYS)


@pytest.mark.parametrize(
    "changed",
    [
        {"a.txt": b"what was never said"},
        {"a.txt": None},
        {"c.txt": b"more"},
        {MANIFEST: None},
        {SIGNATURE: None},
        {SIGNATURE: b"no base64"},
        {MANIFEST: b"{}"},
    ],
)
def test_files_that_were_changed_added_or_left_out_are_found(changed: Mapping[str, bytes | None]) -> None:
    with pytest.raises(proof.Unsound):
        proof.check(rewritten(SMALL, changed), KEYS)


def test_another_key_does_not_check_it_and_an_older_one_does() -> None:
    other = Vault([bytes(32)])
    with pytest.raises(proof.Unsound):
        proof.check(SMALL, other.public_keys())
    with pytest.raises(proof.Unsound):
        proof.check(SMALL, ["no key"])
    later = Vault([bytes(32), bytes(range(32))])
    assert proof.check(SMALL, later.public_keys())["club"] == "one"
    with pytest.raises(proof.Unsound, match="signature"):
        proof.check(pack({"a.txt": b"what was said", "b.txt": b""}, {"club": "one"}, other), KEYS)


def maker(shop: Shop, controller: proof.Controller = CONTROLLER) -> proof.Maker:
    return proof.Maker(shop.ports, VAULT, shop.club, controller)


async def joined(shop: Shop, msisdn: str = KARI, name: str = "Kari <Nordmann>") -> str:
    person = shop.platform.person(msisdn, name)
    person.profile = replace(person.profile, name=name)
    person.consents = (EMAIL, replace(EMAIL, element="personal", text="Personal offers?", granted=False))
    asked = await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)
    member = (await shop.show(asked.id)).member
    assert member is not None
    return member.id


async def taken_back(shop: Shop, member: str) -> None:
    said = Said(
        element="email", granted=False, text="", method=Method.STAFF, actor=Actor.CUSTOMER, reason="called <us>"
    )  # fmt: skip
    await recording.record(shop.ports, shop.club, member, said, KeyId("key_1"))


def records_of(whole: bytes) -> Any:
    return json.loads(files(whole)["records.json"])


async def test_the_proof_of_a_member_shows_everything_in_full() -> None:
    async with open_shop() as shop:
        member = await joined(shop)
        await shop.clock.turn(60)
        await taken_back(shop, member)
        await membership.leave(shop.ports, shop.club, member)
        whole = await proof.of_member(maker(shop), member)
    said = proof.check(whole, KEYS)
    assert said["chains"] == {"hold": True, "members": 1, "records": 5, "faults": 0}
    found = records_of(whole)
    [kari] = found["members"]
    assert [row["act"] for row in kari["records"]] == ["given", "given", "refused", "withdrawn", "withdrawn"]
    assert {text["words"] for text in found["texts"]} == {EMAIL.text, "Personal offers?"}
    page = files(whole)["proof.html"].decode()
    for shown in (
        "May we write to you &lt;b&gt;about offers&lt;/b&gt;?", "Personal offers?", "called &lt;us&gt;", "Till 1",
        "Kari &lt;Nordmann&gt;", "a question in the app", "✓ The records are as they were written",
    ):  # fmt: skip
        assert shown in page, shown
    assert KARI not in page
    assert KARI not in files(whole)["records.json"].decode()
    [sent] = [content for name, content in files(whole).items() if name.startswith("platform/enr_")]
    assert hashlib.sha256(sent).hexdigest() == kari["records"][1]["evidence_digest"]


async def test_a_proof_says_who_answers_for_it_and_what_the_token_said_of_the_login() -> None:
    async with open_shop() as shop:
        member = await joined(shop)
        whole = await proof.of_member(maker(shop), member)
        unsaid = await proof.of_member(maker(shop, proof.Controller.of(None)), member)
    found = records_of(whole)
    assert found["controller"] == proof.check(whole, KEYS)["controller"]
    assert found["controller"] == {
        "legal_name": "Fjord & Fjell AS",
        "org_number": "999 888 777",
        "contact": "privacy@fjord.example.org",
        "data_protection_officer": None,
        "processors": ["Vipps MobilePay AS"],
    }
    [kari] = found["members"]
    [login] = kari["logins"]
    assert login["enrolment"] == kari["records"][0]["enrolment"]
    assert login["claims"]["iss"] == "https://login.example.org/"
    page = files(whole)["proof.html"].decode()
    for shown in (
        "Fjord &amp; Fjell AS",
        "999 888 777",
        "Vipps MobilePay AS",
        "2026-11-23 09:59:50 UTC",
        "login.example.org",
    ):
        assert shown in page, shown
    assert "<dd>not said</dd>" in files(unsaid)["proof.html"].decode()


def test_the_controller_is_as_the_settings_of_the_club_say() -> None:
    said = {"MEDLEM_CONTROLLER": "Fjord & Fjell AS", "MEDLEM_CONTROLLER_DPO": "Ola", "MEDLEM_VIPPS_MSN": "100001"}
    assert proof.Controller.of(load(None, said)) == proof.Controller(
        "Fjord & Fjell AS", None, None, "Ola", ("Vipps MobilePay AS",)
    )
    elsewhere = {"MEDLEM_VIPPS_CLIENT_ID": "c", "MEDLEM_VIPPS_DISCOVERY_URL": "https://op.example.org/discovery"}
    assert proof.Controller.of(load(None, elsewhere)).processors == ()


async def test_a_stranger_can_follow_the_chain_with_what_the_page_says() -> None:
    order = (
        "format", "club", "member", "sequence", "id", "act", "element", "purpose", "channel", "granted", "given_at",
        "seen_at", "method", "actor", "recorded_by", "station", "enrolment", "code", "wording", "language",
        "text_version", "text_hash", "evidence_digest", "remark_digest",
    )  # fmt: skip
    async with open_shop() as shop:
        member = await joined(shop)
        await taken_back(shop, member)
        whole = await proof.of_member(maker(shop), member)
    [kari] = records_of(whole)["members"]
    before = "0" * 64
    for row in kari["records"]:
        said = json.dumps([row[name] for name in order], separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(said.encode()).hexdigest()
        before = hashlib.sha256((before + digest).encode()).hexdigest()
        assert (row["digest"], row["hash"]) == (digest, before)
        if row["remark_digest"]:
            remark = json.dumps([row["salt"], row["reason"], row["reference"]], separators=(",", ":"))
            assert hashlib.sha256(remark.encode()).hexdigest() == row["remark_digest"]
    assert kari["chain"] == {"holds": True, "records": 4, "last_hash": before, "faults": []}


async def test_the_proof_of_a_time_holds_who_was_heard_in_it() -> None:
    async with open_shop() as shop:
        begun = shop.clock.now()
        first = await joined(shop)
        await shop.clock.turn(86400)
        second = await joined(shop, OLA, "Ola")
        until = begun + timedelta(hours=12)
        whole = await proof.of_time(maker(shop), begun, until)
        assert [one["id"] for one in records_of(whole)["members"]] == [first]
        later = await proof.of_time(maker(shop), until, until + timedelta(days=2))
        assert [one["id"] for one in records_of(later)["members"]] == [second]
        with pytest.raises(NotFound):
            await proof.of_time(maker(shop), begun - timedelta(days=2), begun)


async def test_a_proof_of_records_that_do_not_hold_says_so_itself() -> None:
    async with open_shop() as shop:
        member = await joined(shop)
        async with shop.storage.transaction() as tx:
            session = tx.consents._session  # type: ignore[attr-defined] # a stranger's hand
            await session.run("consents.advance", club=shop.club.id, member=member, sequence=9, hash="x")
        whole = await proof.of_member(maker(shop), member)
    said = proof.check(whole, KEYS)
    assert said["chains"]["hold"] is False
    page = files(whole)["proof.html"].decode()
    assert "✗ Some records are not as they were written" in page
    assert "records are missing at the end" in page
