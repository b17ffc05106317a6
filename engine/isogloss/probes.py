"""Small documents that try a rulebook: one for each thing that its rules, blocks and tables can say in a dialect.

They are made from the examples, so a rule that is added brings its probe with it. Whether a probe is a good document is
no question: two rulesets that refuse it alike agree about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from isogloss import codecs, guard, lens
from isogloss.errors import UnknownName
from isogloss.example import All, Const, Each, Known, Node, Obj, Pick, Var, children, variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isogloss.rule import Block, Layout, Rule, RuleSet, Ruleset, Side, Slot
    from isogloss.values import Object, Path, Value

#: What a variable without conversion is tried with, in a document's own rules and further inside.
_PLAIN: Final = (1, 0.5, "text", True, {"a": 1}, ["text"])
_INSIDE: Final = ("text", 1)
#: The longest list that a guard about lengths is tried with.
_MANY: Final = 100
#: What a variable that stands behind a codec is tried with.
_CODED: Final[dict[str, tuple[Value, ...]]] = {
    "json-text": ('{"a": 1}', '{"a": '),
    "object-text": ({"a": 1},),
    "data-url": ("data:image/png;base64,AAAA",),
    "duration": ("1s",),
    "instant": ("2026-01-02T03:04:05Z",),
    "number-text": (1,),
    "wire-integer": ("1",),
    "extension": ("a.png",),
    "suffix": ("text",),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """A document, and the rule it is made from."""

    rule: str
    place: str
    document: Value


class Prober:
    """Makes the probes of one dialect."""

    def __init__(self, ruleset: Ruleset, reader: str) -> None:
        self.ruleset = ruleset
        self.reader = reader
        #: Rule sets that have been tried in full: elsewhere one document of theirs is enough.
        self.tried: set[str] = set()

    def document(self, name: str) -> Iterator[Probe]:
        """Yield the probes of a document, each once."""
        seen: set[str] = set()
        for probe in self._set(self.ruleset.documents[name], 0):
            text = repr(probe.document)
            if text not in seen:
                seen.add(text)
                yield probe

    def _set(self, rules: RuleSet, depth: int) -> Iterator[Probe]:
        for rule in rules.rules:
            for value in self._rule(rule, depth):
                yield Probe(rule.id, rule.mark.place, value)
        for name in rules.layouts:
            yield from self._layout(self.ruleset.layouts[name], depth)

    def _rule(self, rule: Rule, depth: int) -> Iterator[Value]:
        side = rule.sides.get(self.reader)
        if side is None or rule.oneway not in (None, self.reader):
            return
        found = self._conversions(rule, side)
        words = {name: self._words(rule, name, conversion, depth) for name, conversion in found.items()}
        yield from _varied(side, words)

    # ------------------------------------------------------------------ what a variable may hold

    def _words(self, rule: Rule, name: str, conversion: str | None, depth: int) -> list[Value]:
        literals = [*_literals(rule.when.get(self.reader, "")), *rule.satisfied]
        heads = [head + "x" for block in self._heads(rule, name) for head in block]
        if conversion is None:
            return [*heads, *literals, *(_INSIDE if depth else _PLAIN)]
        found = heads + literals + self._converted(conversion.rstrip("*%"), depth)
        return [{"a": word} for word in found] if conversion.endswith("%") else found or ["text"]

    def _heads(self, rule: Rule, name: str) -> Iterator[tuple[str, ...]]:
        for layout in self.ruleset.layouts.values():
            for block in layout.blocks:
                if block.rule is rule:
                    yield block.where.get(self.reader, {}).get(name, ())

    def _converted(self, name: str, depth: int) -> list[Value]:
        try:
            sort = lens.find_conversion(self.ruleset, name).sort
        except UnknownName:
            return []
        if sort == "table":
            return self._column(name)
        if sort == "set":
            return self._objects(name, depth)
        return list(_CODED.get(name.partition(":")[0], ("text",)))

    def _objects(self, name: str, depth: int) -> list[Value]:
        if name in self.tried:
            return [{}]
        self.tried.add(name)
        return [{}, *(probe.document for probe in self._set(self.ruleset.sets[name], depth + 1))]

    def _conversions(self, rule: Rule, side: Node) -> dict[str, str | None]:
        """Find each variable's conversion: a codec stands on one side, a table or a rule set means both."""
        found: dict[str, str | None] = {}
        for node in rule.sides.values():
            for variable in variables(node):
                name = variable.conversion if node is side or not _is_codec(variable.conversion) else None
                found.update({word: found.get(word) or name for word in variable.names})
        return found

    def _column(self, name: str) -> list[Value]:
        table = self.ruleset.tables[name]
        side = 0 if self.reader == table.columns[0] else 1
        rows = [*table.rows, *(row for rows in table.family_rows.values() for row in rows)]
        found: list[Value] = []
        for row in rows:
            if row.cells[side] not in found and row.cells[side] is not None:
                found.append(row.cells[side])
        return [*found, "unheard-of"]

    # ------------------------------------------------------------------ blocks in their slots

    def _layout(self, layout: Layout, depth: int) -> Iterator[Probe]:
        side = layout.sides.get(self.reader)
        if side is None:
            return
        for slot in side.slots:
            held = [block for block in layout.blocks if slot.holds is None or block.kind in (*slot.holds, *slot.reads)]
            outer = list(self._around(block for block in held if layout.knows(block)))
            for block in held:
                for value in self._rule(block.rule, depth + 1):
                    group = self._group(layout, side, slot, block, value)
                    yield Probe(block.rule.id, block.rule.mark.place, group)
                    yield from (Probe(block.rule.id, block.rule.mark.place, {**words, **group}) for words in outer)

    def _around(self, blocks: Iterable[Block]) -> Iterator[Object]:
        """Say what blocks ask of the object that their layout stands in."""
        for asked in dict.fromkeys(block.around[self.reader] for block in blocks if self.reader in block.around):
            for path, word in product(filter(None, guard.paths(asked)), _literals(asked)):
                words: Object = {}
                _put(words, path, word)
                yield words

    def _group(self, layout: Layout, side: Side, slot: Slot, block: Block, value: Value) -> Object:
        group: Object = dict(value) if slot.form in ("self", "fields") and isinstance(value, dict) else {}
        if slot.form in ("items", "plain-or-items"):
            _put(group, slot.at, [value])
        elif slot.form == "one":
            _put(group, slot.at, value)
        elif slot.form == "joined":
            _put(group, slot.at, value.get(block.plain, "text") if isinstance(value, dict) else "text")
        if side.role is not None and side.role not in group:
            group[side.role] = self._role(layout, slot)
        out: Object = {}
        _put(out, side.groups if side.groups is not None else side.group or (), [group] if side.groups else group)
        return out

    def _role(self, layout: Layout, slot: Slot) -> Value:
        words = self._column(layout.roles) if layout.roles else ["text"]
        return next((word for word in words if not slot.roles or word in slot.roles), words[0])


