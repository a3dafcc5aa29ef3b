"""Days of silver are computed again from bronze, and gold of these days from silver."""

import json
import re
import signal
import subprocess
import time

import pyarrow as pa
import pytest
from conftest import INGOT, part_of
from second_version import (BRONZE, DAYS, FIRST, KINDS, QUARANTINE, SILVER, TABLES, Shop, changed, check_counted_once, check_equal, comparable,
                            more_data, record)
from test_second_version_faults import Follower, state_of, wait_for

AGAIN = ("run", "--stage", "silver,gold", "--from", "2025-11-24")
BOTH = (*AGAIN, "--to", "2025-11-25")
# The rule quarantines rows that were kept, and keeps rows that were quarantined.
RULE = changed(FIRST, {"silver/rules/positive": {"check": "amount >= -10"}, "silver/rules/sized": {"check": "size < 50"}})


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def shop(made):
    made.reset()
    return made


def on(day, rows):
    return [row for row in rows if row["ts"] is not None and row["ts"].day == day]


def content(tables, table, day=None):
    columns = sorted(set(tables.types(table)) - {"_run_id", "_ingested_at", "updated_at"})
    rows = tables.rows(table)
    if day is not None:
        rows = [row for row in rows if (row["date"] if "date" in row else row["ts"] and row["ts"].date()) is not None
                and (row["date"] if "date" in row else row["ts"]).day == day]
    return comparable(rows, columns)


def damage(shop):
    """Another engine deletes rows of the first day, changes a value, and appends a row that no record has."""
    silver = shop.pyiceberg().load_table(SILVER)
    silver.delete("id = 3")
    rows = silver.scan("id = 6").to_arrow()
    silver.overwrite(rows.set_column(rows.schema.get_field_index("amount"), rows.schema.field("amount"), pa.array([5000], pa.int32())), "id = 6")
    rows = silver.scan("id = 7").to_arrow()
    silver.append(rows.set_column(rows.schema.get_field_index("id"), rows.schema.field("id"), pa.array([7777], pa.int64())))
    shop.pyiceberg().load_table(QUARANTINE).delete("id = 42")


def changes_of(tables, action):
    return [change for change in tables.changes() if change["action"] == action]


def test_a_damaged_day(shop):
    """Goal: a day that another engine has changed is computed again from bronze; other days are not touched.
    Method: PyIceberg deletes, changes and appends rows of silver and deletes one of quarantine; the tables of a fresh
    warehouse; the run ids of the other day; ops.changes and ops.runs."""
    damage(shop)
    shop.command("run")
    before = shop.tables()
    assert sum(row["n"] for row in before.rows(DAYS)) == len(before.rows(SILVER))
    shop.command(*AGAIN)
    after = shop.tables()
    check_equal(after, shop.fresh())
    check_counted_once(after)
    assert after.ours == sorted(TABLES)
    other = lambda tables: sorted((row["id"], row["_run_id"]) for row in on(25, tables.rows(SILVER)))
    assert other(after) == other(before)
    changes = changes_of(after, "recomputed")
    assert {change["table_name"] for change in changes} == {SILVER, QUARANTINE}
    assert all("2025-11-24" in change["differences"] and change["definition_before"] == change["definition_after"] for change in changes)
    silver = max((run for run in after.rows("ops.runs") if run["table_name"] == SILVER), key=lambda run: run["started_at"])
    assert silver["rows_in"] == silver["rows_out"] + silver["rows_quarantined"] + silver["rows_duplicate"] == len(on(24, after.rows(BRONZE)))
    assert shop.command("doctor").stdout


@pytest.mark.parametrize("version", ["2", "3"])
def test_files_of_several_days(tmp_path, version):
    """Goal: in files with rows of several days only the rows of the chosen days are replaced.
    Method: silver is partitioned by month and quarantine by nothing of the kind; rows are deleted; both readers."""
    properties = {"format-version": version}
    shop = Shop(tmp_path, changed(FIRST, {"silver/partition": "month(ts)", "silver/properties": properties}))
    shop.command("table", "delete", SILVER, "--where", "id = 3")
    shop.command("table", "delete", QUARANTINE, "--where", "id = 42")
    before = shop.tables()
    shop.command(*AGAIN)
    after = shop.tables()
    check_equal(after, shop.fresh())
    check_counted_once(after)
    run_ids = lambda tables: sorted((row["id"], row["_run_id"]) for row in on(25, tables.rows(SILVER)))
    assert run_ids(after) == run_ids(before)


