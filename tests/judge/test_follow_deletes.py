"""Deletes and updates that other engines make in bronze or silver are carried down: gold always, silver with follow_deletes."""

import json
import re
import textwrap

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from conftest import Warehouse

PIPELINE = """
    pipeline: t
    source: {files: landing, format: json}
    fields:
      at:    {type: timestamptz, unit: ms}
      id:    {type: long}
      name:  {type: string}
      value: {type: double}
    bronze: {table: b.t, partition: day(at)}
    silver:
      table: s.t
      quarantine: s.bad
      partition: day(at)
      follow_deletes: true
      rules: [{name: positive, check: "value > 0"}]
      unique: {key: [id]}
    gold:
      - {table: g.t, group: {day: date(at), name: name}, measures: {n: count(*), total: sum(value), last: max(id)}}
      - {table: g.name, from: s.t, group: {name: name}, measures: {n: count(*), total: sum(value)}}
    """
KEYLESS = PIPELINE.replace("      unique: {key: [id]}\n", "")
KEPT = PIPELINE.replace("follow_deletes: true", "follow_deletes: false")
FIRST_DAY = 1721347200000  # 2024-07-19


def make(folder, text=PIPELINE):
    folder.mkdir(exist_ok=True)
    (folder / "pipeline.yaml").write_text(textwrap.dedent(text.replace("from: s.t, ", "")))
    return Warehouse(folder, folder / "pipeline.yaml")


def put(lab, file, records):
    """Records: id, value; each id has a time and a name of its own."""
    line = lambda i, value: json.dumps({"at": FIRST_DAY + i * 7_200_000, "id": i, "name": f"n{i % 5}", "value": value})
    (lab.landing / file).write_text("".join(line(i, value) + "\n" for i, value in records))


def fill(lab):
    """Ids 0 to 39, of which each tenth is quarantined; ids 0 to 9 have a duplicate in the same file and one in another."""
    put(lab, "a.jsonl", [(i, -1.0 if i % 10 == 7 else i + 0.5) for i in range(40)] + [(i, i + 100.5) for i in range(10)])
    lab.run()
    put(lab, "b.jsonl", [(i, i + 200.5) for i in range(10)])
    lab.run()


def table(lab, name):
    return lab.pyiceberg().load_table(name)


def rows(lab, name):
    return table(lab, name).scan().to_arrow().to_pylist()


def expected_from_bronze(lab, unique):
    """Silver and quarantine as one run over all of bronze gives them: (id, value, position)."""
    silver, bad = [], []
    position = lambda row: (row["_source"], row["_source_partition"] or 0, row["_source_offset"])
    for row in sorted(rows(lab, "b.t"), key=position):
        (silver if row["value"] > 0 else bad).append(row)
    if unique:
        survivors = {}
        for row in silver:
            survivors.setdefault(row["id"], row)
        silver = survivors.values()
    simple = lambda found: sorted((row["id"], row["value"], row["name"], *position(row)) for row in found)
    return simple(silver), simple(bad)


def check(lab, unique=True):
    simple = lambda name: sorted((row["id"], row["value"], row["name"], row["_source"], row["_source_partition"] or 0, row["_source_offset"])
                                 for row in rows(lab, name))
    silver, bad = expected_from_bronze(lab, unique)
    assert simple("s.t") == silver
    assert simple("s.bad") == bad
    check_gold(lab)


def check_gold(lab):
    """Gold is what DuckDB computes from the rows of silver that PyIceberg reads."""
    import duckdb
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("silver", table(lab, "s.t").scan().to_arrow())
    right = connection.sql('SELECT "at"::DATE AS day, name, count(*), sum(value), max(id) FROM silver GROUP BY ALL ORDER BY ALL').fetchall()
    assert sorted((row["day"], row["name"], row["n"], row["total"], row["last"]) for row in rows(lab, "g.t")) == right
    right = connection.sql("SELECT name, count(*), sum(value) FROM silver GROUP BY ALL ORDER BY ALL").fetchall()
    assert sorted((row["name"], row["n"], row["total"]) for row in rows(lab, "g.name")) == right


def overwrite(bronze, change, where=None):
    """Overwrites the rows as an UPDATE does: with the same source positions."""
    found = (bronze.scan(where) if where else bronze.scan()).to_arrow()
    bronze.overwrite(change(found), **({"overwrite_filter": where} if where else {}))


def set_column(found, name, value_of):
    values = [value_of(row) for row in found.to_pylist()]
    return found.set_column(found.schema.get_field_index(name), found.schema.field(name), pa.array(values, found.schema.field(name).type))


def delete_where(where):
    return lambda lab: table(lab, "b.t").delete(where)


def update(name, value_of, where=None):
    return lambda lab: overwrite(table(lab, "b.t"), lambda found: set_column(found, name, value_of), where)


def delete_by_ingot(where):
    return lambda lab: lab.ingot("table", "delete", "b.t", "--where", where)


def append_then_compact_and_delete(lab):
    lab.ingot("maintain", "b.t", "--compact", "--min-input-files", "2")
    table(lab, "b.t").delete("id == 12")
    overwrite(table(lab, "b.t"), lambda found: found)


