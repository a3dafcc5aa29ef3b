"""Tables of an earlier version have rows and no definition. They adopt the pipeline file only if a recomputed sample
agrees. `ingot plan` shows such samples."""

import json
import re

import pytest
from conftest import ROOT

TABLES = ["bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine", "gold.speedtest_agg"]
BRONZE, SILVER, QUARANTINE, GOLD = TABLES


@pytest.fixture
def filled(warehouse):
    for day in (1, 2):
        file = warehouse.landing / f"{day}.jsonl"
        done = warehouse.ingot("generate", "--records", 1000, "--dirty", 0.1, "--users", 40, "--seed", day, "--start", f"2026-01-0{day}",
                               "--to", "-", errors="surrogateescape")
        file.write_text(done.stdout, errors="surrogateescape")
        warehouse.run()
    return warehouse


def forget_definitions(warehouse, tables=TABLES):
    """Makes the tables as an earlier version has made them."""
    for name in tables:
        table = warehouse.pyiceberg().load_table(name)
        present = [key for key in ("ingot.definition", "ingot.pipeline") if key in table.properties]
        with table.transaction() as transaction:
            transaction.remove_properties(*present)


def locations(warehouse):
    return [warehouse.pyiceberg().load_table(name).metadata_location for name in TABLES]


def edit(warehouse, *replacements):
    text = warehouse.pipeline.read_text()
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after)
    warehouse.pipeline = warehouse.folder / "edited.yaml"
    warehouse.pipeline.write_text(text)


def test_the_same_file_is_adopted_once(filled):
    """Goal: an unchanged pipeline file is adopted, which the first run says and the second does not; rows stay.
    Method: the definitions are removed; a comment is added to the file; two runs."""
    rows = {name: filled.table_hash(name) for name in TABLES}
    forget_definitions(filled)
    edit(filled, ("fields:\n", "# more\nfields:\n"))
    plan = filled.ingot("plan")
    assert plan.stdout.count("earlier version") == 4, plan.stdout
    first, second = filled.ingot("run"), filled.ingot("run")
    assert first.stderr.count("earlier version") == 4, first.stderr
    assert "earlier version" not in second.stderr
    assert {name: filled.table_hash(name) for name in TABLES} == rows
    for name in TABLES:
        assert "ingot.definition" in filled.pyiceberg().load_table(name).properties


DIFFERENT = {
    "rule": ("latency between 0 and 60000", "latency between 0 and 30",
             rf"{SILVER}.*row \S+jsonl/0/\d+: is in .*, and would be in {QUARANTINE} \(.*plausible_latency"),
    "rule left out": ("    - {name: location_not_blank, check: \"location <> ''\"}\n", "", r"would be in"),
    "fix": ("    - {name: location_trimmed, field: location, fix: trim}\n", "", r"row \S+: (location is \S+, and would be|is in)"),
    "key": ("key: [user_id, timestamp]", "key: [user_id]", r"its key is there already"),
    "unit": ("latency:        {type: double, unit: ms}", "latency: {type: double, unit: ms, from_unit: us}", rf"{BRONZE}.*has changed since .*latency"),
    "path": ("location:       {type: string}", "location: {type: string, from: $.place}", rf"{BRONZE}.*has changed since"),
    "type": ("latency:        {type: double, unit: ms}", "latency: {type: string}", rf"{BRONZE}.*column latency is double, and would be string"),
    "measure": ("tests: count(*)", "tests: count(distinct user_id)", rf"{GOLD}.*group date=.*location=.*: tests is \d+, and would be \d+"),
    "group": ("hour: hour(timestamp), location: location", "hour: hour(timestamp), user: user_id", rf"{GOLD}.*group"),
}


@pytest.mark.parametrize("change", DIFFERENT)
def test_another_file_is_not_adopted(filled, change):
    """Goal: a pipeline file that would give other rows is refused with exit code 4; the message says how they differ,
    and nothing changes.
    Method: one edit of each kind, after the definitions were removed."""
    before, after, message = DIFFERENT[change]
    replacements = [(before, after)]
    if change == "type":
        replacements += [('    - {name: plausible_latency, check: "latency between 0 and 60000", else: quarantine, fail_above: 20%}\n', "")]
        text = filled.pipeline.read_text()
        replacements += [(line + "\n", "") for line in text.splitlines() if re.search(r"\(latency", line)]
    forget_definitions(filled)
    edit(filled, *replacements)
    old = locations(filled)
    done = filled.ingot("run", check=False)
    assert done.returncode == 4, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert locations(filled) == old


