"""The merchant's own register, where the settings name one: does it answer as docs/register.md says?

It is asked for a number of the series that nobody has, and told nothing.
"""

from typing import Final

from medlem.app.doctor.findings import Found, look, well, wrong
from medlem.app.registers import WALKS, http_register, sql_register
from medlem.club.phone import PhoneNumber
from medlem.config import Settings
from medlem.flows.ports import Clock
from medlem.registers.by_club import Silent
from medlem.registers.fields import Unreadable
from medlem.registers.sql import TableAway, WrongQuery
from medlem.registers.wire import NoAnswer

NOBODYS: Final = PhoneNumber("4740000000")

_SAYS_ELSE: Final = (
    "docs/register.md says what it must answer; MEDLEM_REGISTER_FIELDS says what it calls things, if that is all."
)
_ADVICE: Final = {
    "no_line": "Is it running, and reached by MEDLEM_REGISTER_URL from this machine?",
    "too_slow": "Tills say unknown until it is quicker than MEDLEM_REGISTER_TIMEOUT.",
    "keys_refused": "Compare MEDLEM_REGISTER_TOKEN and MEDLEM_REGISTER_SIGNING_SECRET with what it knows us by.",
    "redirect": "Let MEDLEM_REGISTER_URL be the last address: no redirect is followed.",
    "refused": "Does MEDLEM_REGISTER_URL lead to its calls? Below it something else answers /lookup.",
    "failing": "Its own log says why it fails.",
    "later": "It asks for patience; look again in a minute.",
}


async def register(settings: Settings, clock: Clock) -> Found:
    """Whether it can be used; nothing is said of our own."""
    if settings.register == "http":
        return await _over_http(settings, clock)
    return await _in_a_table(settings) if settings.register == "sql" else []


async def _over_http(settings: Settings, clock: Clock) -> Found:
    http = http_register(settings, clock)
    try:
        await http.look_up(NOBODYS)
    except (NoAnswer, Unreadable) as trouble:
        advice = _ADVICE.get(str(trouble), _SAYS_ELSE)
        return [wrong("register", f"The merchant's register gives no answer that can be trusted ({trouble}).", advice)]
    finally:
        await http.close()
    return [well("register", "The merchant's register answers.")]


async def _in_a_table(settings: Settings) -> Found:
    table = sql_register(settings, Silent())
    try:
        quick = await table.check()
    except WrongQuery as error:
        return [wrong("register", f"MEDLEM_REGISTER_QUERY cannot be used: {error}.", "docs/register.md says how.")]
    except TableAway as error:
        advice = "Is MEDLEM_REGISTER_DATABASE_URL right, and may we read there? Tills say unknown until it answers."
        return [wrong("register", f"The database of the merchant's table does not answer ({error}).", advice)]
    finally:
        await table.close()
    if not quick:
        return [look("register", f"{WALKS[0].upper()}{WALKS[1:].partition(': ')[0]}.", WALKS.partition(": ")[2])]
    return [well("register", "The merchant's table answers, and finds its rows by an index.")]
