"""The second version of a pipeline file: every kind of change, with each of the two choices for existing rows."""

import json
from dataclasses import dataclass, field

import pytest
from conftest import ROOT
from second_version import (ALWAYS_DIFFER, BRONZE, DAYS, FIRST, KINDS, QUARANTINE, SILVER, TABLES, Shop, changed, check_counted_once,
                            check_equal, check_rows, comparable, made, more_data, record, shop)

METADATA, FORWARD, CHOICE = "metadata only", "exact going forward", "needs a choice"
STRENGTH = [METADATA, FORWARD, CHOICE]
COMPLETE = {"not_null": ["id", "ts", "category"]}


@dataclass
class Change:
    """A change of the pipeline file, and what the contract says about it."""
    table: str                 # the first table, in the order of the data flow, in which it is a difference
    what: str                  # the class of the difference there
    edit: dict
    forward: bool = True       # whether existing rows can stay as they are
    renames: dict = field(default_factory=dict)   # current name by old name
    members: tuple = ()        # removed fields: the column stays, a fresh table has a member of _extra instead
    nullness: tuple = ()       # columns of which bronze keeps too little to compute them; compared is whether they are null
    more: tuple = ()           # records of the second file beside the usual ones
    regroups: bool = False     # gold's groups change: gold is recomputed with each of the choices


RENAMED = {"fields/kind": None, "silver/rules/complete": COMPLETE, f"gold/{KINDS}/group/kind": "category"}
NO_SIZE = {"fields/twice": None, "silver/rules/sized": None, f"gold/{KINDS}/measures/largest": None}

