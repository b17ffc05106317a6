"""Wrong rule files: what is said about each, and the line and column it is blamed at.

Each case is a file of rules for the dialects hill and dale; `problems` are all that is said about it, in order, each as
[line:column, words of the message]. `overlay` is laid over it, and then it is the overlay that is wrong.
"""

from pathlib import Path

import pytest
from isogloss import RuleError, checker, source

FOLDER = Path(__file__).parent / "mistakes"
BASE = "language: 1\ncolumns: [hill, dale]\ndialects: {hill: {}, dale: {}}\n"


def every():
    for path in sorted(FOLDER.glob("*.yaml")):
        for case in source.read(path, path.name)["cases"]:
            yield pytest.param(case, id=f"{path.stem} > {case['id']}")


def found(case, folder):
    """Return the problems of the wrong file: where, and what is said."""
    paths = {"base": folder / "base.yaml", "rules": folder / "rules.yaml", "overlay": folder / "overlay.yaml"}
    paths["base"].write_text(case.get("base", BASE))
    paths["rules"].write_text(case.get("rules", "{}"))
    paths["overlay"].write_text(case.get("overlay", ""))
    overlays = [paths["overlay"]] if "overlay" in case else []
    wrong = str(paths["overlay" if "overlay" in case else "rules"])
    problems = checker.check_files([paths["base"], paths["rules"]], overlays).problems
    assert {problem.mark.file for problem in problems} <= {wrong}
    return problems


@pytest.mark.parametrize("case", list(every()))
def test_mistake(case, tmp_path):
    problems = found(case, tmp_path)
    told = "\n".join(map(str, problems))
    assert [f"{p.mark.line}:{p.mark.column}" for p in problems] == [place for place, _ in case["problems"]], told
    for problem, (_, words) in zip(problems, case["problems"], strict=True):
        assert words in problem.message


@pytest.mark.parametrize("case", list(every()))
def test_the_caret_stands_under_the_mistake(case, tmp_path):
    for problem in found(case, tmp_path):
        *_, line, caret = str(problem).split("\n")
        assert line[len(caret) - 1 :] == problem.mark.text[problem.mark.column - 1 :]


def test_all_problems_of_all_files_are_told_at_once(tmp_path):
    first, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(BASE + "tables: {t: {rows: [[a, b], [a, c]]}}\nsetts: {}\n")
    other.write_text("documents: {walk.request: {rules: [{id: a, hill: {x: $v}, dale: {y: '$v | tt'}}]}}\n")
    marks = [problem.mark for problem in checker.check_files([first, other]).problems]
    assert {Path(mark.file).name for mark in marks} == {"a.yaml", "b.yaml"}
    assert len(marks) == 4
    assert str(RuleError(checker.check_files([first, other]).problems)).count("^") == 4


def test_a_file_that_cannot_be_read_hides_names_from_nobody(tmp_path):
    """Others may name what stands in it: they are not blamed."""
    first, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(BASE + "tables: {t: {rows: [[a, b]]}\n")
    other.write_text("documents: {walk.request: {rules: [{id: a, hill: {x: $v}, dale: {y: '$v | t'}}]}}\nwords: 1\n")
    problems = checker.check_files([first, other]).problems
    assert {(Path(problem.mark.file).name, problem.message.split()[0]) for problem in problems} == {
        ("a.yaml", "did"),
        ("b.yaml", "there"),
    }
