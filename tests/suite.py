"""Golden cases: YAML files with the same thing in both dialects, what is lost on the way, and what is refused.

title: …                          what the file is about
between: [openai, gemini]         the dialects
model: gemini-2.5-flash           the model in either dialect, or {dialect: the model when it is written}
shared: {openai: {model: …}}      what all documents of a dialect say, if they do not say otherwise
profile: litellm                  the profile
cases:
  - id: text
    openai: {…}                   the documents; both directions are tried …
    gemini: {…}
    only: openai -> gemini        … or this one only
    losses: {openai: [[dropped, /user]]}     by the dialect that is read
    normal: {openai: {…}}         what comes back in a dialect, where it is not what went out
    asked: {openai: {…}}          the request that a reply answers, in the dialect that asked
    error: {pointer: /n, contains: one candidate}     instead of the other document

In files of streams (`tests/cases/<operation>/stream/`) the documents are lists of events: those that are read are fed
one by one, and what comes out must be those that are written, event by event. `shared` words stand in every event but
those that tell an error; `asked` is a short request where a case gives none; `error` is what the last event says, after
those that are written.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import isogloss
from isogloss import bookshelf, checker, loader, source
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parent / "cases"
NOW = 1700000000
#: The request that a stream answers, where its case gives none.
ASKED = {
    "openai": {"messages": [{"role": "user", "content": "x"}], "stream": True},
    "gemini": {"contents": [{"parts": [{"text": "x"}]}]},
}


@dataclass(frozen=True)
class Case:
    """One document on its way from one dialect to the other."""

    name: str
    place: str
    operation: str
    phase: str
    reader: str
    writer: str
    given: Any
    wanted: Any
    losses: tuple[tuple[str, str], ...]
    error: dict[str, Any] | None
    model: str | None
    profile: str | None
    asked: Any
    ruleset: Any = None


def files() -> list[Path]:
    return sorted(CASES.rglob("*.yaml"))


def every() -> Iterator[Case]:
    for path in files():
        yield from read(path)


def read(path: Path) -> Iterator[Case]:
    file = source.read(path, path.relative_to(CASES.parent.parent).as_posix())
    for index, case in enumerate(file["cases"]):
        for reader, writer in directions(file, case):
            yield one(path, file, case, reader, writer, file["cases"].marks[index].place)


def directions(file: Any, case: Any) -> list[tuple[str, str]]:
    left, right = file["between"]
    if "only" in case:
        reader, _, writer = case["only"].partition(" -> ")
        return [(reader, writer)]
    if "error" in case:
        return [(left, right)] if left in case else [(right, left)]
    return [(left, right), (right, left)]


def one(path: Path, file: Any, case: Any, reader: str, writer: str, place: str) -> Case:
    operation, phase, topic = path.relative_to(CASES).with_suffix("").parts
    model = case.get("model", file.get("model"))
    wanted = case.get("normal", {}).get(writer, case.get(writer))
    return Case(
        name=f"{operation} > {phase} > {topic} > {case['id']} ({reader} -> {writer})",
        place=place,
        operation=operation,
        phase=phase,
        reader=reader,
        writer=writer,
        given=full(file, reader, case[reader]),
        wanted=None if wanted is None else full(file, writer, wanted),
        losses=tuple(sorted((kind, pointer) for kind, pointer in case.get("losses", {}).get(reader, ()))),
        error=case.get("error"),
        model=model.get(writer) if isinstance(model, dict) else model,
        profile=case.get("profile", file.get("profile")),
        asked=case.get("asked", file.get("asked", {})).get(writer),
    )


def full(file: Any, dialect: str, document: Any) -> Any:
    """Return a document with what all of its dialect say, as plain JSON; of a stream, every event."""
    if isinstance(document, list):
        return [event if "error" in event else full(file, dialect, event) for event in plain(document)]
    return plain({**file.get("shared", {}).get(dialect, {}), **document})


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Told:
    """What came out of a stream, or became of an error: and what was lost after the request."""

    body: Any
    losses: tuple[isogloss.Loss, ...]


def translated(case: Case, trace: bool) -> isogloss.Translation | Told:
    options: dict[str, Any] = {
        "profile": case.profile,
        "trace": trace,
        "ids": lambda: "made",
        "clock": lambda: NOW,
        "ruleset": case.ruleset,
    }
    if case.phase == "stream":
        return streamed(case, isogloss.Translator(case.writer, case.reader, **options))
    if case.asked is not None:
        gloss = isogloss.Translator(case.writer, case.reader, **options)
        exchange = gloss.exchange(case.operation, plain(case.asked), model=case.model)
        return answered(exchange, case.given) if case.phase == "error" else exchange.response(case.given)
    operation = f"{case.operation}.{case.phase}"
    return isogloss.translate(
        case.given, operation, source=case.reader, target=case.writer, model=case.model, **options
    )


def answered(exchange: isogloss.Exchange, given: Any) -> Told:
    """Tell an exchange of an error, which comes in its envelope."""
    reply = exchange.error(given["status"], given["body"], given["headers"])
    told = {"status": reply.status, "headers": reply.headers, "body": reply.body}
    return Told({name: value for name, value in told.items() if value != {}}, reply.losses)


def failing(case: Case, events: list[Any]) -> list[Any]:
    """Return the events before the error that a stream must end with, where the case is of one."""
    if case.error is None:
        return events
    *before, last = events
    message = last["error"]["message"]
    assert message.startswith(case.error["pointer"] + ":"), f"{case.place}: {message}"
    assert case.error.get("contains", "") in message, f"{case.place}: {message}"
    return before


def streamed(case: Case, gloss: isogloss.Translator) -> Told:
    """Feed a stream event by event, and close it."""
    asked = plain(ASKED[case.writer] if case.asked is None else case.asked)
    exchange = gloss.exchange(case.operation, asked, model=case.model, stream=True)
    before, stream = len(exchange.losses), exchange.stream()
    events = [event for piece in case.given for event in stream.feed(piece)] + stream.close()
    return Told(failing(case, events), exchange.losses[before:])


def attempt(case: Case, *, trace: bool) -> isogloss.Translation | Told | isogloss.DocumentError:
    try:
        return translated(case, trace)
    except isogloss.DocumentError as error:
        return error


#: So often that generated code has been made, and then made anew for the shapes that come again.
TIMES = 7


def run(case: Case, *, trace: bool) -> None:
    """Try one case again and again, as the interpreter does it first and generated code later; or with the ledger."""
    for _ in range(1 if trace else TIMES):
        before = deepcopy(case.given)
        done = attempt(case, trace=trace)
        assert case.given == before, f"{case.place}: the input was changed"
        if isinstance(done, isogloss.DocumentError):
            refused(case, done)
        else:
            done_well(case, done)


def refused(case: Case, error: isogloss.DocumentError) -> None:
    assert case.error is not None, f"{case.place}: {error}"
    assert error.pointer == case.error["pointer"], f"{case.place}: {error}"
    assert case.error.get("contains", "") in error.reason, f"{case.place}: {error}"
    assert case.error.get("status", error.status) == error.status, f"{case.place}: {error}"


def done_well(case: Case, done: isogloss.Translation | Told) -> None:
    assert case.error is None or case.phase == "stream", f"{case.place}: this is not refused, but becomes {done.body}"
    assert done.body == case.wanted, case.place
    assert same(done.body, case.wanted), f"{case.place}: true is not 1"
    told = "\n".join(map(str, done.losses))
    assert tuple(sorted((loss.kind, loss.pointer) for loss in done.losses)) == case.losses, f"{case.place}\n{told}"
    for step in () if isinstance(done, Told) else done.ledger or ():
        assert step.target_pointer is None or step.target_value is not ABSENT, f"{case.place}: {step} leads nowhere"


def invented(path: Path, rules: str) -> Any:
    """Write the rules of an invented rulebook, check them, and load them."""
    path.write_text(rules)
    assert not checker.check_files([path]).problems
    shelf = bookshelf.Shelf()
    shelf.add([path])
    return loader.build(shelf)
