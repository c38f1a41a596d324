"""Members: who they are (`sub`), how they are reached (a phone number), what they shared and allowed.

Identity is the platform's `sub`, stable for one person within one sales unit; a phone number is a link to a member
that begins and ends, since numbers change hands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from medlem.club.consent import Act, Actor, Method, Purpose, purpose_of
from medlem.club.errors import Refusal
from medlem.club.ids import ClubId, ConsentId, EnrolmentId, KeyId, MemberId, StationId
from medlem.club.phone import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address as the platform gives it; empty strings are left out."""

    street_address: str | None = None
    postal_code: str | None = None
    region: str | None = None
    country: str | None = None
    address_type: str | None = None
    formatted: str | None = None

    def __repr__(self) -> str:
        return "Address(•••)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the member agreed to share; every part may be missing."""

    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    email_verified: bool | None = None
    birthdate: str | None = None
    gender: str | None = None
    address: Address | None = None
    other_addresses: tuple[Address, ...] = ()

    def __repr__(self) -> str:
        return "Profile(•••)"

    @property
    def first_name(self) -> str | None:
        """All that tells several people of one number apart at a till."""
        names = (self.given_name or self.name or "").split()
        return names[0] if names else None

    @property
    def short_name(self) -> str | None:
        """What a station may see: `Kari N.`; None when no name was shared."""
        given, family = self.given_name, self.family_name
        if given is None and self.name:
            given, _, family = self.name.strip().rpartition(" ")
            if not given:
                given, family = family, None
        if not given:
            return None
        return f"{given.strip()} {family.strip()[0]}." if family and family.strip() else given.strip()


