"""`medlem doctor`: what is wrong here, and what to do."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from medlem.app import doctor
from medlem.app.doctor import Finding, Mark
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.cli.failures import FAILED
from medlem.config import WrongSettings, load

MARKS: Final = {Mark.WELL: "✓", Mark.LOOK: "!", Mark.WRONG: "✗"}
_WIDTH: Final = 18


@click.command("doctor")
@config_option
@json_option
def command(*, config: Path | None, as_json: bool) -> None:
    """Look at everything that can be wrong, and say what to do. Changes nothing, asks no customer.

    Exit code 0 when nothing is wrong, 1 when something is. Safe while the service runs.
    """
    log_to_stderr(quiet=True)
    logging.getLogger("medlem").setLevel(logging.CRITICAL)  # what a check meets is its finding, and said once
    try:
        settings = load(config)
    except WrongSettings as error:
        findings = doctor.flawed(error)
    else:
        findings = asyncio.run(doctor.examine(settings, config))
    wrong = sum(one.mark is Mark.WRONG for one in findings)
    worth = sum(one.mark is Mark.LOOK for one in findings)
    content = {"well": wrong == 0, "wrong": wrong, "look": worth, "findings": [_json(one) for one in findings]}
    answer(content, "\n".join(_lines(findings, wrong, worth)), as_json=as_json)
    if wrong:
        raise SystemExit(FAILED)


def _json(one: Finding) -> dict[str, str | None]:
    return {"check": one.check, "club": one.club, "mark": one.mark, "text": one.text, "advice": one.advice}


def _lines(findings: Sequence[Finding], wrong: int, worth: int) -> Iterator[str]:
    clubs = {one.club for one in findings if one.club is not None}
    heading, said = None, None
    for one in findings:
        if len(clubs) > 1 and one.club != heading:
            heading = one.club
            yield ""
            yield f"Sales unit {heading}" if heading else "All clubs"
        yield f"{MARKS[one.mark]} {one.check:<{_WIDTH}} {one.text}"
        if one.advice:
            yield f"  {'':<{_WIDTH}} → {one.advice if one.advice != said else 'as above'}"
        said = one.advice or said
    yield ""
    if wrong:
        yield f"Wrong: {wrong}. Worth a look: {worth}."
    else:
        yield f"Nothing is wrong. Worth a look: {worth}." if worth else "All is well."
