"""Examples compiled for writing: expressions that make a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from isogloss.codecs.codec import same
from isogloss.compiler_code import Code, Unsupported, literal, odd_fields, steps
from isogloss.compiler_examples import Bind, Context
from isogloss.example import Const, Known, Node, Obj, Pick, Var, variables
from isogloss.wording import plain_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isogloss.lens import Conversion, Turn


#: What this compiler understands of a table.
_TABLE: Final = [
    *("name", "mark", "columns", "rows", "family_rows", "between", "nearest", "fold", "unknown", "strict", "reason"),
    *("kind", "note", "source"),
]


@dataclass(frozen=True, slots=True)
class Written:
    """Source that makes a value; where it is optional it may make None: nothing is written."""

    source: str
    optional: bool


class Writing:
    """Writes one example."""

    def __init__(self, context: Context, code: Code, turn: Turn, env: dict[str, Bind], order: str) -> None:
        self.context = context
        self.code = code
        self.turn = turn
        self.env = env
        #: Source of where losses stand in the order of losses.
        self.order = order

    def node(self, node: Node, at: tuple[str, ...]) -> Written | None:
        """Write an example; None if there is nothing to write."""
        if isinstance(node, Obj):
            return self._object(node, at)
        if isinstance(node, Const):
            return Written(literal(node.value), False)
        if isinstance(node, Known):
            return self._known(node)
        if isinstance(node, Var) and not node.star:
            return self._variable(node, at)
        if isinstance(node, Pick):
            return self._list(node, at)
        raise Unsupported("list")

    def _known(self, node: Known) -> Written:
        if node.name == "position":
            return Written("(link[2] if link is not None and type(link[2]) is int else mem.get('position'))", True)
        var = self.context.module.fresh()
        self.code.add(f"{var} = mem.get({node.name!r})")
        if node.conversion is None:
            return Written(var, True)
        written = self.context.write(self.context.lens.conversion(node.conversion), var)
        return Written(f"({written} if {var} is not None else None)", True)

    def _object(self, node: Obj, at: tuple[str, ...]) -> Written | None:
        sure: list[str] = []
        maybe: list[tuple[str, str]] = []
        for name, child in node.fields:
            made = self.node(child, (*at, repr(name)))
            if made is None:
                continue
            if made.optional:
                maybe.append((name, made.source))
            else:
                sure.append(f"{name!r}: {made.source}")
        if not sure and not maybe:
            return None if node.fields else Written("{}", False)
        whole = "{" + ", ".join(sure) + "}"
        return self._with(whole, maybe, bool(sure)) if maybe else Written(whole, False)

    def _with(self, whole: str, maybe: list[tuple[str, str]], sure: bool) -> Written:
        var = self.context.module.fresh("d")
        self.code.add(f"{var} = {whole}")
        for name, source in maybe:
            if not source.isidentifier():
                value = self.context.module.fresh()
                self.code.add(f"{value} = {source}")
                source = value  # noqa: PLW2901 - the same value, named
            self.code.add(f"if {source} is not None: {var}[{name!r}] = {source}")
        if not sure:
            self.code.add(f"{var} = {var} or None")
        return Written(var, not sure)

    def _list(self, node: Pick, at: tuple[str, ...]) -> Written | None:
        items = [item for item in node.items if self._binds(item) or not list(variables(item))]
        if not items and node.items:
            return None
        node = replace(node, items=tuple(items))
        binds = [self._binds(item) for item in node.items]
        if not any(bind.optional for found in binds for bind in found):
            made = [self.node(item, (*at, "0")) for item in node.items]
            sources = [one.source for one in made if one is not None and not one.optional]
            if len(sources) != len(made):
                raise Unsupported("list")
            return Written("[" + ", ".join(sources) + "]", False) if sources else None
        var = self.context.module.fresh("d")
        self.code.add(f"{var} = None")
        with self.code.block(f"if {_some([bind for found in binds for bind in found])}:" if all(binds) else "if True:"):
            self.code.add(f"{var} = []")
            for item, found in zip(node.items, binds, strict=True):
                self._append(var, item, found, at)
            self.code.add(f"{var} = {var} or None")
        return Written(var, True)

    def _binds(self, item: Node) -> list[Bind]:
        return [self.env[name] for variable in variables(item) for name in variable.names if name in self.env]

    def _append(self, var: str, item: Node, found: list[Bind], at: tuple[str, ...]) -> None:
        """Emit one item: it stands there if one of its variables has a value."""
        tests = [f"{bind.var} is not None" for bind in found if bind.optional]
        whole = self.env
        if len(found) == 1:
            self.env = {
                name: replace(bind, optional=False) if bind is found[0] else bind for name, bind in whole.items()
            }
        with self.code.block(f"if {' or '.join(tests)}:" if tests and len(tests) == len(found) else "if True:"):
            one = self.node(item, (*at, "0"))
            if one is None or one.optional:
                raise Unsupported("list")
            self.code.add(f"{var}.append({one.source})")
        self.env = whole

    def _variable(self, node: Var, at: tuple[str, ...]) -> Written | None:
        binds = [self.env.get(name) for name in node.names]
        found = [bind for bind in binds if bind is not None]
        if len(found) != len(binds) or not self._may_write(node, found):
            return None
        conversion = self.context.lens.conversion(node.conversion) if node.conversion else None
        if len(found) == 1:
            return self._one(found[0], conversion, at)
        if conversion is None or any(bind.optional or bind.pending for bind in found):
            raise Unsupported(node.names[0])
        return Written(self.context.write(conversion, *(bind.var for bind in found)), False)

    def _may_write(self, node: Var, found: list[Bind]) -> bool:
        rule, lens = self.turn.rule, self.context.lens
        for name, bind in zip(node.names, found, strict=True):
            gate = rule.gate.get(lens.writer, {}).get(name)
            if gate is not None and not lens.has(lens.writer, _facts(gate["needs"])):
                if "reason" in gate:
                    self._lose(bind, gate["reason"], gate.get("satisfied", ()))
                return False
            derived = rule.derive.get(name)
            if derived and derived[0] == lens.writer and node.optional:
                raise Unsupported(name)
        return True

    def _lose(self, bind: Bind, reason: str, satisfied: Sequence[str] = ()) -> None:
        if bind.path is None:
            return
        tests = [f"{bind.var} is not None"] if bind.optional else []
        tests += [f"{bind.var} != {word!r}" for word in satisfied]
        with self.code.block(f"if {' and '.join(tests) or True}:"):
            if bind.vague:
                self.code.add("raise Bail")
                return
            rule = self.turn.rule
            told = f"{rule.id!r}, {rule.mark.place!r}, {reason!r}"
            note = f"(LOST, link, {self.order}, 'dropped', {steps(bind.path)}, None, {told})"
            self.code.add(f"notes.append({note})")

    def _one(self, bind: Bind, conversion: Conversion | None, at: tuple[str, ...]) -> Written:
        var = bind.var
        optional = bind.optional
        if bind.pending is not None:
            if conversion is not None:
                raise Unsupported(bind.pending.name)
            return self._converted(bind, bind.pending, at)
        if conversion is None:
            self._deep(bind)
            return Written(var, optional)
        if conversion.codec is None:
            return self._converted(bind, conversion, at)
        if conversion.codec.write is same:
            self._deep(bind)
        source = self.context.write(conversion, var)
        return Written(f"({source} if {var} is not None else None)" if optional else source, optional)

    def _deep(self, bind: Bind) -> None:
        """What goes over as it is may be nested too deep."""
        if bind.path is None or bind.coded or bind.flat:
            return
        var, there = bind.var, f"{bind.var} is not None" if bind.optional else f"type({bind.var}) is not str"
        test = f"{there} and type({var}) in BOXES" + (f" and not flat({var})" if self.context.nested else "")
        test = f"type({var}) is dict" if var in self.context.listed else test
        self.code.add(f"if {test}: notes.append((DEEP, {var}))")

    def _converted(self, bind: Bind, conversion: Conversion, at: tuple[str, ...]) -> Written:
        if conversion.sort == "table" and not conversion.over:
            return self._word(bind, conversion, at)
        if conversion.sort != "set" or bind.coded or bind.path is None or conversion.over:
            raise Unsupported(conversion.name)
        call = self.context.call(
            conversion.name, bind.var, f"(link, ({self.order}, {steps(bind.path)}, {steps(at)}), NO)"
        )
        if self.context.nests(conversion.name) is not None:
            self.code.add("saw.size += WEIGHT")
        return Written(f"({call} if {bind.var} is not None else None)" if bind.optional else call, bind.optional)

    def _word(self, bind: Bind, conversion: Conversion, at: tuple[str, ...]) -> Written:
        known = self.context.words.get(bind.var)
        if known is not None and (word := plain_words(self.context.lens, conversion.name).get(known)) is not None:
            return Written(literal(word), False)
        table = word_table(self.context, conversion.name)
        var = self.context.module.fresh()
        test = f"if {bind.var} is None: {var} = None" if bind.optional else ""
        if test:
            self.code.add(test)
        with self.code.block("else:" if test else "if True:"):
            where = steps(bind.path or ())
            self.code.add(f"{var} = {self._plain_words(conversion.name)}.get({bind.var})")
            self.code.add(
                f"if {var} is None: {var} = {table}({bind.var}, saw, link, notes, {self.order}, {where}, {steps(at)}, "
                f"{self.turn.rule.id!r})"
            )
        return Written(var, True)

    def _plain_words(self, name: str) -> str:
        """Name the words that are easily found: there are more of them where nothing has been laid yet."""
        lens, constant = self.context.lens, self.context.module.constant
        plain = constant(f"plain_words(LENS, {name!r})")
        if plain_words(lens, name) == plain_words(lens, name, bare=True):
            return plain
        return f"({plain} if saw else {constant(f'plain_words(LENS, {name!r}, bare=True)')})"


def _some(binds: Sequence[Bind]) -> str:
    """Write the test whether one of some variables has a value."""
    tests = " or ".join(dict.fromkeys(f"{bind.var} is not None" for bind in binds if bind.optional))
    markers = {bind.within for bind in binds}
    marker = markers.pop() if len(markers) == 1 else None
    return tests if marker is None else f"{marker} and ({tests})"


def word_table(context: Context, name: str) -> str:
    """Name the function that finds a table's words."""
    if odd_fields(context.lens.ruleset.tables[name], _TABLE):
        raise Unsupported(name)
    return context.module.constant(f"words(LENS, {name!r})")


def _facts(needs: Any) -> dict[str, Any]:
    return {needs: True} if isinstance(needs, str) else dict(needs)