@pytest.mark.parametrize("days", ["both", "one"])
def test_a_rule_that_holds_for_new_rows(shop, days):
    """Goal: after a change that left existing rows as they are, chosen days get the new meaning.
    Method: apply --forward-only with other rules; one day or both days again; rows of a fresh warehouse for these days,
    and the old rows for the other."""
    shop.write(RULE)
    shop.command("apply", "--forward-only")
    old = shop.tables()
    shop.command(*(BOTH if days == "both" else AGAIN))
    after, fresh = shop.tables(), shop.fresh()
    check_counted_once(after)
    if days == "both":
        check_equal(after, fresh)
    for table in (SILVER, QUARANTINE, KINDS, DAYS):
        assert content(after, table, 24) == content(fresh, table, 24), table
        if days == "one":
            assert content(after, table, 25) == content(old, table, 25), table
    assert content(old, SILVER, 24) != content(after, SILVER, 24) and content(old, QUARANTINE, 24) != content(after, QUARANTINE, 24)
    snapshots = len(after.metadata(SILVER).snapshots())
    shop.command("run")
    assert len(shop.tables().metadata(SILVER).snapshots()) == snapshots
    shop.put("b.jsonl", more_data())
    shop.command("run")
    if days == "both":
        check_equal(shop.tables(), shop.fresh())


def test_records_that_fit_now(shop):
    """Goal: records of the days that could not be parsed are parsed again, also those that replay has moved to silver.
    Method: apply --forward-only lets text be read as a number; one record is replayed, one is not; both days again."""
    shop.write(changed(RULE, {"fields/amount/coerce": True}))
    shop.command("apply", "--forward-only")
    assert {row["id"] for row in shop.tables().rows(SILVER)}.isdisjoint({46, 53})
    unread = next(row for row in shop.tables().rows(QUARANTINE) if '"id": 46' in str(row["_payload"]))
    shop.command("replay", "--where", f"_source_offset = {unread['_source_offset']}")
    assert 46 in {row["id"] for row in shop.tables().rows(SILVER)}
    shop.command(*BOTH)
    after, fresh = shop.tables(), shop.fresh()
    assert {row["id"] for row in after.rows(SILVER)} >= {46, 53}
    check_equal(after, fresh, tables=(SILVER, KINDS, DAYS))
    check_equal(after, fresh, nullness=("_payload", "_error"), tables=(QUARANTINE,))
    check_counted_once(after)
    at_once(after)


def test_days_beyond_a_limit(shop):
    """Goal: gates do not hold back days that were published before. Method: a rule with a limit that the days exceed."""
    shop.write(changed(RULE, {"silver/rules/positive/fail_above": "1%"}))
    shop.command("apply", "--forward-only")
    shop.command(*BOTH)
    shop.write(RULE)
    check_equal(shop.tables(), shop.fresh())


def test_duplicates_across_days(shop):
    """Goal: of records with one key on two days, the one on the day that stays survives, wherever it stands.
    Method: a key on both days; the first day again; the row of the second day deleted by PyIceberg and the first day
    again; then the second day again."""
    key = lambda: sorted(row["ts"].day for row in shop.tables().rows(SILVER) if row["id"] == 900)
    shop.put("b.jsonl", [json.dumps(record(900, 25)), json.dumps(record(900, 24)), json.dumps(record(901, 24)), json.dumps(record(901, 25))])
    shop.command("run")
    assert key() == [25]
    shop.command(*AGAIN)
    assert key() == [25]
    shop.pyiceberg().load_table(SILVER).delete("id = 900")
    shop.command(*AGAIN)
    assert key() == [24]
    shop.command("run", "--stage", "silver,gold", "--to", "2025-11-25")
    assert key() == [24]
    shop.pyiceberg().load_table(SILVER).delete("id in (900, 901)")
    shop.command(*BOTH)
    assert key() == [25]  # the lower position
    check_equal(shop.tables(), shop.fresh())
    check_counted_once(shop.tables())