CHANGES = {
    # Fields
    "field added that no record has": Change(BRONZE, FORWARD, {"fields/device": {"type": "string"}}, more=(record(200, 25, device="phone"),)),
    "field added that records have": Change(BRONZE, CHOICE, {"fields/region": {"type": "string"}}),
    "number added that records have": Change(BRONZE, CHOICE, {"fields/total": {"type": "long"}}),
    "nested field added that records have": Change(BRONZE, CHOICE, {"fields/deep_big": {"type": "double", "from": "$.deep.big"}}),
    "second field of a path": Change(BRONZE, CHOICE, {"fields/amount_too": {"type": "long", "from": "$.amount"}}),
    "field removed": Change(BRONZE, FORWARD, {"fields/note": None}, members=("note",)),
    # A renamed field also reads the new member, a path that is added.
    "field renamed": Change(BRONZE, FORWARD, RENAMED | {"fields/category": {"type": "string", "renamed_from": "kind"}}, renames={"kind": "category"},
                            more=(json.loads(json.dumps(record(200, 25)).replace('"kind"', '"category"')),)),
    "field renamed, old member": Change(BRONZE, METADATA, RENAMED | {"fields/category": {"type": "string", "renamed_from": "kind", "from": "$.kind"}},
                                        renames={"kind": "category"}),
    "key field renamed": Change(BRONZE, FORWARD, {"fields/id": None, "fields/number": {"type": "long", "renamed_from": "id"}, "silver/unique/key": ["number"],
                                                   "silver/rules/complete": {"not_null": ["number", "ts", "kind"]}}, renames={"id": "number"}, nullness=("_error",)),
    "computed field's source renamed": Change(
        BRONZE, FORWARD, {"fields/size": None, "fields/bytes": {"type": "long", "renamed_from": "size"}, "fields/twice": {"type": "long", "compute": "bytes * 2"},
                           "silver/rules/sized": {"check": "bytes < 1000"}, f"gold/{KINDS}/measures/largest": "max(bytes)"}, renames={"size": "bytes"}),
    "field renamed without a word": Change(BRONZE, CHOICE, RENAMED | {"fields/category": {"type": "string", "from": "$.kind"}}, regroups=True),
    "widened": Change(BRONZE, METADATA, {"fields/amount/type": "long"}, more=(record(200, 25, amount=5_000_000_000),), nullness=("_error",)),
    "narrowed": Change(BRONZE, CHOICE, {"fields/size/type": "int"}, forward=False),
    "long to double": Change(BRONZE, CHOICE, {"fields/size/type": "double", "fields/twice/type": "double"}, forward=False),
    "long to string": Change(BRONZE, CHOICE, NO_SIZE | {"fields/size/type": "string"}, forward=False, nullness=("_payload", "_error")),
    "string to timestamptz": Change(BRONZE, CHOICE, {"fields/seen": {"type": "timestamptz", "unit": "rfc3339"}}, forward=False),
    "string to timestamptz, and values are no times": Change(BRONZE, CHOICE, {"fields/note": {"type": "timestamptz", "unit": "rfc3339"}}, forward=False,
                                                             nullness=("_payload", "_error")),
    "path changed": Change(BRONZE, CHOICE, {"fields/amount/from": "$.total"}),
    "path added that no record has": Change(BRONZE, FORWARD, {"fields/amount/from": ["$.amount", "$.value"]}),
    "path added that records have": Change(BRONZE, CHOICE, {"fields/amount/from": ["$.amount", "$.total"]}),
    "unit changed": Change(BRONZE, CHOICE, {"fields/rtt/unit": "s"}),
    "default added": Change(BRONZE, CHOICE, {"fields/amount/default": 7}),
    "default of text added": Change(BRONZE, CHOICE, {"fields/kind/default": "none"}),
    "coerce": Change(BRONZE, CHOICE, {"fields/amount/coerce": True}),
    "range": Change(BRONZE, CHOICE, {"fields/ts/range": ["2025-11-25", "2030-01-01"]}, nullness=("_payload", "_error")),
    # Rules and fixes
    "rule added": Change(SILVER, CHOICE, {"silver/rules/small": {"check": "amount < 40"}}),
    "rule removed": Change(SILVER, CHOICE, {"silver/rules/positive": None}),
    "rule relaxed": Change(SILVER, CHOICE, {"silver/rules/positive": {"check": "amount >= -10"}}),
    "rule tightened": Change(SILVER, CHOICE, {"silver/rules/sized": {"check": "size < 50"}}),
    "rule renamed": Change(SILVER, CHOICE, {"silver/rules/positive": None, "silver/rules/not_negative": {"check": "amount >= 0"}}),
    "rule counts": Change(SILVER, CHOICE, {"silver/rules/positive/else": "count"}),
    "not null added": Change(SILVER, CHOICE, {"silver/rules/complete/not_null": ["id", "ts", "kind", "note"]}),
    "not null removed": Change(SILVER, CHOICE, {"silver/rules/complete/not_null": ["id", "ts"]}),
    "fix added": Change(SILVER, CHOICE, {"silver/rules/trimmed": {"fix": "trim", "field": "kind"}}),
    # Key
    "key widened": Change(SILVER, CHOICE, {"silver/unique/key": ["id", "kind"]}),
    "key changed": Change(SILVER, CHOICE, {"silver/unique/key": ["seen"]}),
    "key removed": Change(SILVER, CHOICE, {"silver/unique": None}),
    # Computed fields
    "computed changed": Change(SILVER, CHOICE, {"fields/twice/compute": "size * 3"}),
    "computed added": Change(SILVER, CHOICE, {"fields/half": {"type": "double", "compute": "size / 2"}}),
    "computed removed": Change(SILVER, FORWARD, {"fields/twice": None}),
    # Gold
    "group added": Change(KINDS, CHOICE, {f"gold/{KINDS}/group/hour": "hour(ts)"}, regroups=True),
    "group removed": Change(KINDS, CHOICE, {f"gold/{KINDS}/group/kind": None}, regroups=True),
    "group changed": Change(KINDS, CHOICE, {f"gold/{KINDS}/group/kind": "upper(kind)"}, regroups=True),
    "measure added": Change(KINDS, CHOICE, {f"gold/{KINDS}/measures/smallest": "min(size)"}),
    "measure changed": Change(KINDS, CHOICE, {f"gold/{KINDS}/measures/largest": "min(size)"}),
    "measure of another type": Change(KINDS, CHOICE, {f"gold/{KINDS}/measures/largest": "avg(size)"}, forward=False),
    "measure removed": Change(KINDS, FORWARD, {f"gold/{KINDS}/measures/largest": None}),
    # Layout
    "partition of bronze": Change(BRONZE, METADATA, {"bronze/partition": "hour(ts)"}),
    "partition of silver": Change(SILVER, METADATA, {"silver/partition": ["day(ts)", "kind"]}),
    "partition of gold": Change(KINDS, METADATA, {f"gold/{KINDS}/partition": "date"}),
    "sort": Change(SILVER, METADATA, {"silver/sort": "kind"}),
    "property": Change(SILVER, METADATA, {"silver/properties": {"write.parquet.row-group-size-bytes": "1000000"}}),
    # Several at once
    "bronze, silver and gold": Change(BRONZE, CHOICE, {"fields/region": {"type": "string"}, "silver/rules/positive": None, f"gold/{KINDS}/group": {"region": "region"}},
                                      regroups=True),
}


