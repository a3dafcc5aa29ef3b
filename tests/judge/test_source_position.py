"""The source position of records: which of several records with one key survives, and the column names in tables of
earlier versions."""

import json
import signal

import pytest
from conftest import Warehouse
from pyiceberg.types import StringType

PIPELINE = """pipeline: t
source: {files: landing, format: json, on_changed: reread}
fields:
  id:   {type: long}
  from: {type: string}
bronze: {table: b.t}
silver: {table: s.t, rules: [{name: named, not_null: from, else: quarantine}], unique: {key: [id], keep: first}}
gold: [{table: g.t, group: {from: from}, measures: {n: count(*)}}]
"""
BEFORE = {"_source": "_topic", "_source_partition": "_partition", "_source_offset": "_offset"}
POSITIONED = ("b.t", "s.t", "s.t_quarantine")


@pytest.fixture
def lake(tmp_path):
    pipeline = tmp_path / "pipeline.yaml"
    pipeline.write_text(PIPELINE)
    return Warehouse(tmp_path, pipeline)


def put(lake, name, *records):
    (lake.landing / name).write_text("".join(json.dumps({"id": id_, "from": text}) + "\n" for id_, text in records))


def silver(lake):
    return {row["id"]: row["from"] for row in lake.query("SELECT id, \"from\" FROM s.t")}


def test_the_lowest_position_stays(lake):
    """Goal: of records with one key in one run, the lowest position survives in every arrival order. An existing row
    of silver survives before any.
    Method: files that arrive in the opposite order of their names, a changed file, and keys at other offsets; then
    silver is rebuilt from bronze."""
    put(lake, "c.json", (1, "c"), (2, "c"), (3, "c"))
    lake.run("--stage", "bronze")
    put(lake, "b.json", (9, "b"), (9, "again"), (1, "b"), (2, "b"))  # at higher offsets than in c
    lake.run("--stage", "bronze")
    put(lake, "a.json", (8, "a"), (7, "a"), (6, "a"), (5, "a"), (2, "a"))
    lake.run("--stage", "bronze")
    put(lake, "b.json", (1, "changed"), (2, "changed"), (4, "changed"))  # another partition of the same source
    lake.run("--stage", "bronze")
    expected = {1: "b", 2: "a", 3: "c", 4: "changed", 5: "a", 6: "a", 7: "a", 8: "a", 9: "b"}
    report = lake.run()["silver"]
    assert silver(lake) == expected
    assert (report["rows_in"], report["rows_out"], report["rows_duplicate"]) == (15, 9, 6)
    put(lake, "0.json", (1, "late"), (10, "late"))
    lake.run()
    assert silver(lake) == expected | {10: "late"}
    for table in ("s.t", "s.t_quarantine", "g.t"):  # rebuild silver from all of bronze in one run
        lake.ingot("unregister", table)
        for file in (lake.folder / "warehouse" / table.replace(".", "/")).rglob("*.*"):
            file.unlink()
    lake.run()
    assert silver(lake) == expected | {1: "late", 10: "late"}


def rename_back(lake, tables=POSITIONED):
    """Renames the columns to those of an earlier version."""
    catalog = lake.pyiceberg()
    for name in tables:
        table = catalog.load_table(name)
        with table.update_schema() as update:
            for now, before in BEFORE.items():
                update.rename_column(now, before)
        with table.transaction() as change:
            change.set_properties({"write.parquet.bloom-filter-enabled.column._offset": "true"})
    return {name: catalog.load_table(name) for name in tables}


def old_lake(lake):
    put(lake, "a.json", (1, "a"), (2, "a"), (3, None))
    lake.run()
    old = rename_back(lake)
    bronze = old["b.t"]
    rows = bronze.scan().to_arrow()
    bronze.append(rows.slice(0, 1).set_column(rows.schema.get_field_index("id"), "id", [[77]]).set_column(
        rows.schema.get_field_index("_offset"), "_offset", [[10_000]]).cast(rows.schema))  # a snapshot that has the earlier names
    return {name: lake.pyiceberg().load_table(name) for name in POSITIONED}


