"""What is wrong with rule files: all problems of all files at once, each with its place.

Three looks at them: their form (schemas/rule-file.schema.json), their entries (the loader), their sense (the checks).
It is for authors, continuous integration and whoever meets an overlay that cannot be loaded; translations never wait
for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import jsonschema

from isogloss import bookshelf, heirs, loader, resources, shelves, source
from isogloss.checks import (
    families,
    layouts,
    names,
    overlaps,
    plans,
    prefixes,
    sentences,
    shares,
    streams,
    tables,
    variables,
)
from isogloss.checks.book import Book
from isogloss.errors import Mark, Problem, RuleError, near, suggestion
from isogloss.source import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from isogloss.rule import Ruleset

_Found = TypeVar("_Found")

#: What a tree of the wrong form makes of code that trusts its form.
_BROKEN: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_CHECKS: Final[tuple[Callable[[Book], Iterator[Problem]], ...]] = (
    names.check,
    variables.check,
    sentences.check,
    families.check,
    tables.check,
    layouts.check,
    prefixes.check,
    streams.check,
    shares.check,
    overlaps.check,
    plans.check,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and the ruleset if the files make one, whatever its sense."""

    problems: tuple[Problem, ...]
    ruleset: Ruleset | None
    #: The merged tree of entries, with every place.
    tree: Map


def check(version: str | None = None, profile: str | None = None, overlays: Sequence[Path] = ()) -> Report:
    """Check a version of the rulebook with a profile and overlays laid over it."""
    version = version or shelves.versions()[-1]
    laid = [shelves.profile_file(version, profile)] if profile is not None else []
    return check_files(shelves.rule_files(version), [*laid, *shelves.overlay_files(overlays)])


def check_files(files: Sequence[Path], overlays: Sequence[Path] = ()) -> Report:
    """Check rule files with others laid over them."""
    shelf = bookshelf.Shelf()
    shelf.add(files)
    shelf.add(overlays, overlay=True)
    form = [problem for path in (*files, *overlays) for problem in _form(path, tuple(shelf.tree["dialects"]))]
    if shelf.torn:  # what others name may stand in a file that could not be read, and so may the dialects
        return Report(_told_once([*shelf.problems, *(form if shelf.tree["dialects"] else ())]), None, shelf.tree)
    problems = list(shelf.problems)
    tree = heirs.resolved(shelf.tree, problems)
    reader = loader.Reader(tree, problems)
    ruleset = _guarded(lambda: [reader.ruleset(shelf.head)], form or reader.problems)
    found = list(reader.problems)
    if ruleset:
        book = Book(ruleset[0], tree)
        for look in _CHECKS:
            found += _guarded(lambda look=look: list(look(book)), form or reader.problems)
    told = _told_once([*found, *form])
    return Report(told, ruleset[0] if ruleset and not reader.problems else None, tree)


def _guarded(work: Callable[[], list[_Found]], known: Sequence[Problem]) -> list[_Found]:
    """Do what trusts the form of the files; where that is known to be wrong, less can be said."""
    try:
        return work()
    except _BROKEN:
        if not known:
            raise
        return []


def _told_once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Order problems by place; of a wrong form nothing is said where something better was said already."""
    places: dict[tuple[str, int, int], list[Problem]] = {}
    for problem in problems:
        mark = problem.mark
        there = places.setdefault((mark.file, mark.line, mark.column), [])
        if problem.message not in [one.message for one in there] and not (there and isinstance(problem, _Form)):
            there.append(problem)
    return tuple(problem for place in sorted(places) for problem in places[place])


# --------------------------------------------------------------------- form


class _Form(Problem):
    """A problem of form: the least that can be said."""

    __slots__ = ()


def _form(path: Path, dialects: tuple[str, ...]) -> Iterator[Problem]:
    try:
        tree = source.read(path, bookshelf.name_of(path))
    except RuleError:
        return  # the shelf says what is wrong with it
    for error in form_errors(tree, "rule-file", dialects):
        yield from _told(tree, error)


def form_errors(tree: Any, schema: str, dialects: tuple[str, ...] = ()) -> list[jsonschema.ValidationError]:
    """Hold a tree against one of our own schemas."""
    return list(_validator(schema, dialects).iter_errors(tree))


@cache
def _validator(name: str, dialects: tuple[str, ...]) -> Any:
    schema = json.loads((resources.folder("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))
    for part in schema["$defs"].values():
        if "x-dialects" in part:
            part["properties"].update(dict.fromkeys(dialects, part["x-dialects"]))
    return jsonschema.Draft202012Validator(schema)


def _told(tree: Map, error: jsonschema.ValidationError) -> Iterator[Problem]:
    """Say a form error where it stands: of several ways to be right, the one that comes nearest counts."""
    if error.context:
        best = max(error.context, key=_depth)
        if _depth(best):
            yield from _told(tree, best)
            return
    here, mark = _find(tree, error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(here, Map):
        known = list(_said(error).get("properties", {}))
        for name in here:
            if name not in known:
                yield _Form(here.names.get(name, mark), f"{name!r} is no word here{suggestion(near(name, known))}")
        return
    yield _Form(mark, _sentence(error))


def _said(error: jsonschema.ValidationError) -> dict[str, Any]:
    return error.schema if isinstance(error.schema, dict) else {}


def _depth(error: jsonschema.ValidationError) -> int:
    return len(error.relative_path) + max((_depth(inner) for inner in error.context), default=0)


def _find(tree: Map, path: Iterable[Any]) -> tuple[Any, Mark]:
    here: Any = tree
    mark = tree.mark
    for step in path:
        if isinstance(here, Map | Seq):
            mark, here = here.marks[step], here[step]
    return here, mark


def _sentence(error: jsonschema.ValidationError) -> str:
    wanted: Any = error.validator_value
    if error.validator == "enum":
        hint = suggestion(near(str(error.instance), [str(word) for word in wanted]))
        return f"{error.instance!r} is none of {', '.join(map(str, wanted))}{hint}"
    if error.validator == "required":
        return f"{' and '.join(repr(name) for name in wanted if name not in error.instance)} must be given here"
    if error.validator == "type":
        return f"this must be {' or '.join([wanted] if isinstance(wanted, str) else wanted)}"
    if error.validator in ("anyOf", "oneOf"):
        told = sorted({_said(inner)["title"] for inner in error.context if "title" in _said(inner)})
        return f"this must be {' or '.join(told)}" if told else error.message
    return error.message