def second(change):
    return changed(FIRST, change.edit)


def put_more(shop, change):
    shop.put("b.jsonl", [*more_data(), *map(json.dumps, change.more)])


def check_plan(plan, change):
    """Checks that the plan has the change's class, first in its table."""
    tables = {table["table"]: table for table in plan["tables"]}
    if change.what == METADATA and not tables[change.table]["differences"]:
        assert tables[change.table]["layout"], plan
        return
    classes = [one["class"] for one in tables[change.table]["differences"]]
    assert max(classes, key=STRENGTH.index) == change.what, plan
    for upstream in list(tables)[: list(tables).index(change.table)]:
        if upstream != QUARANTINE:
            assert tables[upstream]["differences"] == [], plan
    if change.what == CHOICE:
        assert tables[change.table]["pending"] and all(one["what"] and one["meaning"] for one in tables[change.table]["differences"])


def check_finished(shop, tables):
    """Checks that nothing is pending, that another run changes nothing, and that no table was left behind."""
    plan = shop.plan()
    assert not any(table["differences"] or table["layout"] for table in plan["tables"]), plan
    assert tables.ours == sorted(TABLES)
    shop.command("run")
    assert {name: shop.tables().locations[name] for name in TABLES} == {name: tables.locations[name] for name in TABLES}


def check_recorded(tables, table, action, what):
    """Checks that ops.changes has the change of a table, with its differences."""
    rows = [row for row in tables.changes() if row["table_name"] == table]
    assert rows and {row["action"] for row in rows} == {action}, tables.changes()
    assert rows[0]["differences"] and rows[0]["definition_before"] != rows[0]["definition_after"], (what, rows)


@pytest.mark.parametrize("name", CHANGES)
def test_rebuild(shop, name):
    """Goal: after a change and `apply --rebuild` all tables are what the changed file alone gives on all data. Without
    the decision nothing changes, or the run applies the change itself.
    Method: a first file of records, the change, plan, run, apply, and a second file; the changed file on both files in
    a fresh warehouse; PyIceberg and DuckDB read both."""
    change = CHANGES[name]
    before = shop.tables()
    shop.write(second(change))
    check_plan(shop.plan(4 if change.what == CHOICE else 0), change)
    assert shop.tables().locations == before.locations
    put_more(shop, change)
    if change.what == CHOICE:
        said = shop.command("run", code=4).stderr
        assert change.table in said and "ingot apply" in said
        assert shop.tables().locations == before.locations
        shop.command("apply", code=4)
        assert shop.tables().locations == before.locations
        shop.command("apply", "--rebuild")
    shop.command("run")
    after = shop.tables()
    check_equal(after, shop.fresh(), change.nullness, change.members)
    check_counted_once(after)
    check_finished(shop, after)
    check_recorded(after, change.table, "rebuild" if change.what == CHOICE else "automatic", name) if change.what != METADATA else None


def rows_of(tables, table, file):
    return [row for row in tables.rows(table) if row["_source"].endswith(file)]


