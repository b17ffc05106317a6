"""Two rulesets compared by what they do: which documents they translate differently, not how their files differ."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from isogloss import families
from isogloss.bearing import Bearing, Clue, said
from isogloss.errors import IsoglossError
from isogloss.families import Match
from isogloss.lens import Lens
from isogloss.memory import Memory
from isogloss.notation import flow, shorten
from isogloss.pointer import pointer
from isogloss.probes import Probe, Prober
from isogloss.running import run
from isogloss.translator import Translator
from isogloss.values import leaves, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from isogloss.rule import Family, Ruleset
    from isogloss.values import Value


#: Making code for a pair of families pays from so many documents on.
_MANY: Final = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ruleset makes of a document: a body and losses, or a refusal."""

    body: Value
    losses: tuple[str, ...]
    refusal: str | None = None

    def lines(self) -> dict[str, str]:
        """Say it in lines that can be compared: one for each leaf, each loss, or the refusal."""
        if self.refusal is not None:
            return {"refused": self.refusal}
        found = {pointer(path) or "(document)": shorten(value, 60) for path, value in leaves(self.body)}
        return {**found, **dict.fromkeys(self.losses, "")}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of an outcome that is not the same; None where there is no such line."""

    what: str
    before: str | None
    after: str | None

    def sort(self) -> list[str | None]:
        """Name what changes in the same way: a value that is only there on one side is as good as another."""
        both = self.before is not None and self.after is not None
        return [self.what, self.before, self.after] if both else [self.what, str(self.before is None)]


@dataclass(slots=True)
class Difference:
    """A document that is translated differently, and for which families."""

    document: str
    reader: str
    writer: str
    probe: Probe
    changes: tuple[Change, ...]
    families: list[str] = field(default_factory=list[str])
    #: Other documents of the same rule that change in the same way.
    alike: list[Value] = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class Renamed:
    """A model's name that belongs to another family."""

    dialect: str
    model: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Contrast:
    """All that is different."""

    tried: int
    differences: tuple[Difference, ...]
    models: tuple[Renamed, ...]


