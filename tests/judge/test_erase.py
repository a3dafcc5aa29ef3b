"""`ingot erase`: a person's rows leave every table, snapshot and file. The files are searched by other readers."""

import copy
import json
import re
import shutil
import signal
import subprocess

import pyarrow.parquet
import pytest
from conftest import INGOT, Warehouse, iceberg_duckdb, part_of

VICTIM = "ann.lee-7@example.org"
WHERE = f"person = '{VICTIM}'"
# Others whose names contain the victim's, or a part of it.
OTHERS = ["bob@example.org", "x" + VICTIM, VICTIM + ".uk", "mary-" + VICTIM, "ann.lee-77@example.org"]
BRONZE, SILVER, QUARANTINE, DAYS, PERSONS = "bronze.visits", "silver.visits", "silver.visits_quarantine", "gold.days", "gold.persons"
PIPELINE = {
    "pipeline": "visits",
    "source": {"files": "landing"},
    "fields": {"id": {"type": "long"}, "ts": {"type": "timestamptz", "unit": "rfc3339"}, "person": {"type": "string"}, "amount": {"type": "double"}},
    "bronze": {"table": BRONZE, "partition": "day(ts)"},
    "silver": {"table": SILVER, "quarantine": QUARANTINE, "partition": "day(ts)", "rules": [{"name": "positive", "check": "amount >= 0"}], "unique": {"key": ["id"]}},
    "gold": [
        {"table": DAYS, "group": {"date": "date(ts)"}, "measures": {"n": "count(*)", "total": "sum(amount)", "largest": "max(amount)"}},
        {"table": PERSONS, "group": {"person": "person"}, "measures": {"n": "count(*)", "last": "max(ts)"}},
    ],
}


def record(number, person, **changes):
    return {"id": number, "ts": f"2026-01-{1 + number % 3:02}T10:00:{number % 60:02}Z", "person": person, "amount": number * 1.5} | changes


def lines(first, count=40):
    """Returns records of the victim and of others, of each kind that bronze stores."""
    records = [record(first + i, VICTIM if i % 8 == 0 else OTHERS[i % len(OTHERS)]) for i in range(count)]
    at = first + count
    records += [
        record(at, VICTIM, amount=-1.0),
        record(at + 1, OTHERS[0], amount=-2.0),
        record(at + 2, VICTIM, amount="no number"),
        record(at + 3, OTHERS[1], amount="no number"),
        record(at + 4, OTHERS[0], referred_by=VICTIM),
        record(at + 5, OTHERS[0], referred_by=OTHERS[2]),
    ]
    texts = [json.dumps(one) for one in records]
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in VICTIM)
    texts += ['{"person": "%s", broken' % VICTIM, '{"person": "%s", broken' % escaped, '{"person": "%s", broken' % OTHERS[0], '{"person": "%s", broken' % OTHERS[1]]
    return texts


class Visits(Warehouse):
    def __init__(self, folder, format_version=2):
        super().__init__(folder, folder / "visits.yaml")
        pipeline = copy.deepcopy(PIPELINE)
        for table in (pipeline["bronze"], pipeline["silver"], *pipeline["gold"]):
            table["properties"] = {"format-version": str(format_version)}
        self.pipeline.write_text(json.dumps(pipeline))
        self.data = folder / "warehouse"

    def put(self, name, texts):
        (self.folder / "part").write_text("".join(text + "\n" for text in texts))
        (self.folder / "part").rename(self.landing / name)

    def fill(self):
        """Three runs; then compaction, statistics, a removal by deletes, and files in the trash."""
        for run in range(3):
            self.put(f"{run}.jsonl", lines(run * 100))
            self.ingot("run")
        self.ingot("maintain", SILVER, "--compact", "--min-input-files", 2, "--statistics")
        self.ingot("table", "delete", SILVER, "--where", "id = 8")
        self.ingot("run")
        stored = next((self.data / "bronze/visits/data").rglob("*.parquet"))
        shutil.copy(stored, stored.with_name("orphan.parquet"))
        self.ingot("maintain", BRONZE, "--orphans", "--orphans-older-than", "0s")
        shutil.copy(stored, stored.with_name("younger.parquet"))

    def erase(self, *arguments, code=0, where=WHERE, **options):
        done = self.ingot("erase", "--where", where, *arguments, check=False, **options)
        assert done.returncode == code, f"{done.returncode}, not {code}:\n{done.stdout}{done.stderr}"
        return done

    def rows(self, table):
        return self.pyiceberg().load_table(table).scan().to_arrow().to_pylist()

    def state(self):
        return {name: self.table_hash(name) for name in (BRONZE, SILVER, QUARANTINE, DAYS, PERSONS)}


