"""translate, explain: documents through the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from isogloss import explain as account
from isogloss.cli import paper, sources
from isogloss.cli.words import Exemplary
from isogloss.errors import LossError
from isogloss.loss import REFUSED
from isogloss.stateless import translate

if TYPE_CHECKING:
    from isogloss.translator import Translation
    from isogloss.values import Value

_ON_LOSS = ("report", "refuse", "ignore")


def _translated(
    operation: str, document: Value, source: str, target: str | None, model: str | None, options: dict[str, Any]
) -> Translation:
    rules = sources.Rules(options["version"], options["profile"], options["overlays"]).load()
    return translate(
        document,
        operation,
        source=source,
        target=sources.other(rules, source, target),
        model=model,
        ruleset=rules,
        defaults=not options["no_defaults"],
        trace=options.get("trace", False),
    )


@click.command(name="translate", cls=Exemplary, short_help="Translate one JSON document.")
@sources.document_options
@click.option("--on-loss", type=click.Choice(_ON_LOSS), default="report", show_default=True, help="What a loss does.")
@click.option("--strict", is_flag=True, help="The same as --on-loss refuse.")
@click.option("--trace", is_flag=True, help="Print the ledger on standard error: what became of every leaf.")
@click.option("--json", "whole", is_flag=True, help="Print body, losses, ledger and ruleset as one JSON object.")
def translate_command(
    operation: str,
    file: str,
    source: str,
    target: str | None,
    model: str | None,
    on_loss: str,
    strict: bool,
    whole: bool,
    **options: Any,
) -> None:
    """Translate one JSON document: the body on standard output, the losses on standard error."""
    document = sources.read(file)
    done = _translated(operation, document, source, target, model, options)
    _heed(done, "refuse" if strict else on_loss)
    if whole:
        paper.body(account.report(done))
        return
    if options["trace"]:
        paper.ledger(account.lines(done, document), errors=True)
    if on_loss != "ignore":
        paper.losses(done.losses)
    paper.body(done.body)


def _heed(done: Translation, on_loss: str) -> None:
    """Refuse what loses something, where losses are refused."""
    refused = [loss for loss in done.losses if loss.kind in REFUSED]
    if on_loss == "refuse" and refused:
        raise LossError(refused)


@click.command(name="explain", cls=Exemplary, short_help="Show what became of every part of a document.")
@sources.document_options
def explain_command(
    operation: str, file: str, source: str, target: str | None, model: str | None, **options: Any
) -> None:
    """Show what became of every part of a document: where it stood, which rule took it, where it went."""
    document = sources.read(file)
    done = _translated(operation, document, source, target, model, {**options, "trace": True})
    paper.draw(paper.ledger_table(account.lines(done, document)))
    if done.losses:
        paper.draw(paper.loss_table(done.losses))
    paper.say(f"{account.summary(done.losses)}; rules {done.ruleset}")


COMMANDS = (translate_command, explain_command)
