"""What customers are asked to share, against what their logins really bring: a plan drops scopes without a word."""

from typing import Any, Final

from medlem.app.doctor.findings import Found, look, well
from medlem.club.ids import ClubId
from medlem.flows.member_tables import Members, SharedSoFar
from medlem.vipps.sales_unit import CONSENT_SCOPES, SalesUnit

LATEST: Final = 50
"""How many of the youngest members are looked at."""
ENOUGH: Final = 5
"""Logins before nothing at all means something."""

_BROUGHT_BY: Final = {
    "name": "names",
    "phoneNumber": "phones",
    "email": "emails",
    "birthDate": "birthdates",
    "address": "addresses",
    "gender": "genders",
}


async def shared(members: Members, club: ClubId, scope: str) -> Found:
    """Which scopes have brought nothing lately.

    Args:
        members: the club's, among others.
        club: whose.
        scope: what is asked for.
    """
    so_far = await members.shared(club, LATEST)
    if so_far.logins < ENOUGH:
        return [well("shared", f"Too few logins yet to tell what they bring ({so_far.logins}).")]
    silent = [word for word in scope.split() if not _brought(word, so_far)]
    if not silent:
        return [well("shared", f"The last {so_far.logins} logins brought everything that is asked for.")]
    advice = (
        "The sales unit's plan drops what it does not hold, without a word: see in the portal which scopes it has. "
        "Consents come only when the questions are set up there. If you have just begun to ask, wait for the next ones."
    )
    return [look("shared", f"None of the last {so_far.logins} logins brought {', '.join(silent)}.", advice)]


def _brought(word: str, so_far: SharedSoFar) -> bool:
    if word in CONSENT_SCOPES:
        return so_far.consents > 0
    return word not in _BROUGHT_BY or getattr(so_far, _BROUGHT_BY[word]) > 0


def listed(unit: SalesUnit, said: Any) -> Found:
    """What is asked for, against what the document lists: a hint only, since the platform's own list is not whole."""
    asked = unit.scope.split()
    found: Found = []
    if "openid" not in unit.login_scope.split():
        advice = "Put it into MEDLEM_LOGIN_SCOPE, so that it says what is asked."
        found.append(look("scopes", "openid is missing in LOGIN_SCOPE; we ask for it all the same.", advice))
    known = {one for one in said if isinstance(one, str)} if isinstance(said, list) else set()
    strange = sorted(set(asked) - known - {"customFlow"}) if known else []
    if strange:
        advice = "Check the spelling in MEDLEM_LOGIN_SCOPE, and whether the sales unit's plan has them."
        found.append(look("scopes", f"The provider does not list {', '.join(strange)}.", advice))
    return found or [well("scopes", f"Asked for: {' '.join(asked)}.")]