def texts_of(value):
    """Yields every text in a value as a reader decodes it, bytes with the escapes of JSON decoded."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from texts_of(one)
    elif isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
        yield text
        if "\\u" in text:
            yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    elif isinstance(value, str):
        yield from texts_of(value.encode())


def holds(text, victim=VICTIM):
    return re.search(r"(?<![\w.@+-])" + re.escape(victim) + r"(?![\w@+-]|\.\w)", text) is not None


def files_with(folder, victim=VICTIM):
    """Returns the files below the folder of which a byte, a row, a bound or a name holds the victim."""
    found = []
    connection = iceberg_duckdb()
    for file in sorted(folder.rglob("*")):
        values = [str(file.relative_to(folder))]
        if file.is_file():
            values.append(file.read_bytes())
        if file.suffix == ".parquet":
            values.append(pyarrow.parquet.read_table(file).to_pylist())
        if file.suffix == ".avro":
            values.append(connection.sql(f"SELECT * FROM read_avro('{file}')").fetchall())
        if any(holds(text, victim) for text in texts_of(values)):
            found.append(str(file.relative_to(folder)))
    return found


def expected_gold(rows):
    days = {}
    for row in rows:
        days.setdefault(row["ts"].date(), []).append(row["amount"])
    return {(day, len(amounts), sum(amounts), max(amounts)) for day, amounts in days.items()}


def is_victims(row):
    return any(holds(text) for name, value in row.items() for text in texts_of(value) if name in ("person", "_payload", "_extra", "_error"))


@pytest.mark.parametrize("format_version", [2, 3])
def test_nothing_of_the_person_remains(tmp_path, format_version):
    """Goal: no file holds the victim; all other rows are as before; gold is that of the other rows; later runs change nothing.
    Method: data in every layer, history, deletes, statistics, trash and orphans; files searched by pyarrow and DuckDB."""
    visits = Visits(tmp_path, format_version)
    visits.fill()
    assert files_with(visits.data)
    before = {name: visits.rows(name) for name in (BRONZE, SILVER, QUARANTINE)}
    state = visits.state()
    dry = json.loads(visits.erase("--dry-run", "--json").stdout)
    assert visits.state() == state and files_with(visits.data)
    done = json.loads(visits.erase("--json").stdout)
    assert files_with(visits.data) == []
    assert VICTIM not in json.dumps(done) and done["left"] == []
    for name, rows in before.items():
        wanted = [row for row in rows if not is_victims(row)]
        removed_ids = {(row["_source"], row["_source_offset"]) for row in before[BRONZE] if is_victims(row)}
        wanted = [row for row in wanted if (row["_source"], row["_source_offset"]) not in removed_ids]
        after = visits.rows(name)
        key = lambda row: (row["_source"], row["_source_offset"])
        assert sorted(after, key=key) == sorted(wanted, key=key), name
        told = next(table for table in done["tables"] if table["table"] == name)
        planned = next(table for table in dry["tables"] if table["table"] == name)
        assert told["rows"] == planned["rows"] == len(rows) - len(wanted), name
        assert told["searched"]["rows_found"] == told["searched"]["files_found"] == 0
    gold = {(row["date"], row["n"], row["total"], row["largest"]) for row in visits.rows(DAYS)}
    assert gold == expected_gold(visits.rows(SILVER))
    assert {row["person"] for row in visits.rows(PERSONS)} == {row["person"] for row in visits.rows(SILVER)}
    assert sorted(map(repr, visits.duckdb(SILVER, "id"))) == sorted(repr((row["id"],)) for row in visits.rows(SILVER))
    changes = [row for row in visits.rows("ops.changes") if row["action"] == "erase"]
    assert {BRONZE, SILVER, QUARANTINE} <= {row["table_name"] for row in changes} and VICTIM not in repr(changes)
    state = visits.state()
    visits.run()
    assert visits.state() == state
    assert "No table has such a row" in visits.erase().stdout
    assert "is bad" not in visits.ingot("doctor", check=False).stdout


def test_branches_and_tags_are_listed_and_made_again(tmp_path):
    """Goal: refs that reach such rows stop the erasure until --yes makes them again; others stay as they are; gold's go.
    Method: a tag before the victim's first row, tags and a branch after it."""
    visits = Visits(tmp_path)
    visits.put("0.jsonl", [json.dumps(record(1000 + i, OTHERS[0])) for i in range(5)])
    visits.ingot("run")
    visits.ingot("table", "tag", SILVER, "clean")
    visits.put("1.jsonl", lines(0))
    visits.ingot("run")
    visits.ingot("table", "tag", SILVER, "dirty")
    visits.ingot("table", "branch", BRONZE, "audit")
    visits.ingot("table", "tag", DAYS, "month")
    silver = visits.rows(SILVER)
    state = visits.state()
    told = visits.erase(code=1).stderr
    assert "tag dirty" in told and "branch audit" in told and "tag month" in told and "clean" not in told and VICTIM not in told
    assert visits.state() == state
    assert "dirty" in visits.erase("--yes").stdout
    assert files_with(visits.data) == []
    table = visits.pyiceberg().load_table(SILVER)
    rows_at = lambda ref: table.scan(snapshot_id=table.metadata.refs[ref].snapshot_id).to_arrow().to_pylist()
    assert set(table.metadata.refs) == {"main", "clean", "dirty"} and len(rows_at("clean")) == 5
    key = lambda row: row["id"]
    assert sorted(rows_at("dirty"), key=key) == sorted(visits.rows(SILVER), key=key)
    referred = 44  # only bronze's _extra has the victim
    assert {row["id"] for row in visits.rows(SILVER)} == {row["id"] for row in silver if not is_victims(row)} - {referred}
    assert str(table.metadata.refs["dirty"].snapshot_ref_type) == "tag"
    assert set(visits.pyiceberg().load_table(DAYS).metadata.refs) == {"main"}


