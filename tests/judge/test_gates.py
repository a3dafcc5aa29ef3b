"""Gates: rows that exceed a rule's limit are held back before silver's commit."""

import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from conftest import INGOT, ROOT, Warehouse, part_of
from second_version import DUCKDB, Tables

BRONZE, SILVER, QUARANTINE, GOLD = "bronze.sales", "silver.sales", "silver.sales_quarantine", "gold.sales"
PIPELINE = """
pipeline: sales
source: {files: landing}
fields:
  id: {type: long}
  ts: {type: timestamptz, unit: rfc3339}
  amount: {type: int}
bronze: {table: bronze.sales}
silver:
  table: silver.sales
  gate_rows: GATE_ROWS
  rules:
    - {name: complete, not_null: [id, ts]}
    - {name: positive, check: "amount >= 0", LIMIT}
  unique: {key: [id]}
gold:
  - {table: gold.sales, group: {date: date(ts)}, measures: {n: count(*), total: sum(amount)}}
"""


class Sales(Warehouse):
    """A warehouse of good records 0 to 99, then files with bad ones."""

    def __init__(self, folder):
        super().__init__(folder, folder / "sales.yaml")
        self.write()

    def write(self, limit="fail_above: 10%", gate_rows=10000, edit=("", "")):
        self.pipeline.write_text(PIPELINE.replace("LIMIT", limit).replace("GATE_ROWS", str(gate_rows)).replace(*edit))

    def put(self, name, ids, bad=()):
        lines = [json.dumps({"id": i, "ts": f"2026-01-0{1 + i % 3}T10:00:00Z", "amount": -1 if i in bad else i}) + "\n" for i in ids]
        part = self.folder / "part"
        part.write_text("".join(lines))
        part.rename(self.landing / name)

    def ingest(self, ids, bad):
        """Brings the records to bronze in five commits."""
        size = len(ids) // 5
        for at in range(0, len(ids), size):
            self.put(f"{ids[at]}.jsonl", ids[at:at + size], bad)
            self.command("run", "--stage", "bronze")

    def command(self, *arguments, code=0, **options):
        done = self.ingot(*arguments, check=False, **options)
        assert done.returncode == code, f"ingot {arguments} ended with {done.returncode}, not {code}:\n{done.stdout}{done.stderr}"
        return done

    def tables(self):
        return Tables(self.folder / "warehouse")

    def snapshots(self):
        tables = self.tables()
        return [tables.metadata(name).metadata.current_snapshot_id for name in (SILVER, QUARANTINE, GOLD)]

    def count(self, table):
        return len(self.tables().rows(table))

    def check(self, good, bad):
        """Checks that PyIceberg and DuckDB find this many rows in silver and quarantine, and gold the same as silver."""
        tables = self.tables()
        assert (len(tables.rows(SILVER)), len(tables.rows(QUARANTINE))) == (good, bad)
        assert len(tables.duckdb_rows(SILVER)) == good and sum(row["n"] for row in tables.rows(GOLD)) == good
        assert len({row["id"] for row in tables.rows(SILVER)}) == good

    def quality(self, held):
        return [row for row in self.tables().rows("ops.quality") if row["held"] is held]


@pytest.fixture
def sales(tmp_path):
    made = Sales(tmp_path)
    made.put("a.jsonl", range(100))
    made.command("run")
    return made


def hold(sales):
    """Adds 100 records of which 30 are bad, and runs. The gate holds them back."""
    before = sales.snapshots()
    sales.put("b.jsonl", range(100, 200), bad=range(100, 130))
    done = sales.command("run", code=3)
    assert sales.snapshots() == before and sales.count(BRONZE) == 200
    return done


