"""What requests of an operation may ask to be cached, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.docs.markdown import code, link, table, value, words

if TYPE_CHECKING:
    from isogloss.prefixes import Keeping, Prefix
    from isogloss.rule import Ruleset
    from isogloss.values import Path


def section(ruleset: Ruleset, operation: str) -> list[str]:
    """Write the section of an operation's page; nothing where requests ask for no caches."""
    prefix: Prefix | None = ruleset.prefixes.get(operation)
    if prefix is None:
        return []
    made = table(
        (
            "dialect",
            "turns",
            "moves as a whole",
            "named at",
            "needs",
            "elsewhere",
            "tokens",
            "made by",
            "its time to live",
        ),
        [_row(dialect, keeping) for dialect, keeping in prefix.keeps.items()],
    )
    marks = [
        (
            code(dialect),
            _place((*asking.groups, "*", *sign.at)),
            value(dict(sign.says)),
            _place(sign.life),
            _tables(sign.tables),
        )
        for dialect, asking in prefix.asks.items()
        for sign in asking.marks
    ]
    asked = table(("dialect", "mark", "says", "time to live", "words for it"), marks)
    rule = f"Rule {code(f'prefixes.{operation}')} ({code(prefix.mark.place)})."
    return ["## Caching", words(prefix.title), *asked, "The cache:", *made, rule]


def _row(dialect: str, keeping: Keeping) -> tuple[str, ...]:
    least = f"at least {code(keeping.least)}, by estimate" if keeping.least else ""
    objects = {name: {**weight.heads, "otherwise": weight.otherwise} for name, weight in keeping.objects.items()}
    weighs = value({"bytes": keeping.bytes, "objects": objects})
    return (
        code(dialect),
        _place(keeping.groups),
        ", ".join(map(code, keeping.moves)),
        _place(keeping.named),
        value(dict(keeping.needs)),
        words(keeping.reason),
        f"{least} {weighs}",
        code(keeping.makes.operation),
        code(keeping.makes.lasts),
    )


def _place(path: Path) -> str:
    return code(".".join(map(str, path)))


def _tables(names: tuple[str, ...]) -> str:
    return ", ".join(link(name, f"../tables.md#{name}") for name in names)
