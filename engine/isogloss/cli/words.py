"""Commands that end their help with examples, and say what is wrong without a traceback."""

from __future__ import annotations

import errno
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from isogloss import __version__, resources
from isogloss.cli import paper
from isogloss.errors import IsoglossError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence


def version(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version of the program and of its newest rules."""
    if value:
        from isogloss import library

        click.echo(f"isogloss {__version__}, rules {library.ruleset()}")
        context.exit()


def examples(command: str) -> Sequence[tuple[str, str]]:
    """Read the examples of a command; they name dialects and models, so they stand with the rules."""
    folders = sorted(resources.folder("rules").glob("*/demo/help.json"))
    known: Any = json.loads(folders[-1].read_text(encoding="utf-8")) if folders else {}
    return [(title, line) for title, line in known.get(command, ())]


class Refused(click.ClickException):
    """An error of ours on its way to the terminal."""

    def __init__(self, error: IsoglossError) -> None:
        super().__init__(str(error))
        self.error = error

    def show(self, file: Any = None) -> None:
        """Print what is wrong."""
        del file
        paper.complain(self.error)


class Misused(Refused):
    """A name that does not exist: wrong usage."""

    exit_code = 2


class Failed(click.ClickException):
    """Something outside went wrong: a document that is no JSON, a disk that is full."""

    def show(self, file: Any = None) -> None:
        """Print it like every other error."""
        del file
        paper.say(f"error: {self.message}", errors=True, style="red")


class Exemplary(click.Command):
    """A command whose help ends with examples."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        found = examples(str(ctx.info_name) if ctx.parent else "isogloss")
        if found:
            with formatter.section("Examples"):
                for title, line in found:
                    formatter.write(f"{'':{formatter.current_indent}}# {title}\n")
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; say what it refuses."""
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except IsoglossError as error:
            raise (Misused if isinstance(error, UnknownName) else Refused)(error) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever reads has seen enough
                raise
            raise Failed(str(error)) from error
        return done


class Program(Exemplary, click.Group):
    """All commands, in the order in which they are written."""

    command_class = Exemplary

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands as a newcomer needs them."""
        del ctx
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command; a misspelt one is a usage error that says which come near."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            raise click.UsageError(str(UnknownName("command", cmd_name, self.commands)), ctx)
        return found
