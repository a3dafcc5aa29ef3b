"""`ingot replay`: quarantined rows through today's rules, judged by the tables that the same file gives on all data."""

import datetime
import json
import signal

import pyarrow as pa
import pytest
from second_version import (BRONZE, DAYS, FIRST, QUARANTINE, SILVER, Shop, changed, check_counted_once, check_equal, check_rows, comparable,
                            more_data, record)

RELAXED = {"silver/rules/positive": {"check": "amount >= -10"}}
REPLAYED = (SILVER, DAYS, "gold.kinds")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def shop(made):
    made.reset()
    return made


def replay(shop, *arguments, code=0, **options):
    """Returns the report of one replay."""
    done = shop.command("replay", "--json", *arguments, code=code, **options)
    return json.loads(done.stdout) if code == 0 else done


def counts(report):
    return report["selected"], report["moved"], report["duplicates"], report["remaining"]


def change(shop, edit, first=FIRST):
    """Makes the change without touching existing rows."""
    shop.write(changed(first, edit))
    shop.command("apply", "--forward-only")


def ids(shop, table):
    return sorted((row["id"] for row in shop.tables().rows(table)), key=lambda one: (one is None, one))


def check_as_new(shop, tables=REPLAYED, nullness=()):
    """Checks that a run gives the tables that the file alone gives. In quarantine, the rules of remaining rows may be older."""
    shop.command("run")
    have, want = shop.tables(), shop.fresh()
    check_equal(have, want, tables=tables)
    columns = sorted(set(want.types(QUARANTINE)) - {"_run_id", "_ingested_at", "_rules"})
    for rows in have.rows(QUARANTINE), have.duckdb_rows(QUARANTINE):
        check_rows(comparable(rows, columns, nullness), comparable(want.rows(QUARANTINE), columns, nullness), QUARANTINE)
    check_counted_once(have)
    done = shop.command("doctor", "--log-format", "json")
    assert [found["health"] for found in map(json.loads, done.stdout.splitlines()) if found["check"] == "rows"] == ["good"], done.stdout


@pytest.mark.parametrize("version", [2, 3])
def test_what_passes_moves(tmp_path, version):
    """Goal: rows that pass a relaxed rule are in silver, and left quarantine, in both table formats.
    Method: the tables as two readers see them against a fresh warehouse; gold follows at the next run; ops.changes."""
    first = changed(FIRST, {"silver/properties": {"format-version": str(version)}})
    shop = Shop(tmp_path, first)
    before, gold = len(shop.tables().rows(QUARANTINE)), shop.tables().rows(DAYS)
    change(shop, RELAXED, first)
    assert counts(replay(shop, "--rule", "positive")) == (3, 1, 0, 2)
    assert shop.tables().rows(DAYS) == gold
    assert len(shop.tables().rows(QUARANTINE)) == before - 1
    check_as_new(shop)
    [changes] = [row for row in shop.tables().changes() if row["action"] == "replay"]
    assert (changes["table_name"], changes["rows_written"]) == (SILVER, 1) and "3 quarantined rows: 1 moved" in changes["differences"]
    [moved] = [row for row in shop.tables().rows(SILVER) if row["id"] == 42]
    assert moved["_run_id"] == changes["run_id"]


def test_nothing_left_to_do(shop):
    """Goal: a replay of rows that have left, or that still break a rule, changes nothing. --dry-run writes nothing and
    counts what the replay then does.
    Method: the locations of all tables before and after."""
    tables = shop.tables().locations
    assert counts(replay(shop)) == (9, 0, 0, 9) and shop.tables().locations == tables
    change(shop, RELAXED)
    tables = shop.tables().locations
    counted = replay(shop, "--dry-run")
    assert shop.tables().locations == tables and counted["dry_run"]
    assert replay(shop) == counted | {"dry_run": False} and counts(counted) == (9, 1, 0, 8)
    assert counted["broken_by_rule"] == {"parse": 4, "complete": 2, "sized": 2, "positive": 1}
    tables = shop.tables().locations
    assert counts(replay(shop)) == (8, 0, 0, 8) and shop.tables().locations == tables


def test_duplicates(shop):
    """Goal: a row whose key silver has leaves quarantine as a duplicate; of replayed rows with one key, the first survives.
    Method: quarantined rows with keys of silver and of each other, in two files."""
    shop.put("b.jsonl", [json.dumps(one) for one in (record(300, amount=-1, note="first"), record(3, amount=-2), record(300, amount=-3))])
    shop.command("run")
    shop.put("c.jsonl", [json.dumps(one) for one in (record(300, amount=-4), record(301, 25, amount=-5))])
    shop.command("run")
    change(shop, RELAXED)
    assert counts(replay(shop)) == (14, 3, 3, 8)
    assert [row["note"] for row in shop.tables().rows(SILVER) if row["id"] == 300] == ["first"]
    check_as_new(shop)
    shop.put("d.jsonl", [json.dumps(record(300))])
    shop.command("run")
    assert ids(shop, SILVER).count(300) == 1


