"""A silver step of two commits that was interrupted between them, after which the definition of the rows changes
before the next run."""

import re
import shutil
import signal
import subprocess
import time

import pytest
from conftest import INGOT, ROOT, Warehouse, part_of

BRONZE, SILVER, QUARANTINE = "bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine"
RULE = "between 0 and 60000"
EDITS = {"stricter": "between 0 and 100", "looser": "between -10 and 600000", "the same": RULE}


def fill(warehouse, name="a.jsonl", records=800, seed=1):
    warehouse.ingot("generate", "--records", records, "--dirty", 0.1, "--users", 60, "--seed", seed, "--start", "2026-01-01", "--to", warehouse.landing / name)


def edit(warehouse, rule):
    text = (ROOT / "pipelines/speedtest.yaml").read_text()
    assert RULE in text
    warehouse.pipeline = warehouse.folder / "edited.yaml"
    warehouse.pipeline.write_text(text.replace(RULE, rule))
    warehouse.ingot("apply", "--forward-only")


def interrupt(warehouse, point="silver.between_commits"):
    killed = warehouse.ingot("run", check=False, env={"INGOT_FAULT": f"{point}=kill"})
    assert killed.returncode == -signal.SIGKILL, (point, killed.stderr)


def check_account(warehouse):
    """Checks that each row of bronze is in silver once, or in quarantine once, or its key is in silver; and that the
    ledger agrees."""
    catalog = warehouse.pyiceberg()
    bronze, silver, quarantine = (catalog.load_table(name).scan().to_arrow().to_pylist() for name in (BRONZE, SILVER, QUARANTINE))
    at = lambda row: (row["_source"], row["_source_partition"], row["_source_offset"])
    clean, quarantined = [at(row) for row in silver], [at(row) for row in quarantine]
    keys = {(row["user_id"], row["timestamp"]) for row in silver}
    assert len(set(clean)) == len(clean) and len(set(quarantined)) == len(quarantined)
    assert not set(clean) & set(quarantined)
    lost = [at(row) for row in bronze if at(row) not in {*clean, *quarantined} and (row["user_id"], row["timestamp"]) not in keys]
    assert not lost
    [counts] = warehouse.query(
        f"SELECT sum(rows_in - rows_out - rows_quarantined - rows_duplicate)::BIGINT AS unaccounted, sum(rows_in)::BIGINT AS rows, sum(rows_out)::BIGINT AS out FROM ops.runs WHERE table_name = '{SILVER}'"
    )
    assert counts == {"unaccounted": 0, "rows": len(bronze), "out": len(silver)}
    return len(silver), len(quarantine)


def fresh(warehouse, folder):
    """Runs the same files through the edited pipeline in one run."""
    folder.mkdir()
    other = Warehouse(folder, warehouse.pipeline)
    shutil.rmtree(other.landing)
    other.landing = warehouse.landing
    other.run()
    return {name: other.table_hash(name) for name in (SILVER, QUARANTINE)}


@pytest.mark.parametrize("rule", EDITS)
def test_an_edited_rule_between_the_two_commits(warehouse, rule):
    """Goal: no row is lost or duplicated when the rules change between the two commits of a step.
    Method: killed there, run with the edited file: both tables equal those of a fresh run of that file."""
    fill(warehouse)
    interrupt(warehouse)
    edit(warehouse, EDITS[rule])
    told = warehouse.ingot("run").stderr
    assert ("were reverted" in told) == (rule != "the same")
    check_account(warehouse)
    assert {name: warehouse.table_hash(name) for name in (SILVER, QUARANTINE)} == fresh(warehouse, warehouse.folder / "fresh")
    assert warehouse.run()["silver"]["commits"] == 0


def test_kill_at_every_step_of_a_revert(tmp_path_factory):
    """Goal: reverting half a step may itself be interrupted at any point.
    Method: every fault point of the revert is listed once. For each, a fresh warehouse is killed there, and the next
    run succeeds."""
    first = Warehouse(tmp_path_factory.mktemp("trace"), ROOT / "pipelines/speedtest.yaml")
    fill(first, records=300)
    interrupt(first)
    edit(first, EDITS["stricter"])
    passed = re.findall(r"fault point (\S+)", first.ingot("run", env={"INGOT_FAULT_TRACE": "1"}).stderr)
    passed = passed[: passed.index("silver.reverted") + 1]
    points = [(name, hit) for name in dict.fromkeys(passed) for hit in range(1, passed.count(name) + 1)]
    assert {"silver.blocked", "silver.reverted"} <= {name for name, _ in points}
    for point, hit in part_of(points):
        warehouse = Warehouse(tmp_path_factory.mktemp("kill"), ROOT / "pipelines/speedtest.yaml")
        fill(warehouse, records=300)
        interrupt(warehouse)
        edit(warehouse, EDITS["stricter"])
        interrupt(warehouse, f"{point}:{hit}")
        warehouse.run()
        try:
            check_account(warehouse)
        except AssertionError as problem:
            raise AssertionError(f"after kill at {point}:{hit}") from problem


