"""A merge: two members turn out to be one person, and one of the two goes on as both.

It is proposed, confirmed, and can be undone. What a merge does is decided here, of the two as they were read, so that
what is shown before is what is done after. Identity stays `sub`: two who have both logged in are never one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from medlem.club.consent import Act
from medlem.club.errors import Refusal
from medlem.club.ids import ClubId, ConsentId, MemberId, MergeId
from medlem.club.member import Consent, Member, Profile, VerifiedBy, standing

LIFE: Final = timedelta(hours=24)
"""How long a proposal can be confirmed."""

_EMAIL: Final = ("email", "email_verified")


class MergeRefused(Refusal):
    """These two members cannot be merged, or not parted again."""

    slug = "merge-refused"


class MemberMerged(Refusal):
    """This member has been merged into another one."""

    slug = "member-merged"

    def __init__(self, into: MemberId) -> None:
        """Say who they are now."""
        super().__init__(f"They turned out to be member {into}. Do it there.")
        self.into = into


class Whose(StrEnum):
    """Which of the two something comes from."""

    STAYS = "stays"
    GOES = "goes"


class MergeState(StrEnum):
    """How far a merge is."""

    PROPOSED = "proposed"
    LAPSED = "lapsed"
    """Nobody confirmed it in time."""
    CONFIRMED = "confirmed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two, with all that a merge looks at."""

    member: Member
    consents: Sequence[Consent] = ()
    """All of theirs, in the order in which they were kept."""
    extras: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """An answer of the one who goes that is newer than what the one who stays has answered, if anything."""

    element: str
    act: Act
    """What it is for the one who stays."""
    taken_from: ConsentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What exactly a merge does. Nothing in it names anybody."""

    number: Whose | None
    """By whose number they are reached; None when neither has one."""
    number_ends: bool
    """Whether the other's number reaches nobody any more by this."""
    login: Whose | None
    """By whose login the platform knows them; None when neither has logged in."""
    profile: tuple[str, ...]
    """Parts that come from the one who goes."""
    differs: tuple[str, ...]
    """Parts of which both had something, and one's is not kept."""
    consents: tuple[CarriedOver, ...]
    extras: tuple[str, ...]
    """What the one who goes added on the club's page, and the other had not, by its name."""
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeMerge:
    """Both as they were, and what the one who stays became: enough to take it back, unless something newer is there."""

    stays: Member
    goes: Member
    after: Member
    extras: Mapping[str, str] = field(default_factory=dict)
    """What the one who stays got of these."""
    carried: tuple[ConsentId, ...] = ()
    """The records that say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One merge, from its proposal on."""

    id: MergeId
    club: ClubId
    stays: MemberId
    goes: MemberId
    plan: Plan
    versions: tuple[int, int]
    """Of the one who stays and the one who goes, as they were read."""
    proposed_at: datetime
    proposed_by: str
    """A key, or a person."""
    expires_at: datetime
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None
    why: str | None = field(default=None, repr=False)
    """Why it was undone."""
    not_restored: tuple[str, ...] = ()
    """What was not given back when it was undone, since something newer is there."""
    before: BeforeMerge | None = field(default=None, repr=False)
    """None unless it is confirmed, and once one of them is erased."""

    def state(self, now: datetime) -> MergeState:
        """How far it is."""
        if self.undone_at is not None:
            return MergeState.UNDONE
        if self.confirmed_at is not None:
            return MergeState.CONFIRMED
        return MergeState.PROPOSED if now < self.expires_at else MergeState.LAPSED


def refuse(stays: Member, goes: Member) -> None:
    """Refuse two who cannot be one.

    Raises:
        MergeRefused: and why.
    """
    if stays.id == goes.id:
        raise MergeRefused("These are not two members: it is one id twice.")
    if stays.merged_into is not None or goes.merged_into is not None:
        raise MergeRefused("One of them has been merged already. Name whoever they are now.")
    if stays.restricted_at is not None or goes.restricted_at is not None:
        raise MergeRefused("What is kept of one of them is restricted. Lift that first.")
    if stays.logged_in and goes.logged_in:
        raise MergeRefused("Both have logged in, as two people. Whom the platform tells apart is never merged.")
    if not stays.present:
        raise MergeRefused("The one who is to stay has left. Let the other one stay.")


def planned(stays: Party, goes: Party) -> Plan:
    """What a merge of these two does; both are as `refuse` lets them be."""
    ours, theirs = stays.member, goes.member
    number = _number(ours, theirs)
    profile = _profile(ours, theirs)
    parts = [part.name for part in fields(Profile)]
    return Plan(
        number=number,
        number_ends=None not in {ours.phone, theirs.phone} and ours.phone != theirs.phone,
        login=Whose.STAYS if ours.logged_in else Whose.GOES if theirs.logged_in else None,
        profile=tuple(part for part in parts if getattr(profile, part) != getattr(ours.profile, part)),
        differs=tuple(_differing(ours.profile, theirs.profile)),
        consents=tuple(_carried(stays.consents, goes.consents)),
        extras=tuple(sorted(goes.extras.keys() - stays.extras.keys())),
        joined_at=min(ours.joined_at, theirs.joined_at) if theirs.present else ours.joined_at,
    )


