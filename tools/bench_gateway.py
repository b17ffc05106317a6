"""How fast the gateway is, beside a bare proxy of the same stack (starlette, uvicorn, aiohttp, orjson) and no proxy.

Four processes: a stub that answers like Gemini from memory, the bare proxy, the gateway, and this one, which loads
them. The one under load has a core of its own where there are two. In interleaved rounds each takes the tiny request
(case a) and the stream of 100 chunks (case e), over 1 and over 16 connections that are kept open. Figures are medians
over the rounds; quote what stands beside each other, for a machine's requests per second are its own.

    python tools/bench_gateway.py                 the table
    python tools/bench_gateway.py --markdown      the table as the README has it
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CASES = HERE / "bench_cases"
KEY = "bench-key"
CONNECTIONS = (1, 16)
DEADLINE = 20.0  # seconds until a server must answer


# ── the servers ────────────────────────────────────────────────────────────────────────────────────────────────────


def stub(port: int) -> None:
    """Answer every POST from memory: a stream of 100 events where the path asks for one, else a small reply."""
    import uvicorn

    whole = json.dumps(json.loads((CASES / "d_response_small.json").read_bytes())).encode()
    chunks = json.loads((CASES / "e_stream.json").read_bytes())
    events = [b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        streams = "stream" in scope["path"]
        kind = b"text/event-stream" if streams else b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        for event in events if streams else [whole]:
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    uvicorn.run(app, port=port, log_level="warning", access_log=False, lifespan="off")


def proxy(port: int, upstream: str) -> None:
    """Parse a request, send it on, parse the reply, send it back; a stream goes through as it comes."""
    import aiohttp
    import orjson
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    clients: list[aiohttp.ClientSession] = []

    async def chat(request: Request) -> Response:
        body = orjson.loads(await request.body())
        if not clients:
            clients.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        action = "streamGenerateContent?alt=sse" if body.get("stream") else "generateContent"
        url = f"{upstream}/v1beta/models/{body['model']}:{action}"
        reply = await clients[0].post(url, data=orjson.dumps(body), headers={"x-goog-api-key": KEY})
        if body.get("stream"):
            return StreamingResponse(reply.content.iter_any(), media_type="text/event-stream")
        return Response(orjson.dumps(orjson.loads(await reply.read())), media_type="application/json")

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    uvicorn.run(app, port=port, log_level="warning", access_log=False)


@contextlib.contextmanager
def running(*command: str, port: int, core: int) -> Generator[int]:
    """Run a server until the block ends; yields its port."""
    environment = {**os.environ, "GEMINI_API_KEY": KEY, "PYTHONPATH": str(HERE.parent / "engine")}
    cores = sorted(os.sched_getaffinity(0))
    server = subprocess.Popen([sys.executable, *command], env=environment, stdout=subprocess.DEVNULL)
    os.sched_setaffinity(server.pid, {cores[core % len(cores)]})
    try:
        wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until a port takes connections."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise SystemExit(f"the server did not start: {server.args}")


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# ── the load ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Connection(asyncio.Protocol):
    """One connection that asks again as soon as it has its answer."""

    def __init__(self, request: bytes, times: list[float], end: float) -> None:
        """Ask until the clock says `end`; seconds per answer go to `times`."""
        self.request = request
        self.times = times
        self.end = end
        self.got = bytearray()
        self.start = 0.0
        self.transport: Any = None
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        """Ask for the first time."""
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        """Send the request."""
        self.got.clear()
        self.start = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Read until the answer is whole."""
        self.got += data
        if not is_whole(self.got):
            return
        self.times.append(time.perf_counter() - self.start)
        if time.perf_counter() < self.end:
            self.ask()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it is over."""
        if not self.over.done():
            self.over.set_result(exc)


def is_whole(got: bytearray) -> bool:
    """Tell whether an answer has come as a whole: to its length, or to its last chunk."""
    head = got.find(b"\r\n\r\n")
    if head < 0:
        return False
    if not got.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"an answer was: {bytes(got[:400])!r}")
    named = got.find(b"content-length: ", 0, head)
    if named < 0:
        return got.endswith(b"\r\n0\r\n\r\n")
    return len(got) - head - 4 >= int(got[named + 16 : got.index(b"\r", named)])


async def load(port: int, request: bytes, connections: int, seconds: float) -> list[float]:
    """Keep some connections busy; returns the seconds that each answer took."""
    times: list[float] = []
    loop, end = asyncio.get_running_loop(), time.perf_counter() + seconds
    made = [
        await loop.create_connection(lambda: Connection(request, times, end), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.over for _, protocol in made))
    return times


def request_of(path: str, *, stream: bool) -> bytes:
    """Return case a as an HTTP request."""
    body = json.loads((CASES / "a_request.json").read_bytes()) | ({"stream": True} if stream else {})
    text = json.dumps(body | {"model": "gemini-2.5-flash"}).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {len(text)}"
    return head.encode() + b"\r\n\r\n" + text


# ── measuring and showing ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Server:
    """One that is measured: its name, its port, its paths for a whole reply and for a stream."""

    name: str
    port: int
    paths: dict[bool, str]
    #: (stream, connections) -> requests a second, and the median milliseconds, of each round.
    rates: dict[tuple[bool, int], list[float]] = field(default_factory=dict[Any, Any])
    waits: dict[tuple[bool, int], list[float]] = field(default_factory=dict[Any, Any])


def measure(servers: list[Server], rounds: int, seconds: float) -> None:
    """Load each in its turn."""
    for number in range(rounds + 1):  # the first round warms up: code is made for what comes again and again
        for stream in (False, True):
            for connections in CONNECTIONS:
                for server in servers:
                    request = request_of(server.paths[stream], stream=stream)
                    times = asyncio.run(load(server.port, request, connections, seconds))
                    if number:
                        key = (stream, connections)
                        server.rates.setdefault(key, []).append(len(times) / seconds)
                        server.waits.setdefault(key, []).append(statistics.median(times) * 1e3)
        if sys.stderr.isatty():
            print(f"\r\033[Kround {number} of {rounds}", end="\n" if number == rounds else "", file=sys.stderr)


def table(servers: list[Server]) -> list[list[str]]:
    """Return the rows of the table: the heads first."""
    heads = ["server"]
    for what in ("case a", "stream of 100"):
        heads += [f"{what}, {n} conn.: requests/s" for n in CONNECTIONS] + [f"{what}: added ms (p50, 1 conn.)"]
    return [heads, *(row(server, servers[0]) for server in servers)]


def row(server: Server, bare: Server) -> list[str]:
    """Return one server's row."""
    cells = [server.name]
    for stream in (False, True):
        cells += [f"{statistics.median(server.rates[stream, n]):,.0f}" for n in CONNECTIONS]
        added = statistics.median(server.waits[stream, 1]) - statistics.median(bare.waits[stream, 1])
        cells.append("–" if server is bare else f"{added:.2f}")
    return cells


