"""The golden cases under tests/cases, both ways."""

import pytest
import suite
from isogloss import checker, source


@pytest.mark.parametrize("trace", [False, True], ids=["fast", "traced"])
@pytest.mark.parametrize("case", list(suite.every()), ids=lambda case: case.name)
def test_case(case, trace):
    suite.run(case, trace=trace)


@pytest.mark.parametrize("path", suite.files(), ids=lambda path: path.relative_to(suite.CASES).as_posix())
def test_file_has_its_form(path):
    tree = source.read(path, str(path))
    assert not [f"{error.json_path}: {error.message}" for error in checker.form_errors(tree, "case-file")]


def test_no_case_has_anothers_name():
    names = [case.name for case in suite.every()]
    assert len(names) == len(set(names))
