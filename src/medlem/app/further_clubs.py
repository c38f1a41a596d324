"""Further clubs, as an operator adds them and gives them new keys; a service that runs knows of it within a second."""

from dataclasses import replace

from medlem.app.house import House
from medlem.app.registers import try_query
from medlem.club.place import Club
from medlem.config import ClubTexts, WrongSettings
from medlem.flows import places


async def add(house: House, texts: ClubTexts) -> Club:
    """Add a club.

    Raises:
        WrongSettings: something is missing or wrong, or there is a club of this sales unit already.
        StorageUnavailable: it cannot be written down.
    """
    texts.where_the_first_is(house.settings)
    own = texts.settings(house.settings)
    await try_query(own)
    unit = own.sales_unit or ""
    made = await places.add_club(house.ports, unit, own.club_name, own.default_country, texts.pack())
    if made is None:
        raise WrongSettings(f"there is a club of sales unit {unit} already; `medlem club change` gives it new keys")
    return made


async def change(house: House, wanted: str, texts: ClubTexts) -> Club:
    """Give a further club new keys, or other settings; what is not said stays.

    Raises:
        NotFound: there is no such club.
        WrongSettings: it is the first club, or something is wrong.
        StorageUnavailable: it cannot be written down.
    """
    club = await house.clubs.named(wanted)
    kept = await house.storage.reading.places.settings_of(club.id)
    if kept is None:
        raise WrongSettings(
            f"{club.sales_unit} is the first club: change MEDLEM_VIPPS_CLIENT_SECRET and its like, and start again"
        )
    changed = texts.over(ClubTexts.unpack(kept))
    own = changed.settings(house.settings)
    if own.sales_unit != club.sales_unit:
        raise WrongSettings(f"the sales unit {club.sales_unit} names the club for good: add another club instead")
    await try_query(own)
    found = replace(club, name=own.club_name, country=own.default_country)
    await places.change_club(house.ports, found, changed.pack())
    return found
