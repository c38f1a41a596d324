"""What the calls that find and change members take."""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from medlem.club.member import Address, Profile
from medlem.web.wire import Line

Prefix = Annotated[str, Meta(min_length=2, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
"""The beginning of a name."""


class LookUp(Struct, forbid_unknown_fields=True):
    """Whom to look for: by number, by member number, or by the beginning of a name or family name."""

    phone: str | None = None
    member_number: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    name: Prefix | None = None
    family_name: Prefix | None = None
    cursor: Annotated[str, Meta(max_length=1000)] | None = None

    def __post_init__(self) -> None:
        given = [self.phone, self.member_number, self.name, self.family_name]
        if sum(one is not None for one in given) != 1:
            raise ValueError("Give one of phone, member_number, name and family_name")
        if self.cursor is not None and self.name is None and self.family_name is None:
            raise ValueError("A cursor goes with a name only")


class ChangedAddress(Struct, forbid_unknown_fields=True):
    """What becomes of an address; null takes a part away."""

    street_address: Line | UnsetType | None = UNSET
    postal_code: Line | UnsetType | None = UNSET
    region: Line | UnsetType | None = UNSET
    country: Line | UnsetType | None = UNSET


class ChangedProfile(Struct, forbid_unknown_fields=True):
    """What becomes of a profile; null takes a part away, and what is not named stays."""

    name: Line | UnsetType | None = UNSET
    given_name: Line | UnsetType | None = UNSET
    family_name: Line | UnsetType | None = UNSET
    email: Line | UnsetType | None = UNSET
    birthdate: Line | UnsetType | None = UNSET
    gender: Line | UnsetType | None = UNSET
    address: ChangedAddress | UnsetType | None = UNSET


class ChangedMember(Struct, forbid_unknown_fields=True):
    """A merge patch (RFC 7396) of a member."""

    profile: ChangedProfile | UnsetType = UNSET

    def apply(self, profile: Profile) -> Profile:
        """The profile as it is then. An address of e-mail that is changed is not verified any more."""
        if self.profile is UNSET:
            return profile
        changed = _given(self.profile)
        address = changed.get("address", UNSET)
        if isinstance(address, ChangedAddress):
            parts = replace(profile.address or Address(), **{**_given(address), "formatted": None})
            changed["address"] = None if parts == Address(address_type=parts.address_type) else parts
            if not _given(address):
                changed["address"] = profile.address
        if changed.get("email", profile.email) != profile.email:
            changed["email_verified"] = None
        return replace(profile, **changed)


def _given(said: Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(said).items() if value is not UNSET}
