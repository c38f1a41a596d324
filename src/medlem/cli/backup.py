"""`medlem backup`: everything of this moment in one file, while the service runs."""

from pathlib import Path

import click

from medlem.app import SystemClock, keeping
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.config import load


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Let a file of that name go, once the backup is whole.")
@config_option
@json_option
def command(*, file: Path, replace: bool, config: Path | None, as_json: bool) -> None:
    """Write everything of this moment into FILE, and check it. Safe while the service runs; no till waits.

    The secret keys are not in it, and without them it is worth nothing: keep a copy of their file elsewhere. On
    PostgreSQL use pg_dump.
    """
    log_to_stderr()
    settings = load(config)
    kept = keeping.backup(settings, file, SystemClock().now(), replace=replace)
    keys = settings.secret_keys_file.absolute()
    text = (
        f"{file}: {kept.members} members, {kept.size / 1e6:.1f} MB, of {kept.taken_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"migration {kept.migration}\n"
        f"The secret keys are not in it, and without them it cannot be restored: keep a copy of\n  {keys}\n"
        "in another place than the backup."
    )
    content = {
        "file": str(file.absolute()),
        "members": kept.members,
        "migration": kept.migration,
        "sales_units": kept.sales_units,
        "taken_at": kept.taken_at.isoformat().replace("+00:00", "Z"),
        "size": kept.size,
        "secret_keys": str(keys),
    }
    answer(content, text, as_json=as_json)
