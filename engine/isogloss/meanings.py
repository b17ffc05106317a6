"""What one model's name means for an exchange: its name there, both families, and the lenses they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss import families, library
from isogloss.lens import Lens
from isogloss.values import ABSENT, Object, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.families import Match
    from isogloss.rule import RuleSet
    from isogloss.translator import Translator

    #: What a reply must fit: the rulebook's words for it, rule and place.
    Demand = tuple[Mapping[str, Any], str, str]

#: How a request asks for a stream where its operation does not say it otherwise.
_STREAMS: Final[Object] = {"stream": True}
#: How many names are remembered.
_MOST: Final = 1000


class Meaning:
    """What one name means."""

    __slots__ = ("assumed", "matches", "model", "openings", "target_model", "told")

    def __init__(self, gloss: Translator, model: str | None) -> None:
        self.model = model
        #: What replies call it: as the caller does, but for prefixes that only say where it is asked for.
        self.told = None if model is None else families.bare(gloss.ruleset.dialects[gloss.target], model)
        self.target_model = gloss.target_model(model)
        self.matches = matches(gloss, model, self.target_model)
        match = self.matches[gloss.target]
        self.assumed = match if match.assumed is not None and match.family is not None else None
        self.openings = Openings(gloss, self)


class Opening:
    """What one name means for one operation: what is known before its request is read."""

    def __init__(self, gloss: Translator, meaning: Meaning, operation: str) -> None:
        self._gloss, self._matches, self._name = gloss, meaning.matches, operation
        self._lenses: dict[str, Lens] = {}
        documents = gloss.ruleset.documents
        #: The words by which a request asks for a stream; none where there is none.
        self.asks = gloss.asking.get(operation, _STREAMS) if f"{operation}.stream" in documents else {}
        #: A name that such a request has.
        self.word = next(iter(self.asks), None)
        self.values: Object = {} if meaning.target_model is None else {"model": meaning.target_model}
        #: What replies and streams must fit where requests can ask for that.
        self.fits = {phase: self._fit(documents.get(f"{operation}.{phase}")) for phase in ("response", "stream")}
        self.fit = self.fits["response"]
        asks = f"{operation}.request" in documents or f"{operation}.response" not in documents
        #: The lens of its requests; an operation that has a reply only asks without a body.
        self.request = self.lens("request") if asks else None
        #: The lens of its replies, once one has come, where nothing is asked of them but what generated code does.
        self.plain_response: Lens | None = None
        #: That of its requests where one is one document, and nothing is said of it but what generated code says.
        self.plain_request: Lens | None = None
        if gloss.usual and meaning.assumed is None and self.request is not None and self.request.apart is None:
            self.plain_request = self.request

    def lens(self, phase: str) -> Lens:
        """Return the lens of a phase; it is made when it is first asked for.

        Raises UnknownName.
        """
        found = self._lenses.get(phase)
        if found is None:
            gloss, name = self._gloss, f"{self._name}.{phase}"
            documents = gloss.ruleset.documents
            reader, writer = (gloss.source, gloss.target) if phase == "request" else (gloss.target, gloss.source)
            if phase == "error" and name not in documents:
                name = next((other for other in documents if other.endswith(".error")), name)
            found = self._lenses[phase] = library.lens(gloss.ruleset, name, reader, writer, self._matches)
        return found

    def reply(self) -> Lens:
        """Return the lens of its replies. Raises UnknownName."""
        found = self.lens("response")
        self.plain_response = found if self._gloss.usual and found.answers is None else None
        return found

    def streams(self, body: Object) -> bool:
        """Tell whether a request asks for a stream."""
        return self.word in body and all(same(body.get(name, ABSENT), word) for name, word in self.asks.items())

    def _fit(self, document: RuleSet | None) -> Demand | None:
        asked = None if document is None else document.validate.get(self._gloss.source)
        return None if document is None or asked is None else (asked, document.name, document.mark.place)


class Openings(dict[str, Opening]):
    """What one name means, by operation."""

    def __init__(self, gloss: Translator, meaning: Meaning) -> None:
        super().__init__()
        self._gloss, self._meaning = gloss, meaning

    def __missing__(self, operation: str) -> Opening:
        """Look it up, once. Raises UnknownName."""
        found = self[operation] = Opening(self._gloss, self._meaning, operation)
        return found


class Meanings(dict["str | None", Meaning]):
    """What names mean, by name."""

    def __init__(self, gloss: Translator) -> None:
        super().__init__()
        self._gloss = gloss

    def __missing__(self, model: str | None) -> Meaning:
        """Look a name up, once; names come from strangers, so the memory of them is bounded."""
        found = Meaning(self._gloss, model)
        if len(self) > _MOST:
            self.clear()
        if len(model or "") <= families.LONGEST:
            self[model] = found
        return found


def matches(gloss: Translator, model: str | None, target_model: str | None) -> dict[str, Match]:
    """Find the families of a model's two names."""
    names = {gloss.source: model, gloss.target: target_model}
    return {dialect: library.family(gloss.ruleset, dialect, name) for dialect, name in names.items()}
