"""Other engines change bronze, silver and gold between two runs. The result is right, or the run reports what is
wrong."""

import collections
import datetime
import json
import textwrap

import pyarrow as pa
import pyarrow.compute
import pytest
from conftest import Warehouse
from pyiceberg.types import StringType

PIPELINE = """
    pipeline: t
    source: {files: landing, format: json}
    fields:
      at:    {type: timestamptz, unit: ms}
      id:    {type: long}
      name:  {type: string}
      value: {type: double}
    bronze: {table: b.t, partition: day(at)}
    silver: {table: s.t, quarantine: s.bad, partition: day(at), rules: [{name: positive, check: "value > 0"}]}
    gold:
      - table: g.t
        group: {date: date(at), name: name}
        measures: {n: count(*), total: sum(value)}
    """


@pytest.fixture
def lab(tmp_path):
    (tmp_path / "pipeline.yaml").write_text(textwrap.dedent(PIPELINE))
    made = Warehouse(tmp_path, tmp_path / "pipeline.yaml")
    put(made, "a.jsonl", range(6))
    made.run()
    return made


def put(lab, name, ids):
    day = 1721347200000  # 2024-07-19
    record = lambda i: {"at": day + i * 3_600_000 * 4, "id": i, "name": f"n{i % 3}", "value": i - 0.5}
    (lab.landing / name).write_text("".join(json.dumps(record(i)) + "\n" for i in ids))


def table(lab, name):
    return lab.pyiceberg().load_table(name)


def rows(lab, name):
    return table(lab, name).scan().to_arrow().to_pylist()


def ids(lab, *names):
    return sorted(row["id"] for name in names for row in rows(lab, name))


def check_gold(lab):
    groups = collections.defaultdict(list)
    for row in rows(lab, "s.t"):
        groups[row["at"].date(), row["name"]].append(row["value"])
    gold = {(row["date"], row["name"]): (row["n"], row["total"]) for row in rows(lab, "g.t")}
    assert gold == {group: (len(values), sum(values)) for group, values in groups.items()}
    assert len(gold) == len(rows(lab, "g.t"))


def delete_new(bronze):
    bronze.delete("id == 7")


def delete_old(bronze):
    bronze.delete("id == 2")


def delete_both(bronze):
    bronze.delete("id in (2, 7)")


def delete_all(bronze):
    bronze.delete("id >= 0")


def overwrite_all(bronze):
    bronze.overwrite(bronze.scan().to_arrow())


def overwrite_without_one(bronze):
    kept = bronze.scan().to_arrow()
    bronze.overwrite(kept.filter(pa.compute.not_equal(kept["id"], 8)))


def overwrite_a_partition(bronze):
    day = "at < '2024-07-20T00:00:00+00:00'"
    bronze.overwrite(bronze.scan(day).to_arrow(), overwrite_filter=day)


def add_a_column(bronze):
    with bronze.update_schema() as update:
        update.add_column("more", StringType())


