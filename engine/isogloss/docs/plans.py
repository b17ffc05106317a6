"""What is asked for in more than one call, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.docs.markdown import code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.rule import Dialect, Ruleset
    from isogloss.stages import Kept, Stage


def section(ruleset: Ruleset, operation: str) -> Iterator[str]:
    """Write the plans of an operation."""
    for name, plan in ruleset.plans.get(operation, {}).items():
        yield f"## Calls of {code(name)}"
        yield from (f"{number}. {_stage(ruleset.dialects[name], stage)}" for number, stage in enumerate(plan, 1))


def _stage(dialect: Dialect, stage: Stage) -> str:
    """Say one call: where it goes, what goes with it, and what its reply gives."""
    route = next(route for route in dialect.routes if route["operation"] == stage.call and route.get("calls", True))
    place = f"the address {code('@' + stage.to)}" if stage.to else code(route["path"])
    sent = f", with the bytes of {code(stage.sends)}" if stage.sends else ""
    kept = ", ".join(f"{code('@' + name)} ({_kept(kept)})" for name, kept in stage.keep.items())
    handed = "; the reply is handed on as it comes" if route.get("bytes", {}).get("stream") else ""
    return f"{code(stage.call)}: {route['method']} {place}{sent}{handed}{'; keeps ' + kept if kept else ''}"


def _kept(kept: Kept) -> str:
    """Say where a kept value stands."""
    place = f"header {code(kept.header)}" if kept.header else code(".".join(map(str, kept.at or ())))
    return f"{place}, else {kept.status}: {kept.refuse}" if kept.refuse else place
