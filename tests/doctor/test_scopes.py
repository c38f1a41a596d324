"""What is asked for, against what logins bring."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor.ward import only
from medlem.app.doctor import scopes
from medlem.club.ids import member_id
from medlem.club.masked import Masked
from medlem.club.member import Address, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.storage import Database
from medlem.vipps.sales_unit import Asking, SalesUnit
from premises import NOW, Premises, later, new_premises, waiting
from storages import storage_of

EVERYTHING = "openid name phoneNumber email birthDate address gender customFlow"
SHARED = Profile(
    name="Kari Nordmann",
    email="kari@example.com",
    birthdate="1990-01-01",
    address=Address(country="NO"),
    gender="female",
)


async def logins(storage: Database, here: Premises, profile: Profile, verified_by: VerifiedBy, many: int = 6) -> None:
    """So many customers have logged in and shared this; others were entered by the merchant and never did."""
    async with storage.transaction() as tx:
        asked = await waiting(tx, here)
        for number in range(many):
            moment = later(number)
            made = replace(here.member(), id=member_id(moment), sub=f"sub-{number}", profile=profile)
            made = replace(made, member_number=f"{900 + number}")
            await tx.members.add(made)
            await tx.members.link(made, PhoneNumber(f"47400001{number:02}"), verified_by, moment)
            if number == 0 and profile.gender:
                await tx.members.keep_evidence(made, asked.id, b"{}", NOW)
        entered = replace(here.member(), id=member_id(later(99)), sub=None, member_number="999", profile=SHARED)
        await tx.members.add(entered)


@pytest.mark.parametrize("kind", ["sqlite-in-memory", "postgresql"])
async def test_scopes_that_bring_something_are_well_and_those_that_never_do_are_told(kind: str, tmp_path: Path) -> None:
    async with storage_of(kind, tmp_path) as storage:
        one, other, young = [await new_premises(storage, sales_unit=f"20020{n}") for n in range(3)]
        await logins(storage, one, SHARED, VerifiedBy.LOGIN)
        await logins(storage, other, Profile(name="Kari Nordmann"), VerifiedBy.LOGIN_HINT)
        await logins(storage, young, Profile(), VerifiedBy.LOGIN, many=2)
        members = storage.reading.members
        assert only(await scopes.shared(members, one.club.id, EVERYTHING)).mark == "well"
        found = only(await scopes.shared(members, other.club.id, EVERYTHING))
        assert found.mark == "look"
        assert found.text == (
            "None of the last 6 logins brought phoneNumber, email, birthDate, address, gender, customFlow."
        )
        assert only(await scopes.shared(members, other.club.id, "openid name paymentSourceReferences")).mark == "well"
        assert "Too few logins" in only(await scopes.shared(members, young.club.id, EVERYTHING)).text


LISTED = ["openid", "name", "phoneNumber", "email"]


@pytest.mark.parametrize(
    ("scope", "consents", "listed", "mark"),
    [
        ("openid name", "none", LISTED, "well"),
        ("openid name", "custom_flow", LISTED, "well"),  # the platform's own list leaves it out
        ("openid nmae", "none", LISTED, "look"),
        ("openid name", "delegated", LISTED, "look"),
        ("name", "none", LISTED, "look"),
        ("openid name", "none", None, "well"),
        ("openid name", "none", "openid", "well"),
        ("openid name", "none", [], "well"),
        ("openid name", "none", [3, None], "well"),
    ],
)
def test_the_list_of_scopes_is_a_hint(scope: str, consents: str, listed: Any, mark: str) -> None:
    unit = SalesUnit(client_id="c", client_secret=Masked("s"), login_scope=scope, consents=Asking(consents))
    assert only(scopes.listed(unit, listed)).mark == mark