class VerifiedBy(StrEnum):
    """How a number came to be linked to a member."""

    LOGIN = "login"
    """The ID token or userinfo carried it."""
    LOGIN_HINT = "login_hint"
    """The provider said nothing of numbers; the one that was asked answered."""
    MERCHANT = "merchant"
    """The merchant's own system or a person entered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of one club."""

    id: MemberId
    club: ClubId
    member_number: str
    sub: str | None = field(repr=False)
    """None until the first login: entered by the merchant."""
    phone: PhoneNumber | None
    """The number that reaches them now; None when it moved to somebody else or they left."""
    phone_verified_at: datetime | None = field(default=None, compare=False)
    """When that was last known to be so; of a member as storage reads them."""
    phone_verified_by: VerifiedBy | None = field(default=None, compare=False)
    profile: Profile
    joined_at: datetime
    station: StationId | None
    left_at: datetime | None = None
    sharing_withdrawn_at: datetime | None = None
    """When they ended the sharing of their profile in the app; None once they share anew. They stay a member."""
    restricted_at: datetime | None = None
    """Since when what is kept of them is not to be used (GDPR article 18); None when it may be."""
    last_seen_at: datetime | None = None
    """When a till last found them, to the day; None when none has since they joined."""
    merged_into: MemberId | None = None
    """Who they turned out to be: then this is a row that leads there, and no member."""

    @property
    def logged_in(self) -> bool:
        """Whether the platform knows them; else the merchant entered them, and a number alone says little."""
        return self.sub is not None

    @property
    def present(self) -> bool:
        """Whether they are a member today."""
        return self.left_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a register says of one member, ours or the merchant's own: all that a station learns of them."""

    id: str
    """Ours (`mem_…`), or what the merchant's own register calls them."""
    member_number: str
    name: str | None = field(default=None, repr=False)
    """Short: `Kari N.`."""
    since: datetime | None = None
    ours: bool = False
    """Whether it is one of our own members, who is read anew by `id` whenever they are shown."""
    as_of: datetime | None = None
    """When the register said so, if that is not now: it is silent, and this is remembered."""
    logged_in: bool = True
    """False: our own register has them by the merchant's word alone."""
    confirmed_at: datetime | None = None
    """When the number was last known to be theirs; None: the register vouches for it."""
    first_name: str | None = field(default=None, repr=False)
    others: tuple["Entry", ...] = ()
    """Who else the number reaches: then a number alone does not say who it is."""

    seen_at: datetime | None = None
    """When a till last found one of our own, to the day."""

    @classmethod
    def of(cls, member: Member) -> Self:
        """One of our own members; who has ended sharing, or is restricted, is greeted without a name."""
        return cls(
            id=member.id,
            member_number=member.member_number,
            name=None if member.sharing_withdrawn_at or member.restricted_at else member.profile.short_name,
            since=member.joined_at,
            ours=True,
            seen_at=member.last_seen_at,
            logged_in=member.logged_in,
            confirmed_at=member.phone_verified_at,
            first_name=member.profile.first_name if not (member.sharing_withdrawn_at or member.restricted_at) else None,
        )

    @classmethod
    def of_all(cls, members: Sequence[Member]) -> Self | None:
        """Whoever a number reaches, as one entry; None when that is nobody."""
        entries = [cls.of(member) for member in members]
        return replace(entries[0], others=tuple(entries[1:])) if entries else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One permission, given or refused, as the customer answered it. Appended, never edited."""

    id: ConsentId
    club: ClubId
    member: MemberId
    element: str
    """The platform's name for the question, e.g. `email` or a merchant's own checkbox id."""
    text: str
    """The words that were shown."""
    granted: bool
    given_at: datetime | None
    """When, as the platform says; None when it does not. Never the moment in which we looked."""
    seen_at: datetime
    language: str | None = None
    enrolment: EnrolmentId | None = None
    station: StationId | None = None
    act: Act | None = None
    """None in records of earlier versions, which knew only yes and no."""
    purpose: Purpose | None = None
    channel: str | None = None
    method: Method | None = None
    actor: Actor | None = None
    recorded_by: KeyId | None = None
    """The key with which the merchant's system recorded it."""
    code: str | None = None
    """The confirmation code that both screens showed."""
    text_version: int | None = None
    text_hash: str | None = None
    evidence_digest: str | None = None
    """Of the platform's own object, as it came."""
    reason: str | None = field(default=None, repr=False)
    reference: str | None = field(default=None, repr=False)
    """Where the merchant keeps the paper, or what the form calls it."""

    @property
    def what(self) -> Act:
        """What happened; of an earlier version's record as much as it says."""
        return self.act or (Act.GIVEN if self.granted else Act.REFUSED)

    @property
    def what_for(self) -> Purpose:
        """What it is for."""
        return self.purpose or purpose_of(self.element)[0]


def standing(consents: Iterable[Consent]) -> dict[str, Consent]:
    """The answer to each question that holds today: the one that was given last.

    An answer that is heard again later is as old as it was: without a time of its own it counts from when it was first
    seen.

    Args:
        consents: all of one member, in the order in which they were kept.
    """
    found: dict[str, Consent] = {}
    for consent in consents:
        held = found.get(consent.element)
        if held is None or (consent.given_at or consent.seen_at) >= (held.given_at or held.seen_at):
            found[consent.element] = consent
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAnswer:
    """What the platform reports of one question. Absence of the question means: no new answer."""

    element: str
    text: str
    granted: bool
    given_at: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What a verified yes carries: who, and what they share."""

    sub: str = field(repr=False)
    phone: PhoneNumber | None
    """The verified number, which may differ from the one that was asked; None when the provider names none."""
    profile: Profile = Profile()
    consents: tuple[ConsentAnswer, ...] = ()
    shared_at: datetime | None = None
    """When we were told; None: just now."""
    raw_consents: bytes | None = field(default=None, repr=False)
    """The platform's consent objects as they came, as JSON: evidence is kept whole."""
    login: str | None = field(default=None, compare=False)
    """What the ID token said of the login, as JSON: who said it to whom, when, and how it was proved. Names nobody."""


class AlreadyMember(Refusal):
    """The customer is a member already."""

    slug = "already-member"

    def __init__(self, detail: str, member: Member | Entry | None) -> None:
        """Carry the member, so that the till can greet instead of failing; None where nobody may be named."""
        super().__init__(detail)
        self.member = member
