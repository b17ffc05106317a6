"""Which declared functions a reply calls, and with what arguments.

A function is called where the prompt names it, or names what it is about: “weather” calls get_weather. “… then …” makes
steps of it, one turn of calls after the other, and so does “if …, …”: what looks is called before what acts. The mode
ANY always calls.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from isogloss.emulator import tools, turns
from isogloss.emulator.samples import Sampler, phrases

if TYPE_CHECKING:
    from isogloss.emulator.dice import Dice

Request = dict[str, Any]
Declaration = dict[str, Any]

#: Words of a function's name that say nothing about its matter.
_VERBS: Final = frozenset(
    re.findall(
        r"\w+",
        """call check compute create current display fetch find function from get give have info list look lookup make
        perform query read return run search send show tool update what with""",
    )
)
#: Functions whose names begin so change nothing.
_LOOKS: Final = re.compile(r"(?:check|fetch|find|get|list|look|lookup|query|read|search)(?![a-z])")
_CONDITION: Final = re.compile(r"\bif\b[^,.;]*, ", re.IGNORECASE)
_SHORTEST: Final = 3
_JOINED: Final = re.compile(r",? (?:and|or|und|et) |, ")
_MOST: Final = 8


def spoken(request: Request) -> str:
    """Return what the user said in the current turn, without marks for scripts."""
    content = request["contents"][turns.current(request["contents"])]
    said = "\n".join(part["text"] for part in content["parts"] if part.get("text") and not part.get("thought"))
    return re.sub(r"\s*\[\[\s*[a-z][^\]]*\]\]", "", said).strip()


def planned(request: Request, dice: Dice, wanted: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Return the calls, as name and args, that the reply makes; `wanted` by a script, else chosen from the prompt."""
    known = {one["name"]: one for one in tools.declared(request)}
    if wanted is not None:
        return [_call(known.get(one["name"], {"name": one["name"]}), request, dice, one.get("args")) for one in wanted]
    config = request.get("toolConfig", {}).get("functionCallingConfig", {})
    mode = config.get("mode", "AUTO")
    allowed = [known[name] for name in config.get("allowedFunctionNames") or known]
    if mode == "NONE" or not allowed:
        return []
    found = _due(allowed, request)
    if mode == "ANY" and not found:
        found = _named(allowed, spoken(request)) or allowed[:1]
    return [call for one in found for call in _calls(one, request, dice)][:_MOST]


def _due(allowed: list[Declaration], request: Request) -> list[Declaration]:
    """Return the functions whose turn it is: after as many steps of calls, those of the next one."""
    done = turns.steps(request["contents"])
    texts = re.split(r"[,;.]?\s+(?:and )?then\b", spoken(request))
    steps = [step for text in texts for step in _steps(allowed, text)]
    return steps[done] if done < len(steps) else []


def _steps(allowed: list[Declaration], text: str) -> list[list[Declaration]]:
    """Return the functions that a text names; under a condition, those that tell whether it holds before the others."""
    named = _named(allowed, text)
    if not _CONDITION.search(text):
        return [named]
    about = {word for one in named for word in _matter(one["name"])}
    looks = [one for one in allowed if _LOOKS.match(one["name"]) and about & set(_matter(one["name"]))]
    return [step for step in (looks, [one for one in named if one not in looks]) if step]


def _named(allowed: list[Declaration], text: str) -> list[Declaration]:
    spelled = [one for one in allowed if re.search(rf"(?<!\w){re.escape(one['name'])}(?!\w)", text)]
    return spelled or [one for one in allowed if _concerns(one["name"], text.lower())]


def _concerns(name: str, text: str) -> bool:
    return any(re.search(rf"\b{word}", text) for word in _matter(name))


def _matter(name: str) -> list[str]:
    """Return the words of a function's name that say what it is about."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    return [word for word in words if word not in _VERBS and len(word) >= _SHORTEST]


def _calls(one: Declaration, request: Request, dice: Dice) -> list[dict[str, Any]]:
    """Return one call, or one for each of several things that the prompt joins by “and”."""
    things = _joined(spoken(request))
    if len(_open(_schema(one))) == 1 and len(things) > 1:
        return [_call(one, request, dice, None, [thing]) for thing in things]
    return [_call(one, request, dice, None)]


def _joined(text: str) -> list[str]:
    found = phrases(text)
    return [
        name
        for index, name in enumerate(found)
        if any(_JOINED.fullmatch(_between(text, *pair)) for pair in _neighbours(found, index))
    ]


def _neighbours(found: list[str], index: int) -> list[tuple[str, str]]:
    return [(found[at], found[at + 1]) for at in (index - 1, index) if 0 <= at < len(found) - 1]


def _between(text: str, one: str, two: str) -> str:
    start = text.find(one) + len(one)
    end = text.find(two, start)
    return text[start:end] if end >= 0 else ""


def _schema(one: Declaration) -> dict[str, Any]:
    return one.get("parameters") or one.get("parametersJsonSchema") or {"type": "object"}


def _open(schema: dict[str, Any]) -> list[str]:
    """Return the required properties that take any string."""
    properties = schema.get("properties", {})
    named = schema.get("required") or list(properties)
    return [name for name in named if _free(properties.get(name, {}))]


def _free(schema: Any) -> bool:
    kind = str(schema.get("type", "")).lower() if isinstance(schema, dict) else ""
    return kind == "string" and not {"enum", "format", "pattern"} & set(schema)


def _call(
    one: Declaration, request: Request, dice: Dice, args: dict[str, Any] | None, words: list[str] | None = None
) -> dict[str, Any]:
    if args is None:
        schema = _schema(one)
        sampler = Sampler(schema, dice, words or phrases(spoken(request)))
        args = sampler.draw(spare=bool(schema.get("required")))
    return {"name": one["name"], "args": args if isinstance(args, dict) else {}}
