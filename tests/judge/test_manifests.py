"""Manifests of other writers in every codec, and ours with partitions of every kind: PyIceberg writes, Ingot rewrites,
all read."""

import binascii
import datetime
import decimal
import math

import pyarrow as pa
import pyiceberg.avro.codecs
import pytest
from pyiceberg.avro.codecs.codec import Codec
from pyiceberg.expressions import EqualTo, IsNull
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (BucketTransform, DayTransform, HourTransform, IdentityTransform, MonthTransform,
                                  TruncateTransform, VoidTransform, YearTransform)
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType, LongType,
                             NestedField, StringType, TimestampType, TimestamptzType, TimeType, UUIDType)

TYPES = {"id": LongType(), "n": IntegerType(), "x": DoubleType(), "f": FloatType(), "small": DecimalType(9, 2),
         "large": DecimalType(38, 10), "place": StringType(), "flag": BooleanType(), "day": DateType(), "at": TimestampType(),
         "seen": TimestamptzType(), "user": UUIDType(), "time": TimeType(), "bytes": BinaryType(), "four": FixedType(4)}
SCHEMA = Schema(*(NestedField(i, name, kind) for i, (name, kind) in enumerate(TYPES.items(), 1)))
IDS = {name: i for i, name in enumerate(TYPES, 1)}
# PyIceberg writes no partitions by a uuid, by NaN, by buckets of a time, nor by truncated bytes.
SPECS = [[(name, IdentityTransform())] for name in TYPES if name not in ("id", "user")] + [
    [(name, BucketTransform(3))] for name in ("n", "id", "large", "place", "day", "at", "seen", "bytes", "four")] + [
    [(name, TruncateTransform(2))] for name in ("n", "id", "small", "place")] + [
    [(name, transform)] for transform in (YearTransform(), MonthTransform(), DayTransform()) for name in ("day", "at", "seen")] + [
    [("at", HourTransform())], [("seen", HourTransform())], [("n", VoidTransform()), ("flag", IdentityTransform())]]


class Snappy(Codec):
    """PyIceberg's Snappy codec needs an extra package."""

    @staticmethod
    def compress(data):
        packed = pa.compress(data, codec="snappy", asbytes=True) + binascii.crc32(data).to_bytes(4)
        return packed, len(packed)

    @staticmethod
    def decompress(data):
        size, shift = 0, 0
        for byte in data:  # the uncompressed length comes first
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        return pa.decompress(data[:-4], decompressed_size=size, codec="snappy", asbytes=True)


def rows_of(part: int) -> list[dict]:
    """Returns two rows of a file and one of nulls: negative numbers, odd floats, bytes that are not text."""
    rows = []
    for i in (2 * part, 2 * part + 1):
        moment = datetime.datetime(1969 + part * 20, 12, 31, 23, 59, 59, 999_999 - i)
        rows.append({
            "id": i, "n": -7 * part, "x": [1.5, -0.0, math.inf, 2.5][part], "f": [1.5, 0.5, -0.25, -math.inf][part],
            "small": decimal.Decimal((0, (part, 5, 0), -2)), "large": decimal.Decimal((1, (part, *[3] * 30), -10)),
            "place": ["", "Zürich / ü=1", "\U0001f600 a", "NULL"][part], "flag": part % 2 == 0, "day": moment.date(), "at": moment,
            "seen": moment.replace(tzinfo=datetime.UTC), "user": bytes([part, 255] * 8), "time": moment.time(),
            "bytes": bytes([255, part, 0]), "four": bytes([part, 0, 254, 1])})
    return rows + [{"id": 100 + part}]


def table_of(warehouse, spec=PartitionSpec(), **properties):
    catalog = warehouse.foreign_catalog()
    table = catalog.create_table("x.t", SCHEMA, partition_spec=spec, properties=properties)
    for part in range(4):
        table.append(pa.Table.from_pylist(rows_of(part), schema=table.schema().as_arrow()))
    return table


def seen(table, **options) -> list[str]:
    return sorted(map(repr, table.refresh().scan(**options).to_arrow().to_pylist()))


@pytest.mark.parametrize("codec", ["uncompressed", "gzip", "zstd", "snappy"])
def test_codecs(warehouse, monkeypatch, codec):
    """Goal: manifests are read with every compression. Method: PyIceberg writes in each codec of Iceberg."""
    monkeypatch.setitem(pyiceberg.avro.codecs.KNOWN_CODECS, "snappy", Snappy)
    monkeypatch.setitem(pyiceberg.avro.codecs.CODEC_MAPPING_ICEBERG_TO_AVRO, "uncompressed", "null")
    table = table_of(warehouse, **{"write.avro.compression-codec": codec})
    [manifest] = {entry["path"] for entry in warehouse.query("SELECT path FROM x.t.manifests LIMIT 1")}
    head = open(manifest.removeprefix("file://"), "rb").read(8192)
    name = {"uncompressed": b"null", "gzip": b"deflate", "zstd": b"zstandard"}.get(codec, b"snappy")
    assert head[head.index(b"avro.codec") + 11:].startswith(name)
    assert warehouse.query("SELECT count(*) AS n, sum(id) AS ids FROM x.t") == [{"n": 12, "ids": sum(range(8)) + 406}]
    assert warehouse.query("SELECT count(*) AS n FROM x.t WHERE id >= 6 AND id < 8") == [{"n": 2}]


@pytest.mark.parametrize("fields", SPECS, ids=lambda fields: "-".join(f"{name}_{transform}" for name, transform in fields))
def test_partitions(warehouse, fields):
    """Goal: partition values of every type and transform are written unchanged.
    Method: Ingot deletes rows, compacts and rewrites manifests in a table of PyIceberg. PyIceberg then reads the same
    rows, finds them by partition, and continues to write."""
    table = table_of(warehouse, PartitionSpec(*(
        PartitionField(IDS[name], 1000 + i, transform, f"part_{i}") for i, (name, transform) in enumerate(fields))))
    before = seen(table, row_filter="id != 3")
    partitions = {repr(row["partition"]) for row in table.inspect.partitions().to_pylist()}
    warehouse.ingot("table", "delete", "x.t", "--where", "id = 3")
    assert seen(table) == before
    for operation in ("--compact", "--manifests"):
        warehouse.ingot("maintain", "x.t", operation, "--min-input-files", "2")
        assert seen(table) == before
    left = {repr(row["partition"]) for row in table.inspect.partitions().to_pylist()}
    assert left <= partitions and len(partitions) - len(left) <= 1  # the partition of the deleted row
    warehouse.ingot("doctor", "x.t")
    name = fields[-1][0]
    if name != "id":
        found = table.scan(row_filter=IsNull(name)).to_arrow()
        assert sorted(found["id"].to_pylist()) == [100, 101, 102, 103]
    assert 4 in table.scan(row_filter=EqualTo(name, rows_of(2)[0][name])).to_arrow()["id"].to_pylist()
    for i in (4, 100):  # Ingot finds the partition too
        assert warehouse.query(f"SELECT count(*) AS n FROM x.t WHERE \"{name}\" IS NOT DISTINCT FROM (SELECT \"{name}\" FROM x.t WHERE id = {i})")[0]["n"] >= 1
    table.append(pa.Table.from_pylist(rows_of(3), schema=table.schema().as_arrow()))
    assert warehouse.query("SELECT count(*) AS n FROM x.t") == [{"n": 14}] and len(warehouse.duckdb("x.t", "id")) == 14
