"""What each model takes, as data: models.yaml, and models that scripts add."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from isogloss import source
from isogloss.emulator.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE: Final = Path(__file__).with_name("models.yaml")
_BETA: Final = frozenset({"v1beta", "v1alpha"})


@dataclass(frozen=True)
class Model:
    """One model; models.yaml says what each field means."""

    name: str
    title: str
    generation: float
    methods: tuple[str, ...]
    input: int
    output: int
    system: bool
    functions: bool
    structured: bool
    json_schema: bool
    builtin: bool
    mixed_tools: bool
    modalities: tuple[str, ...]
    penalties: bool
    logprobs: bool
    candidates: int
    prefill: bool
    caches: bool
    cache_minimum: int
    part_resolution: bool
    call_ids: bool
    signatures: str
    image_signatures: bool
    image_sizes: tuple[str, ...]
    aspects: tuple[str, ...]
    speech: str
    streams_speech: bool
    thinking: str
    budget: tuple[int, int]
    can_stop: bool
    levels: tuple[str, ...]
    usual: int | str
    tolerates_budget: bool
    seconds: tuple[int, ...]
    resolutions: tuple[str, ...]
    also: str = ""
    listed: bool = True
    beta: bool = False

    def answers_to(self, name: str, version: str) -> bool:
        """Tell whether `name` means this model on this version of the API."""
        if self.beta and version not in _BETA:
            return False
        return name == self.name or (self.also != "" and re.fullmatch(self.also, name) is not None)

    def resource(self) -> dict[str, Any]:
        """Return what models.get says."""
        return {
            "name": f"models/{self.name}",
            "version": str(self.generation),
            "displayName": self.title,
            "description": f"{self.title}, emulated",
            "inputTokenLimit": self.input,
            "outputTokenLimit": self.output,
            "supportedGenerationMethods": list(self.methods),
            **self._sampling(),
        }

    def _sampling(self) -> dict[str, Any]:
        if "generateContent" not in self.methods:
            return {}
        thinks = {"thinking": True} if self.thinking != "none" else {}
        return {"temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2, **thinks}


@dataclass(frozen=True)
class Catalogue:
    """Every model there is."""

    models: tuple[Model, ...]

    def find(self, name: str, version: str = "v1beta", method: str | None = None) -> Model:
        """Return the model with this name, with or without `models/`.

        Raises Refusal (404) where there is none, or where it does not have the method.
        """
        bare = name.removeprefix("models/")
        found = next((model for model in self.models if model.answers_to(bare, version)), None)
        if found is None:
            raise Refusal("NOT_FOUND", f"There is no model {bare} on {version}; models.list names those there are.")
        if method is not None and method not in found.methods:
            raise Refusal("NOT_FOUND", f"models/{bare} does not have the method {method} on {version}.")
        return found

    def listed(self, version: str) -> list[Model]:
        """Return the models that models.list shows."""
        return [model for model in self.models if model.listed and model.answers_to(model.name, version)]


@cache
def _written() -> Mapping[str, Any]:
    return source.read(_FILE, _FILE.name)


def catalogue(extra: Mapping[str, Any] | None = None) -> Catalogue:
    """Return the models of models.yaml; `extra` has more in the same form, or changes them."""
    entries = {**_written()["models"], **(extra or {})}
    return Catalogue(tuple(_model(name, entries) for name in entries))


def _model(name: str, entries: Mapping[str, Any]) -> Model:
    said = _inherited(name, entries, ())
    known = {field.name for field in fields(Model)}
    return Model(name=name, **{key: _frozen(value) for key, value in said.items() if key in known})


def _inherited(name: str, entries: Mapping[str, Any], below: tuple[str, ...]) -> dict[str, Any]:
    if name in below:
        raise ValueError(f"the model {name} is like itself: {' -> '.join((*below, name))}")
    own = dict(entries[name])
    like = own.pop("like", None)
    if like is None:
        return own
    kinds = _written()["kinds"]
    above = dict(kinds[like]) if like in kinds else _inherited(like, entries, (*below, name))
    return {**{key: value for key, value in above.items() if key not in {"also", "beta"}}, **own}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
