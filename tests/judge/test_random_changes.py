"""Random sequences of changes, each rebuilt, with data in between: the tables are what the last file alone gives."""

import os
import random

import pytest
from second_version import BRONZE, FIRST, KINDS, Shop, changed, check_counted_once, check_equal, more_data

SEQUENCES = int(os.environ.get("INGOT_CHANGE_SEQUENCES", 5))
SEED = int(os.environ.get("INGOT_CHANGE_SEED", 21))
GROUPS = {"hour": "hour(ts)", "size": "size", "big": "amount > 5", "note": "note"}
MEASURES = ("sum(size)", "min(size)", "max(amount)", "avg(size)", "count(distinct note)", "sum(amount)", "max(rtt)")


def rename(pipeline, old, new):
    """Renames a field wherever the file names it."""
    field = pipeline["fields"][old] | {"renamed_from": old, "from": pipeline["fields"][old].get("from", f"$.{old}")}
    edit = {f"fields/{old}": None, f"fields/{new}": field}
    for name, gold in pipeline["gold"].items():
        edit |= {f"gold/{name}/group/{column}": new for column, expression in gold["group"].items() if expression == old}
    rules = pipeline["silver"]["rules"]
    edit |= {f"silver/rules/{name}/not_null": [new if one == old else one for one in rule["not_null"]] for name, rule in rules.items() if "not_null" in rule}
    edit |= {f"silver/rules/{name}/field": new for name, rule in rules.items() if rule.get("field") == old}
    if pipeline["silver"].get("unique"):
        edit["silver/unique/key"] = [new if one == old else one for one in pipeline["silver"]["unique"]["key"]]
    return edit


def choices(pipeline, pick):
    """Returns the changes that are possible for this file. Changes that lose what bronze would need later are not among
    them: a default, its path, a coercion and a wider type stay, and no field has
    several paths."""
    fields, silver, kinds = pipeline["fields"], pipeline["silver"], pipeline["gold"][KINDS]
    kind = next(name for name in ("kind", "category", "sort_of") if name in fields)
    edits = [
        {"fields/amount/from": pick(["$.total", "$.amount"])} if "default" not in fields["amount"] else {},
        {"fields/rtt/unit": pick(["s", "ms", "us"])},
        {"fields/amount/default": 7},
        {"fields/amount/coerce": True},
        {"fields/amount/type": "long"},
        {"fields/size/type": pick(["int", "long"])},
        {"fields/region": pick([None, {"type": "string"}])},
        {"fields/deep": pick([None, {"type": "double", "from": "$.deep.big"}, {"type": "double", "from": "$.deep.x[0]"}])},
        {"fields/seen": pick([{"type": "string"}, {"type": "timestamptz", "unit": "rfc3339"}]) if fields["seen"]["type"] == "string" else fields["seen"]},
        {"fields/device": pick([None, {"type": "string"}])},
        rename(pipeline, kind, pick(sorted({"kind", "category", "sort_of"} - {kind}))) if "renamed_from" not in fields[kind] else {},
        {"silver/rules/positive": pick([None, {"check": f"amount >= {pick([0, 3, -10, -60])}"}, {"check": "amount >= 0", "else": "count"}])},
        {"silver/rules/sized": pick([None, {"check": f"size < {pick([50, 1000, 5000])}"}])},
        {"silver/rules/trimmed": pick([None, {"fix": "trim", "field": kind}])},
        {"silver/unique": pick([None, {"key": ["id"]}, {"key": ["id", kind]}, {"key": ["ts"]}, {"key": ["note", "id"]}])},
        {"fields/twice/compute": pick(["size * 2", "size * 3", "size + id"])},
        {f"gold/{KINDS}/group/{pick(list(GROUPS))}": None} if len(kinds["group"]) > 3 else {f"gold/{KINDS}/group/{(name := pick(list(GROUPS)))}": GROUPS[name]},
        {f"gold/{KINDS}/measures/largest": pick(MEASURES)},
        {f"gold/{KINDS}/measures/another": pick([None, *MEASURES])},
        {"gold/gold.notes": pick([None, {"group": {"note": "note"}, "measures": {"n": "count(*)"}}])},
        {"silver/partition": pick(["day(ts)", "hour(ts)", ["day(ts)", "bucket(4, id)"]]), "bronze/partition": pick(["day(ts)", "month(ts)"])},
        {"silver/sort": pick(["id", ["ts", "id desc"]])},
    ]
    return [edit for edit in edits if changed(pipeline, edit) != pipeline]


@pytest.mark.parametrize("sequence", range(SEQUENCES))
def test_any_sequence_of_changes(tmp_path_factory, sequence):
    """Goal: a sequence of changes, each applied with --rebuild, gives what the last file alone gives on all data.
    Method: five random changes of one to three edits, a file of records after each; a fresh warehouse with the last file.
    INGOT_CHANGE_SEED and INGOT_CHANGE_SEQUENCES choose others and more."""
    random_ = random.Random(f"{SEED}/{sequence}")
    shop = Shop(tmp_path_factory.mktemp("shop"))
    pipeline, told = FIRST, []
    for step in range(5):
        for _ in range(random_.randint(1, 3)):
            edit = random_.choice(choices(pipeline, random_.choice))
            pipeline = changed(pipeline, edit)
            told.append(f"{step}: {edit}")
        shop.write(pipeline)
        shop.put(f"b{step}.jsonl", more_data(100 * (step + 1)))
        try:
            shop.command("apply", "--rebuild")
            shop.command("run")
        except AssertionError as problem:
            raise AssertionError("\n".join(told)) from problem
    try:
        have, fresh = shop.tables(), shop.fresh()
        removed = set(have.types(BRONZE)) - set(fresh.types(BRONZE))
        check_equal(have, fresh, nullness=("_error", "_payload"), members=removed)
        check_counted_once(have)
        shop.plan()
    except AssertionError as problem:
        raise AssertionError("\n".join(told)) from problem
