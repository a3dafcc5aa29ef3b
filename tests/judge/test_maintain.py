"""Maintenance of real tables: the same rows before and after for every reader, a pipeline that continues exactly once,
kill -9 at every step."""

import datetime
import json
import math
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
from pyiceberg.table.puffin import PuffinFile
from test_faults import TABLES, check_tables, fill

ALL = ("--compact", "--deletes", "--manifests", "--expire", "--orphans", "--older-than", "0s", "--orphans-older-than", "0s", "--min-input-files", "2")


def maintain(warehouse, *arguments, **options):
    done = warehouse.ingot("maintain", *arguments, "--log-format", "json", **options)
    return {(line["table"], line["operation"]): line for line in map(json.loads, done.stdout.splitlines())}


def several_runs(warehouse, count=4):
    """Generates this many files of records. A separate run brings each to gold."""
    for seed in range(count):
        warehouse.ingot("generate", "--records", 2000, "--dirty", 0.1, "--users", 50, "--seed", seed + 7, "--start", "2026-01-01", "--to", warehouse.landing)
        warehouse.run()


def files_of(warehouse, table):
    return {path for path in (warehouse.folder / "warehouse" / table.replace(".", "/")).rglob("*") if path.is_file() and "/journal/" not in str(path)}


@pytest.mark.parametrize("operation", ["--compact", "--deletes", "--manifests", "--expire", "--orphans", "all"])
def test_rows_stay(warehouse, operation):
    """Goal: no operation changes a row, for any reader, and the pipeline continues exactly once afterwards.
    Method: PyIceberg's and DuckDB's rows before and after; new records and a second round; the independent
    computation."""
    several_runs(warehouse)
    before = {table: warehouse.table_hash(table) for table in TABLES}
    maintain(warehouse, *(ALL if operation == "all" else (operation, *ALL[ALL.index("--older-than"):])))
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
    """Goal: after expiry and removal of orphans a table's folder contains exactly the files that its metadata names.
    Bronze keeps what silver has not consumed.
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
    """Goal: maintenance that is killed at any point loses no row, and the next maintenance cleans up.
    Method: SIGKILL at each fault point, check the tables, run and maintain again, check again: no orphan remains."""
    from conftest import ROOT, Warehouse, part_of

    def made():
        warehouse = Warehouse(tmp_path_factory.mktemp("maintain"), ROOT / "pipelines/speedtest.yaml")
        several_runs(warehouse, 2)
        return warehouse

    passed = made().ingot("maintain", *ALL, env={"INGOT_FAULT_TRACE": "1"}).stderr
    points = list(dict.fromkeys(re.findall(r"fault point (\S+)", passed)))
    assert {"compact.after_files", "compact.after_commit", "expire.after_commit", "expire.after_data", "commit.after_swap"} <= set(points), points
    for point in part_of(points):
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
    """Goal: files of a killed run are found, moved to the trash and restored; files of a running one are not touched.
    Method: silver is killed after its files were written; a live process has announced itself under the same name."""
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
    """Goal: rows that another engine deleted stay deleted, and its own rows stay.
    Method: PyIceberg deletes and appends between compactions."""
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


def in_format(warehouse, version):
    """Returns the shipped pipeline with tables of this format."""
    text = warehouse.pipeline.read_text()
    for layer in ("bronze", "silver"):
        text = text.replace(f"{layer}:\n", f"{layer}:\n  properties: {{format-version: {version}}}\n")
    warehouse.pipeline = warehouse.folder / "format.yaml"
    warehouse.pipeline.write_text(text.replace("  - table: gold", f"  - properties: {{format-version: {version}}}\n    table: gold"))


@pytest.mark.parametrize("version", [2, 3])
def test_rows_deleted_by_a_condition(warehouse, version):
    """Goal: exactly the matching rows are deleted, for every reader, also when the command is killed and repeated.
    Method: PyIceberg's rows before and after; SIGKILL at each fault point; deletes merged, then compacted; the next
    run continues."""
    in_format(warehouse, version)
    several_runs(warehouse, 3)
    table, delete = warehouse.pyiceberg().load_table("silver.speedtest_clean"), ("table", "delete", "silver.speedtest_clean", "--log-format", "json")
    rows = lambda: sorted((str(row["user_id"]), row["timestamp"], row["latency"]) for row in table.refresh().scan().to_arrow().to_pylist())  # noqa: E731
    left = rows()
    dry = json.loads(warehouse.ingot(*delete, "--where", "latency < 20", "--dry-run").stdout)
    assert rows() == left and dry["rows"] == sum(row[2] < 20 for row in left) > 0
    traced = warehouse.ingot(*delete, "--where", "latency < 5", env={"INGOT_FAULT_TRACE": "1"}).stderr
    points = dict.fromkeys(re.findall(r"fault point (\S+)", traced))
    assert "delete_rows.after_files" in points and "commit.after_swap" in points
    for step, point in enumerate(points, start=2):
        killed = warehouse.ingot(*delete, "--where", f"latency < {step * 5}", check=False, env={"INGOT_FAULT": f"{point}:1=kill"})
        assert killed.returncode == -signal.SIGKILL, point
        warehouse.ingot(*delete, "--where", f"latency < {step * 5}")
        left = [row for row in left if row[2] >= step * 5]
        assert rows() == left, point
    warehouse.ingot(*delete, "--where", "user_id = '00000000-0000-0000-0000-000000000000' or location is null")
    merged = maintain(warehouse, "silver.speedtest_clean", "--deletes")[("silver.speedtest_clean", "deletes")]
    assert rows() == left and (merged["files_out"] < merged["files_in"] if version == 2 else merged["files_in"] == 0)
    wrong = warehouse.ingot(*delete, "--where", "latncy < 5", check=False)
    assert wrong.returncode == 2 and "did you mean" in wrong.stderr and "latency" in wrong.stderr
    maintain(warehouse, *ALL)
    assert rows() == left and table.refresh().current_snapshot().summary["total-delete-files"] == "0"
    assert not any(line["files"] for (_, operation), line in maintain(warehouse, *ALL).items() if operation == "orphans")
    fill(warehouse)
    warehouse.run()
    assert len(rows()) > len(left)


def test_retention(warehouse):
    """Goal: retention drops whole days of rows beyond the pipeline file's keep; --dry-run changes nothing.
    Method: records of one day half a year ago and of today."""
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


def test_the_past(warehouse):
    """Goal: queries can read the past by id, tag and time, and its metadata by name.
    Method: three runs, a tag, a rollback."""
    several_runs(warehouse, 3)
    snapshots = warehouse.query("SELECT snapshot_id, operation FROM silver.speedtest_clean.snapshots ORDER BY sequence_number")
    counts = [
        warehouse.query(f"SELECT count(*) AS n FROM silver.speedtest_clean FOR VERSION AS OF {snapshot['snapshot_id']}")[0]["n"] for snapshot in snapshots
    ]
    assert counts == sorted(counts) and len(set(counts)) == 3
    first = snapshots[0]["snapshot_id"]
    warehouse.ingot("table", "tag", "silver.speedtest_clean", "first", "--snapshot", first)
    assert warehouse.query("SELECT count(*) AS n FROM silver.speedtest_clean FOR VERSION AS OF 'first'")[0]["n"] == counts[0]
    assert warehouse.query("SELECT count(*) AS n FROM silver.speedtest_clean FOR TIMESTAMP AS OF '2999-01-01'")[0]["n"] == counts[2]
    assert warehouse.pyiceberg().load_table("silver.speedtest_clean").metadata.refs["first"].snapshot_id == first
    maintain(warehouse, *ALL)
    assert warehouse.query("SELECT count(*) AS n FROM silver.speedtest_clean FOR VERSION AS OF 'first'")[0]["n"] == counts[0]
    files = warehouse.query("SELECT sum(record_count)::BIGINT AS n FROM silver.speedtest_clean.files")[0]["n"]
    assert files == warehouse.query("SELECT sum(record_count)::BIGINT AS n FROM silver.speedtest_clean.partitions")[0]["n"] == counts[2]
    warehouse.ingot("table", "drop-ref", "silver.speedtest_clean", "first")
    gone = warehouse.ingot("query", "SELECT * FROM silver.speedtest_clean FOR VERSION AS OF 'first'", check=False)
    assert gone.returncode == 1 and "no branch or tag 'first'" in gone.stderr
    for command in ("partitions", "manifests", "refs"):
        assert json.loads(warehouse.ingot("table", command, "silver.speedtest_clean", "--log-format", "json").stdout.splitlines()[0])


def test_a_lost_catalog(warehouse):
    """Goal: tables are restored from storage alone and the pipeline continues exactly once.
    Method: the catalog is deleted, every folder is registered."""
    several_runs(warehouse, 2)
    (warehouse.folder / "warehouse/catalog.db").unlink()
    for table in (*TABLES, "ops.runs", "ops.quality"):
        warehouse.ingot("register", table, warehouse.folder / "warehouse" / table.replace(".", "/"))
    check_tables(warehouse)
    fill(warehouse)
    warehouse.run()
    check_tables(warehouse)
    back = warehouse.ingot("unregister", "gold.speedtest_agg").stdout.split("ingot register ")[1].split()
    assert warehouse.ingot("table", "show", "gold.speedtest_agg", check=False).returncode == 1
    warehouse.ingot("register", *back)
    check_tables(warehouse)


@pytest.mark.parametrize("by_folder", [False, True])
def test_a_lost_catalog_after_another_writer(warehouse, by_folder):
    """Goal: the newest version of a table is found, not the one with the highest number.
    Method: PyIceberg, which numbers its metadata files from 0 again after the names of an earlier version of Ingot, and then
    Ingot write to a table; the catalog is lost."""
    for seed in (1, 2, 3):
        warehouse.ingot("generate", "--records", 10, "--seed", seed, "--to", warehouse.landing)
        warehouse.run()
    name = "silver.speedtest_clean"
    location = warehouse.pyiceberg().load_table(name).metadata_location
    earlier = location.replace(".metadata.json", "-7.metadata.json")
    os.rename(location.removeprefix("file://"), earlier.removeprefix("file://"))
    with sqlite3.connect(warehouse.folder / "warehouse/catalog.db") as catalog:
        catalog.execute("UPDATE iceberg_tables SET metadata_location = ? WHERE metadata_location = ?", (earlier, location))
    table = warehouse.pyiceberg().load_table(name)
    table.append(table.scan().to_arrow().slice(0, 1))
    assert "/00000-" in table.metadata_location
    warehouse.ingot("generate", "--records", 10, "--seed", 4, "--to", warehouse.landing)
    warehouse.run()
    rows, newest = warehouse.table_hash(name), warehouse.pyiceberg().load_table(name).metadata_location
    assert len(rows) == 41
    (warehouse.folder / "warehouse/catalog.db").unlink()
    told = warehouse.ingot("register", name, warehouse.folder / "warehouse/silver/speedtest_clean") if by_folder else None
    warehouse.ingot("register", "--all")
    assert warehouse.pyiceberg().load_table(name).metadata_location == newest and warehouse.table_hash(name) == rows
    assert told is None or "several" not in told.stderr
    assert warehouse.run()["gold"]["rows_in"] == 0


def test_doctor(warehouse):
    """Goal: a table is examined and repaired; exit code 1 reports an error. Method: a data file of gold is deleted."""
    several_runs(warehouse, 2)
    good = [json.loads(line) for line in warehouse.ingot("doctor", "--log-format", "json").stdout.splitlines()]
    assert {line["health"] for line in good} <= {"good", "could-be-better"}
    assert any(line["check"] == "offsets" and "without a gap" in line["detail"] for line in good)
    [file] = warehouse.query("SELECT file_path FROM gold.speedtest_agg.files LIMIT 1")
    (warehouse.folder / file["file_path"].removeprefix("file://")).unlink()
    bad = warehouse.ingot("doctor", "gold.speedtest_agg", check=False)
    assert bad.returncode == 1 and "1 files are missing" in bad.stdout
    assert warehouse.ingot("doctor", "gold.speedtest_agg", "--repair").returncode == 0
    costs = [json.loads(line) for line in warehouse.ingot("storage", "--log-format", "json").stdout.splitlines()]
    assert all(line["bytes"] == sum(line[f"{part}_bytes"] for part in ("current", "history", "metadata", "unneeded")) for line in costs)


@pytest.mark.parametrize("others", [False, True])
def test_following_maintains(warehouse, others):
    """Goal: a follower keeps its tables small and correct automatically, alone or with concurrent maintenance by an
    operator.
    Method: many commits with maintenance every half second. Other processes repeat all operations, including orphans
    of any age."""
    from conftest import INGOT

    environment = {"PATH": "/usr/bin:/bin", "INGOT_WAREHOUSE": str(warehouse.folder / "warehouse"), "INGOT_PIPELINE": str(warehouse.pipeline)}
    command = [INGOT, "run", "--follow", "--every", "100ms", "--maintain-every", "500ms", "--source", warehouse.landing, "--log-level", "info"]
    log, told = warehouse.folder / "follower.log", warehouse.folder / "follower.txt"
    with log.open("w") as errors, told.open("w") as reports, \
            subprocess.Popen(command, env=environment, stdout=reports, stderr=errors) as follower:
        for seed in range(400):
            if seed >= 40 and (others or "maintenance of silver.speedtest_clean" in log.read_text()):
                break
            before, deadline = told.stat().st_size, time.monotonic() + 300
            warehouse.ingot("generate", "--records", 500, "--users", 50, "--seed", seed + 7, "--start", "2026-01-01", "--to", warehouse.landing)
            while told.stat().st_size == before:  # until the follower has committed them
                assert follower.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
            if others and seed % 5 == 4:
                # Readers of a second ago have ended: a state older than that may expire.
                maintain(warehouse, *("5s" if word == "0s" and at == ALL.index("--older-than") + 1 else word for at, word in enumerate(ALL)), check=False)
        follower.terminate()
        follower.wait(timeout=300)
    assert follower.returncode == 0, log.read_text()
    assert others or "maintenance of silver.speedtest_clean" in log.read_text()
    check_tables(warehouse)


def test_copied_row_groups(warehouse):
    """Goal: large row groups are copied unchanged into one file, with the same rows for every reader.
    Method: three files of 100,000 records; DuckDB's own reader."""
    for seed in range(3):
        warehouse.ingot("generate", "--records", 100_000, "--seed", seed + 7, "--start", "2026-01-01", "--to", warehouse.landing)
        warehouse.run()
    sums = "count(*), count(DISTINCT _source_offset), round(sum(latency), 3), round(sum(download_speed), 3), min(location), max(epoch_us(timestamp))"
    before = warehouse.duckdb("silver.speedtest_clean", sums), warehouse.table_hash("silver.speedtest_clean")
    done = maintain(warehouse, "silver.speedtest_clean", "--compact", "--min-input-files", "2")[("silver.speedtest_clean", "compact")]
    assert (done["files_in"], done["files_out"]) == (3, 1)
    assert (warehouse.duckdb("silver.speedtest_clean", sums), warehouse.table_hash("silver.speedtest_clean")) == before
    [file] = warehouse.query("SELECT file_path, record_count FROM silver.speedtest_clean.files")
    path = file["file_path"].removeprefix("file://")
    metadata = pyarrow.parquet.ParquetFile(path).metadata
    assert metadata.num_row_groups == 3 and metadata.num_rows == file["record_count"]
    groups = f"SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata('{path}')"
    assert duckdb.sql(f"SELECT sum(row_group_num_rows) FROM ({groups})").fetchall() == [(metadata.num_rows,)]
    assert warehouse.query("SELECT count(*) AS n FROM silver.speedtest_clean WHERE latency < 50")[0]["n"] > 0