@pytest.mark.parametrize("name", CHANGES)
def test_forward_only(shop, name):
    """Goal: `apply --forward-only` leaves existing rows as they are, computes new rows by the new file, counts no row
    twice, and records since when the new meaning holds. A change that would mix two types in a column is refused.
    Method: as before; the old rows are those of before, the new ones those of a fresh warehouse."""
    change = CHANGES[name]
    before = shop.tables()
    shop.write(second(change))
    put_more(shop, change)
    if not change.forward:
        refused = shop.command("apply", "--forward-only", code=2)
        assert "--rebuild" in refused.stderr and shop.tables().locations == before.locations
        return
    shop.command("apply", "--forward-only")
    shop.command("run")
    after, fresh = shop.tables(), shop.fresh()
    for table in (BRONZE, SILVER, QUARANTINE):
        columns = sorted(set(before.types(table)) - ALWAYS_DIFFER)
        now = [{old: row[change.renames.get(old, old)] for old in columns} for row in rows_of(after, table, "a.jsonl")]
        check_rows(comparable(now, columns), comparable(rows_of(before, table, "a.jsonl"), columns), f"old rows of {table}")
        columns = sorted(set(fresh.types(table)) - ALWAYS_DIFFER)
        members = change.members if table == BRONZE else ()
        check_rows(comparable(rows_of(after, table, "b.jsonl"), columns, change.nullness, members),
                   comparable(rows_of(fresh, table, "b.jsonl"), columns, change.nullness), f"new rows of {table}")
    check_counted_once(after)
    for table in (KINDS, DAYS):
        if not (change.regroups and table == KINDS):  # the second file has records of the second day only
            columns = sorted(set(before.types(table)) & set(after.types(table)) - ALWAYS_DIFFER)
            day = lambda tables: comparable([row for row in tables.rows(table) if row["date"].day == 24], columns)
            check_rows(day(after), day(before), f"old rows of {table}")
    check_finished(shop, after)
    if change.what == CHOICE:
        check_recorded(after, change.table, "rebuild" if change.regroups and change.table == KINDS else "forward-only", name)
        [row] = [row for row in after.changes() if row["table_name"] == change.table]
        assert row["since"] is not None


@pytest.mark.parametrize("name", ["comments and order", "thresholds and retention"])
def test_no_difference(shop, name):
    """Goal: what does not change rows is no difference of the definition, and never pending.
    Method: keys in another order and a comment; fail_above and keep."""
    before = shop.tables()
    if name == "comments and order":
        turn = lambda value: {key: turn(value[key]) for key in reversed(value)} if isinstance(value, dict) else value
        read = {name: field for name, field in FIRST["fields"].items() if "compute" not in field}
        shop.write(turn(FIRST) | {"fields": turn(read) | FIRST["fields"]})  # a computed field follows those that it reads
        shop.pipeline.write_text("# a comment\n" + shop.pipeline.read_text())
    else:
        shop.write(changed(FIRST, {"silver/rules/positive/fail_above": "90%", "silver/keep": "9000d", "bronze/keep": "9000d"}))
    assert not any(table["differences"] for table in shop.plan()["tables"])
    shop.command("run")
    after = shop.tables()
    assert {name: after.definition(name) for name in TABLES} == {name: before.definition(name) for name in TABLES}
    assert after.rows(SILVER) == before.rows(SILVER)


def test_a_gold_table_is_added_and_removed(shop):
    """Goal: a new gold table gets all rows by the next run; a removed one is named and stays.
    Method: a table is added, then removed again."""
    shop.write(changed(FIRST, {"gold/gold.notes": {"group": {"note": "note"}, "measures": {"n": "count(*)"}}}))
    plan = shop.plan()
    assert {table["table"]: table["need"] for table in plan["tables"]}["gold.notes"] == "new"
    shop.put("b.jsonl", more_data())
    shop.command("run")
    added = shop.tables()
    check_equal(added, shop.fresh())
    check_counted_once(added)
    shop.write(FIRST)
    plan = shop.plan()
    assert any("gold.notes" in line for line in plan["proposals"]), plan
    shop.put("c.jsonl", more_data(300))
    shop.command("run")
    removed = shop.tables()
    assert removed.rows("gold.notes") == added.rows("gold.notes")
    check_equal(removed, shop.fresh())


