"""Translations, exchanges and translators: the contract.

CPU only: no input or output, no environment, no log line. Times and ids are inputs (`clock`, `ids`).
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Final, Literal

from isogloss import families, library, routes
from isogloss.envelope import Reply
from isogloss.errors import IsoglossError, UnknownName
from isogloss.exchange import Exchange
from isogloss.limits import LIMITS, bounded
from isogloss.meanings import Meanings
from isogloss.routes import Call, Route
from isogloss.running import Translation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from isogloss.exchange import Known
    from isogloss.rule import Ruleset
    from isogloss.values import Value

OnLoss = Literal["report", "refuse", "ignore"]


def _random_id() -> str:
    return os.urandom(12).hex()


class Translator:
    """Translates between two dialects; reusable, immutable, thread-safe."""

    def __init__(  # noqa: PLR0913 - the contract's keyword options
        self,
        source: str,
        target: str,
        *,
        version: str | None = None,
        profile: str | None = None,
        overlays: Sequence[Any] = (),
        on_loss: OnLoss = "report",
        defaults: bool = True,
        trace: bool = False,
        models: Mapping[str, str] | None = None,
        limits: Mapping[str, int] | None = None,
        ids: Callable[[], str] = _random_id,
        clock: Callable[[], float] = time.time,
        ruleset: Ruleset | None = None,
        enforce: bool = True,
    ) -> None:
        self.ruleset = ruleset or library.ruleset(version, profile, tuple(map(str, overlays)))
        for name in (source, target):
            if name not in self.ruleset.dialects:
                raise UnknownName("dialect", name, self.ruleset.dialects)
        if on_loss not in ("report", "refuse", "ignore"):
            raise UnknownName("on_loss", on_loss, ("report", "refuse", "ignore"))
        self.source = source
        self.target = target
        self.on_loss: Final = on_loss
        self.defaults, self.trace = defaults, trace
        self.models = dict(models or {})
        self.limits = bounded(limits or {})
        self.ids = ids
        self.clock = clock
        #: Whether replies are held against the schemas that requests ask to be enforced; else `demand` says which.
        self.enforce = enforce
        #: Whether documents are as good as measured: generated code leaves to the interpreter what passes these.
        self.usual: Final = self.limits == LIMITS
        #: The words by which requests ask for a stream, by operation.
        self.asking: Final = routes.asking(self.ruleset.dialects[source])
        #: What models' names mean, looked up once for each name.
        self.meanings: Final = Meanings(self)

    def exchange(
        self,
        operation: str,
        body: Value,
        *,
        model: str | None = None,
        stream: bool | None = None,
        known: Known | None = None,
    ) -> Exchange:
        """Open an exchange with its request.

        `model` and `stream` are for dialects that keep them in the URL; `known` are values that it keeps from before.
        """
        return Exchange(self, operation, body, model, stream, known or {})

    def route(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Route:
        """Find what a method and a path of the source dialect ask for.

        Raises UnknownName.
        """
        del headers
        dialect = self.ruleset.dialects[self.source]
        found = routes.find(dialect, method, path, query or {})
        if found is None:
            raise routes.unknown(dialect, method, path)
        return found

    def target_model(self, model: str | None) -> str | None:
        """Name the target's model for the caller's."""
        if model is None:
            return None
        bare = families.bare(self.ruleset.dialects[self.source], model)
        named = self.models.get(model, self.models.get(bare, model))
        return families.bare(self.ruleset.dialects[self.target], named)


__all__ = ["Call", "Exchange", "IsoglossError", "Reply", "Route", "Translation", "Translator"]