def compare(
    before: Ruleset,
    after: Ruleset,
    samples: Sequence[tuple[str, str, Value]] = (),
    only: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Contrast:
    """Run probes made from both rulesets, and samples (document, dialect, body), through both.

    Only those are tried that what differs bears on. `only` names the one family to write for; `progress` is told how
    many are done, of how many.
    """
    if before.hash == after.hash:
        return Contrast(0, (), ())
    found: dict[str, Difference] = {}
    work = list(_work(before, after, samples, only))
    total, done = sum(len(probes) for _, probes in work), 0
    for turn, probes in work:
        trial = turn(swift=len(probes) >= _MANY)
        for probe in probes:
            trial.put(probe, found)
        done += len(probes)
        if progress is not None:
            progress(done, total)
    return Contrast(total, tuple(found.values()), tuple(_models(before, after)))


def _work(
    before: Ruleset, after: Ruleset, samples: Sequence[tuple[str, str, Value]], only: str | None
) -> Iterator[tuple[Callable[..., _Trial], list[Probe]]]:
    """List what is to be tried: families that behave alike, and the documents for them."""
    bearing = Bearing(before, after)
    for name in [name for name in before.documents if name in after.documents]:
        for reader, writer in _pairs(before, after):
            probes: list[tuple[Probe, frozenset[str]]] = []
            for ids, clues in _alike(bearing, name, reader, writer):
                if only not in (None, *ids) or not (clues is None or clues):
                    continue
                probes = probes or _probes(before, after, name, reader, samples)
                borne = [probe for probe, names in probes if _shows(probe, names, clues)]
                if borne:
                    yield partial(_trial, before, after, name, reader, writer, ids), borne


def _shows(probe: Probe, names: frozenset[str], clues: set[Clue] | None) -> bool:
    return clues is None or probe.rule == "sample" or any(clue.fits(names) for clue in clues)


def _pairs(before: Ruleset, after: Ruleset) -> Iterator[tuple[str, str]]:
    known = [name for name in before.dialects if name in after.dialects]
    return ((reader, writer) for reader in known for writer in known if reader != writer)


def _probes(
    before: Ruleset, after: Ruleset, name: str, reader: str, samples: Sequence[tuple[str, str, Value]]
) -> list[tuple[Probe, frozenset[str]]]:
    """Make the documents, each with the names that it says; the first says nothing."""
    found = [Probe("empty", "", {})]
    found += [Probe("sample", "", body) for document, dialect, body in samples if (document, dialect) == (name, reader)]
    for ruleset in (before, after):
        found += Prober(ruleset, reader).document(name)
    unique = {flow(probe.document): probe for probe in reversed(found)}
    return [(probe, said(probe.document)) for probe in reversed(unique.values())]


# --------------------------------------------------------------------- trials


@dataclass(slots=True)
class _Trial:
    """Both rulesets turned for one family, which stands for all families that behave alike."""

    family: str
    also: list[str]
    before: tuple[Lens, Translator]
    after: tuple[Lens, Translator]

    def put(self, probe: Probe, found: dict[str, Difference]) -> None:
        """Translate a probe by both; enter it where they differ."""
        old, new = (_outcome(*side, probe.document).lines() for side in (self.before, self.after))
        if old == new:
            return
        changes = tuple(_changes(old, new))
        lens = self.after[0]
        known = found.setdefault(
            flow([lens.name, lens.reader, probe.rule, [change.sort() for change in changes]]),
            Difference(lens.name, lens.reader, lens.writer, probe, changes),
        )
        known.families += [name for name in (self.family, *self.also) if name not in known.families]
        if not same(known.probe.document, probe.document) and probe.document not in known.alike:
            known.alike.append(probe.document)


def _changes(old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    for what in dict.fromkeys((*old, *new)):
        if old.get(what) != new.get(what):
            yield Change(what, old.get(what), new.get(what))


def _outcome(lens: Lens, gloss: Translator, document: Value) -> Outcome:
    try:
        done = run(lens, document, Memory({"now": 0}), gloss)
    except IsoglossError as error:
        return Outcome(None, (), str(error).split("  [", 1)[0])
    losses = sorted(f"{loss.kind} {loss.pointer or loss.target_pointer or '/'}: {loss.reason}" for loss in done.losses)
    return Outcome(done.body, tuple(losses))


def _trial(
    before: Ruleset, after: Ruleset, name: str, reader: str, writer: str, ids: list[str], *, swift: bool
) -> _Trial:
    turned = [_turned(ruleset, name, reader, writer, ids[0]) for ruleset in (before, after)]
    if not swift:
        for lens, _ in turned:
            lens.ran = lens.tried = True  # never compiled
    return _Trial(ids[0], ids[1:], turned[0], turned[1])


def _alike(bearing: Bearing, name: str, reader: str, writer: str) -> Iterator[tuple[list[str], set[Clue] | None]]:
    """Sort families by their behaviour in both rulesets; tell for each sort on which documents the change bears."""
    before, after = bearing.rulesets
    known = {family.id: family for family in before.families if family.dialect == writer}
    sorts: dict[str, tuple[list[str], frozenset[str]]] = {}
    for family in after.families:
        if family.id in known:
            changed = bearing.of_family(known[family.id], family)
            key = flow([_behaviour(before, known[family.id]), _behaviour(after, family), sorted(changed)])
            sorts.setdefault(key, ([], changed))[0].append(family.id)
    for ids, changed in sorts.values():
        yield ids, bearing.clues(name, reader, changed)


def _turned(ruleset: Ruleset, name: str, reader: str, writer: str, family: str) -> tuple[Lens, Translator]:
    found = next((one for one in ruleset.families if one.id == family), None)
    gloss = Translator(reader, writer, ruleset=ruleset, ids=lambda: "probe", clock=lambda: 0.0)
    return Lens(ruleset, name, reader, writer, {writer: Match(found)} if found else {}), gloss


def _behaviour(ruleset: Ruleset, family: Family) -> list[Any]:
    """Name all that a lens can see of a family."""
    rows = [
        [[list(row.cells), sorted(row.marks), row.reason] for row in table.family_rows[owner]]
        for table in ruleset.tables.values()
        for owner in family.lineage
        if owner in table.family_rows
    ]
    return [dict(family.facts), family.generation, family.kind, rows]


# --------------------------------------------------------------------- names of models


def _models(before: Ruleset, after: Ruleset) -> Iterator[Renamed]:
    for dialect in before.dialects:
        for model in _names(before, after, dialect):
            old, new = (families.resolve(ruleset, dialect, model) for ruleset in (before, after))
            if _called(old) != _called(new):
                yield Renamed(dialect, model, _called(old), _called(new))


def _called(match: Match) -> str:
    name = match.family.id if match.family else "none"
    return f"{name} (assumed)" if match.assumed else name


def _names(before: Ruleset, after: Ruleset, dialect: str) -> list[str]:
    found = [
        name
        for ruleset in (before, after)
        for family in ruleset.families
        if family.dialect == dialect
        for name in (family.id, *_spellings(family.match))
    ]
    return list(dict.fromkeys(found))


def _spellings(pattern: str) -> Iterator[str]:
    """Make the shortest name that each branch of a pattern takes, where that is easily said."""
    for branch in re.split(r"\|(?![^(]*\))", pattern):
        name = re.sub(r"\((?:\?:)?[^()]*(?:\([^()]*\)[^()]*)*\)\?", "", branch)
        name = re.sub(r"\\(.)", r"\1", re.sub(r"\.\*|\[0-9\](?:\+|\{\d\})?", "1", name))
        if re.fullmatch(pattern, name):
            yield name
