"""Enrolments whose answer nobody may ask for: the customer's phone brings it to the merchant's page, or nobody does.

The platform answers the token endpoint once for such a login, to whoever has the code. So all there is to see here
is whether it is over, and if that is the customer's silence or something that we have lost.
"""

from medlem.club.enrolment import Enrolment
from medlem.club.landing import OPEN_STEPS, Step
from medlem.flows.answers import Answer, Expired, Pending, Unreachable
from medlem.flows.ports import Ports


async def look(ports: Ports, claimed: Enrolment) -> Answer:
    """What can be said without asking anybody.

    A code tells only in the end which question it answers. So while one is on its way, any of the club's enrolments
    may be its, and once one was lost, any may have been.
    """
    end = claimed.closes_at
    if end is None or ports.clock.now() < end:
        return Pending()
    steps = await ports.storage.reading.landings.steps(claimed.club, claimed.created_at, end)
    if OPEN_STEPS & steps:
        return Pending()
    return Unreachable() if Step.LOST in steps else Expired()
