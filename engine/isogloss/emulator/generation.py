"""generateContent, streamGenerateContent, countTokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.emulator import answers, calling, forms, settings, streaming, tokens, turns
from isogloss.emulator.errors import invalid
from isogloss.emulator.streaming import Stream

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from isogloss.emulator.calling import Call
    from isogloss.emulator.models import Model

#: What a cache fixes, so that a request that names the cache must not say it again.
_CACHED = ("systemInstruction", "tools", "toolConfig")


async def generate(call: Call, model: Model) -> ASGIApp:
    """Answer as a whole."""
    call.admit()
    request, cached = _read(call, model)
    do = await call.conduct("generateContent", model.name, _marks(request), turns.steps(request["contents"]))
    document = do.get("reply") or answers.reply(request, model, do["answer"], cached).document()
    if "cut" in do:
        return _torn(call, document)
    return calling.answered(document, _headers(request))


def _torn(call: Call, document: Any) -> Stream:
    """Promise a whole reply and break off in its middle."""
    data = streaming.written(document)
    half = data[: len(data) // 2]
    return Stream([half, b""], calling.JSON, call.entry, cut=1, headers={"content-length": str(len(data))})


async def stream(call: Call, model: Model) -> ASGIApp:
    """Answer in pieces: events with alt=sse, else a JSON array."""
    call.admit()
    request, cached = _read(call, model)
    _streamed(model)
    do = await call.conduct("streamGenerateContent", model.name, _marks(request), turns.steps(request["contents"]))
    documents = _chunks(request, model, do, cached)
    form = call.request.query_params.get("alt", call.request.query_params.get("$alt", "json"))
    kind = "text/event-stream" if form == "sse" else calling.JSON
    pieces = streaming.frames(documents, form)
    cut = min(do["cut"], len(pieces)) if "cut" in do else None
    pieces += [b""] if cut == len(pieces) else []
    return Stream(pieces, kind, call.entry, do.get("pace", call.state.pace), cut, _headers(request))


def _streamed(model: Model) -> None:
    if not model.streams_speech:
        raise invalid(f"models/{model.name} does not stream; use generateContent.")


def _chunks(request: dict[str, Any], model: Model, do: dict[str, Any], cached: dict[str, int] | None) -> list[Any]:
    """Return the documents of the stream; an error in its midst takes the place of the rest."""
    given = do.get("chunks") or ([do["reply"]] if "reply" in do else None)
    chunks = given or streaming.chunks(answers.reply(request, model, do["answer"], cached))
    if "fail" not in do:
        return chunks
    return [*chunks[: do["fail"]["after"]], calling.refusal(do["fail"]["error"]).body()]


async def count(call: Call, model: Model) -> ASGIApp:
    """Count the tokens of turns, or of a whole request."""
    call.admit()
    asked = forms.read(call.document(), "countTokens")
    request = asked.get("generateContentRequest", asked)
    if not request.get("contents"):
        raise invalid("contents is not set.", [("contents", "A required field is not set.")])
    await call.conduct("countTokens", model.name, _marks(request))
    counts = tokens.prompt(request, model)
    return calling.answered({"totalTokens": sum(counts.values()), "promptTokensDetails": tokens.details(counts)})


# --- reading


def _read(call: Call, model: Model) -> tuple[dict[str, Any], dict[str, int] | None]:
    """Read and check a request; return it with what its cache holds, and the tokens of that."""
    request = forms.read(call.document(), "generateContent")
    request, cached = _with_cache(call, request, model)
    settings.check(request, model)
    turns.check(request["contents"], model)
    return request, cached


def _with_cache(call: Call, request: dict[str, Any], model: Model) -> tuple[dict[str, Any], dict[str, int] | None]:
    if "cachedContent" not in request:
        return request, None
    cache = call.state.caches.find(request["cachedContent"])
    if call.state.catalogue.find(cache["model"], call.version) != model:
        raise invalid(f"The cache was made for {cache['model']}, not for {model.name}.")
    twice = [name for name in _CACHED if name in request]
    if twice:
        raise invalid(f"A request with cachedContent must not say {', '.join(twice)}; put it into the cache.")
    held = cache["held"]
    merged = {**held, **request, "contents": [*held.get("contents", []), *request["contents"]]}
    return merged, tokens.prompt(held, model)


def _marks(request: dict[str, Any]) -> str:
    """Return what the user said in the current turn, marks for scripts included."""
    content = request["contents"][turns.current(request["contents"])]
    return "\n".join(part["text"] for part in content["parts"] if "text" in part)


def _headers(request: dict[str, Any]) -> dict[str, str]:
    tier = request.get("serviceTier")
    return {"x-gemini-service-tier": tier} if tier is not None else {}
