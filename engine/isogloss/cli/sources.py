"""Where a document and a ruleset come from: files, standard input, options."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from isogloss import library, resources, shelves
from isogloss.cli.words import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from isogloss.rule import Ruleset
    from isogloss.values import Value

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Rules:
    """Which ruleset is meant."""

    version: str | None
    profile: str | None
    overlays: tuple[str, ...]

    def load(self) -> Ruleset:
        """Load it."""
        return library.ruleset(self.version, self.profile, self.overlays)


def rules_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose a ruleset."""
    options = (
        click.option("--rules", "version", metavar="VERSION", help="Version of the rulebook (default: the newest)."),
        click.option("--profile", metavar="NAME", help="A profile of the rulebook, laid over it."),
        click.option(
            "--overlay",
            "overlays",
            multiple=True,
            metavar="DIR",
            type=click.Path(exists=True),
            help="A folder or file of rules to lay over the rulebook; may be repeated.",
        ),
    )
    return _with(options)(command)


def document_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a translation needs to know."""
    options = (
        click.argument("operation", metavar="OPERATION.PHASE"),
        click.argument("file", metavar="[FILE|-]", default="-", type=click.Path(allow_dash=True)),
        click.option(
            "--from", "source", required=True, metavar="DIALECT", help="The dialect the document is written in."
        ),
        click.option("--to", "target", metavar="DIALECT", help="The dialect to write (default: the other one)."),
        click.option("--model", metavar="NAME", help="The model, where the document does not name it."),
        click.option("--no-defaults", is_flag=True, help="Do not add the defaults of the target's family."),
    )
    return _with(options)(rules_options(command))


def _with(options: Sequence[Decorator]) -> Decorator:
    def lay(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return lay


def other(rules: Ruleset, source: str, target: str | None) -> str:
    """Name the dialect to write: the one given, else the only other one."""
    others = [name for name in rules.dialects if name != source]
    if target is not None:
        return target
    if len(others) != 1 and source in rules.dialects:
        raise click.UsageError(f"--to is needed: one of {', '.join(others)}")
    return others[0]


def read(file: str) -> Value:
    """Read a JSON document from a file or from standard input."""
    return parse(_bytes(file), "(standard input)" if file == "-" else file)


def _bytes(file: str) -> bytes:
    if file == "-":
        if sys.stdin.isatty():
            click.echo("reading a JSON document from the keyboard; end it with Ctrl-D", err=True)
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None


def parse(data: bytes, name: str) -> Value:
    """Parse JSON; what is none is said with its line and column."""
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_number)
    except UnicodeDecodeError as error:
        _refuse(f"{name}: this is not UTF-8 (byte {error.start})")
    except json.JSONDecodeError as error:
        _refuse(f"{name}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}")
    except RecursionError:
        _refuse(f"{name}: this is nested too deep")
    except ValueError as error:
        _refuse(f"{name}: this is not JSON: {error}")


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    message = f"{text} is no number that JSON can hold"
    raise ValueError(message)


def _refuse(reason: str) -> NoReturn:
    raise Failed(reason)


def demo_folder() -> Path:
    """Return where the example documents of the newest version lie."""
    return resources.folder("rules") / shelves.versions()[-1] / "demo"


def demo() -> tuple[Any, Value, Value]:
    """Read the play of the demo: what it says, its request, its reply."""
    folder = demo_folder()
    play, *documents = (parse((folder / f"{name}.json").read_bytes(), name) for name in ("demo", "request", "reply"))
    return play, documents[0], documents[1]


def conversation() -> Any:
    """Read the play of the demo's conversation."""
    return parse((demo_folder() / "conversation.json").read_bytes(), "conversation")


def samples() -> list[tuple[str, str, Value]]:
    """Read the sample documents: (document, dialect, body)."""
    play, request, reply = demo()
    file = demo_folder() / "samples.json"
    found: Any = parse(file.read_bytes(), file.name) if file.exists() else []
    played = [
        (f"{play['operation']}.request", play["from"], request),
        (f"{play['operation']}.response", play["to"], reply),
    ]
    return played + [(sample["document"], sample["dialect"], sample["body"]) for sample in found]
