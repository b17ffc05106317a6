"""A lens compiled: generated Python that does what the interpreter does, for ordinary documents.

Generated code either returns exactly what the interpreter would, or raises Bail and the interpreter does it. So
there is nothing that it must know: a construct it does not know is compiled to Bail, for the documents that need it.
"""

from __future__ import annotations

import marshal
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from isogloss import generated, guard, parting, wording
from isogloss.compiler_clusters import SET_ARGUMENTS
from isogloss.compiler_code import Code, Module, Unsupported
from isogloss.compiler_examples import Context
from isogloss.compiler_layouts import LayoutCompiler
from isogloss.compiler_sets import SetCompiler
from isogloss.notes import DEEP, LOST, NO, Bail
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.lens import Lens, TurnedSet

_ENTRY: Final = """
def run(v, mem, defaults):
    if type(v) is not dict or mem.whole or mem.casts: raise Bail
    notes = []
    saw = Saw()
    out = {name}(v, None, notes, mem, saw, defaults)
    if saw.size > LARGEST: raise Bail
    return out, notes
"""


class Compiler:
    """Compiles one lens."""

    def __init__(self, lens: Lens) -> None:
        self.lens = lens
        self.module = Module()
        self.context = Context(lens, self.module, self.set_function)
        self.asked = _asked(lens)
        self.sets: dict[tuple[str, frozenset[str]], str] = {}
        self.open: set[str] = set()
        self.recursive: set[str] = set()

    def source(self) -> str:
        """Write the module; raises Unsupported where nothing can be compiled."""
        name = self.module.fresh("S")
        self._set(name, self.lens.document, "document", frozenset())
        sets = ", ".join(f"{key[0]!r}: {fn}" for key, fn in self.sets.items() if not key[1])
        self.module.after.append(f"SETS.update({{{sets}}})")
        return self.module.source() + _ENTRY.format(name=name)

    def set_function(self, name: str, held: frozenset[str] = frozenset()) -> str:
        """Name the function of a set, compiled when it is first asked for."""
        if name in self.open:
            self.recursive.add(name)
            return f"{self.sets[name, held]}_"
        if (name, held) not in self.sets:
            self._compile(name, held)
        return self.sets[name, held]

    def _compile(self, name: str, held: frozenset[str]) -> None:
        made = self.sets[name, held] = self.module.fresh("S")
        self.open.add(name)
        before = len(self.module.functions)
        try:
            self._set(f"{made}_", self.lens.set(name), "set", held)
        except Unsupported:
            body = Code()
            body.add("raise Bail")
            self.module.function(f"{made}_", SET_ARGUMENTS, body)
        self.open.discard(name)
        pure = not any(word in text for text in self.module.functions[before:] for word in ("mem.", "saw.add"))
        if name in self.recursive and not pure:
            raise Unsupported(name)
        self.module.after.append(f"{made} = remembered({made}_)" if name in self.recursive else f"{made} = {made}_")

    def _set(self, name: str, rules: TurnedSet, sort: str, held: frozenset[str]) -> None:
        SetCompiler(self.context, rules, sort, self._lay, held).compile(name)

    def _lay(self, compiler: SetCompiler, layout: str, number: int) -> set[str]:
        work = LayoutCompiler(self.context, self.lens.layout(layout), number, compiler.scopes, self.asked)
        return work.compile(compiler.body)


def _asked(lens: Lens) -> frozenset[str]:
    """Find the classes of blocks that some rule or row asks for."""
    rules = lens.ruleset
    sets = (*rules.documents.values(), *rules.sets.values())
    tables = rules.tables.values()
    rows = [row for table in tables for rows in (table.rows, *table.family_rows.values()) for row in rows]
    return frozenset({word for one in sets for rule in one.rules for word in rule.saw} | {r.saw for r in rows if r.saw})


def compile_lens(lens: Lens) -> bytes | None:
    """Compile a lens to code that can be kept; None where nothing can be compiled."""
    try:
        source = Compiler(lens).source()
    except Unsupported:
        return None
    return marshal.dumps(compile(source, f"<{lens.name} {lens.reader} to {lens.writer}>", "exec"))


def load(lens: Lens, code: bytes) -> Callable[[Any, Any, bool], Any]:
    """Make the function that compiled code defines."""

    def portion(name: str, sort: str, indexes: Any, roots: Any) -> Any:
        def run(*given: Any) -> None:
            nonlocal run
            run = parting.component(lens, name, sort, indexes, roots, space["SETS"])
            run(*given)

        return lambda *given: run(*given)  # noqa: PLW0108 - run is another function after its first call

    space: dict[str, Any] = {
        **{name: getattr(generated, name) for name in _NAMES},
        "deriver": wording.deriver,
        "words": wording.words,
        "ABSENT": ABSENT,
        "same": same,
        "BOXES": (dict, list),
        "Bail": Bail,
        "LOST": LOST,
        "DEEP": DEEP,
        "NO": NO,
        "LENS": lens,
        "SETS": {},
        "portion": portion,
        "bail": _bail,
        "truth": guard.truth,
        "numbers": guard.numbers,
        "asked": guard.FUNCTIONS,
    }
    loaded = marshal.loads(code)  # noqa: S302 - our own code, made from the rulebook
    assert isinstance(loaded, CodeType)
    exec(loaded, space)  # noqa: S102 - our own code, made from the rulebook
    return space["run"]


def _bail() -> None:
    raise Bail


_NAMES: Final = [
    "FEW",
    "LARGEST",
    "WEIGHT",
    "Site",
    "Saw",
    "close",
    "dumps",
    "fitter",
    "has_name",
    "has_word",
    "held",
    "loads",
    "mint",
    "reader",
    "remembered",
    "writer",
]