def test_columns_are_dropped_when_asked(shop):
    """Goal: a removed field keeps its column until `apply --drop-columns`.
    Method: a field and a measure are removed; the columns before and after."""
    shop.write(changed(FIRST, {"fields/note": None, f"gold/{KINDS}/measures/largest": None}))
    assert "--drop-columns" in shop.command("plan").stdout
    shop.command("run")
    assert "note" in shop.tables().types(SILVER) and "largest" in shop.tables().types(KINDS)
    shop.command("apply", "--drop-columns", "--yes")
    shop.put("b.jsonl", more_data())
    shop.command("run")
    after, fresh = shop.tables(), shop.fresh()
    for table in TABLES:
        assert after.types(table) == fresh.types(table)
    check_equal(after, fresh, tables=[SILVER, QUARANTINE, KINDS, DAYS])


def test_columns_are_dropped_beside_a_renamed_field(shop):
    """Goal: a column of gold with the old name of a renamed field is its own, and is not dropped.
    Method: gold groups by `kind: category` after the field kind became category; rows and types before and after."""
    shop.write(changed(FIRST, RENAMED | {"fields/category": {"type": "string", "renamed_from": "kind", "from": "$.kind"}}))
    shop.command("run")
    before = shop.tables()
    assert "kind" not in shop.command("apply", "--drop-columns", "--yes").stdout
    after = shop.tables()
    for table in TABLES:
        assert after.types(table) == before.types(table)
    columns = sorted(set(before.types(KINDS)) - ALWAYS_DIFFER)
    check_rows(comparable(after.rows(KINDS), columns), comparable(before.rows(KINDS), columns), KINDS)


def test_values_that_do_not_fit_are_counted(shop):
    """Goal: before a field is narrowed, the plan says how many values do not fit.
    Method: two values do not fit an int; after the rebuild exactly these records are in quarantine."""
    shop.put("b.jsonl", [json.dumps(record(number, 25, size=size)) for number, size in ((200, 900), (201, 1 << 40), (202, -(1 << 40)))])
    shop.command("run")
    shop.write(changed(FIRST, {"fields/size/type": "int"}))
    [bronze] = [table for table in shop.plan(4)["tables"] if table["table"] == BRONZE]
    assert bronze["rebuild"]["unfit_rows"] == 2 and "size" in bronze["rebuild"]["unfit_example"], bronze
    assert "2 rows do not fit" in shop.command("plan", code=4).stdout
    shop.command("apply", "--rebuild")
    shop.command("run")
    after = shop.tables()
    check_equal(after, shop.fresh(), nullness=("_payload", "_error"))
    assert {201, 202} <= {row["id"] for row in after.rows(QUARANTINE) if row["_rules"] == ["parse"]}


@pytest.mark.parametrize("edit", [{"fields/ts/type": "string", "fields/ts/unit": None, "bronze/partition": None, "silver/partition": None, f"gold/{KINDS}/group/date": None,
                                   f"gold/{DAYS}/group": {"kind": "kind"}}, {"fields/amount/default": None}], ids=["the text of a time", "a default removed"])
def test_bronze_cannot_give_it(shop, edit):
    """Goal: the plan says so where bronze no longer has what the new file asks for.
    Method: a time becomes text, whose spelling bronze has not kept; a default goes, which bronze has written into rows."""
    shop.write(changed(FIRST, {"fields/amount/default": 7}))
    shop.command("apply", "--rebuild")
    shop.write(changed(FIRST, {"fields/amount/default": 7} | edit))
    text = shop.command("plan", code=4).stdout
    assert "bronze does not keep" in text


def test_columns_of_bronze_keep_what_the_next_version_may_need(shop):
    """Goal: a change and its reversal give the first tables again.
    Method: another path and back, a type and back, a field removed, added under another name, each rebuilt."""
    before = shop.tables()
    edits = [{"fields/amount/from": "$.total"}, {}, {"fields/seen": {"type": "timestamptz", "unit": "rfc3339"}, "fields/region": {"type": "string"}}]
    for edit in edits:
        shop.write(changed(FIRST, edit))
        shop.command("apply", "--rebuild")
        shop.command("run")
        unkept = ("_payload", "_error")  # a record that fitted meanwhile has lost its bytes
        check_equal(shop.tables(), shop.fresh(), unkept)
        if edit == {}:
            check_equal(shop.tables(), before, unkept)


