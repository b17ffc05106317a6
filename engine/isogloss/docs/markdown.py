"""Markdown: tables, links, anchors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss import example
from isogloss.notation import flow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isogloss.example import Node
    from isogloss.values import Value


def page(title: str, *paragraphs: str) -> str:
    """Write a page; lines of tables and lists stay together."""
    text = f"# {title}\n"
    for before, line in zip(("", *paragraphs), paragraphs, strict=False):
        together = before[:1] == line[:1] and line[:1] in ("|", "-")
        text += line + "\n" if together else "\n" + line + "\n"
    return text


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a table; nothing at all for no rows."""
    found = ["| " + " | ".join(cell.replace("\n", " ") for cell in row) + " |" for row in rows]
    head = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return [*head, *found] if found else []


def code(text: str) -> str:
    """Write code that may stand in a table's cell."""
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def words(text: str) -> str:
    """Write prose that may stand in a table's cell."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("$", "\\$").replace("*", "\\*").replace("_", "\\_")


def value(found: Value) -> str:
    """Write a value as rule files hold it."""
    return code(flow(found))


def shown(node: Node | None) -> str:
    """Write an example."""
    return "" if node is None else value(example.show(node))


def link(text: str, target: str) -> str:
    """Write a link."""
    return f"[{words(text)}]({target})"


def anchor(name: str) -> str:
    """Write a place that links lead to."""
    return f'<a id="{name}"></a>'
