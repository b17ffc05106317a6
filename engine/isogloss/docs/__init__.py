"""The mapping documentation, generated: plain Markdown from a ruleset and nothing else.

markdown    tables, links and anchors
sentences   what a rule, a drop, a row or a slot says, in words
operations  a page for each operation
families    a page for each family, and their list
reference   the tables, and everything that can be lost
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.docs import families, operations, reference
from isogloss.docs.markdown import link, page, table

if TYPE_CHECKING:
    from isogloss.dossier import Rulebook
    from isogloss.rule import Ruleset


def pages(book: Rulebook) -> dict[str, str]:
    """Return every page: {path: Markdown}. The same rules give the same pages."""
    ruleset = book.ruleset
    written = {
        "index.md": _index(ruleset),
        "tables.md": reference.tables(ruleset),
        "losses.md": reference.losses(ruleset),
    }
    for operation in operations.names(ruleset):
        written[f"operations/{operation}.md"] = operations.page_of(ruleset, operation)
    written["families/index.md"] = families.index(ruleset)
    for family in ruleset.families:
        written[f"families/{family.id}.md"] = families.page_of(book, family)
    return written


def _index(ruleset: Ruleset) -> str:
    titles = " and ".join(str(dialect.raw.get("title", name)) for name, dialect in ruleset.dialects.items())
    rows = [
        (link(name, f"operations/{name}.md"), ", ".join(operations.phases(ruleset, name)))
        for name in operations.names(ruleset)
    ]
    return page(
        f"{titles}: how each says what the other says",
        f"Generated from rules {ruleset.version} (`{ruleset.hash[:12]}`). Nothing here is written by hand: "
        "every line comes from a rule, and names the file and the line where the rule stands.",
        "A rule shows the same thing in both dialects, with `$variables` where values go. Read from left to right or "
        "from right to left: it has no direction, unless it says so.",
        *table(("operation", "documents"), rows),
        f"- {link('Tables', 'tables.md')}: the words of both dialects, row by row",
        f"- {link('Families', 'families/index.md')}: what each group of models takes",
        f"- {link('Losses', 'losses.md')}: everything that one dialect says and the other cannot",
    )
