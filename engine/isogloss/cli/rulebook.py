"""check, show, diff, docs: the rules themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from isogloss import checker, library, shelves
from isogloss import docs as pages
from isogloss.cli import paper, sources
from isogloss.cli.words import Exemplary
from isogloss.errors import Problem, RuleError, UnknownName, near, suggestion
from isogloss.notation import flow, shorten

if TYPE_CHECKING:
    from isogloss.checker import Report
    from isogloss.contrast import Contrast, Difference
    from isogloss.dossier import Dossier, Rulebook, Words
    from isogloss.rule import Row, Ruleset

# --------------------------------------------------------------------- check


@click.command(name="check", cls=Exemplary, short_help="Look for mistakes in the rules.")
@click.argument("folders", nargs=-1, metavar="[DIR…]", type=click.Path(exists=True))
@click.option("--rules", "version", metavar="VERSION", help="Version of the rulebook (default: the newest).")
@click.option("--coverage", is_flag=True, help="Print how much of both schemas the rules decide.")
def check(folders: tuple[str, ...], version: str | None, coverage: bool) -> None:
    """Look for mistakes in the rulebook, its profiles, and overlays; all of them, each with its line."""
    version = version or shelves.versions()[-1]
    overlays = [Path(folder) for folder in folders]
    reports = [checker.check(version, profile, overlays) for profile in (None, *shelves.profiles(version))]
    found = [problem for report in reports for problem in report.problems]
    found += _coverage(reports[0]) if coverage else ()
    if found:
        raise RuleError(sorted(dict.fromkeys(found), key=lambda p: (p.mark.file, p.mark.line, p.mark.column)))
    ruleset = reports[0].ruleset
    assert ruleset is not None
    paper.say(f"rules {ruleset}: no problems in {_size(ruleset)}")


def _coverage(report: Report) -> list[Problem]:
    """Print how much of the schemas is decided; return what is not."""
    from isogloss.coverage import coverage

    measured = coverage(report.ruleset, report.tree) if report.ruleset else []
    rows = [
        (one.document, one.dialect, f"{one.total - len(one.open)} of {one.total}", str(len(one.open)))
        for one in measured
    ]
    paper.draw(paper.table(("document", "dialect", "decided", "undecided"), rows))
    return [problem for one in measured for problem in one.problems]


def _size(ruleset: Ruleset) -> str:
    rules = sum(len(rules.rules) for rules in (*ruleset.documents.values(), *ruleset.sets.values()))
    blocks = sum(len(layout.blocks) for layout in ruleset.layouts.values())
    return f"{rules} rules, {blocks} blocks, {len(ruleset.tables)} tables, {len(ruleset.families)} families"


# --------------------------------------------------------------------- show


@click.command(name="show", cls=Exemplary, short_help="Show what a model really gets.")
@click.argument("name", metavar="FAMILY|MODEL")
@sources.rules_options
def show(name: str, version: str | None, profile: str | None, overlays: tuple[str, ...]) -> None:
    """Show what a model really gets after inheritance: facts, tables, defaults, limits, each with its line."""
    from isogloss import dossier

    book = dossier.Rulebook.load(version, profile, overlays)
    for found in dossier.find(book, name):
        _show(book, found, name)


def _show(book: Rulebook, found: Dossier, name: str) -> None:
    family = found.family
    paper.say(f"{family.id}", style="bold")
    if found.assumed:
        paper.say(f"assumed: {found.assumed}{_nearest(book, name)}", style="yellow")
    paper.say(f"  {family.dialect}, {family.kind}, generation {family.generation:g}, {family.mark.place}")
    paper.say(f"  models: {family.match}") if family.match else None
    paper.say(f"  inherits: {' ← '.join(family.lineage)}")
    paper.say(f"  {family.note}") if family.note else None
    if found.facts:
        paper.draw(
            paper.table(("fact", "", "from", ""), [(f.name, flow(f.value), f.family, f.place) for f in found.facts])
        )
    for words in found.tables:
        paper.say(f"table {words.table}, from {words.family}", style="bold")
        paper.draw(paper.table((*words.columns, "", ""), [_row(words, row) for row in words.rows]))
    for sort, title in (("default", "defaults"), ("drop", "drops"), ("refuse", "refuses")):
        rows = [(e.shown, e.reason, e.place) for e in found.effects if e.sort == sort]
        if rows:
            paper.say(title, style="bold")
            paper.draw(paper.table(("", "why", "rule"), rows))


def _nearest(book: Rulebook, name: str) -> str:
    return suggestion(near(name, [family.id for family in book.ruleset.families]))


def _row(words: Words, row: Row) -> tuple[str, str, str, str]:
    del words
    return (
        flow(row.cells[0]),
        flow(row.cells[1]),
        ", ".join([*sorted(row.marks), *filter(None, [row.reason])]),
        row.mark.place,
    )


# --------------------------------------------------------------------- diff


@click.command(name="diff", cls=Exemplary, short_help="Show what two rulesets do differently.")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--family", metavar="NAME", help="Only what changes for this family (faster).")
@click.option("--exit-code", is_flag=True, help="End with 1 if there is a difference.")
@click.option(
    "--all", "every", is_flag=True, help="Show every document, not only the first of those that change alike."
)
def diff(before: str, after: str, exit_code: bool, every: bool, family: str | None) -> None:
    """Show what two rulesets do differently: which documents they translate differently, and how.

    A and B are each a version, a profile, an overlay (a file or folder), or several of them joined by +.
    """
    from isogloss import contrast

    old, new = _ruleset(before), _ruleset(after)
    if family is not None and family not in (names := [one.id for one in new.families]):
        raise UnknownName("family", family, names)
    with paper.progress("documents") as tell:
        found = contrast.compare(old, new, sources.samples(), family, tell)
    for line in found.models:
        paper.say(f"{line.dialect} model {line.model}: {line.before} → {line.after}")
    for difference in found.differences:
        _difference(new, difference, every=every)
    paper.say(_counted(found))
    if exit_code and (found.models or found.differences):
        raise click.exceptions.Exit(1)


def _ruleset(name: str) -> Ruleset:
    """Read a ruleset's name: versions, profiles and paths joined by +."""
    version, profile, overlays = None, None, []
    newest = shelves.versions()[-1]
    for word in name.split("+"):
        if word in shelves.versions():
            version = word
        elif word in shelves.profiles(version or newest):
            profile = word
        elif word and Path(word).exists():
            overlays.append(word)
        else:
            known = [*shelves.versions(), *shelves.profiles(version or newest)]
            raise UnknownName("version, profile or overlay", word, known)
    return library.ruleset(version, profile, tuple(overlays))


