"""What translating embeddings costs beside reading and writing their JSON, in one process and on one run.

256 texts of 512 tokens are asked for, and vectors of 3,072 dimensions come back: a request in three calls, and their
replies as one. Beside the translation stands what orjson takes to read and write the same bodies, each call's and the
caller's. Numbers are handed over unread, so that only base64 looks at each of them.

    python tools/bench_vectors.py               the table
    python tools/bench_vectors.py --markdown    as the README has it
    python tools/bench_vectors.py --gate        exit with 1 when a limit is missed
"""

from __future__ import annotations

import argparse
import gc
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

ENGINE = Path(__file__).resolve().parent.parent / "engine"
if find_spec("isogloss") is None:
    sys.path.insert(0, str(ENGINE))

import isogloss  # noqa: E402 - it may stand in this checkout only

Object = dict[str, Any]

INPUTS, TOKENS, DIMENSIONS = 256, 512, 3072
MODEL = "gemini-embedding-2"
#: How many times the JSON of the same bodies a translation may take.
LIMITS = {"float": 0.02, "base64": 0.5}
WARM = 8  # exchanges before the first that counts: code has been made
TURNS = 5  # times in a round, of which the best one counts


@dataclass
class Row:
    """One encoding: seconds of each round for the request, the reply, and the JSON of all their bodies."""

    encoding: str
    request: list[float]
    reply: list[float]
    json: list[float]

    @property
    def ratio(self) -> float:
        """Return the median over the rounds of what is translated to what is read and written."""
        rounds = zip(self.request, self.reply, self.json, strict=True)
        return statistics.median((asked + told) / json for asked, told, json in rounds)

    @property
    def missed(self) -> bool:
        """Whether the limit does not hold."""
        return self.ratio > LIMITS[self.encoding]

    def cells(self) -> list[str]:
        """Write the line of the table."""
        limit, times = LIMITS[self.encoding], (self.request, self.reply, self.json)
        shown = f"{self.ratio:.3f}× {'✗' if self.missed else '✓'}"
        return [self.encoding, shown, f"≤ {limit:g}×", *(f"{statistics.median(found) * 1e3:,.1f}" for found in times)]


HEADS = ["encoding", "isogloss/orjson", "limit", "request ms", "reply ms", "orjson ms"]


def asked(encoding: str) -> Object:
    """Make a request of an ordinary client."""
    dice = random.Random(1)  # noqa: S311 - no secret
    texts = [" ".join(dice.choices(["lorem", "ipsum", "dolor", "sit", "amet"], k=TOKENS)) for _ in range(INPUTS)]
    return {"input": texts, "model": MODEL, "dimensions": DIMENSIONS, "encoding_format": encoding}


def answered(count: int) -> Object:
    """Make the reply to one call."""
    dice = random.Random(count)  # noqa: S311 - no secret
    vectors = [{"values": [round(dice.uniform(-0.1, 0.1), 8) for _ in range(DIMENSIONS)]} for _ in range(count)]
    return {"embeddings": vectors, "usageMetadata": {"promptTokenCount": count * TOKENS}}


def timed(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes at best: what else runs on the machine can only make it slower."""
    gc.collect()
    gc.disable()
    try:
        return min(_once(work) for _ in range(TURNS))
    finally:
        gc.enable()


def _once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(encoding: str, rounds: int) -> Row:
    """Translate a request and its replies again and again, and read and write their JSON beside that."""
    gloss, request = isogloss.Translator("openai", "gemini"), asked(encoding)
    exchange = gloss.exchange("embeddings", request)
    replies = [answered(len(call.body["requests"])) for call in exchange.calls]
    for _ in range(WARM):
        gloss.exchange("embeddings", request).response(*replies)
    read = [orjson.dumps(body) for body in (request, *replies)]
    written = [exchange.response(*replies).body, *(call.body for call in exchange.calls)]
    row = Row(encoding, [], [], [])
    for _ in range(rounds):
        row.request.append(timed(lambda: gloss.exchange("embeddings", request).calls))
        row.reply.append(timed(lambda: exchange.response(*replies)))
        row.json.append(sum(timed(lambda text=text: orjson.loads(text)) for text in read))
        row.json[-1] += sum(timed(lambda body=body: orjson.dumps(body)) for body in written)
    return row


def as_text(rows: Iterable[Row], *, markdown: bool) -> str:
    """Write the table."""
    lines = [HEADS, *(row.cells() for row in rows)]
    if not markdown:
        return "\n".join("  ".join(cell.ljust(16) for cell in line).rstrip() for line in lines)
    written = ["| " + " | ".join(line) + " |" for line in lines]
    machine = f"CPython {platform.python_version()}, {platform.machine()}"
    made = f"{INPUTS} inputs of {TOKENS} tokens, vectors of {DIMENSIONS:,} dimensions; made by"
    return "\n".join(
        [written[0], "| --- " + "| ---: " * 5 + "|", *written[1:], "", f"{made} `tools/bench_vectors.py` on {machine}."]
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and with ``--gate`` say by the exit code whether the limits hold."""
    parser = argparse.ArgumentParser(description="Time translations of embeddings beside orjson.")
    parser.add_argument("--markdown", action="store_true", help="print the table for the README")
    parser.add_argument("--gate", action="store_true", help="exit with 1 when a limit is missed")
    parser.add_argument("--rounds", type=int, default=9, help="rounds for each encoding (9)")
    options = parser.parse_args(arguments)
    rows = [measure(encoding, options.rounds) for encoding in LIMITS]
    print(as_text(rows, markdown=options.markdown))
    return int(options.gate and any(row.missed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
