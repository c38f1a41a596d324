"""What can be expected to go wrong, as sentences for whoever typed the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from medlem.club.errors import Refusal
from medlem.config import WrongSettings
from medlem.flows.tables import StorageUnavailable

WRONG: Final = 2
FAILED: Final = 1


@contextmanager
def told_in_sentences() -> Iterator[None]:
    """Turn what can be expected into sentences on standard error and an exit code; anything else is a defect.

    Raises:
        SystemExit: with 2 for wrong settings and wrong commands, 1 for the rest.
    """
    try:
        yield
    except WrongSettings as error:
        code, sentences = WRONG, error.flaws
    except Refusal as error:
        code, sentences = FAILED, (error.detail,)
    except StorageUnavailable as error:
        code, sentences = FAILED, (str(error),)
    except click.UsageError:
        raise  # click shows the usage with it
    except click.ClickException as error:
        code, sentences = FAILED, (error.message,)
    else:
        return
    for sentence in sentences:
        click.echo(f"Error: {sentence}", err=True)
    raise SystemExit(code)
