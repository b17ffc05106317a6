"""An official client whose transport is isogloss, with the other API's official client behind it.

Nothing of ours is imitated: the handler does what a gateway does, with `Translator` alone. What we produce is judged by
the other side's own code: a Gemini request goes through a real google-genai client, and what that client would have
sent must be what we wrote; an OpenAI request is held against the openai package's request types and sent by a real
openai client. Every reply must parse strictly in the types of the side it is for.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx2
import openai
from google import genai
from google.genai import errors, types
from isogloss import DocumentError, Exchange, Translator
from openai.types.chat import ChatCompletion, completion_create_params
from pydantic import TypeAdapter

Json = dict[str, Any]

#: Free form: what stands below is the user's, not the API's.
OPAQUE = {"args", "response", "responseJsonSchema", "parametersJsonSchema", "labels"}

#: Base64 in either alphabet: the SDK writes the one for URLs, Google reads both.
BYTES = {"data", "thoughtSignature"}
URL_SAFE = str.maketrans("+/", "-_")


@dataclass
class Answer:
    """What the API behind answers."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def http(self) -> httpx2.Response:
        """Make the HTTP reply."""
        if isinstance(self.body, str):
            return httpx2.Response(self.status, text=self.body, headers=self.headers)
        return httpx2.Response(self.status, json=self.body, headers=self.headers)


class Behind:
    """The handler of a mock transport: one exchange a request, with canned answers of the API behind it."""

    source: str
    target: str

    def __init__(self, *answers: Answer | Json, **options: Any) -> None:
        self.answers = [answer if isinstance(answer, Answer) else Answer(answer) for answer in answers]
        self.gloss = Translator(self.source, self.target, ids=lambda: "new", clock=lambda: 1764000000, **options)
        #: What reached the API behind, and what came back out.
        self.asked: list[Json] = []
        self.sent: list[Json] = []
        self.paths: list[str] = []
        self.replies: list[Any] = []
        self.exchanges: list[Exchange] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request of the client in front."""
        asked = json.loads(request.content)
        self.asked.append(asked)
        route = self.gloss.route(request.method, request.url.path, dict(request.url.params))
        try:
            exchange = self.gloss.exchange(route.operation, asked, model=route.model, stream=route.stream)
            return self.through(exchange)
        except DocumentError as error:
            return httpx2.Response(error.status, json=self.refusal(error))

    def through(self, exchange: Exchange) -> httpx2.Response:
        """Ask the API behind, and translate what it answers."""
        (call,) = exchange.calls
        self.exchanges.append(exchange)
        self.sent.append(json.loads(json.dumps(call.body)))
        self.paths.append(call.path)
        answer = self.answers.pop(0)
        self.accept(call.path, self.sent[-1], answer)
        if answer.status >= httpx2.codes.BAD_REQUEST:
            reply = exchange.error(answer.status, answer.body, answer.headers)
            return httpx2.Response(reply.status, headers=dict(reply.headers), json=reply.body)
        body = exchange.response(answer.body, headers=answer.headers).body
        self.parse(body)
        self.replies.append(body)
        return httpx2.Response(200, json=body)

    def accept(self, path: str, body: Json, answer: Answer) -> None:
        """Have the other side's official client judge what we wrote."""
        raise NotImplementedError

    def parse(self, body: Any) -> None:
        """Parse a translated reply strictly."""
        raise NotImplementedError

    def refusal(self, error: DocumentError) -> Json:
        """Write a refusal of our own as the client in front expects it."""
        raise NotImplementedError

    @property
    def losses(self) -> set[tuple[str, str]]:
        """What the last exchange lost or added: kind and pointer."""
        return {(loss.kind, loss.pointer) for loss in self.exchanges[-1].losses}


class Wire:
    """Gives the official client behind one answer, and keeps what it sent."""

    def __init__(self) -> None:
        self.answer = Answer({})
        self.sent: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Take a request."""
        self.sent.append(request)
        return self.answer.http

    def expect(self, answer: Answer) -> None:
        """Begin anew."""
        self.answer, self.sent = answer, []

    @property
    def one(self) -> httpx2.Request:
        """Return the only request."""
        (request,) = self.sent
        return request


# ------------------------------------------------------------------------------------------------ Gemini behind


class GeminiBehind(Behind):
    """What an openai client talks to."""

    source, target = "openai", "gemini"

    def client(self, base_url: str = "https://isogloss.test/v1", **options: Any) -> openai.OpenAI:
        """Make the client in front."""
        http = openai.DefaultHttpxClient(transport=httpx2.MockTransport(self))
        return openai.OpenAI(
            **{"api_key": "sk-1234", "base_url": base_url, "http_client": http, "max_retries": 0, **options}
        )

    def accept(self, path: str, body: Json, answer: Answer) -> None:
        gemini_accepts(path, body, answer)

    def parse(self, body: Any) -> None:
        ChatCompletion.model_validate(body, strict=True)

    def refusal(self, error: DocumentError) -> Json:
        return {"error": {"message": str(error), "type": "invalid_request_error", "param": error.pointer, "code": None}}


def gemini_accepts(path: str, body: Json, answer: Answer) -> None:
    """Send a request by a real google-genai client: its own types must take it and lead to the same request."""
    wire, client = google_client()
    wire.expect(answer)
    config = types.GenerateContentConfig.model_validate_json(json.dumps(sdk_config(body)))
    contents = [types.Content.model_validate_json(json.dumps(content)) for content in body["contents"]]
    model = path.rpartition("models/")[2].partition(":")[0]
    try:
        client.models.generate_content(model=model, contents=contents, config=config)
    except errors.APIError:
        assert answer.status >= 400
    assert wire.one.url.path == path
    sent = json.loads(wire.one.content)
    if not sent["generationConfig"]:
        del sent["generationConfig"]  # the SDK writes an empty one
    assert settled(sent) == settled(body)
    assert list(snake_names(body)) == []


@cache
def google_client() -> tuple[Wire, genai.Client]:
    """Make the client behind, once: each loads all certificates."""
    wire = Wire()
    args = {"transport": httpx2.MockTransport(wire)}
    return wire, genai.Client(api_key="k", http_options=types.HttpOptions(client_args=args, api_version="v1beta"))


def sdk_config(body: Json) -> Json:
    """Lay a request out as the SDK's config: one flat object."""
    config = {name: value for name, value in body.items() if name not in ("contents", "generationConfig")}
    config |= body.get("generationConfig", {})
    # The SDK would otherwise call functions itself; nothing of it goes over the wire.
    return {**config, "automaticFunctionCalling": {"disable": True}}


