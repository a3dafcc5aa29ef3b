"""Data files of other writers: their Arrow types at every depth, without field ids, with INT96 timestamps. PyArrow,
PyIceberg and DuckDB are the judges."""

import datetime
import decimal
import json
import os
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType, ListType, LongType,
                             MapType, NestedField, StringType, StructType, TimestampType, TimestamptzType, TimeType, UUIDType)

D = decimal.Decimal
TEXTS = ["a", None, "a text that no view holds inline", ""]
BYTES = [b"a", None, b"bytes that no view holds inline", b""]
MOMENTS = [datetime.datetime(2024, 7, 19, 1, 2, 3), None, datetime.datetime(1969, 12, 31), datetime.datetime(1970, 1, 1)]
DECIMALS = [D("1.50"), None, D("-5.00"), D("99.99")]
NUMBERS, REALS = [1, None, 5, 100], [1.5, None, -5.0, 0.0]
DAYS = [datetime.date(2024, 7, 19), None, datetime.date(1969, 12, 31), datetime.date(1970, 1, 1)]
TIMES = [datetime.time(1, 2, 3), None, datetime.time(23, 59, 59), datetime.time(0)]
IDS = [b"0123456789abcdef", None, b"\x80" + b"\0" * 15, b"\xff" * 16]

