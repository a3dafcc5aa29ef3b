"""Concurrent commands, commands on a locked catalog, read-only commands, and closed outputs."""

import json
import os
import sqlite3
import subprocess

import pytest

RECORD = {"timestamp": 1767225600000, "user_id": "550e8400-e29b-41d4-a716-446655440000", "upload_speed": 45.2,
          "download_speed": 120.4, "latency": 25.6, "location": "Oslo"}
READING = (("query", "SELECT 1 AS one"), ("table", "list"), ("check",), ("doctor",), ("storage",), ("maintain", "--dry-run"),
           ("maintain",), ("maintain", "--undo"), ("plan",), ("compile",), ("compile", "--json"), ("register", "--all"), ("register", "--all", "--dry-run"),
           ("unregister", "bronze.none"), ("query", "SELECT * FROM gold.speedtest_agg"), ("doctor", "gold.none"), ("storage", "gold.none"),
           *(("table", action, "bronze.none") for action in ("show", "history", "files", "partitions", "manifests", "refs")),
           ("table", "move", "--to", "elsewhere"))


def fill(warehouse, count=20):
    lines = [json.dumps(RECORD | {"timestamp": RECORD["timestamp"] + number * 1000}) for number in range(count)]
    (warehouse.landing / "a.jsonl").write_text("\n".join(lines) + "\n")


