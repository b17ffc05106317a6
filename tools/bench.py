"""How fast isogloss translates, as ratios to a hand-written translator (and to litellm, when it is installed).

Everything runs in one process, in interleaved rounds: in each round every contestant of a case gets deep copies of the
document made outside the timed block, and its figure is the best of the round's batches: what else runs on the machine
can only make one slower. A ratio is the median, over the rounds, of one contestant's figure divided by the hand-written
one of the same round, so a machine that slows down halfway slows both. Quote the ratios; the microseconds hold for one
machine on one day.

What is timed: a Translator made once; for requests the exchange, its body and its losses; for replies and errors the
reply's body and losses on an exchange made beforehand; for streams all pieces, the end and the losses, on such an
exchange. Losses are on, as they always are.

    python tools/bench.py                 the table
    python tools/bench.py --trace         with columns for what the ledger costs: kept, and kept and read
    python tools/bench.py --startup       with a fresh process: import isogloss and translate once
    python tools/bench.py --markdown      the table as the README has it
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import copy
import gc
import itertools
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import hand  # noqa: E402
import hand_back  # noqa: E402

Object = dict[str, Any]
Work = Callable[[list[Any]], None]  # does its work on every item of a batch; the timed block
Prepare = Callable[[Object], Any]  # a fresh deep copy -> the item that the work takes; not timed

CASES = HERE / "bench_cases"
ENGINE = HERE.parent / "engine"
LEDGER_LIMIT = 1.4
STARTUP_LIMIT_MS = 100.0
WHOLE_FROM = 10  # ratios from here on are shown without a fraction
BATCH_SECONDS = 0.002
BATCHES = 7
WARM = 20  # calls before the first that counts


# ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Case:
    """One document, the dialect it is written in, and how many times the hand-written figure it may take."""

    name: str
    phase: str  # request, response, stream or error
    file: str
    source: str  # the dialect of the document
    target: str
    model: str
    limit: float | None = None
    fresh: bool = False  # tool schemas of new content on every call, so that nothing remembered by content can help
    status: int = 200
    operation: str = "chat"


#: How many bytes the image of an edit has.
IMAGE_BYTES = 4 * 1024 * 1024


def _requests() -> Iterator[Case]:
    verbatim, converting, plain = "gemini-2.5-flash", "gemini-1.5-flash", "gpt-4.1"
    there, back = ("openai", "gemini"), ("gemini", "openai")
    yield Case("a", "request", "a_request", *there, verbatim, 2.5)
    for label, model in (("verbatim", verbatim), ("convert", converting)):
        yield Case(f"b/{label}, schemas unseen", "request", "b_request", *there, model, 1.2, fresh=True)
        yield Case(f"b/{label}, schemas seen", "request", "b_request", *there, model, 0.8)
    yield Case("c", "request", "c_request", *there, verbatim, 1.4)
    yield Case("a", "request", "a_gemini", *back, plain, 2.5)
    yield Case("b, schemas unseen", "request", "b_gemini", *back, plain, 1.2, fresh=True)
    yield Case("b, schemas seen", "request", "b_gemini", *back, plain, 0.8)
    yield Case("c", "request", "c_gemini", *back, plain, 1.4)
    painter = "gemini-3.1-flash-image"
    yield Case("f, 4 MB image edit", "request", "f_request", *there, painter, 1.5, operation="images.edit")


def _replies() -> Iterator[Case]:
    back, there = ("gemini", "openai", "gemini-2.5-flash"), ("openai", "gemini", "gpt-4.1")
    for direction, rich, small, error in (
        (back, "d_response", "d_response_small", "error_gemini"),
        (there, "d_openai", "d0_openai", "error_openai"),
    ):
        yield Case("d", "response", rich, *direction, 2.0)
        yield Case("d0", "response", small, *direction, 4.0)
        yield Case("error", "error", error, *direction, status=400)
    yield Case("e, 100 chunks", "stream", "e_stream", *back, 2.5)
    yield Case("e, 100 chunks", "stream", "e_openai", *there, 2.5)


def cases() -> list[Case]:
    """List every row of the table, in its order."""
    return [*_requests(), *_replies()]


def document(case: Case) -> Object:
    """Read the case's document."""
    loaded: Object = json.loads((CASES / f"{case.file}.json").read_bytes())
    if case.operation == "images.edit":
        loaded["image"] += base64.b64encode(random.Random(0).randbytes(IMAGE_BYTES)).decode()  # noqa: S311 - a filler
    return loaded


