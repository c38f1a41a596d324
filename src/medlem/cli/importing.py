"""`medlem members import` and `export`: the whole list, from a file into the register and out of it again."""

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from medlem.app import House, open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.cli.intake import Intake, Summary, is_of_rejects
from medlem.cli.progress import Progress
from medlem.club import spelling
from medlem.club.consent import Method
from medlem.club.phone import COUNTRIES
from medlem.club.place import Club
from medlem.config import Settings, load
from medlem.files import Dates, How, Reading, Rejects, Writing, WrongFile
from medlem.files.answers import METHODS
from medlem.flows import exporting, importing
from medlem.flows.importing import Existing, Order, RegisterElsewhere
from medlem.storage.files import drafted, publish

STANDARD: Final = "-"
NOT_ALL: Final = 3
INTERRUPTED: Final = 130

_DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Do everything but write into the register.")
@click.option(
    "--existing",
    type=click.Choice([one.value for one in Existing]),
    default=Existing.FILL.value,
    show_default=True,
    help="What becomes of who is a member already: left alone, filled in where empty, or written over.",
)
@click.option("--map", "mapped", multiple=True, metavar="HEADER=COLUMN", help="What a column of the file is.")
@click.option("--ignore", "ignored", multiple=True, metavar="HEADER", help="A column of the file to leave alone.")
@click.option("--country", type=click.Choice(list(COUNTRIES)), help="Of numbers without their code; else the club's.")
@click.option("--dates", type=click.Choice([one.value for one in Dates]), help="What comes first in 2/1/1999.")
@click.option("--encoding", help="Of the file, as windows-1252; else UTF-8, or what its first bytes say.")
@click.option(
    "--delimiter", type=click.Choice(list(_DELIMITERS)), help="Between cells; else what the header has most of."
)
@click.option("--consent-text", multiple=True, metavar="QUESTION=FILE", help="The words that everybody was shown.")
@click.option("--consent-method", multiple=True, metavar="QUESTION=METHOD", help="How everybody answered.")
@click.option("--rejects", type=click.Path(path_type=Path, dir_okay=False), help="Where to write what is not taken.")
@click.option("--without-notices", is_flag=True, help="Let the webhook endpoints hear of none of it.")
@club_option
@config_option
@json_option
def take(*, file: Path, club: str | None, config: Path | None, as_json: bool, **said: Any) -> None:
    """Read members from FILE (CSV; - for standard input) into the register. Safe while the service runs.

    May be interrupted and given again. Ends with exit code 3 when something in the file was not taken.
    """
    log_to_stderr(quiet=True)
    rejects = said["rejects"] or _beside(file)
    if rejects.exists() and (not is_of_rejects(rejects) or _same(file, rejects)):
        raise click.UsageError(
            f"{rejects} is there already, and no file of rejects of before. --rejects names another."
        )
    order = Order(existing=Existing(said["existing"]), dry_run=said["dry_run"], notices=not said["without_notices"])
    try:
        with _opened(file) as stream:
            summary = asyncio.run(_take(load(config), club, file, stream, rejects, order, said))
    except (WrongFile, RegisterElsewhere) as error:
        raise click.ClickException(str(error)) from None
    answer(summary.as_json(), summary.as_text(), as_json=as_json)
    if summary.interrupted:
        raise SystemExit(INTERRUPTED)
    if not summary.tally.whole:
        raise SystemExit(NOT_ALL)


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--replace", is_flag=True, help="Let a file of that name go.")
@club_option
@config_option
@json_option
def export(*, file: Path, replace: bool, club: str | None, config: Path | None, as_json: bool) -> None:
    """Write every member with all their consents into FILE (CSV; - for standard output). Safe while the service runs.

    Only its owner can read the file. It names people: keep it as you keep the register.
    """
    log_to_stderr(quiet=True)
    if file.name.startswith("mem_"):
        raise click.UsageError(f"This writes all members. `medlem member export {file} FILE` writes one.")
    if str(file) == STANDARD:
        if as_json:
            raise click.UsageError("--json and - both want standard output. Name a file.")
        asyncio.run(_export(load(config), club, sys.stdout.buffer))
        sys.stdout.flush()
        return
    if file.exists() and not replace:
        raise click.UsageError(f"{file} is there already. --replace lets it go.")
    with drafted(file.with_name(f"{file.name}.partial")) as draft:
        with draft.open("wb") as stream:
            many = asyncio.run(_export(load(config), club, stream))
        publish(draft, file)
    answer({"file": str(file.absolute()), "members": many}, f"{file}: {many} members", as_json=as_json)


