"""Gathers what a proof shows, and makes the file of it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from medlem import __version__
from medlem.app.proof import page
from medlem.app.proof.archive import pack
from medlem.app.proof.contents import Controller, Person, Proof, text_in, written_person
from medlem.club.consent import Text, Verdict, follow
from medlem.club.errors import NotFound
from medlem.club.member import Member
from medlem.club.place import Club
from medlem.flows import proving
from medlem.flows.consent_table import Chain
from medlem.flows.ports import Ports
from medlem.vault import Vault

RECORDS: Final = "records.json"
PAGE: Final = "proof.html"


@dataclass(frozen=True, slots=True)
class Maker:
    """With what, for whom and in whose name a proof is made."""

    ports: Ports
    vault: Vault
    club: Club
    controller: Controller


async def of_member(maker: Maker, member: str) -> bytes:
    """The proof of one member, with the whole chain.

    Raises:
        NotFound: the club has none of that id or member number.
    """
    found, chain = await proving.of_member(maker.ports, maker.club, member)
    people = [await _person(maker, found, chain)]
    return await _made(maker, people, {"member": chain.member})


async def of_time(maker: Maker, since: datetime, until: datetime) -> bytes:
    """The proof of everybody of whom something was heard within a time, each with the whole chain.

    Raises:
        NotFound: there is nobody.
    """
    people = [
        await _person(maker, member, chain)
        async for member, chain in proving.of_time(maker.ports, maker.club, since, until)
    ]
    if not people:
        raise NotFound("Nothing was recorded in that time.")
    return await _made(maker, people, {"from": text_in(since), "to": text_in(until)})


async def _person(maker: Maker, member: Member | None, chain: Chain) -> Person:
    reading, club = maker.ports.storage.reading.consents, maker.club
    verdict = Verdict()
    follow(chain.member, chain.end, chain.rows, verdict, erased_at=chain.erased_at)
    return Person(
        member=member,
        chain=chain,
        records=await reading.of(club.id, chain.member),
        kept=await reading.evidence(club.id, chain.member),
        logins=await reading.logins(club.id, chain.member),
        sharing_withdrawn=await reading.withdrawals(club.id, chain.member),
        verdict=verdict,
    )


async def _made(maker: Maker, people: Sequence[Person], scope: Mapping[str, str]) -> bytes:
    ports, vault, club = maker.ports, maker.vault, maker.club
    places = ports.storage.reading.places
    stations = {one.id: one.name for one in await places.stations(club.id)}
    proof = Proof(
        club=club,
        controller=maker.controller,
        scope=scope,
        people=people,
        texts=_used(await ports.storage.reading.consents.texts(club.id), people),
        stations=stations,
        whole=await proving.verify(ports, club),
        made_at=ports.clock.now(),
        version=__version__,
        public_key=vault.public_keys()[0],
    )
    files = {PAGE: page.written(proof).encode(), RECORDS: _records(proof)}
    for person in people:
        for kept in person.kept:
            files[f"platform/{kept.enrolment}.json"] = kept.raw
    return pack(files, _about(proof), vault)


def _used(texts: Sequence[Text], people: Sequence[Person]) -> Sequence[Text]:
    """The texts to which somebody here said something."""
    said = {(one.element, one.language or "", one.text_version) for person in people for one in person.records}
    return [text for text in texts if (text.element, text.language, text.version) in said]


def _about(proof: Proof) -> dict[str, Any]:
    return {
        "club": {"id": proof.club.id, "name": proof.club.name, "sales_unit": proof.club.sales_unit},
        "controller": proof.controller.written(),
        "scope": dict(proof.scope),
        "made_at": text_in(proof.made_at),
        "software": f"medlem {proof.version}",
        "chains": {
            "hold": proof.whole.holds and all(person.verdict.holds for person in proof.people),
            "members": proof.whole.members,
            "records": proof.whole.records,
            "faults": len(proof.whole.faults),
        },
    }


def _records(proof: Proof) -> bytes:
    content = {
        **_about(proof),
        "texts": [
            {
                "element": text.element,
                "language": text.language,
                "version": text.version,
                "sha256": text.sha256,
                "words": text.words,
                "source": text.source,
                "first_seen_at": text_in(text.first_seen_at),
                "last_seen_at": text_in(text.last_seen_at),
            }
            for text in proof.texts
        ],
        "members": [written_person(person) for person in proof.people],
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def fingerprint(public_key: str) -> str:
    """A public key's short name, to be compared by eye."""
    digest = hashlib.sha256(public_key.encode()).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))
