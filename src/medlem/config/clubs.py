"""Settings of further clubs: the same names and the same readers as the installation's, kept in the database.

The installation's settings speak for the first club. A further one has its own of everything that belongs to a club
(`CLUB_NAMES`), and shares the rest. What was not said of it stands at its default, never at the first club's value: a
secret or a scope that leaked from one club into another would be noticed by nobody.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from medlem.club.masked import Masked
from medlem.config.reading import (
    FURTHER,
    Said,
    contradictions,
    from_environment,
    from_file,
    from_toml,
    meant,
    said_by,
    understood,
)
from medlem.config.settings import CLUB_NAMES, PREFIX, Settings, WrongSettings

SECRETS: Final = frozenset(
    setting.name for setting in fields(Settings) if setting.metadata["club"] and setting.metadata["secret"]
)

_WHERE: Final = ("vipps_base_url", "vipps_discovery_url")


class ClubTexts:
    """What is said of a club, by the names of settings. Prints no text, since some are secrets."""

    def __init__(self, texts: Mapping[str, Said]) -> None:
        self.texts = dict(texts)

    def __contains__(self, name: str) -> bool:
        return name in self.texts

    def __repr__(self) -> str:
        return f"ClubTexts({', '.join(self.texts)})"

    def over(self, older: "ClubTexts") -> "ClubTexts":
        """These, and of the older ones what these do not say."""
        return ClubTexts({**older.texts, **self.texts})

    def add(self, name: str, text: str, where: str) -> None:
        """Say one more."""
        self.texts[name] = (text, where)

    def where_the_first_is(self, installation: Settings) -> None:
        """Unless they say where the platform is: it is where the first club's is, as test keys open no other."""
        if not any(name in self for name in _WHERE):
            for name in _WHERE:
                if address := getattr(installation, name):
                    self.add(name, address, f"{PREFIX}{name.upper()}")

    def settings(self, installation: Settings) -> Settings:
        """The settings of this club in that installation.

        Raises:
            WrongSettings: with every flaw, a key that is missing among them.
        """
        flaws: list[str] = []
        own: dict[str, Any] = {each.name: each.default for each in fields(Settings) if each.metadata["club"]}
        found = replace(installation, **own | understood(self.texts, flaws))
        if not flaws:
            flaws += contradictions(found)
            flaws += [f"{name} of the club is not set" for name in found.missing]
        if flaws:
            raise WrongSettings(*flaws)
        return found

    def pack(self) -> Masked[bytes]:
        """As they are kept."""
        return Masked(json.dumps({name: text for name, (text, _) in self.texts.items()}).encode())

    @staticmethod
    def unpack(kept: Masked[bytes]) -> "ClubTexts":
        """Read what was kept; a setting of another version that this one does not know says nothing."""
        texts = json.loads(kept.reveal())  # into settings, which mask what is secret
        return ClubTexts({name: (text, f"{name} of the club") for name, text in texts.items() if name in CLUB_NAMES})


def read_club(
    file: Path | None, toml: str | None, pairs: Sequence[str], environ: Mapping[str, str] | None = None
) -> ClubTexts:
    """What is said of a further club; what comes later in this list wins.

    Args:
        file: a TOML file with settings of a club.
        toml: such a file's content, from standard input.
        environ: the environment, by default the process's: `MEDLEM_FURTHER_VIPPS_MSN`, and for what is secret a file by
            `MEDLEM_FURTHER_VIPPS_CLIENT_SECRET_FILE`.
        pairs: `name=text`, as typed; no secrets, which every account of the machine could see there.

    Raises:
        WrongSettings: with every flaw.
    """
    flaws: list[str] = []
    texts = dict(from_file(file, CLUB_NAMES, flaws))
    if toml is not None:
        texts |= dict(from_toml(toml, "standard input", CLUB_NAMES, flaws))
    texts |= dict(from_environment(said_by(environ, FURTHER), FURTHER, CLUB_NAMES, flaws))
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip().casefold()
        if not equals or name not in CLUB_NAMES:
            flaws.append(f"--set takes name=value with the name of a club's setting{meant(name, CLUB_NAMES)}")
        elif name in SECRETS:
            flaws.append(f"{name} is secret, and what is typed into a command can be seen: use a file or the prompt")
        else:
            texts[name] = (text.strip(), f"--set {name}")
    if flaws:
        raise WrongSettings(*flaws)
    return ClubTexts(texts)
