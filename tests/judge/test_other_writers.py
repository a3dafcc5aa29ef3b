"""Tables of other writers: their properties and rows stay, and their writers can still read them."""

import pathlib
import re

import pyarrow as pa
import pytest
from pyiceberg import manifest as m
from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.update import AddSnapshotUpdate, AssertRefSnapshotId, SetSnapshotRefUpdate
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record
from pyiceberg.types import LongType, NestedField, StringType, UUIDType

ALL = ("--compact", "--manifests", "--expire", "--orphans", "--older-than", "0s", "--orphans-older-than", "0s", "--min-input-files", "2")


def rows_of(warehouse, name):
    return sorted(map(repr, warehouse.pyiceberg().load_table(name).scan().to_arrow().to_pylist()))


@pytest.mark.parametrize("codec", ["none", "gzip"])
def test_numbers_of_metadata_files(warehouse, codec):
    """Goal: metadata files are numbered in the order of the commits, whoever commits.
    Method: Ingot and PyIceberg commit by turns; the numbers that PyIceberg reads, and the form of the names."""
    name, numbers = "silver.speedtest_clean", []

    def add_number():
        location = warehouse.pyiceberg().load_table(name).metadata_location
        number = MetastoreCatalog._parse_metadata_version(location)
        assert re.fullmatch(r"\d{5}-[0-9a-f-]{36}(\.gz)?\.metadata\.json", pathlib.Path(location).name), location
        assert not numbers or number > numbers[-1], (location, numbers)
        numbers.append(number)

    for seed in range(4):
        warehouse.ingot("generate", "--records", 10, "--seed", seed, "--to", warehouse.landing)
        warehouse.run()
        add_number()
        with warehouse.pyiceberg().load_table(name).transaction() as transaction:
            transaction.set_properties({"write.metadata.compression-codec": codec, "turn": str(seed)})
        add_number()
    assert numbers[1::2] == [number + 1 for number in numbers[::2]]
    names = [file.name for file in (warehouse.folder / "warehouse").glob("*/*/metadata/*.metadata.json")]
    assert len(names) == len(set(names)) and all(MetastoreCatalog._parse_metadata_version(name) >= 0 for name in names)


def test_format_1(warehouse):
    """Goal: tables of format 1 are maintained in format 1, and upgraded where row-level deletes need it.
    Method: PyIceberg's table; rows of PyIceberg, DuckDB and Ingot before and after all operations; an upgrade and a
    delete."""
    catalog = warehouse.foreign_catalog()
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "name", StringType()))
    table = catalog.create_table("x.t", schema, partition_spec=PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name")),
                                 properties={"format-version": "1", "write.parquet.compression-codec": "ZSTD"})
    for i in range(0, 12, 2):
        table.append(pa.table({"id": pa.array([i, i + 1], pa.int64()), "name": ["a", None]}))
    table.delete("id = 3")
    before = rows_of(warehouse, "x.t")
    warehouse.ingot("maintain", "x.t", *ALL)
    after = warehouse.pyiceberg().load_table("x.t")
    assert after.metadata.format_version == 1
    assert len(list(after.scan().plan_files())) == 2
    assert rows_of(warehouse, "x.t") == before
    assert warehouse.duckdb("x.t", "count(*), sum(id)") == [(11, 63)]
    assert warehouse.query("SELECT count(*) AS n, sum(id) AS s FROM x.t") == [{"n": 11, "s": 63}]
    after.append(pa.table({"id": pa.array([100], pa.int64()), "name": ["a"]}))
    assert "table upgrade" in warehouse.ingot("table", "delete", "x.t", "--where", "id = 4", check=False).stderr
    warehouse.ingot("table", "upgrade", "x.t")
    warehouse.ingot("table", "delete", "x.t", "--where", "id = 4")
    assert warehouse.pyiceberg().load_table("x.t").metadata.format_version == 2
    # DuckDB rejects format 1 manifests in format 2 tables if an entry is not new. In the specification their sequence
    # number is 0.
    assert len(rows_of(warehouse, "x.t")) == 11
    assert warehouse.query("SELECT count(*) AS n, sum(id) AS s FROM x.t") == [{"n": 11, "s": 159}]


