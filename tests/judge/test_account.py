"""`ingot doctor` accounts for every row of bronze by the rows themselves."""

import json
import re

import pytest

BRONZE, SILVER, QUARANTINE = "bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine"


@pytest.fixture
def filled(warehouse):
    warehouse.ingot("generate", "--records", 2000, "--dirty", 0.1, "--users", 60, "--start", "2026-01-01", "--to", warehouse.landing)
    warehouse.run()
    return warehouse


def account(warehouse, *arguments):
    done = warehouse.ingot("doctor", "--log-format", "json", *arguments, check=False)
    [rows] = [found for found in map(json.loads, done.stdout.splitlines()) if found["check"] == "rows"]
    return done.returncode, rows


@pytest.mark.parametrize("memory", ["1GiB", "16MiB"])
def test_all_are_there(filled, memory):
    """Goal: rows in silver, in quarantine and duplicates are accounted for, even with little memory.
    Method: dirty records with duplicates."""
    code, rows = account(filled, "--memory", memory)
    assert code == 0 and rows["health"] == "good" and rows["detail"].startswith("2000 rows of bronze")


def without_the_history(warehouse, table):
    """Returns the table with its current files, in a first snapshot that does not mention a deletion."""
    file = warehouse.pyiceberg().load_table(table).metadata_location.removeprefix("file://")
    metadata = json.loads(open(file).read())
    last = metadata["snapshots"][-1]
    last["parent-snapshot-id"] = 12345
    last["summary"] = {"operation": "replace"}
    metadata["snapshots"], metadata["snapshot-log"] = [last], metadata["snapshot-log"][-1:]
    open(file, "w").write(json.dumps(metadata))


@pytest.mark.parametrize("table", [SILVER, QUARANTINE])
def test_missing_rows_are_found(filled, table):
    """Goal: rows that are in no table are reported with their positions and exit code 1. Rows that were deleted on
    purpose are no failure.
    Method: PyIceberg deletes three rows, with and without a snapshot that records it."""
    loaded = filled.pyiceberg().load_table(table)
    gone = sorted(loaded.scan().to_arrow()["_source_offset"].to_pylist())[:3]
    loaded.delete(f"_source_offset in ({', '.join(map(str, gone))})")
    code, rows = account(filled)
    assert (code, rows["health"]) == (0, "could-be-better") and "on purpose" in rows["detail"]
    without_the_history(filled, table)
    code, rows = account(filled)
    assert (code, rows["health"]) == (1, "bad")
    found = int(rows["detail"].split()[0])
    assert found == 3 if table == QUARANTINE else found >= 3  # duplicates of rows in silver are missing with them
    assert found > 5 or all(f" {offset}" in rows["detail"] for offset in gone)
    assert re.search(r"file://\S+\.jsonl \d+ \d+", rows["detail"]), rows["detail"]


def test_doubled_rows_are_found(filled):
    """Goal: a row that occurs twice is reported. Method: PyIceberg appends five rows of quarantine again."""
    quarantine = filled.pyiceberg().load_table(QUARANTINE)
    quarantine.append(quarantine.scan().to_arrow().slice(0, 5))
    code, rows = account(filled)
    assert code == 1 and "5 positions" in rows["detail"]
