"""The generated documentation: whole, the same each time, with links that lead somewhere."""

import posixpath
import re

import pytest
from isogloss import docs, dossier


@pytest.fixture(scope="module")
def book():
    return dossier.Rulebook.load()


@pytest.fixture(scope="module")
def pages(book):
    return docs.pages(book)


def rules_of(ruleset):
    for rules in (*ruleset.documents.values(), *ruleset.sets.values()):
        yield from rules.rules
    for layout in ruleset.layouts.values():
        yield from (block.rule for block in layout.blocks)


def test_every_rule_appears_with_its_line(book, pages):
    text = "\n".join(pages[name] for name in pages if name.startswith("operations/"))
    for rule in rules_of(book.ruleset):
        assert f"`{rule.id}`" in text
        assert f"`{rule.mark.place}`" in text


def test_every_table_and_row_appears(book, pages):
    for table in book.ruleset.tables.values():
        assert f"\n## {table.name}\n" in pages["tables.md"]
        for row in table.rows:
            assert f"`{row.mark.place}`" in pages["tables.md"]


def test_every_family_has_a_page_with_its_facts(book, pages):
    for family in book.ruleset.families:
        page = pages[f"families/{family.id}.md"]
        for name in family.facts:
            assert f"| `{name}` |" in page


def test_every_sentence_of_a_drop_is_among_the_losses(book, pages):
    for rules in (*book.ruleset.documents.values(), *book.ruleset.sets.values()):
        for drops in rules.drops.values():
            for drop in drops:
                assert docs.markdown.words(drop.reason) in pages["losses.md"]


def test_every_prefix_is_on_its_operations_page(book, pages):
    for name, prefix in book.ruleset.prefixes.items():
        page = pages[f"operations/{name}.md"]
        assert f"`{prefix.mark.place}`" in page
        for keeping in prefix.keeps.values():
            assert keeping.reason in page
            assert all(f"`{moved}`" in page for moved in keeping.moves)


def test_every_stage_of_a_plan_is_on_its_operations_page(book, pages):
    for name, sides in book.ruleset.plans.items():
        page = pages[f"operations/{name}.md"]
        for stage in (stage for plan in sides.values() for stage in plan):
            assert f"`{stage.call}`: " in page
            assert all(f"`@{kept}`" in page for kept in stage.keep)


def test_the_same_rules_give_the_same_pages(pages):
    assert docs.pages(dossier.Rulebook.load()) == pages


def test_links_lead_somewhere(pages):
    anchors = {name: set(re.findall(r'<a id="([^"]+)">', text)) for name, text in pages.items()}
    for name, text in pages.items():
        prose = re.sub(r"`[^`]*`", "", text)
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", prose):
            path, _, place = target.partition("#")
            page = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert page in pages, f"{name} links to {target}"
            assert not place or place in anchors[page], f"{name} links to {target}"


def test_tables_have_as_many_cells_as_heads(pages):
    for name, text in pages.items():
        width = 0
        for line in text.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            width = cells if cells and not width else width if cells else 0
            assert cells == width, f"{name}: {line}"
