"""What the laws are drawn over: documents of both dialects for chat and other operations, and what becomes of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import isogloss
from hypothesis import strategies as st
from isogloss import library
from isogloss.values import DEPTH_LIMIT, is_vector
from jsonschema import Draft202012Validator
from laws import completions, embeddings, files, media, videos
from laws import models as listed
from laws import strategies as draw

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
OTHER = {"openai": "gemini", "gemini": "openai"}
PHASES = ("chat.request", "chat.response", "chat.error")
#: Operations beside chat: their documents by phase and dialect, and the models that Google's are for.
OTHERS = {**videos.DRAWN, **embeddings.DRAWN, **completions.DRAWN, **files.DRAWN, **media.DRAWN, **listed.DRAWN}
MODELS = {"videos": videos.MODELS, "embeddings": embeddings.MODELS, "completions": completions.MODELS, **media.MODELS}
#: Models that OpenAI's are for, where not any will do.
OPENAI_MODELS = {
    "embeddings": embeddings.OPENAI_MODELS,
    "completions": completions.OPENAI_MODELS,
    **media.OPENAI_MODELS,
}
SIDES = [*((phase, source) for phase in PHASES for source in OTHER), *OTHERS]
NOW = 1795354472


@dataclass(frozen=True)
class Case:
    """A document of one dialect, and the model it is for."""

    phase: str
    source: str
    document: Any
    model: str | None


def enveloped(error: tuple[int, Any]) -> Any:
    """An error as the rules see it: with its status and its headers."""
    status, body = error
    return {"status": status, "headers": {}, "body": body}


@cache
def documents(phase: str, source: str) -> st.SearchStrategy[Any]:
    """Valid documents of one phase."""
    strategies = {
        ("chat.request", "openai"): draw.openai_request(),
        ("chat.request", "gemini"): draw.gemini_request() | draw.gemini_request().map(draw.snake_cased),
        ("chat.response", "openai"): draw.openai_response(),
        ("chat.response", "gemini"): draw.gemini_response(),
        ("chat.error", "openai"): draw.openai_errors().map(enveloped),
        ("chat.error", "gemini"): draw.gemini_errors().map(enveloped),
    }
    return {**strategies, **OTHERS}[phase, source]


@cache
def families(dialect: str) -> list[str]:
    """One name for every family of the rulebook that a pattern of names leads to."""
    names = [name for names in (draw.GEMINI_MODELS, draw.OPENAI_MODELS) for group in names.values() for name in group]
    found = {library.family(library.ruleset(), dialect, name).family.id: name for name in names}
    return [found[family] for family in sorted(found)]


@cache
def models(dialect: str) -> st.SearchStrategy[str]:
    """A model of any family of a dialect: each family as often as each other, or any name."""
    named = draw.gemini_models() if dialect == "gemini" else draw.openai_models()
    return st.sampled_from(families(dialect)) | named


def named(table: dict[str, list[str]], phase: str) -> list[str] | None:
    """The models of a phase's operation, or of all operations with its first word; None where any will do."""
    return table.get(phase.rpartition(".")[0], table.get(phase.partition(".")[0]))


@cache
def cases(phase: str, source: str) -> st.SearchStrategy[Case]:
    """A valid document for a model of the other dialect."""
    own = named(MODELS, phase)
    if own is not None:
        for_google = source == "openai" or not phase.endswith("request")
        others = named(OPENAI_MODELS, phase)
        theirs = models(OTHER[source]) if others is None else st.sampled_from(others)
        chosen = st.sampled_from(own) if for_google else theirs
        return st.builds(Case, st.just(phase), st.just(source), documents(phase, source), chosen)
    for_model = models(OTHER[source]) if phase == "chat.request" else models(source) | models(OTHER[source])
    return st.builds(Case, st.just(phase), st.just(source), documents(phase, source), for_model)


def mangled(phase: str, source: str) -> st.SearchStrategy[Case]:
    """A document with mistakes in it, or any JSON value at all, for any model at all."""
    wrong = draw.mutated(documents(phase, source)) | draw.any_json()
    names = (
        models("gemini") | models("openai") | st.text(max_size=12) | st.sampled_from(["\ud800", "models/", "{model}"])
    )
    return st.builds(Case, st.just(phase), st.just(source), wrong, st.none() | names)


def translated(case: Case, **options: Any) -> isogloss.Translation:
    """Translate a case, with nothing left to chance."""
    return _translate(case.document, case.phase, case.source, case.model, **options)


def returned(case: Case, body: Any, **options: Any) -> isogloss.Translation:
    """Translate what became of a case back."""
    return _translate(body, case.phase, OTHER[case.source], case.model, **options)


def _translate(document: Any, phase: str, source: str, model: str | None, **options: Any) -> isogloss.Translation:
    target = OTHER[source]
    settled = {"clock": lambda: NOW, "ids": lambda: "f00d", **options}
    return isogloss.translate(document, phase, source=source, target=target, model=model, **settled)


# ── validity ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))


@cache
def validator(phase: str, dialect: str) -> Draft202012Validator:
    """The vendor's schema of a phase, OpenAI's with our extensions."""
    if (phase, dialect) == ("count.request", "openai"):
        return validator("chat.request", dialect)  # tokens are counted by a chat of one token
    if phase == "chat.error":
        return Draft202012Validator(_schema(f"{dialect}/error"))
    if dialect == "openai" and phase.startswith("chat"):
        return Draft202012Validator({**_schema("extensions"), "$ref": f"#/$defs/{phase}"})
    return Draft202012Validator(_schema(f"{dialect}/{phase}"))


def invalid(phase: str, dialect: str, body: Any) -> list[str]:
    """What a document's schema has against it."""
    document = body["body"] if phase == "chat.error" else body
    return [f"{error.json_path}: {error.message}"[:300] for error in validator(phase, dialect).iter_errors(document)]


# ── JSON ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def depth(value: Any) -> int:
    """How many objects and lists stand inside each other; a vector is one value."""
    level, deep = [value], 0
    while level := [node for node in level if isinstance(node, dict | list) and not is_vector(node)]:
        deep += 1
        level = [inner for node in level for inner in (node.values() if isinstance(node, dict) else node)]
    return deep


def too_deep(value: Any) -> bool:
    """Whether a document is deeper than what is read."""
    return depth(value) > DEPTH_LIMIT


def containers(value: Any) -> Iterator[Any]:
    """Every object and list of a value."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)