OPERATIONS = {
    "nothing": lambda lab: None,
    "a row": delete_where("id == 12"),
    "a quarantined row": delete_where("id == 17"),
    "all copies of a key": delete_where("id == 3"),
    "the surviving copy": delete_where("id == 3 and value < 50"),
    "the first two copies": delete_where("id == 3 and value < 150"),
    "copies that lost": delete_where("id < 5 and value > 50"),
    "of all keys the surviving copy": delete_where("id < 10 and value < 50"),
    "new rows": delete_where("id > 50"),
    "old and new rows": delete_where("id in (12, 17, 25, 55)"),
    "everything": delete_where("id >= 0"),
    "by delete files": delete_by_ingot("id in (3, 12, 17, 55) and value < 150"),
    "by delete files, twice": lambda lab: [delete_by_ingot("id = 3 and value < 50")(lab), delete_by_ingot("id = 3 and value < 150")(lab)],
    "overwritten by itself": lambda lab: overwrite(table(lab, "b.t"), lambda found: found),
    "overwritten by less": lambda lab: overwrite(table(lab, "b.t"), lambda found: found.filter(pc.not_equal(found["id"], 4))),
    "values changed": update("value", lambda row: row["value"] * 2 if row["id"] % 3 == 0 else row["value"]),
    "good rows become bad": update("value", lambda row: -5.0 if row["id"] in (3, 12) else row["value"]),
    "bad rows become good": update("value", lambda row: abs(row["value"])),
    "keys moved to free ones": update("id", lambda row: row["id"] + 1000 if row["id"] in (3, 12) else row["id"]),
    "a group moved": update("name", lambda row: "other" if row["id"] == 12 else row["name"], "at < '2024-07-21T00:00:00+00:00'"),
    "compacted, deleted, overwritten": append_then_compact_and_delete,
    "deleted and compacted": lambda lab: [delete_where("id in (3, 12)")(lab), lab.ingot("maintain", "b.t", "--compact", "--min-input-files", "2")],
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_silver_follows(tmp_path, operation):
    """Goal: after any change of bronze by another engine, silver, quarantine and gold are as one run over all of bronze gives them.
    Method: PyIceberg and `table delete` change bronze before and after new rows are consumed; each table is computed
    independently."""
    lab = make(tmp_path)
    fill(lab)
    put(lab, "c.jsonl", [(i, i + 0.5) for i in range(50, 60)])
    lab.run("--stage", "bronze")
    OPERATIONS[operation](lab)
    report = lab.run()["silver"]
    assert report["rows_in"] == report["rows_out"] + report["rows_quarantined"] + report["rows_duplicate"]
    check(lab)
    assert lab.run()["silver"]["commits"] == 0
    put(lab, "d.jsonl", [(i, i + 0.5) for i in range(1, 70, 6)])
    lab.run()
    check(lab)


@pytest.mark.parametrize("operation", ["a row", "values changed", "good rows become bad", "overwritten by itself", "by delete files"])
@pytest.mark.parametrize("consumed", [True, False])
def test_silver_without_a_key_follows(tmp_path, operation, consumed):
    """Goal: without a key nothing is doubled or lost. Method: the same with a pipeline without `unique`."""
    lab = make(tmp_path, KEYLESS)
    fill(lab)
    if not consumed:
        put(lab, "c.jsonl", [(i, i + 0.5) for i in range(50, 60)])
        lab.run("--stage", "bronze")
    OPERATIONS[operation](lab)
    lab.run()
    check(lab, unique=False)


@pytest.mark.parametrize("point", ["silver.keys_read", "silver.after_files", "delete_rows.after_files", "silver.between_commits", "silver.after_commit", "gold.computed",
                                   "gold.after_files"])
@pytest.mark.parametrize("file", ["as it was", "without follow_deletes", "with another rule"])
def test_killed_at_each_step(tmp_path, point, file):
    """Goal: a change is carried down exactly once, and wholly, whatever the pipeline file says after the crash.
    Method: the run is killed at the point; the next run continues, in one case by another definition."""
    lab = make(tmp_path)
    fill(lab)
    OPERATIONS["by delete files"](lab)
    update("value", lambda row: -5.0 if row["id"] in (4, 13) else abs(row["value"]))(lab)
    killed = lab.ingot("run", check=False, env={"INGOT_FAULT": f"{point}=kill"})
    assert killed.returncode < 0
    text = lab.pipeline.read_text()
    if file == "without follow_deletes":
        if point in ("silver.keys_read", "silver.after_files", "delete_rows.after_files"):
            pytest.skip("nothing was committed: silver keeps its rows")
        lab.pipeline.write_text(text.replace("follow_deletes: true", "follow_deletes: false"))
    if file == "with another rule":
        lab.pipeline.write_text(text.replace("value > 0", "value >= 0"))
        lab.ingot("apply", "--forward-only", "--yes")
    lab.run()
    check(lab)
    assert lab.run()["silver"]["commits"] == 0


@pytest.mark.parametrize("text", [KEPT, KEPT.replace("      unique: {key: [id]}\n", "")])
def test_silver_keeps_its_rows_by_default(tmp_path, text):
    """Goal: without follow_deletes nothing is doubled, silver keeps what it has, and the run says how much bronze lost, once.
    Method: the rows of silver before and after; the warning of the run."""
    lab = make(tmp_path, text)
    fill(lab)
    before = {name: sorted(map(repr, rows(lab, name))) for name in ("s.t", "s.bad", "g.t")}
    update("value", lambda row: row["value"] * 2 if row["id"] % 3 == 0 else row["value"])(lab)
    delete_by_ingot("id in (20, 21, 27)")(lab)
    table(lab, "b.t").delete("id == 22")
    told = lab.ingot("run").stderr
    assert "4 of which bronze does not have any more" in told and "follow_deletes: true" in told
    assert "follow_deletes" not in lab.ingot("run").stderr
    assert before == {name: sorted(map(repr, rows(lab, name))) for name in before}


def test_rows_without_a_position_that_replace_others(tmp_path):
    """Goal: an overwrite by rows without source positions never doubles silver: refused, or followed exactly.
    Method: PyIceberg overwrites bronze with the fields alone."""
    lab = make(tmp_path, KEPT.replace("      unique: {key: [id]}\n", ""))
    fill(lab)
    bronze = table(lab, "b.t")
    fields = bronze.scan(selected_fields=("at", "id", "name", "value")).to_arrow()
    bronze.overwrite(fields)
    before = sorted(map(repr, rows(lab, "s.t")))
    refused = lab.ingot("run", check=False)
    assert refused.returncode == 1 and "cannot be distinguished" in refused.stderr and "follow_deletes: true" in refused.stderr
    assert sorted(map(repr, rows(lab, "s.t"))) == before
    lab.pipeline.write_text(lab.pipeline.read_text().replace("follow_deletes: false", "follow_deletes: true"))
    lab.run()
    key = lambda row: (row["id"], row["value"])
    assert sorted(map(key, rows(lab, "s.t"))) == sorted(key(row) for row in fields.to_pylist() if row["value"] > 0)
    check_gold(lab)


def test_retention_is_not_followed(tmp_path):
    """Goal: rows that retention removed from bronze stay in silver, also when others deleted rows before and after it.
    Method: a delete, retention of the first day, another delete, all before one run."""
    import datetime
    age = (datetime.datetime.now(datetime.timezone.utc) - datetime.datetime(2024, 7, 20, 12, tzinfo=datetime.timezone.utc)).days
    lab = make(tmp_path, PIPELINE.replace("bronze: {table: b.t,", f"bronze: {{table: b.t, keep: {age}d,"))
    fill(lab)
    kept = {row["id"] for row in rows(lab, "s.t")}
    table(lab, "b.t").delete("id in (1, 25)")
    lab.ingot("maintain", "b.t", "--retention", "--trust-clock")
    assert min(row["id"] for row in rows(lab, "b.t")) >= 12
    table(lab, "b.t").delete("id == 30")
    lab.run()
    assert {row["id"] for row in rows(lab, "s.t")} == kept - {1, 25, 30}
    check_gold(lab)


SILVER_OPERATIONS = {
    "deleted": lambda lab: table(lab, "s.t").delete("id == 13"),
    "deleted by a delete file": lambda lab: lab.ingot("table", "delete", "s.t", "--where", "id = 13"),
    "changed": lambda lab: overwrite(table(lab, "s.t"), lambda found: set_column(found, "value", lambda row: row["value"] + (row["id"] == 13))),
    "changed and compacted": lambda lab: [SILVER_OPERATIONS["changed"](lab), lab.ingot("maintain", "s.t", "--compact", "--min-input-files", "2")],
    "appended by an overwrite": lambda lab: overwrite(table(lab, "s.t"), lambda found: pa.concat_tables([found, found.filter(pc.equal(found["id"], 13))])),
}


@pytest.mark.parametrize("operation", SILVER_OPERATIONS)
def test_gold_recomputes_only_the_affected_days(tmp_path, operation):
    """Goal: gold recomputes the groups whose rows changed, and no others, however the files were rewritten.
    Method: `updated_at` of each group before and after one row of one day changed."""
    lab = make(tmp_path, PIPELINE)
    fill(lab)
    times = lambda name, key: {row[key]: row["updated_at"] for row in rows(lab, name)}
    before = {key: times(*key) for key in (("g.t", "day"), ("g.name", "name"))}
    SILVER_OPERATIONS[operation](lab)
    lab.run()
    check_gold(lab)
    changed = lambda key: {group for group, time in times(*key).items() if before[key].get(group) != time}
    assert [str(day) for day in changed(("g.t", "day"))] == ["2024-07-20"]
    assert changed(("g.name", "name")) == {"n3"}
    if operation == "changed":
        overwrite(table(lab, "s.t"), lambda found: found)  # a compaction by an engine that commits it as an overwrite
        before = {key: times(*key) for key in before}
        lab.run()
        assert not changed(("g.t", "day")) and not changed(("g.name", "name"))
