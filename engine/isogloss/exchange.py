"""Exchanges: a request, and the reply, the stream or the error that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import calls, routes, shares
from isogloss.envelope import Reply, error_body, lower
from isogloss.errors import DocumentError, LossError
from isogloss.limits import check_size
from isogloss.loss import REFUSED, Loss
from isogloss.memory import Memory
from isogloss.places import Places
from isogloss.pointer import find
from isogloss.running import Translation, fast, run, seed_of, slow
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isogloss.lens import Lens
    from isogloss.routes import Call
    from isogloss.stencils import Stencils
    from isogloss.stream import Stream
    from isogloss.translator import Translator
    from isogloss.values import Object, Value

    #: What an exchange keeps from one before, by name.
    Known = Mapping[str, Value]


class Exchange:
    """A request, its reply or its error; belongs to one caller."""

    losses: tuple[Loss, ...] = ()
    #: The shares of a request that takes several calls: each one's translation, and what its reply may know.
    shares: tuple[tuple[Translation, Memory], ...] = ()
    _memory: Memory | None = None
    #: Whether its reply must fit a schema.
    _held = False

    def __init__(
        self, gloss: Translator, operation: str, body: Value, model: str | None, stream: bool | None, known: Known
    ) -> None:
        self.gloss = gloss
        self.operation = operation
        self.body = body
        self.known = known
        said: Object = body if isinstance(body, dict) else {}
        self.plan = gloss.meanings[model if model is not None else _text(said.get("model"))]
        self.opening = opening = self.plan.openings[operation]
        self.streams = (opening.word in said and opening.streams(said)) if stream is None else bool(stream)
        self.values = self.beginning() if self.streams or known else opening.values.copy()
        done = None if opening.plain_request is None else fast(opening.plain_request, body, self.values, gloss)
        if done is None:
            done = self._asked(body)
        elif done.losses:
            self._told(done)
        self.request = done
        if opening.fit is not None and opening.fit[0]["schema"] in self.values:
            self._held = True
            self._enforce(None)

    def beginning(self) -> Object:
        """Return what an exchange knows before its request is read."""
        values = self.opening.values.copy()
        if self.streams:
            values["stream"] = True
        if self.known:
            values.update(self.known)
        return values

    @property
    def memory(self) -> Memory:
        """All that the exchange remembers of its request; most need no more than its values."""
        return self._memory or self._remember(self.values)

    def _remember(self, values: Object) -> Memory:
        self.values, self._memory = values, Memory(values, self.gloss.clock)
        self._memory.kept = True
        return self._memory

    def _asked(self, body: Value) -> Translation:
        """Translate a request that is out of the ordinary, or none: some operations have a reply only."""
        lens, gloss = self.opening.request, self.gloss
        if lens is None:
            return Translation(None, (), None, str(gloss.ruleset))
        if lens.apart is not None and len(cut := shares.cut(lens, body, gloss.limits)) > 1:
            return self._cut(lens, cut)
        memory = self._remember(self.beginning())
        if self.opening.plain_request is not None:  # generated code has left it to the interpreter
            return self._told(slow(lens, body, memory, gloss))
        return self._told(run(lens, body, memory, gloss, self._assumed(body)))

    def _cut(self, lens: Lens, cut: Sequence[shares.Share]) -> Translation:
        """Translate each share of a request by itself; what is lost in all of them is told once."""
        if self.streams:
            raise shares.refusal(lens, "a stream answers one of these only; ask for each by itself")
        losses: list[Loss] = []
        for number, share in enumerate(cut):
            if number and share.body is cut[number - 1].body:
                self.shares += (self.shares[-1],)
                continue
            memory = self._remember(self.beginning())
            more = (*self._assumed(share.body), *share.losses)
            try:
                done = self._told(run(lens, share.body, memory, self.gloss, more))
            except (DocumentError, LossError) as error:
                raise share.blame(error) from None
            losses += share.whole(done.losses)
            self.shares += ((done, memory),)
        self.losses = tuple(dict.fromkeys(losses))
        first, self._memory = self.shares[0]
        self.values = self._memory.values
        return first

    @property
    def model(self) -> str | None:
        """The model as the caller names it; else as the request's rules have kept it, as ids of jobs do."""
        return self.plan.model if self.plan.model is not None else _text(self.values.get("model"))

    @property
    def target_model(self) -> str | None:
        """The model as the target names it."""
        return self.plan.target_model

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls to make: method, path, query, headers, body; of a plan the first one."""
        return calls.calls(self)

    def knowing(self, values: Mapping[str, Value], body: Value = ABSENT) -> Exchange:
        """Open the exchange anew, with more that it knows; or with another body."""
        whole, known = self.body if body is ABSENT else body, {**self.known, **values}
        return Exchange(self.gloss, self.operation, whole, self.model, self.streams, known)

    def response(self, *replies: Value, headers: Mapping[str, str] | None = None) -> Translation:
        """Translate the reply back into the caller's dialect: that of the one call, or those of all, in their order.

        Raises DocumentError where a reply cannot be read, or one of them is missing.
        """
        lens = self.opening.plain_response
        if lens is not None and self._memory is None and not (headers or self._held) and len(replies) == 1:
            done = fast(lens, replies[0], self._said(self.values, lens, replies[0]), self.gloss)
            if done is not None:
                return self._told(done) if done.losses else done
        if self.shares:
            return self._joined(replies, headers)
        body = replies[0] if len(replies) == 1 else routes.joined(self.calls[0].pages, replies)
        return self._answered(body, self.request, self._memory, headers)

    def _joined(self, replies: Sequence[Value], headers: Mapping[str, str] | None) -> Translation:
        """Translate the replies of several calls, and lay them together."""
        if len(replies) != len(self.shares):
            raise DocumentError("", f"{len(self.shares)} calls were made, and the replies are {len(replies)}")
        before = self.losses
        answers, missing = self._answers(replies, headers)
        join = self.opening.lens("response").join
        assert join is not None
        done = shares.joined(join, answers, missing)
        self.losses = before + done.losses
        return done

    def _answers(
        self, replies: Sequence[Value], headers: Mapping[str, str] | None
    ) -> tuple[list[Translation], tuple[Loss, ...]]:
        """Translate the reply to each share; where all ask for the same, what one of them refuses is a loss."""
        answers: list[Translation] = []
        refused: list[DocumentError] = []
        for reply, share in zip(replies, self.shares, strict=True):
            try:
                answers.append(self._answered(reply, *share, headers))
            except DocumentError as error:
                if not error.stated or not shares.alike(self.opening.lens("request")):
                    raise
                refused.append(error)
        if not answers:
            raise refused[0]
        missing = () if self.gloss.on_loss == "ignore" else shares.left_out(refused, len(replies))
        self._refuse(missing)
        return answers, missing

    def _answered(
        self, body: Value, request: Translation, asked: Memory | None, headers: Mapping[str, str] | None
    ) -> Translation:
        opening = self.opening
        if headers:
            body = routes.told(self.gloss.ruleset, f"{self.operation}.response", self.gloss.target, body, headers)
        lens = opening.reply()
        done = self._back(lens, body, asked)
        if done.losses:
            self._told(done)
        if lens.answers is not None:
            shares.count(lens, request.body, body)
        if self._held:
            self._enforce(done.body)
        return done

    def _enforce(self, body: Value) -> None:
        """Hold a reply against the schema that it must fit; before there is one, see that the schema is one."""
        if self.gloss.enforce and (demand := self.demand()) is not None:
            from isogloss.validation import enforce  # few requests ask for it

            enforce(body, *demand)

    def _back(self, lens: Lens, body: Value, asked: Memory | None) -> Translation:
        """Translate what the target says: to a request that is remembered as a whole, or by its values alone."""
        gloss = self.gloss
        if asked is not None:
            return run(lens, body, self.after(asked), gloss)
        if not gloss.usual:
            check_size(body, gloss.limits)
        done = fast(lens, body, self._said(self.values, lens, body), gloss)
        if done is None:  # generated code may have added to what it was told
            done = slow(lens, body, Memory(self._said(self.values, lens, body), gloss.clock), gloss)
        return done

    def stream(self) -> Stream:
        """Open the reply as a stream, sans-IO: `feed` takes the target's events, and gives the source's."""
        from isogloss.stream import Stream  # a first translation need not wait for it

        return Stream(self)

    def piece(self, body: Value, memory: Memory) -> Translation:
        """Translate one piece of a streamed reply; the stream accounts for its losses."""
        done = run(self.opening.lens("stream"), body, memory, self.gloss)
        self._refuse(done.losses)
        return done

    def seed(self, body: Value, memory: Memory) -> None:
        """Settle what made ids derive from."""
        lens = self.opening.lens("stream")
        if lens.seed is not None and memory.seed is None:
            memory.seed = memory.values["seed"] = seed_of(lens.seed, body, self.gloss)

    def stencils(self) -> Stencils | None:
        """Return the stencils of this exchange's streams; none where a ledger is kept."""
        gloss = self.gloss
        if gloss.trace:
            return None
        lens, key = self.opening.lens("stream"), (gloss.defaults, gloss.on_loss)
        if key not in lens.stencils:
            from isogloss.stencils import Stencils

            lens.stencils[key] = Stencils(lens)
        return lens.stencils[key]

    def demand(self, phase: str = "response") -> tuple[Any, Value, str, str] | None:
        """Return what a reply must be held against: where its texts are, the schema, rule and place; or None."""
        fit, known = self.opening.fits[phase], self.values
        if fit is None or (schema := fit[0]["schema"]) not in known:
            return None
        return (fit[0], known[schema], *fit[1:])

    def error(self, status: int, body: Value, headers: Mapping[str, str] | None = None) -> Reply:
        """Translate an error reply; `body` may be JSON, text or bytes."""
        envelope: Object = {"status": status, "body": error_body(body)}
        if headers:
            envelope["headers"] = lower(headers)
        self.values["places"] = Places(self)
        done = self._back(self.opening.lens("error"), envelope, self._memory)
        self.losses += done.losses
        return Reply(done.body["status"], done.body.get("headers", {}), done.body["body"], done.losses)

    def after(self, asked: Memory | None = None) -> Memory:
        """Return what a reply may know: what the request has said, or its share."""
        mine = asked or self.memory
        memory = Memory(self._said(mine.values), self.gloss.clock)
        if not mine.plain:
            memory.casts, memory.declared = mine.casts, mine.declared
            memory.whole, memory.spelled, memory.plain = mine.whole.copy(), mine.spelled.copy(), False
        return memory

    def _said(self, values: Object, lens: Lens | None = None, body: Value = ABSENT) -> Object:
        """Return what a reply may know of its request's values, and what ids derive from that are made in it."""
        known = values.copy()
        if "now" in known:
            del known["now"]
        if self.plan.told is not None:
            known["model"] = self.plan.told
        if lens is not None and lens.seed is not None:
            known["seed"] = seed_of(lens.seed, body, self.gloss)
        return known

    def _told(self, done: Translation) -> Translation:
        """Account for what was lost."""
        if done.losses:
            self.losses += done.losses
            self._refuse(done.losses)
        return done

    def _refuse(self, losses: tuple[Loss, ...]) -> None:
        """Refuse what is lost, where the caller wants no loss."""
        refused = [loss for loss in losses if loss.kind in REFUSED] if self.gloss.on_loss == "refuse" else []
        if refused:
            raise LossError(refused)

    def _assumed(self, body: Value) -> tuple[Loss, ...]:
        """Report a model name that no family knows."""
        match = self.plan.assumed
        if match is None or match.family is None:
            return ()
        where = "/model" if find(body, ("model",)) is not ABSENT else ""
        family = match.family
        return (Loss("assumed", where, None, f"families.{family.id}", family.mark.place, str(match.assumed)),)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
