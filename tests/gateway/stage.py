"""A gateway on a real socket, and real programs behind it that do what servers do when they do not behave."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager

import uvicorn
from isogloss.gateway import server, settings

PLAIN = {
    "id": "r1",
    "object": "chat.completion",
    "created": 1700000000,
    "model": "local",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello", "refusal": None},
            "finish_reason": "stop",
            "logprobs": None,
        }
    ],
    "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
}


def said(text, model="gemini-2.5-flash", **more):
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def piece(delta, finish=None):
    return {
        "id": "s1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "local",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


PIECES = [piece({"role": "assistant", "content": "Hel"}), piece({"content": "lo\u2028!"}), piece({}, "stop")]


class Program:
    """An HTTP server that remembers what came, and answers by the function it is given."""

    def __init__(self, play):
        self.play = play
        self.seen = []
        #: What callers who hung up had asked for.
        self.left = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        self.seen.append(
            {
                "method": scope["method"],
                "path": scope["raw_path"].decode(),
                "query": scope["query_string"].decode(),
                "headers": headers,
                "body": body,
            }
        )
        watch = asyncio.create_task(self._gone(receive, scope["path"]))
        try:
            await self.play(self.seen[-1], send, self)
        finally:
            watch.cancel()

    async def _gone(self, receive, path):
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left.append(path)

    @property
    def last(self):
        return self.seen[-1]


async def reply(send, status=200, body=b"", media="application/json", headers=()):
    lines = [(b"content-type", media.encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body if isinstance(body, bytes) else json.dumps(body).encode()})


async def stream(send, chunks, media="text/event-stream", pause=0.0):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", media.encode())]})
    for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b""})


def events(documents, end=b"data: [DONE]\n\n", line_end=b"\n"):
    lines = [b"data: " + json.dumps(document, ensure_ascii=False).encode() for document in documents]
    return [line.replace(b"\n", line_end) + line_end * 2 for line in lines] + [end]


@contextmanager
def running(app):
    """Serve an ASGI program in a thread; yields its address."""
    config = uvicorn.Config(
        app, port=0, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    process = uvicorn.Server(config)
    thread = threading.Thread(target=process.run, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not process.started and time.monotonic() < until:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{process.servers[0].sockets[0].getsockname()[1]}"
    finally:
        process.should_exit = True
        thread.join(10)


@contextmanager
def gateway(environment=None, **words):
    """Serve a gateway by the words of its configuration."""
    made = settings.decide({"port": 0, **words}, environment or {})
    with server.background(made) as url:
        yield url


@contextmanager
def between(play, environment=None, **words):
    """Put a gateway before a program; yields the gateway's address and the program."""
    program = Program(play)
    with running(program) as behind, gateway(environment, upstream=behind, **words) as url:
        yield url, program


def settled(check, seconds=5.0):
    """Wait until something has come true."""
    until = time.monotonic() + seconds
    while not check() and time.monotonic() < until:
        time.sleep(0.01)
    return check()