@pytest.mark.parametrize("limit", ["fail_above: 10%", "on_fail: fail", "fail_above: 29%"])
def test_neither_table_changes_while_the_gate_holds(sales, limit):
    """Goal: exit code 3 means that nothing was published. It stays until something changes.
    Method: snapshot ids of silver, quarantine and gold; counts and samples in ops.quality; `ingot check`."""
    sales.write(limit)
    done = hold(sales)
    assert "rule positive: 30 of 100 rows (30.0 %)" in done.stderr and "--publish-anyway" in done.stderr
    assert "100 rows are held back from silver.sales" in done.stderr and "Nothing new" not in done.stdout
    before = sales.snapshots()
    for stages in ("bronze,silver,gold", "silver", "silver,gold"):
        sales.command("run", "--stage", stages, code=3)
    sales.command("run", "--stage", "gold")
    assert sales.snapshots() == before
    rows = [row for row in sales.quality(True) if row["rule"] == "positive"]
    assert len(rows) == 4 and all((row["rows_checked"], row["rows_broken"], row["table_name"]) == (100, 30, SILVER) for row in rows)
    samples = json.loads(rows[0]["samples"])
    assert len(samples) == 5 and all(sample["amount"] == -1 and sample["_source"].endswith("b.jsonl") for sample in samples)
    assert sales.quality(False) and not any(row["samples"] for row in sales.quality(False))
    assert "silver.sales" in sales.command("check", code=3).stdout
    # No file of the rows that were computed is left.
    files = {path.name for path in (sales.folder / "warehouse").rglob("*.parquet") if "/silver/" in str(path)}
    tables = sales.tables()
    assert files == {task.file.file_path.rsplit("/", 1)[1] for name in (SILVER, QUARANTINE) for task in tables.metadata(name).scan().plan_files()}


def test_a_released_gate_publishes_all_rows_once(sales):
    """Goal: a corrected limit, more good data, or --publish-anyway release the rows; `check` is good again.
    Method: each of them, from the same held state; a further run changes nothing."""
    hold(sales)
    sales.write("fail_above: 30%")
    sales.command("run")
    sales.check(170, 30)
    sales.command("check")
    after = sales.snapshots()
    sales.command("run")
    assert sales.snapshots() == after and sales.tables().changes() == []


def test_good_data_dilutes(sales):
    """Goal: held rows are judged again together with new ones. Method: 300 good records more."""
    hold(sales)
    sales.put("c.jsonl", range(200, 250))
    sales.command("run", code=3)
    sales.put("d.jsonl", range(250, 500))
    sales.command("run")
    sales.check(470, 30)


@pytest.mark.parametrize("rows", [20, 1000000])
def test_publish_anyway(sales, rows):
    """Goal: --publish-anyway publishes, once, and ops.changes records it.
    Method: one step and several; the next bad file is held back again."""
    sales.ingest(range(100, 200), bad=range(100, 130))
    sales.command("run", "--rows-per-commit", rows, code=3)
    done = sales.command("run", "--stage", "silver,gold", "--publish-anyway", "--rows-per-commit", rows)
    assert "published anyway: rule positive: 30 of 100 rows" in done.stderr
    sales.check(170, 30)
    published = [row for row in sales.tables().changes() if row["action"] == "published"]
    assert {row["table_name"] for row in published} == {SILVER, QUARANTINE}
    assert sum(row["rows_written"] for row in published) == 100 and "rule positive" in published[0]["differences"]
    sales.command("check")
    sales.put("c.jsonl", range(200, 210), bad=range(200, 205))
    sales.command("run", code=3)
    sales.check(170, 30)
    sales.command("run", "--publish-anyway", "--stage", "bronze", code=2)
    sales.command("run", "--publish-anyway", "--follow", code=2)


def test_the_whole_run_is_judged_before_its_first_commit(tmp_path):
    """Goal: a run of several commits publishes nothing if its last rows exceed a limit, and all of it otherwise.
    Method: steps of 20 rows; the bad rows are in the last one, 10 % of all or 11 %."""
    for bad, code in ((10, 0), (11, 3)):
        (tmp_path / str(bad)).mkdir()
        sales = Sales(tmp_path / str(bad))
        sales.ingest(range(100), bad=range(100 - bad, 100))
        sales.command("run", "--rows-per-commit", 20, code=code)
        tables = sales.tables()
        assert len(tables.metadata(SILVER).metadata.snapshots) == (0 if code else 5)
        assert (len(tables.rows(SILVER)), len(tables.rows(QUARANTINE))) == ((0, 0) if code else (90, 10))


