"""The order of turns, functions and their results, and thought signatures.

https://ai.google.dev/gemini-api/docs/function-calling and https://ai.google.dev/gemini-api/docs/thought-signatures
"""

from __future__ import annotations

import base64
import hashlib
import json
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from isogloss.emulator.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.emulator.models import Model

Part = dict[str, Any]
Content = dict[str, Any]

_MARK: Final = b"\x12\x9aEMU"
_NONCE: Final = 8
_SIZE: Final = len(_MARK) + hashlib.sha256().digest_size + _NONCE


def check(contents: list[Content], model: Model) -> None:
    """Hold `contents` to the order and the signatures that `model` demands; raises Refusal (400)."""
    _order(contents)
    _ending(contents, model)
    _signatures(contents, model)


# --- order


def calls(content: Content) -> list[Part]:
    """Return the parts that call functions."""
    return [part for part in content["parts"] if "functionCall" in part]


def results(content: Content) -> list[Part]:
    """Return the parts that hold results of functions."""
    return [part for part in content["parts"] if "functionResponse" in part]


def role(content: Content) -> str:
    """Return who speaks; a turn that does not say is the user's, and so is a `function`'s."""
    return "model" if content.get("role") == "model" else "user"


def _order(contents: list[Content]) -> None:
    before: Content | None = None
    for index, content in enumerate(contents):
        _sides(content, index)
        if calls(content) and before is not None and role(before) == "model":
            raise invalid(
                f"contents[{index}] calls functions, and such a turn comes right after a turn of the user or of "
                "function responses; contents before it is a turn of the model.",
                [(f"contents[{index}]", "A function call turn must follow a user turn or a function response turn.")],
            )
        _answered(calls(before) if before is not None else [], results(content), index)
        before = content


def _sides(content: Content, index: int) -> None:
    wrong = results(content) if role(content) == "model" else calls(content)
    if wrong:
        raise invalid(
            f"contents[{index}] has the role {role(content)}: the model calls functions, and the user answers them.",
            [(f"contents[{index}].role", "The role does not fit the parts.")],
        )


def _answered(called: list[Part], answered: list[Part], index: int) -> None:
    where = f"contents[{index}]"
    if answered and not called:
        raise invalid(
            f"{where} holds function responses, and such a turn comes right after a turn that calls functions.",
            [(where, "A function response turn must follow a function call turn.")],
        )
    if len(called) != len(answered):
        raise invalid(
            f"The number of function response parts must equal the number of function call parts of the turn before: "
            f"{where} has {len(answered)} for {len(called)}.",
            [(where, "The number of function responses differs from the number of function calls.")],
        )
    _correlated(called, answered, where)


def _correlated(called: list[Part], answered: list[Part], where: str) -> None:
    names = [part["functionCall"]["name"] for part in called]
    ids = {part["functionCall"]["id"] for part in called if "id" in part["functionCall"]}
    for part in answered:
        result = part["functionResponse"]
        if result["name"] not in names:
            raise invalid(f"{where} answers {result['name']}, and the turn before calls {', '.join(names)}.")
        names.remove(result["name"])
        if ids and "id" in result and result["id"] not in ids:
            raise invalid(f"{where} answers a call {result['id']} that the turn before does not make.")
        ids.discard(result.get("id"))


def _ending(contents: list[Content], model: Model) -> None:
    last = contents[-1]
    if role(last) == "model" and not model.prefill:
        raise invalid(f"The last turn must be the user's: {model.name} does not continue a turn of the model.")
    if role(last) == "model" and calls(last):
        raise invalid("The last turn calls functions, and its function responses are missing.")
    if not model.prefill and not any(
        part.get("text", "").strip() or "functionResponse" in part for part in last["parts"]
    ):
        raise invalid(f"The last turn holds no text that is not empty, and {model.name} needs some.")


# --- signatures


def sign(part: Part, seed: str) -> str:
    """Return a signature (base64) that belongs to `part`; `seed` makes it differ from others."""
    nonce = hashlib.sha256(seed.encode()).digest()[:_NONCE]
    return base64.b64encode(_MARK + _digest(part) + nonce).decode()


def _digest(part: Part) -> bytes:
    call = part.get("functionCall")
    seen = {"name": call["name"], "args": call.get("args", {})} if call else {}
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).digest()


def current(contents: list[Content]) -> int:
    """Return where the current turn starts: at the last thing a user said that is more than results."""
    spoken = (
        index
        for index, content in enumerate(contents)
        if role(content) == "user" and len(results(content)) < len(content["parts"])
    )
    return max(spoken, default=0)


def steps(contents: list[Content]) -> int:
    """Return how many steps of calls the current turn has had."""
    return sum(1 for content in contents[current(contents) :] if calls(content))


def _signatures(contents: list[Content], model: Model) -> None:
    for index, part in _signed(contents):
        _intact(part, f"contents[{index}]")
    if model.signatures == "demanded":
        _first_calls(contents)
    if model.image_signatures:
        _images(contents)


def _signed(contents: list[Content]) -> Iterator[tuple[int, Part]]:
    for index, content in enumerate(contents):
        yield from ((index, part) for part in content["parts"] if "thoughtSignature" in part)


def _intact(part: Part, where: str) -> None:
    """Refuse a signature of ours that was cut, joined with another, or moved to another call.

    Signatures of others are opaque here and pass, as do the documented sentinels.
    """
    raw = _decoded(part["thoughtSignature"])
    if not raw.startswith(_MARK):
        return
    if len(raw) != _SIZE or raw[len(_MARK) : -_NONCE] != _digest(part):
        raise invalid(f"The thought signature in {where} is corrupted, or does not belong to the part that carries it.")


def _decoded(text: str) -> bytes:
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(bare + "=" * (-len(bare) % 4))


def _first_calls(contents: list[Content]) -> None:
    for index in range(current(contents), len(contents)):
        first = next(iter(calls(contents[index])), None)
        if first is not None and not first.get("thoughtSignature"):
            name = first["functionCall"]["name"]
            raise invalid(
                f"The function call {name} in contents[{index}] lacks its thought_signature. In the current turn the "
                "first call of each step must carry the one that came with it.",
                [(f"contents[{index}].parts", "The thought_signature is missing.")],
            )


def _images(contents: list[Content]) -> None:
    """Demand the signatures of images and of the first part; a streamed text has its own in an empty part after it."""
    for index, content in enumerate(contents):
        if role(content) != "model":
            continue
        shown = [part for part in content["parts"] if not part.get("thought")]
        first = list(takewhile(lambda part: "text" in part, shown)) or shown[:1]
        images = [part for part in shown if "inlineData" in part]
        if not any(map(_is_signed, first)) or not all(map(_is_signed, images)):
            raise invalid(
                f"An image or the first part in contents[{index}] lacks its thought_signature.",
                [(f"contents[{index}].parts", "The thought_signature is missing.")],
            )


def _is_signed(part: Part) -> bool:
    return bool(part.get("thoughtSignature"))