def test_only_duplicates(shop):
    """Goal: duplicates leave quarantine although silver gets no row. Method: one; twice; ops.changes."""
    shop.put("b.jsonl", [json.dumps(record(3, amount=-2))])
    shop.command("run")
    change(shop, RELAXED)
    assert counts(replay(shop, "--where", "id = 3")) == (1, 0, 1, 0)
    assert counts(replay(shop, "--where", "id = 3")) == (0, 0, 0, 0)
    [changes] = [row for row in shop.tables().changes() if row["action"] == "replay"]
    assert changes["table_name"] == QUARANTINE and "1 duplicate" in changes["differences"] and "condition on id" in changes["differences"]


@pytest.mark.parametrize("edit, passing", [({"fields/amount/type": "long"}, [500]), ({"fields/amount/coerce": True}, [46, 53]),
                                           ({"fields/ts/range": ["2000-01-01", "2040-01-01"]}, [501])],
                         ids=["widened", "coerced", "range"])
def test_parse_errors(tmp_path, edit, passing):
    """Goal: records that could not be parsed are parsed again by today's fields; what passes is in silver, and stays there
    when silver is computed again.
    Method: a type, coerce and a range change; against a fresh warehouse, also after a rebuild for another change."""
    first = changed(FIRST, {"fields/ts/range": ["2000-01-01", "2026-01-01"]}) if "fields/ts/range" in edit else FIRST
    shop = Shop(tmp_path, first)
    shop.put("b.jsonl", [json.dumps(one) for one in (record(500, amount=5_000_000_000), record(501, ts="2030-01-01T00:00:00Z"))])
    shop.command("run")
    had = ids(shop, SILVER)
    shop.write(changed(first, edit))
    shop.command("apply", "--forward-only")
    report = replay(shop, "--rule", "parse")
    assert report["moved"] == len(passing)
    assert ids(shop, SILVER) == sorted(had + passing)
    check_as_new(shop, nullness=("_payload", "_error"))
    shop.write(changed(first, edit | RELAXED))
    shop.command("apply", "--rebuild")
    check_as_new(shop, nullness=("_payload", "_error"))


SELECTIONS = {
    "rule": (["--rule", "sized"], lambda row: "sized" in row["_rules"]),
    "rules": (["--rule", "sized", "--rule", "complete"], lambda row: {"sized", "complete"} & set(row["_rules"])),
    "where": (["--where", "size >= 2000 and amount >= 0"], lambda row: row["size"] is not None and row["size"] >= 2000 and row["amount"] >= 0),
    "error": (["--where", "_error is not null"], lambda row: row["_error"] is not None),
    "run": (["--run", "RUN"], lambda row: row["_run_id"] == "RUN"),
    "from": (["--from", "TODAY"], lambda row: True),
    "to": (["--to", "TODAY"], lambda row: True),
    "tomorrow": (["--from", "2100-01-01"], lambda row: False),
    "yesterday": (["--to", "2020-01-01"], lambda row: False),
    "two": (["--rule", "sized", "--where", "kind is null"], lambda row: "sized" in row["_rules"] and row["kind"] is None),
}
NO_RULES = {"silver/rules/positive": None, "silver/rules/sized": None, "silver/rules/complete": {"not_null": ["id"]}}


@pytest.mark.parametrize("name", SELECTIONS)
def test_selections(shop, name):
    """Goal: only the rows that the options name are replayed; a rule may be one that the file no longer has.
    Method: each option; what leaves and what stays against a filter in Python."""
    arguments, chosen = SELECTIONS[name]
    shop.put("b.jsonl", more_data())
    shop.command("run")
    rows = shop.tables().rows(QUARANTINE)
    run, today = rows[0]["_run_id"], rows[0]["_ingested_at"].date().isoformat()
    arguments = [one.replace("RUN", run).replace("TODAY", today) for one in arguments]
    selected = [row for row in rows if chosen(row | {"_run_id": "RUN" if row["_run_id"] == run else "other"})]
    position = lambda row: (row["_source"], row["_source_offset"])
    leaving = [position(row) for row in selected if row["_error"] is None]
    change(shop, NO_RULES)
    assert counts(replay(shop, *arguments)) == (len(selected), len(leaving), 0, len(selected) - len(leaving))
    assert sorted(map(position, shop.tables().rows(QUARANTINE))) == sorted(position(row) for row in rows if position(row) not in leaving)


