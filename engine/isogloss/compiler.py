"""A lens compiled: generated Python that does what the interpreter does, for ordinary documents.

Generated code either returns exactly what the interpreter would, or raises Bail and the interpreter does it. So
there is nothing that it must know: a construct it does not know is compiled to Bail, for the documents that need it.

Each rule set becomes a general function, which goes over the names that are present; for shapes that come often a
function of their own is made later, from the rules that can hold for just these names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from isogloss import converting, generated, guard, parting, remembering, sizes, wording
from isogloss.compiler_clusters import LAYOUT_ARGUMENTS, SET_ARGUMENTS
from isogloss.compiler_code import Code, Module, Unsupported, odd_fields
from isogloss.compiler_either import compile_either
from isogloss.compiler_examples import Context
from isogloss.compiler_layouts import LayoutCompiler
from isogloss.compiler_sets import SetCompiler
from isogloss.compiler_shapes import ShapeCompiler, asked_most
from isogloss.compiler_sorts import MANY_ARGUMENTS, Shape, Sorted
from isogloss.example import Obj, Var
from isogloss.notes import DEEP, LOST, NO, Bail
from isogloss.shapes import Made, Shapes
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isogloss.lens import Lens, TurnedLayout, TurnedSet

    Fast = Callable[..., Any]

_ENTRY: Final = """
def run(v, mem, defaults, clock):
    if type(v) is not dict: raise Bail
    {clock}
    notes = []
    saw = Saw()
    out = {call}
    if saw.size > LARGEST: counted(v)
    return out, notes