# The table's type, the values, and the types that files use for them.
KINDS = [
    (BooleanType(), [True, None, False, True], [pa.bool_()]),
    (IntegerType(), NUMBERS, [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]),
    (LongType(), NUMBERS, [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]),
    (FloatType(), REALS, [pa.float16(), pa.float32()]),
    (DoubleType(), REALS, [pa.float16(), pa.float32(), pa.float64()]),
    (DecimalType(9, 2), DECIMALS, [pa.decimal32(7, 2), pa.decimal64(12, 2), pa.decimal128(9, 2), pa.decimal128(20, 2), pa.decimal256(50, 2)]),
    (DateType(), DAYS, [pa.date32(), pa.date64()]),
    (TimeType(), TIMES, [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")]),
    (TimestampType(), MOMENTS, [pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")]),
    (TimestamptzType(), MOMENTS, [pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in ("UTC", "Europe/Berlin", "+02:00")]),
    (StringType(), TEXTS, [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.large_string()), pa.json_()]),
    (BinaryType(), BYTES, [pa.binary(), pa.large_binary(), pa.binary_view(), pa.dictionary(pa.int32(), pa.binary())]),
    (UUIDType(), IDS, [pa.binary(16), pa.uuid(), pa.binary()]),
    (FixedType(16), IDS, [pa.binary(16), pa.large_binary()]),
]
KINDS += [(table_type, [None] * 4, [pa.null()]) for table_type in (IntegerType(), StringType(), DecimalType(9, 2), TimestampType())]


def column(values, kind):
    """Returns the values as an array of the type."""
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, pa.array(values, kind.storage_type))
    if pa.types.is_timestamp(kind) and kind.tz:
        return pa.array(values, pa.timestamp(kind.unit)).cast(pa.timestamp(kind.unit, "UTC")).cast(kind)
    if pa.types.is_binary(kind) and any(isinstance(value, str) for value in values):
        values = [None if value is None else value.encode() for value in values]
    return pa.array(values, kind)


def nested(name, table_type, array):
    """Returns [(name, the table's type, array)]: the column, and it within struct, list, map and list of structs. The
    table assigns the ids."""
    offsets, numbers = pa.array([0, 0, 1, 3, 4], pa.int32()), pa.array(range(4), pa.int32())
    record, record_type = pa.StructArray.from_arrays([array], ["v"]), StructType(NestedField(0, "v", table_type))
    return [(f"{name}_{place}", of, made) for place, of, made in (
        ("top", table_type, array),
        ("struct", record_type, record),
        ("list", ListType(0, table_type, False), pa.ListArray.from_arrays(offsets, array)),
        ("large_list", ListType(0, table_type, False), pa.LargeListArray.from_arrays(offsets.cast(pa.int64()), array)),
        ("map", MapType(0, IntegerType(), 1, table_type, False), pa.MapArray.from_arrays(offsets, numbers, array)),
        ("list_of_struct", ListType(0, record_type, False), pa.ListArray.from_arrays(offsets, record)))]


def with_ids(field, table_field):
    """Returns Arrow's field with the field ids of the table's field, at every depth."""
    kind, table_type = field.type, table_field.field_type
    if isinstance(table_type, StructType):
        kind = pa.struct([with_ids(kind.field(i), member) for i, member in enumerate(table_type.fields)])
    elif isinstance(table_type, MapType):
        kind = pa.map_(with_ids(kind.key_field, table_type.key_field), with_ids(kind.item_field, table_type.value_field))
    elif isinstance(table_type, ListType):
        kind = (pa.large_list if pa.types.is_large_list(kind) else pa.list_)(with_ids(kind.value_field, table_type.element_field))
    return pa.field(field.name, kind, field.nullable, {"PARQUET:field_id": str(table_field.field_id)})


def create(catalog, name, columns):
    return catalog.create_table(name, Schema(*[NestedField(number, column, of) for number, (column, of, _) in enumerate(columns, 1)]))


def write(table, name, columns, **options):
    path = data_path(table, name)
    schema = pa.schema([with_ids(pa.field(column, array.type), table.schema().find_field(column)) for column, _, array in columns])
    pq.write_table(pa.Table.from_arrays([array for _, _, array in columns], schema=schema), path, **options)
    return path


def add_file(table, path, partition=None):
    rows = pq.read_metadata(path).num_rows
    file = DataFile.from_args(content=DataFileContent.DATA, file_path=f"file://{path}", file_format=FileFormat.PARQUET, partition=partition or Record(),
                              record_count=rows, file_size_in_bytes=os.path.getsize(path))
    file.spec_id = table.spec().spec_id
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
        append.append_data_file(file)


def data_path(table, name):
    path = table.location().removeprefix("file://") + "/data/" + name
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def test_arrow_types_at_every_depth(warehouse):
    """Goal: for every Arrow type at every depth, a file gives the same rows as one with the table's own types, also
    after compaction.
    Method: one file has each type in six positions, another has plain types. `ingot query` reads both before and after
    `maintain --compact`."""
    catalog, n = warehouse.foreign_catalog(), ("n", LongType(), pa.array(range(4), pa.int64()))
    stored, plain = [n], [n]
    for number, (table_type, values, kinds) in enumerate(KINDS):
        for place, kind in enumerate(kinds):
            made = nested(f"c{number}_{place}", table_type, column(values, kind))
            try:
                pq.write_table(pa.table({name: array for name, _, array in made}), warehouse.folder / "try.parquet")
            except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
                continue  # PyArrow does not write it
            own = Schema(NestedField(1, "x", table_type)).as_arrow().field(0).type
            own = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary(), pa.uuid(): pa.binary(16)}.get(own, own)
            stored += made
            plain += nested(f"c{number}_{place}", table_type, column(values, own))
    assert len(stored) > 250, "PyArrow writes most of them"
    rows = {}
    for name, columns in (("plain", plain), ("stored", stored), ("sorted", stored)):
        table = create(catalog, f"x.{name}", columns)
        for number in range(2):
            add_file(table, write(table, f"{number}.parquet", columns))
        rows[name] = warehouse.query(f"SELECT * FROM x.{name} ORDER BY n")
    assert rows["plain"][0]["c10_0_struct"] == {"v": "a"}
    assert rows["plain"][4]["c10_0_list_of_struct"] == [{"v": None}, {"v": TEXTS[2]}]
    for name, order in (("stored", []), ("sorted", ["--sort-by", "n"])):
        assert differing(rows[name], rows["plain"]) == set()
        done = warehouse.ingot("maintain", f"x.{name}", "--compact", "--min-input-files", 2, *order)
        assert "2 files" in done.stdout
        assert differing(warehouse.query(f"SELECT * FROM x.{name} ORDER BY n"), rows["plain"]) == set()


def differing(ours, theirs):
    return {name for one, other in zip(ours, theirs, strict=True) for name in other if one[name] != other[name]}


def test_values_that_do_not_fit_are_named(warehouse):
    """Goal: a value that the table's type cannot hold is an error with file, column and types, at every depth. It
    never becomes another value.
    Method: files with such values in struct and list."""
    catalog = warehouse.foreign_catalog()
    for number, (table_type, values, kind) in enumerate((
            (LongType(), [2**63], pa.uint64()), (IntegerType(), [2**31], pa.int64()), (DecimalType(9, 2), [D("1.234")], pa.decimal128(9, 3)),
            (DecimalType(4, 2), [D("100.00")], pa.decimal128(9, 2)), (StringType(), [b"\xff"], pa.binary()), (UUIDType(), [b"short"], pa.binary()),
            (TimestampType(), [1], pa.timestamp("ns")), (LongType(), ["text"], pa.string()), (FloatType(), [0.1], pa.float64()))):
        for name, of, array in nested("c", table_type, column([None, None, None, *values], kind)):
            table = create(catalog, f"x.{name}{number}", [(name, of, array)])
            path = write(table, "a.parquet", [(name, of, array)])
            add_file(table, path)
            commands = [["query", f"SELECT * FROM x.{name}{number}"]]
            if name == "c_list_of_struct":
                add_file(table, write(table, "b.parquet", [(name, of, array)]))
                commands.append(["maintain", f"x.{name}{number}", "--compact", "--min-input-files", 2])
            for arguments in commands:
                done = warehouse.ingot(*arguments, check=False)
                assert done.returncode == 1, (arguments, done.stdout, done.stderr)
                assert os.path.dirname(path) in done.stderr and f"column {name}" in done.stderr and "does not fit" in done.stderr, done.stderr


def test_rows_deleted_by_literals_of_each_type(warehouse):
    """Goal: `table delete` takes a literal exactly: beyond 64 bits, with all digits of a decimal, as a time.
    Method: neighbouring values; the ids that PyIceberg reads afterwards."""
    catalog = warehouse.foreign_catalog()
    least, most = -2**63, 2**63 - 1
    long = D("1234567890123456789012345678.1234567890")
    cases = [(LongType(), pa.int64(), [least, -1, 0, most], {f"v >= {least}": [], f"v < {most + 1}": [], f"v > {least}": [0], f"v = {2**64}": [0, 1, 2, 3],
                                                          "v > 0.5": [0, 1, 2], f"v between {least - 1} and -1": [2, 3]}),
             (DoubleType(), pa.float64(), [-1e300, 0.0, 2.0**63, 1e300], {f"v < {2**63}": [2, 3], f"v > {10**300}": [0, 1, 2, 3]}),
             (DecimalType(38, 10), pa.decimal128(38, 10), [long, D("1234567890123456789012345678.1234567891"), D(0), D(5)],
              {f"v = {long}": [1, 2, 3], f"v > {long}": [0, 2, 3], "v > 1e60": [0, 1, 2, 3], f"v < {10**60}": []}),
             (TimestampType(), pa.timestamp("us"), [0, 1, 2, 3], {"v >= '1970-01-01T00:00:00.000001'": [0]}),
             (TimeType(), pa.time64("us"), [0, 1, 2, 3], {"v < '00:00:00.000002'": [2, 3]})]
    for number, (table_type, kind, values, conditions) in enumerate(cases):
        for place, (condition, left) in enumerate(conditions.items()):
            table = catalog.create_table(f"x.t{number}_{place}", Schema(NestedField(1, "id", LongType()), NestedField(2, "v", table_type)))
            table.append(pa.table({"id": pa.array(range(4), pa.int64()), "v": pa.array(values, kind)}))
            warehouse.ingot("table", "delete", f"x.t{number}_{place}", "--where", condition)
            assert sorted(table.refresh().scan().to_arrow()["id"].to_pylist()) == left, condition
    for none in ("v < 1.2.3", "v < 1e", "v < 1e400"):
        rejected = warehouse.ingot("table", "delete", "x.t0_0", "--where", none, check=False)
        assert rejected.returncode == 2 and none.split()[-1] in rejected.stderr


def test_files_without_field_ids(warehouse):
    """Goal: columns of a file without field ids are never matched by position. The partition gives the value, or a
    name mapping gives the column. Otherwise the file is rejected with the property to set. Compaction loses nothing.
    Method: a Hive-like file without its partition column and with a nested one."""
    catalog = warehouse.foreign_catalog()
    schema = Schema(NestedField(1, "p", StringType()), NestedField(2, "a", StringType()), NestedField(3, "s", StructType(NestedField(4, "x", LongType()), NestedField(5, "y", LongType()))),
                    NestedField(6, "l", ListType(7, StructType(NestedField(8, "z", LongType())), False)))
    table = catalog.create_table("x.t", schema, partition_spec=PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "p")))
    rows = pa.table({"a": ["a1", "a2"], "s": [{"y": 2, "x": 1}, None], "l": [[{"z": 3}], None], "other": [1, 2]})
    for number, partition in enumerate(("x", None, "x", None)):
        path = data_path(table, f"{number}.parquet")
        pq.write_table(rows, path)
        add_file(table, path, Record(partition))
    assert warehouse.query("SELECT p, count(*) AS n FROM x.t GROUP BY p ORDER BY p") == [{"p": "x", "n": 4}, {"p": None, "n": 4}]
    for arguments in (["query", "SELECT * FROM x.t"], ["query", "SELECT s.x FROM x.t"], ["maintain", "x.t", "--compact", "--min-input-files", 2]):
        done = warehouse.ingot(*arguments, check=False)
        assert done.returncode == 1 and "schema.name-mapping.default" in done.stderr and "data file" in done.stderr, done.stderr
    mapping = done.stderr[done.stderr.index("[{"):done.stderr.rindex("]") + 1]
    json.loads(mapping)
    with table.transaction() as transaction:
        transaction.set_properties({"schema.name-mapping.default": mapping})
    values = (("a1", {"x": 1, "y": 2}, [{"z": 3}]), ("a2", None, None))
    wanted = [{"p": p, "a": a, "s": s, "l": l} for p in ("x", None) for a, s, l in values for _ in range(2)]
    assert warehouse.query("SELECT * FROM x.t ORDER BY p, a") == wanted
    assert "4 files" in warehouse.ingot("maintain", "x.t", "--compact", "--min-input-files", 2).stdout
    assert warehouse.query("SELECT * FROM x.t ORDER BY p, a") == wanted
    theirs = sorted(warehouse.duckdb("x.t", "p, a, s, l"), key=lambda row: (row[0] is None, row[1]))
    assert theirs == [tuple(row.values()) for row in wanted]