# ── schemas never seen before ──────────────────────────────────────────────────────────────────────────────────────

_serial = itertools.count()


def renew(body: Object) -> None:
    """Give every tool and answer schema of a request new property names and descriptions, in place."""
    mark = f"{next(_serial):06x}"
    for schema in _schemas(body):
        _renew_schema(schema, mark)


def _schemas(body: Object) -> Iterator[Object]:
    for tool in body.get("tools", ()):
        if "function" in tool:
            yield tool["function"]["parameters"]
        for declaration in tool.get("functionDeclarations", ()):
            yield declaration["parameters"]
    yield from (f["json_schema"]["schema"] for f in [body.get("response_format", {})] if "json_schema" in f)
    yield from (c["responseSchema"] for c in [body.get("generationConfig", {})] if "responseSchema" in c)


def _renew_schema(schema: Object, mark: str) -> None:
    if "description" in schema:
        schema["description"] += mark
    if "properties" in schema:
        schema["properties"] = {f"{name}_{mark}": value for name, value in schema["properties"].items()}
        schema["required"] = [f"{name}_{mark}" for name in schema.get("required", ())]
    for inner in [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), schema.get("items")]:
        if inner:
            _renew_schema(inner, mark)


# ── contestants ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Contestant:
    """Somebody who translates: how an item is made from a fresh copy, and the work on a batch of items."""

    name: str
    work: Work
    prepare: Prepare


def _same(doc: Object) -> Object:
    return doc


def _hand_to_gemini(items: list[Object], case: Case) -> None:
    model = case.model
    for body in items:
        hand.to_gemini(body, model)


def _hand_edit(items: list[Object], _case: Case) -> None:
    for body in items:
        hand.edit(body)


def _hand_to_openai(items: list[Object], case: Case) -> None:
    model = case.model
    for body in items:
        hand.to_openai(body, model)


def _hand_error_to_openai(items: list[Object], case: Case) -> None:
    status = case.status
    for body in items:
        hand.error_to_openai(status, body)


def _hand_back_request(items: list[Object], _case: Case) -> None:
    for body in items:
        hand_back.request(body)


def _hand_back_response(items: list[Object], _case: Case) -> None:
    for body in items:
        hand_back.response(body)


def _hand_back_error(items: list[Object], case: Case) -> None:
    status = case.status
    for body in items:
        hand_back.error(status, body)


def _hand_stream(items: list[list[Object]], case: Case) -> None:
    model = case.model
    for pieces in items:
        stream = hand.Stream(model)
        for piece in pieces:
            stream.feed(piece)
        stream.end()


def _hand_back_stream(items: list[list[Object]], _case: Case) -> None:
    for pieces in items:
        stream = hand_back.Stream()
        for piece in pieces:
            stream.feed(piece)
        stream.end()


BY_HAND: dict[tuple[str, str], Callable[[list[Any], Case], None]] = {
    ("request", "gemini"): _hand_to_gemini,
    ("response", "openai"): _hand_to_openai,
    ("error", "openai"): _hand_error_to_openai,
    ("stream", "openai"): _hand_stream,
    ("stream", "gemini"): _hand_back_stream,
    ("request", "openai"): _hand_back_request,
    ("response", "gemini"): _hand_back_response,
    ("error", "gemini"): _hand_back_error,
}


def by_hand(case: Case) -> Contestant:
    """Return the hand-written translator for a case. Its loop is its own, so that no wrapper is timed with it."""
    loop = _hand_edit if case.operation == "images.edit" else BY_HAND[case.phase, case.target]
    return Contestant("hand", lambda items: loop(items, case), _same)


