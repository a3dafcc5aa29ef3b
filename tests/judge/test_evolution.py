"""Tables with a changed schema, a changed partition spec and row-level deletes: every reader has equal rows."""

import json

import pytest
from conftest import ROOT
from pyiceberg.transforms import IdentityTransform


def silver_rows(warehouse):
    return warehouse.pyiceberg().load_table("silver.speedtest_clean").scan().to_arrow()


def test_a_new_field_in_the_pipeline_file(warehouse):
    """Goal: an edit of the pipeline file changes the data schema; old rows read as null.
    Method: a field is added between two runs; PyIceberg, DuckDB and Ingot read old and new rows."""
    warehouse.ingot("generate", "--records", 2000, "--to", warehouse.landing)
    warehouse.run()
    text = (ROOT / "pipelines/speedtest.yaml").read_text()
    text = text.replace("  location:       {type: string}\n", "  location:       {type: string}\n  jitter:         {type: double, unit: ms}\n")
    text = text.replace("      share_slow:", "      max_jitter: max(jitter)\n      share_slow:")
    warehouse.pipeline = warehouse.folder / "edited.yaml"
    warehouse.pipeline.write_text(text)
    records = [json.loads(line) | {"jitter": 1.5} for line in warehouse.ingot("generate", "--records", 500, "--seed", 9, "--to", "-").stdout.splitlines()]
    (warehouse.landing / "with-jitter.jsonl").write_text("\n".join(map(json.dumps, records)))
    warehouse.ingot("apply", "--rebuild")  # the measure is new, too
    warehouse.run()
    for table in ("bronze.speedtest_raw", "silver.speedtest_clean"):
        rows = warehouse.pyiceberg().load_table(table).scan().to_arrow()
        assert (rows.num_rows, rows["jitter"].null_count) == (2500, 2000)
        assert warehouse.duckdb(table, "count(*), count(jitter), sum(jitter)") == [(2500, 500, 750.0)]
        assert warehouse.query(f"SELECT count(*) AS n, count(jitter) AS j FROM {table}") == [{"n": 2500, "j": 500}]
    assert warehouse.query("SELECT max(max_jitter) AS j FROM gold.speedtest_agg") == [{"j": 1.5}]


@pytest.mark.parametrize("version", [2, 3])
def test_a_default(warehouse, version):
    """Goal: a record that lacks a field gets its default. Rows older than the column keep null, in format 3 too. A record
    that does not fit gets none.
    Method: fields with defaults are added between two runs; PyIceberg and Ingot read old and new rows."""
    text = (ROOT / "pipelines/speedtest.yaml").read_text()
    for layer in ("bronze", "silver"):
        text = text.replace(f"{layer}:\n", f"{layer}:\n  properties: {{format-version: {version}}}\n")
    warehouse.pipeline = warehouse.folder / "edited.yaml"
    warehouse.pipeline.write_text(text)
    warehouse.ingot("generate", "--records", 2000, "--to", warehouse.landing)
    warehouse.run()
    added = "  jitter:         {type: double, unit: ms, from_unit: us, default: 0.5}\n  device:         {type: string, default: 'a \"new\" one'}\n"
    warehouse.pipeline.write_text(text.replace("  location:       {type: string}\n", "  location:       {type: string}\n" + added))
    records = [json.loads(line) for line in warehouse.ingot("generate", "--records", 500, "--seed", 9, "--to", "-").stdout.splitlines()]
    for i, record in enumerate(records):
        record |= {"jitter": 1500, "device": "phone"} if i % 2 else {"device": None}
    lines = [*map(json.dumps, records), "no JSON"]
    (warehouse.landing / "more.jsonl").write_text("\n".join(lines))
    warehouse.ingot("apply", "--forward-only")
    warehouse.run()
    wanted = {(1.5, "phone"): 250, (0.5, 'a "new" one'): 250}
    for name, quarantined in (("bronze.speedtest_raw", 1), ("silver.speedtest_clean", 0)):
        expected = wanted | {(None, None): 2000 + quarantined}
        rows = warehouse.pyiceberg().load_table(name).scan(selected_fields=("jitter", "device")).to_arrow().to_pylist()
        theirs, ours = ({}, {})
        for row in rows:
            theirs[row["jitter"], row["device"]] = theirs.get((row["jitter"], row["device"]), 0) + 1
        for row in warehouse.query(f"SELECT jitter, device, count(*) AS n FROM {name} GROUP BY ALL"):
            ours[row["jitter"], row["device"]] = row["n"]
        assert ours == expected, name
        assert theirs == expected, name


