"""Apply beside other processes, and killed at each of its steps."""

import re
import signal
import subprocess
import time

import pytest
from conftest import INGOT, part_of
from second_version import (BRONZE, DAYS, FIRST, KINDS, QUARANTINE, SILVER, TABLES, changed, check_counted_once, check_equal, comparable,
                            made, more_data, shop, text_of)

# Each layer changes rows of its own.
SECOND = changed(FIRST, {"fields/region": {"type": "string"}, "fields/amount/from": "$.total", "silver/rules/positive": {"check": "amount >= -10"},
                         "silver/unique/key": ["id", "kind"], f"gold/{KINDS}/group": {"date": "date(ts)", "region": "region"},
                         f"gold/{DAYS}/measures/slowest": "min(rtt)"})
# Bronze stays.
SILVER_ONLY = changed(FIRST, {"silver/rules/positive": {"check": "amount >= -10"}, "silver/unique/key": ["id", "kind"],
                              f"gold/{DAYS}/measures/slowest": "min(rtt)"})


def content(tables, table):
    columns = sorted(set(tables.types(table)) - {"_run_id", "_ingested_at", "updated_at"})
    return comparable(tables.rows(table), columns)


def finish(shop, name="b.jsonl"):
    """Applies the present file, adds a file of records, and checks the tables and that no staging table is left."""
    shop.command("apply", "--rebuild")
    shop.put(name, more_data())
    shop.command("run")
    after = shop.tables()
    check_equal(after, shop.fresh(), nullness=("_payload", "_error"))  # a record that fitted meanwhile has lost its bytes
    check_counted_once(after)
    shop.plan()
    assert after.ours == sorted(TABLES)


@pytest.fixture(scope="module")
def points(made):
    """Lists the fault points of `apply --rebuild`, with the number of times it passes each, and the tables that it gives."""
    made.reset(SECOND)
    passed = re.findall(r"fault point (\S+)", made.command("apply", "--rebuild", env={"INGOT_FAULT_TRACE": "1"}).stderr)
    assert {"rebuild.staging_created", "rebuild.filled", "rebuild.before_swap", "rebuild.after_swap", "rebuild.between_swaps"} <= set(passed), passed
    steps = [name for name in dict.fromkeys(passed) if name.startswith(("rebuild.", "bronze.rebuil", "commit.after_swap"))]
    return [(name, hit) for name in steps for hit in range(1, passed.count(name) + 1)], {table: content(made.tables(), table) for table in TABLES}


def test_kill_at_every_step(made, points):
    """Goal: apply may be killed at any step. Readers see the old or the new rows of each table, and apply continues.
    Method: SIGKILL at each pass of each point; the tables then; plan, apply and a run; the tables of a fresh warehouse."""
    steps, new = points
    made.reset(SECOND)
    old = made.tables()
    states = {table: [content(old, table), new[table]] for table in TABLES}
    for point, hit in part_of(steps):
        made.reset(SECOND)
        killed = made.command("apply", "--rebuild", code=-signal.SIGKILL, env={"INGOT_FAULT": f"{point}:{hit}=kill"})
        try:
            seen = made.tables()
            for table in TABLES:
                assert content(seen, table) in states[table], table
            assert made.ingot("plan", check=False).returncode in (0, 4)
            finish(made)
        except AssertionError as problem:
            raise AssertionError(f"after kill at {point}:{hit}, {killed.stderr}") from problem


def test_kill_and_another_choice(made, points):
    """Goal: after a killed apply the user may choose otherwise: the first file again, a third file, or forward only.
    Method: killed between the swaps of quarantine and silver, then each of these."""
    for choice in ("first", "third", "forward-only"):
        made.reset(SECOND)
        made.command("apply", "--rebuild", code=-signal.SIGKILL, env={"INGOT_FAULT": "rebuild.between_swaps=kill"})
        if choice == "forward-only":
            made.command("apply", "--forward-only")
            made.put("b.jsonl", more_data())
            made.command("run")
            check_counted_once(made.tables())
            check_account(made.tables())
            continue
        made.write(FIRST if choice == "first" else changed(SECOND, {"silver/rules/positive": {"check": "amount >= -60"}}))
        made.plan(4)
        finish(made)


def check_account(tables):
    """Checks that each row of bronze is in silver, or in quarantine, or a duplicate of a row in silver; in one only."""
    at = lambda table: [row["_source_offset"] for row in tables.rows(table) if row["_source"].endswith("a.jsonl")]
    clean, refused = at(SILVER), at(QUARANTINE)
    assert len({*clean, *refused}) == len(clean) + len(refused)
    keys = {row["id"] for row in tables.rows(SILVER)}
    lost = [row["id"] for row in tables.rows(BRONZE) if row["_source"].endswith("a.jsonl") and row["_source_offset"] not in {*clean, *refused} and row["id"] not in keys]
    assert not lost