@pytest.mark.parametrize("rows, arguments", [(1000000, ()), (20, ()), (20, ("--publish-anyway",))])
def test_kill_at_every_step(sales, rows, arguments):
    """Goal: a run that was killed is finished by the next one, also when rows that were judged together are half published.
    Method: SIGKILL at each fault point of silver; the bad rows are in the last of five steps, beyond the limit there."""
    publishes = bool(arguments)
    bad = range(190, 200) if not publishes else range(170, 200)
    sales.ingest(range(100, 200), bad)
    run = ("run", "--stage", "silver,gold", "--rows-per-commit", rows)
    kept, before = sales.folder / "kept", sales.snapshots()
    shutil.copytree(sales.folder / "warehouse", kept)
    passed = re.findall(r"fault point (\S+)", sales.command(*run, *arguments, env={"INGOT_FAULT_TRACE": "1"}).stderr)
    expected = {table: sorted(row["id"] for row in sales.tables().rows(table)) for table in (SILVER, QUARANTINE)}
    steps = [name for name in passed if name.startswith("silver.")]
    for name in part_of(list(dict.fromkeys(steps))):
        for hit in {1, steps.count(name)}:
            shutil.rmtree(sales.folder / "warehouse")
            shutil.copytree(kept, sales.folder / "warehouse")
            sales.command(*run, *arguments, code=-signal.SIGKILL, env={"INGOT_FAULT": f"{name}:{hit}=kill"})
            begun = sales.snapshots() != before
            sales.command(*run, code=0 if begun or not publishes else 3)
            if publishes and not begun:
                continue
            assert {table: sorted(row["id"] for row in sales.tables().rows(table)) for table in expected} == expected, (name, hit)
            assert not publishes or any(row["action"] == "published" for row in sales.tables().changes()), (name, hit)


def test_kill_while_the_gate_holds(sales):
    """Goal: a kill between the judgement and its record publishes nothing. Method: SIGKILL before the files are discarded,
    and before ops.quality is written."""
    sales.put("b.jsonl", range(100, 200), bad=range(100, 130))
    before = sales.snapshots()
    for point in ("silver.after_files:1", "ledger.after_files:1"):
        sales.command("run", code=-signal.SIGKILL, env={"INGOT_FAULT": f"{point}=kill"})
        assert sales.snapshots() == before
    sales.command("run", code=3)
    assert sales.snapshots() == before
    sales.command("run", "--publish-anyway")
    sales.check(170, 30)


@pytest.mark.parametrize("choice", ["--rebuild", "--forward-only"])
@pytest.mark.parametrize("bound, code", [(-1, 0), (-0.5, 3)])
def test_a_changed_rule(sales, choice, bound, code):
    """Goal: held rows are judged by the changed rule, and a rebuild does not publish what it would hold back.
    Method: a rule that accepts the held rows, and one that does not."""
    hold(sales)
    sales.write(edit=("amount >= 0", f"amount >= {bound}"))
    sales.command("run", code=4)
    sales.command("apply", choice, "--yes")
    assert code == 0 or sales.count(SILVER) == 100
    sales.command("run", code=code)
    sales.check(*((200, 0) if code == 0 else (100, 0)))


def test_another_engine_starts_only_if_no_gate_holds(sales):
    """Goal: Ingot judges before Spark computes silver, and Spark stops where it has judged.
    Method: a program in place of spark-submit that records its arguments."""
    hold(sales)
    program, called = sales.folder / "submit", sales.folder / "called"
    program.write_text(f"#!/bin/sh\necho \"$@\" >> {called}\necho '{{\"stage\":\"silver\",\"table\":\"{SILVER}\",\"run_id\":\"r\"}}'\n")
    program.chmod(0o755)
    env = {"INGOT_SPARK_SUBMIT": str(program), "INGOT_SPARK_JOBS": str(ROOT / "deploy/spark/jobs")}
    run = ("run", "--stage", "silver", "--engine", "spark")
    done = sales.command(*run, code=3, env=env)
    assert "100 rows are held back" in done.stderr and not called.exists()
    sales.command(*run, "--publish-anyway", code=2, env=env)
    sales.write("fail_above: 30%")
    sales.command(*run, env=env)
    bronze = sales.tables().metadata(BRONZE).metadata.current_snapshot_id
    assert called.read_text().rstrip().endswith(f"--until {bronze}")


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, answer.read().decode()


