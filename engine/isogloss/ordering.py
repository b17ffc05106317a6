"""The order of answers: where the written family has no keys, it alone says what each of them answers."""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isogloss.blocks import Group
    from isogloss.interpreter import Run
    from isogloss.lens import Lens, TurnedBlock, TurnedLayout


def keyless(lens: Lens, layout: TurnedLayout) -> bool:
    """Tell whether runs of answers become one group, in which no key says what they answer."""
    return layout.write.merge and any(_nameless(lens, block) for block in layout.blocks)


def _nameless(lens: Lens, block: TurnedBlock) -> bool:
    use = block.block.book
    gate = block.turn.rule.gate.get(lens.writer, {}).get(use.key) if use is not None and not use.opens else None
    needs = gate["needs"] if gate is not None else {}
    return not lens.has(lens.writer, {needs: True} if isinstance(needs, str) else needs)


def ordered(run: Run, groups: list[Group]) -> list[Group]:
    """Put each run of answers into the order in which what they answer was opened."""
    runs = groupby(groups, lambda group: (group.alone, group.role))
    return list(chain.from_iterable(_sorted(run, list(line)) if alone else line for (alone, _), line in runs))


def _sorted(run: Run, groups: list[Group]) -> list[Group]:
    places = [_place(run, group) for group in groups]
    order = sorted(range(len(groups)), key=places.__getitem__)
    return [groups[index] for index in order]


def _place(run: Run, group: Group) -> int:
    """Return which entry of its book an answer belongs to."""
    for item in group.items:
        use = item.block.block.book
        if use is not None and use.key in item.env:
            return list(run.exchange.book(use.book).keys).index(str(item.env[use.key].value))
    return 0
