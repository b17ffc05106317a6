"""There and back again, leaf by leaf: what must stand again where, and what counts as the same.

Places are compared through the ledgers' pairs of pointers, never by index: one lost part moves its neighbours.

A leaf of the document may end in one of these ways, and in no other:

1. A loss of either way names it, or something around it, or another leaf of the example that its rule has read there.
2. Its disposition is `satisfied` or `exchange`, there or on the way back: it asks for what happens anyway, or it is
   kept by the exchange and not by the document.
3. Its disposition is `normal`, there or on the way back: rules say so of one-way rules' words, of table rows marked
   `respell` or `forth`, of a cell that is null, of words in another case, of `normal` drops, of gates without a
   reason, of a name or an id that a book restores, of a text that says nothing, and of the second place that says
   the same. Texts that are joined are `normal` too, and must be there whole (`joined`).
4. It is a constant of an example, and what its example's variables said came back; or it stands again beside them; or
   the object around them is told the same again; or all that stands beside it is a normal form.
5. A constant alone told it, on either way (`{type: json_object}`), or it was carried as it is and the other dialect
   has a word for it (`responseMimeType` beside `response_format`), or it is part of a table's cell that is an object
   (a budget is an effort), or of a sum whose other part is ignored (an image's tokens, and the thoughts before it):
   the returned document must say the same again.
6. It is an empty object, and others have written into the object that it became.
7. Its value stands again where the pairs lead, as `equal` compares.

`equal` knows these normal forms of codecs, and no others: 1 is 1.0; JSON text is what it parses to, where it is an
object, and blank arguments are none; a result's `{output: text}` is the text; data URLs are equal in type and data,
and in one half where the other stands in a place of its own (a file's `format`, the parts of `input_audio`); one word
is a list of one; a file of samples is the samples, and of their type only the numbers count; a schema's `type` is the
same in capitals, and its bounds and the values of its enum may be written as text; ids that hold one name are equal,
whatever the exchange has packed beside it; a reference alone in a list of alternatives, beside other words, is the
reference beside them; an order of names is the order in which an object has them.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from isogloss import Translation, library
from isogloss.codecs import CODECS
from isogloss.example import variables
from isogloss.loss import REFUSED
from isogloss.pointer import parse_pointer
from isogloss.values import leaves, same

Path = tuple[str, ...]
NOWHERE = object()


def steps(path: tuple[Any, ...]) -> Path:
    """A path as its pointer's tokens."""
    return tuple(map(str, path))


def at(document: Any, path: Path) -> Any:
    """What stands at a path, or NOWHERE."""
    for step in path:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return NOWHERE
    return document


@dataclass
class Account:
    """What one translation says about the leaves of its document."""

    body: Any
    #: Where the value of a place was written.
    pairs: dict[Path, list[tuple[Path, str]]] = field(default_factory=lambda: defaultdict(list))
    dispositions: dict[Path, set[str]] = field(default_factory=lambda: defaultdict(set))
    owners: dict[Path, str] = field(default_factory=dict)
    lost: set[Path] = field(default_factory=set)
    #: The objects in which a rule has lost something.
    losers: set[tuple[str, Path]] = field(default_factory=set)
    named: set[Path] = field(default_factory=set)

    @classmethod
    def of(cls, done: Translation) -> "Account":
        """Read a traced translation."""
        account = cls(done.body)
        for step in done.ledger or ():
            if step.pointer is not None:
                account._add(parse_pointer(step.pointer), step)
        account.named = {parse_pointer(loss.pointer) for loss in done.losses if loss.pointer}
        refused = [loss for loss in done.losses if loss.pointer and loss.kind in REFUSED]
        account.lost = {parse_pointer(loss.pointer) for loss in refused}
        account.losers = {(loss.rule, parse_pointer(loss.pointer)[:-1]) for loss in refused}
        return account

    def _add(self, path: Path, step: Any) -> None:
        self.dispositions[path].add(step.disposition)
        self.owners.setdefault(path, step.rule)
        if step.target_pointer is not None:
            self.pairs[path].append((parse_pointer(step.target_pointer), step.disposition))

    def is_lost(self, path: Path) -> bool:
        """Whether a loss names the place or one around it."""
        rule = self.owners.get(path, "")
        return any(path[:n] in self.lost or (rule, path[:n]) in self.losers for n in range(len(path) + 1))

    def is_named(self, path: Path) -> bool:
        """Whether a loss of any kind names the place or one around it."""
        return any(path[:length] in self.named for length in range(len(path) + 1))

    def loses_below(self, path: Path) -> bool:
        """Whether a loss names something inside the place."""
        return any(lost[: len(path)] == path for lost in self.lost)

    def disposition(self, path: Path) -> set[str]:
        """What the nearest step at or around a place says of it."""
        return self.dispositions.get(self.nearest(path), set())

    def nearest(self, path: Path) -> Path:
        """The nearest place at or around a place of which something is said; the whole where there is none."""
        return next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self.dispositions), ())

    def paired(self, path: Path) -> list[Path]:
        """Places at or around this one that were written somewhere, the nearest first."""
        return [path[:n] for n in range(len(path), -1, -1) if path[:n] in self.pairs]


