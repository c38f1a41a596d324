"""What a proof shows, and how it is written out for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from medlem.club.consent import Text, Verdict
from medlem.club.ids import StationId
from medlem.club.member import Consent, Member
from medlem.club.place import Club
from medlem.config import Settings
from medlem.flows.consent_table import Chain, Kept, Login

VIPPS: Final = "Vipps MobilePay AS"


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the register, as the settings say when a proof is made; None where they do not."""

    name: str | None = None
    org_number: str | None = None
    contact: str | None = None
    dpo: str | None = None
    processors: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings | None) -> "Controller":
        """As a club's settings have it; the platform handles consents for the merchant wherever it is Vipps's."""
        if settings is None:
            return cls()
        return cls(
            settings.controller,
            settings.controller_org_number,
            settings.controller_contact,
            settings.controller_dpo,
            (VIPPS,) if settings.vipps_msn is not None else (),
        )

    def written(self) -> dict[str, Any]:
        """For machines."""
        return {
            "legal_name": self.name,
            "org_number": self.org_number,
            "contact": self.contact,
            "data_protection_officer": self.dpo,
            "processors": list(self.processors),
        }


@dataclass(frozen=True, slots=True)
class Person:
    """One member, with everything that is known of what they allow."""

    member: Member | None
    """None when they were erased: the records are all that is left."""
    chain: Chain
    records: Sequence[Consent]
    """As we speak of them; those that were emptied are left out."""
    kept: Sequence[Kept]
    logins: Sequence[Login]
    sharing_withdrawn: Sequence[datetime]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Proof:
    """All that one file shows."""

    club: Club
    controller: Controller
    scope: Mapping[str, str]
    people: Sequence[Person]
    texts: Sequence[Text]
    stations: Mapping[StationId, str]
    """Names by id."""
    whole: Verdict
    """Of all chains of the club, at the same time."""
    made_at: datetime
    version: str
    public_key: str


def text_in(moment: datetime) -> str:
    """A moment in UTC, as RFC 3339 has it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written_person(person: Person) -> dict[str, Any]:
    """A member for machines: the rows as the chain takes them, so that anybody can follow it."""
    return {
        "id": person.chain.member,
        **_who(person.member),
        "sharing_withdrawn_at": [text_in(moment) for moment in person.sharing_withdrawn],
        "chain": {
            "holds": person.verdict.holds,
            "records": person.chain.end.sequence,
            "last_hash": person.chain.end.hash,
            "faults": [
                {"sequence": fault.sequence, "record": fault.record, "said": fault.said}
                for fault in person.verdict.faults
            ],
        },
        "logins": [
            {"enrolment": login.enrolment, "at": text_in(login.at), "claims": dict(login.claims)}
            for login in person.logins
        ],
        "records": list(person.chain.rows),
    }


def _who(member: Member | None) -> dict[str, Any]:
    if member is None:
        return {"erased": True}
    return {
        "member_number": member.member_number,
        "name": member.profile.name,
        "sub": member.sub,
        "phone": masked(member),
        "joined_at": text_in(member.joined_at),
        "left_at": member.left_at and text_in(member.left_at),
        "merged_into": member.merged_into,
    }


def masked(member: Member) -> str | None:
    """The number that reaches them now, but for its last two digits."""
    return member.phone.masked if member.phone else None