# Changes to bronze after its rows 0..5 were consumed and before 6..11 are, and the ids that silver and quarantine then
# have.
OPERATIONS = {
    "nothing": (lambda bronze: None, set(range(12))),
    "rows deleted before silver saw them": (delete_new, set(range(12)) - {7}),
    "rows deleted that silver has": (delete_old, set(range(12))),
    "rows deleted of both": (delete_both, set(range(12)) - {7}),
    "truncated": (delete_all, set(range(6))),
    "overwritten by itself": (overwrite_all, set(range(12))),
    "overwritten by less": (overwrite_without_one, set(range(12)) - {8}),
    "a partition overwritten": (overwrite_a_partition, set(range(12))),
    "overwritten twice": (lambda bronze: [overwrite_all(bronze), overwrite_all(bronze)], set(range(12))),
    "a column added": (add_a_column, set(range(12))),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_bronze_is_changed(lab, operation):
    """Goal: after any change by another engine, silver has each existing row of bronze once.
    Method: PyIceberg performs the operation between bronze and silver; then two runs, and new records."""
    put(lab, "b.jsonl", range(6, 12))
    lab.run("--stage", "bronze")
    act, expected = OPERATIONS[operation]
    act(table(lab, "b.t"))
    lab.run()
    assert ids(lab, "s.t", "s.bad") == sorted(expected)
    assert lab.run()["silver"]["rows_in"] == 0
    put(lab, "c.jsonl", range(12, 15))
    lab.run()
    assert ids(lab, "s.t", "s.bad") == sorted(expected | {12, 13, 14})
    check_gold(lab)


def test_rows_appended_by_hand(lab):
    """Goal: rows without a position are consumed once. Once rewritten, they cannot be distinguished from old rows, and
    the run reports that.
    Method: PyIceberg appends such a row; then all of bronze is overwritten with itself."""
    bronze = table(lab, "b.t")
    at = datetime.datetime(2024, 7, 19, tzinfo=datetime.timezone.utc)
    bronze.append(pa.Table.from_pylist([{"id": 100, "at": at, "name": "hand", "value": 1.0}], schema=bronze.schema().as_arrow()))
    lab.run()
    lab.run()
    assert ids(lab, "s.t", "s.bad") == [*range(6), 100]
    bronze = table(lab, "b.t")
    bronze.overwrite(bronze.scan().to_arrow())
    rejected = lab.ingot("run", check=False)
    assert rejected.returncode == 1 and "cannot be distinguished" in rejected.stderr
    assert ids(lab, "s.t", "s.bad") == [*range(6), 100]


def test_bronze_is_another_table(lab):
    """Goal: a bronze table that was dropped and recreated is not mistaken for the old one. A table that was rolled
    back is rejected.
    Method: bronze is rolled back, then unregistered and read again. The run names the table and what to do, and
    changes nothing."""
    put(lab, "b.jsonl", range(6, 12))
    lab.run()
    first = table(lab, "b.t").metadata.snapshots[0].snapshot_id
    lab.ingot("table", "rollback", "b.t", "--snapshot", first)
    rejected = lab.ingot("run", check=False)
    assert rejected.returncode == 1 and "rolled back" in rejected.stderr and "b.t" in rejected.stderr
    lab.ingot("unregister", "b.t")
    rejected = lab.ingot("run", check=False)
    assert rejected.returncode == 1 and "dropped and recreated" in rejected.stderr
    assert ids(lab, "s.t", "s.bad") == list(range(12))


SILVER_OPERATIONS = {
    "a row deleted": lambda silver: silver.delete("id == 2"),
    "a group deleted": lambda silver: silver.delete("name == 'n1'"),
    "truncated": lambda silver: silver.delete("id >= 0"),
    "overwritten by itself": lambda silver: silver.overwrite(silver.scan().to_arrow()),
    "overwritten by less": lambda silver: silver.overwrite(silver.scan("id > 3").to_arrow()),
}


@pytest.mark.parametrize("operation", SILVER_OPERATIONS)
@pytest.mark.parametrize("more", [False, True])
def test_silver_is_changed(lab, operation, more):
    """Goal: gold follows silver after any change by another engine.
    Method: PyIceberg performs the operation, with and without new records; gold is compared with sums over silver as
    PyIceberg reads it."""
    SILVER_OPERATIONS[operation](table(lab, "s.t"))
    if more:
        put(lab, "b.jsonl", range(6, 12))
    lab.run()
    check_gold(lab)
    assert lab.run()["gold"]["commits"] == 0


def test_gold_is_changed(lab):
    """Goal: a group that another engine deletes from gold stays deleted until new rows touch it.
    Method: PyIceberg deletes a group. Then run without new rows, with rows of other groups, and with rows of this
    group."""
    table(lab, "g.t").delete("name == 'n1'")
    lab.run()
    put(lab, "b.jsonl", (6, 8))
    lab.run()
    assert {row["name"] for row in rows(lab, "g.t")} == {"n0", "n2"}
    put(lab, "c.jsonl", (1, 4))
    lab.run()
    check_gold(lab)


def test_expiry_that_leaves_no_parent(lab):
    """Goal: an expiry that leaves only another engine's commit, as a first snapshot, does not look like a replaced
    table.
    Method: PyIceberg deletes a row of silver, appends one, and expires all other snapshots after gold has consumed
    them."""
    silver = table(lab, "s.t")
    row = silver.scan("id == 1").to_arrow()
    silver.delete("id == 2")
    silver.append(row.set_column(row.schema.get_field_index("id"), row.schema.field("id"), pa.array([100], pa.int64())))
    lab.run()
    silver.refresh().maintenance.expire_snapshots().older_than(datetime.datetime.now() + datetime.timedelta(days=1)).commit()
    [only] = table(lab, "s.t").metadata.snapshots
    assert only.parent_snapshot_id is None
    put(lab, "b.jsonl", range(6, 12))
    lab.run()
    assert ids(lab, "s.t", "s.bad") == [0, 1, *range(3, 12), 100]


def test_marks_outlive_the_expiry_of_other_engines(lab):
    """Goal: a table whose snapshots another engine expired still knows what it has consumed.
    Method: the summaries are removed from the metadata as an expiry does. One compaction snapshot without its parent
    remains."""
    for name in ("s.t", "s.bad", "g.t"):
        file = table(lab, name).metadata_location.removeprefix("file://")
        metadata = json.loads(open(file).read())
        last = metadata["snapshots"][-1]
        last["parent-snapshot-id"] = 12345
        last["summary"] = {"operation": "replace"}
        metadata["snapshots"] = [last]
        metadata["snapshot-log"] = metadata["snapshot-log"][-1:]
        open(file, "w").write(json.dumps(metadata))
    put(lab, "b.jsonl", range(6, 12))
    lab.run()
    assert ids(lab, "s.t", "s.bad") == list(range(12))
    check_gold(lab)