"""
_CLOCK: Final = "if 'now' not in mem and clock is not None: mem['now'] = int(clock())"
_DOCUMENT: Final = "document"
#: What this compiler understands of a set, or what does not concern one document.
_SET: Final = [
    *("name", "mark", "rules", "drops", "layouts", "nulls", "rest", "excludes", "inline", "title", "note"),
    *("whole", "validate", "seed", "stream", "headers", "apart", "joins", "answers", "either"),
]


class Compiler:
    """Compiles one lens, and later the shapes that it meets."""

    def __init__(self, lens: Lens) -> None:
        self.lens = lens
        self.module = Module()
        self.context = Context(lens, self.module, self.call, self._nests)
        self.asked = _asked(lens)
        self.sets: dict[tuple[str, frozenset[str]], str] = {}
        #: Functions of layouts and the names they read, by set, names held and number.
        self.layouts: dict[tuple[str, frozenset[str], int], tuple[str, set[str]]] = {}
        self.open: set[str] = set()
        self.recursive: set[str] = set()
        #: What shapes of sets that hold themselves begin with, and its words.
        self.leads: dict[str, tuple[str | None, frozenset[str]]] = {}
        #: What was compiled for shapes, by the general function of their set.
        self.sorts: dict[str, Sorted] = {}
        #: Functions that have no shapes.
        self.plain: set[str] = set()
        self.space: dict[str, Any] = {**_SPACE, "LENS": lens, "SETS": {}, "portion": self._portion}
        self.space["shapes"] = self._shapes

    def source(self) -> str:
        """Write the module; raises Unsupported where nothing can be compiled."""
        name = self.module.fresh("S")
        self._set(name, self.lens.document, _DOCUMENT, frozenset())
        sets = ", ".join(f"{key[0]!r}: {fn}" for key, fn in self.sets.items() if not key[1])
        self.module.after.append(f"SETS.update({{{sets}}})")
        source = self.module.source()
        clock = _CLOCK if "mem.get('now')" in source or self.context.clocked else "del clock"
        return source + _ENTRY.format(call=f"{name}s.several(v, None, notes, mem, saw, defaults)", clock=clock)

    def function(self) -> Fast:
        """Make the function that runs the lens; raises Unsupported."""
        self._load(self.source())
        return self.space["run"]

    def _load(self, source: str) -> None:
        name = f"<{self.lens.name} {self.lens.reader} to {self.lens.writer}>"
        exec(compile(source, name, "exec"), self.space)  # noqa: S102 - our own code, made from the rulebook

    # ------------------------------------------------------------------ sets

    def call(self, name: str, value: str, link: str, held: frozenset[str] = frozenset()) -> str:
        """Write the call of a set's function, which is compiled when it is first asked for."""
        if name in self.open:
            self.recursive.add(name)
        elif (name, held) not in self.sets:
            self._compile(name, held)
        made = self.sets[name, held]
        remembered = name in self.recursive and name not in self.open
        work = made if remembered or made in self.plain else self._by_shape(name, made, value)
        return f"{work}({value}, {link}, notes, mem, saw, defaults)"

    def _nests(self, name: str) -> str | None:
        """Name what finds the functions of a set that is about to hold itself, "" for nothing; None where it is not."""
        if name not in self.open or name not in self.recursive:
            return None
        return "" if self._lead(name)[0] is None else f"{self.sets[name, frozenset[str]()]}w"

    def _by_shape(self, name: str, made: str, value: str) -> str:
        """Write what finds the function of an object, as `shapes.Shapes.of` does."""
        lead, word = self._lead(name)[0], self.module.fresh("w")
        said = f"{word} if type({word} := {value}.get({lead!r})) is str else None"
        return f"{made}s.several" if lead is None else f"{made}w[{said}]"

    def _lead(self, name: str) -> tuple[str | None, frozenset[str]]:
        """Name what shapes of a set begin with: sets that hold themselves have many small objects of a few sorts."""
        if name not in self.recursive:
            return None, frozenset()
        if name not in self.leads:
            self.leads[name] = asked_most(self.lens, self.lens.set(name))
        return self.leads[name]

    def _compile(self, name: str, held: frozenset[str]) -> None:
        made = self.sets[name, held] = self.module.fresh("S")
        self.open.add(name)
        nested, self.context.nested = self.context.nested, False
        before = len(self.module.functions)
        try:
            self._set(made, self.lens.set(name), "set", held)
        except Unsupported:
            body = Code()
            body.add("raise Bail")
            self.module.function(f"{made}_", SET_ARGUMENTS, body)
            self.plain.add(made)
        self.open.discard(name)
        self.context.nested = nested
        if name in self.recursive and not _pure(self.module.functions[before:]):
            raise Unsupported(name)
        remembered = name in self.recursive and made not in self.plain
        kept = f"remembered({made}s, {_held(self.lens, self.lens.set(name))!r})"
        self.module.after.append(f"{made} = {kept if remembered else made + '_'}")

    def _set(self, made: str, rules: TurnedSet, sort: str, held: frozenset[str]) -> None:
        ruleset = self.lens.ruleset
        if odd_fields((ruleset.documents if sort == _DOCUMENT else ruleset.sets)[rules.name], _SET):
            raise Unsupported(rules.name)
        if rules.either:
            self.plain.add(made)
            compile_either(self.context, rules, f"{made}_")
            return
        known = SetCompiler(self.context, rules, sort, self.lay, held).compile(f"{made}_")
        told = f"{rules.name!r}, {sort!r}, frozenset({sorted(held)!r}), frozenset({sorted(known)!r})"
        self.module.after += [f"{made}s = shapes({made + '_'!r}, {told})", f"{made}w = {made}s.sorts"]

    def lay(self, rules: TurnedSet, scopes: Any, held: frozenset[str], number: int) -> tuple[str, set[str]]:
        """Name the function of one of a set's layouts, and the names that it reads."""
        key = (rules.name, held, number)
        if key not in self.layouts:
            body = Code()
            layout = self.lens.layout(rules.layouts[number])
            taken = LayoutCompiler(self.context, layout, number, scopes, self.asked).compile(body)
            made = self.module.fresh("lay")
            self.module.function(f"{made}_", LAYOUT_ARGUMENTS, body)
            kept = self._remembered(layout, body) if rules is self.lens.document else None
            self.module.after.append(
                f"{made} = {made}_" if kept is None else f"{made} = remembered_layout({made}_, {kept})"
            )
            self.layouts[key] = (made, taken)
        return self.layouts[key]

    def _remembered(self, layout: TurnedLayout, body: Code) -> str | None:
        """Write where a layout reads and writes lists of what is remembered; None where it does or asks for more."""
        read, write = layout.read, layout.write
        sets = [made for (name, _), made in self.sets.items() if name in self.recursive and made not in self.plain]
        lines = [line for line in body.lines if not any(f"{made}(" in line for made in sets)]
        if len(lines) == len(body.lines) or any(_asking(line) for line in lines):
            return None
        if read.groups is None or write.groups is None or read.hoist or read.group or layout.legal:
            return None
        also = sorted(place[0] for place in read.also)
        return f"{read.groups[0]!r}, {write.groups[0]!r}, frozenset({also!r})"

    # ------------------------------------------------------------------ at work

    def _portion(self, name: str, sort: str, indexes: Any, roots: Any) -> Fast:
        def run(*given: Any) -> None:
            nonlocal run
            run = parting.component(self.lens, name, sort, indexes, roots, self.space["SETS"])
            run(*given)

        return lambda *given: run(*given)  # noqa: PLW0108 - run is another function after its first call

    def _shapes(self, general: str, name: str, sort: str, held: frozenset[str], names: frozenset[str]) -> Shapes:
        rules = self.lens.document if sort == _DOCUMENT else self.lens.set(name)

        def make(shape: tuple[str, ...], nulls: frozenset[str], said: Mapping[str, str]) -> Made:
            return self._shaped(general, name, rules, (sort, held, shape, nulls), said)

        return Shapes(self.space[general], names, *self._lead(name), make)

    def _shaped(
        self, general: str, name: str, rules: TurnedSet, form: tuple[Any, ...], said: Mapping[str, str]
    ) -> Made:
        """Make the function of a shape, and those that know it besides others."""
        sort, held, names, nulls = form
        made: dict[str, str] = {}
        own = {name} - self.open if sort != _DOCUMENT else set[str]()
        self.open |= own
        self.context.nested = name in self.recursive
        try:
            shape = ShapeCompiler(self.context, rules, sort, self.lay, held).shaped(names, nulls, said, general)
            if name not in self.recursive or _pure([*self.module.functions, *shape.lines]):
                made = self._made(general, name, shape, said)
        except Unsupported:
            pass
        finally:
            self.open -= own
            self.context.nested = False
            self._load(self.module.source())
        return Made(**{word: self.space[function] for word, function in made.items()})

    def _made(self, general: str, name: str, shape: Shape, said: Mapping[str, str]) -> dict[str, str]:
        """Write the functions for a shape: one for several shapes of its set, else its own."""
        lead = self._lead(name)[0]
        word = None if lead is None else said.get(lead)
        known = self.sorts.setdefault(general, Sorted(general[:-1], lead))
        if not known.add(word, shape):
            return {"own": self._function("P", SET_ARGUMENTS, shape.whole())}
        made = {"sort": self._function("W", SET_ARGUMENTS, known.sort(word))}
        if lead is not None:
            made["members"] = self._function("M", MANY_ARGUMENTS, known.members())
            made["each"] = self._function("M", MANY_ARGUMENTS, known.each())
        return made

    def _function(self, head: str, arguments: str, body: Code) -> str:
        made = self.module.fresh(head)
        self.module.function(made, arguments, body)
        return made