def test_int96(warehouse):
    """Goal: INT96 timestamps are microseconds in every year.
    Method: sentinels of Hive and nanoseconds, at the top level and in a list."""
    catalog = warehouse.foreign_catalog()
    moments = pa.array([1577836800123456789, 0, -1], pa.timestamp("ns"))
    columns = [("n", LongType(), pa.array([0, 1, 2], pa.int64())), ("moment", TimestampType(), moments), ("zoned", TimestamptzType(), moments),
               ("l", ListType(0, TimestampType(), False), pa.ListArray.from_arrays([0, 2, 2, 3], moments))]
    table = create(catalog, "x.t", columns)
    path = write(table, "a.parquet", columns, use_deprecated_int96_timestamps=True)
    assert pq.ParquetFile(path).schema.column(1).physical_type == "INT96"
    add_file(table, path)
    far = pa.array([datetime.datetime(9999, 12, 31, 23, 59, 59), datetime.datetime(1, 1, 1)], pa.timestamp("us"))
    add_file(table, write(table, "b.parquet", [("n", LongType(), pa.array([3, 4], pa.int64())), ("moment", TimestampType(), far)], use_deprecated_int96_timestamps=True))
    got = warehouse.query("SELECT n, moment::VARCHAR AS moment, zoned, l FROM x.t ORDER BY n")
    assert [row["moment"] for row in got] == ["2020-01-01 00:00:00.123456", "1970-01-01 00:00:00", "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59", "0001-01-01 00:00:00"]
    assert [row["l"] for row in got][:2] == [["2020-01-01T00:00:00.123456", "1970-01-01T00:00:00"], []]


