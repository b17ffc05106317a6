"""One document through one lens: by generated code or the interpreter; and the ledger, which is made when asked for.

A traced translation costs little more than one without: generated code keeps no account, so the translation keeps what
it was made from (its own copy of the document, and what the exchange knew), and whoever reads the ledger has the
interpreter do it all again. It is the same translation (law 8), so the ledger is the one the interpreter would have
kept; what a caller does to the document or the body in the meantime does not reach it.
"""

from __future__ import annotations

import marshal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isogloss import generated, library
from isogloss.errors import DocumentError
from isogloss.interpreter import Run
from isogloss.limits import check_size
from isogloss.memory import Memory

if TYPE_CHECKING:
    from isogloss.lens import Lens
    from isogloss.loss import Loss, Step
    from isogloss.translator import Translator
    from isogloss.values import Object, Path, Value


#: What a ledger is made from: the lens, the document, what the exchange knew, and whether defaults are on.
#: A list, since an object takes a tenth of what a small document takes.
Account = list[Any]


def steps(lens: Lens, document: Value, values: Object, gloss: Translator) -> tuple[Step, ...]:
    """Take every step of a document that has been translated, as the interpreter takes them."""
    return _steps([lens, document, values, gloss.defaults])


def _steps(account: Account) -> tuple[Step, ...]:
    """Return every step, as the interpreter takes it."""
    lens, document, values, defaults = account
    going = Run(lens, Memory(values.copy()), defaults=defaults)
    given = marshal.loads(document) if isinstance(document, bytes) else document  # noqa: S302 - dumped below
    try:
        return going.accounts.ledger(given, going.document(given))
    except RecursionError:
        raise DocumentError("", "the document is nested too deep for a ledger", rule="limits") from None


@dataclass(frozen=True, slots=True)
class Translation:
    """One translated document: a new value. The input is never changed; what goes over as it is, is shared with it."""

    body: Value
    losses: tuple[Loss, ...]
    _account: tuple[Step, ...] | Account | None = field(repr=False, compare=False)
    #: Version and hash of the rules that did it.
    ruleset: str

    @property
    def ledger(self) -> tuple[Step, ...] | None:
        """Every step, where `trace=True` was asked for: made when it is first read."""
        found = self._account
        if isinstance(found, list):
            found = _steps(found)
            object.__setattr__(self, "_account", found)
        return found


class _Open:
    """A translation in the making: filling a frozen dataclass takes a fifth of what a small document takes."""

    __slots__ = ("_account", "body", "losses", "ruleset")


#: A list of more items than this makes a document one of many objects.
_FEW: Final = 8
#: A document of more bytes holds media, which are shared, not copied.
_LARGE: Final = 65_536


def _kept(document: Value) -> Value:
    """Copy a document that may hold media, object by object, so that its texts are shared."""
    if type(document) is dict:
        with suppress(OverflowError):  # of many objects all is one copy
            return _object(document)
    return marshal.dumps(document)


def _object(value: Object) -> Object:
    made = value.copy()
    for name, member in value.items():
        kind = type(member)
        if kind is dict:
            made[name] = _object(member)
        elif kind is list:
            made[name] = _list(member)
    return made


def _list(value: list[Value]) -> list[Value]:
    if len(value) > _FEW:
        raise OverflowError
    made = value.copy()
    for index, member in enumerate(value):
        kind = type(member)
        if kind is dict:
            made[index] = _object(member)
        elif kind is list:
            made[index] = _list(member)
    return made


def run(lens: Lens, body: Value, memory: Memory, gloss: Translator, more: tuple[Loss, ...] = ()) -> Translation:
    """Run a lens over a document: by generated code, or by the interpreter where it is out of the ordinary."""
    told = memory.progress
    if lens.seed is not None and (told is None or memory.seed is None):
        memory.seed = memory.values["seed"] = seed_of(lens.seed, body, gloss)
    # Generated code keeps no registers: of a stream it takes what tells no strand. Nor does it know of what was cut.
    if memory.plain and (told is None or (not gloss.trace and not told.one and told.each not in body)):
        if not gloss.usual:
            check_size(body, gloss.limits)
        before = memory.values.copy()
        done = fast(lens, body, memory.values, gloss, more)
        if done is not None:
            return done
        memory.values.clear()  # an exchange looks at the same values
        memory.values.update(before)
    return slow(lens, body, memory, gloss, more)


def fast(lens: Lens, body: Value, values: Object, gloss: Translator, more: tuple[Loss, ...] = ()) -> Translation | None:
    """Run generated code; None for documents that it leaves to the interpreter. It adds to the values."""
    work = lens.work or library.compiled(lens)
    if work is None:
        return None
    made: Any = _Open()
    account: Any = None
    try:
        if gloss.trace:
            kept: Any = _kept(body) if lens.large else marshal.dumps(body)
            if len(kept) > _LARGE:
                lens.large = True
            account = [lens, kept, values.copy(), gloss.defaults]
        made.body, notes = work(body, values, gloss.defaults, gloss.clock)
        losses = generated.conclude(notes, body) if notes else ()
    except Exception:  # noqa: BLE001 - whatever goes wrong, the interpreter says what it is
        return None
    if account is not None and "now" in values:
        account[2]["now"] = values["now"]
    if more or losses:
        losses = () if gloss.on_loss == "ignore" else (*more, *losses)
    made.losses = losses
    made._account = account  # noqa: SLF001 - its own
    made.ruleset = lens.version
    made.__class__ = Translation
    return made


def slow(lens: Lens, body: Value, memory: Memory, gloss: Translator, more: tuple[Loss, ...] = ()) -> Translation:
    """Run the interpreter."""
    check_size(body, gloss.limits)
    going = Run(lens, memory, defaults=gloss.defaults)
    try:
        written = going.document(body)
    except RecursionError:
        raise DocumentError("", "the document is nested too deep", rule="limits") from None
    finally:
        memory.plain = not (memory.whole or memory.casts or memory.spelled)
    losses = () if gloss.on_loss == "ignore" else more + going.accounts.losses()
    ledger = going.accounts.ledger(_copied(body), _copied(written)) if gloss.trace else None
    return Translation(written, losses, ledger, lens.version)


def _copied(value: Value) -> Value:
    """Copy a value that the interpreter has taken; what is no JSON in it is left where it is."""
    try:
        return marshal.loads(marshal.dumps(value))  # noqa: S302 - dumped here
    except ValueError:
        return value


def seed_of(path: Path, body: Value, gloss: Translator) -> str:
    """Find what minted keys derive from: the reply's own id, else a new one."""
    found: Any = body
    try:
        for step in path:
            found = found[step]
    except (LookupError, TypeError):
        found = None
    return found if isinstance(found, str) else gloss.ids()