@pytest.mark.parametrize("point", ["rebuild.filled", "rebuild.before_swap", "rebuild.between_swaps"])
def test_records_arrive_while_apply_waits(shop, point):
    """Goal: rows that the old file adds during a rebuild are in the rebuilt tables.
    Method: apply is stopped at the point, a run of the first file adds a file to every table, and apply continues."""
    environment = shop.environment()
    shop.write(SECOND)
    stopped = subprocess.Popen([INGOT, "apply", "--rebuild"], env=environment | {"INGOT_FAULT": f"{point}=stop"}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: state_of(stopped) in "TZ", "the step")
    first = shop.folder / "first.yaml"
    first.write_text(text_of(FIRST))
    shop.put("c.jsonl", more_data(400))
    shop.ingot("run", check=False, env={"INGOT_PIPELINE": str(first)})
    stopped.send_signal(signal.SIGCONT)
    said = stopped.communicate(timeout=60)
    assert stopped.returncode == 0, said
    finish(shop)


def state_of(process):
    return open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()[0]


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


class Follower:
    """`ingot run --follow` with the first file."""

    def __init__(self, shop):
        pipeline = shop.folder / "first.yaml"
        pipeline.write_text(text_of(FIRST))
        self.log = shop.folder / "follower.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([INGOT, "run", "--follow", "--every", "100ms"], env=shop.environment() | {"INGOT_PIPELINE": str(pipeline)},
                                            stdout=log, stderr=subprocess.STDOUT, text=True)

    def said(self):
        return self.log.read_text()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def rows_in(shop, table, file):
    return sum(row["_source"].endswith(file) for row in shop.tables().rows(table))


@pytest.fixture
def follower(shop):
    started = Follower(shop)
    yield started
    started.process.kill()
    started.process.wait()


def test_a_follower_of_the_old_file(shop, follower):
    """Goal: a follower of the old file continues with bronze, stops silver and gold with one message each, and spoils
    nothing.
    Method: it has computed a file when apply with another rule and key runs; more files arrive; the tables at the end."""
    shop.put("b.jsonl", more_data())
    wait_for(lambda: sum(row["n"] for row in shop.tables().rows(DAYS)) > 40, "the follower's first file")
    shop.write(SILVER_ONLY)
    shop.command("apply", "--rebuild")
    for number, name in enumerate(["c.jsonl", "d.jsonl"]):
        shop.put(name, more_data(400 + 100 * number))
        wait_for(lambda: rows_in(shop, BRONZE, name), f"bronze of {name}")
    time.sleep(1)  # some rounds
    assert follower.process.poll() is None, follower.said()
    tables = shop.tables()
    assert not any(row["_source"].endswith(("c.jsonl", "d.jsonl")) for row in tables.rows(SILVER) + tables.rows(QUARANTINE))
    lines = [line for line in follower.said().splitlines() if "another pipeline file" in line]
    assert 1 <= len(lines) <= 4 and len(set(lines)) == len(lines), follower.said()
    assert any("ingot plan" in line for line in lines)
    follower.stop()
    shop.command("run")
    check_equal(shop.tables(), shop.fresh())
    check_counted_once(shop.tables())


def test_a_follower_whose_bronze_changes(shop, follower):
    """Goal: a follower of an old file stops when bronze has another definition, and names the remedy.
    Method: apply rebuilds bronze beside it; its exit code and message; the tables at the end."""
    shop.put("b.jsonl", more_data())
    wait_for(lambda: sum(row["n"] for row in shop.tables().rows(DAYS)) > 40, "the follower's first file")
    shop.write(SECOND)
    shop.command("apply", "--rebuild")
    shop.put("c.jsonl", more_data(400))
    assert follower.process.wait(60) == 4, follower.said()
    assert "ingot plan" in follower.said()
    finish(shop, "d.jsonl")


def test_a_busy_follower_of_the_old_file(shop, follower):
    """Goal: apply finishes beside a follower that commits all the time, and the result is right.
    Method: files arrive every 50 ms before, while and after apply runs."""
    names = iter(range(1000))

    def feed(count):
        for number in (next(names) for _ in range(count)):
            shop.put(f"f{number:03}.jsonl", more_data(1000 + 20 * number))
            time.sleep(0.05)

    feed(10)
    shop.write(SILVER_ONLY)
    apply = subprocess.Popen([INGOT, "apply", "--rebuild"], env=shop.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while apply.poll() is None:
        feed(1)
    assert apply.returncode == 0, apply.communicate()
    feed(5)
    follower.stop()
    shop.command("run")
    check_equal(shop.tables(), shop.fresh())
    check_counted_once(shop.tables())


@pytest.mark.parametrize("files", ["one file", "two files"])
def test_two_appliers_at_once(shop, files):
    """Goal: two appliers leave the tables of one of their files, and nothing between.
    Method: two start together, with one file or two; then the second file is applied."""
    third = shop.folder / "third.yaml"
    shop.write(SECOND if files == "one file" else SILVER_ONLY)
    third.write_text(shop.pipeline.read_text())
    shop.write(SECOND)
    environments = [shop.environment(), shop.environment() | {"INGOT_PIPELINE": str(third)}]
    running = [subprocess.Popen([INGOT, "apply", "--rebuild"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for environment in environments]
    said = [process.communicate(timeout=120) for process in running]
    if files == "one file":
        assert [process.returncode for process in running] == [0, 0], said
    finish(shop)
