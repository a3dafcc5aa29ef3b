"""The second version of a pipeline file: a first version, data, changes, and the tables as other readers see them."""

import copy
import datetime
import json
import shutil
import sqlite3

import judge_rows
import pytest
from conftest import Warehouse, iceberg_duckdb
from pyiceberg.table import StaticTable

BRONZE, SILVER, QUARANTINE = "bronze.shop", "silver.shop", "silver.shop_quarantine"
KINDS, DAYS = "gold.kinds", "gold.days"
TABLES = (BRONZE, SILVER, QUARANTINE, KINDS, DAYS)
ALWAYS_DIFFER = {"_run_id", "_ingested_at", "updated_at"}

# Rules and gold tables are maps by name, so that a change can name one.
FIRST = {
    "pipeline": "shop",
    "source": {"files": "landing"},
    "fields": {
        "id": {"type": "long"},
        "ts": {"type": "timestamptz", "unit": "rfc3339"},
        "kind": {"type": "string"},
        "amount": {"type": "int"},
        "size": {"type": "long"},
        "rtt": {"type": "double", "unit": "ms", "from_unit": "us"},
        "note": {"type": "string"},
        "seen": {"type": "string"},
        "twice": {"type": "long", "compute": "size * 2"},
    },
    "bronze": {"table": BRONZE, "partition": "day(ts)"},
    "silver": {
        "table": SILVER,
        "quarantine": QUARANTINE,
        "partition": "day(ts)",
        "rules": {"complete": {"not_null": ["id", "ts", "kind"]}, "positive": {"check": "amount >= 0"}, "sized": {"check": "size < 1000"}},
        "unique": {"key": ["id"]},
    },
    "gold": {
        KINDS: {"group": {"date": "date(ts)", "kind": "kind"}, "measures": {"n": "count(*)", "total": "sum(amount)", "largest": "max(size)"}},
        DAYS: {"group": {"date": "date(ts)"}, "measures": {"n": "count(*)", "slowest": "max(rtt)"}},
    },
}


def changed(pipeline, edit):
    """Returns the pipeline with values put at paths such as "fields/amount/type". None removes."""
    pipeline = copy.deepcopy(pipeline)
    for path, value in edit.items():
        *parents, last = path.split("/")
        at = pipeline
        for name in parents:
            at = at.setdefault(name, {})
        at.pop(last, None)
        if value is not None:
            at[last] = value
    return pipeline


def text_of(pipeline):
    """Returns the pipeline file. JSON is YAML."""
    pipeline = copy.deepcopy(pipeline)
    pipeline["silver"]["rules"] = [{"name": name} | rule for name, rule in pipeline["silver"]["rules"].items()]
    pipeline["gold"] = [{"table": name} | table for name, table in pipeline["gold"].items()]
    return json.dumps(pipeline, indent=1)


def record(number, day=24, **changes):
    """Returns a record that no rule of any version quarantines. `total` and `region` have no field in the first version."""
    made = {
        "id": number,
        "ts": f"2025-11-{day}T{10 + number % 3}:{number % 60:02}:00Z",
        "kind": "abc"[number % 3],
        "amount": number % 10,
        "size": number % 7 * 10,
        "rtt": 1500 * (number % 5),
        "note": f"n{number}",
        "seen": f"2025-11-{day}T12:00:{number % 60:02}.250+01:00",
        "total": 100 + number,
    } | changes
    if number % 2:
        made["region"] = f"r{number % 4}"
    return {key: value for key, value in made.items() if value != ...}


def first_data():
    """Returns the lines of a file of two days, with duplicates and with records that the rules quarantine."""
    days = [record(number) for number in range(16)] + [record(number, 25) for number in range(16, 30)]
    special = [
        record(40, kind=" a "),
        record(41, kind=None),
        record(42, amount=-5),
        record(43, 25, amount=-50),
        record(44, amount=...),
        record(45, 25, amount=None),
        record(46, amount="12"),
        record(47, note=...),
        record(48, 25, seen=..., rtt=...),
        record(49, size=2000),
        record(4, kind="c", amount=9),
        record(50, deep={"x": [1, {"y": None}], "big": 12345678901234567890}),
        record(51, amount=-5, size=3000, kind=None),
        record(52, 25, amount=40),
        record(53, 25, amount="7"),
    ]
    return [*map(json.dumps, days + special), "no JSON", '{"id": "x"}']


def more_data(first=100, records=8):
    """Returns the lines of a file of the second day only, with a duplicate of the first file."""
    made = [record(number, 25) for number in range(first, first + records)]
    special = [record(first + records, 25, amount=-1), record(first + records + 1, 25, kind=" b "), record(20, 25)]
    return [*map(json.dumps, made + special), "no JSON either"]


