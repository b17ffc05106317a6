"""Which dialect a request is in, and what it asks for: all of it is said by the dialects of the rulebook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from isogloss import routes
from isogloss.failures import Failure

if TYPE_CHECKING:
    from isogloss.gateway.asking import Asked
    from isogloss.gateway.keys import Keys
    from isogloss.gateway.settings import Settings
    from isogloss.routes import Route
    from isogloss.rule import Dialect, Ruleset


@dataclass(frozen=True, slots=True)
class Aim:
    """What a request is after."""

    #: The dialect of the caller.
    front: str
    #: The path in that dialect, as it came.
    raw_path: str
    #: What is asked for; None for what goes to the upstream of this dialect as it is.
    route: Route | None


class Fronts:
    """Finds out what requests are after."""

    def __init__(self, settings: Settings, ruleset: Ruleset, keys: Keys) -> None:
        self._keys = keys
        self._dialects = ruleset.dialects
        self._open = settings.fronts
        self._behind = {one.dialect for one in settings.upstreams}

    def tongue(self, asked: Asked) -> str:
        """Guess the dialect of a request, for the errors that come before everything else."""
        for name, dialect in self._dialects.items():
            if _under(asked.path, [*dialect.raw.get("mounts", ()), *_through(dialect)]) is not None:
                return name
        for name, dialect in self._dialects.items():
            if self._keys.shown(asked, name) or _native(dialect, asked.path):
                return name
        return self._open[0]

    def aim(self, asked: Asked) -> Aim:
        """Tell what a request is after; raise Failure where there is no such thing."""
        for name in self._behind:
            prefix = _under(asked.path, _through(self._dialects[name]))
            if prefix is not None:
                return Aim(name, _plain(asked.raw_path[len(prefix) :]), None)
        for name in self._open:
            prefix = _under(asked.path, self._dialects[name].raw.get("mounts", ()))
            if prefix is not None:
                return self._settled(asked, [name], len(prefix))
        return self._settled(asked, self._told_apart(asked), 0)

    def _told_apart(self, asked: Asked) -> list[str]:
        """Order the open dialects: those whose key is shown come first, then the first of all."""
        return sorted(self._open, key=lambda name: self._keys.shown(asked, name) is None)

    def _settled(self, asked: Asked, names: list[str], cut: int) -> Aim:
        path = asked.path[cut:]
        for name in names:
            route = routes.find(self._dialects[name], asked.method, path, asked.query)
            if route is not None:
                return Aim(name, _plain(asked.raw_path[cut:]), route)
        for name in [*names, *self._behind]:
            certain = names == [name] or _native(self._dialects[name], path) or self._keys.shown(asked, name)
            if name in self._behind and certain:
                return Aim(name, _plain(asked.raw_path[cut:]), None)
        raise self._unknown(asked, names[0], path)

    def _unknown(self, asked: Asked, name: str, path: str) -> Failure:
        methods = {entry["method"] for entry in self._dialects[name].routes}
        others = [m for m in sorted(methods) if routes.find(self._dialects[name], m, path, asked.query)]
        if others:
            return Failure(405, f"{path} takes {' and '.join(others)} only", headers={"allow": ", ".join(others)})
        return Failure(404, str(routes.unknown(self._dialects[name], asked.method, path)))


def _through(dialect: Dialect) -> list[str]:
    return [dialect.raw["through"]] if "through" in dialect.raw else []


def _under(path: str, prefixes: list[str] | tuple[str, ...]) -> str | None:
    return next((prefix for prefix in prefixes if path.startswith(prefix + "/")), None)


def _native(dialect: Dialect, path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in dialect.raw.get("native", ()))


def _plain(raw: str) -> str:
    """Refuse paths that lead upward, however they are spelled: they would leave the upstream's own."""
    from urllib.parse import unquote

    if not raw.startswith("/") or any(step in (".", "..") for step in re.split(r"[/\\]", unquote(unquote(raw)))):
        raise Failure(400, "this path leads out of the API")
    return raw
