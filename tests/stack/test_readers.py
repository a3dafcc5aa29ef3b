"""Every table after every operation, row by row, as Ingot, Spark, Trino and PyIceberg read it."""

import datetime
import json
import re
import uuid

import pytest
from conftest import ROOT
from engines import Spark, Trino
from servers import free_port

SMALL = ("--min-input-files", "2")
MAINTENANCE = {
    "compact": ("--compact", *SMALL), "deletes": ("--deletes", *SMALL), "manifests": ("--manifests",), "statistics": ("--statistics",),
    "retention": ("--retention",), "expire": ("--expire", "--older-than", "0s"), "orphans": ("--orphans", "--orphans-older-than", "0s")}


def plain(value):
    """A value as all readers would have it: times without a zone (all are in UTC) and without zeros at their end, uuids as text."""
    if isinstance(value, list):
        return tuple(map(plain, value))
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value)) if len(value) == 16 else value.hex()
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if time := re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z| UTC|\+00(:00)?)?", str(value)):
        return f"{time[1]} {time[2]}{(time[3] or '').rstrip('0').rstrip('.')}"
    return str(value)


class Readers:
    """The same tables through four doors."""

    def __init__(self, house):
        self.house = house
        self.trino = Trino(house.folder / "trino", free_port(), house.trino_variables()).start()
        self.spark = Spark(house)

    def tables(self) -> list[str]:
        return [line["table"] for line in self.house.tables()]

    def rows(self, table: str) -> dict[str, list]:
        """Each reader's rows. Spark refuses a column of the name `_partition` (docs/decisions/0005-reserved-names.md), so nobody is asked for it."""
        loaded = self.house.pyiceberg(table)
        columns = [field.name for field in loaded.schema().fields if field.name != "_partition"]
        names = ", ".join(f'"{name}"' for name in columns)
        found = {
            "Ingot": [[row[name] for name in columns] for row in self.house.query(f"SELECT {names} FROM {table}")],
            "Spark": self.spark.sql(f"SELECT {names.replace(chr(34), '`')} FROM iceberg_catalog.{table}"),
            "Trino": self.trino.sql(f"SELECT {names} FROM iceberg_catalog.{table}"),
            "PyIceberg": [[row[name] for name in columns] for row in loaded.scan(selected_fields=tuple(columns)).to_arrow().to_pylist()]}
        return {reader: sorted((tuple(map(plain, row)) for row in rows), key=repr) for reader, rows in found.items()}

    def verified(self, after: str) -> dict[str, list]:
        """The rows of every table, which all readers agree on."""
        agreed = {}
        for table in self.tables():
            rows = self.rows(table)
            agreed[table] = rows["PyIceberg"]
            for reader, found in rows.items():
                different = [pair for pair in zip(found, agreed[table]) if pair[0] != pair[1]]
                assert len(found) == len(agreed[table]) and not different, (after, table, reader, len(found), different[:2])
        return agreed

    def stop(self) -> None:
        self.spark.stop()
        self.trino.stop()


@pytest.fixture
def readers(house):
    opened = Readers(house)
    yield opened
    opened.stop()


def test_every_reader_after_every_operation(house, readers):
    """Goal: no operation changes a row that it should not, for any reader, in any table. Method: all rows of all tables by four readers, after
    appends, deletes, each kind of maintenance, a rollback and an evolution."""
    day = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)).strftime("%Y-%m-%d")  # what bronze keeps
    house.make_topic(2)
    for _ in range(3):
        house.generate(150, "--start", day)
        house.run()
    before = readers.verified("append")
    assert len(before) == 6 and all(before.values()), {table: len(rows) for table, rows in before.items()}

    left = {table: len(rows) for table, rows in before.items()}
    for table, where, gone in (("bronze.speedtest_raw", "_offset < 20", 40), ("gold.speedtest_agg", "hour = 0", None),
                               ("silver.speedtest_clean", "latency < 5", None)):
        house.ingot("table", "delete", table, "--where", where)
        found = readers.verified(f"delete from {table}")
        assert len(found[table]) == left[table] - gone if gone else len(found[table]) < left[table], table
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
    assert len(wider) == len(before["bronze.speedtest_raw"]) and all(None in row for row in wider)
    house.generate(100, "--start", day)
    house.run()
    assert len(readers.verified("append after it")["bronze.speedtest_raw"]) == len(wider) + 100
