"""What the demo says when everything answers: where to click, and what to type."""

from dataclasses import dataclass
from typing import Final

from medlem.cli.demo.seed import CLUB, KARI, MEMBERS, Furnished

_TEXT: Final = """\
{club} is a pretend club, open on this machine. No real person is asked anything.

  The till          {till}
  Kari's phone      {phone}
  All the phones    {simulator}/phone

Kari is not a member yet. Identify her, ask her, and say yes on her phone:

  KEY={station_key}
  curl -s {service}/v1/identifications -H "Authorization: Bearer $KEY" \\
       -H 'Content-Type: application/json' -d '{{"phone": "{kari}"}}'
  curl -s {service}/v1/enrolments -H "Authorization: Bearer $KEY" \\
       -H 'Content-Type: application/json' -d '{{"identification": "<the id in the answer>"}}'

Or let her scan the till's sticker: choose "Scan a sticker" on her phone.

What the till's screen gets, live:

  curl -sN {service}/v1/events -H "Authorization: Bearer $KEY"

Identify her again, and she is greeted at once. {member} ("{member_number}") was entered by the shop and never logged
in: the till has the name compared first. All keys: demo-keys.json in the demo's directory.
Ctrl-C stops everything; started again, it goes on where it was."""


@dataclass(frozen=True, slots=True)
class Story:
    """Where everything is."""

    service: str
    simulator: str
    furnished: Furnished
    pid: int

    @property
    def till(self) -> str:
        """The first till's page, with what it needs to become that till."""
        # The code stands in the fragment, which no browser sends and no log can hold.
        return f"{self.service}/till#pair={self.furnished.pairing}"

    @property
    def phone(self) -> str:
        """The pretend phone of somebody who answers by hand."""
        return f"{self.simulator}/phone/{KARI}"

    def as_json(self) -> dict[str, object]:
        """For scripts and tests."""
        keys = self.furnished.keys
        return {
            "service": self.service,
            "simulator": self.simulator,
            "till": self.till,
            "phone": self.phone,
            "station_key": keys.station_key,
            "integration_key": keys.integration_key,
            "admin_key": keys.admin_key,
            "pid": self.pid,
        }

    def as_text(self) -> str:
        """For people."""
        return _TEXT.format(
            club=CLUB,
            service=self.service,
            simulator=self.simulator,
            till=self.till,
            phone=self.phone,
            station_key=self.furnished.keys.station_key,
            kari=_spoken(KARI),
            member=MEMBERS[0].name,
            member_number=_spoken(MEMBERS[0].msisdn),
        )


def _spoken(msisdn: str) -> str:
    """A Norwegian number as people say it: 400 00 001."""
    national = msisdn.removeprefix("47")
    return f"{national[:3]} {national[3:5]} {national[5:]}"
