"""models, cachedContents, files: what the API lists, makes and deletes."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from isogloss.emulator import calling, forms, schema, settings, store, tokens
from isogloss.emulator.errors import Refusal, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import Route
    from starlette.types import ASGIApp

    from isogloss.emulator.calling import Call

Document = dict[str, Any]

_HELD: Final = ("contents", "systemInstruction", "tools", "toolConfig")
_HOUR: Final = dt.timedelta(hours=1)
_KEPT: Final = dt.timedelta(hours=48)
_MOST: Final = 1000  # entries of a page


def routes(route: Callable[..., Route]) -> list[Route]:
    """Return the routes of caches and files; `route` makes one of path, method and verbs."""
    return [
        route("cachedContents", list_caches, "GET"),
        route("cachedContents", create_cache, "POST"),
        route("cachedContents/{name}", get_cache, "GET"),
        route("cachedContents/{name}", patch_cache, "PATCH"),
        route("cachedContents/{name}", delete_cache, "DELETE"),
        route("files", list_files, "GET"),
        route("files", start_upload, "POST", before="/upload"),
        route("files/{name}", get_file, "GET"),
        route("files/{name}", delete_file, "DELETE"),
    ]


def _page(call: Call, name: str, entries: list[Document], usual: int) -> ASGIApp:
    """Return one page; its token is the place where the next one starts."""
    query = call.request.query_params
    size = query.get("pageSize", "0")
    token = query.get("pageToken", "")
    if not size.isdecimal() or (token and not re.fullmatch(r"at[0-9]+", token)):
        raise invalid("pageSize is a number, and pageToken one that a list gave.")
    start = int(token[2:] or 0)
    end = start + min(int(size) or usual, _MOST)
    more = {"nextPageToken": f"at{end}"} if end < len(entries) else {}
    return calling.answered({name: entries[start:end], **more} if entries else {})


# --- models


async def list_models(call: Call) -> ASGIApp:
    """List the models, 50 a page."""
    call.admit("pageSize", "pageToken")
    await call.conduct("models.list")
    return _page(call, "models", [model.resource() for model in call.state.catalogue.listed(call.version)], 50)


async def get_model(call: Call, name: str) -> ASGIApp:
    """Describe one model."""
    await call.conduct("models.get", name)
    return calling.answered(call.state.catalogue.find(name, call.version).resource())


# --- caches: https://ai.google.dev/api/caching


async def create_cache(call: Call) -> ASGIApp:
    """Keep turns, system instruction and tools for requests to come."""
    call.admit()
    request = forms.read(call.document(), "cachedContents")
    await call.conduct("cachedContents.create", request["model"])
    model = call.state.catalogue.find(request["model"], call.version)
    if not model.caches or not request["model"].startswith("models/"):
        raise invalid(f"{request['model']} does not support explicit caches, or is not spelled models/….")
    held = {name: request[name] for name in _HELD if name in request}
    settings.check({"contents": [], **held}, model)
    total = sum(tokens.prompt(held, model).values())
    if total < model.cache_minimum:
        raise invalid(f"The content to cache has {total} tokens; at least {model.cache_minimum} are needed.")
    said = {name: request[name] for name in ("model", "displayName") if name in request}
    made = store.time(store.now())
    usage = {"usageMetadata": {"totalTokenCount": total}}
    times = {"createTime": made, "updateTime": made, "expireTime": _end(request, _HOUR)}
    return calling.answered(_visible(call.state.caches.add({**said, **usage, **times, "held": held})))


def _end(request: Document, usual: dt.timedelta) -> str:
    try:
        return store.time(_ending(request, usual))
    except OverflowError:
        raise invalid("The cache would live beyond all calendars.") from None


def _ending(request: Document, usual: dt.timedelta) -> dt.datetime:
    if "expireTime" in request:
        return store.read_time(request["expireTime"])
    seconds = float(request["ttl"].rstrip("s")) if "ttl" in request else usual.total_seconds()
    if seconds <= 0:
        raise invalid("ttl must be positive.")
    return store.now() + dt.timedelta(seconds=seconds)


def _visible(entry: Document) -> Document:
    """Return a cache as the API shows it: without what it holds."""
    return {key: value for key, value in entry.items() if key != "held"}


def _cache(call: Call) -> Document:
    return call.state.caches.find(f"cachedContents/{call.request.path_params['name']}")


async def list_caches(call: Call) -> ASGIApp:
    """List the caches."""
    call.admit("pageSize", "pageToken")
    await call.conduct("cachedContents.list")
    return _page(call, "cachedContents", [_visible(one) for one in call.state.caches.all()], 100)


async def get_cache(call: Call) -> ASGIApp:
    """Describe one cache."""
    call.admit()
    await call.conduct("cachedContents.get")
    return calling.answered(_visible(_cache(call)))


async def patch_cache(call: Call) -> ASGIApp:
    """Change when a cache ends; nothing else of it can be changed."""
    call.admit("updateMask")
    request = forms.read(call.document(), "cachedContents.patch")
    await call.conduct("cachedContents.patch")
    masked = {schema.camel(name) for name in call.request.query_params.get("updateMask", "").split(",") if name}
    if masked - {"ttl", "expireTime"}:
        raise invalid("Of a cache only ttl and expireTime can be changed.")
    entry = _cache(call)
    entry.update(expireTime=_end(request, _HOUR), updateTime=store.time(store.now()))
    return calling.answered(_visible(entry))


async def delete_cache(call: Call) -> ASGIApp:
    """Forget a cache."""
    call.admit()
    await call.conduct("cachedContents.delete")
    del call.state.caches.held[_cache(call)["name"]]
    return calling.answered({})


# --- files: https://ai.google.dev/api/files


async def start_upload(call: Call) -> ASGIApp:
    """Take a file: by the resumable protocol, whose second step comes to the address that the first one gives."""
    command = call.request.headers.get("x-goog-upload-command", "")
    if command == "start":
        call.admit()
        return await _begun(call)
    if "upload" in command and "finalize" in command:
        return _finished(call)
    raise invalid("Send x-goog-upload-command: start, and then upload, finalize.")


async def _begun(call: Call) -> ASGIApp:
    await call.conduct("files.create")
    file = forms.read(call.document(), "files").get("file", {})
    kind = call.request.headers.get("x-goog-upload-header-content-type") or file.get("mimeType")
    if not kind:
        raise invalid("A file needs a MIME type.")
    name = f"upload{len(call.state.uploads) + 1}"
    call.state.uploads[name] = {**file, "mimeType": kind}
    url = call.request.url.include_query_params(upload_id=name).remove_query_params("key")
    # All that it says stands in its headers.
    return Response(headers={"x-goog-upload-url": str(url), "x-goog-upload-status": "active"}, media_type="text/plain")


def _finished(call: Call) -> ASGIApp:
    """Take the bytes; who knows the address of an upload needs no key."""
    file = call.state.uploads.pop(call.request.query_params.get("upload_id", ""), None)
    if file is None:
        raise Refusal("NOT_FOUND", "There is no such upload.")
    made = store.time(store.now())
    digest = base64.b64encode(hashlib.sha256(call.body).hexdigest().encode()).decode()
    times = {"createTime": made, "updateTime": made, "expirationTime": store.time(store.now() + _KEPT)}
    kept = {key: value for key, value in file.items() if key not in {"name", "sizeBytes"}}
    entry = call.state.files.add({**kept, "sizeBytes": str(len(call.body)), "sha256Hash": digest, **times})
    base = str(call.request.base_url)
    entry.update(uri=f"{base}{call.version}/{entry['name']}", state="ACTIVE", source="UPLOADED")
    return calling.answered({"file": entry}, {"x-goog-upload-status": "final"})


def _file(call: Call) -> Document:
    return call.state.files.find(f"files/{call.request.path_params['name']}")


async def list_files(call: Call) -> ASGIApp:
    """List the files."""
    call.admit("pageSize", "pageToken")
    await call.conduct("files.list")
    return _page(call, "files", call.state.files.all(), 10)


async def get_file(call: Call) -> ASGIApp:
    """Describe one file."""
    call.admit()
    await call.conduct("files.get")
    return calling.answered(_file(call))


async def delete_file(call: Call) -> ASGIApp:
    """Forget a file."""
    call.admit()
    await call.conduct("files.delete")
    del call.state.files.held[_file(call)["name"]]
    return calling.answered({})