def test_bloom_filters(warehouse):
    """Goal: bloom filters by property are still right after row groups were copied.
    Method: DuckDB reads them, for existing offsets and others."""
    text = warehouse.pipeline.read_text()
    warehouse.pipeline = warehouse.folder / "pipeline.yaml"
    warehouse.pipeline.write_text(text.replace("silver:\n", 'silver:\n  properties: {write.parquet.bloom-filter-enabled.column._source_offset: "true"}\n', 1))
    for seed in range(2):
        warehouse.ingot("generate", "--records", 100_000, "--seed", seed + 7, "--start", "2026-01-01", "--to", warehouse.landing)
        warehouse.run()
    assert maintain(warehouse, "silver.speedtest_clean", "--compact", "--min-input-files", "2")[("silver.speedtest_clean", "compact")]["files_out"] == 1
    [file] = warehouse.query("SELECT file_path FROM silver.speedtest_clean.files")
    path = file["file_path"].removeprefix("file://")
    assert pyarrow.parquet.ParquetFile(path).metadata.num_row_groups == 2

    def excluded(offset):  # by row group
        return [row[-1] for row in duckdb.sql(f"SELECT * FROM parquet_bloom_probe('{path}', '_source_offset', {offset})").fetchall()]

    present = duckdb.sql(f"SELECT _source_offset FROM read_parquet('{path}') USING SAMPLE 50 ROWS").fetchall()
    assert not any(all(excluded(offset)) for (offset,) in present)
    assert sum(all(excluded(-offset)) for offset in range(10**12, 10**12 + 50)) > 40