def test_days_without_rows(shop):
    """Goal: days without rows change nothing. Method: the snapshots of all tables before and after."""
    snapshots = lambda: {table: len(shop.tables().metadata(table).snapshots()) for table in (SILVER, QUARANTINE)}
    before = snapshots()
    shop.command("run", "--stage", "silver,gold", "--from", "2031-01-01", "--to", "2031-01-03")
    assert snapshots() == before and shop.tables().ours == sorted(TABLES)
    check_equal(shop.tables(), shop.fresh())


def test_a_correction_outlives_gold(shop):
    """Goal: --from without a named stage computes only gold again, as before. Method: a row of silver is deleted."""
    shop.pyiceberg().load_table(SILVER).delete("id = 3")
    shop.command("run", "--from", "2025-11-24")
    assert not any(row["id"] == 3 for row in shop.tables().rows(SILVER))
    check_counted_once(shop.tables())


PARTITIONS = {
    "by no time": {"silver/partition": "kind"},
    "by a computed time": {"fields/late": {"type": "timestamptz", "compute": "ts"}, "silver/partition": "day(late)"},
}


@pytest.mark.parametrize("partition", PARTITIONS)
def test_silver_without_days(tmp_path, partition):
    """Goal: a silver table without days of its records is named, and nothing changes. Method: exit code, message, snapshots."""
    shop = Shop(tmp_path, changed(FIRST, PARTITIONS[partition]))
    before = shop.tables().locations[SILVER]
    assert SILVER in shop.command(*AGAIN, code=2).stderr
    assert shop.tables().locations[SILVER] == before
    shop.command("run", "--stage", "gold", "--from", "2025-11-24")


def test_bronze_that_retention_has_cut(tmp_path):
    """Goal: silver keeps days of which retention has removed rows from bronze. Method: maintenance with keep; exit code."""
    shop = Shop(tmp_path)
    shop.write(changed(FIRST, {"bronze/keep": "1d"}))
    shop.command("maintain", "--retention", "--trust-clock")
    before = content(shop.tables(), SILVER)
    if not shop.tables().rows(BRONZE):
        assert "retention" in shop.command(*AGAIN, code=2).stderr
    assert content(shop.tables(), SILVER) == before


# A rebuild of some days

# Gold tables whose groups are single days; their differences come from the rule, or are their own.
DAILY = changed(RULE, {f"gold/{DAYS}/measures/slowest": "min(rtt)"})


def test_rebuild_of_a_day(shop):
    """Goal: apply --rebuild --from gives the chosen day the new meaning; the others stay, and all of it is recorded.
    Method: other rules and another measure; the rows of each day in the old tables and in a fresh warehouse; new data."""
    old = shop.tables()
    shop.write(DAILY)
    shop.command("apply", "--rebuild", "--from", "2025-11-24")
    after, fresh = shop.tables(), shop.fresh()
    for table in (SILVER, QUARANTINE, KINDS, DAYS):
        assert content(after, table, 24) == content(fresh, table, 24), table
        assert content(after, table, 25) == content(old, table, 25), table
        assert after.definition(table) == fresh.definition(table)
    assert {change["table_name"] for change in changes_of(after, "recomputed")} == {SILVER, QUARANTINE}
    assert all("2025-11-24" in change["differences"] for change in changes_of(after, "forward-only"))
    shop.plan()
    shop.command("apply", "--rebuild", "--from", "2025-11-24", "--to", "2025-11-25")
    check_equal(shop.tables(), shop.fresh())
    shop.put("b.jsonl", more_data())
    shop.command("run")
    check_equal(shop.tables(), shop.fresh())


@pytest.mark.parametrize("point", ["commit.after_swap", "days.filled", "days.between_swaps", "days.after_silver"])
def test_rebuild_of_a_day_is_killed(shop, point):
    """Goal: a killed rebuild of days continues when it is called again. Method: SIGKILL at a point; again; the rows of the day."""
    shop.write(DAILY)
    shop.command("apply", "--rebuild", "--from", "2025-11-24", "--to", "2025-11-25", code=-signal.SIGKILL, env={"INGOT_FAULT": f"{point}=kill"})
    shop.command("apply", "--rebuild", "--from", "2025-11-24", "--to", "2025-11-25")
    check_equal(shop.tables(), shop.fresh())
    check_counted_once(shop.tables())


