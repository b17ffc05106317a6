"""What a rulebook says, as frozen values: two-sided; without slots, since warm starts fill thousands of dicts in C."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.apart import Answers, Apart, Join, Times
    from isogloss.errors import Mark
    from isogloss.example import Node
    from isogloss.loss import Kind
    from isogloss.stages import Plan
    from isogloss.values import Path, Value


@dataclass(frozen=True)
class Drop:
    """A named leaf that the other dialect has no word for, with the sentence users see."""

    path: Path
    reason: str
    #: Values that ask for what happens anyway: no loss.
    satisfied: tuple[Value, ...] = ()
    refuse: bool = False
    mark: Mark | None = None
    #: Says nothing that the other dialect does not know already: no loss.
    normal: bool = False


@dataclass(frozen=True)
class Rule:
    """This here is that there."""

    id: str
    mark: Mark
    #: One example for each dialect; a dialect without one says nothing.
    sides: Mapping[str, Node]
    #: Runs only when this dialect is read.
    oneway: str | None = None
    #: The loss that is reported each time the rule runs, or None.
    kind: Kind | None = None
    reason: str = ""
    #: Facts that the family of a written dialect must have: {dialect: {fact: value}}.
    needs: Mapping[str, Mapping[str, Value]] = field(default_factory=dict[str, Any])
    #: What happens where they are missing: drop, refuse, or nothing (another rule stands in).
    otherwise: str | None = None
    when: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Ids of rules that win over this one when both apply.
    unless: tuple[str, ...] = ()
    #: Lists that name members of the object beside them; it holds where one names what is not there: {list: object}.
    among: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Block classes that must have been laid, and that must not.
    saw: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    #: Block classes that this rule lays.
    lays: tuple[str, ...] = ()
    #: Values the exchange must know when a dialect is read: {dialect: name}.
    knows: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Values the exchange must not know when a dialect is read.
    lacks: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Variables that the exchange keeps: {variable: name}; one that nothing has given has what is kept.
    keeps: Mapping[str, str] = field(default_factory=dict[str, str])
    absent: Mapping[str, Value] = field(default_factory=dict[str, Any])
    let: Mapping[str, Value] = field(default_factory=dict[str, Any])
    #: Variables computed from another one, and left out in one dialect where they equal it:
    #: {variable: (dialect, from, conversion, …)}.
    derive: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, Any])
    #: Variables that are written only where the family has facts: {dialect: {variable: {needs, reason}}};
    #: without a reason leaving them out is a normal form.
    gate: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Any])
    #: Numbers kept within two facts of the written family: {variable: (least, most)}.
    bounds: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, Any])
    #: total = part + rest, solved for whichever is missing.
    sums: tuple[tuple[str, ...], ...] = ()
    satisfied: tuple[Value, ...] = ()
    drops: Mapping[str, tuple[Drop, ...]] = field(default_factory=dict[str, Any])
    #: Written after all others where its place is still free, when defaults are on.
    default: bool = False
    #: A sentence: the value is lost, or refused.
    drop: str | None = None
    refuse: str | None = None
    #: Reads what another rule has read as well.
    also: bool = False
    #: How a list is laid over one that is there: append its items, zip them in place, or (None) contradict.
    lists: str | None = None
    #: Gives way without a word when its place has been written.
    yields: bool = False
    #: Numbers are written as text here: what comes back for them is a number again.
    casts: bool = False
    #: Bound variables that the other side may ignore.
    ignores: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    note: str = ""
    status: int | None = None
    title: str = ""


@dataclass(frozen=True)
class Row:
    """A word of one dialect and its word in the other."""

    cells: tuple[Value, Value]
    #: clamp (lossy, left to right only), back (lossy, right to left only), forth (left to right only, no loss),
    #: respell (another spelling of a word).
    marks: frozenset[str]
    mark: Mark
    #: Block class that must have been laid for this row to hold.
    saw: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Table:
    """Rows that pair the words of two dialects; the first row wins, each way."""

    name: str
    mark: Mark
    columns: tuple[str, str]
    rows: tuple[Row, ...]
    #: Rows for one family, instead of `rows`.
    family_rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict[str, Any])
    #: A number that no cell holds: the next cell upward.
    between: bool = False
    #: The sign between two numbers; for such a word that no cell holds, the row with the nearest ratio, then product.
    nearest: str = ""
    #: Dialects whose words are read in any case, and whose unknown words are refused.
    fold: str | None = None
    strict: str | None = None
    #: What an unknown word does: drop (a loss), refuse, keep, or {dialect: word}.
    unknown: Any = "drop"
    reason: str = ""
    #: The loss kind of clamped cells.
    kind: Kind = "clamped"
    note: str = ""
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gathering:
    """Fragments that are put together before they are translated: a list of items, or one object."""

    at: Path
    #: The name that tells items apart; None gathers one object.
    by: str | None
    #: What an item is called, and what its first fragment says: where they differ, another item begins.
    starts: Path | None
    opens: Path | None
    #: Texts that fragments add to; of all else the first word counts.
    joins: tuple[Path, ...]


@dataclass(frozen=True)
class Assembly:
    """Items that are told piece by piece, as values for places in an object."""

    at: Path
    #: The object in an item that is told in pieces, and its flag that more will come.
    inside: str
    more: str
    #: The list of pieces, the name of a piece's place (a JSONPath), the names of its value, the object that is made.
    pieces: str
    place: str
    values: tuple[str, ...]
    into: str


@dataclass(frozen=True)
class Telling:
    """How one dialect tells a document piece by piece."""

    #: The list of the replies that are told side by side, and the name by which they are told apart.
    each: str
    index: str
    #: The word by which a reply says that it has ended.
    ends: str
    #: Words of a reply, and of the document, whose last value counts: they are translated once, at the end.
    held: tuple[str, ...]
    last: tuple[str, ...]
    #: Words of a reply whose lists go on from piece to piece.
    grows: tuple[str, ...]
    #: Words that every piece says.
    frame: tuple[str, ...]
    #: Places of the request to this dialect; where it says one of them, positions in the text will be told at the end.
    positions: tuple[Path, ...]
    #: What a reply says that has nothing to say.
    idle: Mapping[str, Value]
    #: The document's last words stand in a piece of their own, where the exchange was asked for them.
    alone: str | None
    #: Lists whose items are events of their own, with what stands beside the lists said in each.
    events: tuple[str, ...]
    gathers: tuple[Gathering, ...]
    assembles: tuple[Assembly, ...]
    #: Where an error stands that ends the stream; the places of its HTTP status, each with the tables to it.
    error: str
    status: tuple[tuple[Path, tuple[str, ...]], ...]


@dataclass(frozen=True)
class RuleSet:
    """A named object translation."""

    name: str
    mark: Mark
    rules: tuple[Rule, ...]
    drops: Mapping[str, tuple[Drop, ...]]
    #: Layouts of this object: (layout name).
    layouts: tuple[str, ...] = ()
    nulls: bool = False  # null is a value here, not absence
    either: bool = False  # any value is translated whole, by the first rule that it fits
    snake: bool = False  # names are also read in snake_case here, whatever the dialect does
    #: Where names go that no rule takes: (dialect, path there, names taken or None).
    rest: Mapping[str, Any] = field(default_factory=dict[str, Any])
    excludes: Mapping[str, Any] = field(default_factory=dict[str, Any])  # what may not be written together
    whole: Mapping[str, Any] = field(default_factory=dict[str, Any])  # places that one word says alone
    #: What a written document must fit: {dialect: {each, text, schema}}.
    validate: Mapping[str, Any] = field(default_factory=dict[str, Any])
    #: Headers of a reply that say what its body may leave out: {dialect: {header: dotted path}}.
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Any])
    #: What minted keys derive from: {dialect: dotted path}.
    seed: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Names that stand for other objects: $ref and its kind.
    inline: Mapping[str, Any] = field(default_factory=dict[str, Any])
    #: How each dialect tells this document piece by piece: {dialect: telling}.
    stream: Mapping[str, Telling] = field(default_factory=dict[str, Any])
    #: What of a request that is read takes several calls, and how their replies are written as one: {dialect: …}.
    apart: Mapping[str, Apart | Times] = field(default_factory=dict[str, Any])
    joins: Mapping[str, Join] = field(default_factory=dict[str, Any])
    #: How many items a reply must have, when a dialect is read.
    answers: Mapping[str, Answers] = field(default_factory=dict[str, Any])
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class BookUse:
    """How a block writes into a book or reads from it."""

    book: str
    key: str
    label: str
    opens: bool


@dataclass(frozen=True)
class Block:
    """One kind of block, as a pair of examples."""

    kind: str
    rule: Rule
    #: The variable whose value is the block's bare form.
    plain: str | None = None
    book: BookUse | None = None
    #: What a variable must begin with when a dialect is read: {dialect: {variable: [head …]}}.
    where: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict[str, Any])
    #: A guard on the object that the layout stands in, when a dialect is read.
    around: Mapping[str, str] = field(default_factory=dict[str, str])
    classes: frozenset[str] = frozenset()
    #: The layouts this kind is part of; none means all of its table's.
    layouts: tuple[str, ...] = ()
    #: A layout inside the block: (layout, {dialect: path of its group}).
    inner: tuple[str, Mapping[str, Path]] | None = None
    #: Its plain text counts among the pieces of the running text.
    counts: bool = False
    #: The variable with the name of what this block declares …
    declares: str | None = None
    #: … and (value, name): what a later block says about it, with its numbers made numbers again.
    recast: tuple[str, str] | None = None
    #: Value of the plain variable that says nothing.
    empty: Value = None
    #: Variables that come from attributes.
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slot:
    """A place in a group that holds blocks."""

    at: Path
    form: str
    holds: tuple[str, ...] | None
    plain: str | None = None
    #: Written where the slot holds nothing: {beside: {kind: value}, otherwise: value}.
    blank: Mapping[str, Any] | None = None
    roles: tuple[str, ...] = ()
    conversion: str | None = None
    #: All blocks of the document stand in one group, where the first one stood.
    gather: bool = False
    #: Items carry their running number under this name.
    number: str | None = None
    #: The exchange's name for where, in the whole text, that of this piece begins.
    begins: str | None = None
    #: Kinds that are read here but written elsewhere; and another place, where this one is read only if that is silent.
    reads: tuple[str, ...] = ()
    unless: Path = ()
    #: Facts the written family must have for this slot; else its blocks go to the group around, or are refused.
    needs: Mapping[str, Value] = field(default_factory=dict[str, Any])
    refuses: bool = False
    reason: str = ""
    read_only: bool = False


@dataclass(frozen=True)
class Side:
    """How one dialect lays blocks out."""

    #: Path of the list of groups, or of the one group.
    groups: Path | None
    group: Path | None
    #: Other lists that are read as well.
    also: tuple[Path, ...]
    role: str | None
    role_absent: str | None
    fixed: Mapping[str, Value]
    slots: tuple[Slot, ...]
    hoist: Path | None
    hoist_needs: Mapping[str, Value]
    hoist_reason: str
    unfold: bool
    merge: bool
    seams: Mapping[str, Any] | None
    #: The exchange's name for the texts of the blocks, in order.
    pieces: str | None
    drops: tuple[Drop, ...]
    legal: tuple[Mapping[str, Any], ...]
    mark: Mark
    #: Places that are written in the first piece of a stream only.
    once: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How a document lays blocks out, in each dialect."""

    name: str
    mark: Mark
    blocks: tuple[Block, ...]
    roles: str | None
    sides: Mapping[str, Side]
    title: str = ""
    #: A piece of a stream: numbers and positions go on from the piece before.
    partial: bool = False
    #: This layout and those whose heir it is.
    lineage: tuple[str, ...] = ()

    def knows(self, block: Block) -> bool:
        """Tell whether a block may stand in this layout."""
        return not block.layouts or not set(block.layouts).isdisjoint(self.lineage)


