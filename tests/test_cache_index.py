"""The index of caches: claimed once, held for a while, forgotten in time, and never told to anybody else."""

import threading

import pytest
from isogloss import cache_index
from isogloss.cache_index import Entry


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def index(clock):
    return cache_index.Memory(most=3, clock=clock)


def state(index, key="k"):
    return index.claim(key).state


def test_whoever_asks_first_makes_it(index):
    assert state(index) == "free"
    assert state(index) == "claimed"
    index.hold("k", "caches/1", 3600)
    assert index.claim("k") == Entry("held", "caches/1")


def test_only_one_of_many_threads_makes_it():
    index, states, gate = cache_index.Memory(), [], threading.Barrier(16)

    def ask():
        gate.wait()
        states.append(index.claim("k").state)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == ["claimed"] * 15 + ["free"]


@pytest.mark.parametrize(("lasts", "margin"), [(3600, 30), (300, 30), (100, 10), (1.5, 0.15)])
def test_it_is_forgotten_before_it_ends(index, clock, lasts, margin):
    index.hold("k", "caches/1", lasts)
    clock.time += lasts - margin - 0.01
    assert state(index) == "held"
    clock.time += 0.02
    assert state(index) == "free"


def test_its_life_begins_when_it_is_asked_for(index, clock):
    """The server may have made it long before its answer is here."""
    index.claim("k")
    clock.time += 20
    index.hold("k", "caches/1", 100)
    clock.time += 69
    assert state(index) == "held"
    clock.time += 2
    assert state(index) == "free"


def test_who_wants_a_longer_life_makes_another(index):
    index.hold("k", "caches/1", 60)
    assert index.claim("k", 60) == Entry("held", "caches/1")
    assert index.claim("k", 61).state == "free"
    assert index.claim("k", 60).state == "claimed"
    index.hold("k", "caches/2", 61)
    assert index.claim("k", 60) == index.claim("k", 61) == Entry("held", "caches/2")


def test_a_claim_ends(index, clock):
    index.claim("k")
    clock.time += 119
    assert state(index) == "claimed"
    clock.time += 2
    assert state(index) == "free"


def test_a_refusal_ends(index, clock):
    index.claim("k")
    index.refuse("k", "too small")
    assert index.claim("k") == Entry("refused", "too small")
    clock.time += 61
    assert state(index) == "free"


def test_a_claim_that_is_given_up_is_free(index):
    index.claim("k")
    index.forget("k")
    assert state(index) == "free"


def test_only_the_cache_that_is_gone_is_forgotten(index):
    index.hold("k", "caches/2", 3600)
    index.forget("k", "caches/1")
    index.forget("k")
    assert index.claim("k") == Entry("held", "caches/2")
    index.forget("k", "caches/2")
    assert state(index) == "free"
    index.forget("nowhere", "caches/2")


def test_it_holds_so_many_and_those_asked_for_last(index):
    for name in "abc":
        index.hold(name, name, 3600)
    assert state(index, "a") == "held"
    index.hold("d", "d", 3600)
    assert [state(index, name) for name in "acd"] == ["held"] * 3
    assert state(index, "b") == "free"


SAME = {"model": "m", "base": "https://a", "secret": "s", "caller": "c"}


@pytest.mark.parametrize(
    "other",
    [{"model": "n"}, {"base": "https://b"}, {"secret": "t"}, {"secret": None}, {"caller": "d"}, {"caller": None}],
)
def test_each_caller_key_model_and_server_has_its_own(other):
    assert cache_index.key("digest", **SAME) == cache_index.key("digest", **SAME)
    assert cache_index.key("digest", **SAME) != cache_index.key("digest", **{**SAME, **other})
    assert cache_index.key("digest", **SAME) != cache_index.key("another", **SAME)


def test_a_key_tells_no_secret():
    made = cache_index.key("digest", model="m", base="https://a", secret="hush-hush", caller="nobody-knows")
    assert len(made) == 64
    assert "hush" not in made
    assert "nobody" not in made
