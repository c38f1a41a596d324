"""`medlem evidence`: whether the records of consents are as they were written, and the proof of it for others."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from medlem.app import open_house, proof
from medlem.app.keys import open_vault
from medlem.app.proof.making import fingerprint
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.consent import Text, Verdict
from medlem.club.errors import NotFound
from medlem.config import Settings, load
from medlem.flows import proving

MOST_TOLD = 20
"""Faults that are told to people; a script is told all."""


@click.group("evidence")
def command() -> None:
    """Records of consents: check them, and prove them to others."""


@command.command("verify")
@club_option
@config_option
@json_option
def verify(*, club: str | None, config: Path | None, as_json: bool) -> None:
    """Follow every chain of records, and say where one was changed, is missing or out of order. Safe while it runs.

    Ends with exit code 1 when one does not hold.
    """
    log_to_stderr(quiet=True)
    verdict = asyncio.run(_verify(load(config), club))
    content = {
        "holds": verdict.holds,
        "members": verdict.members,
        "records": verdict.records,
        "emptied": verdict.emptied,
        "waiting": verdict.waiting,
        "faults": [
            {"member": fault.member, "sequence": fault.sequence, "record": fault.record, "said": fault.said}
            for fault in verdict.faults
        ],
    }
    answer(content, _told(verdict), as_json=as_json)
    if not verdict.holds:
        raise SystemExit(1)


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--member", help="The id of one member (mem_…).")
@click.option(
    "--from", "since", type=click.DateTime(), help="Everybody of whom something was recorded from then, in UTC."
)
@click.option("--to", "until", type=click.DateTime(), help="Until before then, in UTC; a day alone is that day's end.")
@click.option("--replace", is_flag=True, help="Let a file of that name go.")
@club_option
@config_option
@json_option
def export(  # noqa: PLR0913 - as many as the command has options
    *,
    file: Path,
    member: str | None,
    since: datetime | None,
    until: datetime | None,
    replace: bool,
    club: str | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Write a signed ZIP into FILE: records, full texts, timeline, and whether the chains hold. Safe while it runs.

    It names people: keep it as you keep the register.
    """
    log_to_stderr(quiet=True)
    if (member is None) == (since is None and until is None) or (since is None) != (until is None):
        raise click.UsageError("Name a --member, or a time with --from and --to.")
    if file.exists() and not replace:
        raise click.UsageError(f"{file} is there already. --replace lets it go.")
    whole = asyncio.run(_export(load(config), club, member, _utc(since), _end(until)))
    _write(file, whole)
    content = {"file": str(file.absolute()), "size": len(whole)}
    answer(
        content,
        f"{file}: {len(whole) / 1000:.0f} kB, signed. `medlem evidence check {file}` checks it.",
        as_json=as_json,
    )


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--key", help="The public key of whoever signed; without, the keys of this installation.")
@config_option
@json_option
def check(*, file: Path, key: str | None, config: Path | None, as_json: bool) -> None:
    """Say whether a proof in FILE is as it was written, to the last byte. Ends with exit code 1 when it is not."""
    log_to_stderr(quiet=True)
    keys = (key,) if key else open_vault(load(config), may_make=False).public_keys()
    try:
        said = proof.check(file.read_bytes(), keys)
    except proof.Unsound as error:
        answer({"sound": False, "said": str(error)}, f"NOT SOUND. {error}", as_json=as_json)
        raise SystemExit(1) from None
    content = {"sound": True, **{name: said[name] for name in ("club", "scope", "made_at", "software", "chains")}}
    chains, holds = said["chains"], "held" if said["chains"]["hold"] else "did NOT hold"
    text = (
        "Sound: every byte is as it was signed.\n"
        f"{said['club']['name']}, made {said['made_at']} by {said['software']}; the chains {holds} then "
        f"({chains['records']} records of {chains['members']} members)."
    )
    answer(content, text, as_json=as_json)


@command.command("key")
@config_option
@json_option
def key(*, config: Path | None, as_json: bool) -> None:
    """Show the public key by which proofs of this installation are checked; older ones after it. No secret."""
    log_to_stderr(quiet=True)
    keys = open_vault(load(config), may_make=False).public_keys()
    text = "\n".join(f"{one}\n  fingerprint {fingerprint(one)}" for one in keys)
    answer({"public_key": keys[0], "older": list(keys[1:]), "fingerprint": fingerprint(keys[0])}, text, as_json=as_json)


@command.command("texts")
@club_option
@config_option
@json_option
def texts(*, club: str | None, config: Path | None, as_json: bool) -> None:
    """List every text that customers were shown, by question, language and version."""
    log_to_stderr(quiet=True)
    found = asyncio.run(_texts(load(config), club))
    text = "\n\n".join(_listed(one) for one in found) or "No customer was asked anything yet."
    answer({"texts": [_plain(one) for one in found]}, text, as_json=as_json)


async def _verify(settings: Settings, club: str | None) -> Verdict:
    async with open_house(settings) as house:
        return await proving.verify(house.ports, await house.clubs.named(club))


async def _export(
    settings: Settings, club: str | None, member: str | None, since: datetime | None, until: datetime | None
) -> bytes:
    vault = open_vault(settings, may_make=False)
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        controller = proof.Controller.of(await house.clubs.settings(whose.id))
        maker = proof.Maker(house.ports, vault, whose, controller)
        if member is not None:
            return await proof.of_member(maker, member)
        if since is None or until is None or since >= until:
            raise NotFound("That time ends before it begins.")
        return await proof.of_time(maker, since, until)


async def _texts(settings: Settings, club: str | None) -> list[Text]:
    async with open_house(settings) as house:
        return list(await house.ports.storage.reading.consents.texts((await house.clubs.named(club)).id))


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _end(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    whole_day = moment.time() == datetime.min.time()
    return moment.replace(tzinfo=UTC) + timedelta(days=int(whole_day))


def _write(file: Path, whole: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(whole)


def _told(verdict: Verdict) -> str:
    lines = [f"{verdict.records} records of {verdict.members} members."]
    if verdict.emptied:
        lines.append(f"{verdict.emptied} of them were emptied; their places are there.")
    if verdict.waiting:
        lines.append(f"{verdict.waiting} of an earlier version have no place yet: a service that runs gives them one.")
    if verdict.holds:
        return "\n".join([*lines, "Every chain holds."])
    wrong = [f"WRONG  {one.member}, record {one.sequence}: {one.said}" for one in verdict.faults[:MOST_TOLD]]
    return "\n".join([*lines, *wrong, f"{len(verdict.faults)} faults."])


def _listed(text: Text) -> str:
    seen = f"{text.first_seen_at:%Y-%m-%d} to {text.last_seen_at:%Y-%m-%d}"
    return f"{text.element}  {text.language or '-'}  version {text.version}  {text.source}  {seen}\n  {text.words}"


def _plain(text: Text) -> dict[str, Any]:
    return {
        "element": text.element,
        "language": text.language,
        "version": text.version,
        "sha256": text.sha256,
        "words": text.words,
        "source": text.source,
        "first_seen_at": text.first_seen_at.isoformat().replace("+00:00", "Z"),
        "last_seen_at": text.last_seen_at.isoformat().replace("+00:00", "Z"),
    }
