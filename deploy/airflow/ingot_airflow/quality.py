"""The quality gate: whether the results of a run may be published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingot_airflow.operator import StageSummary


def complaints(stages: Iterable[StageSummary], broken_rules: Sequence[str]) -> list[str]:
    """The problems of a run: rows that are not accounted for, and rules that broke on too many rows."""
    found = list(broken_rules)
    for stage in stages:
        if stage.get("stage") != "silver":
            continue
        accounted = stage["rows_out"] + stage["rows_quarantined"] + stage["rows_duplicate"]
        if stage["rows_in"] != accounted:
            found.append(f"silver took in {stage['rows_in']} rows and accounts for {accounted}")
    return found


def summary(results: Iterable[Mapping[str, object]]) -> list[StageSummary]:
    """The stage summaries in the results of the tasks."""
    return [result for result in results if "stage" in result]  # type: ignore[misc]
