"""Every table after every operation, row by row, as Ingot, Spark, Trino and PyIceberg read it."""

import datetime
import json
import re
from collections import Counter

import pytest
from conftest import ROOT
from pyiceberg.types import BinaryType

SMALL = ("--min-input-files", "2")
MAINTENANCE = {
    "compact": ("--compact", *SMALL), "deletes": ("--deletes", *SMALL), "manifests": ("--manifests",), "statistics": ("--statistics",),
    "retention": ("--retention",), "expire": ("--expire", "--older-than", "0s"), "orphans": ("--orphans", "--orphans-older-than", "0s")}


def plain(value):
    """Normalizes a value across readers: times without a zone (all are in UTC) and without trailing zeros, uuids as
    text."""
    if isinstance(value, list):
        return tuple(map(plain, value))
    if isinstance(value, bytes):
        return value.hex().upper()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return float(value)  # all are below 2^53
    if time := re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z| UTC|\+00(:00)?)?", str(value)):
        return f"{time[1]} {time[2]}{(time[3] or '').rstrip('0').rstrip('.')}"
    return str(value)


class Readers:
    """Reads the same tables with four readers."""

    def __init__(self, house, spark, trino):
        self.house, self.spark, self.trino = house, spark, trino

    def tables(self) -> list[str]:
        return [line["table"] for line in self.house.tables()]

    def rows(self, table: str) -> dict[str, Counter]:
        """Returns each reader's rows."""
        loaded = self.house.pyiceberg(table)
        fields = loaded.schema().fields
        columns = [field.name for field in fields]

        def select(table: str, quote: str, to_hex: str) -> str:
            named = [f"{quote}{field.name}{quote}" for field in fields]
            asked = [f"{to_hex}({name}) AS {name}" if isinstance(field.field_type, BinaryType) else name for name, field in zip(named, fields)]
            return f"SELECT {', '.join(asked)} FROM {table}"

        found = {
            "Ingot": [[row[name] for name in columns] for row in self.house.query(select(table, '"', "hex"))],
            "Spark": self.spark.sql(select(f"iceberg_catalog.{table}", "`", "hex")),
            "Trino": self.trino.sql(select(f"iceberg_catalog.{table}", '"', "to_hex")),
            "PyIceberg": [[row[name] for name in columns] for row in loaded.scan(selected_fields=tuple(columns)).to_arrow().to_pylist()]}
        return {reader: Counter(tuple(map(plain, row)) for row in rows) for reader, rows in found.items()}

    def verified(self, after: str) -> dict[str, Counter]:
        """Returns the rows of every table, and asserts that all readers agree on them."""
        agreed = {}
        for table in self.tables():
            rows = self.rows(table)
            agreed[table] = rows["PyIceberg"]
            for reader, found in rows.items():
                more, fewer = found - agreed[table], agreed[table] - found
                assert not more and not fewer, f"after {after}, {table}: {reader} has {list(more)[:1]} where PyIceberg has {list(fewer)[:1]}"
        return agreed


@pytest.fixture
def readers(house, spark, trino):
    return Readers(house, spark, trino)


def test_every_reader_after_every_operation(house, readers):
    """Goal: no operation changes an unrelated row, for any reader, in any table.
    Method: four readers read all rows of all tables after appends, deletes, each kind of maintenance, a rollback and
    an evolution."""
    day = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)).strftime("%Y-%m-%d")  # what bronze keeps
    house.make_topic(2)
    for _ in range(3):
        house.generate(150, "--start", day, dirty=0.1)  # some of each kind, whatever the seed
        house.run()
    before = readers.verified("append")
    assert len(before) == 6 and all(before.values()), {table: rows.total() for table, rows in before.items()}

    left = {table: rows.total() for table, rows in before.items()}
    for table, where in (("bronze.speedtest_raw", "_source_offset < 20"), ("gold.speedtest_agg", "hour = 0"), ("silver.speedtest_clean", "latency < 5")):
        gone = int(house.query(f"SELECT count(*) AS n FROM {table} WHERE {where}")[0]["n"])
        house.ingot("table", "delete", table, "--where", where)
        found = readers.verified(f"delete from {table}")
        assert gone > 0 and found[table].total() == left[table] - gone, table
    before = found

    for name, arguments in MAINTENANCE.items():
        done = house.ingot("maintain", *arguments, "--log-format", "json").stdout.splitlines()
        assert any(json.loads(line)["operation"] == name for line in done), name
        assert readers.verified(name) == before, name

    snapshot = house.pyiceberg("gold.speedtest_agg").metadata.current_snapshot_id
    house.ingot("table", "delete", "gold.speedtest_agg", "--where", "hour < 12")
    assert readers.verified("delete")["gold.speedtest_agg"] != before["gold.speedtest_agg"]
    house.ingot("table", "rollback", "gold.speedtest_agg", "--snapshot", snapshot)
    assert readers.verified("rollback") == before

    house.pipeline = house.folder / "wider.yaml"
    narrow = "  location:       {type: string}\n"
    house.pipeline.write_text((ROOT / "pipelines/speedtest.yaml").read_text().replace(narrow, narrow + "  device:         {type: string}\n"))
    house.ingot("table", "evolve", "bronze.speedtest_raw")
    wider = readers.verified("evolution")["bronze.speedtest_raw"]
    assert wider.total() == before["bronze.speedtest_raw"].total() and all(None in row for row in wider)
    house.generate(100, "--start", day)
    house.run()
    assert readers.verified("append after it")["bronze.speedtest_raw"].total() == wider.total() + 100


def test_spark_works_on_all_tables(house, readers, spark):
    """Goal: none of our column names conflicts with Spark.
    Method: SELECT *, MERGE, DELETE and rewrite_data_files on bronze, silver and quarantine, counted by every reader;
    then a run continues."""
    house.make_topic(2)
    for _ in range(2):
        house.generate(300, dirty=0.1)
        house.run()
    rows = {table: found.total() for table, found in readers.verified("append").items()}
    for table in ("bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine"):
        name = f"iceberg_catalog.{table}"
        assert len(spark.sql(f"SELECT * FROM {name}")) == rows[table] > 0
        spark.sql(f"CALL iceberg_catalog.system.rewrite_data_files(table => '{table}', options => map('rewrite-all', 'true'))")
        assert readers.verified(f"rewrite_data_files of {table}")[table].total() == rows[table]
    for table, column in (("bronze.speedtest_raw", "location"), ("silver.speedtest_clean", "location"), ("silver.speedtest_quarantine", "_error")):
        name = f"iceberg_catalog.{table}"
        [[lowest]] = spark.sql(f"SELECT min(_source_offset) FROM {name}")
        chosen = f"_source_offset % 3 = {lowest % 3}"
        spark.sql(f"MERGE INTO {name} t USING (SELECT * FROM {name} WHERE {chosen}) s ON t._source_partition = s._source_partition"
                  f" AND t._source_offset = s._source_offset WHEN MATCHED THEN UPDATE SET t.{column} = 'merged'")
        [[merged]] = spark.sql(f"SELECT count(*) FROM {name} WHERE {column} = 'merged'")
        assert merged > 0 and readers.verified(f"MERGE of {table}")[table].total() == rows[table]
        spark.sql(f"DELETE FROM {name} WHERE {chosen}")
        assert readers.verified(f"DELETE of {table}")[table].total() == rows[table] - merged
    house.generate(100)
    assert house.run()["bronze"]["rows_in"] == 100
    readers.verified("a run after it")