def by_isogloss(isogloss: ModuleType, case: Case, *, trace: bool = False, read: bool = False) -> Contestant:
    """Return isogloss, asked in the way a gateway asks it; with `trace` it keeps the ledger, with `read` it is read."""
    name = "read" if read else "ledger" if trace else "isogloss"
    options = {"trace": True} if trace else {}
    if case.phase == "request":
        translator = isogloss.Translator(source=case.source, target=case.target, **options)
        return Contestant(name, _request_work(translator, case, read), _same)
    translator = isogloss.Translator(source=case.target, target=case.source, **options)
    asked = json.loads((CASES / f"{ASKED[case.target]}.json").read_bytes())
    counted = case.phase == "stream" and case.target == "openai"
    streamed: Object = {"stream_options": {"include_usage": True}} if counted else {}

    def prepare(doc: Object) -> tuple[Any, Object]:
        exchange = translator.exchange("chat", copy.deepcopy(asked) | streamed, model=case.model)
        _ = exchange.request.body
        return exchange, doc

    work = {"error": _error_work(case), "stream": _stream_work, "response": _reply_work(read)}
    return Contestant(name, work[case.phase], prepare)


ASKED = {"openai": "a_request", "gemini": "a_gemini"}  # the request that a reply in this dialect answers


def _request_work(translator: Any, case: Case, read: bool) -> Work:
    model, operation = case.model, case.operation

    def work(items: list[Object]) -> None:
        for body in items:
            done = translator.exchange(operation, body, model=model).request
            _ = done.body
            _ = done.losses
            if read:
                len(done.ledger)
            del done, _  # as by hand: what was made before is gone before the next is made

    return work


def _reply_work(read: bool) -> Work:
    def work(items: list[tuple[Any, Object]]) -> None:
        for exchange, body in items:
            done = exchange.response(body)
            _ = done.body
            _ = done.losses
            if read:
                len(done.ledger)
            del done, _

    return work


def _stream_work(items: list[tuple[Any, list[Object]]]) -> None:
    for exchange, pieces in items:
        stream = exchange.stream()
        for piece in pieces:
            stream.feed(piece)
        stream.close()
        _ = exchange.losses


def _error_work(case: Case) -> Work:
    status = case.status

    def work(items: list[tuple[Any, Object]]) -> None:
        for exchange, body in items:
            done = exchange.error(status, body)
            _ = done.body
            _ = done.losses

    return work


def by_litellm(peer: Peer | None, case: Case) -> Contestant | None:
    """Return the peer's own transformation functions (no network, no client), where it has them for the case."""
    known = {("chat", "request", "gemini"), ("chat", "response", "openai")}
    if peer is None or (case.operation, case.phase, case.target) not in known:
        return None
    model, config, transform = case.model, peer.config, peer.transform_request_body
    translate = config.transform_google_generate_content_to_openai_model_response

    def request(items: list[Object]) -> None:
        for body in items:
            messages = body.pop("messages")
            del body["model"]
            transform(
                messages=messages,
                model=model,
                optional_params=config.map_openai_params(body, {}, model, True),
                custom_llm_provider="gemini",
                litellm_params={},
                cached_content=None,
            )

    def response(items: list[Object]) -> None:
        for body in items:
            translate(body, peer.reply_type(), model, peer.log, peer.raw)

    return Contestant("litellm", request if case.phase == "request" else response, _same)


@dataclass(frozen=True)
class Peer:
    """What is used of litellm."""

    config: Any
    transform_request_body: Callable[..., Any]
    reply_type: Callable[[], Any]
    raw: Any  # the HTTP reply it wants beside the parsed body
    log: Any = field(default_factory=lambda: argparse.Namespace(optional_params={}))