class Shop(Warehouse):
    """A warehouse that the first version has filled with the first data. `reset` restores that state."""

    def __init__(self, folder, pipeline=FIRST):
        super().__init__(folder, folder / "shop.yaml")
        self.write(pipeline)
        self.put("a.jsonl", first_data())
        self.ingot("run")
        self.kept, self.data = folder / "kept", folder / "warehouse"
        shutil.copytree(self.data, self.kept)

    def reset(self, pipeline=FIRST):
        shutil.rmtree(self.data)
        shutil.copytree(self.kept, self.data)
        for file in self.landing.iterdir():
            if file.name != "a.jsonl":
                file.unlink()
        self.write(pipeline)

    def write(self, pipeline):
        self.pipeline.write_text(text_of(pipeline))

    def put(self, name, lines):
        """Writes a file of records; it is complete when it gets its name."""
        part = self.folder / "part"
        part.write_text("".join(line + "\n" for line in lines))
        part.rename(self.landing / name)

    def command(self, *arguments, code=0, **options):
        done = self.ingot(*arguments, check=False, **options)
        assert done.returncode == code, f"ingot {arguments} ended with {done.returncode}, not {code}:\n{done.stdout}{done.stderr}"
        return done

    def plan(self, code=0):
        done = self.command("plan", "--json", code=code)
        plan = json.loads(done.stdout)
        assert plan["pending"] == (code == 4) == any(table["pending"] for table in plan["tables"])
        return plan

    def fresh(self):
        """Returns the tables that the present file alone gives on all data, in a warehouse of its own."""
        folder = self.folder / "fresh"
        shutil.rmtree(folder, ignore_errors=True)
        self.command("run", env={"INGOT_WAREHOUSE": str(folder)})
        return Tables(folder)

    def tables(self):
        return Tables(self.data)


class Tables:
    """The tables of a warehouse as PyIceberg and DuckDB read them, at the time of the call that makes this."""

    def __init__(self, folder):
        with sqlite3.connect(f"file:{folder}/catalog.db?mode=ro", uri=True) as catalog:
            rows = catalog.execute("SELECT table_namespace || '.' || table_name, metadata_location FROM iceberg_tables").fetchall()
        self.locations = dict(rows)
        self.ours = sorted(name for name in self.locations if not name.startswith("ops."))
        self.read_ = {}

    def metadata(self, table):
        return StaticTable.from_metadata(self.locations[table])

    def types(self, table):
        return {field.name: str(field.field_type) for field in self.metadata(table).schema().fields}

    def rows(self, table):
        if table not in self.read_:
            self.read_[table] = self.metadata(table).scan().to_arrow().to_pylist()
        return self.read_[table]

    def duckdb_rows(self, table):
        return DUCKDB.execute(f"SELECT * FROM iceberg_scan('{self.locations[table]}')").to_arrow_table().to_pylist()

    def definition(self, table):
        return self.metadata(table).metadata.properties.get("ingot.definition")

    def changes(self):
        return self.rows("ops.changes") if "ops.changes" in self.locations else []


DUCKDB = iceberg_duckdb()


def plain(column, value):
    if column == "_extra" and value is not None:
        # Bronze does not keep whether the member of a field was null or missing.
        members = {key: member for key, member in json.loads(value).items() if member is not None}
        return json.dumps(members, sort_keys=True) if members else None
    if column == "_rules" and value is not None:
        return sorted(value)  # in the order of the file, which is no difference
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        return value.isoformat()
    return judge_rows.plain(value)


def comparable(rows, columns, nullness=(), members=()):
    """Returns the rows as sorted texts. Of the columns `nullness` only whether they are null is compared. A column in
    `members` counts as a member of _extra: a removed field keeps its column, while a fresh table has the member."""
    made = []
    for row in rows:
        row = dict(row)
        kept = {name: row[name] for name in members if row.get(name) is not None}
        if kept and row["_error"] is None:
            row["_extra"] = json.dumps(json.loads(row["_extra"] or "{}") | kept)
        values = {name: plain(name, row[name]) for name in columns}
        made.append(json.dumps(values | {name: values[name] is None for name in nullness if name in values}, sort_keys=True))
    return sorted(made)


def check_equal(have, want, nullness=(), members=(), tables=None):
    """Checks that both readers find in `have` exactly the rows of `want`, in its columns, with its types."""
    for table in tables or want.ours:
        columns = sorted(set(want.types(table)) - ALWAYS_DIFFER)
        types = have.types(table)
        assert {name: types.get(name) for name in columns} == {name: want.types(table)[name] for name in columns}, table
        expected = comparable(want.rows(table), columns, nullness, members)
        for reader, rows in (("PyIceberg", have.rows(table)), ("DuckDB", have.duckdb_rows(table))):
            found = comparable(rows, columns, nullness, members if table == BRONZE else ())
            check_rows(found, expected, f"{table} as {reader} reads it")


def check_rows(found, expected, what):
    if found == expected:
        return
    missing, surplus = list(expected), []
    for row in found:
        missing.remove(row) if row in missing else surplus.append(row)
    raise AssertionError("\n".join([f"{what}: {len(found)} rows, expected {len(expected)}", *(f"  missing {row}" for row in missing[:4]),
                                    *(f"  surplus {row}" for row in surplus[:4])]))


def check_counted_once(tables):
    """Checks that gold has counted each row of silver once."""
    rows = len(tables.rows(SILVER))
    for table in tables.ours:
        if table.startswith("gold."):
            assert sum(row["n"] for row in tables.rows(table)) == rows, table


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def shop(made):
    made.reset()
    return made
