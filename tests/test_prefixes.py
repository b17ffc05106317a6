"""What of a request is cached: the cut, on invented dialects and on ours, as files of cases.

title, source, target, operation, and (toy dialects) `rules`, the text of a rule file; then cases: `request` and
`model`; `held`, the document that makes the cache, without its digest; `rest`, what is sent with the name of the cache;
`lost`, words of the reason why nothing is cached; `losses`, each as [pointer, words]. A case with none of them asks for
nothing.
"""

import copy
from pathlib import Path

import pytest
import suite
from isogloss import DocumentError, LossError, bookshelf, cache_index, caching, checker, loader, source
from isogloss.crossings import caches
from isogloss.crossings.crossing import Crossing, Terms
from isogloss.crossings.servers import Server
from isogloss.pointer import find, parse_pointer
from isogloss.translator import Translator

FOLDER = Path(__file__).parent / "prefixes"


@pytest.fixture(scope="session")
def rulesets(tmp_path_factory):
    """Return what makes the ruleset of a file's rules, or None for ours."""
    folder, made = tmp_path_factory.mktemp("rules"), {}

    def ruleset(text):
        if text is None:
            return None
        if text not in made:
            path = folder / f"{len(made)}.yaml"
            path.write_text(text)
            assert [str(problem) for problem in checker.check_files([path]).problems] == []
            shelf = bookshelf.Shelf()
            shelf.add([path])
            made[text] = loader.build(shelf)
        return made[text]

    return ruleset


def every():
    for path in sorted(FOLDER.glob("*.yaml")):
        file = source.read(path, path.name)
        for case in file["cases"]:
            yield pytest.param(file, suite.plain(case), id=f"{path.stem} > {case['id']}")


def gloss(file, ruleset, **options):
    return Translator(file["source"], file["target"], ruleset=ruleset, **options)


def asked(file, case):
    """Return a case's request with its model: {times: n, text: …} is a text that often."""
    return {
        **file.get("shared", {}),
        **written(case["request"]),
        "model": case.get("model", file.get("model", "keeper")),
    }


