"""`medlem members`: the register as a whole."""

import click

from medlem.cli.duplicates import distinct, duplicates
from medlem.cli.merge import merge


@click.group("members")
def command() -> None:
    """All members: who may be there twice, and how two become one.

    docs/duplicates.md says how to go about it.
    """


command.add_command(duplicates)
command.add_command(distinct)
command.add_command(merge)