async def _take(
    settings: Settings,
    club: str | None,
    file: Path,
    stream: BinaryIO,
    rejects: Path,
    order: Order,
    said: dict[str, Any],
) -> Summary:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        partial = rejects.with_name(f"{rejects.name}.partial")
        with closing(Reading(stream, _how(house, whose, said))) as reading, drafted(partial) as draft:
            with draft.open("wb") as opened:
                intake = Intake(reading, Rejects(opened, reading), Progress(_size(stream)))
                with _heard(intake):
                    await intake.hear(importing.take(house.ports, whose, intake.lines(), order))
                intake.end()
            _keep(draft, rejects, whole=intake.tally.whole)
    return Summary(
        file=file.name,
        tally=intake.tally,
        rejects=None if intake.tally.whole else rejects,
        dry_run=order.dry_run,
        interrupted=intake.stopped,
    )


def _keep(draft: Path, rejects: Path, *, whole: bool) -> None:
    """Give the rejects their name; without any, one of an earlier time goes, since when all was mended."""
    if whole:
        draft.unlink()
        rejects.unlink(missing_ok=True)
    else:
        publish(draft, rejects)


async def _export(settings: Settings, club: str | None, stream: BinaryIO) -> int:
    many, progress = 0, Progress(None)
    async with open_house(settings) as house:
        writing = Writing(stream)
        async for members in exporting.members(house.ports, await house.clubs.named(club)):
            writing.write(members)
            many += len(members)
            progress.tell(many, None)
    progress.end()
    return many


def _how(house: House, club: Club, said: dict[str, Any]) -> How:
    return How(
        country=said["country"] or club.country,
        now=house.ports.clock.now(),
        encoding=said["encoding"],
        delimiter=_DELIMITERS[said["delimiter"]] if said["delimiter"] else None,
        mapping=dict(_pairs("--map", said["mapped"], "THEIR HEADER=COLUMN")),
        ignored=frozenset(said["ignored"]),
        dates=Dates(said["dates"]) if said["dates"] else None,
        words={
            element: _words(Path(name))
            for element, name in _pairs("--consent-text", said["consent_text"], "email=FILE")
        },
        methods={
            element: _method(word)
            for element, word in _pairs("--consent-method", said["consent_method"], "email=paper")
        },
    )


def _pairs(option: str, given: tuple[str, ...], form: str) -> Iterator[tuple[str, str]]:
    for one in given:
        name, sign, meant = one.rpartition("=")
        if not (name.strip() and sign and meant.strip()):
            raise click.UsageError(f"{option} takes {form}.")
        yield name.strip(), meant.strip()


def _words(file: Path) -> str:
    try:
        words = file.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError):
        raise click.UsageError(f"--consent-text: {file} is no text in UTF-8 that can be read.") from None
    if not 0 < len(words) <= spelling.LONGEST_WORDS:
        raise click.UsageError(f"--consent-text: {file} has between 1 and {spelling.LONGEST_WORDS} letters.")
    return words


def _method(word: str) -> Method:
    if word not in METHODS:
        raise click.UsageError(f"--consent-method: a method is one of {', '.join(METHODS)}.")
    return Method(word)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if str(file) == STANDARD:
        yield sys.stdin.buffer
        return
    try:
        stream = file.open("rb")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from None
    with stream:
        yield stream


@contextmanager
def _heard(intake: Intake) -> Iterator[None]:
    """End after the lines that are on their way when somebody wants it; at once when they say so again."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(*_: object) -> None:
        if intake.stopped:
            raise KeyboardInterrupt
        intake.stop()

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _size(stream: BinaryIO) -> int | None:
    try:
        found = os.fstat(stream.fileno())
    except OSError:
        return None  # no file of the system's
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _beside(file: Path) -> Path:
    return Path("members.rejects.csv") if str(file) == STANDARD else file.with_name(f"{file.name}.rejects.csv")


def _same(file: Path, other: Path) -> bool:
    return file.exists() and file.samefile(other)
