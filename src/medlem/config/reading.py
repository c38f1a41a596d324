"""Where settings are read: the environment, secret files, a TOML file; once, when the program starts.

`MEDLEM_DATABASE_URL` in the environment wins over the file that `MEDLEM_DATABASE_URL_FILE` names (secrets only), that
over `database_url` in the TOML file, and that over the default. A name that we do not know is refused: a misspelt
limit would otherwise be no limit. No text repeats a value, for it may be a secret pasted into the wrong line.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from medlem.config.kinds import is_loopback
from medlem.config.settings import NAMES, PREFIX, Settings, WrongSettings

CONFIG: Final = "MEDLEM_CONFIG"

LONGEST_MEMORY: Final = timedelta(hours=72)
"""Of what a register once said: so long we know ourselves who has joined or left since."""
SHORTEST_ATTEMPTS: Final = timedelta(hours=72)
"""So long a call may be repeated, and answers with the question as it is."""
FURTHER: Final = f"{PREFIX}FURTHER_"
"""Begins the names under which the environment tells `medlem club add` of another club: not settings of this one."""

Said = tuple[str, str]
"""A text, and where it stands."""

_CONSENT_SCOPES: Final = {"custom_flow": "customFlow", "delegated": "delegatedConsents"}

_SERVICE_LINK = re.compile(
    r"\AMEDLEM_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)\Z"
)
"""Kubernetes puts these into every container beside a service called `medlem`: not settings, and nobody's mistake."""


