"""A request that takes several calls, on invented dialects: hill asks for many stones at once, dale carries two.

Hill also asks for several holes, which dale digs one by one; and a reply has as many items as were asked for.
"""

import json

import isogloss
import pytest
from isogloss import bookshelf, checker, loader

RULES = """
language: 1
columns: [hill, dale]
dialects:
  hill: {routes: [{operation: walk, method: POST, path: /hill, match: /hill}]}
  dale: {spelling: snake, routes: [{operation: walk, method: POST, path: /dale, match: /dale}]}
documents:
  walk.request:
    apart:
      hill: {at: load.stones, most: 2, limit: 7}
      dale: {at: rocks, most: 3, limit: 9, alike: [inCart, rope.long]}
    rules:
      - {id: stones, hill: {load: {stones: ["$s* | stone"]}}, dale: {rocks: [$s*]}}
      - {id: lone, hill: {load: {stones: "$s | stone"}}, dale: {rocks: [$s]}, oneway: hill}
      - {id: user, hill: {user: $u}, drop: the dale has no users}
      - {id: way, hill: {way: "@way"}, dale: {}}
  walk.response:
    joins:
      hill: {lists: found, number: at, adds: [cost, days]}
      dale: {lists: [finds, spots], adds: price}
    rules:
      - {id: found, hill: {found: ["$s* | find"]}, dale: {finds: [$s*]}}
      - {id: id, hill: {id: $i}, dale: {name: $i}}
      - {id: cost, hill: {cost: $n}, dale: {price: $n}}
      - {id: days, hill: {days: $n}, dale: {days: $n}}
      - {id: spots, hill: {spots: $n}, dale: {spots: $n}}
      - {id: way, hill: {way: "@way"}, dale: {}, oneway: dale}
sets:
  stone:
    rules:
      - {id: size, hill: {size: $n}, dale: {big: $n}}
      - {id: cart, hill: {cart: $c}, dale: {inCart: $c}}
      - {id: rope, hill: {rope: $c}, dale: {rope: {long: $c}}}
      - {id: gold, hill: {gold: $g}, refuse: gold is not carried}
      - {id: moss, hill: {moss: $m}, drop: the dale knows no moss}
  find:
    rules:
      - {id: stone, hill: {stone: $s}, dale: {rock: $s}}
      - {id: at, hill: {at: "@position"}, dale: {}, oneway: dale}
      - {id: at-again, hill: {at: $a}, dale: {}, oneway: hill, ignores: [a]}
      - id: guessed
        hill: {sure: false}
        dale: {}
        default: true
        oneway: dale
        kind: assumed
        reason: the dale never says
"""


def loaded(tmp_path_factory, rules):
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(rules)
    assert not [str(problem) for problem in checker.check_files([path]).problems]
    shelf = bookshelf.Shelf()
    shelf.add([path])
    return loader.build(shelf)


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory):
    return loaded(tmp_path_factory, RULES)


@pytest.fixture
def gloss(ruleset):
    return isogloss.Translator("hill", "dale", ruleset=ruleset)


@pytest.fixture
def back(ruleset):
    return isogloss.Translator("dale", "hill", ruleset=ruleset)


def load(*stones, **more):
    return {"load": {"stones": list(stones), "tied": True}, **more}


def sized(*sizes):
    return [{"size": size} for size in sizes]


def bodies(exchange):
    return [call.body for call in exchange.calls]


def places(losses):
    return [(loss.kind, loss.pointer, loss.target_pointer) for loss in losses]


def test_each_share_is_a_call(gloss):
    request = load(*sized(0, 1, 2, 3, 4))
    before = json.dumps(request)
    exchange = gloss.exchange("walk", request)
    assert bodies(exchange) == [
        {"rocks": [{"big": 0}, {"big": 1}]},
        {"rocks": [{"big": 2}, {"big": 3}]},
        {"rocks": [{"big": 4}]},
    ]
    assert exchange.request.body == exchange.calls[0].body
    assert {(call.method, call.path) for call in exchange.calls} == {("POST", "/dale")}
    assert json.dumps(request) == before


@pytest.mark.parametrize("stones", [sized(0, 1), sized(0), [], {"size": 0}])
def test_what_takes_one_call_is_one(gloss, stones):
    exchange = gloss.exchange("walk", {"load": {"stones": stones}})
    assert len(exchange.calls) == 1
    assert exchange.response({"name": "a"}).body == {"id": "a"}