def settled(value: Any) -> Any:
    """Level what the SDK writes in its own way: names, letters of base64, order of tools and properties."""
    if isinstance(value, list):
        return [settled(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {camel(name): _member(camel(name), member) for name, member in value.items()}
    if found.get("propertyOrdering") == list(found.get("properties", ())):
        del found["propertyOrdering"]
    return found


def _member(name: str, value: Any) -> Any:
    if name in OPAQUE:
        return value
    if name in BYTES and isinstance(value, str):
        return value.translate(URL_SAFE)
    if name == "properties":
        return {key: settled(member) for key, member in value.items()}
    return sorted(settled(value), key=str) if name == "tools" else settled(value)


def snake_names(value: Any) -> Iterator[str]:
    """Yield the names that are no lowerCamelCase: Google reads both, one is written."""
    if isinstance(value, list):
        for item in value:
            yield from snake_names(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name != camel(name):
                yield name
            if name not in OPAQUE:
                yield from snake_names(list(member.values()) if name == "properties" else member)


def camel(name: str) -> str:
    """Spell a name in lowerCamelCase."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


# ------------------------------------------------------------------------------------------------ OpenAI behind


class OpenAIBehind(Behind):
    """What a google-genai client talks to."""

    source, target = "gemini", "openai"

    def client(self, **options: Any) -> genai.Client:
        """Make the client in front; it is kept, since it closes itself when nothing refers to it."""
        transport = {"transport": httpx2.MockTransport(self)}
        base = {"base_url": "https://isogloss.test", "client_args": transport, "async_client_args": transport}
        http_options = types.HttpOptions.model_validate({**base, **options})
        self.front = genai.Client(api_key="k", http_options=http_options)
        return self.front

    def accept(self, path: str, body: Json, answer: Answer) -> None:
        openai_accepts(path, body, answer)

    def parse(self, body: Any) -> None:
        types.GenerateContentResponse.model_validate_json(json.dumps(body))

    def refusal(self, error: DocumentError) -> Json:
        return {"error": {"code": error.status, "message": str(error), "status": "INVALID_ARGUMENT"}}


def openai_accepts(path: str, body: Json, answer: Answer) -> None:
    """Hold a request against the SDK's request types, and send it by a real openai client."""
    assert foreign(request_type(), body) == set()
    if answer.status == httpx2.codes.OK:
        ChatCompletion.model_validate(answer.body, strict=True)
    wire, client = openai_client()
    wire.expect(answer)
    try:
        client.chat.completions.create(**body)
    except openai.APIStatusError:
        assert answer.status >= 400
    assert wire.one.url.path == path
    assert json.loads(wire.one.content) == body


@cache
def openai_client() -> tuple[Wire, openai.OpenAI]:
    """Make the client behind, once."""
    wire = Wire()
    http = openai.DefaultHttpxClient(transport=httpx2.MockTransport(wire))
    return wire, openai.OpenAI(api_key="k", max_retries=0, http_client=http)


@cache
def request_type() -> TypeAdapter[Any]:
    """Return the SDK's type of a request."""
    return TypeAdapter(completion_create_params.CompletionCreateParamsNonStreaming)


#: Ours, and listed in the contract: the extensions that a history may carry.
EXTENSIONS = {"reasoning_content", "extra_content", "provider_specific_fields", "images"}


def foreign(kind: TypeAdapter[Any], body: Json) -> set[str]:
    """List what the SDK's types leave out of a document, apart from our extensions; raise where they refuse it."""
    return set(_left_out(body, _drained(kind.validate_python(body)), ""))


def _drained(value: Any) -> Any:
    """Read what pydantic checks only when it is read."""
    if isinstance(value, dict):
        return {name: _drained(member) for name, member in value.items()}
    if value is None or isinstance(value, str | int | float):
        return value
    return [_drained(item) for item in value]


def _left_out(body: Any, kept: Any, path: str) -> Iterator[str]:
    if isinstance(body, dict) and isinstance(kept, dict):
        yield from (f"{path}/{name}" for name in body if name not in kept and name not in EXTENSIONS)
        for name in kept:
            yield from _left_out(body[name], kept[name], f"{path}/{name}")
    elif isinstance(body, list):
        for index, (item, other) in enumerate(zip(body, kept, strict=True)):
            yield from _left_out(item, other, f"{path}/{index}")
    elif body != kept:
        yield path
