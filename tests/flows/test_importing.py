"""Lines of a file become members, or change those who are there: each outcome, on both databases."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from importers import chains, everybody, line, one, run, told
from medlem.club.consent import Act, Actor, Method
from medlem.club.endpoint import WANTED, Endpoint
from medlem.club.ids import ConsentId, EnrolmentId, MemberId, endpoint_id
from medlem.club.line import Carried, Flawed
from medlem.club.masked import Masked
from medlem.club.member import Consent, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause, RestrictedBecause
from medlem.flows import importing, membership, rights
from medlem.flows.importing import Existing, Outcome, Result, Taken
from medlem.flows.membership import MemberInFull
from postgres import cluster
from shop import KARI, OLA, Shop, open_shop

NOBODY = "4740000077"
SINCE = datetime(2019, 5, 17, 10, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """A shop on each of the two databases."""
    url = "sqlite://" if request.param == "sqlite" else cluster().new_database()
    async with open_shop(url) as opened:
        yield opened


async def in_full(shop: Shop, result: Result) -> MemberInFull:
    assert isinstance(result, Taken)
    return await membership.get(shop.ports, shop.club, result.member)


# -- somebody new


async def test_somebody_new_is_a_member_as_their_line_says(either: Shop) -> None:
    profile = Profile(name="Kari Nordmann", given_name="Kari", family_name="Nordmann", email="kari@example.org")
    result = await one(either, line(profile=profile, member_number="7", joined_at=SINCE, extras={"size": "42"}))
    found = await in_full(either, result)
    assert isinstance(result, Taken)
    assert result.outcome is Outcome.ADDED
    member = found.member
    assert (member.profile, member.member_number, member.joined_at, member.sub) == (profile, "7", SINCE, None)
    assert (member.phone, member.phone_verified_by) == (PhoneNumber(KARI), VerifiedBy.MERCHANT)
    assert found.extras == {"size": "42"}
    assert (await either.identify()).membership == "member"


async def test_somebody_new_has_the_membership_from_elsewhere_and_no_consent(either: Shop) -> None:
    result = await one(either, line())
    found = await in_full(either, result)
    [record] = await either.storage.reading.consents.of(either.club.id, found.member.id)
    assert (record.act, record.method, record.recorded_by) == (Act.CARRIED_OVER, Method.IMPORT, "import")
    assert found.consents == []
    assert await chains(either) == []


async def test_whoever_has_no_member_number_gets_the_next_one(either: Shop) -> None:
    lines = [line(n, f"474000010{n}", f"Kari Nummer{n}") for n in range(2, 5)]
    lines.append(line(5, "4740000109", "Per Kort", member_number="100002"))
    results = await run(either, [lines[3], *lines[:3]])
    numbers = [(await in_full(either, result)).member.member_number for result in results]
    assert numbers == ["100002", "100003", "100004", "100005"]


async def test_numbers_that_a_file_brings_are_not_given_out_later(either: Shop) -> None:
    brought = ["100001", "200500", "99999999999999999999", "A-17", "0012", "4740000011222"]
    lines = [line(n, f"47400002{n:02}", f"Kari Nummer{n}", member_number=brought[n]) for n in range(len(brought))]
    assert await told(either, *lines) == [Outcome.ADDED] * len(brought)
    entered = await membership.enter(either.ports, either.club, f"+{OLA}", Profile())
    assert entered.member.member_number == "200501"


async def test_a_block_of_numbers_that_were_had_is_passed_in_a_few_steps(either: Shop) -> None:
    """Such numbers are too long to be counted on from, and come in the way all the same."""
    lines = [line(n, f"4740001{n:03}", f"Kari Nummer{n}", member_number=str(10**9 + n)) for n in range(200)]
    await run(either, lines)
    async with either.storage.transaction() as tx:
        await tx.files.pass_number(either.club.id, 10**9 - 1)
        free = await tx.files.free_numbers(either.club.id, 10**9 - 1, 3)
        drawn = [int(await tx.members.next_number(either.club.id)) for _ in range(3)]
    assert list(free) == [10**9 + 200, 10**9 + 201, 10**9 + 202]
    assert min(drawn) >= 10**9 + 200
    assert len(set(drawn)) == 3
    assert await told(either, line(7, OLA, "Ola Hansen")) == [Outcome.ADDED]


async def test_numbers_are_given_in_the_order_of_the_lines(either: Shop) -> None:
    lines = [
        line(2, "4740002001", "Kari En"),
        line(3, "4740002002", "Kari To", member_number="100005"),
        line(4, "4740002003", "Kari Tre"),
        line(5, "4740002004", "Kari Fire", member_number="100006"),
    ]
    results = await run(either, lines)
    assert [
        one.why if isinstance(one, Flawed) else (await in_full(either, one)).member.member_number for one in results
    ] == [
        "100001",
        "100005",
        "100006",
        "conflicting",
    ]


# -- somebody who is there


async def test_the_same_file_again_changes_nothing(either: Shop) -> None:
    lines = [
        line(2, member_number="7", email="kari@example.org"),
        line(3, OLA, None),
        line(4, NOBODY, "Per Olsen", joined_at=SINCE, extras={"size": "42"}, past=((SINCE, SINCE + timedelta(1)),)),
        line(5, "4740000078", "Anne Lie", left_at=SINCE),
    ]
    assert await told(either, *lines) == [Outcome.ADDED] * 4
    before = await everybody(either)
    for existing in Existing:
        assert await told(either, *lines, existing=existing) == [Outcome.UNCHANGED] * 4
    assert await everybody(either) == before


async def test_by_number_alone_the_name_or_the_address_has_to_be_the_same(either: Shop) -> None:
    await run(either, [line(email="kari@example.org")])
    assert await told(either, line(name="NORDMANN, Kari Anne")) == [Outcome.UNCHANGED]
    assert await told(either, line(name="Kari Hansen", email="Kari@example.org")) == [Outcome.UNCHANGED]
    assert await told(either, line(name=None)) == [Outcome.UNCHANGED]
    assert await told(either, line(name="Ola Nordmann")) == ["number_taken"]
    assert await told(either, line(name="Ola Nordmann", shared_number=True)) == [Outcome.ADDED]
    assert await told(either, line(name="Ola Nordmann")) == [Outcome.UNCHANGED]
    assert await told(either, line(name=None)) == ["number_taken"]


async def test_names_of_one_word_are_compared_too(either: Shop) -> None:
    assert await told(either, line(name="Kari")) == [Outcome.ADDED]
    assert await told(either, line(name="KARI")) == [Outcome.UNCHANGED]


async def test_what_is_empty_is_filled_and_the_rest_kept(either: Shop) -> None:
    await run(either, [line(member_number="7")])
    result = await one(either, line(name="Kari Berg", email="k@example.org", member_number="7", extras={"size": "42"}))
    found = await in_full(either, result)
    assert found.member.profile == Profile(name="Kari Nordmann", email="k@example.org")
    assert found.extras == {"size": "42"}


async def test_what_the_file_says_is_written_over_when_that_is_asked_for(either: Shop) -> None:
    await run(either, [line(member_number="7", email="k@example.org", extras={"size": "42"})])
    said = line(
        phone=OLA, name="Kari Berg", email="k@example.org", member_number="7", joined_at=SINCE, extras={"size": "43"}
    )
    found = await in_full(either, await one(either, said, existing=Existing.OVERWRITE))
    assert (found.member.phone, found.member.joined_at) == (PhoneNumber(OLA), SINCE)
    assert found.member.profile == Profile(name="Kari Berg", email="k@example.org")
    assert found.extras == {"size": "43"}
    assert await told(either, said, existing=Existing.OVERWRITE) == [Outcome.UNCHANGED]


async def test_nothing_is_changed_when_that_is_asked_for(either: Shop) -> None:
    await run(either, [line(name=None)])
    before = await everybody(either)
    assert await told(either, line(email="k@example.org"), existing=Existing.KEEP) == [Outcome.UNCHANGED]
    assert await everybody(either) == before


async def test_two_keys_that_name_two_members_conflict(either: Shop) -> None:
    results = await run(either, [line(member_number="7", sub="sub-1"), line(3, OLA, "Ola Hansen", member_number="8")])
    [kari, _] = [result.member for result in results if isinstance(result, Taken)]
    assert await told(either, line(member_number="8", sub="sub-1")) == ["conflicting"]
    assert await told(either, line(id=kari, member_number="8")) == ["conflicting"]
    assert await told(either, line(id=kari, sub="sub-2")) == ["conflicting"]
    assert await told(either, line(phone=NOBODY, name="Per Olsen", member_number="7")) == ["conflicting"]
    assert await told(either, line(phone=NOBODY, name="Kari Nordmann", member_number="7")) == [Outcome.UNCHANGED]


async def test_a_number_that_a_login_verified_is_never_changed_or_taken(either: Shop) -> None:
    either.kari()
    await either.invite()
    either.platform.approve(KARI)
    await either.wait(6)
    [kari] = await membership.look_up(either.ports, either.club, f"+{KARI}")
    number, name = kari.member.member_number, kari.member.profile.name
    moved = await one(either, line(phone=OLA, name=name, member_number=number), existing=Existing.OVERWRITE)
    assert isinstance(moved, Taken)
    assert [flaw.why for flaw in moved.left_out] == ["number_verified"]
    assert await told(either, line(name="Per Olsen")) == ["number_taken"]
    taken = line(name="Per Olsen", sub="sub-9", phone_verified_by=VerifiedBy.LOGIN, shared_number=True)
    assert await told(either, taken) == ["number_taken"]
    assert (await membership.look_up(either.ports, either.club, f"+{KARI}"))[0].member == kari.member


async def test_who_is_restricted_stays_as_they_are(either: Shop) -> None:
    found = await in_full(either, await one(either, line(member_number="7")))
    because = RestrictedBecause.UNLAWFUL
    await rights.restrict(either.ports, either.club, found.member.id, because, "key_1")
    assert await told(either, line(member_number="7")) == [Outcome.UNCHANGED]
    assert await told(either, line(member_number="7", email="k@example.org")) == ["restricted"]


async def test_who_has_left_stays_so_however_an_old_list_names_them(either: Shop) -> None:
    found = await in_full(either, await one(either, line(member_number="7")))
    await membership.leave(either.ports, either.club, found.member.id)
    left_at = either.clock.now()
    assert await told(either, line(member_number="7"), line(3)) == ["has_left", "repeated_line"]
    assert await told(either, line()) == ["has_left"]
    assert await told(either, line(id=found.member.id, left_at=left_at)) == [Outcome.UNCHANGED]
    assert await told(either, line(name="Per Olsen")) == [Outcome.ADDED], "the number is somebody else's now"


async def test_whoever_has_changed_their_number_is_not_entered_again_by_an_old_list(either: Shop) -> None:
    await run(either, [line(member_number="7")])
    await run(either, [line(phone=OLA, member_number="7")], existing=Existing.OVERWRITE)
    assert await told(either, line()) == [Outcome.UNCHANGED]
    assert len(await everybody(either)) == 1


async def test_no_list_ends_a_membership(either: Shop) -> None:
    await run(either, [line(joined_at=SINCE)])
    result = await one(either, line(left_at=SINCE + timedelta(days=1)), existing=Existing.OVERWRITE)
    assert isinstance(result, Taken)
    assert [flaw.why for flaw in result.left_out] == ["still_member"]


async def test_a_station_that_the_club_has_not_is_left_out(either: Shop) -> None:
    result = await one(either, line(station="sta_elsewhere"))
    assert isinstance(result, Taken)
    assert [flaw.why for flaw in result.left_out] == ["station_unknown"]
    assert (await in_full(either, await one(either, line(3, OLA, "Ola", station=either.station.id)))).member.station


# -- twice in a file


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_person_twice_in_a_file_is_told_with_the_line(either: Shop, dry_run: bool) -> None:  # noqa: FBT001
    lines = [
        line(2, member_number="7", sub="sub-1"),
        line(3),
        line(4, OLA, "Ola", member_number="7"),
        line(5, None, "Per", sub="sub-1"),
        line(6, name="Per Olsen"),
        line(7, name="Per Olsen", shared_number=True),
        line(8, name="PER OLSEN", shared_number=True),
    ]
    results = await run(either, lines, dry_run=dry_run)
    said = [one.outcome if isinstance(one, Taken) else one.why for one in results]
    assert said[:2] == ["added", "repeated_line"]
    assert said[3:] == ["repeated_line", "number_taken", "added", "repeated_line"]
    assert said[2] in {"conflicting", "repeated_line"}
    assert [one.detail for one in results if isinstance(one, Flawed) and one.number == 8] == [
        "Line 7 is about the same person."
    ]


async def test_twice_in_a_file_is_found_across_batches_too(either: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST", "MOST", "FEWEST"):
        monkeypatch.setattr(importing, name, 1)
    lines = [line(2, member_number="7"), line(3), line(4, name="Per Olsen"), line(5, None, None, member_number="7")]
    for dry_run in (True, False):
        said = await told(either, *lines, dry_run=dry_run)
        assert said == ["added", "repeated_line", "number_taken", "repeated_line"]


async def test_a_dry_run_says_the_same_and_writes_nothing(either: Shop) -> None:
    lines = [line(n, f"47400003{n:02}", f"Kari Nummer{n}") for n in range(60)]
    assert await told(either, *lines, dry_run=True) == [Outcome.ADDED] * 60
    assert await everybody(either) == []
    assert await told(either, *lines) == [Outcome.ADDED] * 60


async def test_nobody_is_entered_whom_nothing_names(either: Shop) -> None:
    assert await told(either, line(phone=None)) == ["nobody"]


# -- the erased


async def test_whoever_was_erased_is_brought_back_by_no_list(either: Shop) -> None:
    found = await in_full(either, await one(either, line(member_number="7", sub="sub-1")))
    because = ErasedBecause.ASKED_BY_MEMBER
    await rights.erase(either.ports, either.club, found.member.id, reason=because, requested_at=None, by="key_1")
    for named in (
        line(name="Per Olsen"),
        line(phone=OLA, member_number="7"),
        line(phone=OLA, sub="sub-1"),
        line(phone=OLA, id=found.member.id),
    ):
        assert await told(either, named) == ["erased_before"]
        assert await told(either, named, dry_run=True) == ["erased_before"]
    assert await told(either, line(phone=OLA)) == [Outcome.ADDED]


# -- consents


def answered(granted: bool = True, at: datetime | None = SINCE, text: str = "News by mail?") -> Carried:  # noqa: FBT001, FBT002
    return Carried(
        record=Consent(
            id=ConsentId(""),
            club=None,  # type: ignore[arg-type] # the register's to fill in
            member=MemberId(""),
            element="email",
            text=text,
            granted=granted,
            given_at=at,
            seen_at=SINCE,
            method=Method.PAPER,
            actor=Actor.CUSTOMER,
            reference="box 7",
        )
    )


async def test_answers_are_kept_once_with_what_proves_them(either: Shop) -> None:
    said = line(consents=(answered(),))
    result = await one(either, said)
    assert isinstance(result, Taken)
    assert result.consents == 1
    [consent] = (await in_full(either, result)).consents
    assert (consent.act, consent.method, consent.given_at) == (Act.CARRIED_OVER, Method.PAPER, SINCE)
    assert (consent.text_version, consent.recorded_by, consent.reference) == (1, "import", "box 7")
    assert await told(either, said) == [Outcome.UNCHANGED]
    later = line(consents=(answered(), answered(granted=False, at=None, text="")))
    taken = await one(either, later)
    assert isinstance(taken, Taken)
    assert (taken.outcome, taken.consents) == (Outcome.CHANGED, 1)
    assert (await in_full(either, taken)).consents[-1].act is Act.WITHDRAWN
    assert await told(either, later) == [Outcome.UNCHANGED]
    assert await chains(either) == []
    assert [text.words for text in await either.storage.reading.consents.texts(either.club.id)] == ["News by mail?"]


async def test_evidence_that_is_not_what_a_record_names_is_no_evidence(either: Shop) -> None:
    carried = answered()
    record = replace(carried.record, id=ConsentId("con_1"), evidence_digest=hashlib.sha256(b"this").hexdigest())
    result = await one(either, line(consents=(replace(carried, record=record, raw=b"that"),)))
    assert isinstance(result, Taken)
    assert [flaw.why for flaw in result.left_out] == ["consent_evidence"]
    assert (await in_full(either, result)).consents == []


async def test_a_record_that_is_another_members_is_left_out(either: Shop) -> None:
    record = replace(answered().record, id=ConsentId("con_1"))
    mine, theirs = line(consents=(Carried(record=record),)), line(3, OLA, "Ola", consents=(Carried(record=record),))
    await run(either, [mine])
    result = await one(either, theirs)
    assert isinstance(result, Taken)
    assert [flaw.why for flaw in result.left_out] == ["consent_known"]
    assert await chains(either) == []


async def test_evidence_of_another_register_is_kept_and_shown(either: Shop) -> None:
    raw = b'{"email": true}'
    record = replace(
        answered().record,
        id=ConsentId("con_1"),
        enrolment=EnrolmentId("enr_elsewhere"),
        evidence_digest=hashlib.sha256(raw).hexdigest(),
    )
    found = await in_full(either, await one(either, line(consents=(Carried(record=record, raw=raw),))))
    [kept] = await either.storage.reading.consents.evidence(either.club.id, found.member.id)
    assert (kept.enrolment, kept.raw, kept.kept_at) == ("enr_elsewhere", raw, SINCE)
    dossier = await rights.export(either.ports, either.club, found.member.id, "key_1")
    assert [answer.raw for answer in dossier.kept.answers] == [raw]
    await rights.erase(
        either.ports,
        either.club,
        found.member.id,
        reason=ErasedBecause.ASKED_BY_MEMBER,
        requested_at=None,
        by="key_1",
    )
    assert await either.storage.reading.consents.evidence(either.club.id, found.member.id) == []


# -- those who hear of it


async def test_endpoints_hear_of_each_member_once(either: Shop) -> None:
    endpoint = Endpoint(
        id=endpoint_id(either.clock.now()),
        club=either.club.id,
        url="https://crm.example.org/hooks",
        kinds=frozenset(WANTED),
        secret=Masked(b"secret"),
        created_at=either.clock.now(),
    )
    async with either.storage.transaction() as tx:
        await tx.outbox.add_endpoint(endpoint)
    await run(either, [line(consents=(answered(),)), line(3, OLA, "Ola Hansen")])
    await run(either, [line(), line(3, OLA, "Ola Hansen", email="ola@example.org")])
    await run(either, [line(4, NOBODY, "Per Olsen")], notices=False)
    notices = await either.storage.reading.outbox.notices(endpoint, None, None, 10)
    heard = [(one.sequence, str(one.kind)) for one in reversed(notices)]
    kinds = ["member.created", "member.created", "consent.changed", "member.updated"]
    assert heard == list(enumerate(kinds, start=1))


# -- where the register is elsewhere


async def test_a_register_that_is_elsewhere_is_not_written_here(shop: Shop) -> None:
    class Elsewhere:
        def told(self) -> frozenset[str]:
            return frozenset({shop.club.id})

    ports = replace(shop.ports, register=Elsewhere())  # type: ignore[arg-type] # nothing else is asked of it
    with pytest.raises(importing.RegisterElsewhere):
        await anext(importing.take(ports, shop.club, [line()]))
