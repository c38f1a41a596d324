"""The command line: what whoever runs the shop's machine types.

A command prints its answer on standard output and nothing else there, so that a script can read it; what happens
meanwhile is logged on standard error. What can be expected to go wrong ends with a sentence and without a traceback:
exit code 2 for a wrong command or wrong settings, 1 for everything else.
"""

import importlib
from typing import Any, Final

import click

from medlem import __version__
from medlem.cli.failures import told_in_sentences

COMMANDS: Final = {
    "backup": "medlem.cli.backup",
    "club": "medlem.cli.club",
    "demo": "medlem.cli.demo",
    "doctor": "medlem.cli.doctor",
    "endpoints": "medlem.cli.endpoints",
    "erasures": "medlem.cli.erasures",
    "evidence": "medlem.cli.evidence",
    "key": "medlem.cli.key",
    "member": "medlem.cli.member",
    "members": "medlem.cli.members",
    "migrate": "medlem.cli.migrate",
    "move": "medlem.cli.move",
    "register": "medlem.cli.register",
    "restore": "medlem.cli.restore",
    "retention": "medlem.cli.retention",
    "serve": "medlem.cli.serve",
    "simulator": "medlem.cli.simulator",
    "station": "medlem.cli.station",
    "webhooks": "medlem.cli.webhooks",
    "worker": "medlem.cli.worker",
}
"""Where each command is: a module with a `command`. Imported when it is wanted, since a web server takes its time."""


class Commands(click.Group):
    """The commands, and how their failures are told."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The one of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found = importlib.import_module(COMMANDS[cmd_name]).command
        return found if isinstance(found, click.Command) else None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with told_in_sentences():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Run a shop's customer club at the counter: scan, ask, welcome.

    `medlem demo` shows everything on this machine. Settings come from MEDLEM_* variables or a TOML file.
    """
