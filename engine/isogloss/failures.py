"""Errors that are ours, said in the caller's dialect by the rules of errors, from neutral words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from isogloss.errors import DocumentError, IsoglossError, LossError, UnknownName, ValidationError
from isogloss.pointer import place
from isogloss.stateless import translate
from isogloss.translator import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.loss import Loss
    from isogloss.rule import Ruleset
    from isogloss.translator import Translator


@dataclass(eq=False)
class Failure(Exception):  # noqa: N818 - it is what a caller is told, not a mistake of the program
    """Something that a caller must be told; `type`, `code` and `param` where the dialect's own words do not say it."""

    status: int
    text: str
    type: str | None = None
    code: str | None = None
    param: str | None = None
    more: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        Exception.__init__(self, self.status, self.text)

    @property
    def body(self) -> dict[str, Any]:
        """The neutral words, as documents of errors read them."""
        said = {"text": self.text, "type": self.type, "code": self.code, "param": self.param, "more": self.more}
        return {"own": {name: value for name, value in said.items() if value is not None}}


class Bearer:
    """Says failures in a dialect."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._document = next(name for name in ruleset.documents if name.endswith(".error"))

    def say(self, failure: Failure, dialect: str) -> Reply:
        """Write a failure as the dialect's own errors look; a neighbour's errors are read for it."""
        other = next(name for name in self._ruleset.dialects if name != dialect)
        envelope = {"status": failure.status, "headers": {}, "body": failure.body}
        done = translate(envelope, self._document, source=other, target=dialect, ruleset=self._ruleset)
        body: Any = done.body
        return Reply(failure.status, {**_advice(failure), **failure.headers}, body["body"], ())


def _advice(failure: Failure) -> dict[str, str]:
    """Tell official clients not to try again what will be refused again."""
    refused = 400 <= failure.status < 500 and "retry-after" not in failure.headers  # noqa: PLR2004 - HTTP
    return {"x-should-retry": "false"} if refused else {}


def refusal(gloss: Translator, error: IsoglossError) -> Reply:
    """Say what `gloss.route` and `gloss.exchange` have raised as the caller's dialect says errors."""
    return Bearer(gloss.ruleset).say(of_request(error), gloss.source)


def of_request(error: IsoglossError) -> Failure:
    """Tell what a request that cannot be translated does wrong."""
    if isinstance(error, LossError):
        return lossy(error.losses)
    if isinstance(error, DocumentError):
        return Failure(error.status, _sentence(error), param=place(error.pointer))
    if isinstance(error, UnknownName):
        return Failure(501 if error.what == "operation" else 404, str(error))
    return Failure(400, str(error))


def _sentence(error: DocumentError) -> str:
    return f"{error.reason} ({error.rule} {error.place})" if error.place else error.reason


def lossy(losses: tuple[Loss, ...], raw: Any = None) -> Failure:
    """Refuse what would lose something: `raw` is the reply, where it was one."""
    told = "; ".join(f"{place(loss.pointer) or 'the document'}: {loss.reason}" for loss in losses)
    more = {
        "losses": [
            {"kind": loss.kind, "pointer": loss.pointer, "rule": loss.rule, "reason": loss.reason} for loss in losses
        ]
    }
    status = 400 if raw is None else 422
    return Failure(
        status,
        f"refused, since losses are not allowed: {told}",
        type="losses_refused",
        param=place(losses[0].pointer) if raw is None else None,
        more=more if raw is None else {**more, "raw": raw},
    )


def of_reply(error: IsoglossError, raw: Any) -> Failure:
    """Tell what is wrong with a reply. Never a 5xx where it has been paid for: clients try those again."""
    if isinstance(error, LossError):
        return lossy(error.losses, raw)
    if isinstance(error, ValidationError):
        return unfit(error)
    if isinstance(error, DocumentError) and error.stated:
        return Failure(error.status, _sentence(error))
    return Failure(502, f"the upstream's reply cannot be translated: {error}")


def unfit(error: ValidationError) -> Failure:
    """Say that a reply does not fit the schema which its request asked to be enforced."""
    more = {"pointer": error.pointer, "raw": error.raw}
    text = f"the reply does not fit the schema: {error.reason}"
    return Failure(422, text, type="response_validation_error", more=more)