def test_identifier_fields(warehouse):
    """Goal: identifier fields, required columns and column docs of another engine survive runs and maintenance.
    Method: PyIceberg sets them on silver, whose rules require neither; PyIceberg reads the table after new records."""
    rules = warehouse.pipeline.read_text()
    assert "not_null: [timestamp, user_id, upload_speed, download_speed, latency, location]" in rules
    warehouse.pipeline = warehouse.folder / "pipeline.yaml"
    warehouse.pipeline.write_text(rules.replace("timestamp, user_id, upload_speed, download_speed, latency, location]", "timestamp, location]"))
    warehouse.ingot("generate", "--records", 500, "--start", "2026-01-01", "--to", warehouse.landing)
    warehouse.run()
    table = warehouse.pyiceberg().load_table("silver.speedtest_clean")
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.update_column("user_id", required=True, doc="who")
        update.update_column("latency", required=True)
        update.set_identifier_fields("user_id")
    rows = table.scan().to_arrow().num_rows
    warehouse.ingot("generate", "--records", 100, "--seed", 3, "--start", "2026-01-02", "--to", warehouse.landing)
    rows += warehouse.run()["silver"]["rows_out"]
    warehouse.ingot("maintain", "silver.speedtest_clean", "--compact", "--min-input-files", "2")
    table = warehouse.pyiceberg().load_table("silver.speedtest_clean")
    assert table.schema().find_field("latency").required
    field = table.schema().find_field("user_id")
    assert (field.required, field.doc, table.schema().identifier_field_ids) == (True, "who", [field.field_id])
    assert table.scan().to_arrow().num_rows == rows


@pytest.mark.parametrize("bounded", [True, False])
def test_uuids_in_the_order_of_java(warehouse, bounded):
    """Goal: UUID bounds that were compared as signed numbers, as in Java, hide no row.
    Method: such bounds of the file and of the partition; each row is queried."""
    import uuid

    catalog = warehouse.foreign_catalog()
    ids = [uuid.UUID(int=(first << 120) + 7) for first in (0x10, 0x7F, 0x80, 0xF0)]
    table = catalog.create_table("x.u", Schema(NestedField(1, "u", UUIDType()), NestedField(2, "n", LongType())))
    table.append(pa.table({"u": pa.array([i.bytes for i in ids], pa.binary(16)), "n": pa.array(range(4), pa.int64())}))
    parent = table.current_snapshot()
    file = next(iter(table.scan().plan_files())).file
    lower, upper = (ids[2].bytes, ids[1].bytes) if bounded else (None, None)
    entry = m.DataFile.from_args(content=m.DataFileContent.DATA, file_path=file.file_path, file_format=m.FileFormat.PARQUET, partition=Record(), record_count=4,
                                 file_size_in_bytes=file.file_size_in_bytes, value_counts={1: 4}, null_value_counts={1: 0},
                                 lower_bounds={1: lower} if lower else None, upper_bounds={1: upper} if upper else None)
    snapshot_id, folder = 77, f"{table.location()}/metadata/java"
    with m.ManifestWriterV2(table.spec(), table.schema(), table.io.new_output(f"{folder}-m.avro"), snapshot_id, "deflate") as writer:
        writer.add_entry(m.ManifestEntry.from_args(status=m.ManifestEntryStatus.ADDED, snapshot_id=snapshot_id, data_file=entry))
    sequence = table.metadata.last_sequence_number + 1
    with m.write_manifest_list(2, table.io.new_output(f"{folder}-l.avro"), snapshot_id, parent.snapshot_id, sequence, "deflate") as manifests:
        manifests.add_manifests([writer.to_manifest_file()])
    snapshot = Snapshot(snapshot_id=snapshot_id, parent_snapshot_id=parent.snapshot_id, sequence_number=sequence, manifest_list=f"{folder}-l.avro",
                        summary=Summary(Operation.OVERWRITE), schema_id=0)
    catalog.commit_table(table, (AssertRefSnapshotId(ref="main", snapshot_id=parent.snapshot_id),),
                         (AddSnapshotUpdate(snapshot=snapshot), SetSnapshotRefUpdate(ref_name="main", snapshot_id=snapshot_id, type="branch")))
    for n, u in enumerate(ids):
        assert warehouse.query(f"SELECT n FROM x.u WHERE u = '{u}'") == [{"n": n}]
        assert warehouse.query(f"SELECT count(*) AS c FROM x.u WHERE u >= '{u}'") == [{"c": 4 - n}]
