"""Replies, errors, delays and cuts on demand, written in YAML.

    models:                      more models, or changes to them, as in models.yaml
      gemini-9-neon: {like: gemini-3.8-flash, title: Neon, generation: 9.0}
    scripts:
      - name: tired              what calls it: [[tired]] in the prompt, or the header `x-emulator: tired`
        title: says UNAVAILABLE twice, then answers
        when:                    … or these conditions, of which all must hold
          model: "gemini-2.5-.*"       a pattern for the whole name
          text: weather                stands in what the user said last
          header: {x-test: "1"}        headers with these values
          key: some-key                the caller's key
          method: streamGenerateContent
          step: 0                      how many steps of calls the current turn has had
        times: 2                 only so often for the same request (a client that tries again)
        do:
          delay: 0.5             seconds before the reply's head
          pace: 0.05             seconds between the pieces of a stream
          error: {status: UNAVAILABLE, message: Not now., details: [], code: 503, headers: {retry-after: "1"}}
          raw: {status: 502, type: text/html, text: <html></html>}     a body that is no reply of the API
          answer:                changes to what the emulator says by itself
            {text: …, thought: …, calls: [{name: …, args: {}}], parts: […], finish: SAFETY, finish_message: …,
             block: SAFETY, size: 1000000, code: true}
          job: {polls: 3, seconds: 0.5, error: {…}, filtered: [why], empty: true}   what becomes of a video, after
                                 so many looks and so long
          reply: {}              this document and no other
          chunks: [{}, {}]       these pieces and no others
          cut: 3                 the connection ends after so many pieces (0: after the head), with nothing said
          fail: {after: 2, error: {…}}   an error in mid-stream, instead of the rest

Requests are held to the API's rules first, so that a script hides no mistake. A request may name several scripts:
`[[pace 0.1]] [[finish SAFETY]]`. In a script that is called with a word, `$word` stands for that word. The built-in
scripts are scripts.yaml; those of a file come before them, and replace those with the same name. Both are described by
schemas/emulator-script.schema.json.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jsonschema

from isogloss import resources, source
from isogloss.emulator.errors import invalid
from isogloss.errors import Mark, Problem, RuleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FILE: Final = Path(__file__).with_name("scripts.yaml")
_SCHEMA: Final = "emulator-script.schema.json"
_NAMED: Final = re.compile(r"\[\[\s*([a-z][a-z-]*)(?:\s+([^\]]+?))?\s*\]\]")
HEADER: Final = "x-emulator"


@dataclass(frozen=True)
class Occasion:
    """A request, as conditions see it."""

    method: str
    model: str
    text: str
    headers: Mapping[str, str]
    key: str
    step: int = 0


@dataclass(frozen=True)
class Script:
    """One script: what calls it, and what it does."""

    name: str
    when: dict[str, Any] | None
    times: int | None
    do: dict[str, Any]

    def holds(self, occasion: Occasion) -> bool:
        """Tell whether all conditions hold; a script without conditions must be called."""
        return self.when is not None and all(_CONDITIONS[name](occasion, value) for name, value in self.when.items())


_CONDITIONS: Final = {
    "model": lambda one, value: re.fullmatch(value, one.model) is not None,
    "text": lambda one, value: value in one.text,
    "header": lambda one, value: all(one.headers.get(name.lower()) == word for name, word in value.items()),
    "key": lambda one, value: one.key == value,
    "method": lambda one, value: one.method == value,
    "step": lambda one, value: one.step == value,
}


@dataclass(frozen=True)
class Book:
    """All scripts, in the order in which they are tried, and the models that files add."""

    scripts: tuple[Script, ...]
    models: dict[str, Any]

    def called(self, occasion: Occasion) -> Iterator[tuple[Script, dict[str, Any]]]:
        """Yield the scripts that concern a request, with what they do."""
        names = [*_calls(occasion.text), *_calls(_marked(occasion.headers.get(HEADER, "")))]
        for script in self.scripts:
            for name, word in names:
                if name == script.name:
                    yield script, _worded(script, word)
            if script.holds(occasion):
                yield script, script.do


def _marked(header: str) -> str:
    return " ".join(f"[[{one.strip()}]]" for one in header.split(",") if one.strip())


def _calls(text: str) -> list[tuple[str, str | None]]:
    return [(name, word or None) for name, word in _NAMED.findall(text)]


def _worded(script: Script, word: str | None) -> dict[str, Any]:
    """Return what a script does with the word that it was called with: as text, or else as a number.

    Raises Refusal (400) where it is neither.
    """
    for meant in (word, *_numbers(word or "")):
        found = _filled(script.do, meant)
        if _deeds().is_valid(found):
            return found
    raise invalid(f"The script {script.name} is called with a word that it cannot take: {word or 'none'}")


def _filled(value: Any, word: Any) -> Any:
    """Put the word that a script was called with where `$word` stands."""
    if isinstance(value, dict):
        return {key: _filled(item, word) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, word) for item in value]
    return word if value == "$word" else value


def _numbers(word: str) -> list[float]:
    if re.fullmatch(r"[0-9]{1,9}", word):
        return [int(word)]
    return [float(word)] if re.fullmatch(r"[0-9]{0,9}\.[0-9]{1,9}", word) else []


# --- reading


def load(files: Iterable[Path] = ()) -> Book:
    """Read script files, and the built-in scripts after them.

    Raises RuleError with every mistake of all files, by line.
    """
    problems: list[Problem] = []
    documents = [_read(file, problems) for file in (*files, _FILE)]
    if problems:
        raise RuleError(problems)
    *own, built_in = [[_script(one) for one in document.get("scripts", [])] for document in documents]
    scripts = [script for file in own for script in file]
    names = {script.name for script in scripts}
    scripts += [script for script in built_in if script.name not in names]
    models = {name: entry for document in documents for name, entry in document.get("models", {}).items()}
    return Book(tuple(scripts), models)


def _script(one: dict[str, Any]) -> Script:
    return Script(one["name"], one.get("when"), one.get("times"), one["do"])


def _read(file: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        document = source.read(file, str(file))
    except RuleError as error:
        problems += error.problems
        return {}
    found = list(_validator().iter_errors(document))
    problems += [Problem(_place(document, list(one.absolute_path)), _sentence(one)) for one in found]
    return document


@cache
def _deeds() -> jsonschema.Draft202012Validator:
    """Return what says whether a script with its word filled in can be done."""
    return jsonschema.Draft202012Validator({"$defs": _schema()["$defs"], "$ref": "#/$defs/do"})


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(_schema())


@cache
def _schema() -> dict[str, Any]:
    return json.loads((resources.folder("schemas") / _SCHEMA).read_text(encoding="utf-8"))


def _sentence(error: jsonschema.ValidationError) -> str:
    path = "/".join(map(str, error.absolute_path))
    return f"{path or 'the file'}: {error.message}"


def _place(document: Any, path: list[Any]) -> Mark:
    mark = document.mark
    for step in path:
        mark = document.marks[step] if hasattr(document, "marks") else mark
        document = document[step]
    return mark