def merged(stays: Member, goes: Member, plan: Plan) -> Member:
    """The one who stays, as they are from then on.

    The later of the two joinings counts as having been seen: an earlier one must not make somebody inactive.
    """
    from_whom = goes if plan.number is Whose.GOES else stays
    joined = max(stays.joined_at, goes.joined_at) if goes.present else stays.joined_at
    seen = [moment for moment in (stays.last_seen_at, goes.last_seen_at) if moment is not None]
    if joined != plan.joined_at:
        seen.append(joined)
    return replace(
        stays,
        sub=stays.sub or goes.sub,
        phone=from_whom.phone,
        phone_verified_at=from_whom.phone_verified_at,
        phone_verified_by=from_whom.phone_verified_by,
        profile=_profile(stays, goes),
        joined_at=plan.joined_at,
        last_seen_at=max(seen, default=None),
        sharing_withdrawn_at=goes.sharing_withdrawn_at if plan.login is Whose.GOES else stays.sharing_withdrawn_at,
    )


def gone(goes: Member, into: MemberId, now: datetime) -> Member:
    """The one who goes, as they are from then on: a number, two dates, and who they are now."""
    return replace(
        goes,
        sub=None,
        phone=None,
        phone_verified_at=None,
        phone_verified_by=None,
        profile=Profile(),
        left_at=goes.left_at or now,
        sharing_withdrawn_at=None,
        merged_into=into,
    )


def restored(current: Profile, before: Profile, after: Profile) -> tuple[Profile, tuple[str, ...]]:
    """A profile as it was before a merge, but for what has changed since; and which parts those are."""
    back, newer = {}, []
    for part in (each.name for each in fields(Profile)):
        was, became, now = (getattr(profile, part) for profile in (before, after, current))
        if now == became:
            back[part] = was
        elif was != became:
            newer.append(part)
    return replace(current, **back), tuple(newer)


def changed_since(current: Profile, after: Profile) -> Mapping[str, Any]:
    """What of a profile is not as a merge left it, as it is now."""
    parts = (part.name for part in fields(Profile))
    return {part: getattr(current, part) for part in parts if getattr(current, part) != getattr(after, part)}


def counts_from(consent: Consent) -> datetime:
    """Since when an answer holds: when it was given, or else when we first heard of it."""
    return consent.given_at or consent.seen_at


def _number(stays: Member, goes: Member) -> Whose | None:
    """By the platform's word before the merchant's; else the one who stays keeps theirs, if they have one."""
    if goes.phone is None:
        return Whose.STAYS if stays.phone is not None else None
    if stays.phone is None:
        return Whose.GOES
    better = goes.phone_verified_by is not VerifiedBy.MERCHANT and stays.phone_verified_by is VerifiedBy.MERCHANT
    return Whose.GOES if better else Whose.STAYS


def _profile(stays: Member, goes: Member) -> Profile:
    """What is empty is filled. What both know goes by the platform's word, where one of them shares by it."""
    better = goes.logged_in and not stays.logged_in and goes.sharing_withdrawn_at is None
    first, second = (goes.profile, stays.profile) if better else (stays.profile, goes.profile)
    parts = {
        part.name: getattr(first, part.name) if _says(first, part.name) else getattr(second, part.name)
        for part in fields(Profile)
    }
    parts["email_verified"] = (first if first.email else second).email_verified
    return Profile(**parts)


def _differing(ours: Profile, theirs: Profile) -> Iterator[str]:
    for part in (each.name for each in fields(Profile)):
        both = _says(ours, part) and _says(theirs, part)
        if both and part not in _EMAIL[1:] and getattr(ours, part) != getattr(theirs, part):
            yield part


def _says(profile: Profile, part: str) -> bool:
    return getattr(profile, part) not in (None, (), "")


def _carried(ours: Sequence[Consent], theirs: Sequence[Consent]) -> Iterator[CarriedOver]:
    """The newer answer to each question holds, and of two as old the no. A yes is never made up."""
    held = standing(ours)
    for element, said in sorted(standing(theirs).items()):
        before = held.get(element)
        if before is not None and not _newer(said, before):
            continue
        stood = before is not None and before.granted
        act = Act.CARRIED_OVER if said.granted else Act.WITHDRAWN if stood else Act.REFUSED
        yield CarriedOver(element, act, said.id)


def _newer(said: Consent, before: Consent) -> bool:
    if counts_from(said) == counts_from(before):
        return before.granted and not said.granted
    return counts_from(said) > counts_from(before)
