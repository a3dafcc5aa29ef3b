"""kill -9 at every commit step, lost answers and failed writes: afterwards a rerun gives the same tables."""

import re
import signal

import pytest
import reference

TABLES = ("bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine", "gold.speedtest_agg")


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """Lists every fault point of a run with two commits, and how often the run passes it."""
    from conftest import ROOT, Warehouse

    warehouse = Warehouse(tmp_path_factory.mktemp("trace"), ROOT / "pipelines/speedtest.yaml")
    fill(warehouse)
    passed = warehouse.ingot("run", "--rows-per-commit", 1500, env={"INGOT_FAULT_TRACE": "1"}).stderr
    names = re.findall(r"fault point (\S+)", passed)
    assert len(set(names)) >= 12, names
    return [(name, hit) for name in dict.fromkeys(names) for hit in range(1, names.count(name) + 1)]


def fill(warehouse):
    warehouse.ingot("generate", "--records", 3000, "--dirty", 0.1, "--users", 50, "--start", "2026-01-01", "--to", warehouse.landing)


def check_tables(warehouse):
    layers = reference.compute(warehouse.landing.glob("*.jsonl"))
    catalog = warehouse.pyiceberg()
    rows = {name: catalog.load_table(name).scan().to_arrow() for name in TABLES}
    offsets = rows["bronze.speedtest_raw"]["_source_offset"].to_pylist()
    assert sorted(offsets) == sorted(offset for _, offset, _ in layers.bronze)
    assert rows["silver.speedtest_clean"].num_rows == len(layers.silver)
    assert sorted(rows["silver.speedtest_quarantine"]["_source_offset"].to_pylist()) == sorted(offset for _, offset, _ in layers.quarantine)
    gold = {(row["date"], row["hour"], row["location"]): row["tests"] for row in rows["gold.speedtest_agg"].to_pylist()}
    assert gold == {group: figures["tests"] for group, figures in layers.gold.items()}
    [counts] = warehouse.query(
        "SELECT sum(rows_in)::BIGINT AS i, sum(rows_out)::BIGINT AS o, sum(rows_quarantined)::BIGINT AS q, sum(rows_duplicate)::BIGINT AS d FROM ops.runs WHERE stage = 'silver'"
    )
    assert counts == {"i": len(layers.bronze), "o": len(layers.silver), "q": len(layers.quarantine), "d": layers.duplicates}


def test_kill_at_every_step(points, tmp_path_factory):
    """Goal: a process killed at any step of any commit loses nothing and duplicates nothing.
    Method: SIGKILL at each pass of each point, run again, compare with the independent computation."""
    from conftest import ROOT, Warehouse, part_of

    for point, hit in part_of(points):
        warehouse = Warehouse(tmp_path_factory.mktemp("kill"), ROOT / "pipelines/speedtest.yaml")
        fill(warehouse)
        killed = warehouse.ingot("run", "--rows-per-commit", 1500, check=False, env={"INGOT_FAULT": f"{point}:{hit}=kill"})
        assert killed.returncode == -signal.SIGKILL, (point, hit)
        warehouse.run("--rows-per-commit", 1500)
        try:
            check_tables(warehouse)
        except AssertionError as problem:
            raise AssertionError(f"after kill at {point}:{hit}") from problem


@pytest.mark.parametrize("action", ["fail", "unknown"])
def test_lost_answers_and_failed_swaps(warehouse, action):
    """Goal: after a lost answer to the swap the state is read, not guessed; a failed swap is retried.
    Method: the catalog's answer and the points around the swap fail once each, in separate processes."""
    fill(warehouse)
    for point in ("catalog.answer:1", "catalog.answer:2", "commit.before_swap:1", "commit.after_swap:1"):
        warehouse.ingot("run", "--rows-per-commit", 1500, check=False, env={"INGOT_FAULT": f"{point}={action}"})
    warehouse.run("--rows-per-commit", 1500)
    check_tables(warehouse)


def test_two_processes_at_once(warehouse):
    """Goal: two concurrent runs on one warehouse duplicate nothing and lose nothing.
    Method: four processes start together; then one more finishes the remaining work."""
    import subprocess

    from conftest import INGOT

    fill(warehouse)
    environment = {"INGOT_WAREHOUSE": str(warehouse.folder / "warehouse"), "INGOT_PIPELINE": str(warehouse.pipeline), "INGOT_SOURCE": str(warehouse.landing), "PATH": "/usr/bin:/bin"}
    running = [subprocess.Popen([INGOT, "run", "--rows-per-commit", "500"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(4)]
    for process in running:
        process.wait(timeout=300)
    warehouse.run()
    check_tables(warehouse)