def test_a_share_ends_where_an_item_says_otherwise(back):
    said = [{}, {}, {"in_cart": 1}, {"inCart": 1}, {"inCart": 2}, *[{"inCart": 2, "rope": {"long": 1}}] * 4]
    exchange = back.exchange("walk", {"rocks": [{"big": 0, **words} for words in said]})
    assert [len(body["load"]["stones"]) for body in bodies(exchange)] == [2, 2, 1, 3, 1]


def test_losses_name_places_of_the_whole_document(gloss):
    stones = sized(0, 1, 2)
    stones[1]["moss"] = stones[2]["moss"] = stones[2]["fern"] = 1
    exchange = gloss.exchange("walk", load(*stones, user="me"))
    lost = ["/load/stones/1/moss", "/user", "/load/tied", "/load/stones/2/moss", "/load/stones/2/fern"]
    assert sorted(places(exchange.losses)) == sorted(("dropped", place, None) for place in lost)


def test_errors_name_places_of_the_whole_document(gloss, ruleset):
    with pytest.raises(isogloss.DocumentError, match="gold is not carried") as caught:
        gloss.exchange("walk", load(*sized(0, 1, 2), {"gold": 1}))
    assert caught.value.pointer == "/load/stones/3/gold"
    strict = isogloss.Translator("hill", "dale", ruleset=ruleset, on_loss="refuse")
    with pytest.raises(isogloss.LossError) as refused:
        strict.exchange("walk", {"load": {"stones": [*sized(0, 1, 2), {"moss": 1}]}})
    assert [loss.pointer for loss in refused.value.losses] == ["/load/stones/3/moss"]


def test_too_long_a_list_is_refused(gloss):
    with pytest.raises(isogloss.DocumentError, match="at most 7 can be asked for at once, and these are 8") as caught:
        gloss.exchange("walk", load(*sized(*range(8))))
    assert caught.value.pointer == "/load/stones"


def test_a_list_of_numbers_is_one_value(gloss):
    """Whatever may be said in tokens is judged by a rule, and not cut between them."""
    with pytest.raises(isogloss.DocumentError, match="an object must stand here"):
        gloss.exchange("walk", load(*range(9)))


def test_what_all_shares_say_counts_for_each(gloss, ruleset):
    """Else a short list would have a large document translated again and again."""
    bounded = isogloss.Translator("hill", "dale", ruleset=ruleset, limits={"nodes": 300})
    more = {"rest": ["x"] * 100}
    assert len(bounded.exchange("walk", {**load(*sized(0, 1)), **more}).calls) == 1
    with pytest.raises(isogloss.DocumentError, match="more values than the limit allows"):
        bounded.exchange("walk", {**load(*sized(0, 1, 2, 3, 4)), **more})
    assert len(gloss.exchange("walk", {**load(*sized(0, 1, 2, 3, 4)), **more}).calls) == 3


def test_a_single_translation_of_several_calls_is_refused(ruleset):
    request = load(*sized(0, 1, 2))
    with pytest.raises(isogloss.DocumentError, match="this takes 2 calls; an exchange makes them") as caught:
        isogloss.translate(request, "walk.request", source="hill", target="dale", ruleset=ruleset)
    assert caught.value.pointer == "/load/stones"


def test_a_stream_of_several_calls_is_refused(gloss):
    with pytest.raises(isogloss.DocumentError, match="a stream answers one of these only") as caught:
        gloss.exchange("walk", load(*sized(0, 1, 2)), stream=True)
    assert caught.value.pointer == "/load/stones"


def replies():
    return (
        {"name": "a", "finds": [{"rock": "r0"}, {"rock": "r1"}], "price": {"gold": 1, "by": [{"of": "x", "n": 1}]}},
        {"name": "b", "finds": [{"rock": "r2"}, {"rock": "r3"}], "days": 2},
        {
            "name": "c",
            "finds": [{"rock": "r4", "odd": 1}],
            "days": 3,
            "price": {"gold": 2, "by": [{"of": "y", "n": 2}]},
        },
    )


