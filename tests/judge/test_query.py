"""`ingot query` skips files that a statement does not need: its results must equal those of DuckDB on all rows."""

import datetime
import decimal
import json
import math
import random
import re
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform
from pyiceberg.typedef import Record
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FloatType, IntegerType, LongType,
                             NestedField, StringType, TimestampType, TimestamptzType, TimeType, UUIDType)

TYPES = {"id": LongType(), "n": IntegerType(), "x": DoubleType(), "f": FloatType(), "amount": DecimalType(9, 2),
         "place": StringType(), "flag": BooleanType(), "day": DateType(), "at": TimestampType(), "seen": TimestamptzType(),
         "user": UUIDType(), "time": TimeType(), "bytes": BinaryType()}
SCHEMA = Schema(*(NestedField(i, name, kind) for i, (name, kind) in enumerate(TYPES.items(), 1)))
UTC = datetime.timezone.utc
SPECS = {
    "plain": PartitionSpec(),
    "day": PartitionSpec(PartitionField(10, 1000, DayTransform(), "seen_day"), PartitionField(2, 1001, IdentityTransform(), "n")),
    "bucket": PartitionSpec(PartitionField(6, 1000, BucketTransform(4), "place_bucket"),
                            PartitionField(1, 1001, TruncateTransform(10), "id_trunc")),
}


def row(chance: random.Random, around: int) -> dict:
    """Returns a row of a file. Values within a file are close to each other, so that bounds are selective; some are
    odd."""
    odd = chance.random() < 0.05
    moment = datetime.datetime(2026, 1, 1) + datetime.timedelta(days=around, microseconds=chance.randrange(86_400_000_000))
    values = {
        "id": around * 100 + chance.randrange(100), "n": around % 3, "x": around + chance.random(),
        "f": around + chance.randrange(8) / 8, "amount": decimal.Decimal(around * 100 + chance.randrange(100)) / 100,
        "place": chr(97 + around) + chance.choice(["", " x", "'s (y) AND z", "ÿ" * 9, "long" * 9, "\U0010ffff", "\n"]),
        "flag": around % 2 == 0, "day": moment.date(), "at": moment, "seen": moment.replace(tzinfo=UTC),
        "user": uuid.UUID(int=around << 124 | chance.randrange(1 << 100)), "time": moment.time(), "bytes": bytes([around, 255])}
    if odd:
        values["x"] = chance.choice([math.nan, math.inf, -math.inf, -0.0])
        values["f"] = chance.choice([math.nan, math.inf])
    return {name: None if chance.random() < 0.05 else value for name, value in values.items()}


def literal(value, chance: random.Random) -> str:
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time, uuid.UUID)):
        return f"'{value}'"
    if isinstance(value, str):
        return "'" + (value[:1] if chance.random() < 0.3 else value).replace("'", "''") + "'"
    if isinstance(value, bytes):
        return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB"
    if isinstance(value, float):
        return f"'{value}'::DOUBLE" if not math.isfinite(value) or chance.random() < 0.3 else repr(value)
    return str(value)


def condition(rows: list[dict], chance: random.Random, depth: int = 0) -> str:
    kind = chance.random()
    if depth < 3 and kind < 0.45:
        one, other = (condition(rows, chance, depth + 1) for _ in range(2))
        return f"({one} {chance.choice(['AND', 'OR'])} {other})" if kind < 0.4 else f"NOT ({one})"
    column = chance.choice(list(TYPES))
    values = [value for value in (chance.choice(rows)[column] for _ in range(4)) if value is not None]
    if kind > 0.95 or not values:
        return f'"{column}" IS {chance.choice(["", "NOT "])}NULL'
    low, high = (literal(value, chance) for value in (values[0], values[-1]))
    if column in ("seen", "at") and chance.random() < 0.4:
        day = f"DATE '{values[0].date()}'"
        return chance.choice([f'"{column}"::DATE {chance.choice(["=", "<", "<=", ">", ">=", "<>"])} {day}',
                              f"date_trunc('day', \"{column}\") = {day}",
                              f'"{column}"::DATE BETWEEN {day} AND DATE \'{values[-1].date()}\''])
    if column == "place" and chance.random() < 0.3:
        return f"place LIKE {literal(values[0][:1] + '%', chance)}"
    if column == "id" and chance.random() < 0.3:
        return f"id + 5 > {low}"
    return chance.choice([
        f'"{column}" {chance.choice(["=", "<", "<=", ">", ">=", "<>"])} {low}', f'{low} >= "{column}"',
        f'"{column}" BETWEEN {low} AND {high}', f'"{column}" NOT BETWEEN {low} AND {high}',
        f'"{column}" IN ({", ".join(literal(value, chance) for value in values)})', f'"{column}" IS NOT DISTINCT FROM {low}'])


