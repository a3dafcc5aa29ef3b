"""What tables must contain, computed from the input alone, and what they contain, as PyIceberg reads it."""

import contextlib
import os
import pathlib
import sqlite3
import uuid

import reference
from pyiceberg.catalog.sql import SqlCatalog

BRONZE, SILVER, QUARANTINE, GOLD = "bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine", "gold.speedtest_agg"


def open_catalog(warehouse: pathlib.Path):
    return SqlCatalog("iceberg_catalog", uri=f"sqlite:///{warehouse}/catalog.db", warehouse=f"file://{warehouse}")


def plain(value):
    if isinstance(value, uuid.UUID):
        return value.bytes
    return round(value, 6) if isinstance(value, float) else value


def values(row, names=reference.FIELDS):
    return tuple(plain(row[name]) for name in names)


def counted(rows):
    return sorted(rows, key=repr)


class Expected:
    """The expected rows of each table for the files of `landing`. `kept` selects the bronze rows that retention
    keeps."""

    def __init__(self, landing: pathlib.Path, kept=lambda row: True, silver=lambda row: True):
        layers = reference.compute(landing.glob("*.jsonl"))
        self.layers = layers
        self.rows = {
            BRONZE: counted((offset, *values(row)) for row, offset, _ in layers.bronze if kept(row)),
            SILVER: counted(values(row) for row in layers.silver if silver(row)),
            QUARANTINE: counted((offset, *values(row)) for row, offset, _ in layers.quarantine),
        }
        self.gold = {group: (figures["tests"], figures["users"]) for group, figures in layers.gold.items()}


def offset_of(row):
    return row["_source_offset"]


def check_tables(warehouse: pathlib.Path, expected: Expected, gold=True):
    """Asserts that each record is in bronze once, and in silver, in quarantine or a duplicate. Gold is the aggregation
    of silver, and the ledger's sums equal those of the records. Every file that a snapshot names exists."""
    catalog = open_catalog(warehouse)
    try:
        for name, rows in expected.rows.items():
            table = catalog.load_table(name)
            check_files(table)
            found = table.scan().to_arrow().to_pylist()
            has = counted(values(row) if name == SILVER else (offset_of(row), *values(row)) for row in found)
            assert has == rows, difference(name, has, rows)
        if not gold:
            return
        table = catalog.load_table(GOLD)
        check_files(table)
        found = table.scan(selected_fields=("date", "hour", "location", "tests", "users")).to_arrow().to_pylist()
        groups = {(row["date"], row["hour"], row["location"]): (row["tests"], row["users"]) for row in found}
        assert len(groups) == len(found), f"{GOLD}: a group is there twice"
        assert groups == expected.gold, difference(GOLD, sorted(map(repr, groups.items())), sorted(map(repr, expected.gold.items())))
        check_ledger(catalog, expected.layers)
    finally:
        catalog.engine.dispose()


def check_ledger(catalog, layers):
    runs = [row for row in catalog.load_table("ops.runs").scan().to_arrow().to_pylist() if row["stage"] == "silver"]
    sums = [sum(row[name] for row in runs) for name in ("rows_in", "rows_out", "rows_quarantined", "rows_duplicate")]
    assert sums == [len(layers.bronze), len(layers.silver), len(layers.quarantine), layers.duplicates], f"ops.runs: {sums}"


def check_files(table):
    seen = set()

    def there(location):
        assert os.path.exists(location.removeprefix("file://")), f"{table.name()}: file is missing: {location}"

    for snapshot in table.metadata.snapshots:
        there(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            there(manifest.manifest_path)
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                there(entry.data_file.file_path)


def difference(name, has, wanted):
    lost = [row for row in wanted if row not in has]
    extra = [row for row in has if row not in wanted]
    return f"{name}: {len(has)} rows, expected {len(wanted)}; missing {lost[:2]}, not expected {extra[:2]}"


def locations(warehouse: pathlib.Path):
    """Returns the current metadata of every table. A command without work leaves it unchanged."""
    with contextlib.closing(sqlite3.connect(warehouse / "catalog.db")) as catalog:
        return catalog.execute("SELECT table_namespace, table_name, metadata_location FROM iceberg_tables ORDER BY 1, 2").fetchall()
