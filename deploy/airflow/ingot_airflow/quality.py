"""The quality gate: whether a run may be shown to its readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingot_airflow.operator import StageSummary


def complaints(stages: Iterable[StageSummary], broken_rules: Sequence[str]) -> list[str]:
    """What speaks against the run: rows that are not accounted for, and rules that broke too many rows."""
    found = list(broken_rules)
    for stage in stages:
        if stage.get("stage") != "silver":
            continue
        accounted = stage["rows_out"] + stage["rows_quarantined"] + stage["rows_duplicate"]
        if stage["rows_in"] != accounted:
            found.append(f"silver took in {stage['rows_in']} rows and accounts for {accounted}")
    return found


def summary(results: Iterable[Mapping[str, object]]) -> list[StageSummary]:
    """The stages among what tasks returned."""
    return [result for result in results if "stage" in result]  # type: ignore[misc]
