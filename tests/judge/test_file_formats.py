"""Data files in ORC, Avro and Parquet: the rows that were written, and damage that is detected and reported."""

import datetime
import decimal
import json
import pathlib
import random
import subprocess
import uuid

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet
import pytest
from conftest import INGOT
from pyiceberg.avro.file import AvroOutputFile
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent, ManifestWriterV2
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import (
    BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType, ListType, LongType, MapType, NestedField,
    StringType, StructType, TimestampType, TimestamptzType, TimeType, UUIDType,
)

# PyIceberg's Avro writer does not write null elements.
SCHEMA, WITHOUT_NULL_ELEMENTS = (Schema(
    NestedField(1, "id", LongType(), required=False),
    NestedField(2, "flag", BooleanType(), required=False),
    NestedField(3, "small", IntegerType(), required=False),
    NestedField(4, "f", FloatType(), required=False),
    NestedField(5, "d", DoubleType(), required=False),
    NestedField(6, "price", DecimalType(12, 2), required=False),
    NestedField(7, "day", DateType(), required=False),
    NestedField(8, "at", TimeType(), required=False),
    NestedField(9, "local", TimestampType(), required=False),
    NestedField(10, "moment", TimestamptzType(), required=False),
    NestedField(11, "name", StringType(), required=False),
    NestedField(12, "key", UUIDType(), required=False),
    NestedField(13, "four", FixedType(4), required=False),
    NestedField(14, "bytes", BinaryType(), required=False),
    NestedField(15, "tags", ListType(20, StringType(), element_required=required), required=False),
    NestedField(16, "counts", MapType(21, StringType(), 22, LongType(), value_required=required), required=False),
    NestedField(17, "place", StructType(NestedField(23, "x", IntegerType(), required=False), NestedField(24, "at", TimeType(), required=False),
                                        NestedField(25, "key", UUIDType(), required=False)), required=False),
    NestedField(18, "points", ListType(26, StructType(NestedField(27, "when", TimestampType(), required=False)), element_required=required), required=False),
) for required in (False, True))


def row(i, null=None):
    if i % 7 == 3:
        return {"id": i}
    when = datetime.datetime(2024, 2, 29, 23, 59, 59, 999999) - datetime.timedelta(days=137 * i, microseconds=i)
    return {
        "id": i, "flag": i % 2 == 0, "small": i - 5, "f": i / 4, "d": i / 3, "price": (decimal.Decimal(-1234567 * i) / 100).quantize(decimal.Decimal("0.01")), "day": when.date(), "at": when.time(),
        "local": when, "moment": when.replace(tzinfo=datetime.timezone.utc), "name": f"näme {i}" * (i % 3), "key": uuid.UUID(int=i << 90 | 5), "four": b"ab\0" + bytes([i % 256]),
        "bytes": bytes(range(i % 5)), "tags": [null and "n", "a", "b"][: i % 4], "counts": {f"k{j}": j if j else null for j in range(i % 3)},
        "place": {"x": i, "at": when.time(), "key": uuid.UUID(int=i)} if i % 5 else None, "points": [{"when": when}, null and {"when": None}][: i % 3],
    }


def plain(value):
    """Returns a row in its JSON form, for every reader."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def file_field(field, orc):
    """Returns a field as a file stores it: for ORC, the attributes and types of the specification's appendix A."""
    attributes = {}
    if field.metadata:
        attributes["iceberg.id" if orc else "PARQUET:field_id"] = field.metadata[b"PARQUET:field_id"].decode()
    kind = field.type
    if isinstance(kind, pa.UuidType):
        kind = pa.binary(16)
        attributes["iceberg.binary-type"] = "UUID"
    elif pa.types.is_fixed_size_binary(kind):
        attributes |= {"iceberg.binary-type": "FIXED", "iceberg.length": str(kind.byte_width)}
    if orc and pa.types.is_time(kind):
        kind, attributes["iceberg.long-type"] = pa.int64(), "TIME"
    elif orc and pa.types.is_fixed_size_binary(kind):
        kind = pa.binary()
    elif pa.types.is_struct(kind):
        kind = pa.struct([file_field(child, orc) for child in kind])
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = pa.list_(file_field(kind.value_field, orc))
    elif pa.types.is_map(kind):
        kind = pa.map_(file_field(kind.key_field, orc), file_field(kind.item_field, orc))
    elif pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        kind = pa.string() if pa.types.is_large_string(kind) else pa.binary()
    return pa.field(field.name, kind, field.nullable, metadata=attributes)