def test_killed_at_every_step(tmp_path_factory):
    """Goal: an erasure that was killed anywhere is completed by the same command.
    Method: every fault point is listed once; for each a filled warehouse is copied, killed there and erased again."""
    first = Visits(tmp_path_factory.mktemp("first"))
    first.fill()
    kept = first.folder / "kept"
    shutil.copytree(first.data, kept)
    passed = re.findall(r"fault point (\S+)", first.erase(env={"INGOT_FAULT_TRACE": "1"}).stderr)
    wanted = first.state()
    points = [(name, passed.count(name)) for name in dict.fromkeys(passed)] + [("erase.after_commit", 1), ("expire.after_commit", 1)]
    assert {"erase.begun", "erase.after_commit", "erase.after_expiry", "expire.after_commit", "erase.before_versions", "erase.after_file", "erase.recorded"} <= set(passed)
    for point, hit in part_of(points):
        shutil.rmtree(first.data)
        shutil.copytree(kept, first.data)
        first.erase(code=-signal.SIGKILL, env={"INGOT_FAULT": f"{point}:{hit}=kill"})
        first.erase()
        assert files_with(first.data) == [], (point, hit)
        assert first.state() == wanted, (point, hit)
        assert any("proof" in row["differences"] for row in first.rows("ops.changes") if row["action"] == "erase"), (point, hit)
        first.run()
        assert first.state() == wanted, (point, hit)