def unfaithful(document: Any, forth: Translation, back: Translation, again: Any) -> list[str]:
    """List the leaves that did not come back; `again` is what the returned document becomes."""
    there, here = Account.of(forth), Account.of(back)
    complaints = [_complaint(document, steps(path), value, there, here, again) for path, value in leaves(document)]
    return [complaint for complaint in complaints if complaint] + _torn(document, there, here)


def _complaint(document: Any, path: Path, value: Any, there: Account, here: Account, again: Any) -> str:
    if there.is_lost(path):
        return ""
    written, said = there.paired(path), there.disposition(path)
    if not written and not said:
        return f"{path}: nothing is said about it"
    if not written or len(there.nearest(path)) > len(written[0]):  # what was written around it was not for what it says
        if said != {"mapped"} or _constant(path, value, there, here, again):
            return ""
        if not written:
            return f"{path}: {value!r} was read by {there.owners.get(path)} and did not come back"
    if any(
        _came_back(document, path, source, pair, there, here, again)
        for source in written
        for pair in there.pairs[source]
    ):
        return ""
    found = [(target, here.disposition(target), here.pairs.get(target)) for target, _ in there.pairs[written[0]]]
    return f"{path}: {value!r} did not come back through {found}"


def _came_back(
    document: Any, path: Path, source: Path, pair: tuple[Path, str], there: Account, here: Account, again: Any
) -> bool:
    target, disposition = pair
    rest = path[len(source) :]
    inside = at(there.body, target + rest) is not NOWHERE
    if not inside and at(there.body, target + _camel(rest)) is not NOWHERE:
        rest, inside = _camel(rest), True  # what is carried is written in the target's spelling
    where = target + rest if inside else target
    filled = at(document, path) == {} and at(there.body, where) not in ({}, NOWHERE)
    if filled or disposition == "normal" or here.is_lost(where) or (not inside and here.loses_below(where)):
        return True
    returned = here.paired(where)
    if not returned:
        said = here.disposition(where)
        told = bool(said & {"normal", "satisfied", "exchange"}) or (said == {"mapped"} and _told_beside(where, here))
        return told or same(at(again, where), at(there.body, where))
    for near in returned:
        wanted = at(document, path if inside else source)
        found = [at(here.body, image + where[len(near) :]) for image, _ in here.pairs[near]]
        if any(said == "normal" for _, said in here.pairs[near]) or any(equal(wanted, one, path) for one in found):
            return True
        # A cell of a table that is an object says more than one leaf: this one stands in it, at its own place.
        if any(
            path[: len(image)] == image and equal(wanted, at(here.body, path), path) for image, _ in here.pairs[near]
        ):
            return True
        retold = {there.owners.get(source), here.owners.get(near)} & retelling()
        if retold and same(at(again, where), at(there.body, where)):
            return True
        whole = [source, path[: len(path) - len(where) + len(near)]] if inside else [source]
        images = [image for image, _ in here.pairs[near]]
        if any(equal(at(document, one), at(here.body, image), one) for one in whole for image in images):
            return True
        cells = len(near) < len(where) and not any(_holds(at(here.body, image)) for image, _ in here.pairs[near])
        if cells and same(at(again, where), at(there.body, where)):
            return True
        if any(_half(document, path, wanted, one) for one in found):
            return True
        if isinstance(wanted, str) and "".join(one for one in found if isinstance(one, str)) == wanted:
            return True
    return False


