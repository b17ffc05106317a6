"""Rules of one level of a document, sorted by the names they read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isogloss.compiler_code import odd_fields
from isogloss.example import All, Const, Each, Known, Node, Obj, Pick, Var, children, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from isogloss.lens import Lens, Turn
    from isogloss.rule import Rule

#: What this compiler understands of a rule; a rule that says anything else is the interpreter's.
_UNDERSTOOD: Final = frozenset(
    [
        "id",
        "mark",
        "sides",
        "oneway",
        "kind",
        "reason",
        "needs",
        "otherwise",
        "when",
        "unless",
        "saw",
        "unseen",
        "knows",
        "lacks",
        "absent",
        "let",
        "gate",
        "sums",
        "satisfied",
        "drops",
        "default",
        "drop",
        "refuse",
        "also",
        "yields",
        "ignores",
        "source",
        "note",
        "status",
        "title",
    ]
)
#: What only matters to later documents of the exchange: left to the interpreter whole.
REMEMBERED: Final = ("casts", "lays", "keeps")

#: Up to this many names are compared one by one.
FEW: Final = 8
ARGUMENTS: Final = "v, o, x, link, notes, out, mem, saw, defaults"
SET_ARGUMENTS: Final = "v, link, notes, mem, saw, defaults"
#: In the order of losses: what is told of a rule or a block after all that is inside it.
LATE: Final = 1_000_000_000
#: Leaves the whole document to the interpreter.
BAIL: Final = "raise Bail"
LAYOUT_ARGUMENTS: Final = "v, out, link, notes, mem, saw, defaults"


def rule_is_odd(rule: Rule) -> list[str]:
    """Name what a rule says that code does not do."""
    return odd_fields(rule, _UNDERSTOOD)


def seen(rule: Rule) -> list[str]:
    """Write what a rule asks of the blocks that have been laid."""
    return [*(f"{word!r} in saw" for word in rule.saw), *(f"{word!r} not in saw" for word in rule.unseen)]


def remembered(rule: Rule, reader: str) -> list[str]:
    """Write what a rule asks of what the exchange knows."""
    asked = [(rule.knows.get(reader), "is not None"), (rule.lacks.get(reader), "is None")]
    return [f"mem.get({name!r}) {test}" for name, test in asked if name]


@dataclass(slots=True)
class Read:
    """A rule at one level of the document: its number, and its example from there on."""

    index: int
    turn: Turn
    node: Obj


@dataclass(slots=True)
class Cluster:
    """Rules of one level that read the same names."""

    names: list[str]
    reads: list[Read] = field(default_factory=list["Read"])


def clustered(reads: Sequence[Read]) -> list[Cluster]:
    """Sort the rules of a level by what they read."""
    found: list[Cluster] = []
    for read in reads:
        names = [name for name, _ in read.node.fields]
        touching = [cluster for cluster in found if touching_names(cluster, read, names)]
        merged = Cluster([], [])
        for cluster in touching:
            found.remove(cluster)
            merged.names += cluster.names
            merged.reads += cluster.reads
        merged.names += [name for name in names if name not in merged.names]
        merged.reads = sorted([*merged.reads, read], key=lambda one: one.index)
        found.append(merged)
    return sorted(found, key=lambda cluster: cluster.reads[0].index)


def touching_names(cluster: Cluster, read: Read, names: list[str]) -> bool:
    shorts = {short(one.turn) for one in cluster.reads}
    return bool(set(cluster.names) & set(names)) or bool(shorts & set(read.turn.rule.unless))


def adds(turn: Turn) -> bool:
    """Tell whether a rule adds to the list that is there; items that are laid over each other may come in any order."""
    return turn.rule.lists == "append" or any(isinstance(node, All) for _, node in nodes_of(turn.write))


def short(turn: Turn) -> str:
    """Return the rule's own name."""
    return turn.id.rsplit(".", 1)[-1]