def litellm() -> Peer | None:
    """Return the peer, if it is installed, kept from asking the network for its price list."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        chat = import_module("litellm.llms.gemini.chat.transformation")
        body = import_module("litellm.llms.vertex_ai.gemini.transformation")
        reply_type = import_module("litellm").ModelResponse
    except ImportError:
        return None
    raw = import_module("httpx").Response(200)
    return Peer(chat.GoogleAIStudioGeminiConfig(), body.transform_request_body, reply_type, raw)


# ── measuring ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _no_collector() -> Generator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass
class Timer:
    """Fresh copies of one document, and the clock over a batch of them."""

    case: Case
    parsed: bool = False
    doc: Object = field(init=False)
    text: str = field(init=False)

    def __post_init__(self) -> None:
        """Read the document once; copies are made from it."""
        self.doc = document(self.case)
        self.text = json.dumps(self.doc)

    def copy(self) -> Object:
        """Make a document that shares no container with any other."""
        fresh: Object = json.loads(self.text) if self.parsed else copy.deepcopy(self.doc)
        if self.case.fresh:
            renew(fresh)
        return fresh

    def batch(self, who: Contestant, size: int) -> float:
        """Seconds per call over one batch of fresh items."""
        items = [who.prepare(self.copy()) for _ in range(size)]
        with _no_collector():
            start = time.perf_counter()
            who.work(items)
            return (time.perf_counter() - start) / size

    def size(self, who: Contestant) -> int:
        """How many calls fill a batch of about two milliseconds, once code is made and caches are warm."""
        self.batch(who, WARM)
        return max(3, min(500, round(BATCH_SECONDS / self.batch(who, 5))))

    def rounds(self, contestants: Sequence[Contestant], count: int) -> dict[str, list[float]]:
        """Per contestant, the best batch of each round, with the contestants taking turns."""
        sizes = {who.name: self.size(who) for who in contestants}
        found: dict[str, list[float]] = {who.name: [] for who in contestants}
        for _ in range(count):
            times = self.turns(contestants, sizes)
            for name, batches in times.items():
                found[name].append(min(batches))
        return found

    def turns(self, contestants: Sequence[Contestant], sizes: dict[str, int]) -> dict[str, list[float]]:
        """One round: batch for batch, each contestant going first in its turn."""
        times: dict[str, list[float]] = {who.name: [] for who in contestants}
        for turn in range(BATCHES):
            for who in _turned(contestants, turn):
                times[who.name].append(self.batch(who, sizes[who.name]))
        return times


def _turned(items: Sequence[Contestant], by: int) -> list[Contestant]:
    by %= len(items)
    return [*items[by:], *items[:by]]


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the median of the ratios of the rounds."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


@dataclass
class Row:
    """A line of the table. Ratios are to the hand-written translator, except the ledger's: with it to without it."""

    phase: str
    direction: str
    case: str
    model: str
    hand_us: float | None = None
    isogloss_us: float | None = None
    isogloss: float | None = None
    limit: float | None = None
    litellm: float | None = None
    ledger: float | None = None
    read: float | None = None
    problem: str | None = None

    @property
    def missed(self) -> bool:
        """Whether a limit does not hold; what could not be measured has missed it."""
        late = self.isogloss is not None and self.limit is not None and self.isogloss > self.limit
        return late or (self.ledger is not None and self.ledger > LEDGER_LIMIT) or self.problem is not None


def measure(case: Case, isogloss: ModuleType | None, peer: Peer | None, options: argparse.Namespace) -> Row:
    """Time one case with everybody who can do it."""
    row = Row(case.phase, f"{case.source} → {case.target}", case.name, case.model, limit=case.limit)
    timer = Timer(case, options.parsed)
    contestants = [by_hand(case), *_ours(row, timer, isogloss), *(c for c in [by_litellm(peer, case)] if c)]
    _fill(row, timer.rounds(contestants, options.rounds))
    if options.trace and isogloss and row.isogloss and case.phase not in {"error", "stream"}:
        ways = ({}, {"trace": True}, {"trace": True, "read": True})
        traced = timer.rounds([by_isogloss(isogloss, case, **way) for way in ways], options.rounds)
        row.ledger = ratio(traced["ledger"], traced["isogloss"])
        row.read = ratio(traced["read"], traced["isogloss"])
    return row


def _ours(row: Row, timer: Timer, isogloss: ModuleType | None) -> list[Contestant]:
    if not isogloss:
        return []
    try:
        ours = by_isogloss(isogloss, timer.case)
        timer.batch(ours, 1)
    except Exception as error:  # noqa: BLE001 - the row says what went wrong, and the other rows are still worth having
        row.problem = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return []
    return [ours]


def _fill(row: Row, times: dict[str, list[float]]) -> None:
    row.hand_us = statistics.median(times["hand"]) * 1e6
    if "isogloss" in times:
        row.isogloss_us = statistics.median(times["isogloss"]) * 1e6
        row.isogloss = ratio(times["isogloss"], times["hand"])
    if "litellm" in times:
        row.litellm = ratio(times["litellm"], times["hand"])


FIRST = """
import isogloss
body = {"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "Say hello in French."}]}
exchange = isogloss.Translator(source="openai", target="gemini").exchange("chat", body, model="gemini-2.5-flash")
assert exchange.request.body
"""