def for_arrow(value, kind):
    """Converts a value to the types of file_field()."""
    if value is None:
        return None
    if isinstance(value, uuid.UUID):
        return value.bytes
    if isinstance(value, datetime.time) and pa.types.is_int64(kind):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000000 + value.microsecond
    if pa.types.is_struct(kind):
        return {child.name: for_arrow(value.get(child.name), child.type) for child in kind}
    if pa.types.is_map(kind):
        return [(k, for_arrow(v, kind.item_type)) for k, v in value.items()]
    if pa.types.is_list(kind):
        return [for_arrow(v, kind.value_type) for v in value]
    return value


def for_avro(value, kind):
    if value is None:
        return None
    if isinstance(kind, StructType):
        return Record(*(for_avro(value.get(f.name), f.field_type) for f in kind.fields))
    if isinstance(kind, ListType):
        return [for_avro(v, kind.element_type) for v in value]
    if isinstance(value, datetime.datetime):
        epoch = datetime.datetime(1970, 1, 1, tzinfo=value.tzinfo)
        return (value - epoch) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - datetime.date(1970, 1, 1)).days
    if isinstance(value, datetime.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000000 + value.microsecond
    return value


def write(path, rows, schema, kind, ids=True, codec=None, **described):
    if kind == "AVRO":
        from pyiceberg.io.pyarrow import PyArrowFileIO

        with AvroOutputFile(PyArrowFileIO().new_output(str(path)), schema, "t", metadata={"avro.codec": codec or "deflate"}) as out:
            for begin in range(0, len(rows), 100):
                out.write_block([for_avro(r, schema.as_struct()) for r in rows[begin : begin + 100]])
    else:
        fields = [file_field(f, kind == "ORC") for f in schema_to_pyarrow(schema)]
        if not ids:
            fields = [f.remove_metadata() for f in fields]
        table = pa.table([pa.array([for_arrow(r.get(f.name), f.type) for r in rows], f.type) for f in fields], schema=pa.schema(fields))
        if kind == "ORC":
            pa.orc.write_table(table, path, compression=codec or "zstd", stripe_size=64 << 10)
        else:
            pa.parquet.write_table(table, path)
    described = {"content": DataFileContent.DATA} | described
    empty = {name: {} for name in ("column_sizes", "value_counts", "null_value_counts", "nan_value_counts", "lower_bounds", "upper_bounds")}
    return DataFile.from_args(file_path=f"file://{path}", file_format=FileFormat[kind], partition=Record(), record_count=len(rows),
                              file_size_in_bytes=path.stat().st_size, **empty, **described)


def append(table, files):
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as producer:
        for file in files:
            file.spec_id = 0
            producer.append_data_file(file)


def query(warehouse, sql):
    return [plain(json.loads(line)) for line in warehouse.ingot("query", sql, "--format", "json").stdout.splitlines()]


def rows_for(kind, begin, end):
    return [row(i, null=-1 if kind == "AVRO" else None) for i in range(begin, end)]


@pytest.fixture
def table(warehouse, kind):
    return warehouse.foreign_catalog().create_table("x.t", WITHOUT_NULL_ELEMENTS if kind == "AVRO" else SCHEMA)


@pytest.mark.parametrize("kind, codec", [("ORC", "zstd"), ("ORC", "zlib"), ("ORC", "snappy"), ("ORC", "lz4"), ("ORC", "uncompressed"), ("AVRO", "deflate"), ("AVRO", "null"), ("AVRO", "zstandard")])
def test_every_type(warehouse, table, tmp_path, kind, codec):
    """Goal: a file of another format gives the rows of a Parquet file, also projected, filtered, in time travel and
    after compaction.
    Method: the same rows as Parquet and ORC by pyarrow, and by PyIceberg's Avro writer, of every type, nested, with
    nulls."""
    if codec in ("null", "zstandard"):
        pytest.importorskip("zstandard")
    schema, rows = table.schema(), rows_for(kind, 0, 300)
    append(warehouse.pyiceberg().create_table("x.p", schema), [write(tmp_path / "a.parquet", rows, schema, "PARQUET")])
    append(table, [write(tmp_path / f"a.{kind}", rows, schema, kind, codec=codec)])
    expected = query(warehouse, "SELECT * FROM x.p ORDER BY id")
    assert len(expected) == 300
    assert query(warehouse, "SELECT * FROM x.t ORDER BY id") == expected
    assert query(warehouse, 'SELECT id, place.key AS k, points[1]."when" AS w FROM x.t WHERE price < -100 ORDER BY id') == query(
        warehouse, 'SELECT id, place.key AS k, points[1]."when" AS w FROM x.p WHERE price < -100 ORDER BY id')
    assert query(warehouse, "SELECT count(*) AS n FROM x.t") == [{"n": 300}]
    old = table.current_snapshot().snapshot_id
    append(table, [write(tmp_path / f"b.{kind}", rows_for(kind, 300, 400), schema, kind, codec=codec)])
    assert query(warehouse, f"SELECT * FROM x.t FOR VERSION AS OF {old} ORDER BY id") == expected
    before = query(warehouse, "SELECT * FROM x.t ORDER BY id")
    for command in (["table", "files", "x.t"], ["doctor", "x.t", "--scrub"], ["storage", "x.t"], ["maintain", "x.t", "--compact", "--min-input-files", "2"]):
        warehouse.ingot(*command)
    assert query(warehouse, "SELECT * FROM x.t ORDER BY id") == before
    after = warehouse.pyiceberg().load_table("x.t")
    assert {task.file.file_format for task in after.scan().plan_files()} == {FileFormat.PARQUET}
    assert after.scan().to_arrow().num_rows == 400


KEYS = Schema(NestedField(1, "id", LongType(), required=False))
POSITIONS = Schema(NestedField(2147483546, "file_path", StringType(), required=True), NestedField(2147483545, "pos", LongType(), required=True))


@pytest.mark.parametrize("kind", ["ORC", "AVRO"])
def test_deletes(warehouse, table, tmp_path, monkeypatch, kind):
    """Goal: delete files of any format delete rows by position and by value in data of any format.
    Method: data, then both kinds of delete files. PyIceberg commits them; its manifest writer is changed to write
    delete manifests."""
    data = write(tmp_path / f"a.{kind}", rows_for(kind, 0, 300), table.schema(), kind)
    append(table, [data])
    positions = write(tmp_path / f"p.{kind}", [{"file_path": data.file_path, "pos": i} for i in (0, 5, 299)], POSITIONS, kind,
                      content=DataFileContent.POSITION_DELETES)
    values = write(tmp_path / f"e.{kind}", [{"id": i} for i in (7, 250)], KEYS, kind, content=DataFileContent.EQUALITY_DELETES, equality_ids=[1])
    with monkeypatch.context() as patched:
        patched.setattr(ManifestWriterV2, "content", lambda self: ManifestContent.DELETES)
        append(table, [positions, values])
    left = [i for i in range(300) if i not in (0, 5, 7, 250, 299)]
    assert [r["id"] for r in query(warehouse, "SELECT id FROM x.t ORDER BY id")] == left
    assert query(warehouse, "SELECT count(*) AS n FROM x.t") == [{"n": len(left)}]
    warehouse.ingot("doctor", "x.t", "--scrub")
    warehouse.ingot("maintain", "x.t", "--compact", "--min-input-files", "1")
    assert [r["id"] for r in query(warehouse, "SELECT id FROM x.t ORDER BY id")] == left


def test_name_mapping(warehouse, tmp_path):
    """Goal: ORC files without ids get them from the table's name mapping.
    Method: columns in another order than the table's, one under an old name."""
    catalog = warehouse.foreign_catalog()
    schema = Schema(NestedField(1, "id", LongType(), required=False), NestedField(2, "name", StringType(), required=False))
    mapping = [{"field-id": 1, "names": ["id"]}, {"field-id": 2, "names": ["name", "old"]}]
    table = catalog.create_table("x.t", schema, properties={"schema.name-mapping.default": json.dumps(mapping)})
    file = Schema(NestedField(2, "old", StringType(), required=False), NestedField(1, "id", LongType(), required=False))
    append(table, [write(tmp_path / "a.orc", [{"id": i, "old": str(i)} for i in range(3)], file, "ORC", ids=False)])
    assert query(warehouse, "SELECT * FROM x.t ORDER BY id") == [{"id": i, "name": str(i)} for i in range(3)]


@pytest.mark.parametrize("kind", ["ORC", "AVRO"])
def test_damaged_file(warehouse, table, tmp_path, kind):
    """Goal: a damaged ORC or Avro file gives its rows or an error that names it, never a crash.
    Method: seeded bit flips, zeros and cuts."""
    path = tmp_path / f"a.{kind}"
    append(table, [write(path, rows_for(kind, 0, 300), table.schema(), kind)])
    good, chance = path.read_bytes(), random.Random(11)
    for _ in range(25):
        damaged = bytearray(good)
        at = chance.randrange(len(good))
        match chance.randrange(3):
            case 0:
                damaged[at] ^= 1 << chance.randrange(8)
            case 1:
                damaged[at : at + 64] = bytes(len(damaged[at : at + 64]))
            case 2:
                del damaged[at:]
        path.write_bytes(damaged)
        done = warehouse.ingot("query", "SELECT * FROM x.t", "--format", "json", check=False)
        assert done.returncode == 0 or (done.returncode in (1, 2) and path.name in done.stderr), (done.returncode, done.stderr)


def test_one_flipped_bit_in_parquet(warehouse):
    """Goal: a flipped bit in an Ingot file never gives other rows. --scrub finds it, unless it is in an unused byte.
    Method: seeded flips in files of silver and gold; PyIceberg also reads the checksums of the pages."""
    warehouse.ingot("generate", "--records", 3000, "--seed", 3, "--start", "2026-01-01", "--to", warehouse.landing)
    warehouse.run()
    chance = random.Random(5)
    for name in ("silver.speedtest_clean", "gold.speedtest_agg"):
        rows = warehouse.ingot("query", f"SELECT * FROM {name} ORDER BY ALL", "--format", "json").stdout
        files = [pathlib.Path(task.file.file_path.removeprefix("file://")) for task in warehouse.pyiceberg().load_table(name).scan().plan_files()]
        for _ in range(20):
            path = chance.choice(files)
            good = path.read_bytes()
            damaged = bytearray(good)
            damaged[chance.randrange(len(good))] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            done = warehouse.ingot("query", f"SELECT * FROM {name} ORDER BY ALL", "--format", "json", check=False)
            assert done.stdout == rows if done.returncode == 0 else path.name in done.stderr, done.stderr
            scrubbed = warehouse.ingot("doctor", name, "--scrub", "--log-format", "json", check=False)
            findings = [json.loads(line) for line in scrubbed.stdout.splitlines()]
            found = [f for f in findings if f["check"] == "scrub" and path.name in f.get("detail", "")]
            assert scrubbed.returncode == 1 if found else done.returncode == 0, (findings, done.stderr)
            path.write_bytes(good)
        pa.parquet.read_table(files[0], page_checksum_verification=True)
    assert warehouse.ingot("doctor", "--scrub").returncode == 0
