"""Values as text: one line in the notation of rule files, or JSON over as few lines as fit a page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from isogloss.values import Value

_BARE: Final = re.compile(r"[A-Za-z_^./][\w^./* -]*|\$[\w?*][\w?* |:.$-]*")
_TAKEN: Final = re.compile(r"(?i:yes|no|on|off|true|false|null|~)")


def flow(value: Value) -> str:
    """Write a value as rule files hold it, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(name)}: {flow(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _BARE.fullmatch(value) and not _TAKEN.fullmatch(value) and value == value.strip():
        return value
    return dump(value)


def dump(value: Value, indent: int | None = None) -> str:
    """Write JSON text; letters beyond ASCII stay letters, halves of letters are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def pretty(value: Value, width: int = 100) -> str:
    """Write JSON text in lines of at most `width`, where that can be done; what fits one line stays on it."""
    return _lines(value, width, 0, 0) if len(dump(value)) > width else dump(value)


def _lines(value: Value, width: int, indent: int, used: int) -> str:
    line = dump(value)
    if indent + used + len(line) <= width or not isinstance(value, dict | list) or not value:
        return line
    left, right = "{}" if isinstance(value, dict) else "[]"
    members = _members(value)
    if indent and (hugged := _hugged(members, width, indent, used)):
        return left + hugged + right
    pad = " " * (indent + 2)
    lines = [pad + head + _lines(member, width, indent + 2, len(head) + 1) for head, member in members]
    return left + "\n" + ",\n".join(lines) + "\n" + " " * indent + right


def _members(value: Value) -> list[tuple[str, Value]]:
    if isinstance(value, dict):
        return [(dump(name) + ": ", member) for name, member in value.items()]
    return [("", member) for member in value]


def _hugged(members: list[tuple[str, Value]], width: int, indent: int, used: int) -> str | None:
    """Break only inside the last member, if the others fit before it and are no peers of it."""
    *first, (head, last) = members
    start = "".join(f"{name}{dump(member)}, " for name, member in first) + head
    peers = any(isinstance(member, dict) and isinstance(last, dict) for _, member in first)
    if peers or not isinstance(last, dict | list) or indent + used + len(start) > width * 2 // 3:
        return None
    return start + _lines(last, width, indent, used + len(start))


def shorten(value: Value, most: int = 40) -> str:
    """Write a value on one line of at most `most` letters; what is left out is an ellipsis."""
    text = flow(clipped(value, most))
    return text if len(text) <= most else text[: most - 1] + "…"


def clipped(value: Value, most: int) -> Value:
    """Copy a value with its long texts cut."""
    if isinstance(value, str):
        return value if len(value) <= most else value[: most - 1] + "…"
    if isinstance(value, dict):
        return {name: clipped(member, most) for name, member in value.items()}
    return [clipped(member, most) for member in value] if isinstance(value, list) else value