@pytest.mark.parametrize("again", [{"type": "string"}, {"type": "string", "from": "$.region"}, {"type": "long", "from": "$.total"}, {"type": "string", "from": "$.absent"}],
                         ids=["the same", "another path", "another type", "a path that no record has"])
@pytest.mark.parametrize("between", [True, False], ids=["records between", "nothing between"])
def test_a_removed_field_is_added_again(shop, again, between):
    """Goal: a field that takes the name of a removed one has its own values only, and finds those of its member.
    Method: a field is removed; records arrive, or not; a field of that name is added and, where asked, rebuilt."""
    shop.write(changed(FIRST, {"fields/note": None}))
    if between:
        shop.put("b.jsonl", more_data())
    shop.command("run")
    shop.write(changed(FIRST, {"fields/note": again}))
    if shop.ingot("plan", check=False).returncode == 4:
        shop.command("apply", "--rebuild")
    shop.put("c.jsonl", more_data(300))
    shop.command("run")
    after, fresh = shop.tables(), shop.fresh()
    check_equal(after, fresh, tables=[SILVER, QUARANTINE, KINDS, DAYS] if "from" in again else TABLES)
    check_counted_once(after)


@pytest.mark.parametrize("edit, special", [
    ({"fields/size/type": "double", "fields/twice/type": "double"}, {"size": 1.5}),
    ({"fields/amount/type": "long"}, {"amount": 5_000_000_000}),
    ({"fields/amount": None, "silver/rules/positive": None, f"gold/{KINDS}/measures/total": None}, {"amount": "many"}),
    ({"fields/note": None}, {"note": 5}),
    ({"fields/device": {"type": "string"}}, {"device": "phone", "note": 5}),
    ({"fields/note/from": ["$.note", "$.remark"]}, {"remark": "new", "note": 5}),
], ids=["another type", "a wider type", "a field removed with what uses it", "a field removed", "a field added", "a path added"])
def test_records_that_did_not_fit(shop, edit, special):
    """Goal: records in quarantine that fit by the new file are existing rows that differ: they never stay there silently.
    Method: a record that does not fit because of a field, which changes; the tables after the run or the rebuild."""
    shop.put("b.jsonl", [json.dumps(record(200, 25, **special))])
    shop.command("run")
    shop.write(changed(FIRST, edit))
    if shop.ingot("plan", check=False).returncode == 4:
        shop.command("apply", "--rebuild")
    shop.put("c.jsonl", more_data(300))
    shop.command("run")
    removed = tuple(set(FIRST["fields"]) - set(changed(FIRST, edit)["fields"]))
    check_equal(shop.tables(), shop.fresh(), members=removed)


def test_a_member_of_a_removed_field(shop):
    """Goal: a field added for the member of a removed field finds its values in the column that stayed.
    Method: a field is removed, and later another name takes its member."""
    shop.write(changed(FIRST, {"fields/note": None}))
    shop.command("run")
    shop.write(changed(FIRST, {"fields/note": None, "fields/remark": {"type": "string", "from": "$.note"}}))
    shop.command("run", code=4)
    shop.command("apply", "--rebuild")
    shop.put("b.jsonl", more_data())
    shop.command("run")
    check_equal(shop.tables(), shop.fresh())


def test_a_missing_decision_of_silver_does_not_stop_bronze(shop):
    """Goal: `run --stage bronze` continues while only silver is pending; it stops while bronze is pending.
    Method: a rule, then a path is changed; records of a second file."""
    shop.write(changed(FIRST, {"silver/rules/positive": None}))
    shop.put("b.jsonl", more_data())
    before = shop.tables()
    shop.command("run", "--stage", "bronze")
    after = shop.tables()
    assert len(rows_of(after, BRONZE, "b.jsonl")) == len(more_data())
    assert {name: after.locations[name] for name in TABLES[1:]} == {name: before.locations[name] for name in TABLES[1:]}
    for stage in ("silver", "silver,gold", "bronze,silver"):
        shop.command("run", "--stage", stage, code=4)
    shop.write(changed(FIRST, {"fields/amount/from": "$.total"}))
    shop.command("run", "--stage", "bronze", code=4)
    assert shop.tables().locations == after.locations
    shop.command("apply", "--rebuild")
    shop.command("run")
    check_equal(shop.tables(), shop.fresh())