def test_wrong_options(shop):
    """Goal: an option that cannot mean a row is an error, with the nearest right one. Method: misspelled values."""
    change(shop, RELAXED)
    tables = shop.tables().locations
    for arguments, said in ((["--rule", "positiv", "--rule", "positive"], "did you mean 'positive'?"), (["--where", "amnt > 1"], "amount"), (["--where", "amount"], "condition"),
                            (["--from", "2026-02-30"], "--from"), (["--from", "2026-02-03", "--to", "2026-02-01"], "--to")):
        assert said in replay(shop, *arguments, code=2).stderr, arguments
    assert shop.tables().locations == tables


def test_file_differs(shop):
    """Goal: a replay by rules that the tables do not have ends with exit code 4 and changes nothing.
    Method: a relaxed rule without apply; a change that needs no choice is applied as by a run."""
    tables = shop.tables().locations
    shop.write(changed(FIRST, RELAXED))
    for arguments in ([], ["--dry-run"]):
        assert "ingot apply" in replay(shop, *arguments, code=4).stderr
    assert shop.tables().locations == tables
    shop.write(changed(FIRST, {"fields/device": {"type": "string"}}))
    assert counts(replay(shop)) == (9, 0, 0, 9)


def test_bronze_no_longer_has_the_row(shop):
    """Goal: a row that retention removed from bronze is replayed from what quarantine has.
    Method: bronze loses the rows; a relaxed rule and a wider type."""
    shop.put("b.jsonl", [json.dumps(record(500, amount=5_000_000_000))])
    shop.command("run")
    shop.command("table", "delete", BRONZE, "--where", "amount < 0 or _error is not null")
    change(shop, RELAXED | {"fields/amount/type": "long"})
    assert counts(replay(shop)) == (10, 2, 0, 8)
    rows = {row["id"]: row for row in shop.tables().rows(SILVER)}
    assert (rows[42]["amount"], rows[42]["twice"], rows[42]["note"]) == (-5, 0, "n42") and rows[500]["amount"] == 5_000_000_000


def test_rows_without_a_position_stay(shop):
    """Goal: rows that cannot be found again are not replayed, and the report says so.
    Method: another engine appends such a row to bronze."""
    table = shop.pyiceberg().load_table(BRONZE)
    rows = table.scan(row_filter="id == 42").to_arrow()
    gone = [name for name in rows.column_names if name in ("_source", "_source_offset")]
    for name in gone:
        at = rows.column_names.index(name)
        rows = rows.set_column(at, rows.schema.field(at), pa.nulls(rows.num_rows, rows.schema.field(at).type))
    table.append(rows)
    shop.command("run")
    change(shop, RELAXED)
    report = replay(shop)
    assert counts(report) == (10, 1, 0, 9) and report["unidentified"] == 1


def test_little_memory(tmp_path):
    """Goal: many rows are replayed in several steps within the memory budget, the earlier ones first.
    Method: PyIceberg spreads the rows over five hours of ingestion, so that bronze does not have them any more; half of the rows
    have keys of others; the smallest budget; the second step is interrupted."""
    shop = Shop(tmp_path)
    shop.put("b.jsonl", [json.dumps(record(1000 + number % 25_000, amount=-1, note=f"{number // 25_000}")) for number in range(50_000)])
    shop.command("run")
    table = shop.pyiceberg().load_table(QUARANTINE)
    rows = table.scan().to_arrow().sort_by([("_source", "ascending"), ("_source_offset", "ascending")])
    at = rows.column_names.index("_ingested_at")
    first = rows["_ingested_at"][0].as_py()
    times = pa.array([first + datetime.timedelta(hours=number // 10_000) for number in range(len(rows))], rows.schema.field(at).type)
    table.overwrite(rows.set_column(at, rows.schema.field(at), times))
    change(shop, RELAXED)
    counted = replay(shop, "--dry-run", "--memory", "16MiB")
    assert counts(counted) == (50_009, 25_001, 25_000, 8)
    shop.command("replay", "--memory", "16MiB", code=-signal.SIGKILL, env={"INGOT_FAULT": "replay.between_commits:2=kill"})
    report = replay(shop, "--memory", "16MiB")
    assert report["finished"] + report["moved"] < 25_001 and report["remaining"] == 8
    moved = [row["note"] for row in shop.tables().rows(SILVER) if row["id"] >= 1000]
    assert moved == ["0"] * 25_000 and len(shop.tables().rows(QUARANTINE)) == 8
    assert sum(row["rows_written"] for row in shop.tables().changes() if row["action"] == "replay") == 25_001