@dataclass(frozen=True)
class Family:
    """Models that share capabilities."""

    id: str
    mark: Mark
    dialect: str
    match: str
    kind: str
    line: str
    generation: float
    facts: Mapping[str, Value]
    tables: Mapping[str, tuple[Row, ...]]
    #: This family and those it inherits from, nearest first.
    lineage: tuple[str, ...]
    note: str = ""
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dialect:
    """One API's vocabulary: how it spells, and how its operations are called."""

    name: str
    mark: Mark
    #: null means absent; names are also read in snake_case.
    nulls_absent: bool
    snake: bool
    prefixes: tuple[str, ...]
    routes: tuple[Mapping[str, Any], ...]
    newest: Mapping[str, str]
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class Ruleset:
    """All rules of one version with overlays applied: loaded, checked, immutable, hashed."""

    version: str
    hash: str
    language: int
    dialects: Mapping[str, Dialect]
    families: tuple[Family, ...]
    tables: Mapping[str, Table]
    sets: Mapping[str, RuleSet]
    layouts: Mapping[str, Layout]
    documents: Mapping[str, RuleSet]
    values: Mapping[str, Value]
    plans: Mapping[str, Mapping[str, Plan]]
    prefixes: Mapping[str, Any]  # what requests may ask to be cached: {operation: prefixes.Prefix}

    def __str__(self) -> str:
        return f"{self.version}+{self.hash[:12]}"
