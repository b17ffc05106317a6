"""The routes of the emulator, as a Starlette application.

/v1|v1beta|v1alpha/models                     list, pageSize and pageToken
…/models/{m}                                  get
…/models/{m}:generateContent                  and streamGenerateContent, countTokens
…/models/{m}:embedContent                     and batchEmbedContents
…/models/{m}:predict
…/models/{m}:predictLongRunning               …/models/{m}/operations/{id}, …/files/{id}:download
…/cachedContents                              list, create
…/cachedContents/{id}                         get, patch, delete
/upload/…/files, …/files, …/files/{id}        upload, list, get, delete
/emulator                                     GET: the scripts and models there are
/emulator/requests                            GET ?last=N: what came, keys taken out; DELETE: forget it
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from isogloss.emulator import calling, embedding, generation, models, predicting, resources, scripts, videos
from isogloss.emulator.calling import Call, endpoint
from isogloss.emulator.errors import Refusal
from isogloss.emulator.store import KEPT, State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp

_METHODS: Final[dict[str, Any]] = {
    "generateContent": generation.generate,
    "streamGenerateContent": generation.stream,
    "countTokens": generation.count,
    "embedContent": embedding.embed,
    "batchEmbedContents": embedding.embed_many,
    "predict": predicting.predict,
    "predictLongRunning": videos.begin,
}
_VERSIONS: Final = ("v1beta", "v1", "v1alpha")
_KINDS: Final = ("models", "tunedModels")


def create(files: Iterable[Path] = (), *, pace: float = 0) -> Starlette:
    """Return an emulator with its own state; `files` are scripts, `pace` the seconds between pieces of a stream.

    Raises RuleError for mistakes in scripts.
    """
    book = scripts.load(files)
    app = Starlette(routes=_routes(), exception_handlers={404: _lost, 405: _lost})
    app.state.emulator = State(book, models.catalogue(book.models), pace)
    return app


def _routes() -> list[Route]:
    routes = [route for version in _VERSIONS for route in _versioned(version)]
    return [
        *routes,
        Route("/emulator", _about),
        Route("/emulator/requests", _requests, methods=["GET", "DELETE"]),
    ]


def _versioned(version: str) -> list[Route]:
    def route(path: str, method: Any, *verbs: str, before: str = "") -> Route:
        return Route(f"{before}/{version}/{path}", endpoint(method), methods=list(verbs))

    return [
        route("models", resources.list_models, "GET"),
        *(route(f"{kind}/{{target}}", _get_model, "GET") for kind in _KINDS),
        *(route(f"{kind}/{{target}}", _run_model, "POST") for kind in _KINDS),
        *videos.routes(route),
        *resources.routes(route),
    ]


async def _get_model(call: Call) -> ASGIApp:
    call.admit()
    return await resources.get_model(call, _named(call))


async def _run_model(call: Call) -> ASGIApp:
    name, _, method = _named(call).rpartition(":")
    if method not in _METHODS:
        raise Refusal("NOT_FOUND", f"There is no method {method or 'without a name'} on {call.version}.")
    needed = method.replace("streamG", "g")
    return await _METHODS[method](call, call.state.catalogue.find(name, call.version, needed))


def _named(call: Call) -> str:
    kind = call.request.url.path.split("/")[2]
    target: str = call.request.path_params["target"]
    return target if kind == "models" else f"{kind}/{target}"


async def _lost(request: Request, error: Exception) -> Response:
    """Answer an address that does not exist as the API does: with a page."""
    del error
    page = f"<!DOCTYPE html>\n<html><title>Error 404</title><p>There is no {escape(request.url.path)}.</html>\n"
    return HTMLResponse(page, 404)


async def _about(request: Request) -> Response:
    state: State = request.app.state.emulator
    named = [{"name": one.name, "when": one.when, "times": one.times} for one in state.book.scripts]
    return calling.answered({"scripts": named, "models": [model.name for model in state.catalogue.models]})


async def _requests(request: Request) -> Response:
    state: State = request.app.state.emulator
    if request.method == "DELETE":
        state.record.entries.clear()
        return Response(status_code=204)
    last = request.query_params.get("last", "")
    return calling.answered({"requests": state.record.last(int(last) if last.isdecimal() else KEPT)})
