"""The reference interpreter: a lens, walked over one document.

Readable first. The compiler's code is proved equal to it, and hands it every document that is out of the ordinary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from isogloss import carrying, following, layouts, tables
from isogloss.accounts import Accounts, Owner, Pair
from isogloss.building import build, merge, names_of, over
from isogloss.choosing import chosen
from isogloss.completing import completed, satisfied, worded
from isogloss.errors import DocumentError
from isogloss.example import Obj
from isogloss.guard import snake_case
from isogloss.loss import REFUSED
from isogloss.matching import Bound, Env, Found, match, read_codec, strayed, walks
from isogloss.pointer import find, pointer
from isogloss.threads import in_thread
from isogloss.values import ABSENT, DEPTH_LIMIT, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.errors import Mark
    from isogloss.lens import Conversion, Lens, Turn, TurnedLayout, TurnedSet
    from isogloss.loss import Kind
    from isogloss.memory import Memory
    from isogloss.progress import Strand
    from isogloss.rule import Rule
    from isogloss.values import Path, Value

#: The example of a side that says nothing: it reads nothing that another rule could have read.
_NOTHING = Obj(())


#: A set inside a set takes some sixteen calls, of the thousand that Python allows a thread: another one goes on then.
_SETS: Final = 16


class Run:
    """One document on its way through a lens."""

    def __init__(self, lens: Lens, memory: Memory, *, defaults: bool = True) -> None:
        self.lens = lens
        self.exchange = memory
        self.defaults = defaults
        self.accounts = Accounts()
        self.saw: set[str] = set()
        self.owner = Owner(lens.name, "")
        self.nulls_absent = lens.nulls_absent
        self.snake = lens.snake
        self.roots: list[tuple[Value, Path]] = []
        self.stack: tuple[Value, ...] = ()
        #: What the set that is running has written, and where that stands.
        self.under: tuple[Value, Path] = ({}, ())
        #: The object that the layout which is read stands in.
        self.around: Value = None
        self.nodes = 0
        #: How many sets stand inside each other here.
        self.depth = 0
        #: How names that a codec may spell otherwise were spelled.
        self.names: dict[tuple[str, Value], Value] = {}

    def document(self, value: Value) -> Value:
        """Translate a whole document; its losses are in `accounts` afterwards."""
        body = self.run_set(self.lens.document, value, (), ())
        for target, path in self.accounts.followed:
            self.accounts.sweep(target, path, nulls_absent=False)
        self.accounts.sweep(value, (), nulls_absent=self.lens.nulls_absent)
        return body

    # ------------------------------------------------------------------ accounts

    def lose(
        self, kind: Kind, source: Path | None, target: Path | None, reason: str, place: Mark | None = None
    ) -> None:
        """Record a loss of the rule that is running."""
        owner = self.owner if place is None else Owner(self.owner.id, place.place)
        self.accounts.lose(kind, source, target, owner, reason)

    def pair(self, disposition: str, source: Path | None, target: Path | None) -> None:
        """Record where a value was written."""
        if source in self.accounts.respelled:
            disposition = "normal"
        self.accounts.pairs.append(Pair(disposition, self.owner, source, target))

    def respell(self, path: Path, value: Value) -> None:
        """Record that a word, or each word of an object, is another spelling of what is written."""
        self.accounts.plain(path)
        for name in value if isinstance(value, dict) else ():
            self.accounts.plain((*path, name))

    def empty(self, path: Path, at: Path) -> None:
        """Record an empty list or object that is written as such."""
        self.accounts.claim(path, "mapped", self.owner)
        self.pair("mapped", path, at)

    def read_words(self, path: Path, value: Value, cell: Value) -> None:
        """Claim what a table's cell knows of a value."""
        if not (isinstance(value, dict) and isinstance(cell, dict)):
            if path not in self.accounts.also:
                self.accounts.claim(path, "mapped", self.owner)
            return
        for name in cell:
            actual = self.spelled(value, name)
            if actual in value:
                self.accounts.claim((*path, actual), "mapped", self.owner)

    def spelled(self, value: dict[str, Value], name: str) -> str:
        """Find how an object spells a name: as it stands, or in snake_case where the dialect reads both."""
        if not self.snake:
            return name
        snake = snake_case(name)
        return snake if snake in value else name

    # ------------------------------------------------------------------ rule sets

    def run_set(self, rules: TurnedSet, value: Value, path: Path, at: Path) -> Value:
        """Translate one object by a rule set."""
        outer = self.owner, self.nulls_absent, self.snake, self.stack, self.saw
        self.owner = Owner(rules.name, rules.place)
        self.nulls_absent = self.lens.nulls_absent and not rules.nulls
        self.snake = self.lens.snake or rules.snake
        self.depth += 1
        try:
            work = self._run_set if self.depth % _SETS else in_thread(self._run_set)
            return work(rules, value, path, at)
        finally:
            self.depth -= 1
            self.owner, self.nulls_absent, self.snake, self.stack, self.saw = outer

    def _run_set(self, rules: TurnedSet, value: Value, path: Path, at: Path) -> Value:
        if rules.either:
            return chosen(self, rules, value, path, at)
        if not isinstance(value, dict) or not value:
            value = following.opened(self, rules, value, path)
        if len(path) > DEPTH_LIMIT or len(self.stack) > DEPTH_LIMIT:
            self.refuse(path, f"this is nested more than {DEPTH_LIMIT} deep")
        if path and isinstance(path[-1], int):
            self.exchange.set("position", path[-1])
        if rules.inline:
            value, path = following.inlined(self, rules, value, path)
        if not value:
            self.empty(path, at)
        out: dict[str, Value] = {}
        if self._tells(rules):
            self.saw = self._seen(value, path)
        for name in rules.layouts:
            layouts.lay(self, self.lens.layout(name), value, path, out, at)
        ran: set[str] = set()
        for turn in rules.turns:
            self.run_turn(turn, value, path, out, at, ran)
        carrying.carry_rest(self, rules, value, path, out, at)
        for turn in rules.defaults if self.defaults else ():
            self.run_turn(turn, value, path, out, at, ran)
        carrying.together(self, rules, out, at)
        self.accounts.scope(path, rules.drops, Owner(rules.name, rules.place))
        return out

    def _tells(self, rules: TurnedSet) -> bool:
        """Tell whether what is laid in an object is seen there alone: a reply, or a document that is told as one."""
        if rules is self.lens.document:
            return self.exchange.progress is not None and self.exchange.progress.one
        return bool(rules.layouts)

    def _seen(self, value: dict[str, Value], path: Path) -> set[str]:
        """Return what has been laid in this object: what is laid beside it is not seen, the pieces before it are."""
        if self.exchange.progress is None:
            return set()
        strand = self.exchange.progress.enter(value, path)
        self.exchange.set("position", strand.key)
        return strand.saw

    def strand(self, layout: TurnedLayout) -> Strand | None:
        """Return the registers of the stream that a layout is a piece of."""
        progress = self.exchange.progress
        return progress.strand if progress is not None and layout.layout.partial else None

    def refuse(self, path: Path, reason: str, status: int | None = None) -> NoReturn:
        """Refuse the document for what stands at a place."""
        said: dict[str, Any] = {} if status is None else {"status": status, "stated": True}
        raise DocumentError(
            pointer(self.accounts.real(path)), reason, rule=self.owner.id, place=self.owner.place, **said
        )

    def run_turn(
        self, turn: Turn, value: dict[str, Value], path: Path, out: dict[str, Value], at: Path, ran: set[str]
    ) -> None:
        outer = self.owner
        self.owner = Owner(turn.id, turn.place)
        try:
            found = self.found(turn, value, path)
            if found is not None:
                self._apply(turn, found, path, out, at, ran)
        finally:
            self.owner = outer

    def found(self, turn: Turn, value: dict[str, Value], path: Path) -> Found | None:
        """Read a rule's example if the rule holds here."""
        if not self.saw.issuperset(turn.rule.saw) or not self.saw.isdisjoint(turn.rule.unseen):
            return None
        if turn.guard is not None and not turn.guard(value):
            return None
        if not self.remembers(turn.rule):
            return None
        found = Found()
        if not match(self, turn.read, value, path, found) or (turn.reads and not found.claims and not found.env):
            return None
        if turn.rule.among and not strayed(turn.rule.among, value, path, found):
            return None
        if turn.rule.also or turn.read == _NOTHING:
            return found
        taken = any(self.accounts.claimed(place) for place in (*found.claims, *walks(found.env)))
        return None if taken else found

    def remembers(self, rule: Rule) -> bool:
        """Tell whether the exchange knows what a rule wants known, and not what it wants unknown."""
        knows, lacks = rule.knows.get(self.lens.reader), rule.lacks.get(self.lens.reader)
        return (knows is None or self.exchange.get(knows) is not ABSENT) and (
            lacks is None or self.exchange.get(lacks) is ABSENT
        )

    def options(self, conversion: Conversion) -> Mapping[str, Any]:
        """Return a codec's options, with what the exchange knows filled in."""
        if not any(isinstance(value, str) and value.startswith("@") for value in conversion.options.values()):
            return conversion.options
        return {
            name: self.exchange.get(value[1:]) if isinstance(value, str) and value.startswith("@") else value
            for name, value in conversion.options.items()
        }

    def _apply(self, turn: Turn, found: Found, path: Path, out: dict[str, Value], at: Path, ran: set[str]) -> None:
        rule = turn.rule
        short = rule.id.rsplit(".", 1)[-1]
        if any(name in ran for name in rule.unless):
            if not rule.default:
                self._give_way(rule, found)
            return
        ran.add(short)
        for name, known in found.known.items():
            self.exchange.set(name, known)
        if turn.gated is not None:
            self.gated(turn, found, path)
            return
        self.saw.update(rule.lays)
        if rule.casts:
            self.exchange.casts.append(path)
        self.claim(turn, found)
        full = self.complete(rule, found.env)
        for name in (*rule.let, *rule.keeps) if found.claims else ():
            if name in full and full[name].path is None:
                full[name] = Bound(full[name].value, found.claims[0])  # it stands for the words that were read
        self._write(turn, full, found, out, at, path)

    def claim(self, turn: Turn, found: Found, *, void: bool = False) -> None:
        """Claim what an example has read.

        A one-way rule reads another spelling of what is written; one that writes nothing, what happens anyway.
        """
        disposition = "normal" if void or turn.rule.oneway else "mapped" if turn.write != _NOTHING else "satisfied"
        for path in found.kept:
            self.accounts.claim(path, "exchange", self.owner, also=turn.rule.also)
        for path in found.nulls:
            self.accounts.claim(path, "satisfied", self.owner, also=turn.rule.also)
        for path in found.claims:
            self.accounts.claim(path, disposition, self.owner, also=turn.rule.also)
        for path in found.again:
            self.accounts.plain(path)
        for path in found.differs:
            self.lose("dropped", path, None, "another place says otherwise, and it comes first")
        for path in found.strays:
            self.lose("dropped", path, None, turn.rule.reason)

    def _give_way(self, rule: Rule, found: Found) -> None:
        for claim in found.claims:
            self.accounts.claim(claim, "dropped" if rule.reason else "satisfied", self.owner)
            if rule.reason:
                self.lose("dropped", claim, None, rule.reason)

    def gated(self, turn: Turn, found: Found, path: Path) -> None:
        rule, claims = turn.rule, [*found.claims, *walks(found.env)]
        if satisfied(rule, found.env):
            for claim in claims:
                self.accounts.claim(claim, "satisfied", self.owner)
            return
        reason = rule.reason or worded(rule.drop or rule.refuse or "the other dialect cannot say this", found.env)
        if turn.gated == "refuse":
            where = found.claims[0] if found.claims else path
            self.refuse(where, reason if rule.refuse is None else worded(rule.refuse, found.env), rule.status)
        for claim in claims:
            self.accounts.claim(claim, rule.kind or "dropped", self.owner)
            self.lose(rule.kind or "dropped", claim, None, reason)

    def complete(self, rule: Rule, env: Env) -> Env:
        """Add what a rule computes: constants, absent values, derived ones, sums."""
        return completed(self, rule, env)

    def _write(self, turn: Turn, env: Env, found: Found, out: dict[str, Value], at: Path, path: Path) -> None:
        rule = turn.rule
        start = len(self.accounts.pairs)
        built = self.built(turn, env, out, at)
        if built is ABSENT or built is None:
            built = {}
        first = found.first()
        if rule.default and (not built or not self._free(built, out)):
            del self.accounts.pairs[start:]
            return
        if rule.yields and not self._free(built, out):
            del self.accounts.pairs[start:]
            self.unwritten(turn, env)
            return
        clash = merge(out, built, at, rule.lists, self.lens.document.whole)
        self.pair_constants(turn, found, out, at, start)
        if clash is not None:
            self.refuse(first or (), f"this contradicts what another name says about {pointer(clash)}")
        if rule.kind in REFUSED and first is None:
            first = path  # the object as a whole is told otherwise
        if rule.kind is not None or rule.default:
            self.report(rule, first, turn, at)
        self.unwritten(turn, env)

    def built(self, turn: Turn, env: Env, out: Value, at: Path) -> Value:
        """Write a rule's example beside what has been written."""
        outer, self.under = self.under, (out, at)
        try:
            return build(self, turn.write, env, at, turn)
        finally:
            self.under = outer

    def written(self, at: Path) -> Value:
        """Return what has been written at a place by the rules before."""
        out, base = self.under
        return find(out, at[len(base) :])

    def pair_constants(self, turn: Turn, found: Found, out: Value, at: Path, start: int) -> None:
        """Where no variable went over, say what became of the words that were read."""
        if len(self.accounts.pairs) > start or turn.reads or not found.claims:
            return
        from isogloss.example import places

        written = (path for path, _ in places(turn.write) if path and find(out, path) is not ABSENT)
        target = next(written, None)  # what the exchange does not know is not written
        if target is None:
            return
        for claim in found.claims:
            self.pair("normal" if turn.rule.oneway else "mapped", claim, (*at, *target))

    def _free(self, built: Value, out: dict[str, Value]) -> bool:
        """Tell whether no place of a written object has been written before."""
        for name, value in built.items():
            there = out.get(name, ABSENT)
            if isinstance(there, dict) and isinstance(value, dict):
                if not self._free(value, there):
                    return False
            elif there is not ABSENT:
                return False
        return True

    def report(self, rule: Rule, first: Path | None, turn: Turn, at: Path) -> None:
        from isogloss.example import places

        target = next((path for path, _ in places(turn.write)), None)
        kind = rule.kind or "defaulted"
        self.lose(
            kind, first, None if target is None else (*at, *target), rule.reason or rule.note or "added by default"
        )

    def unwritten(self, turn: Turn, env: Env) -> None:
        """Report what was read and has no place on the other side."""
        used = names_of(turn.write) | {*turn.rule.ignores, *turn.rule.keeps}
        for line in turn.rule.sums:
            used |= set(line) if used & set(line) else set()
        used |= {base for _, base, *_ in turn.rule.derive.values()}
        self.accounts.ignored(env, turn.reads.intersection(turn.rule.ignores) - names_of(turn.write), self.owner)
        for name in turn.reads - used:
            bound = env.get(name)
            if bound is not None and bound.path is not None and not self.expected(turn.rule, name, bound):
                self.lose("dropped", bound.path, None, turn.rule.reason or "there is no place for this")

    def expected(self, rule: Rule, name: str, bound: Bound) -> bool:
        """Tell whether a value is the one that its absence means."""
        return name in rule.absent and same(rule.absent[name], bound.value)

    # ------------------------------------------------------------------ conversions

    def settle(self, bound: Bound, at: Path) -> Value:
        """Do a variable's pending conversion."""
        if bound.pending is None:
            return bound.value
        return self.convert(bound.pending, bound.value, bound.path or (), at)

    def convert(self, conversion: Conversion, value: Value, path: Path, at: Path) -> Value:
        """Convert a value from the dialect that is read to the one that is written."""
        if conversion.over:
            return over(self, conversion, value, path, at, self._convert_one)
        return self._convert_one(conversion, value, path, at)

    def _convert_one(self, conversion: Conversion, value: Value, path: Path, at: Path) -> Value:
        if conversion.sort == "table":
            return tables.convert(self, self.lens.ruleset.tables[conversion.name], value, path, at)
        if conversion.sort == "set":
            return self.run_set(self.lens.set(conversion.name), value, path, at)
        if conversion.sort == "codec":
            return read_codec(self, conversion, value, path)[0]
        return layouts.lay_alone(self, self.lens.layout(conversion.name), value, path, at)
