"""A clock that differs far from known times is rejected by name, unless it is trusted."""

import json
import os
import time

import pytest

BRONZE, SILVER, GOLD = "bronze.speedtest_raw", "silver.speedtest_clean", "gold.speedtest_agg"
DAY = 86_400


def fill(warehouse, name, days_ago=3):
    start = time.strftime("%Y-%m-%d", time.gmtime(time.time() - days_ago * DAY))
    warehouse.ingot("generate", "--records", 300, "--start", start, "--seed", ord(name[0]), "--to", warehouse.landing / name)


def count(warehouse, table=BRONZE):
    return warehouse.pyiceberg().load_table(table).scan().to_arrow().num_rows


def move(warehouse, days):
    """Shifts all write times in the tables, as if the clock had been off by `-days` at that time."""
    ms = int(days * DAY * 1000)
    for table in (BRONZE, SILVER, GOLD):
        file = warehouse.pyiceberg().load_table(table).metadata_location.removeprefix("file://")
        metadata = json.loads(open(file).read())
        metadata["last-updated-ms"] += ms
        for snapshot in metadata["snapshots"]:
            snapshot["timestamp-ms"] += ms
            for key in ("ingot.started-at-us", "ingot.finished-at-us"):
                if key in snapshot["summary"]:
                    snapshot["summary"][key] = str(int(snapshot["summary"][key]) + ms * 1000)
        for log in ("snapshot-log", "metadata-log"):
            for entry in metadata.get(log, []):
                entry["timestamp-ms"] += ms
        open(file, "w").write(json.dumps(metadata))


def test_behind_the_newest_commit(warehouse):
    """Goal: with a clock days behind the newest commit, a run reads nothing. With a trusted clock it runs, and the
    next run passes without the flag.
    Method: the commits are moved ten days ahead; a run without the flag, one with it, and the next without it."""
    fill(warehouse, "a.jsonl")
    warehouse.run()
    move(warehouse, 10)
    fill(warehouse, "b.jsonl")
    for arguments in (["run"], ["maintain"]):
        rejected = warehouse.ingot(*arguments, check=False)
        assert rejected.returncode == 1 and "this machine's clock" in rejected.stderr and "--trust-clock" in rejected.stderr
    assert count(warehouse) == 300
    warehouse.run("--trust-clock")
    assert count(warehouse) == 600
    fill(warehouse, "c.jsonl")
    warehouse.run()
    assert count(warehouse) == 900


@pytest.mark.parametrize("days", [1 / 24, -300])
def test_plausible_clocks(warehouse, days):
    """Goal: clocks of several machines may differ a little, and a machine may be idle for long.
    Method: the commits are moved."""
    fill(warehouse, "a.jsonl")
    warehouse.run()
    move(warehouse, days)
    fill(warehouse, "b.jsonl")
    warehouse.run()
    assert count(warehouse) == 600


def test_years_ahead(warehouse):
    """Goal: a run with a clock that is years ahead is rejected: its commit would contradict every later clock.
    Method: the commits are moved."""
    fill(warehouse, "a.jsonl")
    warehouse.run()
    move(warehouse, -3650)
    rejected = warehouse.ingot("run", check=False)
    assert rejected.returncode == 1 and "far ahead" in rejected.stderr
    fill(warehouse, "b.jsonl")
    warehouse.run("--trust-clock")
    warehouse.run()
    assert count(warehouse) == 600


def test_behind_the_input_files(warehouse):
    """Goal: before tables exist, the clock is compared with the input files.
    Method: files with a time ten days from now."""
    fill(warehouse, "a.jsonl")
    later = time.time() + 10 * DAY
    for file in warehouse.landing.rglob("*.jsonl"):
        os.utime(file, (later, later))
    rejected = warehouse.ingot("run", check=False)
    assert rejected.returncode == 1 and "a.jsonl" in rejected.stderr
    warehouse.run("--trust-clock")
    assert count(warehouse) == 300


@pytest.mark.parametrize("operation", ["--retention", "--expire", "--orphans"])
def test_far_ahead(warehouse, operation):
    """Goal: nothing is deleted by age while the clock may be far ahead, unless it is trusted.
    Method: rows and commits are a hundred days old, as new ones appear to a clock a hundred days ahead. The pipeline
    keeps 90 days."""
    fill(warehouse, "a.jsonl", days_ago=103)
    warehouse.run()
    move(warehouse, -100)
    before = count(warehouse)
    rejected = warehouse.ingot("maintain", BRONZE, operation, check=False)
    assert rejected.returncode == 1 and "--trust-clock" in rejected.stderr
    assert count(warehouse) == before == 300
    warehouse.ingot("maintain", BRONZE, operation, "--trust-clock")
    assert count(warehouse) == (0 if operation == "--retention" else 300)


def test_rows_show_the_time_without_commits(warehouse):
    """Goal: a run with the same wrong clock does not hide it from retention: rows carry the clocks of their producers.
    Method: rows of 60 days ago are committed now. New rows appear so to a clock 60 days ahead."""
    fill(warehouse, "a.jsonl", days_ago=63)
    warehouse.run()
    rejected = warehouse.ingot("maintain", "--retention", check=False)
    assert rejected.returncode == 1 and "the newest row" in rejected.stderr
    assert count(warehouse) == 300
