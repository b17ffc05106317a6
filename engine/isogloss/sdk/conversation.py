"""Turns with tools, streamed by the official openai client, as its users write them. Nothing here knows isogloss."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import openai

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

Object = dict[str, Any]

#: Asks the gateway for its account of what was lost, and where it stands then.
_EXPLAIN: Final = {"x-isogloss-explain": "1"}
_ACCOUNT: Final = "isogloss"
#: More steps than this are a conversation in circles.
_MOST: Final = 8


@dataclass
class Step:
    """One request, and the stream that answers it."""

    #: The body of the request.
    sent: Object
    #: How many turns a user has taken.
    turn: int
    stream: Iterator[Object] = field(repr=False)
    #: What the model said, once the stream has been heard.
    said: Object = field(default_factory=dict[str, Any])
    #: What was lost or added on the way: kind, pointer, rule, reason …
    losses: list[Object] = field(default_factory=list[Object])

    def pieces(self) -> Iterator[tuple[str, str]]:
        """Give the stream as it comes: what a piece belongs to, and its text."""
        for chunk in self.stream:
            self.losses += chunk.get(_ACCOUNT, {}).get("losses", ())
            yield from _pieces(chunk)


def version() -> str:
    """Name the client."""
    return f"openai {openai.__version__}"


def hold(url: str, play: Mapping[str, Any]) -> Iterator[Step]:
    """Hold a conversation at `http://host:port`, and give each step as it begins; whoever takes it hears its stream.

    `play` has `asked` (what every request says), `turns` (what the user says) and `results` (what functions give, by
    name and the value of their first argument).
    """
    with openai.OpenAI(base_url=url + "/v1", api_key="demo", max_retries=0, timeout=30) as client:
        messages: list[Object] = []
        for turn, said in enumerate(play["turns"], 1):
            messages = [*messages, {"role": "user", "content": said}]
            for _ in range(_MOST):
                step = _step(client, {**play["asked"], "messages": messages}, turn)
                yield step
                for _ in step.pieces():  # what has not been heard yet
                    pass
                messages = [*messages, step.said, *_results(step.said, play["results"])]
                if "tool_calls" not in step.said:
                    break


def _step(client: openai.OpenAI, asked: Object, turn: int) -> Step:
    step = Step(asked, turn, iter(()))
    step.stream = _heard(client, step)
    return step


def _heard(client: openai.OpenAI, step: Step) -> Generator[Object]:
    """Ask, and give the chunks of the stream; the client's own helper puts the message together."""
    with client.chat.completions.stream(**step.sent, extra_headers=_EXPLAIN) as stream:
        for event in stream:
            if event.type == "chunk":
                yield event.chunk.to_dict()
        step.said = stream.get_final_completion().choices[0].message.model_dump(exclude_none=True)


def _pieces(chunk: Object) -> Iterator[tuple[str, str]]:
    for choice in chunk["choices"]:
        delta = choice["delta"]
        for name in ("reasoning_content", "content"):
            if delta.get(name):
                yield name, delta[name]
        for call in delta.get("tool_calls") or ():
            yield f"tool_calls[{call['index']}]", _call(call)
        if choice.get("finish_reason"):
            yield "finish_reason", choice["finish_reason"]
    if chunk.get("usage"):
        usage = chunk["usage"]
        yield "usage", f"{usage['prompt_tokens']} + {usage['completion_tokens']} tokens"


def _call(call: Object) -> str:
    function = call["function"]
    google = call.get("extra_content", {}).get("google", {})
    signature = f"  thought_signature {google['thought_signature'][:16]}…" if "thought_signature" in google else ""
    return f"{function.get('name', '')} {function.get('arguments', '')}{signature}"


def _results(said: Object, results: Mapping[str, Any]) -> list[Object]:
    """Do what the model asks for."""
    return [
        {"role": "tool", "tool_call_id": call["id"], "content": _result(call["function"], results)}
        for call in said.get("tool_calls", ())
    ]


def _result(function: Object, results: Mapping[str, Any]) -> str:
    value = next(iter(json.loads(function["arguments"]).values()), "")
    return json.dumps(results[function["name"]].get(value, "unknown"))
