"""What a rule says beside its examples, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss import lens
from isogloss.docs.markdown import code, link, value, words
from isogloss.errors import UnknownName
from isogloss.example import variables
from isogloss.notation import flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from isogloss.rule import Drop, Row, Rule, Ruleset
    from isogloss.values import Value


def of_rule(ruleset: Ruleset, rule: Rule) -> str:
    """Say everything that a rule's examples do not show."""
    said = [sentence for say in _SAYINGS for sentence in say(rule)]
    return "; ".join([*said, *_conversions(ruleset, rule), *_sources(rule.source)])


def facts(needs: Mapping[str, Value]) -> str:
    """Say which facts a family must have."""
    return " and ".join(code(name if wanted is True else f"{name}: {flow(wanted)}") for name, wanted in needs.items())


# --------------------------------------------------------------------- what a rule may say


def _title(rule: Rule) -> Iterator[str]:
    if rule.title:
        yield f"**{words(rule.title.rstrip('.'))}**"


def _direction(rule: Rule) -> Iterator[str]:
    if rule.default:
        yield "a default: written last, where its place is still free"
    if rule.oneway:
        yield f"only when {code(rule.oneway)} is read"


def _ends(rule: Rule) -> Iterator[str]:
    if rule.drop is not None:
        yield f"**lost**: {words(rule.drop)}"
    if rule.refuse is not None:
        yield f"**refused** ({rule.status or 400}): {words(rule.refuse)}"


def _loss(rule: Rule) -> Iterator[str]:
    if rule.kind:
        yield f"reported as **{rule.kind}**: {words(rule.reason)}"
    elif rule.reason and not rule.otherwise:
        yield words(rule.reason)


def _needs(rule: Rule) -> Iterator[str]:
    for dialect, needed in rule.needs.items():
        ending = {"drop": "else **lost**", "refuse": "else **refused**", None: "else this rule does not hold"}
        reason = f": {words(rule.reason)}" if rule.otherwise and rule.reason and not rule.kind else ""
        yield f"needs a {code(dialect)} family with {facts(needed)}, {ending[rule.otherwise]}{reason}"


def _conditions(rule: Rule) -> Iterator[str]:
    for dialect, asked in rule.when.items():
        yield f"if {code(asked)} in {code(dialect)}"
    if rule.saw:
        yield f"if there are blocks of {_listed(rule.saw)}"
    if rule.unseen:
        yield f"if there is no block of {_listed(rule.unseen)}"
    for dialect, name in rule.knows.items():
        yield f"if the exchange knows {code(name)} when {code(dialect)} is read"
    for dialect, name in rule.lacks.items():
        yield f"if the exchange does not know {code(name)} when {code(dialect)} is read"
    if rule.unless:
        yield f"gives way to {_listed(rule.unless)}"


def _values(rule: Rule) -> Iterator[str]:
    if rule.satisfied:
        yield f"{_shown(rule.satisfied)} asks for what happens anyway: no loss"
    for name, kept in rule.keeps.items():
        yield f"{code('$' + name)} is kept by the exchange as {code(kept)}"
    for name, found in rule.absent.items():
        yield f"absent {code('$' + name)} is {value(found)}"
    for name, found in rule.let.items():
        yield f"{code('$' + name)} is {value(found)}"
    for name, (dialect, base, *steps) in rule.derive.items():
        by = f"{code('$' + name)} comes from {code('$' + base)} by {_listed(steps)}"
        yield f"{by}; unsaid in {code(dialect)} where equal"
    for name, (least, most) in rule.bounds.items():
        yield f"{code('$' + name)} is kept between the facts {code(least)} and {code(most)}"
    for total, *rest in rule.sums:
        yield code(f"${total} = {' + '.join('$' + name for name in rest)}")


def _gates(rule: Rule) -> Iterator[str]:
    for dialect, gates in rule.gate.items():
        for name, gate in gates.items():
            needed = {gate["needs"]: True} if isinstance(gate["needs"], str) else gate["needs"]
            reason = f"else lost: {words(gate['reason'])}" if "reason" in gate else "else left out"
            yield f"{code('$' + name)} needs a {code(dialect)} family with {facts(needed)}, {reason}"


def _manners(rule: Rule) -> Iterator[str]:
    if rule.also:
        yield "reads what another rule reads too"
    if rule.yields:
        yield "gives way where its place is taken"
    if rule.casts:
        yield "numbers written as text become numbers again on the way back"
    if rule.lists:
        yield {"append": "adds to the list that is there", "zip": "goes item by item into the list that is there"}[
            rule.lists
        ]


def _dropped(rule: Rule) -> Iterator[str]:
    for dialect, drops in rule.drops.items():
        for drop in drops:
            yield f"{code('.'.join(map(str, drop.path)))} of {code(dialect)}: {of_drop(drop)}"


def _note(rule: Rule) -> Iterator[str]:
    if rule.note:
        yield words(rule.note)


_SAYINGS: tuple[Callable[[Rule], Iterator[str]], ...] = (
    _title,
    _direction,
    _ends,
    _loss,
    _needs,
    _conditions,
    _values,
    _gates,
    _manners,
    _dropped,
    _note,
)


# --------------------------------------------------------------------- drops, rows, lists


def of_drop(drop: Drop) -> str:
    """Say what becomes of a name that the other dialect does not have."""
    ending = "refused" if drop.refuse else "said already" if drop.normal else "lost"
    satisfied = f"; {_shown(drop.satisfied)} is no loss" if drop.satisfied else ""
    return f"**{ending}**: {words(drop.reason)}{satisfied}"


_MARKS = {
    "clamp": "→ only, lossy",
    "back": "← only, lossy",
    "forth": "→ only",
    "respell": "another spelling, ← is the other row",
}


def of_row(row: Row) -> str:
    """Say what a row's marks mean."""
    said = [_MARKS.get(mark, mark) for mark in sorted(row.marks)]
    said += [f"if there are blocks of {code(row.saw)}"] if row.saw else []
    return "; ".join([*said, *([words(row.reason)] if row.reason else [])])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)


def _shown(values: Iterable[Value]) -> str:
    return ", ".join(value(found) for found in values)


def _conversions(ruleset: Ruleset, rule: Rule) -> Iterator[str]:
    names = [variable.conversion for node in rule.sides.values() for variable in variables(node) if variable.conversion]
    for name in dict.fromkeys(name.rstrip("*%") for name in names):
        try:
            sort = lens.find_conversion(ruleset, name).sort
        except UnknownName:
            continue
        if sort == "table":
            yield f"table {link(name, f'../tables.md#{name}')}"
        elif sort == "set":
            yield f"object {link(name, f'#{name}')}"


def _sources(links: Iterable[str]) -> Iterator[str]:
    for address in links:
        yield f"[source]({address})"