def _camel(path: Path) -> Path:
    words = [step.split("_") for step in path]
    return tuple(head + "".join(word[:1].upper() + word[1:] for word in more) for head, *more in words)


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list | str) and (not isinstance(value, str) or _object(value) is not None)


def _half(document: Any, path: Path, wanted: Any, found: Any) -> bool:
    """Whether one is a half of the other, where a type and data stand in one place on one side and in two there."""
    if not (isinstance(wanted, str) and isinstance(found, str)):
        return False
    left, right = _media(wanted) or (wanted,), _media(found) or (found,)
    typed = at(document, (*path[:-1], "format")) is not NOWHERE  # what says the type again wins
    return (len(left) != len(right) and bool(set(left) & set(right))) or (typed and left[-1] == right[-1])


@cache
def retelling() -> set[str]:
    """The rules without variables, those that ignore a part of a sum, and what carries words of the other dialect."""
    ruleset = library.ruleset()
    sets = [*ruleset.documents.values(), *ruleset.sets.values()]
    rules = [rule for found in sets for rule in found.rules]
    alone = [rule.id for rule in rules if not any(map(_variables, rule.sides.values()))]
    summing = [rule.id for rule in rules if {name for line in rule.sums for name in line}.intersection(rule.ignores)]
    carrying = [rule.id for name in _carriers(ruleset) for rule in ruleset.sets[name].rules if rule.oneway is not None]
    return {*alone, *summing, *carrying, *ruleset.documents}


def _carriers(ruleset: Any) -> set[str]:
    """The sets by which documents carry the other dialect's own words, and sets inside them."""
    kept = [*ruleset.documents.values(), *ruleset.sets.values()]
    names = {line["by"] for one in kept for lines in one.rest.values() for line in lines if "by" in line}
    while more := {name for found in names for name in _sets(ruleset, found)} - names:
        names |= more
    return names


def _sets(ruleset: Any, name: str) -> set[str]:
    sides = [side for rule in ruleset.sets[name].rules for side in rule.sides.values()]
    return {one.conversion for side in sides for one in variables(side) if one.conversion in ruleset.sets}


def _variables(node: Any) -> bool:
    return any(True for _ in variables(node))


def _told_beside(path: Path, account: Account) -> bool:
    """Whether what stands beside a place was told by the rule that has read the place: one example says both."""
    siblings = [source for source in account.pairs if source[: len(path) - 1] == path[:-1]]
    return any(account.owners[source] == account.owners.get(path) for source in siblings)


def _constant(path: Path, value: Any, there: Account, here: Account, again: Any) -> bool:
    """Whether a constant of an example stands again, or its example was told in another form."""
    if _told_beside(path, there):
        return True
    if same(at(here.body, path), value):
        return True
    sources = [source for source in there.pairs if not there.is_lost(source)]
    near = max((_common(source, path) for source in sources), default=0)
    beside = [source for source in sources if _common(source, path) == near]
    if beside and all(_said_otherwise(source, there, here) for source in beside):
        return True
    for source in beside:
        for image in _images(source, there, here):
            if len(image) < near or same(at(here.body, image[:near] + path[near:]), value):
                return True
        for target, _ in there.pairs[source]:
            around = target[: max(0, len(target) - (len(source) - near))]
            if around and same(at(again, around), at(there.body, around)):
                return True
    return near < len(path) - 1 or same(again, there.body)


def _said_otherwise(source: Path, there: Account, here: Account) -> bool:
    """Whether what a place became is a normal form on the way back."""
    return all(here.disposition(target) == {"normal"} for target, _ in there.pairs[source])


def _images(source: Path, there: Account, here: Account) -> list[Path]:
    """Where what stood at a place stands again."""
    found = []
    for target, _ in there.pairs[source]:
        for near in here.paired(target):
            found += [image + target[len(near) :] for image, _ in here.pairs[near]]
    return found