@pytest.mark.parametrize("seed", range(3))
def test_nested_rows_beyond_the_first_vector(warehouse, seed):
    """Goal: nested columns of every row are right, for every batch of rows that the engine takes.
    Method: PyIceberg writes random nested rows in three files; `ingot query` is compared with PyIceberg, for all rows
    and for a filter."""
    draw = random.Random(seed)

    def struct(depth):
        fields = [NestedField(0, "n", LongType()), NestedField(0, "t", StringType())]
        if depth:
            fields += [NestedField(0, "s", struct(depth - 1)), NestedField(0, "l", ListType(0, struct(depth - 1), False)), NestedField(0, "m", MapType(0, StringType(), 0, struct(depth - 1), False))]
        return StructType(*[NestedField(number, field.name, field.field_type) for number, field in enumerate(fields)])

    def value(depth):
        if draw.random() < 0.15:
            return None
        made = {"n": draw.randrange(1000), "t": draw.choice(["", "x", "some longer text", None])}
        if depth:
            made |= {"s": value(depth - 1), "l": [value(depth - 1) for _ in range(draw.randrange(3))], "m": [(f"k{i}", value(depth - 1)) for i in range(draw.randrange(3))]}
        return made

    table = warehouse.foreign_catalog().create_table("x.t", Schema(NestedField(1, "id", LongType()), NestedField(2, "c", struct(2))))
    kinds = table.schema().as_arrow()
    for begin, end in ((0, 5000), (5000, 7048), (7048, 7050)):
        table.append(pa.Table.from_pylist([{"id": i, "c": value(2)} for i in range(begin, end)], schema=kinds))

    def plain(made):
        if isinstance(made, dict):
            return {name: plain(one) for name, one in made.items()}
        if isinstance(made, list):
            return dict((key, plain(one)) for key, one in made) if made and isinstance(made[0], tuple) else [plain(one) for one in made]
        return made

    theirs = {row["id"]: plain(row["c"]) for row in table.scan().to_arrow().to_pylist()}
    ours = warehouse.query("SELECT id, to_json(c) AS c FROM x.t")
    assert len(ours) == 7050
    for row in ours:
        got = json.loads(row["c"]) if row["c"] is not None else None
        assert json.dumps(got, sort_keys=True).replace("{}", "[]") == json.dumps(theirs[row["id"]], sort_keys=True).replace("{}", "[]"), row["id"]
