"""Maintenance of real tables: the same rows before and after for every reader, a pipeline that goes on exactly once, kill -9 at every step."""

import datetime
import json
import re
import signal

import pyarrow as pa
import pytest
from test_faults import TABLES, check_tables, fill

ALL = ("--compact", "--manifests", "--expire", "--orphans", "--older-than", "0s", "--orphans-older-than", "0s", "--min-input-files", "2")


def maintain(warehouse, *arguments, **options):
    done = warehouse.ingot("maintain", *arguments, "--log-format", "json", **options)
    return {(line["table"], line["operation"]): line for line in map(json.loads, done.stdout.splitlines())}


def several_runs(warehouse, count=4):
    """As many files of records, each carried to gold by a run of its own."""
    for seed in range(count):
        warehouse.ingot("generate", "--records", 2000, "--dirty", 0.1, "--users", 50, "--seed", seed + 7, "--start", "2026-01-01", "--to", warehouse.landing)
        warehouse.run()


def files_of(warehouse, table):
    return {path for path in (warehouse.folder / "warehouse" / table.replace(".", "/")).rglob("*") if path.is_file() and "/journal/" not in str(path)}


@pytest.mark.parametrize("operation", ["--compact", "--manifests", "--expire", "--orphans", "all"])
def test_rows_stay(warehouse, operation):
    """Goal: no operation changes a row, for any reader, and the pipeline goes on exactly once afterwards.
    Method: PyIceberg's and DuckDB's rows before and after; new records and a second round; the independent computation."""
    several_runs(warehouse)
    before = {table: warehouse.table_hash(table) for table in TABLES}
    maintain(warehouse, *(ALL if operation == "all" else (operation, *ALL[4:])))
    for table in TABLES:
        assert warehouse.table_hash(table) == before[table], table
        assert warehouse.duckdb(table, "count(*)") == [(len(before[table]),)], table
    check_tables(warehouse)
    fill(warehouse)
    warehouse.run("--rows-per-commit", 1500)
    check_tables(warehouse)
    maintain(warehouse, *ALL)
    warehouse.run()
    check_tables(warehouse)


def test_expiry_leaves_what_is_needed(warehouse):
    """Goal: after expiry and removal of orphans a table's folder holds what its metadata names and nothing else; bronze keeps what silver has not seen.
    Method: count files and snapshots; a bronze-only run before the expiry, silver after it."""
    several_runs(warehouse)
    fill(warehouse)
    warehouse.run("--stage", "bronze", "--rows-per-commit", 1500)
    done = maintain(warehouse, *ALL)
    assert done[("silver.speedtest_clean", "expire")]["snapshots"] > 0
    compacted = done[("bronze.speedtest_raw", "compact")]
    assert 0 < compacted["files_out"] < compacted["files_in"] / 2
    pending = warehouse.query('SELECT count(*) AS n FROM bronze."speedtest_raw$snapshots"')[0]["n"]
    assert pending >= 3, "two appends that silver has not seen, and the one before"
    warehouse.run()
    check_tables(warehouse)
    maintain(warehouse, *ALL)
    gold = warehouse.pyiceberg().load_table("gold.speedtest_agg")
    assert len(gold.metadata.snapshots) == 1
    data = {path for path in files_of(warehouse, "gold.speedtest_agg") if "/data/" in str(path)}
    assert {str(path) for path in data} == {path.removeprefix("file://") for path in gold.inspect.files()["file_path"].to_pylist()}


