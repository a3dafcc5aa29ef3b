"""Replay beside other processes, and killed at each of its steps."""

import json
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager

import pytest
from conftest import INGOT, part_of
from second_version import BRONZE, FIRST, QUARANTINE, SILVER, Shop, changed, check_counted_once, more_data, record
from test_replay import RELAXED, check_as_new, counts, replay
from test_second_version_faults import state_of, wait_for


@pytest.fixture(scope="module")
def relaxed(tmp_path_factory):
    """A shop with two rows in quarantine that would pass, and one more whose key silver has."""
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.put("b.jsonl", [json.dumps(one) for one in (record(60, amount=-1), record(3, 25, amount=-2))])
    shop.command("run")
    shop.write(changed(FIRST, RELAXED))
    shop.command("apply", "--forward-only")
    shutil.rmtree(shop.kept)
    shutil.copytree(shop.data, shop.kept)
    return shop


@pytest.fixture
def shop(relaxed):
    reset(relaxed)
    return relaxed


def reset(shop):
    shop.reset(changed(FIRST, RELAXED))
    shop.put("b.jsonl", [json.dumps(one) for one in (record(60, amount=-1), record(3, 25, amount=-2))])


def check_nothing_lost(shop, before):
    """Checks that each row that was in quarantine is there, or in silver, or a duplicate of a row in silver."""
    tables = shop.tables()
    keys = [row["id"] for row in tables.rows(SILVER)]
    assert len(set(keys)) == len(keys)
    held = {(row["_source"], row["_source_offset"]) for row in tables.rows(QUARANTINE)}
    assert not [row["id"] for row in before if (row["_source"], row["_source_offset"]) not in held and row["id"] not in keys]


def check_replayed_once(shop, moved=(42, 60)):
    check_as_new(shop)
    assert sum(row["rows_written"] for row in shop.tables().changes() if row["action"] == "replay") == len(moved)


def test_kill_at_every_step(shop):
    """Goal: a replay may be killed at any step: no row is lost or twice in silver, and the next replay finishes it.
    Method: SIGKILL at each pass of each point; the tables then; a dry run, a replay, and the tables of a fresh warehouse."""
    before = shop.tables().rows(QUARANTINE)
    passed = re.findall(r"fault point (\S+)", shop.command("replay", env={"INGOT_FAULT_TRACE": "1"}).stderr)
    assert {"replay.after_files", "replay.between_commits", "replay.after_commits"} <= set(passed), passed
    check_replayed_once(shop)
    steps = [name for name in dict.fromkeys(passed) if name.startswith(("replay.", "delete_rows.", "commit.", "ledger."))]
    for point, hit in part_of([(name, hit) for name in steps for hit in range(1, passed.count(name) + 1)]):
        reset(shop)
        killed = shop.command("replay", code=-signal.SIGKILL, env={"INGOT_FAULT": f"{point}:{hit}=kill"})
        try:
            check_nothing_lost(shop, before)
            counted = replay(shop, "--dry-run")
            assert replay(shop) == counted | {"dry_run": False}
            again = replay(shop)
            assert counts(again)[1:3] == (0, 0) and again["finished"] == 0
            check_replayed_once(shop)
        except AssertionError as problem:
            raise AssertionError(f"after kill at {point}:{hit}, {killed.stderr}") from problem


def test_interrupted_replay_and_another_selection(shop):
    """Goal: the next replay finishes an interrupted one, whatever it selects. Method: killed between the commits; a rule that no row broke."""
    shop.command("replay", code=-signal.SIGKILL, env={"INGOT_FAULT": "replay.between_commits=kill"})
    report = replay(shop, "--rule", "sized")
    assert report["finished"] == 2 and report["moved"] == 0
    report = replay(shop)
    assert (report["finished"], report["moved"], report["duplicates"]) == (0, 0, 1)
    check_replayed_once(shop)


def test_a_run_finishes_an_interrupted_replay(shop):
    """Goal: no row stays in silver and in quarantine until someone replays again. Method: killed between the commits; a run; doctor."""
    shop.command("replay", code=-signal.SIGKILL, env={"INGOT_FAULT": "replay.between_commits=kill"})
    shop.command("run")
    assert {42, 60}.isdisjoint(row["id"] for row in shop.tables().rows(QUARANTINE))
    shop.command("doctor")
    report = replay(shop)
    assert (report["finished"], report["moved"], report["duplicates"]) == (0, 0, 1)
    check_replayed_once(shop)