ALL_DAYS = {
    "a field of bronze": ({"fields/amount/from": "$.total"}, "as a whole"),
    "the key": ({"silver/unique/key": ["id", "kind"]}, "key"),
    "groups": ({f"gold/{KINDS}/group": {"date": "date(ts)", "note": "note"}}, "two groupings"),
    "a fix of the day": ({"silver/rules/shift": {"field": "kind", "fix": "trim"}, "silver/partition": "kind"}, "no days"),
    "groups of several days": ({f"gold/{KINDS}/group": {"kind": "kind"}}, "groups"),
}


@pytest.mark.parametrize("change", ALL_DAYS)
def test_rebuild_of_all_days_only(shop, change):
    """Goal: where days do not separate two meanings, a rebuild of some days is rejected and changes nothing.
    Method: exit code 2, the reason, the tables before and after."""
    edit, reason = ALL_DAYS[change]
    before = shop.tables().locations
    shop.write(changed(FIRST, edit))
    said = shop.command("apply", "--rebuild", "--from", "2025-11-24", code=2).stderr
    assert reason in said, said
    assert shop.tables().locations == before


def test_rebuild_of_groups_of_several_days(tmp_path):
    """Goal: the same for a rule when a gold table's groups are not of single days. Method: a table without a date."""
    first = changed(FIRST, {f"gold/{KINDS}/group": {"kind": "kind"}})
    shop = Shop(tmp_path, first)
    before = shop.tables().locations
    shop.write(changed(first, {"silver/rules/positive": {"check": "amount >= -10"}}))
    said = shop.command("apply", "--rebuild", "--from", "2025-11-24", code=2).stderr
    assert KINDS in said and "two meanings" in said, said
    assert shop.tables().locations == before
    shop.command("apply", "--forward-only")
    shop.command(*BOTH)
    check_equal(shop.tables(), shop.fresh())


def test_days_of_apply(shop):
    """Goal: invalid days of apply are rejected. Method: exit code 2 for each."""
    for arguments in (["--rebuild", "--from", "2025-11-31"], ["--rebuild", "--from", "2025-11-25", "--to", "2025-11-24"],
                      ["--from", "2025-11-24"], ["--forward-only", "--to", "2025-11-24"]):
        shop.command("apply", *arguments, code=2)


# Interruptions


def at_once(tables):
    """Checks that no record is lost, and none is twice in a table: a row that moves is in both for a moment."""
    places = {table: [(row["_source"], row["_source_offset"]) for row in tables.rows(table)] for table in (SILVER, QUARANTINE)}
    for table, found in places.items():
        assert len(set(found)) == len(found), table
    keys = {row["id"] for row in tables.rows(SILVER)}
    known = {*places[SILVER], *places[QUARANTINE]}
    assert not [row for row in tables.rows(BRONZE) if (row["_source"], row["_source_offset"]) not in known and row["id"] not in keys]


def test_kill_at_every_step(made):
    """Goal: the command may be killed at any step. Readers then see the old or the new rows of silver, no record is lost,
    and the same command or a later one ends with the same tables.
    Method: SIGKILL at each pass of each point; the tables then; the command again; new data; a fresh warehouse."""
    made.reset()
    made.write(RULE)
    made.command("apply", "--forward-only")
    traced = made.command(*BOTH, env={"INGOT_FAULT_TRACE": "1"})
    passed = re.findall(r"fault point (\S+)", traced.stderr)
    points = ("rebuild.staging_created", "days.filled", "days.before_quarantine", "days.between_swaps", "days.after_silver", "days.after_stale")
    assert set(points) <= set(passed), passed
    new = content(made.tables(), SILVER)
    steps = [name for name in dict.fromkeys(passed) if name in points or name in ("commit.after_swap", "silver.between_commits", "delete_rows.after_files")]
    for point, hit in part_of([(name, hit) for name in steps for hit in range(1, passed.count(name) + 1)]):
        made.reset(RULE)
        made.command("apply", "--forward-only")
        old = content(made.tables(), SILVER)
        killed = made.command(*BOTH, code=-signal.SIGKILL, env={"INGOT_FAULT": f"{point}:{hit}=kill"})
        try:
            seen = made.tables()
            assert content(seen, SILVER) in (old, new)
            at_once(seen)
            made.command(*BOTH)
            made.put("b.jsonl", more_data())
            made.command("run")
            check_equal(made.tables(), made.fresh())
            check_counted_once(made.tables())
            assert made.tables().ours == sorted(TABLES)
        except AssertionError as problem:
            raise AssertionError(f"after kill at {point}:{hit}, {killed.stderr}") from problem