@pytest.mark.parametrize("layout", SPECS)
def test_answers_are_those_of_all_rows(warehouse, layout):
    """Goal: no file with a row of the result is skipped, and many without one are.
    Method: PyIceberg tables with odd values, names and partitions. Random conditions run in Ingot, and in DuckDB on
    the rows as PyIceberg reads them."""
    catalog = warehouse.foreign_catalog()
    table = catalog.create_table("x.t", SCHEMA, partition_spec=SPECS[layout], properties={"write.parquet.row-group-limit": "7"})
    chance = random.Random(f"query {layout}")
    rows = []
    for around in range(8):
        part = [row(chance, around) for _ in range(30)]
        values = [r | {"user": r["user"] and r["user"].bytes} for r in part]
        table.append(pa.Table.from_pylist(values, schema=table.schema().as_arrow()))
        rows += part
    everything = table.scan().to_arrow()
    judge = duckdb.connect()
    judge.execute("SET TimeZone = 'UTC'")
    judge.register("read", everything)
    # Arrow returns a uuid without its extension type as bytes.
    judge.execute("CREATE TABLE t AS FROM read")
    if judge.sql("SELECT typeof(\"user\") FROM t LIMIT 1").fetchone()[0] != "UUID":
        judge.execute("CREATE OR REPLACE TABLE t AS SELECT * REPLACE (regexp_replace(lower(hex(\"user\")), "
                      "'(.{8})(.{4})(.{4})(.{4})(.{12})', '\\1-\\2-\\3-\\4-\\5')::UUID AS \"user\") FROM read")
    files = len(list(table.scan().plan_files()))
    read = groups = 0
    for number in range(120):
        where = condition(rows, chance)
        asked = f"SELECT count(*) AS rows, count(id) AS ids, coalesce(sum(id), 0)::BIGINT AS total FROM {{}} WHERE {where}"
        expected = judge.sql(asked.format("t")).fetchone()
        done = warehouse.ingot("query", asked.format("x.t"), "--format", "csv", "--log-level", "debug")
        assert done.stdout.splitlines()[1] == ",".join(map(str, expected)), f"{number}: {where}\n{done.stderr}"
        read += int(re.search(r"x\.t: (\d+) files to read", done.stderr)[1])
        parts = re.search(r"(\d+) files are read in (\d+) parts", done.stderr)
        groups += int(parts[2]) if parts else 0
    assert read < 120 * files * 0.9, f"{read / 120} of {files} files are read for a question"
    if layout == "plain":  # five row groups per file
        assert groups < read * 5 * 0.9, f"{groups} row groups of {read} files are read"


@pytest.mark.parametrize("transform", [None, IdentityTransform(), TruncateTransform(10), BucketTransform(8)], ids=str)
def test_widened_columns(warehouse, transform):
    """Goal: files from before a column was widened are found, now and in the past. Newer files are found with values
    that did not fit then.
    Method: int to long, float to double, a wider decimal; conditions, and the same beyond a LIMIT, where nothing is
    skipped."""
    catalog = warehouse.foreign_catalog()
    schema = Schema(NestedField(1, "n", IntegerType()), NestedField(2, "f", FloatType()), NestedField(3, "d", DecimalType(9, 2)))
    fields = [PartitionField(1, 1000, transform, "part")] if transform else []
    table = catalog.create_table("x.t", schema, partition_spec=PartitionSpec(*fields))
    def append(numbers, factor=1):
        for k in numbers:
            rows = [{"n": (k * 10 + i % 2) * factor, "f": k + 0.5, "d": decimal.Decimal(k)} for i in range(4)]
            table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
    append(range(4))
    before = table.current_snapshot().snapshot_id
    with table.update_schema() as change:
        change.update_column("n", LongType())
        change.update_column("f", DoubleType())
        change.update_column("d", DecimalType(18, 2))
    append(range(4, 6), factor=1_000_000_000)
    for version in ("", f" FOR VERSION AS OF {before}"):
        for where in ("n = 10", "n >= 30", "n < 11", "f = 1.5", "f > 2.0", "d = 2", "n in (1, 40000000000)", "n between 11 and 41000000000"):
            if version and "0000" in where:
                continue
            pruned = warehouse.query(f"SELECT count(*) AS n FROM x.t{version} WHERE {where}")
            assert pruned == warehouse.query(f"SELECT count(*) AS n FROM (SELECT * FROM x.t{version} LIMIT 1000) WHERE {where}"), where