def test_a_follower_goes_on(tmp_path):
    """Goal: records that a follower adds meanwhile are kept, and none of the victim's comes back.
    Method: a follower in small rounds while records of others arrive and the victim's rows are erased."""
    visits = Visits(tmp_path)
    visits.put("0.jsonl", lines(0))
    visits.ingot("run")
    follower = subprocess.Popen([INGOT, "run", "--follow", "--every", "200ms"], env=visits.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for number in range(1, 6):
            visits.put(f"{number}.jsonl", [json.dumps(record(number * 1000 + i, OTHERS[i % 5])) for i in range(20)])
        visits.erase()
        visits.put("9.jsonl", [json.dumps(record(9000 + i, OTHERS[i % 5])) for i in range(20)])
    finally:
        follower.send_signal(signal.SIGTERM)
        assert follower.wait(60) == 0, follower.stderr.read()
    visits.ingot("run")
    visits.erase()
    assert files_with(visits.data) == []
    ids = {row["id"] for row in visits.rows(SILVER)}
    assert {number * 1000 + i for number in (1, 2, 3, 4, 5, 9) for i in range(20)} <= ids
    assert {(row["date"], row["n"], row["total"], row["largest"]) for row in visits.rows(DAYS)} == expected_gold(visits.rows(SILVER))


@pytest.mark.parametrize(
    "where",
    ["person <> 'x'", "person = ''", "lower(person) = 'x'", "ts = '2026-01-01'", "nobody = 'x'", "person =", "amount > 3", "person IS NULL", "id = 'secret'", "person = 5"],
)
def test_a_condition_that_cannot_be_searched_for_is_refused(tmp_path, where):
    """Goal: what cannot be found in bytes is refused, and no message has the literal. Method: conditions of each kind."""
    visits = Visits(tmp_path)
    visits.put("0.jsonl", lines(0))
    visits.ingot("run")
    told = visits.erase(code=2, where=where).stderr
    assert "--where" in told and "secret" not in told


def test_numbers_and_conjunctions(tmp_path):
    """Goal: a number is found in unparsed records in any notation; AND removes only what matches both.
    Method: both conditions on rows with and without the value."""
    visits = Visits(tmp_path)
    visits.put("0.jsonl", [*(json.dumps(record(i, OTHERS[i % 5])) for i in range(20)), '{"id": 1.5e1, broken', '{"id": 150, broken', json.dumps(record(5, VICTIM)), json.dumps(record(6, VICTIM))])
    visits.ingot("run")
    visits.erase(where="id = 15")
    assert 15 not in {row["id"] for row in visits.rows(BRONZE)}
    assert [row["_payload"] for row in visits.rows(BRONZE) if row["_error"]] == [b'{"id": 150, broken']
    visits.erase(where=f"person = '{VICTIM}' AND id IN (5, 7)")
    assert [row["id"] for row in visits.rows(BRONZE) if row["person"] == VICTIM] == [6]
    assert {5, 7} <= {row["id"] for row in visits.rows(BRONZE)}


def test_fields_decide_where_records_fitted(tmp_path):
    """Goal: with the bytes of every record kept, a record that fitted is found by its fields, not by its bytes. Samples of
    rows that a gate held lose the value, numbers too.
    Method: records of others whose amount or name has the literal; rows that are published anyway."""
    visits = Visits(tmp_path)
    pipeline = json.loads(visits.pipeline.read_text())
    pipeline["bronze"]["payload"] = "all"
    pipeline["silver"]["rules"] = [{"name": "known", "check": "id <> 1022", "fail_above": "1%"}]
    visits.pipeline.write_text(json.dumps(pipeline))
    rows = [record(1021, OTHERS[0]), record(7, OTHERS[1], amount=1021), record(8, "met 1021 there"), record(1022, OTHERS[2]), record(9, OTHERS[0])]
    visits.put("0.jsonl", map(json.dumps, rows))
    assert visits.ingot("run", check=False).returncode == 3
    visits.ingot("run", "--publish-anyway")
    assert any("1022" in (row["samples"] or "") for row in visits.query("SELECT samples FROM ops.quality"))
    visits.ingot("erase", "--where", "id IN (1021, 1022)")
    assert sorted(row["id"] for row in visits.query(f"SELECT id FROM {SILVER}")) == [7, 8, 9]
    assert not any("1022" in (row["samples"] or "") for row in visits.query("SELECT samples FROM ops.quality"))


def test_interrupted_days_and_held_rows(tmp_path):
    """Goal: rows in the staging tables of interrupted work go too, and the work can begin again. While a gate holds rows
    back, nothing is erased, since these rows keep bronze's history.
    Method: days whose recomputation was killed; rows beyond the limit of a rule."""
    visits = Visits(tmp_path)
    pipeline = json.loads(visits.pipeline.read_text())
    pipeline["silver"]["rules"][0]["fail_above"] = "30%"
    visits.pipeline.write_text(json.dumps(pipeline))
    visits.put("0.jsonl", lines(0))
    visits.ingot("run")
    days = ("run", "--stage", "silver,gold", "--from", "2026-01-01", "--to", "2026-01-02")
    assert visits.ingot(*days, check=False, env={"INGOT_FAULT": "days.filled=kill"}).returncode == -signal.SIGKILL
    assert "finishes it" in visits.ingot("plan").stdout
    told = visits.ingot("table", "move", SILVER, "--to", tmp_path / "other", check=False)
    assert told.returncode == 1 and "finish it" in told.stdout + told.stderr
    visits.erase()
    assert files_with(visits.data) == []
    before = visits.state()
    visits.ingot(*days)
    assert visits.state() == before
    visits.put("1.jsonl", (json.dumps(record(500 + number, VICTIM, amount=-1.0)) for number in range(20)))
    visits.ingot("run", check=False)
    held = visits.rows(BRONZE)
    told = visits.erase(code=1)
    assert "a gate holds back" in told.stderr and visits.rows(BRONZE) == held
    visits.ingot("run", "--publish-anyway")
    visits.erase()
    assert files_with(visits.data) == []
