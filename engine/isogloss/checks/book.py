"""A ruleset beside the tree it was read from: rules to ask about, and the exact place of every answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from isogloss import example
from isogloss.errors import Mark, Problem, near, suggestion
from isogloss.lens import holds
from isogloss.source import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isogloss.rule import Block, Family, Layout, Rule, RuleSet, Ruleset


@dataclass(frozen=True, slots=True)
class Held:
    """A rule and what holds it: a rule set or a document, or a block."""

    rule: Rule
    set: RuleSet | None = None
    block: Block | None = None


class Book:
    """A ruleset and its tree."""

    def __init__(self, ruleset: Ruleset, tree: Map) -> None:
        self.ruleset = ruleset
        self.tree = tree

    # ------------------------------------------------------------------ rules

    @cached_property
    def sets(self) -> dict[str, RuleSet]:
        """Every rule set, the documents among them."""
        return {**self.ruleset.sets, **self.ruleset.documents}

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Every block that a layout uses, by its rule's id."""
        return {block.rule.id: block for layout in self.ruleset.layouts.values() for block in layout.blocks}

    @cached_property
    def classes(self) -> set[str]:
        """Whatever can have been seen: kinds and classes of blocks, and what rules lay."""
        found = {name for block in self.blocks.values() for name in (block.kind, *block.classes)}
        return found | {name for held in self.rules for name in held.rule.lays}

    @cached_property
    def rules(self) -> tuple[Held, ...]:
        """Every rule, those of blocks among them."""
        found = [Held(rule, rules) for rules in self.sets.values() for rule in rules.rules]
        return (*found, *(Held(block.rule, block=block) for block in self.blocks.values()))

    def layouts_of(self, block: Block) -> list[Layout]:
        """Return the layouts that use a block."""
        return [layout for layout in self.ruleset.layouts.values() if block in self.blocks_of(layout)]

    def blocks_of(self, layout: Layout) -> tuple[Block, ...]:
        """Return the blocks that a layout knows."""
        return tuple(block for block in layout.blocks if layout.knows(block))

    def directions(self, rule: Rule) -> Iterator[tuple[str, str]]:
        """Yield (reader, writer) wherever a rule translates."""
        if rule.drop is not None or rule.refuse is not None:
            return
        for reader in rule.sides:
            for writer in rule.sides:
                if reader != writer and rule.oneway in (None, reader):
                    yield reader, writer

    # ------------------------------------------------------------------ families

    def families(self, dialect: str) -> list[Family | None]:
        """Return the families of a dialect; None stands for a dialect that has none."""
        return [family for family in self.ruleset.families if family.dialect == dialect] or [None]

    def running(self, rule: Rule, reader: str, writer: str) -> frozenset[str]:
        """Return the families of the writing dialect in which a rule runs."""
        if rule.oneway not in (None, reader):
            return frozenset()
        needs = rule.needs.get(writer, {})
        families = self.families(writer)
        return frozenset(
            family.id if family else "" for family in families if rule.otherwise is not None or holds(family, needs)
        )

    # ------------------------------------------------------------------ calls

    @cached_property
    def made(self) -> set[str]:
        """The operations whose documents no rule writes: they are made of what another request says."""
        return {keeping.makes.operation for one in self.ruleset.prefixes.values() for keeping in one.keeps.values()}

    # ------------------------------------------------------------------ places

    @cached_property
    def _entries(self) -> dict[Mark, Map]:
        return {found.mark: found for found in _maps(self.tree)}

    def entry(self, mark: Mark) -> Map:
        """Return the entry that begins at a mark."""
        return self._entries.get(mark, Map(mark))

    def mark(self, start: Map | Seq | Mark, *steps: Any) -> Mark:
        """Return the place of what stands below an entry, as far down as the steps lead."""
        here: Any = self.entry(start) if isinstance(start, Mark) else start
        mark: Mark = here.mark
        for step in steps:
            if isinstance(here, Map) and step in here:
                mark, here = here.marks.get(step, mark), here[step]
            elif isinstance(here, Seq) and isinstance(step, int) and step < len(here):
                mark, here = here.marks[step], here[step]
            else:
                break
        return mark

    def name_mark(self, start: Mark, *steps: str) -> Mark:
        """Return the place of a name below an entry."""
        here: Any = self.entry(start)
        for step in steps[:-1]:
            here = here.get(step) if isinstance(here, Map) else None
        return here.names.get(steps[-1], here.mark) if isinstance(here, Map) else start

    def variable(self, rule: Rule, side: str, name: str) -> Mark:
        """Return the place of a variable in a rule's example."""
        entry = self.entry(rule.mark)
        if "both" in entry:
            return self.mark(entry, "both")
        return next(_said(entry.get(side), name, self.mark(entry, side)), self.mark(entry, side))

    # ------------------------------------------------------------------ problems

    def unknown(self, mark: Mark, what: str, name: str, known: Iterable[str]) -> Problem:
        """Return the problem of a name that nothing has."""
        return Problem(mark, f"there is no {what} {name!r}{suggestion(near(name, sorted(known)))}")


def _maps(value: Any) -> Iterator[Map]:
    if isinstance(value, Map):
        yield value
        for member in value.values():
            yield from _maps(member)
    elif isinstance(value, Seq):
        for item in value:
            yield from _maps(item)


def _said(value: Any, name: str, mark: Mark) -> Iterator[Mark]:
    """Yield the marks of the texts that say a variable."""
    if isinstance(value, Map):
        for key, member in value.items():
            yield from _said(member, name, value.marks.get(key, value.mark))
    elif isinstance(value, Seq):
        for index, item in enumerate(value):
            yield from _said(item, name, value.marks[index])
    elif isinstance(value, str) and value.startswith("$"):
        words = value.split("|")[0].split()
        if any(word.strip("$*?") == name for word in words):
            yield mark


def names_in(node: example.Node) -> set[str]:
    """Return the names of all variables of an example."""
    return {name for variable in example.variables(node) for name in variable.names}


def walking(book: Book, rule: Rule) -> dict[str, str]:
    """Return the variables that a rule set or a layout walks through, with its name."""
    named = {**book.sets, **book.ruleset.layouts}
    found = [variable for node in rule.sides.values() for variable in example.variables(node)]
    return {v.names[0]: v.conversion for v in found if v.conversion and v.conversion.rstrip("*%") in named}
