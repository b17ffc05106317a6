"""The text of a stencil: the tests that a piece must pass, the registers it advances, the body it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.cutting import Cutting
    from isogloss.values import Path, Value


class Code:
    """The text of a stencil: tests, registers, the body."""

    def __init__(self, cutting: Cutting, names: dict[str, Any]) -> None:
        self.cutting = cutting
        self.names = names
        self.tests: list[str] = []
        self.variables: dict[Path, str] = {}
        #: The exchange's values that are written, by name.
        self.known: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        """Yield the lines."""
        self._read(self.cutting.seen.event, "event", ())
        body = self._body(self.cutting.seen.body, ())
        yield "def fill(event, memory, strand, stream):"
        yield "    try:"
        yield from (f"        {test}" for test in self.tests)
        yield from (f"        {name} = memory.values[{known!r}]" for known, name in self.known.items())
        yield "    except (KeyError, TypeError, IndexError):"
        yield "        return None"
        yield from (f"    {line}" for line in self._registers())
        yield f"    return {body}"

    def _constant(self, value: Value) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    # ------------------------------------------------------------------ reading

    def _read(self, value: Value, name: str, path: Path) -> None:
        if path in self.cutting.seen.held:
            self.variables[path] = name
        elif isinstance(value, dict | list) and value:
            self._container(value, name, path)
        elif path in self.cutting.moves:
            self.variables[path] = name
            self.tests.append(f"if type({name}) is not str or not {name}: return None")
        elif path in self.cutting.free:
            empty = f" or not {name}" if isinstance(value, str) else ""
            self.tests.append(f"if type({name}) is not {type(value).__name__}{empty}: return None")
        else:
            self._equal(value, name)

    def _container(self, value: Any, name: str, path: Path) -> None:
        self.tests.append(f"if len({name}) != {len(value)}: return None")
        if isinstance(value, list) and not all(isinstance(item, dict) and item for item in value):
            self.tests.append(f"if type({name}) is not list: return None")  # a text has items too
        for number, (step, member) in enumerate(value.items() if isinstance(value, dict) else enumerate(value)):
            inner = f"{name}_{number}"
            self.tests.append(f"{inner} = {name}[{step!r}]")
            self._read(member, inner, (*path, step))

    def _equal(self, value: Value, name: str) -> None:
        if value is None or isinstance(value, bool):
            self.tests.append(f"if {name} is not {value}: return None")
        elif isinstance(value, str):
            self.tests.append(f"if {name} != {self._constant(value)}: return None")
        elif isinstance(value, int):
            self.tests.append(f"if type({name}) is not int or {name} != {value}: return None")
        elif isinstance(value, float):
            self.tests.append(f"if type({name}) is not float or {name} != {self._constant(value)}: return None")
        else:
            self.tests.append(f"if not same({name}, {self._constant(value)}): return None")

    # ------------------------------------------------------------------ registers

    def _registers(self) -> Iterator[str]:
        cutting = self.cutting
        yield from self._keeping()
        for path, grows in cutting.grows.items():
            for name in grows:
                key = self._constant(name)
                yield f"strand.lengths[{key}] = strand.lengths.get({key}, 0) + len({self.variables[path]})"
        frame = [name for name in cutting.seen.frame if cutting.seen.event.get(name) is not None]
        if frame:
            yield f"if {' or '.join(f'{name!r} not in stream.frame' for name in frame)}:"
            yield from (f"    stream.frame.setdefault({name!r}, event[{name!r}])" for name in frame)
        for path in cutting.seen.held:
            yield from self._holding(path)

    def _holding(self, path: Path) -> Iterator[str]:
        """Keep a word for the end; where it has the names it had before, it takes the place of the one before."""
        name, key = self.variables[path], path[-1]
        if len(path) > 1:
            yield f"if {name} is not None: stream.hold({path!r}, {name})"
            return
        yield f"there = stream.last.get({key!r})"
        yield f"if type(there) is dict and type({name}) is dict and there.keys() == {name}.keys():"
        yield f"    stream.last[{key!r}] = {name}"
        yield "else:"
        yield f"    stream.hold({path!r}, {name})"

    def _keeping(self) -> Iterator[str]:
        """Keep the text that positions count in."""
        before, after = self.cutting.seen.before.strand, self.cutting.seen.after.strand
        alike, kept = before.tail == after.tail != "", self.cutting.kept
        if kept is None and alike:
            return
        text = repr("") if kept is None else self.variables[kept]
        yield f"size = strand.size + len({text})"
        yield "if size > memory.progress.most: return None"
        if alike:
            yield f"strand.texts[-1].append({text})"
            yield "strand.size = size"
        else:
            yield f"strand.keep({after.tail!r}, {text}, memory.progress.most)"

    # ------------------------------------------------------------------ writing

    def _body(self, value: Value, path: Path) -> str:
        if path in self.cutting.knows:
            known = self.cutting.knows[path]
            return self.known.setdefault(known, f"known_{len(self.known)}")
        for source, places in self.cutting.moves.items():
            if path in places:
                return self.variables[source]
        if isinstance(value, dict):
            return "{" + ", ".join(f"{k!r}: {self._body(v, (*path, k))}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._body(item, (*path, n)) for n, item in enumerate(value)) + "]"
        return repr(value) if value is None or isinstance(value, bool | int) else self._constant(value)
