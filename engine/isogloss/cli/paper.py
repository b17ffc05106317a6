"""Terminals: JSON, tables, lines. Colours and table borders only where a person reads."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from isogloss.errors import DocumentError, LossError, RuleError
from isogloss.notation import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from isogloss.errors import IsoglossError
    from isogloss.explain import Line
    from isogloss.loss import Loss
    from isogloss.values import Value

#: How wide a table is where no terminal says it.
_WIDTH = 140
_COLOURS = {
    "dropped": "red",
    "clamped": "yellow",
    "approximated": "yellow",
    "defaulted": "cyan",
    "assumed": "cyan",
    "mapped": "green",
    "normal": "green",
    "satisfied": "dim",
    "exchange": "dim",
}


def console(*, errors: bool = False) -> Console:
    """Return standard output, or standard error; NO_COLOR and the window's width are heeded."""
    stream = sys.stderr if errors else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else _WIDTH, highlight=False, soft_wrap=False)


@contextmanager
def progress(what: str) -> Generator[Callable[[int, int], None] | None]:
    """Show on standard error how far something is; give nothing to tell it to where no person reads."""
    out = console(errors=True)
    if not out.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=out, transient=True) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def say(text: str = "", *, errors: bool = False, style: str = "") -> None:
    """Print a line as it is."""
    console(errors=errors).print(Text(text, style=style), soft_wrap=True)


def body(value: Value) -> None:
    """Print JSON: for people on a terminal, for programs elsewhere."""
    out = console()
    if out.is_terminal:
        from rich.json import JSON

        out.print(JSON(dump(value)), soft_wrap=True)
    else:
        sys.stdout.write(dump(value, indent=2) + "\n")


def losses(found: Sequence[Loss]) -> None:
    """Print losses on standard error: a table for people, a line each for programs."""
    out = console(errors=True)
    if out.is_terminal:
        out.print(loss_table(found)) if found else None
        return
    for loss in found:
        say(str(loss), errors=True)


def loss_table(found: Iterable[Loss]) -> Table:
    """Draw losses: what, where, why, by which rule."""
    rows = [(loss.kind, _where(loss), f"{loss.reason}\n{loss.rule} {loss.place}") for loss in found]
    return table(("loss", "where", "why, and by which rule"), rows)


def _where(loss: Loss) -> str:
    return loss.pointer or f"→ {loss.target_pointer or '/'}"


def ledger(found: Sequence[Line], *, errors: bool = False) -> None:
    """Print the ledger as a table."""
    out = console(errors=errors)
    out.print(ledger_table(found))


def ledger_table(found: Iterable[Line]) -> Table:
    """Draw the ledger: left, rule, right."""
    rows = [
        (
            _place(line.left, line.read),
            f"{line.rule}\n{line.place}" if line.place else line.rule,
            _place(line.right, line.written),
            line.disposition,
        )
        for line in found
    ]
    return table(("read", "rule", "written", ""), rows)


def _place(where: str, value: str) -> str:
    return f"{where}\n{value}" if where else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Draw a table; words that say what became of something have their colour."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for head in heads:
        drawn.add_column(head, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    return drawn


def draw(drawn: Table) -> None:
    """Print a table on standard output."""
    console().print(drawn)


def complain(error: IsoglossError) -> None:
    """Print an error on standard error: what, where, by which rule."""
    if isinstance(error, LossError):
        say(f"refused: {len(error.losses)} losses", errors=True, style="red")
        losses(error.losses)
    elif isinstance(error, RuleError):
        for problem in error.problems:
            say(str(problem), errors=True)
        say(f"{_count(len(error.problems), 'problem')} in the rules", errors=True, style="red")
    elif isinstance(error, DocumentError):
        say(f"refused: {error}", errors=True, style="red")
    else:
        say(f"error: {error}", errors=True, style="red")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