def test_expiry_and_compaction_of_an_interrupted_replay(shop):
    """Goal: an interrupted replay is finished although its snapshot and its files are gone.
    Method: the row of another replay between; compaction, expiry, then a replay."""
    shop.command("replay", "--where", "id = 42")
    shop.command("replay", code=-signal.SIGKILL, env={"INGOT_FAULT": "replay.between_commits=kill"})
    shop.command("maintain", SILVER, "--compact")
    shop.command("maintain", SILVER, QUARANTINE, "--expire", "--older-than", "0s", "--retain-last", "1")
    report = replay(shop)
    assert (report["finished"], report["moved"], report["duplicates"]) == (1, 0, 1)
    assert replay(shop)["selected"] == report["remaining"]
    check_as_new(shop)


def test_unknown_outcome(shop):
    """Goal: a commit whose outcome is not known is not made twice. Method: the answer of the swap is lost; then a replay."""
    passed = re.findall(r"fault point (\S+)", shop.command("replay", env={"INGOT_FAULT_TRACE": "1"}).stderr)
    for hit in range(1, passed.count("commit.after_swap") + 1):
        reset(shop)
        shop.ingot("replay", check=False, env={"INGOT_FAULT": f"commit.after_swap:{hit}=unknown"})
        replay(shop)
        check_replayed_once(shop)


@contextmanager
def stopped(shop, point, *command):
    """Starts a command that stops at the point; it continues, and must end well, at the end of the block."""
    process = subprocess.Popen([INGOT, *command], env=shop.environment() | {"INGOT_FAULT": f"{point}=stop"}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: process.poll() is not None or state_of(process) in "TZ", point)
        assert process.poll() is None and state_of(process) == "T", process.communicate()
        ended = {}
        yield ended
        process.send_signal(signal.SIGCONT)
        ended["out"], ended["err"] = process.communicate(timeout=60)
        assert process.returncode == ended.get("code", 0), ended
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("point", ["replay.after_files", "replay.between_commits"])
@pytest.mark.parametrize("key", [42, 142])
def test_a_run_adds_rows_meanwhile(shop, point, key):
    """Goal: a run commits while a replay is under way; no key is twice in silver, and no commit is lost.
    Method: the replay is stopped at the point; a run adds the key of a replayed row, or another one."""
    with stopped(shop, point, "replay", "--json") as ended:
        shop.put("c.jsonl", [json.dumps(record(key, 25, note="run"))])
        shop.command("run")
    keys = [row["id"] for row in shop.tables().rows(SILVER)]
    assert keys.count(42) == keys.count(60) == keys.count(key) == 1
    late = point == "replay.after_files" and key == 42
    assert counts(json.loads(ended["out"]))[1:3] == ((1, 2) if late else (2, 1))
    assert counts(replay(shop))[1:3] == (0, 0)
    if not late:
        check_replayed_once(shop)


@pytest.mark.parametrize("point", ["silver.keys_read", "silver.after_files"])
def test_a_replay_meanwhile(shop, point):
    """Goal: a run that read silver before a replay added the same key finds it. Method: the run is stopped before its commits."""
    shop.put("c.jsonl", [json.dumps(record(42, 25, note="run"))] + more_data())
    with stopped(shop, point, "run"):
        assert counts(replay(shop))[1:3] == (2, 1)
    assert [row["note"] for row in shop.tables().rows(SILVER) if row["id"] == 42] == ["n42"]
    check_replayed_once(shop)


def test_a_replay_between_the_commits_of_a_run(shop):
    """Goal: the same when quarantine has the run's rows already, and silver does not.
    Method: the replay is stopped before its commits, the run between its two; the replay continues first."""
    shop.put("c.jsonl", [json.dumps(record(42, 25, note="run"))] + more_data())
    with stopped(shop, "replay.after_files", "replay"):
        run = stopped(shop, "silver.between_commits", "run")
        run.__enter__()
    run.__exit__(None, None, None)
    assert [row["note"] for row in shop.tables().rows(SILVER) if row["id"] == 42] == ["n42"]
    check_replayed_once(shop)


def test_a_replay_waits_for_an_interrupted_run(shop):
    """Goal: a replay after a run that died between its commits says what to do, and changes nothing. Method: as said."""
    shop.put("c.jsonl", more_data())
    shop.command("run", code=-signal.SIGKILL, env={"INGOT_FAULT": "silver.between_commits=kill"})
    assert "ingot run --stage silver" in replay(shop, code=1).stderr
    shop.command("run")
    assert counts(replay(shop))[1:3] == (2, 1)
    check_replayed_once(shop)