def _put(out: Object, path: Path, value: Value) -> None:
    if not path:
        out.update(value if isinstance(value, dict) else {})
        return
    for step in path[:-1]:
        out = out.setdefault(step, {})
    out[path[-1]] = value


def _is_codec(conversion: str | None) -> bool:
    return conversion is not None and codecs.find(conversion.rstrip("*%")) is not None


def _literals(guard: str) -> list[Value]:
    """Find the words and numbers that a guard compares with, and what lies beside a number."""
    numbers = [float(text) for text in re.findall(r"`(-?[0-9.]+)`", guard)]
    near = [int(n + step) if n.is_integer() else n + step for n in numbers for step in (-1, 0, 1)]
    counts = [number for number in near if "length" in guard and isinstance(number, int)]
    many = [["text"] * number for number in counts if 0 < number < _MANY]
    return [*near, *many, *re.findall(r"'([^']*)'", guard)]


# --------------------------------------------------------------------- examples, filled in


def _varied(node: Node, words: dict[str, list[Value]]) -> Iterator[Value]:
    """Fill an example in, one variable changing at a time."""
    first = {name: found[0] for name, found in words.items() if found}
    yield _filled(node, first)
    names = {name for variable in variables(node) for name in variable.names}
    for name in words:
        for word in words[name][1:] if name in names else ():
            yield _filled(node, {**first, name: word})


def _filled(node: Node, words: dict[str, Value]) -> Value:
    if isinstance(node, Const):
        return node.value
    if isinstance(node, Known):
        return True
    if isinstance(node, Var):
        return words.get(node.names[0], "text")
    if isinstance(node, Obj):
        return {name: _filled(child, words) for name, child in node.fields}
    assert isinstance(node, Each | All | Pick)
    return [_filled(child, words) for child in children(node)]
