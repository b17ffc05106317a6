"""Bodies of requests: JSON, or a form, whose file may go upstream while it comes."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from isogloss.crossings import forms
from isogloss.crossings.forms import Form
from isogloss.failures import Failure
from isogloss.gateway import payloads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from isogloss.gateway.asking import Asked
    from isogloss.gateway.settings import Limits
    from isogloss.routes import Route
    from isogloss.values import Value


def is_form(asked: Asked) -> bool:
    """Tell whether a request is a form."""
    return _media(asked) == forms.MEDIA


async def read(asked: Asked, route: Route, limits: Limits) -> tuple[Value, Upload | None]:
    """Read a body, or as much of a form as stands before its streamed file; raise Failure where it cannot be read."""
    if asked.headers.get("content-encoding", "identity").lower() != "identity":
        raise Failure(415, "the request's body must not be compressed")
    if route.form is not None and is_form(asked):
        return await _form(asked, route.form, limits)
    return await _json(asked, route), None


def _media(asked: Asked) -> str:
    return asked.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _json(asked: Asked, route: Route) -> Value:
    media = _media(asked)
    if media != "application/json" and not media.endswith("+json"):
        forms_too = "" if route.form is None else f" or {forms.MEDIA}"
        raise Failure(415, f"the request's content-type must be application/json{forms_too}")
    try:
        return payloads.loads(await asked.body.read())
    except payloads.PayloadError as error:
        raise Failure(400, f"the request is no JSON: {error}") from None


async def _form(asked: Asked, words: Mapping[str, Any], limits: Limits) -> tuple[Value, Upload | None]:
    most = limits.upload if "streams" in words else limits.request
    upload = Upload(Form(asked.headers["content-type"], words, limits.request), asked.body.chunks(most))
    await upload.begin()
    return upload.document(), upload if upload.flows else None


class Upload:
    """A form on its way in. What has come of its file and is not yet sent is one read of the socket at most."""

    def __init__(self, form: Form, chunks: AsyncIterator[bytes]) -> None:
        self._form = form
        self._chunks = chunks
        self._first = b""
        #: What went wrong with the caller while the file was being sent.
        self.wrong: Failure | None = None

    @property
    def flows(self) -> bool:
        """Whether it has a file that is sent on."""
        return self._form.flows

    @property
    def payload(self) -> Upload:
        """Its file's bytes, to be read once."""
        return self

    def document(self) -> Value:
        """Return what the form has said so far."""
        return deepcopy(self._form.document)

    async def begin(self) -> None:
        """Read up to the streamed file, or to the end."""
        async for chunk in self._chunks:
            self._first = self._form.feed(chunk)
            if self._form.flows:
                return
        self._form.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the file's bytes as they come."""
        try:
            if self._first:
                yield self._first
            async for chunk in self._chunks:
                data = self._form.feed(chunk)
                if data:
                    yield data
            self._form.close()
        except Failure as failure:
            self.wrong = failure
            raise
        except asyncio.CancelledError:
            self.wrong = Failure(400, "the caller hung up")
            raise
