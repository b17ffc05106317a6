"""What was compiled for the shapes of one set, put together: a function for all shapes with a word, others for many.

Sets that hold themselves have many small objects of a few sorts. What tells these apart is asked in one function: a
word, how many names there are, and whether one or two of them are there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from isogloss.compiler_clusters import SET_ARGUMENTS
from isogloss.compiler_code import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: So many shapes with one word have code in one function, and of one set in the functions of many; fewer of a set
#: without words, whose objects are larger.
_MANY: Final = 24
_SOME: Final = 4
#: The functions of many: an object or a list of them, and what their set's functions take.
MANY_ARGUMENTS: Final = "x, above, how, notes, mem, saw, defaults"
#: Where one of them stands, for those that say so.
_LINK: Final = ["link = (above, how, key)"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What was compiled for objects of one shape."""

    #: The variables that its body expects the values of its names in.
    values: dict[str, str]
    #: Names that are null in such objects, and those that layouts read, which look for themselves what is there.
    nulls: frozenset[str]
    taken: frozenset[str]
    #: A line that sends elsewhere what is not as it was in the first object of this shape.
    expected: str
    #: Lines of a function's body, to its end.
    lines: list[str]

    def whole(self) -> Code:
        """Write the body of a function for this shape, its names in their order."""
        code = Code()
        code.add(f"{', '.join(self.values.values())}, = v.values()", *([self.expected] if self.expected else []))
        code.lines += self.lines
        return code

    def branch(self, code: Code, lead: str | None, end: Sequence[str], link: Sequence[str] = ()) -> None:
        """Emit the body for an object of this size, if it has these names; what stands under `lead` is known."""
        given = {name for name in self.values if name == lead or name in self.taken}
        tests = [self._test(name) for name in self.values if name != lead]
        with code.block(f"if {' and '.join(tests) or True}:"):
            code.add(
                *(f"{var} = v[{name!r}]" for name, var in self.values.items() if name in given and self._says(var))
            )
            code.add(*(link if self._says("link") else ()), *(line[4:] for line in self.lines[:-1]), *end)

    def _test(self, name: str) -> str:
        """Write the test that an object has a name, as it is expected."""
        if name in self.taken:
            return f"{name!r} in v"
        if name in self.nulls:
            return f"v.get({name!r}, 0) is None"
        return f"({self.values[name]} := v.get({name!r})) is not None"

    def _says(self, var: str) -> bool:
        return any(re.search(rf"\b{var}\b", line) for line in self.lines)


@dataclass(slots=True)
class Sorted:
    """The shapes of one set that have come often, by their word and names."""

    #: How its functions are called, but for their last letter.
    name: str
    lead: str | None
    shapes: dict[str | None, dict[frozenset[str], Shape]] = field(
        default_factory=dict["str | None", "dict[frozenset[str], Shape]"]
    )

    def add(self, word: str | None, shape: Shape) -> bool:
        """Take a shape in; tells whether there was room for it."""
        known = self.shapes.setdefault(word, {})
        room = len(known) < (_SOME if self.lead is None else _MANY)
        if room:
            known[frozenset(shape.values)] = shape
        return room

    def sort(self, word: str | None) -> Code:
        """Write the body of a function for all shapes with one word."""
        code, shape = Code(), "tuple(v)" if self.lead is None else f"{word!r}, *v"
        self._by_size(code, self.shapes[word].values(), ["return out"], None if word is None else self.lead)
        code.add(f"return {self.name}s[{shape}]({SET_ARGUMENTS})")
        return code

    def members(self) -> Code:
        """Write the body of a function for an object of such objects."""
        return self._all("{}", "x.items()", "made[key] = {}")

    def each(self) -> Code:
        """Write the body of a function for a list of such objects."""
        return self._all("[]", "enumerate(x)", "made.append({})")

    def _all(self, empty: str, pairs: str, put: str) -> Code:
        code, head = Code(), "if"
        code.add(f"made = {empty}")
        with code.block(f"for key, v in {pairs}:"):
            code.add(f"word = v.get({self.lead!r})")
            for word, shapes in self._words().items():
                with code.block(f"{head} word == {word!r}:"):
                    self._by_size(code, shapes, [put.format("out"), "continue"], self.lead, _LINK)
                head = "elif"
            called = f"{self.name}w[word if type(word) is str else None]"
            code.add(put.format(f"{called}(v, (above, how, key), notes, mem, saw, defaults)"))
        code.add("return made")
        return code

    def _words(self) -> dict[str, list[Shape]]:
        """Return the first shapes that came often, by their words."""
        pairs = [(word, shape) for word, known in self.shapes.items() if word for shape in known.values()]
        found: dict[str, list[Shape]] = {}
        for word, shape in pairs[:_MANY]:
            found.setdefault(word, []).append(shape)
        return found

    @staticmethod
    def _by_size(
        code: Code, shapes: Iterable[Shape], end: Sequence[str], lead: str | None, link: Sequence[str] = ()
    ) -> None:
        """Emit what tells shapes apart; under `lead` the word that is known stands in all of them."""
        shapes, head = list(shapes), "if"
        code.add("size = len(v)")
        for size in sorted({len(shape.values) for shape in shapes}):
            with code.block(f"{head} size == {size}:"):
                for shape in shapes:
                    if len(shape.values) == size:
                        shape.branch(code, lead, end, link)
            head = "elif"