def startup(count: int = 10) -> float:
    """Milliseconds over bare Python of a fresh process that imports isogloss and translates once."""
    _process(FIRST)  # so that the bytecode is there, as it is after an installation
    pairs = [(_process(FIRST), _process("pass")) for _ in range(count)]
    return (statistics.median(p[0] for p in pairs) - statistics.median(p[1] for p in pairs)) * 1e3


def _process(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=_environment(), capture_output=True)
    return time.perf_counter() - start


def _environment() -> dict[str, str]:
    path = os.pathsep.join(p for p in (os.environ.get("PYTHONPATH"), _engine_path()) if p)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | ({"PYTHONPATH": path} if path else {})


def _engine_path() -> str:
    return str(ENGINE) if str(ENGINE) in sys.path else ""


# ── showing ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Report:
    """All rows, what start-up takes, and where and how it was measured."""

    rows: list[Row]
    startup_ms: float | None = None
    startup_problem: str | None = None
    command: str = ""

    @property
    def missed(self) -> bool:
        """Whether any limit does not hold."""
        late = self.startup_ms is not None and self.startup_ms > STARTUP_LIMIT_MS
        return late or self.startup_problem is not None or any(row.missed for row in self.rows)

    @property
    def columns(self) -> list[str]:
        """The headings; a column that nobody filled is left out."""
        extra = [("litellm", "litellm/hand"), ("ledger", "ledger on/off"), ("read", "ledger read/off")]
        heads = [title for name, title in extra if any(getattr(row, name) for row in self.rows)]
        return ["document", "case", "isogloss/hand", "limit", *heads, "hand µs", "isogloss µs"]

    def cells(self, row: Row) -> list[str]:
        """One row's text, in the order of the columns."""
        shown = {
            "document": f"{row.phase}, {row.direction}",
            "case": row.case,
            "isogloss/hand": "✗ failed" if row.problem else _times(row.isogloss, row.limit),
            "limit": f"≤ {row.limit:g}×" if row.limit else "–",
            "litellm/hand": _times(row.litellm),
            "ledger on/off": _times(row.ledger, LEDGER_LIMIT),
            "ledger read/off": _times(row.read),
            "hand µs": _number(row.hand_us),
            "isogloss µs": _number(row.isogloss_us),
        }
        return [shown[name] for name in self.columns]

    @property
    def footer(self) -> list[str]:
        """The sentences below the table."""
        machine = f"CPython {platform.python_version()}, {platform.machine()}, {os.cpu_count()} CPUs"
        lines = [
            f"Made by `{self.command}` on {machine}. Ratios are to the hand-written translator in `tools/hand*.py`."
        ]
        if self.startup_ms is not None:
            mark = _mark(self.startup_ms <= STARTUP_LIMIT_MS)
            took = f"{self.startup_ms:.0f} ms over bare Python (limit {STARTUP_LIMIT_MS:.0f} ms) {mark}"
            lines.append(f"Fresh process, `import isogloss` and the first translation: {took}.")
        if self.startup_problem:
            lines.append(f"Fresh process failed: {self.startup_problem}")
        if any("unseen" in row.case for row in self.rows):
            lines.append("Schemas unseen: every call brings tool and answer schemas of new content.")
        problems = dict.fromkeys(row.problem for row in self.rows if row.problem)
        return lines + [f"Failed, {self._failed(problem)}: {problem}" for problem in problems]

    def _failed(self, problem: str) -> str:
        return "; ".join(f"{row.phase} {row.direction} {row.case}" for row in self.rows if row.problem == problem)


def _times(value: float | None, limit: float | None = None) -> str:
    if value is None:
        return "–"
    return f"{value:.{2 if value < WHOLE_FROM else 0}f}×" + (f" {_mark(value <= limit)}" if limit else "")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _mark(held: bool) -> str:
    return "✓" if held else "✗"


def as_markdown(report: Report) -> str:
    """Write the table as the README has it."""
    heads = report.columns
    lines = ["| " + " | ".join(heads) + " |", "|---|---|" + "---:|" * (len(heads) - 2)]
    lines += ["| " + " | ".join(report.cells(row)) + " |" for row in report.rows]
    return "\n".join([*lines, "", *report.footer])


