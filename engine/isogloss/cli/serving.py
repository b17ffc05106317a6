"""emulator: the upstream API, played offline."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click

from isogloss.cli import paper
from isogloss.cli.words import Exemplary, Failed


@click.command(name="emulator", cls=Exemplary, short_help="Play the upstream API, offline.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=9001, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--script",
    "scripts",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML with replies, errors, delays and cuts on demand, and with more models; may be repeated.",
)
@click.option("--pace", default=0.02, show_default=True, type=click.FloatRange(0), help="Seconds between pieces.")
def emulator(host: str, port: int, scripts: tuple[Path, ...], pace: float) -> None:
    """Play the upstream API on this machine: strict as the real one, and the same reply each time.

    Any key is taken, except one that begins with `invalid`. What came is shown by GET /emulator/requests, and what can
    be asked for by GET /emulator: `[[error UNAVAILABLE]]` or `[[finish SAFETY]]` in a prompt, for example.
    """
    try:
        from isogloss.emulator import app, server
    except ModuleNotFoundError as error:
        raise missing(error) from error
    made = app.create(scripts, pace=pace)
    with suppress(KeyboardInterrupt):
        server.run(made, host, port, _announce)


def _announce(address: str) -> None:
    """Print the address at once, for whoever reads it through a pipe and waits for it."""
    paper.say(f"emulator on {address} (stop with Ctrl-C)")
    sys.stdout.flush()


def missing(error: ModuleNotFoundError) -> Failed:
    """Say which extra brings a library that is not there."""
    library = str(error.name).partition(".")[0]
    return Failed(f"{library} is not installed; install it with: pip install 'isogloss[gateway]'")


COMMANDS = (emulator,)
