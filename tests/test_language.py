"""The rule language on invented dialects: one file for each construct, hill on one side and dale on the other.

A file is a file of golden cases in which each case brings its rules: `rules` are those of the document walk.request,
`with` holds entries of other sections; what the file gives counts for all its cases. Rules need no ids here.
"""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import suite
from isogloss import bookshelf, checker, loader, source

FOLDER = Path(__file__).parent / "language"
HEAD = {"language": 1, "columns": ["hill", "dale"]}


def entries(*trees):
    """Lay entries over each other: objects by name, lists one after the other."""
    found = {}
    for tree in trees:
        for name, value in tree.items():
            there = found.get(name)
            if isinstance(there, dict) and isinstance(value, dict):
                found[name] = entries(there, value)
            else:
                found[name] = [*there, *value] if isinstance(there, list) and isinstance(value, list) else value
    return found


def numbered(value):
    """Give every rule an id."""
    if isinstance(value, dict):
        return {name: named(member) if name == "rules" else numbered(member) for name, member in value.items()}
    return [numbered(item) for item in value] if isinstance(value, list) else value


def named(rules):
    return [{"id": f"rule-{index}", **rule} for index, rule in enumerate(rules)]


def files(case, file):
    """Return the text of the rule file, and of the overlay."""
    rules = [*file.get("rules", ()), *case.get("rules", ())]
    document = {"rules": rules, **file.get("document", {}), **case.get("document", {})}
    base = {**HEAD, "dialects": {"hill": {}, "dale": {}}, "documents": {"walk.request": document}}
    tree = numbered(entries(base, file.get("with", {}), case.get("with", {})))
    return json.dumps(suite.plain(tree)), json.dumps(suite.plain(case.get("overlay", {})))


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rules")


@cache
def ruleset(folder, text, overlay):
    path, over = folder / "rules.yaml", folder / "overlay.yaml"
    path.write_text(text)
    over.write_text(overlay)
    overlays = [over] if overlay != "{}" else []
    wrong = [str(problem) for problem in checker.check_files([path], overlays).problems]
    assert not [problem for problem in wrong if "nothing uses" not in problem]
    shelf = bookshelf.Shelf()
    shelf.add([path])
    shelf.add(overlays, overlay=True)
    return loader.build(shelf)


def every():
    for path in sorted(FOLDER.glob("*.yaml")):
        file = source.read(path, path.name)
        file["between"] = ["hill", "dale"]
        for index, case in enumerate(file["cases"]):
            for reader, writer in suite.directions(file, case):
                place = file["cases"].marks[index].place
                home = suite.CASES / "walk" / "request" / path.name
                yield suite.one(home, file, case, reader, writer, place), files(case, file)


@pytest.mark.parametrize("trace", [False, True], ids=["fast", "traced"])
@pytest.mark.parametrize(("case", "texts"), list(every()), ids=lambda part: getattr(part, "name", ""))
def test_language(case, texts, trace, folder):
    suite.run(replace(case, ruleset=ruleset(folder, *texts)), trace=trace)