class Follower:
    def __init__(self, sales):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = sales.folder / "follower.log"
        self.process = subprocess.Popen([INGOT, "run", "--follow", "--every", "200ms", "--listen", f"127.0.0.1:{self.port}"],
                                        env=sales.environment(), stdout=subprocess.DEVNULL, stderr=self.log.open("w"))

    def wait(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline and self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)

    def gauge(self, name):
        """Returns None before the follower serves."""
        try:
            text = get(self.port, "/metrics")[1]
        except urllib.error.URLError:
            return None
        found = re.search(rf"^{name}{{.*}} (\S+)$", text, re.MULTILINE)
        return found and float(found[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def test_a_follower_holds_silver_and_goes_on_with_bronze(sales):
    """Goal: metrics, /ready, check and the log say that a gate holds; bronze goes on; good data, or one run beside it,
    releases it. Method: a follower with gate_rows: 50 on files with and without bad records."""
    sales.write(gate_rows=50)
    follower = Follower(sales)
    try:
        sales.put("b.jsonl", range(100, 200))
        follower.wait(lambda: sum(row["n"] for row in sales.tables().rows(GOLD)) == 200)
        before = sales.snapshots()
        sales.put("c.jsonl", range(200, 300), bad=range(200, 240))
        follower.wait(lambda: follower.gauge("ingot_gate_held") == 1)
        assert follower.gauge("ingot_held_rows") == 100
        status, text = get(follower.port, "/ready")
        assert status == 200 and "rule positive: 40 of 100 rows" in text
        assert "rule positive" in sales.command("check", code=3).stdout
        sales.put("d.jsonl", range(300, 400))
        follower.wait(lambda: sales.count(BRONZE) == 400)
        assert sales.snapshots() == before
        sales.put("e.jsonl", range(400, 700))
        follower.wait(lambda: sales.count(SILVER) == 660)
        follower.wait(lambda: follower.gauge("ingot_gate_held") == 0 and get(follower.port, "/ready") == (200, "ready\n"))
        sales.put("f.jsonl", range(700, 800), bad=range(700, 800))
        follower.wait(lambda: follower.gauge("ingot_gate_held") == 1)
        sales.command("run", "--stage", "silver", "--publish-anyway")
        follower.wait(lambda: follower.gauge("ingot_gate_held") == 0 and sum(row["n"] for row in sales.tables().rows(GOLD)) == 660)
        sales.put("g.jsonl", range(800, 900), bad=range(800, 900))
        follower.wait(lambda: follower.gauge("ingot_gate_held") == 1)
    finally:
        code = follower.stop()
    assert code == 3, follower.log.read_text()
    log = follower.log.read_text()
    assert log.count("rows are held back") == 3 and log.count("no gate holds rows back any more") == 2
    sales.check(660, 140)


def test_a_few_bad_rows_of_a_follower_wait_for_more(sales):
    """Goal: fewer than gate_rows young rows are not held back for a bad one among them; they wait, and good rows that came
    just before count. Method: three records with one bad, before and after a hundred good ones; then a limit of 0."""
    follower = Follower(sales)
    try:
        sales.put("b.jsonl", range(100, 103), bad=[100])
        follower.wait(lambda: sales.count(BRONZE) == 103)
        time.sleep(1)
        assert sales.count(SILVER) == 100 and follower.gauge("ingot_gate_held") == 0
        sales.put("c.jsonl", range(103, 200))
        follower.wait(lambda: sales.count(SILVER) == 199)
        sales.put("d.jsonl", range(200, 203), bad=[200])
        follower.wait(lambda: sales.count(SILVER) == 201)
    finally:
        code = follower.stop()
    assert code == 0
    sales.write("on_fail: fail")
    follower = Follower(sales)
    try:
        sales.put("e.jsonl", range(300, 303), bad=[300])
        follower.wait(lambda: follower.gauge("ingot_gate_held") == 1)
    finally:
        code = follower.stop()
    assert code == 3 and sales.count(SILVER) == 201


def test_ops_quality_of_an_earlier_version(sales):
    """Goal: a table without the new columns gets them, and keeps its rows.
    Method: the columns are dropped with PyIceberg."""
    table = sales.pyiceberg().load_table("ops.quality")
    before = len(table.scan().to_arrow())
    with table.update_schema() as update:
        update.delete_column("held")
        update.delete_column("samples")
    hold(sales)
    rows = sales.tables().rows("ops.quality")
    assert len(rows) == before + 3 and sorted(map(str, {row["held"] for row in rows})) == ["None", "True"]
    location = sales.tables().locations["ops.quality"]
    assert DUCKDB.execute(f"SELECT count(*) FROM iceberg_scan('{location}') WHERE held").fetchone() == (3,)


def test_a_rebuild_of_bronze_judges_all_rows_and_says_so(sales):
    """Goal: rows that a gate held back are not published without a word when bronze is rebuilt.
    Method: 30 bad of 100 new rows are held, 30 of all 200 are within the limit; a default changes bronze."""
    sales.write("fail_above: 20%")
    hold(sales)
    sales.write("fail_above: 20%", edit=("amount: {type: int}", "amount: {type: int, default: 1}"))
    done = sales.command("apply", "--rebuild", "--yes")
    assert "a gate held back are judged again" in done.stdout + done.stderr
    sales.command("run")
    sales.check(170, 30)
    assert any("a gate held back" in row["differences"] for row in sales.tables().changes() if row["action"] == "rebuild")
