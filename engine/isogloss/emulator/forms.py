"""The messages that requests hold: schemas/gemini for generateContent, forms.yaml for the rest."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from isogloss import resources, source
from isogloss.emulator import schema

_FILE: Final = Path(__file__).with_name("forms.yaml")


@cache
def _definitions() -> dict[str, Any]:
    path = resources.folder("schemas") / "gemini" / "chat.request.schema.json"
    generate = json.loads(path.read_text(encoding="utf-8"))
    forms = dict(source.read(_FILE, _FILE.name))
    own = forms.pop("definitions")
    return {**generate.pop("$defs"), "GenerateContentRequest": generate, "generateContent": generate, **forms, **own}


def read(document: Any, form: str) -> dict[str, Any]:
    """Read a request to the method `form`; raises Refusal (400)."""
    return schema.read(document, {"$ref": form}, _definitions())
