"""The clubs of one house: added, given new keys, and known to whoever runs at that moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from fakes import HandClock
from medlem.app import House, further_clubs, open_house
from medlem.app.clubs import FRESH
from medlem.club.errors import NotFound
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.config import ClubTexts, WrongSettings, load, read_club
from medlem.flows.tables import StorageUnavailable
from medlem.vault import Vault
from medlem.vipps.sales_unit import AuthMethod

SETTINGS = {
    "MEDLEM_VIPPS_CLIENT_ID": "client",
    "MEDLEM_VIPPS_CLIENT_SECRET": "secret",
    "MEDLEM_VIPPS_SUBSCRIPTION_KEY": "subscription",
    "MEDLEM_VIPPS_MSN": "100001",
    "MEDLEM_VIPPS_BASE_URL": "http://127.0.0.1:9",
}


def texts(**said: str) -> ClubTexts:
    made = read_club(None, None, (), {})
    for name, text in said.items():
        made.add(name, text, name)
    return made


def other(msn: str = "200200", **said: str) -> ClubTexts:
    keys = {"vipps_client_id": "other", "vipps_client_secret": "one", "vipps_subscription_key": "theirs"}
    return texts(vipps_msn=msn, **keys | said)


@asynccontextmanager
async def opened(folder: Path, **changed: str) -> AsyncIterator[House]:
    url = {"MEDLEM_DATABASE_URL": f"sqlite:///{folder / 'medlem.db'}"}
    async with open_house(load(None, SETTINGS | url | changed)) as house:
        yield house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as made:
        yield made


def later(house: House) -> None:
    """Let the last look grow old."""
    house.clubs._clock = HandClock(house.ports.clock.now() + FRESH)


class Away:
    """A database that does not answer."""

    @property
    def reading(self) -> Any:
        raise StorageUnavailable("It does not answer.")


async def test_a_house_that_runs_learns_of_a_new_club_and_of_its_new_keys(house: House, tmp_path: Path) -> None:
    async with opened(tmp_path) as elsewhere:
        made = await further_clubs.add(elsewhere, other(vipps_auth_method="partner", login_scope="openid"))
        await house.clubs.refresh(made.id)
        unit = house.clubs.units[made.id]
        assert (unit.msn, unit.client_secret, unit.auth_method) == ("200200", Masked("one"), AuthMethod.PARTNER)
        assert (unit.base_url, unit.login_scope) == ("http://127.0.0.1:9", "openid")

        changed = await further_clubs.change(elsewhere, "200200", texts(vipps_client_secret="two", club_name="Ny"))
        assert (changed.id, changed.name) == (made.id, "Ny")
    later(house)
    await house.clubs.refresh(made.id)
    assert house.clubs.units[made.id].client_secret == Masked("two")
    assert house.clubs.units[made.id].login_scope == "openid", "what was not said stays"
    assert house.clubs.units[house.club.id].client_secret == Masked("secret")
    assert [club.name for club in await house.clubs.all()] == ["Customer club", "Ny"]


async def test_what_is_looked_at_again_and_is_the_same_is_the_same_sales_unit(house: House) -> None:
    made = await further_clubs.add(house, other())
    await house.clubs.refresh(made.id)
    first = house.clubs.units[made.id]
    later(house)
    await house.clubs.refresh(made.id)
    assert house.clubs.units[made.id] is first, "its connection stays, and the token with it"


async def test_a_sales_unit_has_one_club_and_keeps_it(house: House) -> None:
    await further_clubs.add(house, other())
    for texts_of, wanted in (
        (other(), "there is a club of sales unit 200200 already"),
        (other("100001"), "there is a club of sales unit 100001 already"),
        (texts(vipps_msn="300300"), "vipps_client_secret of the club is not set"),
    ):
        with pytest.raises(WrongSettings, match=wanted):
            await further_clubs.add(house, texts_of)
    with pytest.raises(WrongSettings, match="100001 is the first club"):
        await further_clubs.change(house, "100001", texts(club_name="x"))
    with pytest.raises(WrongSettings, match="names the club for good"):
        await further_clubs.change(house, "200200", texts(vipps_msn="300300"))
    with pytest.raises(NotFound, match="one of: 100001, 200200"):
        await further_clubs.change(house, "400400", texts(club_name="x"))
    assert len(await house.clubs.all()) == 2


async def test_a_club_is_named_by_its_sales_unit_or_its_id_and_the_first_by_nothing(house: House) -> None:
    made = await further_clubs.add(house, other())
    assert await house.clubs.named("200200") == made
    assert await house.clubs.named(made.id) == made
    assert await house.clubs.named(None) == house.club
    assert await house.clubs.named(house.club.sales_unit) == house.club


async def test_the_settings_speak_for_the_first_club_only(house: House, tmp_path: Path) -> None:
    await further_clubs.add(house, other())
    with pytest.raises(WrongSettings, match="100001"):
        async with opened(tmp_path, MEDLEM_VIPPS_MSN="200200"):
            pass
    with pytest.raises(WrongSettings, match="medlem club add"):
        async with opened(tmp_path, MEDLEM_VIPPS_MSN="300300"):
            pass


async def test_a_club_whose_settings_cannot_be_opened_stands_still_alone(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = await further_clubs.add(house, other()), await further_clubs.add(house, other("300300"))
    for row in (
        {"settings": Vault.of_lines(Vault.new_line()).seal(b"{}")},
        {"settings": house.storage.reading.places._vault.seal(b'{"vipps_msn": "x"}')},
        {"settings": house.storage.reading.places._vault.seal(b"no settings")},
    ):
        async with house.storage.transaction() as tx:
            await cast("Any", tx.places)._session.run("places.keep_settings", club=bad.id, now=0, **row)
        house.clubs._known.clear()
        await house.clubs.refresh(bad.id)
        await house.clubs.refresh(good.id)
        assert bad.id not in house.clubs.units
        assert good.id in house.clubs.units
        assert f"the settings of club={bad.id} cannot be used" in caplog.text
        caplog.clear()


async def test_a_club_that_nobody_knows_has_no_settings(house: House) -> None:
    await house.clubs.refresh(ClubId("clb_unknown"))
    assert await house.clubs.settings(ClubId("clb_unknown")) is None
    assert set(house.clubs.units) == {house.club.id}


async def test_a_database_that_is_away_leaves_what_is_known(house: House, caplog: pytest.LogCaptureFixture) -> None:
    made = await further_clubs.add(house, other())
    await house.clubs.refresh(made.id)
    later(house)
    house.clubs._storage = cast("Any", Away())
    await house.clubs.refresh(made.id)
    assert made.id in house.clubs.units
    assert "the last ones count" in caplog.text