def written(value):
    if isinstance(value, dict):
        if set(value) == {"times", "text"}:
            return value["text"] * value["times"]
        return {name: written(member) for name, member in value.items()}
    return [written(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("file", "case"), list(every()))
def test_prefix(file, case, rulesets):
    translator = gloss(file, rulesets(file.get("rules")))
    request = asked(file, case)
    before = copy.deepcopy(request)
    exchange, wish = caching.opened(translator, file["operation"], request)
    assert request == before
    if not {"held", "lost"} & set(case):
        assert wish is None
        _lost(exchange, request, case)
        return
    body = copy.deepcopy(exchange.request.body)
    cut = caching.cut(exchange, wish, exchange.request.body)
    assert exchange.request.body == body
    if "lost" in case:
        assert case["lost"] in cut
        caching.report(exchange, wish.lost(cut))
    else:
        made = caching.making(cut, wish, exchange.target_model)
        digest = made.pop(next(name for name, value in made.items() if value == cut.digest))
        assert (made, cut.rest, len(digest)) == (written(case["held"]), written(case["rest"]), 64)
    _lost(exchange, request, case)


def _lost(exchange, request, case):
    """Hold losses to those of a case."""
    told = [loss for loss in exchange.losses if loss.rule.startswith("prefixes.")]
    wanted = case.get("losses", ())
    assert [(loss.pointer, loss.kind) for loss in told] == [(pointer, "dropped") for pointer, _ in wanted]
    for loss, (_, words) in zip(told, wanted, strict=True):
        assert words in loss.reason
        assert find(request, [int(step) if step.isdecimal() else step for step in parse_pointer(loss.pointer)])


@pytest.mark.parametrize(("file", "case"), [one for one in every() if {"held"} & set(one.values[1])])
def test_both_together_say_what_the_whole_says(file, case, rulesets):
    """The groups of the cache and of the rest are those of the whole, in order, and each name is said once."""
    exchange, wish = caching.opened(gloss(file, rulesets(file.get("rules"))), file["operation"], asked(file, case))
    cut = caching.cut(exchange, wish, exchange.request.body)
    groups = [
        *(find(cut.held, wish.keeping.groups) if find(cut.held, wish.keeping.groups[:1]) is not caching.ABSENT else ())
    ]
    whole = {**cut.rest, **cut.held, wish.keeping.groups[0]: groups + find(cut.rest, wish.keeping.groups)}
    assert whole == exchange.request.body
    assert set(cut.rest) & set(cut.held) <= {wish.keeping.groups[0]}


TOY = source.read(FOLDER / "toy.yaml", "toy.yaml")
CHAT = source.read(FOLDER / "chat.yaml", "chat.yaml")


def toy(case_id):
    return next(suite.plain(case) for case in TOY["cases"] if case["id"] == case_id)


@pytest.mark.parametrize("case_id", ["turns", "only-the-first-run", "too-few-tokens"])
def test_who_wants_no_loss_gets_none(case_id, rulesets):
    """What is honoured is no loss; a mark that is not is refused where losses are."""
    case = toy(case_id)
    translator = gloss(TOY, rulesets(TOY["rules"]), on_loss="refuse")

    def run():
        exchange, wish = caching.opened(translator, "walk", asked(TOY, case))
        cut = caching.cut(exchange, wish, exchange.request.body)
        if isinstance(cut, str):
            caching.report(exchange, wish.lost(cut))

    if "losses" not in case:
        run()
        return
    with pytest.raises(LossError) as caught:
        run()
    assert [loss.pointer for loss in caught.value.losses] == [pointer for pointer, _ in case["losses"]]


def test_the_same_turns_have_one_digest(rulesets):
    def digest(**more):
        exchange, wish = caching.opened(
            gloss(TOY, rulesets(TOY["rules"])), "walk", {**asked(TOY, toy("turns")), **more}
        )
        return caching.cut(exchange, wish, exchange.request.body).digest

    assert digest() == digest(pace="fast")
    assert digest() != digest(map={"rivers": []})
    turns = asked(TOY, toy("turns"))["turns"]
    assert digest() == digest(turns=[turns[0], {"who": "hiker", "bits": [{"say": "something else"}]}])
    assert digest() != digest(turns=[{**turns[0], "bits": [{"say": "another way to go"}]}, *turns[1:]])


@pytest.mark.parametrize(
    "other",
    [
        {"rivers": ["Mur", "Drau", ""]},
        {"rivers": ["MurDrau"]},
        {"rivers": [["Mur", "Drau"]]},
        {"rivers": ["Drau", "Mur"]},
        {"rivers": ["Mur"], "Drau": None},
        {"rivers": {"Mur": "Drau"}},
        {"rivers": [1, "Drau"]},
        {"rivers": ["1", "Drau"]},
        {"rivers": ["\ud83d", "Drau"]},
        {},
        [],
        None,
    ],
)
def test_no_two_documents_have_one_digest(other, rulesets):
    def digest(said):
        request = {**asked(TOY, toy("turns")), "map": said}
        exchange, wish = caching.opened(gloss(TOY, rulesets(TOY["rules"])), "walk", request)
        return caching.cut(exchange, wish, exchange.request.body).digest

    assert digest(other) == digest(copy.deepcopy(other))
    assert digest(other) != digest({"rivers": ["Mur", "Drau"]})


@pytest.mark.parametrize("body", [None, [], "x", {"turns": None}, {"turns": {}}, {"turns": [None, 1, []]}])
def test_what_is_no_request_asks_for_nothing(body, rulesets):
    translator = gloss(TOY, rulesets(TOY["rules"]))
    assert caching.wished(translator, "walk", body) is None
    with pytest.raises(DocumentError):
        caching.opened(translator, "walk", [])


def test_nobody_asks_and_nobody_makes(rulesets):
    """Towards a dialect that makes no caches, and from one that cannot ask, requests are what they always were."""
    back = Translator("dale", "hill", ruleset=rulesets(TOY["rules"]))
    assert (
        caching.wished(back, "walk", {"steps": [{"by": "a", "bits": [{"word": "ho"}], "keep": {"it": True}}]}) is None
    )
    assert caching.wished(Translator("gemini", "openai"), "chat", {"contents": []}) is None


def test_an_operator_switches_it_off(tmp_path):
    path = tmp_path / "off.yaml"
    path.write_text("actions: [{at: /prefixes/chat, remove: true, why: nobody pays for caches here}]\n")
    translator = Translator("openai", "gemini", overlays=[path])
    marked = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
    exchange, wish = caching.opened(translator, "chat", {"messages": [{"role": "user", "content": [marked]}]})
    assert wish is None
    assert "/messages/0/content/0/cache_control" in [loss.pointer for loss in exchange.losses]


def crossed(index):
    """Return a crossing whose request asks to be cached."""
    case = next(suite.plain(case) for case in CHAT["cases"] if case["id"] == "on-the-message")
    translator = gloss(CHAT, None)
    exchange, wish = caching.opened(translator, "chat", asked(CHAT, case))
    server = Server(translator.ruleset.dialects["gemini"], "https://behind", "key")
    return Crossing(exchange, server, Terms(caches=index), wish=wish)


def test_nobody_waits_for_ever():
    index = cache_index.Memory()
    index.claim = lambda *_: cache_index.Entry("claimed")
    crossing = crossed(index)
    work = caches.keeper(crossing, crossing.calls[0]).cached()
    waits = [step.seconds for step in work]
    assert waits[0] <= 0.05
    assert max(waits) <= 0.5
    assert 30 <= sum(waits) <= 31
    assert "another request" in crossing.exchange.losses[-1].reason


def test_who_is_stopped_while_making_it_leaves_it_to_others():
    index = cache_index.Memory()
    crossing = crossed(index)
    work = caches.keeper(crossing, crossing.calls[0]).cached()
    assert next(work).request.url == "https://behind/v1beta/cachedContents"
    work.close()
    again = crossed(index)
    assert next(caches.keeper(again, again.calls[0]).cached()).request.method == "POST"


def test_without_an_index_it_is_said():
    crossing = crossed(None)
    assert caches.keeper(crossing, crossing.calls[0]) is None
    assert crossing.exchange.losses[-1].reason == "nobody keeps caches here"


def test_a_long_run_of_results_takes_few_trials(rulesets, monkeypatch):
    calls = [{"ask": f"i{number}"} for number in range(200)]
    results = [{"who": "porter", "reply": f"i{number}", "keep": {"it": True}} for number in range(200)]
    turns = [{"who": "hiker", "bits": [{"say": "a long way to go"}]}, {"who": "echo", "bits": calls}, *results]
    counts = []
    trial = caching._trial  # noqa: SLF001 - what is counted
    monkeypatch.setattr(caching, "_trial", lambda *said: counts.append(said[2]) or trial(*said))
    exchange, wish = caching.opened(gloss(TOY, rulesets(TOY["rules"])), "walk", {"model": "keeper", "turns": turns})
    cut = caching.cut(exchange, wish, exchange.request.body)
    assert cut.held == {"steps": [{"by": "a", "bits": [{"word": "a long way to go"}]}]}
    assert len(counts) <= 12


def test_the_ledger_tells_what_becomes_of_the_marks(rulesets):
    request = asked(TOY, toy("only-the-first-run"))
    for trace in (True, False):
        translator = gloss(TOY, rulesets(TOY["rules"]), trace=trace)
        exchange, _ = caching.opened(translator, "walk", request)
        ledger = exchange.request.ledger
        if not trace:
            assert ledger is None
            continue
        told = {step.pointer: step.disposition for step in ledger if step.rule == "prefixes.walk"}
        assert told == {"/turns/0/keep": "exchange", "/turns/2/keep": "dropped"}
        assert "mapped" in {step.disposition for step in ledger}
