"""demo: a conversation by an official client through the gateway, or single documents through the rules."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import click
from rich.text import Text

from isogloss import explain as account
from isogloss import notation
from isogloss.cli import paper, sources
from isogloss.cli.words import Exemplary, Failed
from isogloss.loss import Loss
from isogloss.translator import Translator

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from types import ModuleType

    from isogloss.rule import Ruleset
    from isogloss.sdk.conversation import Step
    from isogloss.translator import Translation
    from isogloss.values import Value

_WIDTH: Final = 110
#: How wide the names of places in a stream are.
_LABEL: Final = 17
#: Seconds between the pieces of a stream, where a person watches.
_PACE: Final = 0.03


@click.command(name="demo", cls=Exemplary, short_help="Run the main job: no key, no network.")
@click.option("--documents", is_flag=True, help="Translate one request and one reply instead; needs no server.")
@click.option("--ledger", is_flag=True, help="With documents: show what became of every leaf, too.")
@sources.rules_options
def demo(documents: bool, ledger: bool, version: str | None, profile: str | None, overlays: tuple[str, ...]) -> None:
    """Run the main job: an official client talks to the gateway, and an offline API answers. No key, no network."""
    if documents or ledger:
        _documents(sources.Rules(version, profile, overlays).load(), ledger=ledger)
    else:
        _conversation({"version": version, "profile": profile, "overlays": list(overlays)})


def _scene(title: str, document: Value = None) -> None:
    paper.say(f"\n{title}", style="bold")
    if document is not None:
        paper.say(notation.pretty(notation.clipped(document, 64), _width()))


def _width() -> int:
    return min(paper.console().width, _WIDTH)


# --------------------------------------------------------------------- a conversation


def _conversation(rules: dict[str, Any]) -> None:
    play = sources.conversation()
    client = _client()
    with _served(play, rules) as (url, behind):
        paper.say(f"{play['client']} ({client.version()})  →  isogloss {url}  →  {play['behind']}")
        losses: list[Loss] = []
        before: tuple[Value, Value] = ({}, {})
        for step in client.hold(url, play):
            before = _step(step, behind, before)
            losses += [Loss(**found) for found in step.losses]
    _lost(losses)
    paper.say("")
    for line in play["afterwards"]:
        paper.say(line)


def _client() -> ModuleType:
    try:
        from isogloss.sdk import conversation
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    return conversation


def _missing(error: ModuleNotFoundError) -> Failed:
    """Say what brings a library that is not there."""
    return Failed(
        f"{error.name} is not installed; install it with: pip install 'isogloss[demo]'\n"
        "isogloss demo --documents needs nothing more"
    )


@contextmanager
def _served(play: dict[str, Any], rules: dict[str, Any]) -> Generator[tuple[str, Any]]:
    """Start both servers on free ports; give the gateway's address, and the record of what comes to the API behind."""
    try:
        from isogloss.emulator import app, server
        from isogloss.gateway import server as gateway
        from isogloss.gateway import settings
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    said = {name: word for name, word in rules.items() if word}
    api = app.create(pace=_PACE if paper.console().is_terminal else 0)
    with server.background(api) as behind:
        # No key of the environment is used.
        words = {"port": 0, "front": [play["from"]], "back": play["to"], "upstream": behind, **said}
        with gateway.background(settings.decide(words, {})) as url:
            yield url, api.state.emulator.record


def _step(step: Step, behind: Any, before: tuple[Value, Value]) -> tuple[Value, Value]:
    """Show a request, or what it adds to the one before, and its stream; return the request on both sides."""
    pieces = step.pieces()
    heard = [next(pieces)]  # by now the request has come through
    (got,) = behind.last(1)
    sent, arrived = _news(before[0], step.sent), _news(before[1], got["body"])
    if not before[0]:
        _scene("Turn 1: the client sends", sent)
        _scene(f"What arrives behind: {got['method']} {got['path']}", arrived)
    elif step.turn == 1:
        _scene("Turn 1: the client adds", sent)
        _scene("What that adds behind", arrived)
    else:
        _scene(f"Turn {step.turn}: the client adds, and that adds behind")
        _brief(sent)
        _brief(arrived)
    _scene("What comes back, piece by piece")
    _stream(chain(heard, pieces))
    return step.sent, got["body"]


def _brief(news: Any) -> None:
    """Print each new item on a line; by now the reader knows what they look like."""
    most = _width() - _LABEL - 3
    for name, items in news.items():
        for item in items:
            paper.say(f"  {name:<{_LABEL}} {notation.shorten(item, most)}")


def _news(before: Any, after: Any) -> Any:
    """Return what a document says that the one before it did not: new names, and new items of lists."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {name: _news(before.get(name), said) for name, said in after.items() if before.get(name) != said}
    if isinstance(before, list) and isinstance(after, list):
        return after[len(before) :] if after[: len(before)] == before else after
    return after


def _stream(pieces: Iterable[tuple[str, str]]) -> None:
    """Print pieces as they come: those of one place on one line, with bars between."""
    out, last, used = paper.console(), "", 0
    width = _width()
    for place, text in pieces:
        said = ("│" if place == last else "") + " ".join(text.split("\n"))
        if place != last or used + len(said) > width:
            out.print("\n" if last else "", end="")
            out.print(Text(f"  {place if place != last else '':<{_LABEL}} ", style="cyan"), end="")
            used = _LABEL + 3
        out.print(Text(said), end="", soft_wrap=True)
        last, used = place, used + len(said)
    out.print("")


def _lost(losses: list[Loss]) -> None:
    """Print each loss once: every request of a conversation loses the same."""
    _scene("What was lost or added on the way, why, and by which rule")
    told = {(loss.kind, loss.pointer, loss.rule): loss for loss in losses}
    paper.draw(paper.loss_table(told.values())) if told else paper.say("nothing")


# --------------------------------------------------------------------- documents


def _documents(rules: Ruleset, *, ledger: bool) -> None:
    play, request, reply = sources.demo()
    gloss = Translator(
        play["from"], play["to"], ruleset=rules, trace=True, ids=lambda: "demo", clock=lambda: play["clock"]
    )
    exchange = gloss.exchange(play["operation"], request)
    titles = {name: dialect.raw.get("title", name) for name, dialect in rules.dialects.items()}
    left, right = titles[play["from"]], titles[play["to"]]
    call = exchange.calls[0]
    _scene(f"1  A request as the {left} takes it", request)
    _scene(f"2  The same request as the {right} takes it: {call.method} {call.path}", call.body)
    _told(exchange.request, request, "3  What was lost or added on the way, why, and by which rule", ledger=ledger)
    answered = exchange.response(reply)
    _scene(f"4  A reply of the {right}", reply)
    _scene(f"5  The reply as the {left} gives it", answered.body)
    _told(answered, reply, "6  What was lost or added on the way back", ledger=ledger)
    paper.say("")
    for line in play["afterwards"]:
        paper.say(line)


def _told(done: Translation, document: Value, title: str, *, ledger: bool) -> None:
    _scene(title)
    if ledger:
        paper.draw(paper.ledger_table(account.lines(done, document)))
    if done.losses:
        paper.draw(paper.loss_table(done.losses))
    else:
        paper.say("nothing")


COMMANDS = (demo,)