@pytest.mark.parametrize("point", ["replay.after_files", "replay.between_commits"])
def test_two_replays(shop, point):
    """Goal: two replays move each row once. Method: one is stopped at the point, and another runs."""
    with stopped(shop, point, "replay", "--json") as ended:
        report = replay(shop)
    moved = report["moved"] + report["finished"] + (json.loads(ended["out"])["moved"] if point == "replay.after_files" else 0)
    assert moved == 2
    check_replayed_once(shop)


def test_many_replays_at_once(shop):
    """Goal: the same without order. Method: four replays start together."""
    running = [subprocess.Popen([INGOT, "replay", "--json"], env=shop.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    check_replayed_once(shop)


@pytest.mark.parametrize("point", ["replay.after_files", "replay.between_commits"])
def test_compaction_meanwhile(shop, point):
    """Goal: rows are found again where compaction has put them. Method: all tables are compacted while a replay is stopped."""
    shop.put("c.jsonl", more_data())
    shop.command("run")
    with stopped(shop, point, "replay"):
        shop.command("maintain", "--compact")
    check_replayed_once(shop)


def test_a_rebuild_meanwhile(shop):
    """Goal: a row that newer, stricter rules send back to quarantine is not removed from there.
    Method: the replay is stopped between its commits, and silver is rebuilt by the first rules."""
    before = shop.tables().rows(QUARANTINE)
    with stopped(shop, "replay.between_commits", "replay") as ended:
        shop.write(FIRST)
        shop.command("apply", "--rebuild")
        ended["code"] = 4
    check_nothing_lost(shop, before)
    check_as_new(shop)


def test_an_erasure_meanwhile(shop):
    """Goal: a row that is erased while a replay holds it does not come to silver.
    Method: the replay is stopped before its commits: the erasure finds its files; it continues; the erasure once more."""
    erase = ("erase", "--where", "id = 42", "--yes")
    with stopped(shop, "replay.after_files", "replay", "--json") as ended:
        assert "LEFT" in shop.command(*erase, code=1).stdout
    assert counts(json.loads(ended["out"]))[1:3] == (1, 1)
    shop.command(*erase)
    tables = shop.tables()
    assert not any(row["id"] == 42 for table in (SILVER, QUARANTINE, BRONZE) for row in tables.rows(table))
    assert 60 in {row["id"] for row in tables.rows(SILVER)}


@pytest.mark.parametrize("point", ["replay.after_files", "replay.between_commits"])
def test_days_are_recomputed_meanwhile(shop, point):
    """Goal: a replay and a run that recomputes days of silver move each row once. Method: the run while the replay is stopped."""
    with stopped(shop, point, "replay"):
        shop.command("run", "--stage", "silver,gold", "--from", "2025-11-24")
    check_as_new(shop)
    assert counts(replay(shop))[1:3] == (0, 0)


def test_a_busy_follower(tmp_path):
    """Goal: replays finish beside a follower that commits all the time; no key is twice in silver, and none is lost.
    Method: 60 quarantined rows are replayed in groups, while files arrive that have some of their keys."""
    shop = Shop(tmp_path)
    shop.put("b.jsonl", [json.dumps(record(number, amount=-1)) for number in range(600, 660)])
    shop.command("run")
    shop.write(changed(FIRST, RELAXED))
    shop.command("apply", "--forward-only")
    with open(shop.folder / "follower.log", "w") as log:
        follower = subprocess.Popen([INGOT, "run", "--follow", "--every", "20ms"], env=shop.environment(), stdout=log, stderr=subprocess.STDOUT)
    try:
        left = 0
        for number in range(600, 660, 6):
            shop.put(f"c{number}.jsonl", [json.dumps(record(number + 5)), json.dumps(record(number + 400))])
            report = replay(shop, "--where", f"id >= {number} and id < {number + 6}")
            assert report["moved"] + report["duplicates"] == 6
            left += report["moved"]
        assert left >= 50
    finally:
        follower.send_signal(signal.SIGINT)
        assert follower.wait(60) == 0, (shop.folder / "follower.log").read_text()
    replay(shop)
    shop.command("run")
    keys = [row["id"] for row in shop.tables().rows(SILVER)]
    assert len(set(keys)) == len(keys) and set(range(600, 660)) <= set(keys)
    check_counted_once(shop.tables())
    shop.command("doctor")