def _held(lens: Lens, rules: TurnedSet) -> str | None:
    """Find the name under which an object of a set holds others by their names."""
    nodes = [turn.read for turn in rules.turns]
    shown = [(name, child) for node in nodes if isinstance(node, Obj) for name, child in node.fields]
    held = [(name, lens.conversion(v.conversion)) for name, v in shown if isinstance(v, Var) and v.conversion]
    return next((name for name, one in held if one.sort == "set" and one.over == "%"), None)


def _pure(functions: list[str]) -> bool:
    """Tell whether what functions return depends on nothing but the value they are given."""
    return not any(word in text for text in functions for word in ("mem[", "mem.get", "saw.add", "if defaults"))


#: What a layout says of the blocks that it laid, and of how much it read.
_SAYS: Final = re.compile(r"saw\.(add\('[^']*'\)|size \+=)")


def _asking(line: str) -> bool:
    """Tell whether a line of a layout does more with the exchange than that."""
    return "mem" in line or "saw" in _SAYS.sub("", line)


def _asked(lens: Lens) -> frozenset[str]:
    """Find the classes of blocks that some rule or row asks for."""
    rules = lens.ruleset
    sets = (*rules.documents.values(), *rules.sets.values())
    tables = rules.tables.values()
    rows = [row for table in tables for rows in (table.rows, *table.family_rows.values()) for row in rows]
    asked = {word for one in sets for rule in one.rules for word in (*rule.saw, *rule.unseen)}
    return frozenset(asked | {row.saw for row in rows if row.saw})


def compile_lens(lens: Lens) -> Fast | None:
    """Compile a lens to a function of document, exchange values, defaults and clock; None where it cannot be."""
    try:
        return Compiler(lens).function()
    except Unsupported:
        return None


def _bail() -> None:
    raise Bail


_NAMES: Final = ["Site", "Saw", "beside", "blank", "close", "has_name", "has_word", "in_order", "mint"]
#: What all generated code may name.
_SPACE: Final[dict[str, Any]] = {
    **{name: getattr(generated, name) for name in _NAMES},
    **{name: getattr(converting, name) for name in ("dumps", "fitter", "flat", "parser", "reader", "taker", "writer")},
    **{name: getattr(sizes, name) for name in ("FEW", "LARGEST", "WEIGHT", "counted")},
    "remembered": remembering.remembered,
    "remembered_layout": remembering.remembered_layout,
    "deriver": wording.deriver,
    "words": wording.words,
    "plain_words": wording.plain_words,
    "ABSENT": ABSENT,
    "same": same,
    "BOXES": frozenset({dict, list}),
    "SIZED": frozenset({dict, list, str}),
    "NUMBERS": (int, float),
    "Bail": Bail,
    "LOST": LOST,
    "DEEP": DEEP,
    "NO": NO,
    "bail": _bail,
    "numbers": guard.numbers,
    "asked": guard.FUNCTIONS,
}