def _families(ruleset: Ruleset, found: Difference) -> str:
    known = {family.id for family in ruleset.families if family.dialect == found.writer}
    return "every family" if known <= set(found.families) else ", ".join(found.families)


def _difference(ruleset: Ruleset, found: Difference, *, every: bool) -> None:
    paper.say()
    paper.say(f"{found.document}, {found.reader} → {found.writer}: {shorten(found.probe.document, 200)}", style="bold")
    if every:
        for document in found.alike:
            paper.say(f"  also {shorten(document, 200)}")
    elif found.alike:
        paper.say(f"  and {len(found.alike)} documents like it")
    paper.say(f"  for {_families(ruleset, found)}")
    for change in found.changes:
        for sign, value, style in (("-", change.before, "red"), ("+", change.after, "green")):
            if value is not None:
                paper.say(f"    {sign} {change.what}{' ' * bool(value)}{value}", style=style)


def _counted(found: Contrast) -> str:
    documents = sum(1 + len(one.alike) for one in found.differences)
    return f"\n{documents} of {found.tried} documents differ" if documents else "no document differs"


# --------------------------------------------------------------------- docs


@click.command(name="docs", cls=Exemplary, short_help="Write the mapping documentation.")
@click.option("--out", required=True, metavar="DIR", type=click.Path(file_okay=False), help="Where the pages go.")
@sources.rules_options
def docs(out: str, version: str | None, profile: str | None, overlays: tuple[str, ...]) -> None:
    """Write the mapping documentation as Markdown, generated from the rules."""
    from isogloss import dossier

    written = pages.pages(dossier.Rulebook.load(version, profile, overlays))
    for name, text in written.items():
        path = Path(out) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    paper.say(f"{len(written)} pages in {out}")


COMMANDS = (check, show, diff, docs)
