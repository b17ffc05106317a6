"""Documents that the laws have failed on: drawn once, by chance, and too rare to be met again soon."""

from dataclasses import replace
from typing import Any

from laws.cases import Case

Object = dict[str, Any]
CALL: Object = {"functionCall": {"name": "f", "id": "call_1"}}
ANSWER: Object = {"content": {"role": "model", "parts": [CALL]}, "finishReason": "STOP"}
SIGNED: Object = {"role": "model", "parts": [{"text": "", "thoughtSignature": "c2ln"}]}
CITY: Object = {"city": {"type": "STRING"}}
NUMBERED: Object = {"a": {"type": "INTEGER", "format": "enum", "enum": ["101"]}}
SORTED: Object = {
    "type": "OBJECT",
    "properties": {"b": {"type": "STRING"}, "a": {"type": "STRING"}},
    "property_ordering": ["b", "a"],
}
BOUND: Object = {"type": "ARRAY", "items": {"type": "STRING"}, "default": None, "min_items": "1"}


def of_openai(**more: Any) -> Case:
    """A request to a family that takes the subset of JSON Schema."""
    request = {"model": "m", "messages": [{"role": "user", "content": "x"}], **more}
    return Case("chat.request", "openai", request, "gemini-pro-vision")


def declared(**properties: Object) -> Case:
    """A request with a function whose parameters have these properties."""
    function = {"name": "f", "parameters": {"type": "object", "properties": properties}}
    return of_openai(tools=[{"type": "function", "function": function}])


def of_gemini(*contents: Object, **more: Any) -> Case:
    """A request to one of OpenAI's own models."""
    return Case("chat.request", "gemini", {"contents": list(contents), **more}, "gpt-5-mini")


def ordered(**properties: Object) -> Case:
    """A request with a function that tells the order of its parameters."""
    parameters = {"type": "OBJECT", "properties": properties, "propertyOrdering": list(properties)}
    return of_gemini(tools=[{"functionDeclarations": [{"name": "f", "parameters": parameters}]}])


FOUND = [
    of_gemini(SIGNED, {"role": "user", "parts": [{"text": "x"}]}),
    Case("chat.response", "gemini", {"candidates": [{**ANSWER, "index": n} for n in range(2)]}, "gemini-pro-vision"),
    declared(city={"type": "string"}, unit={"type": ["string", "null"]}),
    declared(city={"enum": [True, False]}),
    declared(city={"type": "string"}, unit={"allOf": [{"const": None}]}),
    declared(city={"type": "string"}, unit={"enum": [None]}),
    ordered(**CITY),
    ordered(**CITY, unit={"type": "STRING"}),
    of_openai(response_mime_type="application/json", response_schema=BOUND),
    of_gemini(
        tools=[{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": NUMBERED}}]}]
    ),
    replace(of_openai(response_mime_type="application/json", response_schema=SORTED), model="gemini-12.3-pro"),
]