def test_kill_at_every_step(tmp_path_factory):
    """Goal: maintenance that is killed anywhere loses no row, and the next one cleans up behind it.
    Method: SIGKILL at each fault point, check the tables, run and maintain again, check again: no orphan is left."""
    from conftest import ROOT, Warehouse

    def made():
        warehouse = Warehouse(tmp_path_factory.mktemp("maintain"), ROOT / "pipelines/speedtest.yaml")
        several_runs(warehouse, 2)
        return warehouse

    passed = made().ingot("maintain", *ALL, env={"INGOT_FAULT_TRACE": "1"}).stderr
    points = list(dict.fromkeys(re.findall(r"fault point (\S+)", passed)))
    assert {"compact.after_files", "compact.after_commit", "expire.after_commit", "expire.after_data", "commit.after_swap"} <= set(points), points
    for point in points:
        warehouse = made()
        killed = warehouse.ingot("maintain", *ALL, check=False, env={"INGOT_FAULT": f"{point}:1=kill"})
        assert killed.returncode == -signal.SIGKILL, point
        check_tables(warehouse)
        fill(warehouse)
        warehouse.run()
        maintain(warehouse, *ALL)
        check_tables(warehouse)
        assert not any(line["files"] for (_, operation), line in maintain(warehouse, *ALL).items() if operation == "orphans"), point


def test_orphans_of_a_killed_run(warehouse):
    """Goal: what a killed run left is found, moved to the trash and taken back; what a running one writes is left alone.
    Method: kill silver after its files were written; a process that still lives has announced itself with the same name."""
    fill(warehouse)
    warehouse.ingot("run", check=False, env={"INGOT_FAULT": "silver.after_files=kill"})
    left = [path for path in files_of(warehouse, "silver.speedtest_clean") if path.suffix == ".parquet"]
    assert left
    assert maintain(warehouse, "--orphans")[("silver.speedtest_clean", "orphans")]["files"] == [], "younger than three days"
    found = maintain(warehouse, "--orphans", "--orphans-older-than", "0s")[("silver.speedtest_clean", "orphans")]["files"]
    assert {f"file://{path}" for path in left} <= set(found)
    assert not any(path.exists() for path in left)
    assert maintain(warehouse, "--orphans", "--undo")[("silver.speedtest_clean", "undo")]["files"] == len(found)
    assert all(path.exists() for path in left)
    warehouse.run()
    check_tables(warehouse)


def test_deletes_of_others(warehouse):
    """Goal: rows that another engine deleted stay deleted, and its rows stay. Method: PyIceberg deletes and appends between compactions."""
    several_runs(warehouse, 3)
    table = warehouse.pyiceberg().load_table("silver.speedtest_clean")
    total = table.scan().to_arrow().num_rows
    table.delete("latency < 20.0")
    kept = table.scan().to_arrow()
    assert 0 < kept.num_rows < total
    maintain(warehouse, "silver.speedtest_clean", "--compact", "--min-input-files", "2")
    table = table.refresh()
    assert table.scan().to_arrow().num_rows == kept.num_rows
    table.append(pa.Table.from_batches(kept.slice(0, 10).to_batches(), schema=kept.schema))
    maintain(warehouse, "silver.speedtest_clean", *ALL)
    assert table.refresh().scan().to_arrow().num_rows == kept.num_rows + 10


def test_retention(warehouse):
    """Goal: rows beyond the pipeline file's keep go by whole days; --dry-run changes nothing. Method: records of one day half a year ago and of today."""
    today = datetime.datetime.now(datetime.UTC).date()
    for name, day in (("old", today - datetime.timedelta(days=180)), ("new", today - datetime.timedelta(days=1))):
        warehouse.ingot("generate", "--records", 1000, "--users", 50, "--start", day, "--seed", len(name) + day.day, "--to", warehouse.landing)
    warehouse.run()
    count = "SELECT count(*) AS n FROM bronze.speedtest_raw"
    before = warehouse.query(count)[0]["n"]
    planned = maintain(warehouse, "bronze.speedtest_raw", "--retention", "--dry-run")[("bronze.speedtest_raw", "retention")]
    assert warehouse.query(count)[0]["n"] == before
    done = maintain(warehouse, "bronze.speedtest_raw", "--retention")[("bronze.speedtest_raw", "retention")]
    assert done["rows"] == planned["rows"] == 1000
    assert warehouse.query(count)[0]["n"] == before - 1000
    assert warehouse.run()["silver"]["rows_in"] == 0
