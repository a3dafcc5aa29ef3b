"""Imports the judges' independent computation, and reports at the end which calls were tested."""

import collections
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "judge")]


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    import shim  # found by the path above

    return shim.build(tmp_path_factory.mktemp("shim"))


def pytest_terminal_summary(terminalreporter):
    rows = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "faults" and report.when == "call":
                    scenario, action, calls, outcomes = value
                    row = rows.setdefault((scenario, action), [calls, collections.Counter()])
                    row[1].update(outcomes)
    if not rows:
        return
    terminalreporter.section("faults")
    total = collections.Counter()
    for (scenario, action), (calls, outcomes) in sorted(rows.items()):
        total.update(outcomes)
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        terminalreporter.write_line(f"{scenario:<18} {action:<6} {calls:>5} calls, {sum(outcomes.values()):>5} tried: {told}")
    terminalreporter.write_line(f"{'all':<18} {sum(total.values())} tried: " + ", ".join(f"{n} {what}" for what, n in sorted(total.items())))