def test_replies_become_one(gloss):
    exchange = gloss.exchange("walk", load(*sized(0, 1, 2, 3, 4), way="up"))
    given = replies()
    before = json.dumps(given)
    done = exchange.response(*given)
    assert done.body == {
        "id": "a",
        "found": [{"stone": f"r{index}", "at": index, "sure": False} for index in range(5)],
        "cost": {"gold": 3, "by": [{"of": "x", "n": 1}, {"of": "y", "n": 2}]},
        "days": 5,
        "way": "up",
    }
    assert json.dumps(given) == before
    assert ("dropped", "/finds/0/odd", None) in places(done.losses)
    assert [where for kind, _, where in places(done.losses) if kind == "assumed"] == [
        f"/found/{index}/sure" for index in range(5)
    ]
    assert set(done.losses) < set(exchange.losses)
    assert len(exchange.losses) == len(set(exchange.losses))


def test_the_ledger_of_replies_tells_all(ruleset):
    gloss = isogloss.Translator("hill", "dale", ruleset=ruleset, trace=True)
    done = gloss.exchange("walk", load(*sized(0, 1, 2, 3, 4))).response(*replies())
    assert {step.value for step in done.ledger if step.rule == "find.stone"} == {f"r{index}" for index in range(5)}


def test_numbers_of_items_that_say_the_same_are_added(back):
    said = [{"big": 0, "inCart": 1}, {"big": 0}]
    done = back.exchange("walk", {"rocks": said}).response(
        {"found": [], "cost": [{"of": "x", "n": 1}, {"of": "y", "n": 4}], "spots": [1]},
        {"found": [{"stone": "s"}], "cost": [{"of": "x", "n": 2}], "spots": [2]},
    )
    assert done.body == {
        "finds": [{"rock": "s"}],
        "price": [{"of": "x", "n": 3}, {"of": "y", "n": 4}],
        "spots": [1, 2],
    }


def test_no_reply_may_be_missing(gloss):
    exchange = gloss.exchange("walk", load(*sized(0, 1, 2)))
    with pytest.raises(isogloss.DocumentError, match="2 calls were made, and the replies are 1"):
        exchange.response(replies()[0])


def test_a_list_that_is_none_is_refused(back):
    exchange = back.exchange("walk", {"rocks": [{"big": 0, "inCart": 1}, {"big": 0}]})
    with pytest.raises(isogloss.DocumentError, match="a list must stand here, not number") as caught:
        exchange.response({"spots": 1}, {"spots": [2]})
    assert caught.value.pointer == "/spots"


# ------------------------------------------------------------------------------------------------ again and again

TIMES = """
language: 1
columns: [hill, dale]
dialects:
  hill: {nulls: absent, routes: [{operation: dig, method: POST, path: /hill, match: /hill}]}
  dale: {routes: [{operation: dig, method: POST, path: /dale, match: /dale}]}
families:
  spade: {dialect: dale, match: "spade.*", facts: {deep: false}}
  digger: {dialect: dale, match: ".*", facts: {deep: true}}
documents:
  dig.request:
    apart:
      hill: {times: wish.holes, limit: 4, rises: [luck, wish.depth], needs: {dale: {deep: false}}}
    rules:
      - id: holes
        hill: {wish: {holes: $n}}
        dale: {holes: $n}
        needs: {dale: deep}
        otherwise: refuse
        satisfied: [1]
        reason: one at a time
      - {id: depth, hill: {wish: {depth: $n}}, dale: {depth: $n}}
      - {id: luck, hill: {luck: $n}, dale: {luck: $n}}
      - {id: user, hill: {user: $u}, drop: the dale has no users}
  dig.response:
    joins:
      hill: {lists: found, adds: cost}
    rules:
      - {id: rock, dale: {rock: $r}, refuse: "there is rock: {r}", status: 422}
      - {id: odd, dale: {odd: $r}, refuse: that is odd}
      - {id: found, hill: {found: ["$s*"]}, dale: {finds: ["$s*"]}}
      - {id: cost, hill: {cost: $n}, dale: {price: $n}}
"""


@pytest.fixture(scope="module")
def digging(tmp_path_factory):
    return loaded(tmp_path_factory, TIMES)


def digger(digging, **options):
    return isogloss.Translator("hill", "dale", ruleset=digging, **options)


def wish(holes, **more):
    return {"model": "spade", "wish": {"holes": holes, **more}}


