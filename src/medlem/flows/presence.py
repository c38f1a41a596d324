"""Presence: when a till last found a member, or they last logged in, which is what counts as activity.

Kept to the day: a scan writes it only if a day has passed since it was last written.
"""

from datetime import datetime, timedelta
from typing import Final

from medlem.club.ids import ClubId, MemberId
from medlem.flows.checking import Checked
from medlem.flows.tables import Tables

A_DAY: Final = timedelta(days=1)


async def note(tx: Tables, found: Checked, club: ClubId, now: datetime) -> None:
    """A till has found somebody: write it down, if they are a member of ours and it is news."""
    if found.member is None or found.entry is None:
        return
    before = now - A_DAY
    if found.entry.seen_at is None or found.entry.seen_at <= before:
        await tx.rights.note_seen(club, found.member, now, before)


async def note_member(tx: Tables, club: ClubId, member: MemberId, now: datetime) -> None:
    """A cashier has said that this is who stands there, or they have said yes in the app."""
    await tx.rights.note_seen(club, member, now, now - A_DAY)