def test_the_definition_of_each_snapshot(shop):
    """Goal: each table has the definition that computed it, each snapshot its id, and `table history` shows where
    definitions changed.
    Method: a rebuild and a forward-only change; the properties and summaries as PyIceberg reads them."""
    import hashlib

    for edit, choice in (({"silver/rules/positive": None}, "--rebuild"), ({"silver/unique/key": ["id", "kind"]}, "--forward-only")):
        shop.write(changed(FIRST, edit))
        shop.command("apply", choice)
    after = shop.tables()
    for name in TABLES:
        metadata = after.metadata(name).metadata
        identifier = hashlib.sha256(metadata.properties["ingot.definition"].encode()).hexdigest()
        assert metadata.current_snapshot().summary.additional_properties["ingot.definition-id"] == identifier, name
        assert all("ingot.definition-id" in snapshot.summary.additional_properties for snapshot in metadata.snapshots)
    identifiers = [snapshot.summary.additional_properties["ingot.definition-id"] for snapshot in after.metadata(SILVER).metadata.snapshots]
    assert len(dict.fromkeys(identifiers)) == 3
    history = shop.command("table", "history", SILVER).stdout
    assert "rebuild" in history and "forward-only" in history


def test_format_3(tmp_path):
    """Goal: tables of format 3 are rebuilt, with defaults; `doctor` finds nothing.
    Method: each layer is rebuilt twice with records between; the tables as PyIceberg reads them."""
    version = {"format-version": "3"}
    first = changed(FIRST, {"bronze/properties": version, "silver/properties": version, f"gold/{KINDS}/properties": version})
    shop = Shop(tmp_path, first)
    for number, edit in enumerate([{"fields/amount/from": "$.total"}, {"fields/amount/default": 7, "silver/rules/positive": None}]):
        shop.write(changed(first, edit))
        shop.command("apply", "--rebuild")
        shop.put(f"b{number}.jsonl", more_data(100 * (number + 1)))
        shop.command("run")
    after, fresh = shop.tables(), shop.fresh()
    for table in TABLES:
        columns = sorted(set(fresh.types(table)) - ALWAYS_DIFFER)
        unkept = ("_payload", "_error")  # a record that fitted meanwhile has lost its bytes
        check_rows(comparable(after.rows(table), columns, unkept), comparable(fresh.rows(table), columns, unkept), table)
    shop.command("doctor")


def test_a_run_does_not_raise_the_format(shop):
    """Goal: the format of a table changes by `ingot table evolve` alone, because other engines may not read format 3.
    Method: the file asks for format 3; a run, an apply, and the command."""
    shop.write(changed(FIRST, {"silver/properties": {"format-version": "3"}}))
    shop.plan()
    shop.command("run")
    shop.command("apply", "--rebuild")
    assert shop.tables().metadata(SILVER).metadata.format_version == 2
    shop.command("table", "evolve", SILVER)
    assert shop.tables().metadata(SILVER).metadata.format_version == 3
    shop.put("b.jsonl", more_data())
    shop.command("run")
    check_counted_once(shop.tables())


def test_the_shipped_pipeline(warehouse):
    """Goal: a changed rule of a shipped pipeline is refused, planned and rebuilt.
    Method: a stricter limit in pipelines/speedtest.yaml; the tables against a fresh warehouse."""
    warehouse.ingot("generate", "--records", 2000, "--dirty", 0.1, "--to", warehouse.landing)
    warehouse.run()
    text = (ROOT / "pipelines/speedtest.yaml").read_text()
    warehouse.pipeline = warehouse.folder / "stricter.yaml"
    warehouse.pipeline.write_text(text.replace("between 0 and 60000", "between 0 and 100"))
    assert warehouse.ingot("run", check=False).returncode == 4
    warehouse.ingot("apply", "--rebuild")
    names = ("bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine", "gold.speedtest_agg")
    rebuilt = {name: warehouse.table_hash(name) for name in names}
    (warehouse.folder / "warehouse").rename(warehouse.folder / "old")
    warehouse.run()
    assert rebuilt == {name: warehouse.table_hash(name) for name in names}
