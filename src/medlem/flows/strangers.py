"""What a stranger's login has left with a member, once it was taken back.

It is kept as the history of an error, for whoever looks into that, and is no part of what the member is given.
"""

from dataclasses import replace

from medlem.club.member import Member
from medlem.flows.rights_table import Kept
from medlem.flows.tables import Tables


async def without(tables: Tables, member: Member, kept: Kept) -> Kept:
    """What is kept of a member, but for the numbers, questions and answers of somebody whose login was not theirs.

    From such a login until it was taken back everything by that entry's logins was the stranger's.
    """
    linkings = await tables.linkings.of_member(member.club, member.id)
    begun = {one.id: one.at for one in linkings}
    spans = [
        (begun[one.undoes], one.at)
        for one in linkings
        if one.undoes in begun and one.undone_by is None and one.before is not None and one.before.sub is not None
    ]
    if not spans:
        return kept
    theirs = {one.id: one.enrolment for one in linkings if any(since <= one.at < until for since, until in spans)}
    links = [one for one in await tables.linkings.links(member.club, member.id) if one.begun_by in theirs]
    numbers = {(one.phone, one.verified_at, one.ended_at) for one in links}
    enrolments = set(theirs.values())
    own = [one for one in kept.numbers if (one.phone, one.verified_at, one.ended_at) not in numbers]
    strange = {phone for phone, _, _ in numbers} - {one.phone for one in own}
    return replace(
        kept,
        numbers=own,
        identifications=[one for one in kept.identifications if one.phone not in strange],
        enrolments=[one for one in kept.enrolments if one.enrolment not in enrolments],
        answers=[one for one in kept.answers if one.enrolment not in enrolments],
    )
