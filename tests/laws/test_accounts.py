"""Law 5: nothing is lost in silence.

Every leaf of a document (a scalar, an empty object, an empty list) has exactly one disposition, or a loss names it or
something around it. The ledger's and the losses' pointers lead to values. And the account is true: a leaf that is said
to be `mapped`, and that no loss names, makes a difference, so another value there gives another document, other
losses or a
refusal. (A position in a text is no such leaf: what lies outside the text falls on its end. Of a sound's type only the
numbers count: another one has other samples in a second.)
"""

import copy

import isogloss
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from isogloss.pointer import parse_pointer
from isogloss.values import leaves, same
from laws.cases import SIDES, Case, cases, mangled, translated
from laws.faith import NOWHERE, Account, at, steps

PRIMARY = {"mapped", "normal", "satisfied", "exchange"}


def traced(case: Case) -> isogloss.Translation | None:
    try:
        return translated(case, trace=True)
    except isogloss.DocumentError as error:
        event(f"refused by {error.rule}")
        return None


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_every_leaf_is_accounted_for(phase, source, data):
    case = data.draw(cases(phase, source) | mangled(phase, source))
    done = traced(case)
    if done is None:
        return
    account = Account.of(done)
    whole = any(not loss.pointer and loss.kind == "dropped" for loss in done.losses)
    for path, value in leaves(case.document):
        named = whole or account.is_named(steps(path))
        primary = account.disposition(steps(path)) & PRIMARY
        assert named or len(primary) == 1, (path, value, primary)


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_pointers_lead_to_values(phase, source, data):
    case = data.draw(cases(phase, source))
    done = traced(case)
    if done is None:
        return
    for step in done.ledger or ():
        assert step.pointer is None or at(case.document, parse_pointer(step.pointer)) is not NOWHERE, step
        assert step.target_pointer is None or at(done.body, parse_pointer(step.target_pointer)) is not NOWHERE, step
    for loss in done.losses:
        assert not loss.pointer or at(case.document, parse_pointer(loss.pointer)) is not NOWHERE, loss


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_what_is_mapped_makes_a_difference(phase, source, data):
    case = data.draw(cases(phase, source))
    done = traced(case)
    mapped = [] if done is None else list(mapped_leaves(case, Account.of(done)))
    if done is None or not mapped:
        return
    path, value = data.draw(st.sampled_from(mapped))
    other = traced(Case(phase, source, replaced(case.document, path, another(value)), case.model))
    told = other is None or not same(other.body, done.body) or set(other.losses) != set(done.losses)
    assert told, (path, value)


def mapped_leaves(case, account):
    """The leaves that are mapped and that no loss names; an offset may point to the same letter as another one."""
    for path, value in leaves(case.document):
        counted = path[-1] if path else None
        plain = account.disposition(steps(path)) == {"mapped"} and not account.is_named(steps(path))
        if plain and counted not in ("start_index", "end_index", "startIndex", "endIndex"):
            yield path, value


def another(value: object) -> object:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str) and value.startswith(("audio/L16", "audio/pcm")):
        return "audio/L16;rate=8000"
    return f"other {value}" if isinstance(value, str) else ["other"] if isinstance(value, list) else {"other": 1}


def replaced(document: object, path: tuple[object, ...], value: object) -> object:
    """A copy of a document with another value at a place."""
    if not path:
        return value
    copied = copy.deepcopy(document)
    inner = copied
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copied