def test_nanoseconds(warehouse):
    """Goal: in format 3 times keep their nanoseconds through all layers and compaction.
    Method: RFC 3339 and epoch numbers, also before 1970, out of range and invalid; the rows of PyIceberg and Ingot."""
    text = (ROOT / "pipelines/speedtest.yaml").read_text().replace("day(timestamp)", "day(measured)")
    for layer in ("bronze", "silver"):
        text = text.replace(f"{layer}:\n", f"{layer}:\n  properties: {{format-version: 3}}\n")
    warehouse.pipeline = warehouse.folder / "nanoseconds.yaml"
    times = "  measured:       {type: timestamptz_ns, unit: rfc3339}\n  counted:        {type: timestamptz_ns, unit: ns}\n"
    warehouse.pipeline.write_text(text.replace("  location:       {type: string}\n", "  location:       {type: string}\n" + times))
    base = json.loads(warehouse.ingot("generate", "--records", 1, "--to", "-").stdout)
    samples = [("2026-01-01T00:00:00.123456789Z", 1767225600123456789), ("1969-12-31T23:59:59.999999999Z", -1),
               ("2026-01-02T01:00:00.5+01:00", 1767312000500000000), ("1960-01-01T00:00:00.000000001Z", -315619199999999999)]
    for number, (measured, counted) in enumerate(samples):
        records = [base | {"timestamp": base["timestamp"] + number, "measured": measured, "counted": counted}]
        if number == 0:
            records += [base | {"measured": "2300-01-01T00:00:00Z"}, base | {"measured": "soon"}, base | {"counted": 1.5}]
        (warehouse.landing / f"{number}.jsonl").write_text("\n".join(map(json.dumps, records)) + "\n")
        warehouse.run()
    for _ in range(2):
        rows = silver_rows(warehouse)
        assert str(rows.schema.field("measured").type) == "timestamp[ns, tz=UTC]"
        for column in ("measured", "counted"):
            assert sorted(rows[column].cast("int64").to_pylist()) == sorted(counted for _, counted in samples), column
        mine = warehouse.query("SELECT epoch_ns(measured) AS m, epoch_ns(counted) AS c, measured FROM silver.speedtest_clean ORDER BY 1")
        assert [(row["m"], row["c"]) for row in mine] == [(n, n) for n in sorted(counted for _, counted in samples)]
        assert "00:00:00.123456789" in mine[2]["measured"]
        errors = [row["_error"] for row in warehouse.query("SELECT _error FROM silver.speedtest_quarantine ORDER BY _source_offset")]
        assert [error.split(":")[0] for error in errors] == ["measured", "measured", "counted"] and "out of range of timestamptz_ns" in errors[0]
        warehouse.ingot("maintain", "--compact", "--min-input-files", "2")
    assert len(list((warehouse.folder / "warehouse/silver/speedtest_clean/data").iterdir())) == 4  # one folder per day
    warehouse.pipeline.write_text(text.replace("format-version: 3", "format-version: 2").replace("day(measured)", "day(timestamp)").replace("  location:       {type: string}\n", "  location:       {type: string}\n" + times)
                                  .replace("ze.speedtest_", "ze.other_").replace("ver.speedtest_", "ver.other_").replace("gold.speedtest_", "gold.other_"))
    rejected = warehouse.ingot("run", check=False)
    assert rejected.returncode != 0 and "measured is timestamptz_ns, which requires format 3" in rejected.stderr


def test_renamed_dropped_and_widened_by_pyiceberg(warehouse):
    """Goal: columns are found by field id.
    Method: PyIceberg renames, drops, reorders and widens; Ingot reads the same as PyIceberg."""
    from pyiceberg.types import LongType

    warehouse.ingot("generate", "--records", 1000, "--to", warehouse.landing)
    warehouse.run()
    table = warehouse.pyiceberg().load_table("silver.speedtest_clean")
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.rename_column("location", "city")
        update.delete_column("_run_id")
        update.update_column("_source_partition", LongType())
        update.move_first("latency")
    expected = table.scan().to_arrow()
    mine = warehouse.query("SELECT * FROM silver.speedtest_clean")
    assert list(mine[0]) == expected.column_names and list(mine[0])[0] == "latency"
    assert sorted((row["city"], row["latency"], row["_source_partition"]) for row in mine) == sorted(zip(*(expected[c].to_pylist() for c in ("city", "latency", "_source_partition"))))