def test_a_member_that_the_file_reads_now(filled):
    """Goal: existing records with a value for a field that is null are found.
    Method: the new field is in _extra of all rows, or only nested in it; PyIceberg's view of _extra tells."""
    record = {"timestamp": 1767400000000, "user_id": "6f1ed002-ab5a-4a9f-8f0e-000000000001", "upload_speed": 1, "download_speed": 2, "latency": 3,
              "location": "x", "device": {"name": "phone"}, "jitter": 1.5}
    (filled.landing / "3.jsonl").write_text(json.dumps(record))
    filled.run()
    forget_definitions(filled)
    original = filled.pipeline
    for field in ("jitter: {type: double}", "device: {type: string, from: $.device.name}"):
        filled.pipeline = original
        edit(filled, ("  location:       {type: string}\n", f"  location:       {{type: string}}\n  {field}\n"))
        done = filled.ingot("run", check=False)
        assert done.returncode == 4 and BRONZE in done.stderr, done.stderr


def test_rows_that_others_deleted(filled):
    """Goal: rows that another engine deleted do not count as differing. Method: PyIceberg deletes from silver and
    quarantine."""
    filled.pyiceberg().load_table(SILVER).delete("location = 'Berlin'")
    quarantine = filled.pyiceberg().load_table(QUARANTINE)
    offsets = sorted(quarantine.scan().to_arrow()["_source_offset"].to_pylist())[:5]
    quarantine.delete(f"_source_offset in ({', '.join(map(str, offsets))})")
    filled.run()
    forget_definitions(filled)
    done = filled.ingot("run")
    assert done.returncode == 0 and done.stderr.count("earlier version") == 4, done.stderr


def plan_of(warehouse):
    done = warehouse.ingot("plan", "--json", check=False)
    assert done.returncode == 4, done.stderr
    return {table["table"]: table for table in json.loads(done.stdout)["tables"]}


def test_plan_shows_a_sample_of_silver(filled):
    """Goal: the plan shows rows before and after a changed rule. Method: PyIceberg's count of the rows that break it."""
    rows = filled.pyiceberg().load_table(SILVER).scan().to_arrow().to_pylist()
    bad = {f"row {row['_source']}/0/{row['_source_offset']}" for row in rows if not row["latency"] <= 30}
    edit(filled, ("latency between 0 and 60000", "latency between 0 and 30"))
    sample = plan_of(filled)[SILVER]["sample"]
    moved = [row for row in sample["rows"] if row["before"]["table"] == SILVER]
    assert sample["compared"] > 1500 and sample["different"] >= len(bad) and 0 < len(sample["rows"]) <= 10
    for row in moved:
        assert row["row"] in bad and row["after"] == {"table": QUARANTINE, "rules": ["plausible_latency"], "values": {}}
    text = filled.ingot("plan", check=False).stdout
    assert f"  sample: {sample['different']} of {sample['compared']} compared differ" in text
    assert re.search(r"    row \S+: is in ", text), text


def test_plan_shows_a_sample_of_gold(filled):
    """Goal: the plan shows groups before and after a changed measure. Method: PyIceberg's rows of gold and silver."""
    gold = filled.pyiceberg().load_table(GOLD).scan().to_arrow().to_pylist()
    silver = filled.pyiceberg().load_table(SILVER).scan().to_arrow().to_pylist()
    edit(filled, ("avg_latency: avg(latency)", "avg_latency: sum(latency)"))
    sample = plan_of(filled)[GOLD]["sample"]
    assert 0 < len(sample["rows"]) <= 10
    for row in sample["rows"]:
        date, hour, location = re.fullmatch(r"group date=(\S+), hour=(\d+), location=(.*)", row["row"]).groups()
        [old] = [g for g in gold if (str(g["date"]), str(g["hour"]), g["location"]) == (date, hour, location)]
        new = sum(r["latency"] for r in silver if (str(r["timestamp"].date()), str(r["timestamp"].hour), r["location"]) == (date, hour, location))
        assert float(row["before"]["values"]["avg_latency"]) == pytest.approx(old["avg_latency"], rel=1e-5)
        assert float(row["after"]["values"]["avg_latency"]) == pytest.approx(new, rel=1e-5)