def as_json(report: Report) -> str:
    """Everything, for programs."""
    whole = asdict(report) | {"missed": report.missed}
    whole["rows"] = [asdict(row) | {"missed": row.missed} for row in report.rows]
    return json.dumps(whole, indent=2, ensure_ascii=False)


def show(report: Report) -> None:
    """Print the table: with rich where it is installed, plain otherwise."""
    try:
        print_rich(report)
    except ImportError:
        print(_plain([report.columns, *(report.cells(row) for row in report.rows)]))
    print("\n".join(report.footer))


def print_rich(report: Report) -> None:
    """Print the table by rich, with missed rows in red."""
    console, table = import_module("rich.console").Console(), import_module("rich.table").Table()
    for head in report.columns:
        table.add_column(head, justify="left" if head in {"document", "case"} else "right")
    for row in report.rows:
        table.add_row(*report.cells(row), style="red" if row.missed else None)
    console.print(table)


def _plain(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


# ── running ────────────────────────────────────────────────────────────────────────────────────────────────────────


def isogloss_here() -> ModuleType | None:
    """Return the package, installed or from this checkout."""
    if find_spec("isogloss") is None and ENGINE.is_dir():
        sys.path.insert(0, str(ENGINE))
    try:
        return import_module("isogloss")
    except ImportError as error:
        print(f"isogloss cannot be imported ({error}): only the others are timed", file=sys.stderr)
        return None


def _progress(chosen: Sequence[Case]) -> Iterator[Case]:
    terminal = sys.stderr.isatty()
    for number, case in enumerate(chosen, 1):
        if terminal:
            label = f"{case.phase} {case.source} → {case.target}: {case.name}"
            print(f"\r\033[K[{number}/{len(chosen)}] {label}", end="", file=sys.stderr, flush=True)
        yield case
    if terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _chosen(options: argparse.Namespace) -> list[Case]:
    wanted = options.case or [""]
    models = dict(pair.split("=", 1) for pair in options.model)
    picked = [case for case in cases() if any(case.name.startswith(w) or case.file.startswith(w) for w in wanted)]
    return [_remodelled(case, models) for case in picked if options.phase in (None, case.phase)]


def _remodelled(case: Case, models: dict[str, str]) -> Case:
    name = next((models[key] for key in models if case.name.startswith(key)), case.model)
    return replace(case, model=name)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time isogloss against a hand-written translator.")
    parser.add_argument("--trace", action="store_true", help="add what the ledger costs, kept and read")
    parser.add_argument("--startup", action="store_true", help="add a fresh process: import and first translation")
    parser.add_argument("--markdown", action="store_true", help="print the table for the README")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--gate", action="store_true", help="exit with 1 when a limit is missed")
    parser.add_argument("--rounds", type=int, default=9, help="rounds per case (9)")
    parser.add_argument("--case", action="append", metavar="NAME", help="only cases whose name or file starts so")
    parser.add_argument("--phase", choices=["request", "response", "stream", "error"], help="only this phase")
    parser.add_argument("--model", action="append", default=[], metavar="CASE=MODEL", help="another model for a case")
    parser.add_argument("--parsed", action="store_true", help="copies by parsing JSON text, not by deepcopy")
    parser.add_argument("--no-litellm", action="store_true", help="leave litellm out though it is installed")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, command: str) -> Report:
    """Measure all that is asked for."""
    isogloss, peer = isogloss_here(), None if options.no_litellm else litellm()
    gc.freeze()  # the collector, which runs between batches, need not walk what was imported
    rows = [measure(case, isogloss, peer, options) for case in _progress(_chosen(options))]
    report = Report(rows, command=command)
    if options.startup and isogloss:
        try:
            report.startup_ms = startup()
        except subprocess.CalledProcessError as error:
            report.startup_problem = error.stderr.decode().strip().rpartition("\n")[2]
    return report


def main(arguments: Iterable[str] | None = None) -> int:
    """Measure, print, and with ``--gate`` say by the exit code whether every limit holds."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    report = run(options, " ".join(["python tools/bench.py", *given]))
    if options.json:
        print(as_json(report))
    elif options.markdown:
        print(as_markdown(report))
    else:
        show(report)
    return int(options.gate and report.missed)


if __name__ == "__main__":
    sys.exit(main())