def test_files_left_out(warehouse):
    """Goal: the statement decides which files are read, in joins, views of the past and the shipped queries.
    Method: the query log."""
    for day in (19, 20, 21):
        warehouse.ingot("generate", "--records", 2000, "--start", f"2026-01-{day}", "--to", warehouse.landing / str(day))
        warehouse.run("--source", warehouse.landing / str(day))
    def read(sql: str) -> dict[str, int]:
        log = warehouse.ingot("query", sql, "--log-level", "info").stderr
        return {table: int(files) for table, files in re.findall(r"iceberg_catalog\.(\S+): (\d+) files to read", log)}
    assert read("SELECT * FROM bronze.speedtest_raw") == {"bronze.speedtest_raw": 3}
    assert read("SELECT * FROM bronze.speedtest_raw WHERE timestamp::DATE = '2026-01-20'") == {"bronze.speedtest_raw": 1}
    assert read("SELECT * FROM gold.speedtest_agg WHERE date = CURRENT_DATE") == {"gold.speedtest_agg": 0}
    joined = ("SELECT count(*) FROM silver.speedtest_clean s JOIN gold.speedtest_agg g ON g.location = s.location AND "
              "g.date = s.timestamp::DATE WHERE g.date = '2026-01-21' AND s.timestamp >= '2026-01-20'")
    assert read(joined) == {"silver.speedtest_clean": 2, "gold.speedtest_agg": 1}
    assert read("SELECT count(*) FROM silver.speedtest_clean a, silver.speedtest_clean b WHERE a.timestamp < '2026-01-20' AND "
                "b.timestamp >= '2026-01-21'") == {"silver.speedtest_clean": 2}
    first = warehouse.query("SELECT min_by(snapshot_id, committed_at) AS id FROM bronze.speedtest_raw.snapshots")[0]["id"]
    past = f"SELECT * FROM bronze.speedtest_raw FOR VERSION AS OF {first} WHERE timestamp >= '2026-01-20'"
    assert list(read(past).values()) == [0]
    assert warehouse.ingot("query", past).returncode == 0


def test_bloom_filters(warehouse):
    """Goal: bloom filters of another writer skip row groups that bounds cannot, and never one with a result.
    Method: a DuckDB file whose row groups have overlapping values; PyIceberg adds it to a table."""
    catalog = warehouse.foreign_catalog()
    types = {"id": LongType(), "name": StringType(), "n": IntegerType(), "moment": TimestamptzType(), "day": DateType()}
    table = catalog.create_table("x.t", Schema(*(NestedField(i, name, kind) for i, (name, kind) in enumerate(types.items(), 1))))
    path = warehouse.folder / "warehouse/duckdb.parquet"
    duckdb.sql(f"""
        COPY (SELECT id, 'user ' || id AS name, id::INT AS n, TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(id) AS moment,
                     DATE '2026-01-01' + id::INT AS day
              FROM (SELECT (i % 2048) * 8 + i // 2048 AS id FROM range(8192) t(i)))
        TO '{path}' (ROW_GROUP_SIZE 2048, FIELD_IDS {{id: 1, name: 2, n: 3, moment: 4, day: 5}}, DICTIONARY_SIZE_LIMIT 100000)""")
    footer = pyarrow.parquet.ParquetFile(path).metadata
    offsets = [min(footer.row_group(g).column(c).dictionary_page_offset for c in range(5)) for g in range(4)]
    with table.transaction() as change, change.update_snapshot().fast_append() as append:
        append.append_data_file(DataFile.from_args(
            content=DataFileContent.DATA, file_path=f"file://{path}", file_format=FileFormat.PARQUET, partition=Record(),
            record_count=8192, file_size_in_bytes=path.stat().st_size, split_offsets=offsets))

    def ask(where):
        done = warehouse.ingot("query", f"SELECT count(*) AS n FROM x.t WHERE {where}", "--format", "json", "--log-level", "debug")
        return json.loads(done.stdout)["n"], int(re.search(r"1 files are read in (\d) parts", done.stderr)[1])

    chance = random.Random(8)
    found, missing = [], []
    for column in types:
        for _ in range(8):
            i = chance.randrange(8, 16_000)
            moment = datetime.datetime(2026, 1, 1, tzinfo=UTC)
            values = {"id": i, "name": f"'user {i}'", "n": i, "moment": f"'{moment + datetime.timedelta(seconds=i)}'",
                      "day": f"'{moment.date() + datetime.timedelta(days=i)}'"}
            rows, parts = ask(f"{column} = {values[column]}")
            assert rows == (i % 8 < 4), (column, i)
            (found if rows else missing).append(parts)
    assert sum(found) < 1.3 * len(found) and sum(missing) < 0.3 * len(missing)
    assert ask("id IN (9, 4, 13) OR name = 'user 18'") == (2, 2)
    assert ask("id = 9 AND name <> 'user 9'") == (0, 1)
    assert ask("id > 9") == (8186, 4)


def test_references_of_tables(warehouse):
    """Goal: a table is found under every form of reference.
    Method: aliases, samples and quoted names with spaces, in several spellings."""
    catalog = warehouse.foreign_catalog()
    for name in ("x.t", "x.a b"):
        catalog.create_table(name, Schema(NestedField(1, "id", LongType()))).append(pa.table({"id": [1, 2, 3]}))
    for reference in ("x.t", "X.T AS b", "x.t b", "x.t TABLESAMPLE 100%", "x.t AS b TABLESAMPLE reservoir(10)", 'x."a b"', 'x."a b" AS "c d"',
                      "iceberg_catalog.x.t USING SAMPLE 100%", "x.t AS b(n)", "(FROM x.t TABLESAMPLE 100%)"):
        assert warehouse.query(f"SELECT count(*) AS n FROM {reference}") == [{"n": 3}], reference