def test_a_number_is_so_many_calls_for_one(digging):
    request = wish(3, depth="deep")
    before = json.dumps(request)
    exchange = digger(digging).exchange("dig", request)
    assert bodies(exchange) == [{"depth": "deep"}] * 3
    assert places(exchange.losses) == [("dropped", "/model", None)]
    done = exchange.response({"finds": ["a"], "price": 1}, {"finds": ["b", "c"], "price": 2}, {"finds": [], "price": 3})
    assert (done.body, done.losses) == ({"found": ["a", "b", "c"], "cost": 6}, ())
    assert json.dumps(request) == before


@pytest.mark.parametrize("holes", [1, None])
def test_one_is_one_call(digging, holes):
    exchange = digger(digging).exchange("dig", {**wish(holes, depth=5), "luck": 7})
    assert bodies(exchange) == [{"depth": 5, "luck": 7}]
    assert places(exchange.losses) == [("dropped", "/model", None)]


def test_who_makes_several_at_once_is_asked_once(digging):
    assert bodies(digger(digging).exchange("dig", {**wish(9), "model": "digger"})) == [{"holes": 9}]


@pytest.mark.parametrize("holes", [0, -1, 5, "2", 1.5, True, [], {}])
def test_a_number_that_is_none_is_refused(digging, holes):
    with pytest.raises(isogloss.DocumentError, match="a whole number from 1 to 4 must stand here") as caught:
        digger(digging).exchange("dig", wish(holes))
    assert caught.value.pointer == "/wish/holes"


def test_numbers_that_rise_are_told(digging):
    exchange = digger(digging).exchange("dig", {**wish(3, depth=5), "luck": 7})
    assert bodies(exchange) == [{"depth": 5 + more, "luck": 7 + more} for more in range(3)]
    assert sorted(places(exchange.losses)) == [
        ("assumed", "/luck", None),
        ("assumed", "/wish/depth", None),
        ("dropped", "/model", None),
    ]
    assert digger(digging, on_loss="ignore").exchange("dig", {**wish(3), "luck": 7}).losses == ()


def test_what_is_lost_in_each_call_is_told_once(digging):
    exchange = digger(digging).exchange("dig", {**wish(3), "luck": 7, "user": "me"})
    assert [loss.pointer for loss in exchange.losses].count("/user") == 1


def test_the_others_do_without_a_reply_that_is_refused(digging):
    exchange = digger(digging).exchange("dig", wish(4))
    rock = {"rock": "granite", "price": 5}
    done = exchange.response({"finds": ["a"], "price": 1}, rock, {"finds": ["b"], "price": 2}, rock)
    assert done.body == {"found": ["a", "b"], "cost": 3}
    (loss,) = done.losses
    assert (loss.kind, loss.pointer, loss.rule) == ("dropped", "/rock", "dig.response.rock")
    assert loss.reason == "2 of 4 replies left out with all they say: there is rock: granite"
    assert loss in exchange.losses


def test_where_all_are_refused_the_first_says_why(digging):
    exchange = digger(digging).exchange("dig", wish(2))
    with pytest.raises(isogloss.DocumentError, match="there is rock: granite") as caught:
        exchange.response({"rock": "granite"}, {"rock": "flint"})
    assert (caught.value.status, caught.value.stated) == (422, True)


def test_a_reply_that_is_wrong_is_the_error_of_all(digging):
    exchange = digger(digging).exchange("dig", wish(2))
    with pytest.raises(isogloss.DocumentError, match="that is odd"):
        exchange.response({"finds": ["a"]}, {"odd": 1})
    with pytest.raises(isogloss.DocumentError, match="2 calls were made, and the replies are 1"):
        exchange.response({"finds": ["a"]})


def test_whoever_wants_no_loss_gets_an_error(digging):
    exchange = digger(digging, on_loss="refuse").exchange("dig", {"wish": {"holes": 2}}, model="spade")
    with pytest.raises(isogloss.LossError, match="1 of 2 replies left out"):
        exchange.response({"finds": ["a"]}, {"rock": "granite"})


