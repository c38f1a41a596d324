"""`medlem members`: the register as a whole."""

import click

from medlem.cli.duplicates import distinct, duplicates
from medlem.cli.importing import export, take
from medlem.cli.merge import merge


@click.group("members")
def command() -> None:
    """All members: from a file and into one, who may be there twice, and how two become one.

    One of them alone is `medlem member`. docs/importing.md and docs/duplicates.md say how to go about it.
    """


command.add_command(take)
command.add_command(export)
command.add_command(duplicates)
command.add_command(distinct)
command.add_command(merge)