def load(config: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; an empty variable counts as not set.

    Args:
        config: the TOML file; without it the one that `MEDLEM_CONFIG` names, if any.
        environ: the environment, by default the process's.

    Raises:
        WrongSettings: with every flaw that was found, not just the first.
    """
    said = {name: value for name, value in said_by(environ, PREFIX).items() if not name.startswith(FURTHER)}
    named = said.pop(CONFIG, None)
    flaws: list[str] = []
    texts = dict(from_file(config or (Path(named) if named else None), NAMES, flaws))
    texts |= dict(from_environment(said, PREFIX, NAMES, flaws))
    settings = Settings(**understood(texts, flaws))
    flaws += contradictions(settings)
    if flaws:
        raise WrongSettings(*flaws)
    return settings


def files_with_secrets(config: Path | None, environ: Mapping[str, str] | None = None) -> list[Path]:
    """The files in which somebody has put a secret of ours, by what the environment and the TOML file say."""
    said = said_by(environ, PREFIX)
    secret = {setting.name for setting in fields(Settings) if setting.metadata["secret"]}
    found = [Path(said[name]) for name in (f"{PREFIX}{each.upper()}_FILE" for each in sorted(secret)) if name in said]
    named = said.get(CONFIG)
    file = config or (Path(named) if named else None)
    if file is not None and secret & {name for name, _ in from_file(file, NAMES, [])}:
        found.append(file)
    return found


def said_by(environ: Mapping[str, str] | None, prefix: str) -> dict[str, str]:
    """What the environment says under a prefix; an empty variable says nothing."""
    environ = os.environ if environ is None else environ  # noqa: TID251 - this is the one place that reads it
    return {name: value for name, value in environ.items() if name.startswith(prefix) and value}


def understood(texts: Mapping[str, Said], flaws: list[str]) -> dict[str, Any]:
    """What the texts mean, by the names of their settings."""
    values = {}
    for setting in fields(Settings):
        if setting.name in texts:
            text, where = texts[setting.name]
            try:
                values[setting.name] = setting.metadata["read"](text)
            except ValueError as error:
                flaws.append(f"{where} must be {error}")
    return values


def from_file(file: Path | None, names: Sequence[str], flaws: list[str]) -> Iterator[tuple[str, Said]]:
    """What a TOML file says, of these names and no others."""
    if file is None:
        return
    try:
        yield from from_toml(file.read_text(encoding="utf-8"), str(file), names, flaws)
    except OSError as error:
        flaws.append(f"the settings file {file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        flaws.append(f"the settings file {file} is not TOML")


def from_toml(text: str, file: str, names: Sequence[str], flaws: list[str]) -> Iterator[tuple[str, Said]]:
    """What TOML says, of these names and no others; `file` is what to call it."""
    try:
        content = tomllib.loads(text)
    except ValueError as error:
        where = re.search(r"\(at line \d+, column \d+\)", str(error))
        flaws.append(f"the settings file {file} is not TOML {where[0] if where else ''}".strip())
        return
    for name, value in content.items():
        if name not in names:
            flaws.append(f"{file} sets {name}, which is no setting{_elsewhere(name)}{meant(name, names)}")
        elif not isinstance(value, str | int | float):
            flaws.append(f"{name} in {file} must be a text in quotes, a number, true or false")
        else:
            spelt = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
            yield name, (spelt, f"{name} in {file}")


def from_environment(
    said: Mapping[str, str], prefix: str, names: Sequence[str], flaws: list[str]
) -> Iterator[tuple[str, Said]]:
    """What the environment says, or files that it names, of these names and no others."""
    known = {prefix + setting.name.upper(): setting for setting in fields(Settings) if setting.name in names}
    files = {f"{name}_FILE": setting for name, setting in known.items() if setting.metadata["secret"]}
    for variable, value in said.items():
        if variable in known:
            yield known[variable].name, (value, variable)
        elif variable in files:
            if variable.removesuffix("_FILE") in said:
                flaws.append(f"{variable} and {variable.removesuffix('_FILE')} are both set; one of them is enough")
                continue
            try:
                yield files[variable].name, (Path(value).read_text(encoding="utf-8").strip(), f"what {variable} holds")
            except (OSError, UnicodeDecodeError):
                flaws.append(f"{variable} must name a text file that can be read")
        elif not _SERVICE_LINK.match(variable) and not (variable == "MEDLEM_PORT" and "://" in value):
            flaws.append(f"{variable} is no setting{meant(variable, [*known, *files, CONFIG])}")


def _elsewhere(name: str) -> str:
    return " of a further club" if name in NAMES else ""


def meant(name: str, known: Sequence[str]) -> str:
    """Point to the name that is nearest; the prefix, which all share, brings none nearer."""
    by_word = {each.casefold().removeprefix(PREFIX.casefold()): each for each in known}
    close = difflib.get_close_matches(name.casefold().removeprefix(PREFIX.casefold()), by_word, n=1)
    return f"; did you mean {by_word[close[0]]}?" if close else "; docs/settings.md lists them all"


def contradictions(settings: Settings) -> Iterator[str]:
    """What cannot be so at once."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        yield f"{PREFIX}TLS_CERT and {PREFIX}TLS_KEY belong together; only one is set"
    platform = is_loopback(urlsplit(settings.vipps_base_url).hostname)
    if settings.public_url and not settings.public_url.startswith("https://") and not platform:
        yield f"{PREFIX}PUBLIC_URL must be an https address: the platform delivers to no other"
    asked = {"custom_flow", "delegated"} & {settings.consents}
    asked |= {way for way, scope in _CONSENT_SCOPES.items() if scope in settings.login_scope.split()}
    if len(asked) > 1:
        yield (
            f"{PREFIX}LOGIN_SCOPE and {PREFIX}CONSENTS ask for customFlow and delegatedConsents together, and the "
            f"platform knows them one at a time: keep the one that the portal shows, best by {PREFIX}CONSENTS alone"
        )
    if settings.login_finish == "page":
        yield from _no_page(settings.public_url)
    if settings.vipps_auth_method == "partner" and settings.vipps_msn is None:
        yield f"{PREFIX}VIPPS_MSN is needed with {PREFIX}VIPPS_AUTH_METHOD=partner"
    if settings.attempts_kept is not None and settings.attempts_kept < SHORTEST_ATTEMPTS:
        yield f"{PREFIX}ATTEMPTS_KEPT must be 72h or more, or off"
    yield from _register(settings)


def _no_page(public_url: str | None) -> Iterator[str]:
    """Why customers cannot finish on our page, which the platform knows character for character."""
    where = f"with {PREFIX}LOGIN_FINISH=page, since the customer's phone opens a page below it"
    if public_url is None:
        yield f"{PREFIX}PUBLIC_URL is needed {where}"
    elif not public_url.startswith("https://") and not is_loopback(urlsplit(public_url).hostname):
        yield f"{PREFIX}PUBLIC_URL must be an https address {where}"
    elif {"#", "?"} & set(public_url):
        yield f"{PREFIX}PUBLIC_URL must be without # and ? {where}"


def _register(settings: Settings) -> Iterator[str]:
    """What a merchant's own register needs."""
    needed = {"http": ("register_url", "register_token"), "sql": ("register_database_url", "register_query")}
    for name in needed.get(settings.register, ()):
        if getattr(settings, name) is None:
            yield f"{PREFIX}{name.upper()} is needed with {PREFIX}REGISTER={settings.register}"
    if settings.register_timeout <= 0:
        yield f"{PREFIX}REGISTER_TIMEOUT must be more than 0 seconds"
    if settings.register_cache_age and settings.register_cache_age > LONGEST_MEMORY:
        yield f"{PREFIX}REGISTER_CACHE_AGE must be 72h or less"