@pytest.mark.parametrize("expired", [False, True])
def test_quarantine_was_compacted_meanwhile(warehouse, expired):
    """Goal: exactly the rows of the interrupted step leave quarantine, in whichever files they are.
    Method: rows of an earlier run and of the half step are compacted into one file, and old snapshots expire; then the
    file is edited."""
    fill(warehouse)
    warehouse.run()
    before = warehouse.table_hash(QUARANTINE)
    fill(warehouse, "b.jsonl", seed=2)
    interrupt(warehouse)
    warehouse.ingot("maintain", QUARANTINE, "--compact", "--min-input-files", 2)
    assert len(list(warehouse.pyiceberg().load_table(QUARANTINE).scan().plan_files())) == 1
    if expired:
        warehouse.ingot("maintain", QUARANTINE, "--expire", "--older-than", "0s")
        assert len(warehouse.pyiceberg().load_table(QUARANTINE).metadata.snapshots) == 1
    edit(warehouse, EDITS["stricter"])
    told = warehouse.ingot("run").stderr
    assert "were reverted" in told
    _, quarantined = check_account(warehouse)
    assert set(before) <= set(warehouse.table_hash(QUARANTINE)) and quarantined > len(before)


@pytest.mark.parametrize("end", ["silver.blocked", "silver.reverted", None])
def test_a_suspended_writer_resumes(warehouse, end):
    """Goal: a writer suspended between the two commits cannot complete a step that another has reverted or is
    reverting.
    Method: the writer is stopped there, a run of the edited file goes as far as `end`, then the writer continues."""
    fill(warehouse)
    stopped = subprocess.Popen([INGOT, "run"], env=warehouse.environment() | {"INGOT_FAULT": "silver.between_commits=stop"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while True:
        assert time.monotonic() < deadline, "it never came to the step"
        time.sleep(0.02)
        if open(f"/proc/{stopped.pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T":
            break
    edit(warehouse, EDITS["looser"])
    if end:
        interrupt(warehouse, end)
    else:
        assert "were reverted" in warehouse.ingot("run").stderr
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(300) == 4 and "another pipeline file" in stopped.stderr.read()
    warehouse.run()
    check_account(warehouse)


def test_two_files_at_once(warehouse):
    """Goal: of workers of two pipeline files on one warehouse, those of the file that was not applied change nothing.
    Method: a half step, then two workers of each file in small commits together; one more run finishes."""
    fill(warehouse, records=1500)
    warehouse.ingot("run", "--stage", "bronze", "--rows-per-commit", 150)
    interrupt(warehouse)
    environments = [warehouse.environment()] * 2
    edit(warehouse, EDITS["stricter"])
    environments += [warehouse.environment()] * 2
    running = [subprocess.Popen([INGOT, "run", "--rows-per-commit", "150"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for env in environments]
    for process in running:
        process.wait(timeout=300)
    warehouse.run()
    check_account(warehouse)


def test_a_dropped_table_is_recomputed_or_an_error(warehouse):
    """Goal: the file that computed the other table recomputes silver or quarantine from bronze; another file is
    rejected.
    Method: each table is unregistered, and the next run is compared; then with an edited rule."""
    fill(warehouse)
    warehouse.run()
    before = {name: warehouse.table_hash(name) for name in (SILVER, QUARANTINE)}
    for name in (SILVER, QUARANTINE):
        warehouse.ingot("unregister", name)
        warehouse.run("--stage", "silver")
        assert {name: warehouse.table_hash(name) for name in (SILVER, QUARANTINE)} == before
    fill(warehouse, "b.jsonl", seed=2)
    warehouse.run("--stage", "bronze,silver")
    warehouse.ingot("unregister", QUARANTINE)
    edit(warehouse, EDITS["stricter"])
    rejected = warehouse.ingot("run", check=False)
    assert rejected.returncode == 1
    assert SILVER in rejected.stderr and QUARANTINE in rejected.stderr and "ingot table rollback" in rejected.stderr
