"""Tools and toolConfig, held to what the model takes.

https://ai.google.dev/gemini-api/docs/function-calling
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from isogloss.emulator import schemas
from isogloss.emulator.errors import Refusal, invalid

if TYPE_CHECKING:
    from isogloss.emulator.models import Model

#: From here on functions and application/json go together: https://ai.google.dev/gemini-api/docs/gemini-3
_COMBINED: Final = 3.0
_RETRIEVAL_ENDS: Final = 2.0


def declared(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the function declarations of all tools, in order."""
    return [one for tool in request.get("tools", []) for one in tool.get("functionDeclarations", [])]


def builtin(request: dict[str, Any]) -> set[str]:
    """Return the names of the tools that run on the server."""
    names = {name for tool in request.get("tools", []) for name in tool}
    return names - {"functionDeclarations"}


def check(request: dict[str, Any], model: Model) -> None:
    """Hold tools and their configuration to what `model` takes; raises Refusal (400)."""
    for index, tool in enumerate(request.get("tools", [])):
        if not any(name != "functionDeclarations" or value for name, value in tool.items()):
            raise _refused(f"tools[{index}].tool_type", "A tool must be of one kind, and this one holds nothing.")
    _taken(request, model)
    _declarations(request)
    _mixed(request, model)
    _beside_json(request, model)
    _mode(request)


def _refused(field: str, sentence: str) -> Refusal:
    return invalid(sentence, [(field, sentence)])


def _taken(request: dict[str, Any], model: Model) -> None:
    if declared(request) and not model.functions:
        raise _refused("tools", f"Function calling is not enabled for models/{model.name}.")
    for name in sorted(builtin(request)):
        if not model.builtin:
            raise _refused("tools", f"The tool {name} is not supported for models/{model.name}.")
    if "googleSearchRetrieval" in builtin(request) and model.generation >= _RETRIEVAL_ENDS:
        raise _refused("tools", "google_search_retrieval is not supported; use google_search.")


def _declarations(request: dict[str, Any]) -> None:
    counted = Counter(one["name"] for one in declared(request))
    twice = [name for name, count in counted.items() if count > 1]
    if twice:
        raise _refused("tools", f"Function declarations must differ in name: {', '.join(twice)} stands twice.")
    for index, tool in enumerate(request.get("tools", [])):
        for place, one in enumerate(tool.get("functionDeclarations", [])):
            _declaration(one, f"tools[{index}].function_declarations[{place}]")


def _declaration(one: dict[str, Any], where: str) -> None:
    for name in ("parameters", "response"):
        if name in one:
            schemas.check(one[name], f"{where}.{name}")
    if one.get("parameters", {}).get("type", "OBJECT") != "OBJECT":
        raise _refused(f"{where}.parameters", "The parameters of a function must be an object.")
    if "parametersJsonSchema" in one:
        schemas.check_json(one["parametersJsonSchema"], f"{where}.parameters_json_schema")


def _mixed(request: dict[str, Any], model: Model) -> None:
    if not declared(request) or not builtin(request):
        return
    if not model.mixed_tools:
        raise _refused("tools", f"{model.name} takes either functions or tools of the server, not both.")
    if not request.get("toolConfig", {}).get("includeServerSideToolInvocations"):
        sentence = "Functions beside tools of the server need include_server_side_tool_invocations."
        raise _refused("tool_config.include_server_side_tool_invocations", sentence)


def _beside_json(request: dict[str, Any], model: Model) -> None:
    kind = request.get("generationConfig", {}).get("responseMimeType", "text/plain")
    if kind != "text/plain" and request.get("tools") and model.generation < _COMBINED:
        sentence = f"Tools with the response mime type {kind} are unsupported for models/{model.name}."
        raise _refused("generation_config.response_mime_type", sentence)


def _mode(request: dict[str, Any]) -> None:
    config = request.get("toolConfig", {}).get("functionCallingConfig", {})
    mode = config.get("mode", "MODE_UNSPECIFIED")
    known = {one["name"] for one in declared(request)}
    where = "tool_config.function_calling_config"
    if mode in {"ANY", "VALIDATED"} and not known:
        raise _refused(where, f"The mode {mode} is set without function_declarations.")
    allowed = config.get("allowedFunctionNames", [])
    if allowed and mode not in {"ANY", "VALIDATED"}:
        raise _refused(f"{where}.allowed_function_names", "allowed_function_names needs the mode ANY or VALIDATED.")
    strange = [name for name in allowed if name not in known]
    if strange:
        raise _refused(f"{where}.allowed_function_names", f"These functions are not declared: {', '.join(strange)}.")