def shown(rows: list[list[str]], *, markdown: bool) -> str:
    """Lay the table out, for a terminal or for the README."""
    if markdown:
        rows = [rows[0], ["---", *["---:"] * (len(rows[0]) - 1)], *rows[1:]]
        return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)
    turned = list(zip(*rows, strict=True))
    width = max(len(cells[0]) for cells in turned)
    return "\n".join(cells[0].ljust(width) + "".join(cell.rjust(16) for cell in cells[1:]) for cells in turned)


def main() -> None:
    """Start everything, measure, show."""
    parser = argparse.ArgumentParser(description="Time the gateway beside a bare proxy of the same stack.")
    parser.add_argument("--markdown", action="store_true", help="print the table for the README")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, after one to warm up (3)")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each is loaded in a round (2)")
    parser.add_argument("--role", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        role, port, *rest = options.role
        stub(int(port)) if role == "stub" else proxy(int(port), *rest)
        return
    here = str(Path(__file__).resolve())
    ports = [free_port() for _ in range(3)]
    behind = f"http://127.0.0.1:{ports[0]}"
    serve = ["-m", "isogloss", "serve", "--port", str(ports[2]), "--upstream", behind, "--allow-address", "127.0.0.0/8"]
    with (
        running(here, "--role", "stub", str(ports[0]), port=ports[0], core=0),
        running(here, "--role", "proxy", str(ports[1]), behind, port=ports[1], core=1),
        running(*serve, port=ports[2], core=1),
    ):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        chat = dict.fromkeys((False, True), "/v1/chat/completions")
        native = "/v1beta/models/gemini-2.5-flash:"
        servers = [
            Server("no proxy", ports[0], {False: f"{native}generateContent", True: f"{native}streamGenerateContent"}),
            Server("bare proxy", ports[1], chat),
            Server("isogloss", ports[2], chat),
        ]
        measure(servers, options.rounds, options.seconds)
    print(shown(table(servers), markdown=options.markdown))
    command = " ".join(["python tools/bench_gateway.py", *sys.argv[1:]])
    print(f"\nMade by `{command}` on CPython {platform.python_version()}, {platform.machine()}, {os.cpu_count()} CPUs.")


if __name__ == "__main__":
    main()