def left_of(read: Read, cluster: Cluster, shape: Mapping[str, str] | None) -> str:
    """Write the test whether a list may hold an item that a rule looks for and no layout knows."""
    fields = dict(read.node.fields)
    tests: list[str] = []
    for name in cluster.names if shape is None else [name for name in cluster.names if name in shape]:
        node, value = fields.get(name), f"v.get({name!r})" if shape is None else shape[name]
        items = children(node) if node is not None else ()
        wanted = [key for item in items if isinstance(item, Obj) for key, _ in item.fields]
        held = " or ".join(f"{key!r} in i" for key in wanted) or "True"
        tests.append(f"type({value}) is list and any({held} for i in {value} if isinstance(i, dict))")
    return " or ".join(tests) or "False"


def lost_note(order: tuple[int, ...], kind: str, source: str, target: str, rule: Rule, reason: str) -> str:
    told = f"{rule.id!r}, {rule.mark.place!r}, {reason!r}"
    return f"notes.append((LOST, link, {order!r}, {kind!r}, {source}, {target}, {told}))"


def overlapping(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def one_leaf(node: Node) -> tuple[str, ...] | None:
    found = list(places(node))
    return found[0][0] if len(found) == 1 else None


def lone_place(node: Node) -> tuple[str | int, ...] | None:
    """Return where an example shows its only variable, as it stands; None where it shows another, or in another way."""
    if isinstance(node, Var):
        return () if node.conversion is None and not node.optional else None
    if isinstance(node, Each):
        return lone_place(node.item)
    steps: list[tuple[str | int, Node]] = list(node.fields) if isinstance(node, Obj) else []
    steps += enumerate(node.items) if isinstance(node, Pick) else []
    held = [(step, child) for step, child in steps if not isinstance(child, Const)]
    if len(held) != 1 or (isinstance(node, Pick) and len(steps) != 1):
        return None
    below = lone_place(held[0][1])
    return None if below is None else (held[0][0], *below)


def column_name(node: Node) -> str | None:
    if isinstance(node, Each) and isinstance(node.item, Obj) and len(node.item.fields) == 1:
        name, child = node.item.fields[0]
        if isinstance(child, Var) and child.star and child.optional and child.conversion is None:
            return name
    return None


def known_names(turn: Turn) -> list[str]:
    return [node.name for _, node in nodes_of(turn.read) if isinstance(node, Known)]


def asked_names(lens: Lens) -> set[str]:
    """Name the values of the exchange that some rule of this direction asks for."""
    rules = lens.ruleset
    sets = (rules.documents[lens.name], *rules.sets.values())
    blocks = (block.rule for layout in rules.layouts.values() for block in layout.blocks)
    found: set[str] = set()
    for rule in (*(rule for one in sets for rule in one.rules), *blocks):
        write = rule.sides.get(lens.writer)
        found |= {node.name for _, node in nodes_of(write) if isinstance(node, Known)} if write is not None else set()
        found |= {facts[lens.reader] for facts in (rule.knows, rule.lacks) if lens.reader in facts}
    return found


def tells(lens: Lens, turn: Turn, name: str, known: frozenset[str] = frozenset()) -> bool:
    """Tell whether a rule, or a set that it leads to, says a value of the exchange."""
    nodes = [node for _, node in (*nodes_of(turn.read), *nodes_of(turn.write))]
    if any(isinstance(node, Known) and node.name == name for node in nodes):
        return True
    found = [lens.conversion(node.conversion) for node in nodes if isinstance(node, Var) and node.conversion]
    sets = {one.name for one in found if one.sort == "set"} - known
    return any(tells(lens, inner, name, known | sets) for one in sets for inner in lens.set(one).turns)


def nodes_of(node: Node) -> Iterable[tuple[Any, Node]]:
    from isogloss.example import children

    yield (), node
    for child in children(node):
        yield from nodes_of(child)
