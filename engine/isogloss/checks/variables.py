"""Variables: what one side reads, the other side writes, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss import example
from isogloss.checks.book import Book, Held, names_in
from isogloss.errors import Problem, near, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isogloss.errors import Mark
    from isogloss.rule import Block, Rule


def check(book: Book) -> Iterator[Problem]:
    """Yield every variable that comes from nowhere or goes nowhere."""
    for held in book.rules:
        yield from _named(book, held)
        yield from _told(book, held)
        if len(held.rule.sides) == 1 and held.rule.drop is None and held.rule.refuse is None and held.rule.sides:
            yield Problem(held.rule.mark, "say what the other dialect says, {} for nothing; or `drop` or `refuse` it")
        yield from _first_of_each(_astray(book, held))


def _told(book: Book, held: Held) -> Iterator[Problem]:
    """What a refusal, or a drop, puts into its sentence must have been read."""
    rule = held.rule
    known = set[str]().union(*(names_in(side) for side in rule.sides.values()))
    for word, sentence in (("refuse", rule.refuse), ("drop", rule.drop)):
        for name in example.NAME_TOLD.findall(sentence or ""):
            if name not in known:
                yield book.unknown(book.mark(rule.mark, word), "variable", name, known)


def _astray(book: Book, held: Held) -> Iterator[Problem]:
    for reader, writer in book.directions(held.rule):
        yield from _unwritten(book, held, reader, writer)
        yield from _unbound(book, held, reader, writer)


def _first_of_each(problems: Iterable[Problem]) -> Iterator[Problem]:
    """One mistaken name is one problem, though it goes astray both ways."""
    marks: set[Mark] = set()
    for problem in problems:
        if problem.mark not in marks:
            marks.add(problem.mark)
            yield problem


def _unbound(book: Book, held: Held, reader: str, writer: str) -> Iterator[Problem]:
    known = _given(held, names_in(held.rule.sides[reader]))
    for variable in example.variables(held.rule.sides[writer]):
        for name in () if variable.optional else variable.names:
            if name not in known:
                mark = book.variable(held.rule, writer, name)
                hint = suggestion(near(name, known - names_in(held.rule.sides[writer])))
                yield Problem(mark, f"${name} is written, but {reader} does not give it{hint}")


def _given(held: Held, read: set[str]) -> set[str]:
    """Return the variables that have a value once a side has been read."""
    rule = held.rule
    known = read | {*rule.let, *rule.absent, *rule.keeps}
    known |= {name for name, (_, base, *_) in rule.derive.items() if base in known}
    for line in rule.sums:
        known |= set(line) if known & set(line) else set()
    return known | _booked(held.block)


def _booked(block: Block | None) -> set[str]:
    return {block.book.key, block.book.label} if block is not None and block.book is not None else set()


def _unwritten(book: Book, held: Held, reader: str, writer: str) -> Iterator[Problem]:
    rule = held.rule
    used = names_in(rule.sides[writer]) | set(rule.ignores) | _booked(held.block) | _carried(book, held.block)
    used |= {*rule.keeps, *(base for _, base, *_ in rule.derive.values())}
    for line in rule.sums:
        used |= set(line) if used & set(line) else set()
    lost = names_in(rule.sides[reader]) - used
    for name in () if rule.reason else sorted(lost):
        mark = book.variable(rule, reader, name)
        hint = suggestion(near(name, names_in(rule.sides[writer]) - names_in(rule.sides[reader])))
        yield Problem(mark, f"${name} has no place in {writer}; name it under `ignores`, or give a `reason`{hint}")


def _carried(book: Book, block: Block | None) -> set[str]:
    """Return what the seams of a layout carry for its blocks."""
    if block is None:
        return set()
    sides = [side for layout in book.layouts_of(block) for side in layout.sides.values()]
    return {name for side in sides if side.seams for name in side.seams["carries"]}


# --------------------------------------------------------------------- names of variables


def _named(book: Book, held: Held) -> Iterator[Problem]:
    rule = held.rule
    every = {name for node in rule.sides.values() for name in names_in(node)}
    derived = every | set(rule.let)
    yield from _known(book, rule, ("let",), rule.let, every)
    yield from _known(book, rule, ("keeps",), rule.keeps, every | set(rule.derive))
    yield from _known(book, rule, ("absent",), rule.absent, every)
    yield from _known(book, rule, ("derive",), rule.derive, every | set(rule.keeps))
    yield from _known(book, rule, ("ignores",), rule.ignores, every)
    yield from _known(book, rule, ("bounds",), rule.bounds, every)
    for name, (dialect, base, *_) in rule.derive.items():
        yield from _known(book, rule, ("derive", name), (base,), derived)
        if dialect not in book.ruleset.dialects:
            yield book.unknown(book.mark(rule.mark, "derive", name), "dialect", dialect, book.ruleset.dialects)
    for index, line in enumerate(rule.sums):
        yield from _known(book, rule, ("sums", index), line, every)
    for dialect, gates in rule.gate.items():
        yield from _known(book, rule, ("gate", dialect), gates, names_in(rule.sides[dialect]))
    if held.block is not None:
        yield from _block(book, held.block, every)


def _block(book: Book, block: Block, every: set[str]) -> Iterator[Problem]:
    rule = block.rule
    if block.plain is not None:
        yield from _known(book, rule, ("plain",), (block.plain,), every)
    if block.declares is not None:
        yield from _known(book, rule, ("declares",), (block.declares,), every)
    yield from _known(book, rule, ("recast",), block.recast or (), every)
    if block.book is not None:
        word = "opens" if block.book.opens else "closes"
        yield from _known(book, rule, (word, "key"), (block.book.key,), every)
        yield from _known(book, rule, (word, "label"), (block.book.label,), every)
    for dialect, heads in block.where.items():
        there = names_in(rule.sides[dialect]) if dialect in rule.sides else set[str]()
        yield from _known(book, rule, ("where", dialect), heads, there | set(rule.derive) | set(rule.let))


def _known(
    book: Book, rule: Rule, steps: tuple[str | int, ...], names: Iterable[str], known: set[str]
) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield book.unknown(_mark(book, rule, steps, name), "variable", name, known)


def _mark(book: Book, rule: Rule, steps: tuple[str | int, ...], name: str) -> Mark:
    """Return the place of a name: among the names of an object, or as a value."""
    words = [step for step in steps if isinstance(step, str)]
    if len(words) == len(steps):
        found = book.name_mark(rule.mark, *words, name)
        if found.line and found != book.entry(rule.mark).mark and name in _under(book, rule, words):
            return found
    return book.mark(rule.mark, *steps)


def _under(book: Book, rule: Rule, words: list[str]) -> dict[str, object]:
    here: object = book.entry(rule.mark)
    for word in words:
        here = here.get(word, {}) if isinstance(here, dict) else {}
    return here if isinstance(here, dict) else {}