def _common(left: Path, right: Path) -> int:
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _torn(document: Any, there: Account, here: Account) -> list[str]:
    """Texts that were joined must be there whole, and stay whole on the way back."""
    joined: dict[Path, list[Path]] = defaultdict(list)
    for source, pairs in there.pairs.items():
        for target, disposition in pairs:
            if disposition == "normal":
                joined[target].append(source)
    return [
        f"{sources} were not joined at {target}"
        for target, sources in joined.items()
        if len(sources) > 1 and not _whole(document, sources, target, there, here)
    ]


def _whole(document: Any, sources: list[Path], target: Path, there: Account, here: Account) -> bool:
    texts = [at(document, source) for source in sources]
    written = at(there.body, target)
    if not all(isinstance(text, str) for text in [*texts, written]):
        return True
    images = [at(here.body, image) for image, _ in here.pairs.get(target, ())]
    return "".join(texts) == written and (not images or here.is_lost(target) or "".join(images) == written)


# ── normal forms of codecs ─────────────────────────────────────────────────────────────────────────────────────────


#: Bounds of schemas that Google may write as text, and reads as numbers; in either spelling.
LONG = {f"{head}{what}" for head in ("min", "max") for what in ("Items", "Length", "Properties")}
LONG |= {f"{head}_{what}" for head in ("min", "max") for what in ("items", "length", "properties")}


#: A number, and the text that says it.
NUMBER_AND_TEXT = ({int, str}, {float, str})


def equal(left: Any, right: Any, path: Path) -> bool:
    """Whether two values are the same, up to the normal forms listed above."""
    if same(left, right) or same(_many(left), _many(right)) or _in_order(left, right):
        return True
    if path[-1:] and (path[-1] in LONG or "enum" in path[-2:]) and {type(left), type(right)} in NUMBER_AND_TEXT:
        return str(left) == str(right)
    if "type" in path[-2:] and isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if _packed(left) is not None and _packed(left) == _packed(right):
        return True
    if isinstance(left, str) and isinstance(right, str) and _sound(left, path) == _sound(right, path) is not None:
        return True
    if isinstance(left, str) and isinstance(right, str) and _media(left) is not None:
        return _media(left) == _media(right)
    if path[-1:] == ("response",) and isinstance(left, dict) and isinstance(right, dict):
        return same(_output(left), _output(right))
    if isinstance(left, dict) and isinstance(right, dict):
        left, right = _referring(left), _referring(right)
        return left.keys() == right.keys() and all(equal(left[name], right[name], (*path, name)) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b, (*path, "0")) for a, b in zip(left, right, strict=True))
    objects = _object(left), _object(right)
    return objects[0] is not None and same(*objects)


def _in_order(names: Any, found: Any) -> bool:
    return isinstance(names, list) and isinstance(found, dict) and names == list(found)


def _output(value: Any) -> Any:
    """What a result says, as the text that stands for it is parsed."""
    return _object(CODECS["object-text"].read(value, library.ruleset().values["output"])[0])


def _packed(value: Any) -> Any:
    """The name that an id holds."""
    codec, options = CODECS["packed"], library.ruleset().values["video_id"]
    return codec.read(value, options)[0] if codec.fits(value, options) else None


def _sound(text: str, path: Path) -> Any:
    """The samples that a sound's data are, or how its type says that they shall be read; None where it is no sound."""
    if path[-1] in ("audio", "data"):
        codec = CODECS["wave"]
        return codec.read(text, {})[0] if codec.fits(text, {}) else text
    if path[-1] == "mimeType" and text.startswith("audio/"):
        said = dict(word.split("=", 1) for word in text.split(";") if "=" in word)
        return int(said.get("rate", 24_000)), int(said.get("channels", 1))
    return None


def _referring(value: Any) -> Any:
    return CODECS["lone-reference"].read(value, library.ruleset().values["schema_references"])[0]


def _many(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _object(value: Any) -> Any:
    """The object that a text says; a blank one says none."""
    if not isinstance(value, str):
        return value if isinstance(value, dict) else None
    try:
        found = json.loads(value) if value.strip() else {}
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _media(text: str) -> Any:
    codec = CODECS["data-url"]
    return codec.read(text, {}) if codec.fits(text, {}) else None
