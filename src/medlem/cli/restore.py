"""`medlem restore`: a backup in the place of the database, and nothing twice that came after it."""

from pathlib import Path

import click

from medlem.app import SystemClock, keeping
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.config import load


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Put it in the place of a database, which is kept under another name.")
@click.option(
    "--erasures",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file of `medlem erasures keep`: who is in it is erased again, besides those whom the old database knows.",
)
@config_option
@json_option
def command(*, file: Path, replace: bool, erasures: Path | None, config: Path | None, as_json: bool) -> None:
    """Put the backup FILE in the place of the database. Stop the service first.

    Whoever has joined, left or changed anything since the backup is as they were then; docs/operating.md says what to
    look after.
    """
    log_to_stderr()
    settings = load(config)
    restored = keeping.restore(settings, file, SystemClock().now(), replace=replace, erasures=erasures)
    contents, database = restored.contents, settings.database_file.absolute()
    kept = f"\nThe database that was there is kept: {restored.kept}" if restored.kept else ""
    erased = (
        f"{restored.erased_again} members had been erased since, and are erased again."
        if restored.erasures_known
        else "Nobody knows who was erased since: there was no old database to read, and no --erasures. "
        "Erase them again: docs/privacy.md."
    )
    text = (
        f"{database}: {contents.members} members, as of {contents.taken_at:%Y-%m-%d %H:%M:%S} UTC\n"
        f"{restored.skipped} member numbers are left out: they may have been given since.\n"
        f"Keys that were revoked since, and members who left since, are back: docs/operating.md says what to do.\n"
        f"{erased}{kept}"
    )
    content = {
        "database": str(database),
        "members": contents.members,
        "taken_at": contents.taken_at.isoformat().replace("+00:00", "Z"),
        "numbers_left_out": restored.skipped,
        "erased_again": restored.erased_again if restored.erasures_known else None,
        "kept": str(restored.kept.absolute()) if restored.kept else None,
    }
    answer(content, text, as_json=as_json)
