"""All that there is to judge one day by."""

from dataclasses import dataclass
from typing import Final

from medlem.club.enrolment import Enrolment
from medlem.club.member import Member
from medlem.club.place import Club
from medlem.flows.ports import Ports
from trials.history import History, Story
from trials.platform import PretendPlatform, Pushed
from trials.till import Till

MANY: Final = 100_000


@dataclass
class Case:
    """One world that has come to its end."""

    history: History
    platform: PretendPlatform
    tills: list[Till]
    ports: Ports
    club: Club
    rows: dict[str, Enrolment]
    members: list[Member]
    questions: dict[tuple[str, str], Pushed]

    def question(self, story: Story) -> Pushed | None:
        """What stood on the phone."""
        return self.questions.get((story.msisdn, story.code))
