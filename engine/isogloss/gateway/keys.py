"""Who may ask, and which key goes upstream. Keys are compared in constant time, and never shown."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import unquote

from isogloss.crossings.servers import HIDDEN, Server
from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from isogloss.gateway.asking import Asked
    from isogloss.gateway.settings import Settings, Upstream
    from isogloss.rule import Ruleset


class Keys:
    """Reads keys where dialects put them, and puts them where dialects want them."""

    def __init__(self, settings: Settings, ruleset: Ruleset) -> None:
        self._dialects = ruleset.dialects
        self._known = [_digest(key) for key in settings.keys]
        self._own = settings.keys
        self._secrets = [one.key for one in settings.upstreams if one.key] + list(settings.keys)
        #: Headers and names of a query that may hold a key: they are never passed on.
        self.headers = frozenset(self._words("header"))
        self.queries = frozenset(self._words("query"))

    def _words(self, place: str) -> Iterable[str]:
        return [d.raw["auth"][place] for d in self._dialects.values() if place in d.raw.get("auth", {})]

    def shown(self, asked: Asked, dialect: str) -> str | None:
        """Return the key that a request shows where a dialect puts it."""
        auth: Mapping[str, str] = self._dialects[dialect].raw.get("auth", {})
        scheme = auth.get("scheme", "")
        said = asked.headers.get(auth.get("header", ""), "")
        if scheme:
            word, _, said = said.partition(" ")
            said = said if word.lower() == scheme.lower() else ""
        return said.strip() or asked.query.get(auth.get("query", "")) or None

    def any_shown(self, asked: Asked, first: str) -> str | None:
        """Return the key that a request shows, in the first dialect's place or in another's."""
        order = sorted(self._dialects, key=lambda name: name != first)
        return next((key for name in order if (key := self.shown(asked, name))), None)

    def admit(self, asked: Asked, front: str) -> str | None:
        """Return the caller's key; raise Failure where it is none that we know."""
        key = self.any_shown(asked, front)
        if not self._known:
            return key
        digest = _digest(key or "")
        fits = [hmac.compare_digest(digest, known) for known in self._known]  # all of them: time tells nothing
        if not any(fits):
            text = "this gateway wants a key, and got none" if key is None else "this gateway does not know this key"
            raise Failure(401, text, code="invalid_api_key")
        return key

    def server(self, upstream: Upstream, shown: str | None) -> Server:
        """Return an upstream with the key for it: the operator's, else the caller's, never a gateway's own."""
        key = upstream.key or (None if self._known else shown)
        secrets = (*self._secrets, shown) if shown else tuple(self._secrets)
        return Server(self._dialects[upstream.dialect], upstream.url, key, secrets)

    def stands_in(self, text: str) -> bool:
        """Tell whether a key of the gateway stands in a text that would go upstream."""
        return any(key in text or key in unquote(text) for key in self._own)

    def hide(self, data: bytes, *shown: str | None) -> bytes:
        """Take keys out of what is shown to callers: servers repeat the ones that they refuse."""
        for key in (*self._secrets, *shown):
            if key:
                data = data.replace(key.encode(), HIDDEN)
        return data


def fingerprint(key: str | None) -> str:
    """Name a key without telling it."""
    return hashlib.sha256((key or "").encode()).hexdigest()[:16]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