def test_tables_of_earlier_versions(lake):
    """Goal: the columns are renamed once, by field id, as a metadata-only change; no reader sees other values.
    Method: PyIceberg renames the columns back, and also writes to one of the tables. The doctor before, a run, and
    each reader after; compaction over files of both names."""
    old = old_lake(lake)
    before = {name: table.metadata for name, table in old.items()}
    assert lake.ingot("doctor").returncode == 0
    assert {name: table.metadata_location for name, table in old.items()} == {
        name: lake.pyiceberg().load_table(name).metadata_location for name in POSITIONED}
    put(lake, "b.json", (1, "b"), (4, "b"), (5, None))
    told = lake.ingot("run").stderr
    for name in POSITIONED:
        for now, earlier in BEFORE.items():
            assert told.count(f"warning {name}: column {earlier}: renamed to {now}\n") == 1, told
    assert "renamed" not in lake.ingot("run").stderr
    assert silver(lake) == {1: "a", 2: "a", 77: "a", 4: "b"}
    for name in POSITIONED:
        table = lake.pyiceberg().load_table(name)
        ids = {field.name: field.field_id for field in before[name].schema().fields}
        for now, earlier in BEFORE.items():
            assert table.schema().find_field(now).field_id == ids[earlier]
        assert not set(BEFORE.values()) & set(table.schema().column_names)
        assert table.metadata.snapshots[:len(before[name].snapshots)] == before[name].snapshots
        assert "write.parquet.bloom-filter-enabled.column._source_offset" in table.properties
        assert "write.parquet.bloom-filter-enabled.column._offset" not in table.properties
        at = before[name].current_snapshot_id
        assert table.scan(snapshot_id=at).to_arrow().num_rows == len(lake.query(f"SELECT * FROM {name} FOR VERSION AS OF {at}")) > 0
    for _ in range(2):
        rows = lake.pyiceberg().load_table("b.t").scan().to_arrow().to_pylist()
        positions = {(row["_source"], row["_source_partition"], row["_source_offset"]) for row in rows}
        assert len(positions) == 7 == len(rows) and all(None not in position for position in positions)
        assert {tuple(row) for row in lake.duckdb("b.t", "_source, _source_partition, _source_offset")} == positions
        assert {tuple(row.values()) for row in lake.query("SELECT _source, _source_partition, _source_offset FROM b.t")} == positions
        lake.ingot("maintain", "--compact", "--min-input-files", "2")
    assert lake.ingot("doctor").returncode == 0


def test_silver_alone_renames_what_it_reads(lake):
    """Goal: a run of silver alone works on tables of earlier versions.
    Method: rows that are in bronze and not yet in silver."""
    old_lake(lake)
    lake.run("--stage", "silver")
    assert silver(lake) == {1: "a", 2: "a", 77: "a"}


@pytest.mark.parametrize("place", [f"{point}:{hit}" for point in ("commit.before_swap", "commit.after_swap", "catalog.answer") for hit in (1, 2, 3)])
def test_killed_while_renaming(lake, place):
    """Goal: each table has either all three earlier names or all three current names.
    Method: kill around each swap, read the tables, run again."""
    old_lake(lake)
    assert lake.ingot("run", check=False, env={"INGOT_FAULT": f"{place}=kill"}).returncode == -signal.SIGKILL
    for name in POSITIONED:
        columns = set(lake.pyiceberg().load_table(name).schema().column_names)
        assert (set(BEFORE) <= columns) != (set(BEFORE.values()) <= columns) and len((set(BEFORE) | set(BEFORE.values())) & columns) == 3, name
    lake.run()
    assert silver(lake) == {1: "a", 2: "a", 77: "a"}
    assert lake.ingot("doctor").returncode == 0


def test_a_name_that_is_taken(lake):
    """Goal: a column of another engine is neither read as the source nor renamed.
    Method: one of each new name; its owner renames it."""
    old = old_lake(lake)
    for now in BEFORE:
        with old["s.t"].update_schema() as update:
            update.add_column(now, StringType())
        rejected = lake.ingot("run", check=False)
        assert rejected.returncode == 1 and f"table s.t: column {now} exists" in rejected.stderr, rejected.stderr
        with old["s.t"].update_schema() as update:
            update.rename_column(now, f"theirs{now}")
    lake.run()
    assert silver(lake) == {1: "a", 2: "a", 77: "a"}


def test_earlier_names_in_a_pipeline_file(lake):
    """Goal: a pipeline file that sorts and partitions by the earlier names has the same meaning.
    Method: the metadata of the tables."""
    lake.pipeline.write_text(PIPELINE.replace("{table: b.t}", '{table: b.t, partition: "bucket(4, _offset)", sort: [_topic, _offset desc], '
                                              'properties: {write.parquet.bloom-filter-enabled.column._offset: "true"}}'))
    put(lake, "a.json", (1, "a"))
    lake.run()
    table = lake.pyiceberg().load_table("b.t")
    named = {field.field_id: field.name for field in table.schema().fields}
    assert [named[field.source_id] for field in table.spec().fields] == ["_source_offset"]
    assert [named[field.source_id] for field in table.sort_order().fields] == ["_source", "_source_offset"]
    assert "write.parquet.bloom-filter-enabled.column._source_offset" in table.properties
