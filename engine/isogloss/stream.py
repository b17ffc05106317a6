"""A streamed reply, translated piece by piece, sans-IO: events are JSON documents.

Each piece is a small document of its own, translated by the same rules as the whole reply. What must wait is held back
(the last word on why it ended, counts, fragments of a call) and told at the end as one more document; what must be
remembered stands in the registers of `progress`. So folding the translated pieces is translating the folded reply.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Final

from isogloss.cutting import Seen, advance, state_of
from isogloss.errors import DocumentError, IsoglossError
from isogloss.gathering import Assembled, Gathered, keep, laid, taken
from isogloss.limits import check_size
from isogloss.pointer import find, says
from isogloss.progress import Progress, key_of
from isogloss.tables import other_word
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from isogloss.cutting import Stencil
    from isogloss.loss import Loss
    from isogloss.memory import Memory
    from isogloss.rule import Gathering, Telling
    from isogloss.translator import Exchange
    from isogloss.values import Object, Path, Value

#: The most losses that a stream reports; each is reported once, and names in them come from strangers.
_LOSSES: Final = 500
#: The statuses of errors, and that of what went wrong behind us.
_BAD_REQUEST: Final = 400
_LAST_STATUS: Final = 599
_BAD_GATEWAY: Final = 502
#: Replies that are told side by side: twice as many as anybody can ask for.
_MOST: Final = 256
#: What a reply that is told beside others takes, in letters: how many there are is a stranger's word.
_MEMBER: Final = 1000


def _too_deep() -> DocumentError:
    return DocumentError("", "a piece is nested too deep", status=_BAD_GATEWAY)


def _size(value: Value) -> int:
    """Return how much a value takes, roughly; raises DocumentError where it is nested deeper than any document."""
    try:
        return len(marshal.dumps(value))
    except ValueError:
        raise _too_deep() from None


class Member:
    """What is held back of one of the replies that are told side by side."""

    __slots__ = ("assembled", "gathered", "held", "text")

    def __init__(self, telling: Telling, most: int) -> None:
        self.held: Object = {}
        self.gathered: dict[Gathering, Gathered] = {}
        self.assembled = [Assembled(rule, most) for rule in telling.assembles]
        #: The text so far, where it will be held against a schema.
        self.text: list[str] = []


class Stream:
    """A reply on its way, piece by piece; belongs to one caller."""

    def __init__(self, exchange: Exchange) -> None:
        document = exchange.gloss.ruleset.documents[f"{exchange.operation}.stream"]
        self.exchange = exchange
        self.reads = document.stream[exchange.gloss.target]
        self.writes = document.stream[exchange.gloss.source]
        self.memory = exchange.after()
        keeps = any(says(exchange.request.body, place) for place in self.reads.positions)
        most, one = exchange.gloss.limits["held"], bool(self.writes.events)
        self.progress = Progress(self.reads.each, self.reads.index, most, keeps=keeps, one=one)
        self.memory.progress = self.progress
        #: What pieces are held against where the caller has limits of its own.
        self._bounds = None if exchange.gloss.usual else exchange.gloss.limits
        #: No more will be said.
        self.ended = False
        #: What every piece says, and what the last one will.
        self.frame: Object = {}
        self.last: Object = {}
        self._members: dict[int, Member] = {}
        self._size = 0
        self._told = False
        self._demand = exchange.demand("stream")
        self._losses: set[tuple[Any, ...]] = set()
        #: Stencils for the state that the stream is in; None where it has none, or is out of the ordinary.
        self._stencils = exchange.stencils() if self._demand is None and not one else None
        self._ready: list[Stencil] | None = None
        #: Stencils that have been used here, and do nothing but advance counts and lengths: their losses are known.
        self._used: dict[int, Stencil] = {}
        #: Something has come; the piece at hand is told as it came.
        self._begun = False
        self._plain = True

    # ------------------------------------------------------------------ the contract

    def feed(self, event: Value) -> list[Value]:
        """Translate one piece: no event, one, or several.

        An error that stands in a piece ends the stream, and so does a piece that cannot be translated.
        """
        if self.ended:
            return []
        try:
            if self._bounds is not None:
                check_size(event, self._bounds)
            if not self._begun:
                self._begin(event)
            for stencil in self._ready or ():
                body = stencil.fill(event, self.memory, self.progress.strand, self)
                if body is not None:
                    return [body] if id(stencil) in self._used else self._filled(stencil, body)
            return self._read(event)
        except IsoglossError as error:
            return self._broken(error)
        except RecursionError:
            return self._broken(_too_deep())

    def _read(self, event: Value) -> list[Value]:
        """Translate a piece that no stencil fits."""
        self._plain = isinstance(event, dict) and self.reads.error not in event
        piece = self._piece(event)
        told = self._translated(piece, event) if self._says(piece) else []
        failure = event.get(self.reads.error) if isinstance(event, dict) else None
        return told if failure is None else [*told, *self.fail({self.reads.error: failure}, self._status(event))]

    def close(self) -> list[Value]:
        """Tell what was held back. A stream that has not said why it ended ends with an error, never with a finish."""
        if self.ended:
            return []
        self.progress.closing = self._plain = True
        try:
            told = [event for piece in self._rest() for event in self._last_told(piece)]
        except IsoglossError as error:
            return self._broken(error)
        except RecursionError:
            return self._broken(_too_deep())
        if not self._finished():
            return [*told, *self.fail("the stream ended before the reply was finished")]
        checked = self._enforced() if self.exchange.gloss.enforce else []
        self.ended = self.exchange.gloss.enforce or self._demand is None
        return [*told, *checked]

    def _finished(self) -> bool:
        """Tell whether every reply has said that it has ended, and there was one."""
        ended = all(self.reads.ends in known.held for known in self._members.values())
        return ended and bool(self._told or self._members)

    def fail(self, error: Value, status: int = _BAD_GATEWAY) -> list[Value]:
        """End the stream with an error: the upstream's own document, or a sentence."""
        if self.ended:
            return []
        self.ended = True
        try:
            return [self.exchange.error(status, error).body]
        except IsoglossError as wrong:  # it is nested too deep, or says what no error says
            return [self.exchange.error(status, str(wrong)).body]

    # ------------------------------------------------------------------ reading a piece

    def _begin(self, event: Value) -> None:
        """Settle what all pieces share: the id that others derive from, the time, the first strand."""
        self._begun = True
        members = event.get(self.reads.each) if isinstance(event, dict) else None
        if not isinstance(members, list) or len(members) != 1 or not isinstance(members[0], dict):
            return
        self.exchange.seed(event, self.memory)
        self.memory.get("now")
        strand = self.progress.enter(members[0], (0,))
        self.memory.set("position", strand.key)
        self._known(strand.key)
        if self._stencils is not None:
            self._ready = self._stencils.known.get(state_of(self.memory))

    def _piece(self, event: Value) -> Object:
        """Return what can be told of a piece now, and hold the rest back."""
        if not isinstance(event, dict):
            raise DocumentError("", "a piece of a stream must be an object", status=_BAD_GATEWAY)
        for name in self.reads.frame:
            if event.get(name) is not None:
                self.frame.setdefault(name, event[name])
        for name in self.reads.last:
            if event.get(name) is not None:
                self._keep_word(self.last, name, event[name], grows=False)
        away = (*self.reads.last, self.reads.error)
        piece = {name: value for name, value in event.items() if name not in away}
        members = piece.get(self.reads.each)
        if isinstance(members, list):
            piece[self.reads.each] = [self._member(member, place) for place, member in enumerate(members)]
        return piece

    def _member(self, member: Value, place: int) -> Value:
        if not isinstance(member, dict):
            return member
        known = self._known(key_of(member, self.reads.index, place))
        for name in self.reads.held:
            if member.get(name) is not None:
                self._keep_word(known.held, name, member[name], grows=name in self.reads.grows)
        left = {name: value for name, value in member.items() if name not in self.reads.held}
        return self._assemble(self._gather(left, known), known)

    def _known(self, key: int) -> Member:
        """Return what is held back of a reply."""
        known = self._members.get(key)
        if known is None:
            if len(self._members) >= _MOST:
                raise DocumentError("", f"more than {_MOST} replies are told side by side", status=_BAD_GATEWAY)
            known = self._members[key] = Member(self.reads, self.progress.most)
            self._grow(_MEMBER)
        return known

    def _grow(self, letters: int) -> None:
        """Count what is held back."""
        self._size += letters
        if self._size > self.progress.most:
            raise DocumentError("", "this reply holds back more than the limit allows", status=_BAD_GATEWAY)

    def _keep_word(self, known: Object, name: str, value: Value, *, grows: bool) -> None:
        """Keep a word for the end, and count what it adds: a word that only takes another's place adds nothing."""
        there = known.get(name)
        more = isinstance(there, dict) and isinstance(value, dict) and not value.keys() <= there.keys()
        if there is None or more or (grows and isinstance(value, dict)):
            self._grow(_size(value))
        keep(known, name, value, grows=grows)

    def _gather(self, member: Object, known: Member) -> Object:
        for rule in self.reads.gathers:
            member, found = taken(member, rule.at)
            if found is not ABSENT:
                self._plain = False
                self._grow(known.gathered.setdefault(rule, Gathered(rule)).add(found))
        return member

    def _assemble(self, member: Object, known: Member) -> Object:
        for assembled in known.assembled:
            items = find(member, assembled.rule.at)
            if isinstance(items, list):
                whole = assembled.feed(items)
                self._plain = self._plain and whole == items
                member = laid(member, assembled.rule.at, whole)
        return member

    def _says(self, piece: Object) -> bool:
        """Tell whether anything is left to tell."""
        return any(name not in self.reads.frame for name in piece if piece[name] not in ([], None))

    # ------------------------------------------------------------------ what was held back

    def _rest(self) -> list[Object]:
        """Return what was held back, as pieces of its own."""
        members = [self._whole(key, known) for key, known in sorted(self._members.items())]
        frame = self.frame
        alone = self.writes.alone
        if alone is None:
            return [{**frame, **({self.reads.each: members} if members else {}), **self.last}]
        pieces: list[Object] = [{**frame, self.reads.each: members}] if members else []
        if self.last and find(self.memory.values, tuple(alone.split("."))) is True:
            pieces.append({**frame, **self.last})
        return pieces

    def _whole(self, key: int, known: Member) -> Object:
        member: Object = {self.reads.index: key, **known.held}
        for rule, gathered in known.gathered.items():
            member = laid(member, rule.at, gathered.whole())
        for assembled in known.assembled:
            left = assembled.finish()
            member = laid(member, assembled.rule.at, left) if left else member
        return member

    # ------------------------------------------------------------------ writing

    def _last_told(self, piece: Object) -> list[Value]:
        """Translate what was held back."""
        ready = self._stencils.known.get(state_of(self.memory)) if self._stencils is not None else None
        for stencil in ready or ():
            body = stencil.fill(piece, self.memory, self.progress.strand, self)
            if body is not None:
                return self._filled(stencil, body)
        return self._translated(piece, piece)

    def _translated(self, piece: Object, event: Object) -> list[Value]:
        """Translate a piece, and cut a stencil from it where its like has been seen before."""
        stencils = self._stencils
        if stencils is None or not self._plain or self.reads.each not in piece or len(self.progress.strands) != 1:
            self._ready = None
            return self._read_out(*self._told_by(piece, self.memory))
        before = self.memory.copy() if stencils.wants(state_of(self.memory), event) else None
        body, losses = self._told_by(piece, self.memory)
        if before is not None:
            held = self._held(event) if piece is not event else ()
            after = self.memory.copy()
            stencils.cut(Seen(event, piece, before, after, body, losses, held, self.reads.frame), self._told_by)
        self._ready = stencils.known.get(state_of(self.memory))
        return self._read_out(body, losses)

    def _read_out(self, body: Object, losses: tuple[Loss, ...]) -> list[Value]:
        self._account(losses)
        return self._noted(body)

    def _told_by(self, piece: Object, memory: Memory) -> tuple[Object, tuple[Loss, ...]]:
        """Translate a piece; what says nothing is left out."""
        done = self.exchange.piece(piece, memory)
        body: Object = done.body
        members = body.get(self.writes.each)
        if isinstance(members, list):
            body = {**body, self.writes.each: [member for member in members if self._speaks(member)]}
        told = body.get(self.writes.each) or any(
            name not in self.writes.frame and name != self.writes.each for name in body
        )
        return (body if told else {}), done.losses

    def _speaks(self, member: Object) -> bool:
        idle = self.writes.idle
        return any(name != self.writes.index and idle.get(name, ABSENT) != value for name, value in member.items())

    def _held(self, event: Object) -> tuple[Path, ...]:
        """Return the places of an event that wait for the end."""
        members = event.get(self.reads.each)
        numbers = range(len(members) if isinstance(members, list) else 0)
        inner: list[Path] = [(self.reads.each, number, name) for number in numbers for name in self.reads.held]
        places = [*((name,) for name in self.reads.last), *inner]
        return tuple(path for path in places if find(event, path) is not ABSENT)

    def hold(self, path: Path, value: Value) -> None:
        """Keep a word for the end."""
        if value is not None:
            name, inside = str(path[-1]), len(path) > 1
            known = self._members[self.progress.strand.key].held if inside else self.last
            self._keep_word(known, name, value, grows=inside and name in self.reads.grows)

    def _filled(self, stencil: Stencil, body: Object) -> list[Value]:
        """Send what a stencil has made, and go on to the state that it leads to."""
        if stencil.moves:
            advance(self.memory, stencil)
            self._ready = self._stencils.known.get(stencil.mark) if self._stencils is not None else None
        elif body:
            self._used[id(stencil)] = stencil
        return self._read_out(body, stencil.losses)

    def _noted(self, body: Object) -> list[Value]:
        """Note what is told; return what is sent."""
        for member in body.get(self.writes.each) or ():
            self._note(member)
        if self.writes.events:
            return self._events(body)
        return [body] if body else []

    def _events(self, body: Object) -> list[Value]:
        """Tell each item of some lists as an event of its own."""
        beside = {name: value for name, value in body.items() if name not in self.writes.events}
        told = [{**item, **beside} for name in self.writes.events for item in body.get(name, ())]
        self._told = self._told or bool(told)
        return told

    def _note(self, member: Object) -> None:
        self._told = True
        if self._demand is not None:
            text = find(member, tuple(self._demand[0]["text"].split(".")))
            self._keep(member.get(self.writes.index, 0), text if isinstance(text, str) else "")

    def _keep(self, key: int, text: str) -> None:
        self._grow(len(text))
        self._known(key).text.append(text)

    def demanded(self) -> tuple[Value, Any, Value, str, str] | None:
        """Return what must be held against the request's schema, once the stream is closed; or None."""
        if self._demand is None:
            return None
        place = tuple(self._demand[0]["text"].split("."))
        members = [laid({}, place, "".join(known.text)) for _, known in sorted(self._members.items())]
        return ({self.writes.each: members}, *self._demand)

    def _enforced(self) -> list[Value]:
        demanded = self.demanded()
        if demanded is None:
            return []
        from isogloss.validation import enforce

        try:
            enforce(*demanded)
        except IsoglossError as error:
            return self._broken(error)
        return []

    # ------------------------------------------------------------------ errors and losses

    def _broken(self, error: IsoglossError) -> list[Value]:
        status = error.status if isinstance(error, DocumentError) else _BAD_GATEWAY
        stated = isinstance(error, DocumentError) and error.stated
        # What cannot be translated here is the server's word: the caller is not to blame, unless a rule says so.
        return self.fail(str(error), _BAD_GATEWAY if status == _BAD_REQUEST and not stated else status)

    def _status(self, event: Value) -> int:
        """Return the HTTP status of an error in a piece: a number there, or one that its words stand for."""
        for path, tables in self.reads.status:
            found = find(event, path)
            for name in tables:
                found = other_word(self.exchange.gloss.ruleset.tables[name], found)
            if isinstance(found, int) and not isinstance(found, bool) and _BAD_REQUEST <= found <= _LAST_STATUS:
                return found
        return _BAD_GATEWAY

    def _account(self, losses: tuple[Loss, ...]) -> None:
        """Report each loss once: a stream of a thousand pieces loses the same thing a thousand times."""
        for loss in losses:
            key = (loss.kind, loss.rule, loss.reason)
            if key not in self._losses and len(self._losses) < _LOSSES:
                self._losses.add(key)
                self.exchange.losses += (loss,)