def stopped_at(shop, point, *arguments):
    process = subprocess.Popen([INGOT, *arguments], env=shop.environment() | {"INGOT_FAULT": f"{point}=stop"}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: state_of(process) in "TZ", point)
    return process


def resume(process):
    process.send_signal(signal.SIGCONT)
    said = process.communicate(timeout=60)
    assert process.returncode == 0, said


# Keys of the first file whose rows RULE moves between silver and quarantine, and new ones.
MEANWHILE = [json.dumps(record(number, day, size=10)) for number, day in ((5, 24), (42, 24), (6, 25), (500, 24), (501, 25), (500, 25))] + \
    [json.dumps(record(502, 24, size=100))]


@pytest.mark.parametrize("point", ["rebuild.staging_created", "days.filled", "days.before_quarantine", "days.between_swaps", "days.after_silver"])
def test_records_arrive_meanwhile(shop, point):
    """Goal: rows that another run adds while days are computed again are neither lost nor doubled.
    Method: the command is stopped at the point, a run adds a file with old and new keys, and the command continues."""
    shop.write(RULE)
    shop.command("apply", "--forward-only")
    process = stopped_at(shop, point, *BOTH)
    shop.put("c.jsonl", MEANWHILE)
    shop.command("run")
    resume(process)
    shop.command("run")
    at_once(shop.tables())
    check_counted_once(shop.tables())
    assert shop.tables().ours == sorted(TABLES)
    # A record that arrived meanwhile may have found its key free or taken, as it was at that moment.
    shop.command(*BOTH)
    check_equal(shop.tables(), shop.fresh())


@pytest.mark.parametrize("point", ["silver.after_files", "silver.between_commits", "gold.computed"])
def test_days_change_while_a_run_waits(shop, point):
    """Goal: a run that has deduplicated against rows that were replaced meanwhile computes its step again.
    Method: a run of a new file is stopped, both days are computed again, and the run continues."""
    shop.write(RULE)
    shop.command("apply", "--forward-only")
    shop.put("c.jsonl", MEANWHILE)
    process = stopped_at(shop, point, "run")
    shop.command(*BOTH)
    resume(process)
    at_once(shop.tables())
    shop.command("run")
    check_equal(shop.tables(), shop.fresh())
    check_counted_once(shop.tables())


@pytest.mark.parametrize("step", ["silver.after_files", "silver.between_commits"])
@pytest.mark.parametrize("point", ["days.filled", "days.between_swaps"])
def test_both_wait(shop, point, step):
    """Goal: the same when the days are replaced between the two commits of the run, or just before.
    Method: the command is stopped, then a run of a new file; the command continues, then the run."""
    shop.write(RULE)
    shop.command("apply", "--forward-only")
    command = stopped_at(shop, point, *BOTH)
    shop.put("c.jsonl", MEANWHILE)
    run = stopped_at(shop, step, "run")
    resume(command)
    resume(run)
    at_once(shop.tables())
    shop.command("run")
    check_equal(shop.tables(), shop.fresh())
    check_counted_once(shop.tables())


def test_two_at_once(shop):
    """Goal: two such commands leave the tables of one. Method: both start together; a fresh warehouse."""
    damage(shop)
    running = [subprocess.Popen([INGOT, *arguments], env=shop.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for arguments in (AGAIN, BOTH)]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    check_equal(shop.tables(), shop.fresh())
    check_counted_once(shop.tables())


def test_a_busy_follower(shop):
    """Goal: days are computed again beside a follower that commits all the time, and the result is right.
    Method: files arrive every 50 ms while damaged days are computed again."""
    follower = Follower(shop)
    try:
        damage(shop)
        command = subprocess.Popen([INGOT, *BOTH], env=shop.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        number = 0
        while command.poll() is None:
            shop.put(f"f{number:03}.jsonl", more_data(1000 + 20 * number))
            number += 1
            time.sleep(0.05)
        assert command.returncode == 0, command.communicate()
        assert follower.stop() == 0, follower.said()
    finally:
        follower.process.kill()
    shop.command("run")
    check_equal(shop.tables(), shop.fresh())
    check_counted_once(shop.tables())