def test_a_number_in_a_stream_or_alone_is_refused(digging):
    with pytest.raises(isogloss.DocumentError, match="a stream answers one of these only") as caught:
        digger(digging).exchange("dig", wish(2), stream=True)
    assert caught.value.pointer == "/wish/holes"
    with pytest.raises(isogloss.DocumentError, match="this takes 2 calls"):
        isogloss.translate(wish(2), "dig.request", source="hill", target="dale", ruleset=digging)


def test_a_large_document_is_not_said_again_and_again(digging):
    bounded = digger(digging, limits={"nodes": 300})
    more = {"user": ["x"] * 100}
    assert len(bounded.exchange("dig", {**wish(2), **more}).calls) == 2
    with pytest.raises(isogloss.DocumentError, match="more values than the limit allows"):
        bounded.exchange("dig", {**wish(3), **more})


# ------------------------------------------------------------------------------------------------ items

ITEMS = """
language: 1
columns: [hill, dale]
dialects:
  hill: {routes: [{operation: walk, method: POST, path: /hill, match: /hill}]}
  dale: {spelling: snake, nulls: absent, routes: [{operation: walk, method: POST, path: /dale, match: /dale}]}
documents:
  walk.request:
    apart:
      hill: {at: stones, most: 2, limit: 9}
    rules:
      - {id: stones, hill: {stones: $s}, dale: {allRocks: $s}}
      - {id: way, hill: {way: $w}, dale: {way: $w}}
  walk.response:
    joins:
      hill: {lists: found}
    answers:
      hill: {each: stones, at: found}
      dale: {each: allRocks, at: [manyFinds, oneFind], number: place}
    rules:
      - {id: one, hill: {found: [$f]}, dale: {oneFind: $f}, oneway: dale}
      - {id: found, hill: {found: $f}, dale: {manyFinds: $f}}
"""


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    return loaded(tmp_path_factory, ITEMS)


@pytest.fixture
def walk(items):
    def asked(**request):
        return isogloss.Translator("hill", "dale", ruleset=items).exchange("walk", request)

    return asked


@pytest.mark.parametrize(
    "reply",
    [
        {"manyFinds": [{"place": 0}, {"place": 1}]},
        {"many_finds": ["a", "b"]},
        {"manyFinds": ["a"], "oneFind": None, "many_finds": None},
    ],
)
def test_as_many_items_as_were_asked_for(walk, reply):
    stones = ["x"] * len(reply.get("manyFinds", "ab"))
    done = walk(stones=stones).response(reply)
    assert len(done.body["found"]) == len(stones)


@pytest.mark.parametrize(
    ("stones", "reply", "place", "found"),
    [
        (["x", "y"], {"manyFinds": ["a"]}, "/manyFinds", "2 items, as was asked for, and not 1"),
        (["x"], {"manyFinds": ["a", "b"]}, "/manyFinds", "1 item, as was asked for, and not 2"),
        (["x", "y"], {"oneFind": "a"}, "/oneFind", "2 items, as was asked for, and not 1"),
        ([1, 2, 3], {"manyFinds": ["a", "b", "c"]}, "/manyFinds", "1 item, as was asked for, and not 3"),
        ("x", {}, "/manyFinds", "1 item, as was asked for, and not 0"),
        (["x", "y"], {"manyFinds": [{"place": 1}, {"place": 0}]}, "/manyFinds/0/place", "not in the order"),
    ],
)
def test_another_number_of_items_is_an_error(walk, stones, reply, place, found):
    with pytest.raises(isogloss.DocumentError, match=found) as caught:
        walk(stones=stones).response(reply)
    assert caught.value.pointer == place
    assert not caught.value.stated  # so that it is told as the server's mistake


def test_the_items_of_each_call_are_counted(walk):
    exchange = walk(stones=["x", "y", "z"])
    assert exchange.response({"manyFinds": ["a", "b"]}, {"oneFind": "c"}).body == {"found": ["a", "b", "c"]}
    with pytest.raises(isogloss.DocumentError, match="2 items, as was asked for, and not 1"):
        exchange.response({"manyFinds": ["a"]}, {"manyFinds": ["b", "c"]})


def test_what_asks_for_no_items_or_is_not_known_is_not_counted(walk, items):
    assert walk(way="up").response({"manyFinds": ["a"]}).body == {"found": ["a"]}
    done = isogloss.translate({"manyFinds": []}, "walk.response", source="dale", target="hill", ruleset=items)
    assert done.body == {"found": []}
