"""Rule files to a Ruleset.

Every problem of every file is collected and raised together. What a rule means is decided here, whether it makes sense
is the checker's question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from isogloss import bookshelf, example, guard, heirs, prefixes, shelves, stages, tellings
from isogloss.entries import Entries
from isogloss.errors import Problem, RuleError
from isogloss.pointer import dotted
from isogloss.rule import Block, BookUse, Dialect, Family, Layout, Row, Rule, RuleSet, Ruleset, Table
from isogloss.sides import side
from isogloss.source import Map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from isogloss.example import Node

LANGUAGE: Final = 1


def load(version: str, profile: str | None = None, overlays: Sequence[Path] = ()) -> Ruleset:
    """Load a version of the rulebook with a profile and overlays laid over it.

    Raises RuleError with every problem found, UnknownName for a version or profile that does not exist.
    """
    shelf = bookshelf.Shelf()
    shelf.add(shelves.rule_files(version))
    if profile is not None:
        shelf.add([shelves.profile_file(version, profile)], overlay=True)
    shelf.add(shelves.overlay_files(overlays), overlay=True)
    return build(shelf)


def build(shelf: bookshelf.Shelf) -> Ruleset:
    """Turn a shelf of entries into a Ruleset, or raise all its problems."""
    problems = list(shelf.problems)
    reader = Reader(heirs.resolved(shelf.tree, problems), problems)
    ruleset = reader.ruleset(shelf.head)
    if reader.problems:
        raise RuleError(sorted(set(reader.problems), key=lambda p: (p.mark.file, p.mark.line, p.mark.column)))
    return ruleset


#: How a slot holds its blocks.


class Reader(Entries):
    """Reads entries; each method reads one sort of entry."""

    def __init__(self, tree: Map, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.tree = tree
        self.dialects = tuple(tree["dialects"])
        self.named = dict(tree["values"])
        self.attributes: dict[str, Rule] = {}
        self.columns: tuple[str, ...] = self.dialects[:2]

    def ruleset(self, head: Map) -> Ruleset:
        """Read everything."""
        if head.get("language") != LANGUAGE:
            self.say(head.marks.get("language", head.mark), f"this engine speaks language {LANGUAGE}")
        tree = self.tree
        self.columns = tuple(head.get("columns", self.columns))
        self.attributes = {name: self._attribute(name, entry) for name, entry in self.maps(tree["attributes"])}
        return Ruleset(
            version=str(head.get("version", "0.0.0")),
            hash=bookshelf.fingerprint(tree),
            language=LANGUAGE,
            dialects={name: self._dialect(name, entry) for name, entry in self.maps(tree["dialects"])},
            families=tuple(self._family(name, entry) for name, entry in self.maps(tree["families"])),
            tables={name: self._table(name, entry) for name, entry in self.maps(tree["tables"])},
            sets={name: self._set(name, entry) for name, entry in self.maps(tree["sets"])},
            layouts={name: self._layout(name, entry) for name, entry in self.maps(tree["layouts"])},
            documents={name: self._set(name, entry) for name, entry in self.maps(tree["documents"])},
            values=self.named,
            plans=stages.plans(self, tree["plans"]),
            prefixes=prefixes.read(self, tree["prefixes"], self.dialects),
        )

    # ------------------------------------------------------------------ rules

    def _set(self, name: str, entry: Map) -> RuleSet:
        self.keys(
            entry,
            "rules drops layouts nulls either spelling rest excludes whole inline headers seed validate title note "
            "extends",
            tellings.HOW,
        )
        return RuleSet(
            name=name,
            mark=entry.mark,
            rules=tuple(self.rule(item, f"{name}.{item.get('id', '?')}") for item in self.items(entry, "rules")),
            drops={side: self.drops(drops, side) for side, drops in self.maps(entry.get("drops"))},
            layouts=self.words(entry, "layouts"),
            nulls=bool(entry.get("nulls", False)),
            either=bool(entry.get("either", False)),
            snake=entry.get("spelling") == "snake",
            rest=entry.get("rest", {}),
            excludes=entry.get("excludes", {}),
            whole=entry.get("whole", {}),
            inline=entry.get("inline", {}),
            headers=dict(entry.get("headers", {})),
            seed=dict(entry.get("seed", {})),
            validate=entry.get("validate", {}),
            **tellings.told(self, entry),
            title=entry.get("title", ""),
            note=entry.get("note", ""),
        )

    def rule(self, entry: Map, name: str) -> Rule:
        """Read one rule; its id is the set's name and its own."""
        self.keys(
            entry,
            "id both value values each oneway kind reason needs otherwise when unless saw lays knows lacks absent let "
            "derive gate bounds among sums casts satisfied drops default drop refuse also lists yields ignores source "
            "note status unseen keeps title",
            self.dialects,
        )
        sides = self._sides(entry)
        if not sides:
            self.say(entry.mark, "a rule shows an example in at least one dialect")
        return Rule(
            id=name,
            mark=entry.mark,
            sides=sides,
            oneway=self.choice(entry, "oneway", self.dialects),
            kind=self.choice(entry, "kind", ("dropped", "clamped", "approximated", "defaulted", "assumed")),
            reason=self.text(entry, "reason"),
            needs=self.dialect_map(entry, "needs", self.dialects),
            otherwise=self.choice(entry, "otherwise", ("drop", "refuse")),
            when=self._guards(entry, "when"),
            unless=self.words(entry, "unless"),
            saw=self.words(entry, "saw"),
            unseen=self.words(entry, "unseen"),
            lays=self.words(entry, "lays"),
            knows=self.dialect_map(entry, "knows", self.dialects),
            lacks=self.dialect_map(entry, "lacks", self.dialects),
            casts=bool(entry.get("casts", False)),
            keeps=dict(entry.get("keeps", {})),
            absent=dict(entry.get("absent", {})),
            let=dict(entry.get("let", {})),
            gate={side: dict(gates) for side, gates in self.maps(entry.get("gate"))},
            derive={name: tuple(pair) for name, pair in entry.get("derive", {}).items()},
            bounds={name: tuple(pair) for name, pair in entry.get("bounds", {}).items()},
            among=dict(entry.get("among", {})),
            sums=tuple(tuple(line) for line in entry.get("sums", ())),
            satisfied=tuple(entry.get("satisfied", ())),
            drops={side: self.drops(drops, side) for side, drops in self.maps(entry.get("drops"))},
            default=bool(entry.get("default", False)),
            drop=entry.get("drop"),
            refuse=entry.get("refuse"),
            also=bool(entry.get("also", False)),
            lists=self.choice(entry, "lists", ("append", "zip")),
            yields=bool(entry.get("yields", False)),
            ignores=self.words(entry, "ignores"),
            source=self.words(entry, "source"),
            note=self.text(entry, "note"),
            status=entry.get("status"),
            title=self.text(entry, "title"),
        )

    def _guards(self, entry: Map, name: str) -> dict[str, str]:
        found = self.dialect_map(entry, name, self.dialects)
        for dialect, text in found.items():
            try:
                guard.compile_guard(str(text))
            except guard.GuardError as error:
                self.say(entry[name].marks[dialect], str(error))
        return found

    def _sides(self, entry: Map) -> dict[str, Node]:
        if "both" in entry:
            return self._same_name(entry)
        return {side: self.example(entry, side) for side in self.dialects if side in entry}

    def _same_name(self, entry: Map) -> dict[str, Node]:
        """`both: name` with `value:`, `values:` or `each:` is the same name on both sides."""
        conversion = next((entry[word] for word in ("value", "values", "each") if word in entry), None)
        plain = example.Var(("v",))
        converted = example.Var(("v",), _conversion(entry, conversion))
        steps = dotted(entry["both"])
        sides = [plain if index == 0 else converted for index in range(len(self.dialects))]
        return {side: _nested(steps, sides[index]) for index, side in enumerate(self.dialects)}

    def example(self, entry: Map, name: str) -> Node:
        """Read the example under a name."""
        try:
            return example.parse(entry[name], self.named)
        except example.ExampleError as error:
            self.say(entry.marks[name], str(error))
            return example.Obj(())

    # ------------------------------------------------------------------ blocks and layouts

    def _attribute(self, name: str, entry: Map) -> Rule:
        fields = Map(entry.mark)
        fields.update({key: value for key, value in entry.items() if key != "beside"})
        fields.names.update(entry.names)
        fields.marks.update(entry.marks)
        return self.rule(fields, name)

    def _blocks(self, table: str, entry: Map) -> tuple[Block, ...]:
        found: list[Block] = []
        for kind, block in self.maps(entry):
            found.append(self._block(f"{table}.{kind}", kind, block))
        return tuple(found)

    def _block(self, name: str, kind: str, entry: Map) -> Block:
        words = "plain opens closes where around classes inner empty of declares recast counts layouts"
        fields = Map(entry.mark)
        for key, value in entry.items():
            if key not in words.split():
                fields[key] = value
                fields.names[key], fields.marks[key] = entry.names[key], entry.marks[key]
        rule = self.rule(fields, name)
        laid: list[str] = []
        for attribute, entry_of in self.maps(self.tree["attributes"]):
            if kind in self.words(entry_of, "beside"):
                rule = _beside(rule, self.attributes[attribute])
                laid.append(attribute)
        return Block(
            kind=str(entry.get("of", kind)),
            rule=rule,
            plain=entry.get("plain"),
            book=self._book(entry),
            where={side: self._heads(heads) for side, heads in self.maps(entry.get("where"))},
            around=self._guards(entry, "around"),
            classes=frozenset(self.words(entry, "classes")),
            inner=self._inner(entry),
            declares=entry.get("declares"),
            layouts=self.words(entry, "layouts"),
            counts=bool(entry.get("counts", False)),
            recast=tuple(entry["recast"]) if "recast" in entry else None,
            empty=entry.get("empty"),
            attributes=tuple(laid),
        )

    def _heads(self, entry: Map) -> dict[str, tuple[str, ...]]:
        return {name: self.words(entry, name) for name in entry}

    def _book(self, entry: Map) -> BookUse | None:
        for word in ("opens", "closes"):
            if word in entry:
                use = entry[word]
                return BookUse(use["book"], use["key"], use["label"], word == "opens")
        return None

    def _inner(self, entry: Map) -> tuple[str, dict[str, Any]] | None:
        inner = entry.get("inner")
        if not inner:
            return None
        return inner["layout"], {side: dotted(inner[side]) for side in self.dialects}

    def _layout(self, name: str, entry: Map) -> Layout:
        self.keys(entry, "blocks roles partial title note extends", self.dialects)
        table = str(entry.get("blocks"))
        blocks = self.tree["blocks"].get(table)
        if blocks is None:
            self.unknown(entry, "blocks", "block table", self.tree["blocks"])
            blocks = Map(entry.mark)
        sides = {one: side(self, name, entry[one], one) for one in self.dialects if one in entry}
        return Layout(
            name=name,
            mark=entry.mark,
            blocks=self._blocks(table, blocks),
            roles=entry.get("roles"),
            sides=sides,
            title=entry.get("title", ""),
            partial=bool(entry.get("partial", False)),
            lineage=heirs.lineage(name, self.tree["layouts"]),
        )

    # ------------------------------------------------------------------ tables, families, dialects

    def _table(self, name: str, entry: Map) -> Table:
        self.keys(entry, "columns rows between nearest fold unknown strict reason kind note source title")
        columns = tuple(entry.get("columns", self.columns))
        return Table(
            name=name,
            mark=entry.mark,
            columns=(columns[0], columns[-1]),
            rows=self.rows(entry, "rows"),
            family_rows=self._family_rows(name),
            between=bool(entry.get("between", False)),
            nearest=self.text(entry, "nearest"),
            fold=entry.get("fold"),
            unknown=entry.get("unknown", "drop"),
            strict=entry.get("strict"),
            reason=self.text(entry, "reason"),
            kind=self.choice(entry, "kind", ("clamped", "approximated")) or "clamped",
            note=self.text(entry, "note"),
            source=self.words(entry, "source"),
        )

    def _family_rows(self, name: str) -> dict[str, tuple[Row, ...]]:
        return {
            family: self.rows(entry["tables"], name)
            for family, entry in self.maps(self.tree["families"])
            if name in entry.get("tables", {})
        }

    def _family(self, name: str, entry: Map) -> Family:
        self.keys(entry, "dialect match kind line generation extends facts tables note source")
        lineage = self._lineage(name, entry)
        facts: dict[str, Any] = {}
        for ancestor in reversed(lineage):
            facts.update(self.tree["families"][ancestor].get("facts", {}))
        return Family(
            id=name,
            mark=entry.mark,
            dialect=str(self.inherited(lineage, "dialect", self.tree["families"])),
            match=self.text(entry, "match"),
            kind=str(self.inherited(lineage, "kind", self.tree["families"])),
            line=str(self.inherited(lineage, "line", self.tree["families"])),
            generation=float(entry.get("generation", -1)),
            facts=facts,
            tables={},
            lineage=lineage,
            note=self.text(entry, "note"),
            source=self.words(entry, "source"),
        )

    def _lineage(self, name: str, entry: Map) -> tuple[str, ...]:
        found, families = [name], self.tree["families"]
        while "extends" in entry:
            parent = entry["extends"]
            if parent not in families:
                self.unknown(entry, "extends", "family", families)
                break
            if parent in found:
                self.say(entry.marks["extends"], f"{parent!r} inherits from itself")
                break
            found.append(parent)
            entry = families[parent]
        return tuple(found)

    def _dialect(self, name: str, entry: Map) -> Dialect:
        self.keys(
            entry,
            "title nulls spelling prefixes routes newest kinds lines auth base base_environment root default mounts "
            "through native links framing error schemas note",
        )
        return Dialect(
            name=name,
            mark=entry.mark,
            nulls_absent=entry.get("nulls") == "absent",
            snake=entry.get("spelling") == "snake",
            prefixes=self.words(entry, "prefixes"),
            routes=tuple(entry.get("routes", ())),
            newest=entry.get("newest", {}),
            raw=entry,
        )


def _conversion(entry: Mapping[str, Any], name: str | None) -> str | None:
    if name is None:
        return None
    return name + ("*" if "each" in entry else "%" if "values" in entry else "")


def _nested(steps: Sequence[str], node: Node) -> Node:
    for step in reversed(steps):
        node = example.Obj(((step, node),))
    return node


def _beside(block: Rule, attribute: Rule) -> Rule:
    """Lay an attribute's examples over a block's."""
    sides = {
        side: example.merged(block.sides[side], attribute.sides[side])
        for side in block.sides
        if side in attribute.sides
    }
    derive = {**block.derive, **attribute.derive}
    gate = {
        side: {**block.gate.get(side, {}), **attribute.gate.get(side, {})} for side in {*block.gate, *attribute.gate}
    }
    return replace(block, sides={**block.sides, **sides}, derive=derive, gate=gate)
