"""What the commands have in common: their options, their answer, their log."""

import json
import logging
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The TOML file with the settings; else the one that MEDLEM_CONFIG names.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output; logs go to standard error."
)


def answer(content: Mapping[str, object], text: str, *, as_json: bool) -> None:
    """Print a command's answer, at once: as one line of JSON, or for people to read."""
    click.echo(json.dumps(content, ensure_ascii=False) if as_json else text)
    sys.stdout.flush()


def log_to_stderr(*, quiet: bool = False) -> None:
    """One line an occurrence, in UTC; quiet: only what somebody should know of."""
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(formatter)
    # Our lines say neither which line of code wrote them nor which thread: not finding out spares every request some
    # fifteen microseconds (Logging HOWTO, Optimization).
    logging._srcfile = None  # noqa: SLF001 - that is the documented way
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(handlers=[lines], level=logging.WARNING if quiet else logging.INFO, force=True)
