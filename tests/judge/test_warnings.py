"""Nothing unusual passes silently: one warning with the likeliest cause, in the summary, the log and ops.quality, and never an exit
code."""

import json
import signal
import subprocess
import time

import pytest
from conftest import INGOT, Warehouse

FILE = """pipeline: shop
source: {files: src}
fields:
  id:     {type: long}
  ts:     {type: timestamptz, unit: rfc3339}
  kind:   {type: string}
  amount: {type: int}
bronze: {table: bronze.shop}
silver:
  table: silver.shop
  rules:
    - {name: complete, not_null: [id, ts, kind]}
    - {name: positive, check: "amount > 0"}
  unique: {key: [id]}
gold:
  - {table: gold.shop, group: {kind: kind}, measures: {n: count(*), total: sum(amount)}}
"""


class Shop(Warehouse):
    def edit(self, *edits):
        text = self.pipeline.read_text()
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        self.pipeline.write_text(text)

    def put(self, name, numbers, **more):
        rows = [{"id": i, "ts": "2025-11-24T10:00:00Z", "kind": "ab"[i % 2], "amount": 1}
                | {key: value(i) if callable(value) else value for key, value in more.items()} for i in numbers]
        rows = [{key: value for key, value in row.items() if value != "absent"} for row in rows]
        (self.landing / name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    def warnings(self, code=0):
        """Runs, and returns the warnings of its summary. Each is in the log and in ops.quality once."""
        before = len(self.recorded())
        done = self.ingot("run", "--log-format", "json", check=False)
        assert done.returncode == code, done.stderr
        raised = [warning for line in done.stdout.splitlines() for warning in json.loads(line)["warnings"]]
        logged = [entry["message"] for entry in map(json.loads, done.stderr.splitlines()) if entry["level"] == "warning"]
        recorded = self.recorded()[before:]
        if code == 0:
            assert sorted(logged) == sorted(warning["message"] for warning in raised)
        assert sorted((row["warning"], row["message"], row["rows_checked"] or 0, row["rows_broken"] or 0) for row in recorded) == \
            sorted((warning["code"], warning["message"], warning["rows_checked"], warning["rows_found"]) for warning in raised)
        return raised

    def recorded(self):
        if not self.pyiceberg_ready() or not self.pyiceberg().table_exists("ops.quality"):
            return []
        rows = self.pyiceberg().load_table("ops.quality").scan().to_arrow().to_pylist()
        return sorted((row for row in rows if row["warning"] is not None), key=lambda row: row["started_at"])

    def pyiceberg_ready(self):
        return (self.folder / "warehouse" / "catalog.db").exists()


@pytest.fixture
def shop(tmp_path):
    made = Shop(tmp_path, tmp_path / "p.yaml")
    made.pipeline.write_text(FILE)
    return made


def only(warnings, code, field=None):
    """The one warning that is expected."""
    [warning] = warnings
    assert warning["code"] == code and (field is None or warning["field"] == field), warning
    return warning["message"]


def test_nothing_unusual(shop):
    """Goal: no warning without a cause. Method: a plain run, a run with nothing new, runs with a few refusals each."""
    shop.put("0.jsonl", range(1000))
    assert shop.warnings() == []
    assert shop.warnings() == []
    for i in range(1, 6):
        shop.put(f"{i}.jsonl", range(i * 1000, i * 1000 + 300), amount=lambda n: -1 if n % 50 == 0 else 1)
        assert shop.warnings() == []


@pytest.mark.parametrize("path", ["$.amuont", "$.amoun", "$.amounts", "$.Amount"])
def test_a_path_off_by_one_letter(shop, path):
    """Goal: a misspelled path names the right one. Method: four spellings; the message has the path to write."""
    shop.edit(("amount: {type: int}", f"amount: {{type: int, from: {path}}}"), ('"amount > 0"', '"id >= 0"'))
    shop.put("1.jsonl", range(100))
    message = only(shop.warnings(), "field_never_occurs", "amount")
    assert "in all 100 records" in message and "write from: $.amount" in message


def test_the_parent_exists(shop):
    """Goal: a nested field that is null everywhere is reported, as is one whose member is always null.
    Method: a parent without the member; a misspelled parent; a null member; one that is rare is not reported."""
    shop.edit(("  amount:", "  w: {type: int, from: $.screen.w}\n  h: {type: int, from: $.screeen.h}\n  n: {type: int}\n  r: {type: int, rare: true}\n  amount:"))
    shop.put("1.jsonl", range(100), screen={"width": 1, "h": 2}, n=None)
    found = {warning["field"]: warning for warning in shop.warnings()}
    assert {field: warning["code"] for field, warning in found.items()} == \
        {"w": "field_never_occurs", "h": "field_never_occurs", "n": "field_always_null"}
    assert "although they have $.screen" in found["w"]["message"] or "write from: $.screen.width" in found["w"]["message"]
    assert "write from: $.screen.h" in found["h"]["message"]


def test_a_default_hides_no_misspelled_path(shop):
    """Goal: a field with a default that no record has is reported. Method: a misspelled path with a default."""
    shop.edit(("kind:   {type: string}", "kind: {type: string, from: $.knd, default: a}"))
    shop.put("1.jsonl", range(100))
    assert "write from: $.kind" in only(shop.warnings(), "field_never_occurs", "kind")


def test_a_csv_header(shop):
    """Goal: a header names what was meant: a column off by one letter, and a header without any declared field.
    Method: CSV files; a header without a field is a failure as before, and the other file is read."""
    shop.edit(("source: {files: src}", "source: {files: src, format: csv}"))
    rows = "".join(f"{i},2025-11-24T10:00:00Z,a,1\n" for i in range(50))
    (shop.landing / "1.csv").write_text("id,ts,kind,ammount\n" + rows)
    shop.edit(('"amount > 0"', '"id >= 0"'))
    assert "write from: $.ammount" in only(shop.warnings(), "field_never_occurs", "amount")
    (shop.landing / "2.csv").write_text("id,ts,kind,amount\n" + rows)
    (shop.landing / "3.csv").write_text("ID,TS,KIND,AMOUNT\n" + rows)
    message = only(shop.warnings(code=1), "unknown_header")
    assert "3.csv" in message and 'write from: "$.ID"' in message


def test_some_files_lack_a_column(shop):
    """Goal: a column that some of the files lack is reported once. Method: three files, two of them without it."""
    shop.edit(("source: {files: src}", "source: {files: src, format: csv}"))
    for name, header in ("1", "id,ts,kind,amount"), ("2", "id,ts,kind,x"), ("3", "id,ts,kind,x"):
        (shop.landing / f"{name}.csv").write_text(header + f"\n{name},2025-11-24T10:00:00Z,a,1\n")
    assert "2 of 3 files" in only(shop.warnings(), "missing_column", "amount")


@pytest.mark.parametrize("names", [[], ["a.txt", "b.dat"], ["a.parquet"]])
def test_no_known_names(shop, names):
    """Goal: a folder without a file to read is reported. Method: no file, and files with other names."""
    for name in names:
        (shop.landing / name).write_text('{"id":1}\n')
    message = only(shop.warnings(), "no_input_files")
    assert str(shop.landing) in message and ".jsonl" in message and (not names or names[0] in message)
    assert message in shop.ingot("check", check=False).stdout


def test_every_record_refused(shop):
    """Goal: a run that keeps nothing says why. Method: numbers in quotes; CSV read as JSON; a rule that all rows break."""
    shop.put("1.jsonl", range(100), amount="12")
    message = only(shop.warnings(), "every_record_refused")
    assert "none of the 100 records" in message and "write coerce: true" in message
    (shop.landing / "1.jsonl").unlink()
    (shop.landing / "2.jsonl").write_text("id,ts\n" + "1,2\n" * 100)
    assert "write format: csv" in only(shop.warnings(), "every_record_refused")


def test_every_row_breaks_a_rule(shop):
    """Goal: silver that keeps nothing names the rule and the field it requires.
    Method: a required field whose path is wrong; then a rule that no row satisfies."""
    shop.edit(("kind:   {type: string}", "kind: {type: string, from: $.knd}"))
    shop.put("1.jsonl", range(100))
    found = {warning["code"]: warning["message"] for warning in shop.warnings()}
    assert set(found) == {"field_never_occurs", "every_record_refused"}
    assert "broke rule complete, which requires kind" in found["every_record_refused"]


def test_shares_that_jump(shop):
    """Goal: shares of refusals and of nulls far from the last runs are reported, with the likeliest cause.
    Method: four usual runs; then records that do not fit, rows that break a rule, and a member that upstream renamed; then usual again."""
    for i in range(4):
        shop.put(f"{i}.jsonl", range(i * 1000, i * 1000 + 500), kind=lambda n: None if n % 50 == 0 else "a")
        assert shop.warnings() == []
    shop.put("5.jsonl", range(5000, 5500), amount=lambda n: "12" if n % 3 == 0 else 1)
    assert "write coerce: true" in only(shop.warnings(), "refusal_share", "")
    shop.put("6.jsonl", range(6000, 6500), amount=lambda n: -1 if n % 3 == 0 else 1)
    message = only(shop.warnings(), "refusal_share", "positive")
    assert "33.4 % of the 500 rows broke rule positive, 0.0 % in the last" in message
    shop.put("7.jsonl", range(7000, 7500), kind=lambda n: "absent" if n % 2 else "a", kind2=lambda n: "a" if n % 2 else "absent")
    found = {warning["code"]: warning["message"] for warning in shop.warnings()}
    assert set(found) == {"null_share", "refusal_share"} and "write from: $.kind2" in found["null_share"]
    shop.put("8.jsonl", range(8000, 8500), kind=lambda n: None if n % 50 == 0 else "a")
    assert shop.warnings() == []


def test_a_few_rows_of_a_rare_field(shop):
    """Goal: a field that is rare is no warning in a small run. Method: a field in a tenth of the records; then three records without it."""
    shop.edit(("  amount:", "  coupon: {type: string}\n  amount:"))
    shop.put("1.jsonl", range(200), coupon=lambda n: "x" if n % 10 == 0 else None)
    assert shop.warnings() == []
    shop.put("2.jsonl", range(1000, 1003))
    assert shop.warnings() == []
    shop.put("3.jsonl", range(2000, 2500))
    assert "10.0 % in" not in only(shop.warnings(), "field_never_occurs", "coupon")


def test_a_ledger_of_an_earlier_version(shop):
    """Goal: ops.quality without the columns of warnings gets them. Method: the columns are dropped, and a run warns."""
    shop.put("1.jsonl", range(10), amount=-1)
    shop.warnings()
    with shop.pyiceberg().load_table("ops.quality").update_schema() as change:
        for column in ("warning", "field", "message"):
            change.delete_column(column)
    rows = shop.pyiceberg().load_table("ops.quality").scan().to_arrow().num_rows
    (shop.landing / "1.jsonl").unlink()
    shop.put("2.jsonl", range(100, 110), amount=-1)
    shop.ingot("run")
    table = shop.pyiceberg().load_table("ops.quality").scan().to_arrow()
    assert table.num_rows == 2 * rows and sum(value is not None for value in table["warning"].to_pylist()) == 1


def test_a_follower_says_it_once(shop):
    """Goal: a follower repeats no warning while it holds. Method: a misspelled path and several rounds; its log."""
    shop.edit(("amount: {type: int}", "amount: {type: int, from: $.amuont}"), ('"amount > 0"', '"id >= 0"'))
    shop.put("0.jsonl", range(1500))
    log = shop.folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen([INGOT, "run", "--follow", "--every", "200ms"], env=shop.environment(), stdout=subprocess.DEVNULL, stderr=out)
        try:
            deadline = time.monotonic() + 60
            while "amuont" not in log.read_text() and time.monotonic() < deadline:
                time.sleep(0.1)
            for i in range(1, 4):
                shop.put(f"{i}.jsonl", range(i * 10_000, i * 10_000 + 1500))
                time.sleep(0.5)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    assert process.returncode == 0 and log.read_text().count("amuont") == 1, log.read_text()
    assert [row["field"] for row in shop.recorded()] == ["amount"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_shipped_pipeline_is_quiet(warehouse, seed):
    """Goal: no warning on the shipped pipeline. Method: six runs of generated records of several sizes, for three seeds."""
    for run, records in enumerate((2000, 500, 30, 3000, 100, 2000)):
        warehouse.ingot("generate", "--records", records, "--seed", seed * 100 + run)
        assert [report["warnings"] for report in warehouse.run().values()] == [[], [], []]