def test_statistics(warehouse):
    """Goal: distinct values of each column are where SQL engines look for them.
    Method: PyIceberg finds and opens the file; DuckDB's exact counts; statistics of an expired snapshot are
    removed."""
    warehouse.ingot("generate", "--records", 60_000, "--seed", 3, "--start", "2026-01-01", "--to", warehouse.landing)
    warehouse.run()
    name = "silver.speedtest_clean"
    assert maintain(warehouse, name, "--statistics", "--dry-run")[(name, "statistics")]["rows"] > 50_000
    assert warehouse.pyiceberg().load_table(name).metadata.statistics == []
    done = maintain(warehouse, name, "--statistics")[(name, "statistics")]
    table = warehouse.pyiceberg().load_table(name)
    [entry] = table.metadata.statistics
    assert entry.snapshot_id == table.current_snapshot().snapshot_id and entry.file_size_in_bytes == done["bytes"]
    footer = PuffinFile(table.io.new_input(entry.statistics_path).open().read()).footer
    assert [blob.fields for blob in footer.blobs] == [blob.fields for blob in entry.blob_metadata]
    rows = table.scan().to_arrow()  # DuckDB refers to it by name
    assert done["rows"] == rows.num_rows and done["columns"] == len(entry.blob_metadata) == len(rows.schema)
    for blob in entry.blob_metadata:
        assert blob.type == "apache-datasketches-theta-v1"
        column = table.schema().find_column_name(blob.fields[0])
        [(exact,)] = duckdb.sql(f'SELECT count(DISTINCT "{column}") FROM rows').fetchall()
        assert math.isclose(int(blob.properties["ndv"]), exact, rel_tol=0.06), (column, exact)
    maintain(warehouse, name, "--compact", "--min-input-files", "2")
    warehouse.ingot("generate", "--records", 100, "--seed", 4, "--to", warehouse.landing)
    warehouse.run()
    maintain(warehouse, name, "--expire", "--older-than", "0s")
    assert warehouse.pyiceberg().load_table(name).metadata.statistics == []
    assert not pathlib.Path(entry.statistics_path.removeprefix("file://")).exists()