def test_partition_spec_evolution(warehouse):
    """Goal: files of an old and a new spec are in one table.
    Method: PyIceberg adds a partition field, Ingot continues to write."""
    warehouse.ingot("generate", "--records", 1000, "--to", warehouse.landing)
    warehouse.run()
    for name in ("bronze.speedtest_raw", "silver.speedtest_clean"):
        table = warehouse.pyiceberg().load_table(name)
        with table.update_spec() as update:
            update.add_field("location", IdentityTransform(), "place")
    warehouse.ingot("generate", "--records", 1500, "--seed", 2, "--to", warehouse.landing)
    warehouse.run()
    rows = silver_rows(warehouse)
    assert rows.num_rows == 2500
    tasks = warehouse.pyiceberg().load_table("silver.speedtest_clean").scan().plan_files()
    assert {task.file.spec_id for task in tasks} == {0, 1}
    assert warehouse.duckdb("silver.speedtest_clean", "count(*)") == [(2500,)]
    assert warehouse.query("SELECT count(*) AS n FROM silver.speedtest_clean WHERE location = 'Tokyo'") == [{"n": rows["location"].to_pylist().count("Tokyo")}]


def test_deletes_by_pyiceberg(warehouse):
    """Goal: rows that another engine deleted stay deleted, and the stages continue.
    Method: PyIceberg deletes one city."""
    warehouse.ingot("generate", "--records", 3000, "--to", warehouse.landing)
    warehouse.run()
    table = warehouse.pyiceberg().load_table("silver.speedtest_clean")
    table.delete("location == 'London'")
    left = silver_rows(warehouse)
    assert "London" not in set(left["location"].to_pylist())
    assert warehouse.query("SELECT count(*) AS n, count(*) FILTER (WHERE location = 'London') AS l FROM silver.speedtest_clean") == [{"n": left.num_rows, "l": 0}]
    warehouse.ingot("generate", "--records", 300, "--seed", 5, "--to", warehouse.landing)
    assert warehouse.run()["silver"]["rows_out"] == 300


def add_position_deletes(table, file, positions):
    """Writes a position delete file for one data file with PyIceberg's manifest writers; its table API writes none."""
    import uuid

    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyiceberg import manifest as m
    from pyiceberg.table.snapshots import Operation, Snapshot, Summary
    from pyiceberg.table.update import AddSnapshotUpdate, AssertRefSnapshotId, SetSnapshotRefUpdate

    metadata, snapshot_id = table.metadata, uuid.uuid4().int >> 65
    folder = f"{table.location()}/metadata/{uuid.uuid4()}"
    columns = pa.schema([
        pa.field("file_path", pa.string(), False, metadata={"PARQUET:field_id": "2147483546"}),
        pa.field("pos", pa.int64(), False, metadata={"PARQUET:field_id": "2147483545"}),
    ])
    path = f"{folder}-deletes.parquet"
    pq.write_table(pa.table({"file_path": [file.file_path] * len(positions), "pos": positions}, schema=columns), path.removeprefix("file://"))
    deletes = m.DataFile.from_args(
        content=m.DataFileContent.POSITION_DELETES, file_path=path, file_format=m.FileFormat.PARQUET, partition=file.partition,
        record_count=len(positions), file_size_in_bytes=table.io.new_input(path).__len__(),
    )
    deletes.spec_id = file.spec_id

    class DeleteWriter(m.ManifestWriterV2):
        def content(self):
            return m.ManifestContent.DELETES

        @property
        def _meta(self):
            return {**super()._meta, "content": "deletes"}

    with DeleteWriter(table.spec(), table.schema(), table.io.new_output(f"{folder}-m0.avro"), snapshot_id, "deflate") as writer:
        writer.add_entry(m.ManifestEntry.from_args(status=m.ManifestEntryStatus.ADDED, snapshot_id=snapshot_id, data_file=deletes))
    added, parent = writer.to_manifest_file(), table.current_snapshot()
    sequence = metadata.last_sequence_number + 1
    with m.write_manifest_list(2, table.io.new_output(f"{folder}-list.avro"), snapshot_id, parent.snapshot_id, sequence, "deflate") as manifests:
        manifests.add_manifests([added, *parent.manifests(table.io)])
    snapshot = Snapshot(
        snapshot_id=snapshot_id, parent_snapshot_id=parent.snapshot_id, sequence_number=sequence, manifest_list=f"{folder}-list.avro",
        summary=Summary(Operation.DELETE), schema_id=metadata.current_schema_id,
    )
    table.catalog.commit_table(
        table,
        (AssertRefSnapshotId(ref="main", snapshot_id=parent.snapshot_id),),
        (AddSnapshotUpdate(snapshot=snapshot), SetSnapshotRefUpdate(ref_name="main", snapshot_id=snapshot_id, type="branch")),
    )