def start(warehouse, *arguments, **options):
    from conftest import INGOT

    return subprocess.Popen([INGOT, *arguments], env=warehouse.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_first_runs_at_once(warehouse):
    """Goal: the first run creates the catalog and the tables, and no other run fails because of it.
    Method: eight concurrent runs on an empty folder; then each record exists once."""
    fill(warehouse)
    running = [start(warehouse, "run") for _ in range(8)]
    ended = [(process.communicate(timeout=300)[1], process.returncode) for process in running]
    assert [code for _, code in ended] == [0] * 8, ended
    warehouse.run()
    for table in ("bronze.speedtest_raw", "silver.speedtest_clean"):
        assert warehouse.query(f"SELECT count(*) AS n FROM {table}") == [{"n": 20}]


@pytest.mark.parametrize("command", [("check",), ("table", "list"), ("doctor",), ("storage",), ("query", "SELECT count(*) FROM silver.speedtest_clean")],
                         ids=lambda command: command[0])
def test_eight_readers_at_once(warehouse, command):
    """Goal: commands that read the same warehouse do not make each other fail. Method: eight of each at once."""
    fill(warehouse)
    warehouse.run()
    running = [start(warehouse, *command) for _ in range(8)]
    ended = [(*process.communicate(timeout=300), process.returncode) for process in running]
    assert [code for *_, code in ended] == [0] * 8, [text for text in ended if text[2] != 0][0]
    assert not list((warehouse.folder / "warehouse").glob(".ingot-check*"))


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_reading_creates_nothing(warehouse, command):
    """Goal: a read-only command creates no folder and no catalog. Method: each of them in an empty folder."""
    fill(warehouse)
    before = sorted(warehouse.folder.rglob("*"))
    done = warehouse.ingot(*command, check=False, cwd=warehouse.folder)
    assert done.returncode in (0, 1, 2), done.stderr
    assert sorted(warehouse.folder.rglob("*")) == before
    if command == ("check",):
        assert done.returncode == 0 and "does not exist yet" in done.stdout, done.stdout + done.stderr


def test_serving_nothing_creates_nothing(warehouse):
    """Goal: the dashboard of a warehouse that does not exist yet answers and creates nothing. Method: two of its paths."""
    import urllib.request

    server = start(warehouse, "serve", "--listen", "127.0.0.1:0")
    try:
        address = server.stdout.readline().strip()
        assert json.loads(urllib.request.urlopen(address + "api/tables").read()) == []
        assert urllib.request.urlopen(address + "metrics").status == 200
    finally:
        server.terminate()
        server.wait()
    assert not (warehouse.folder / "warehouse").exists()


@pytest.mark.parametrize("missing", ["warehouse", "catalog", "tables"])
@pytest.mark.parametrize("command", ["doctor", "storage", "maintain", "query"])
def test_nothing_is_said(warehouse, command, missing):
    """Goal: a command that finds no table says what is missing and fails.
    Method: no warehouse, a folder without a catalog, a catalog that has other tables only."""
    folder = warehouse.folder / "warehouse"
    if missing == "catalog":
        folder.mkdir()
    if missing == "tables":
        warehouse.foreign_catalog()
    said = {"warehouse": f"the warehouse {folder} does not exist", "catalog": f"the catalog sqlite://{folder}/catalog.db does not exist",
            "tables": "the catalog has none of the tables"}[missing]
    done = warehouse.ingot(command, *(["SELECT * FROM gold.speedtest_agg"] if command == "query" else []), check=False)
    assert done.returncode == 1 and said in done.stderr, done


def test_doctor_on_nothing(warehouse):
    """Goal: a check of nothing does not report success.
    Method: no tables; a table that does not exist; a warehouse that moved."""
    fill(warehouse)
    done = warehouse.ingot("doctor", check=False)
    assert done.returncode == 1 and "nothing to examine" in done.stderr, done.stderr
    warehouse.run()
    done = warehouse.ingot("doctor", "silver.none", check=False)
    assert done.returncode == 1 and "silver.none" in done.stderr, done.stderr
    os.rename(warehouse.folder / "warehouse", warehouse.folder / "moved")
    done = warehouse.ingot("doctor", "--warehouse", warehouse.folder / "moved", check=False)
    assert done.returncode == 1 and "metadata file not found" in done.stderr, done.stderr


def test_locked_catalog(warehouse):
    """Goal: a run waits for a catalog that another process locks, reports it, and continues when it is free.
    Method: this process holds the lock until the warning appears."""
    fill(warehouse)
    warehouse.run()
    fill(warehouse, 30)
    holder = sqlite3.connect(warehouse.folder / "warehouse/catalog.db")
    holder.execute("BEGIN EXCLUSIVE")
    waiting = start(warehouse, "run")
    word = waiting.stderr.readline()
    holder.rollback()
    rest = waiting.communicate(timeout=300)[1]
    assert "catalog.db is locked by" in word and f"process {os.getpid()}" in word, word + rest
    assert waiting.returncode == 0, rest
    assert warehouse.query("SELECT count(*) AS n FROM bronze.speedtest_raw") == [{"n": 30}]


@pytest.mark.parametrize("command", [("query", "SELECT * FROM range(1000000)"), ("query", "SELECT * FROM range(1000000)", "--format", "csv"),
                                     ("generate", "--records", "100000", "--to", "-"), ("check",), ("table", "list"), ("--help",), ("run",)],
                         ids=lambda command: "-".join(word.split()[0].strip("-") for word in command if word != "-"))
def test_closed_output(warehouse, command):
    """Goal: `ingot … | head -1` ends without an error.
    Method: the reading end of the pipe is closed at once, or after the first bytes."""
    fill(warehouse)
    for read in (0, 10):
        reading, writing = os.pipe()
        from conftest import INGOT

        process = subprocess.Popen([INGOT, *command], env=warehouse.environment(), stdout=writing, stderr=subprocess.PIPE, text=True)
        os.close(writing)
        if read:
            os.read(reading, read)
        os.close(reading)
        told = process.communicate(timeout=300)[1]
        assert (process.returncode, "error" in told) == (0, False), (command, read, process.returncode, told)


@pytest.mark.parametrize("command", [("query", "SELECT * FROM range(100000)"), ("--help",), ("run", "--help"), ("--version",)], ids=" ".join)
def test_full_output(warehouse, command):
    """Goal: output that cannot be written is an error. Method: /dev/full."""
    from conftest import INGOT

    with open("/dev/full", "w") as full:
        done = subprocess.run([INGOT, *command], env=warehouse.environment(), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "No space left" in done.stderr, (done.returncode, done.stderr)
