"""What compiling an example needs: what was read, the objects it stood in, the lens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isogloss.codecs.codec import is_object, is_text, same, whole
from isogloss.compiler_code import Code, Module, Unsupported, plain, steps
from isogloss.notes import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from isogloss.lens import Conversion, Lens
    from isogloss.rule import Drop
    from isogloss.values import Path


@dataclass(frozen=True, slots=True)
class Bind:
    """A variable that was read."""

    var: str
    #: Whether it may be None: not there.
    optional: bool
    path: tuple[str, ...] | None
    pending: Conversion | None = None
    #: A codec made it: it stands nowhere in the document.
    coded: bool = False
    #: Where exactly it stood is not known when the code is made.
    vague: bool = False
    #: It is no list and no object.
    flat: bool = False
    #: A variable that tells whether anything can be there: an object around it holds more than its first name.
    within: str | None = None

    @property
    def is_plain(self) -> bool:
        """Tell whether the variable is there, and is what stands in the document."""
        return not (self.optional or self.coded or self.vague)


@dataclass(slots=True)
class Thing:
    """An object that code looks into."""

    var: str
    path: tuple[str, ...]
    #: Sentences that hold here: (steps from where they are given, drops, owner's id and place).
    scopes: tuple[tuple[tuple[str, ...], tuple[Drop, ...], str, str], ...]
    #: Names that are read: each with the test that it is there, or '' where it must be.
    keys: dict[str, str] = field(default_factory=dict[str, str])
    #: Members that have been fetched already, and members of these.
    given: dict[str, str] = field(default_factory=dict[str, str])
    inner: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    #: Whether what has been fetched is known to be there.
    present: bool = False
    #: Words that are known to stand under a name.
    said: dict[str, str] = field(default_factory=dict[str, str])

    def below(self, name: str, var: str) -> Thing:
        """Return the object under a name."""
        scopes = tuple(((*prefix, name), drops, rule, place) for prefix, drops, rule, place in self.scopes)
        return Thing(var, (*self.path, repr(name)), scopes, given=self.inner.get(name, {}))

    @property
    def fetched(self) -> dict[Path, str]:
        """Where things stand that have been fetched, and the variables that hold them, or None."""
        return {(name,): var for name, var in self.given.items()} | {
            (name, below): var for name, members in self.inner.items() for below, var in members.items()
        }


@dataclass(slots=True)
class Context:
    """What compiling one lens needs everywhere."""

    lens: Lens
    module: Module
    #: Writes the call of a rule set's function: (set, value, link, names that rules around it read).
    call: Callable[..., str]
    #: Names what finds the functions of a set that is about to hold itself, "" for nothing; None where it is not.
    nests: Callable[[str], str | None]
    #: Variables whose value is known when the code is made.
    words: dict[str, str] = field(default_factory=dict[str, str])
    #: Whether the objects of this set hold such objects.
    nested: bool = False
    #: Whether parts that are left to the interpreter ask what time it is.
    clocked: bool = False
    #: Variables that hold no objects and no other lists if they hold a list.
    listed: set[str] = field(default_factory=set[str])

    def options(self, conversion: Conversion) -> str:
        """Write a codec's options as source."""
        options = plain(dict(conversion.options))
        if any(isinstance(value, str) and value.startswith("@") for value in options.values()):
            raise Unsupported(conversion.name)
        return repr(options)

    def check_pending(self, conversion: Conversion | None) -> None:
        """Refuse to compile words that are objects: the table reads a part of them only."""
        if conversion is None or conversion.sort != "table":
            return
        table = self.lens.ruleset.tables[conversion.name]
        side = 0 if self.lens.reader == table.columns[0] else 1
        if any(isinstance(row.cells[side], dict | list) for row in self.lens.rows(conversion.name)):
            raise Unsupported(conversion.name)

    def codec(self, sort: str, conversion: Conversion) -> str:
        """Name one way of a codec."""
        if conversion.over:
            raise Unsupported(conversion.name)
        return self.module.constant(f"{sort}({_base(conversion)!r}, {self.options(conversion)})")

    def site(self, thing: Thing) -> str:
        """Name the account of an object's other names."""
        scopes = tuple(
            (prefix, tuple(map(_drop, drops)), rule, place) for prefix, drops, rule, place in thing.scopes if drops
        )
        nulls = self.lens.nulls_absent
        return self.module.constant(f"Site(frozenset({sorted(thing.keys)!r}), {scopes!r}, nulls={nulls})")

    def known(self, thing: Thing) -> str:
        """Write how many of an object's names have been read."""
        sure = sum(1 for test in thing.keys.values() if not test)
        tests = [f"({test})" for test in thing.keys.values() if test]
        terms = [*([str(sure)] if sure or not tests else []), *tests]
        return f"({' + '.join(terms)})" if tests else str(sure)

    def more(self, code: Code, thing: Thing, marker: str | None = None) -> None:
        """Go on only where an object holds more than has been read."""
        asked = f"len({thing.var}) > {self.known(thing)}"
        code.add(f"if {asked}:" if marker is None else f"if {marker} := {asked}:")
        code.depth += 1

    def surplus(self, code: Code, thing: Thing) -> None:
        """Emit what accounts for the names that have not been read."""
        code.add(f"{self.site(thing)}.extra({thing.var}, link, {steps(thing.path)}, notes)")

    def count(self, code: Code, thing: Thing, said: Sequence[str] = ()) -> None:
        """Emit the test that nothing is in an object but what is read; Bail where that is nothing of what is `said`."""
        if "" not in thing.keys.values():
            code.add(f"if not {thing.var}: raise Bail")
        with code.block(f"if len({thing.var}) != {self.known(thing)}:"):
            if said:
                code.add(f"if {' and '.join(f'{var} is None' for var in said)}: raise Bail")
            self.surplus(code, thing)

    def fits(self, conversion: Conversion, var: str) -> str:
        """Write a codec's test."""
        codec = conversion.codec
        assert codec is not None
        if codec.fits in _SORTS:
            return f"isinstance({var}, {_SORTS[codec.fits]})"
        if codec.clue is not None:
            return f"(isinstance({var}, str) and {conversion.options[codec.clue]!r} in {var})"
        if codec.head and "types" not in conversion.options:
            return f"(isinstance({var}, str) and {var}[:{len(codec.head)}].lower() == {codec.head!r})"
        return f"{self.codec('fitter', conversion)}({var})"

    def read(self, conversion: Conversion, var: str) -> str:
        """Write what reads a value by a codec."""
        if _base(conversion) == "json-text":
            return f"{self.module.constant(f'parser({self.options(conversion)})')}({var})"
        if conversion.codec is not None and conversion.codec.read is whole:
            return var
        if conversion.codec is not None and conversion.codec.source:
            return conversion.codec.source.format(var)
        name = self.codec("reader", conversion)
        return f"{name}[{var}]" if _base(conversion) in WORDS else f"{name}({var})"

    def write(self, conversion: Conversion, *values: str) -> str:
        """Write what writes values by a codec."""
        if _base(conversion) == "json-text":
            return f"dumps({values[0]})"
        if conversion.codec is not None and conversion.codec.write is same:
            return values[0]
        if _base(conversion) in WORDS:
            return f"{self.codec('writer', conversion)}[{values[0]}]"
        return f"{self.codec('writer', conversion)}({', '.join(values)})"


#: Tests of codecs that ask for the sort of a value.
_SORTS: Final[dict[Any, str]] = {is_text: "str", is_object: "dict"}


def _base(conversion: Conversion) -> str:
    return conversion.name.partition(":")[0]


def _drop(drop: Drop) -> tuple[Any, ...]:
    path = tuple(map(str, drop.path))
    place = drop.mark.place if drop.mark else ""
    return path, drop.reason, plain(list(drop.satisfied)), drop.refuse, drop.normal, place
