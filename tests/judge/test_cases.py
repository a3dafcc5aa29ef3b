"""Tests what the tables contain by text files: tests/cases/*.test. A case needs no code:

    # What the case shows.
    == pipeline
    (a pipeline file; pipelines/speedtest.yaml when there is none)
    == records NAME
    (a file of the landing directory)
    == run ARGUMENTS
    (what the error must say, when the run must fail)
    == rows SQL
    (the rows as CSV, with a header)

The parts run in order. A later pipeline or file replaces an earlier one of the same name.
"""

import pathlib

import pytest

from conftest import ROOT, Warehouse

CASES = sorted((ROOT / "tests/cases").glob("*.test"))


def parts(case: pathlib.Path):
    """Yields (word, argument, lines, line number) of each part."""
    found = []
    for number, line in enumerate(case.read_text().splitlines(), 1):
        if line.startswith("== "):
            word, _, argument = line[3:].partition(" ")
            found.append((word, argument, [], number))
        elif found:
            found[-1][2].append(line)
        else:
            assert line.startswith("#") or not line, f"{case}:{number}: a case begins with what it shows"
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case, tmp_path):
    """Goal: each file states what a table contains after some records and runs.
    Method: the parts of the file run in order, and each is compared with the text below it."""
    warehouse = Warehouse(tmp_path, ROOT / "pipelines/speedtest.yaml")
    for word, argument, lines, number in parts(case):
        place = f"{case}:{number}"
        while lines and not lines[-1]:
            lines.pop()
        if word == "pipeline":
            warehouse.pipeline = tmp_path / "pipeline.yaml"
            warehouse.pipeline.write_text("\n".join(lines) + "\n")
        elif word == "records":
            (warehouse.landing / argument).write_text("\n".join(lines) + "\n")
        elif word == "apply":
            warehouse.ingot("apply", *argument.split())
        elif word == "run":
            done = warehouse.ingot("run", *argument.split(), check=False)
            if lines:
                assert done.returncode != 0, f"{place}: the run did not fail"
                for line in lines:
                    assert line in done.stderr, f"{place}: {done.stderr}"
            else:
                assert done.returncode == 0, f"{place}: {done.stderr}"
        elif word == "rows":
            assert warehouse.ingot("query", argument, "--format", "csv").stdout.splitlines() == lines, place
        else:
            pytest.fail(f"{place}: unknown part {word}")


def test_cases_are_found():
    """Goal: the cases are not skipped by mistake. Method: their number, and that each reads rows."""
    assert len(CASES) >= 8
    for case in CASES:
        assert any(word == "rows" for word, *_ in parts(case)), case
