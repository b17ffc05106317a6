"""One document translated by itself: nothing is known of what was said before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import library, shares
from isogloss.errors import LossError
from isogloss.loss import REFUSED, Loss
from isogloss.meanings import matches
from isogloss.memory import Memory
from isogloss.pointer import find, pointer
from isogloss.running import run
from isogloss.translator import Translator
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from isogloss.running import Translation
    from isogloss.values import Value


def translate(
    document: Value, operation: str, *, source: str, target: str, model: str | None = None, **options: Any
) -> Translation:
    """Translate one document, stateless; `operation` is '<operation>.<phase>'.

    `source` is the dialect that the document is written in. Options are those of Translator.
    """
    name, _, phase = operation.rpartition(".")
    gloss = Translator(source, target, **options)
    memory = Memory({"now": int(gloss.clock())})
    said = find(document, ("model",))
    caller = model if model is not None else said if isinstance(said, str) else None
    named = gloss.target_model(caller)
    if named is not None:
        memory.set("model", named)
    found = matches(gloss, caller, named)
    lens = library.lens(gloss.ruleset, f"{name}.{phase}", source, target, found)
    more: tuple[Loss, ...] = ()
    match = found.get(target)
    if phase == "request" and match is not None and match.assumed is not None and match.family is not None:
        where = pointer(("model",)) if said is not ABSENT else ""
        more = (Loss("assumed", where, None, f"families.{match.family.id}", match.family.mark.place, match.assumed),)
    if lens.apart is not None and len(cut := shares.cut(lens, document, gloss.limits)) > 1:
        raise shares.refusal(lens, f"this takes {len(cut)} calls; an exchange makes them")
    done = run(lens, document, memory, gloss, more)
    refused = [loss for loss in done.losses if loss.kind in REFUSED]
    if gloss.on_loss == "refuse" and refused:
        raise LossError(refused)
    return done