def test_position_deletes_are_applied(warehouse):
    """Goal: rows under position deletes are deleted for every reader, and the stages continue.
    Method: every third row of a silver file is deleted by position; counts and sums of PyIceberg, DuckDB and Ingot."""
    warehouse.ingot("generate", "--records", 3000, "--start", "2026-01-01", "--to", warehouse.landing)
    warehouse.run()
    table = warehouse.pyiceberg().load_table("silver.speedtest_clean")
    task = max(table.scan().plan_files(), key=lambda task: task.file.record_count)
    before = silver_rows(warehouse).num_rows
    gone = list(range(0, task.file.record_count, 3))
    add_position_deletes(table, task.file, gone)
    left = silver_rows(warehouse)
    assert left.num_rows == before - len(gone)
    total = pytest.approx(sum(left["latency"].to_pylist()))
    assert warehouse.query("SELECT count(*) AS n, sum(latency) AS s FROM silver.speedtest_clean") == [{"n": left.num_rows, "s": total}]
    assert warehouse.duckdb("silver.speedtest_clean", "count(*), sum(latency)") == [(left.num_rows, total)]
    warehouse.ingot("generate", "--records", 100, "--seed", 3, "--start", "2026-01-01", "--to", warehouse.landing)
    assert warehouse.run()["silver"]["rows_out"] == 100
    assert silver_rows(warehouse).num_rows == left.num_rows + 100


def test_rollback(warehouse):
    """Goal: `table rollback` restores an older state that every reader sees.
    Method: two commits, back to the first."""
    warehouse.ingot("generate", "--records", 100, "--to", warehouse.landing)
    warehouse.run()
    first = json.loads(warehouse.ingot("table", "history", "silver.speedtest_clean", "--log-format", "json").stdout.splitlines()[0])
    warehouse.ingot("generate", "--records", 200, "--seed", 2, "--to", warehouse.landing)
    warehouse.run()
    assert silver_rows(warehouse).num_rows == 300
    warehouse.ingot("table", "rollback", "silver.speedtest_clean", "--snapshot", first["snapshot_id"])
    assert silver_rows(warehouse).num_rows == 100
    # Gold was computed from rows that no longer exist: the run reports it and does not guess.
    lost = warehouse.ingot("run", "--stage", "gold", check=False)
    assert lost.returncode == 1 and "rolled back" in lost.stderr
    [_, oldest] = map(json.loads, warehouse.ingot("table", "history", "gold.speedtest_agg", "--log-format", "json").stdout.splitlines())
    warehouse.ingot("table", "rollback", "gold.speedtest_agg", "--snapshot", oldest["snapshot_id"])
    # The stages read their marks from the tables: silver consumes the second snapshot of bronze again.
    assert warehouse.run()["silver"]["rows_in"] == 200
    assert warehouse.query("SELECT sum(tests)::BIGINT AS n FROM gold.speedtest_agg") == [{"n": 300}]
    assert silver_rows(warehouse).num_rows == 300


def test_real_measurements(mlab):
    """Goal: the 115 real results arrive with the values that their README defines.
    Method: throughput and minimum RTT from the JSON itself, compared with silver and gold as PyIceberg reads them."""
    import gzip
    import statistics

    mlab.run()
    expected = {}
    for file in sorted(mlab.landing.iterdir()):
        data = file.read_bytes()
        document = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        direction = "Download" if document.get("Download") else "Upload"
        last = document[direction]["ServerMeasurements"][-1]["TCPInfo"]
        moved = last["BytesAcked" if direction == "Download" else "BytesReceived"]
        expected[document[direction]["UUID"]] = (direction.lower(), 8 * moved / last["ElapsedTime"], last["MinRTT"] / 1000, document["ClientIP"])
    rows = mlab.pyiceberg().load_table("silver.ndt7_clean").scan().to_arrow().to_pylist()
    assert len(rows) == len(expected) == 115
    for row in rows:
        direction, throughput, min_rtt, client = expected[row["test_id"]]
        assert (row["direction"], row["client"]) == (direction, client)
        assert (row["throughput"], row["min_rtt"]) == (pytest.approx(throughput), pytest.approx(min_rtt))
    gold = mlab.pyiceberg().load_table("gold.ndt7_hourly").scan().to_arrow().to_pylist()
    assert sum(row["tests"] for row in gold) == 115
    [uploads] = [row for row in gold if row["direction"] == "upload"]
    assert uploads["avg_throughput"] == pytest.approx(statistics.fmean(v[1] for v in expected.values() if v[0] == "upload"))
    before = mlab.table_hash("bronze.ndt7_raw")
    assert mlab.run()["bronze"]["rows_in"] == 0 and mlab.table_hash("bronze.ndt7_raw") == before
