"""What a new user does to a first pipeline file, and what must come out."""

import json

import pytest
from conftest import Warehouse

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
  rules: [{name: complete, not_null: [id, ts, kind]}]
  unique: {key: [id]}
gold:
  - {table: gold.shop, group: {date: date(ts), kind: kind}, measures: {n: count(*), total: sum(amount)}}
"""


class Newcomer(Warehouse):
    def edit(self, *edits):
        text = self.pipeline.read_text()
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        self.pipeline.write_text(text)

    def put(self, name, numbers, amount):
        rows = [{"id": i, "ts": "2025-11-24T10:00:00Z", "kind": "ab"[i % 2], "amount": amount} for i in numbers]
        (self.landing / name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    def refused(self, *words):
        """Runs, which exits with 4, changes nothing, and says these words."""
        before = self.locations()
        done = self.ingot("run", check=False)
        assert done.returncode == 4 and self.locations() == before, done
        assert all(word in done.stderr for word in words), done.stderr
        return done.stderr

    def locations(self):
        catalog = self.pyiceberg()
        return {name: catalog.load_table(name).metadata_location for space in catalog.list_namespaces() for name in catalog.list_tables(space)}

    def gold(self, *columns):
        return sorted(tuple(row[column] for column in columns) for row in self.pyiceberg().load_table("gold.shop").scan().to_arrow().to_pylist())

    def rebuild(self):
        self.ingot("apply", "--rebuild")
        self.ingot("run")


@pytest.fixture
def shop(tmp_path):
    made = Newcomer(tmp_path, tmp_path / "p.yaml")
    made.pipeline.write_text(FILE)
    made.put("1.jsonl", range(100), 1)
    made.ingot("run")
    return made


def test_a_group_column_is_added(shop):
    """Goal: gold counts no row twice.
    Method: the hour joins the groups, and a record arrives; silver's rows against the sum of gold's counts."""
    shop.edit(("kind: kind}", "hour: hour(ts), kind: kind}"))
    shop.put("2.jsonl", [200], 1)
    shop.refused("gold.shop", "group hour")
    shop.rebuild()
    assert shop.gold("hour", "kind", "n") == [(10, "a", 51), (10, "b", 50)]
    assert shop.pyiceberg().load_table("silver.shop").scan().to_arrow().num_rows == 101


def test_a_type_changes_by_a_new_name(shop):
    """Goal: old totals stay right when a field of the same path replaces another.
    Method: amount becomes amount2, a double, and a record arrives; totals."""
    shop.edit(("amount: {type: int}", "amount2: {type: double, from: $.amount}"), ("sum(amount)", "sum(amount2)"))
    shop.put("2.jsonl", [200], 7.5)
    shop.refused("amount2")
    shop.rebuild()
    assert shop.gold("kind", "total") == [("a", 57.5), ("b", 50.0)]


def test_a_measure_changes_under_its_name(shop):
    """Goal: sums and averages never mix in a column, and every command says so.
    Method: sum becomes avg without new records; run, check, plan, then both choices."""
    shop.edit(("sum(amount)", "avg(amount)"))
    assert "measure total" in shop.refused("gold.shop")
    check = shop.ingot("check", check=False)
    assert "gold.shop" in check.stdout + check.stderr and "ingot plan" in check.stdout + check.stderr
    assert "measure total" in shop.ingot("plan", check=False).stdout
    shop.rebuild()
    assert shop.gold("kind", "total") == [("a", 1.0), ("b", 1.0)]
    assert "measure total" not in shop.ingot("plan").stdout


def test_a_field_is_renamed(shop):
    """Goal: a renamed field neither loses values nor stops the pipeline.
    Method: kind becomes category, without renamed_from (refused with that hint, then rebuilt) and, in a second step,
    with it."""
    shop.edit(("  kind:   {type: string}", "  category: {type: string, from: $.kind}"), ("kind: kind", "kind: category"), ("[id, ts, kind]", "[id, ts, category]"))
    shop.put("2.jsonl", [200], 1)
    shop.refused("category")
    assert "renamed_from: kind" in shop.ingot("plan", check=False).stdout
    shop.rebuild()
    assert shop.gold("kind", "n") == [("a", 51), ("b", 50)]
    shop.edit(("  category: {type: string, from: $.kind}", "  group: {type: string, from: $.kind, renamed_from: category}"), ("kind: category", "kind: group"),
              ("[id, ts, category]", "[id, ts, group]"))
    shop.put("3.jsonl", [300], 1)
    said = shop.ingot("run").stderr
    assert "category" in said and "group" in said
    assert shop.gold("kind", "n") == [("a", 52), ("b", 50)]
    silver = shop.pyiceberg().load_table("silver.shop").scan().to_arrow()
    assert silver["group"].null_count == 0 and silver.num_rows == 102


@pytest.mark.parametrize("check", ["kind > 5", "amount = 'a'", "ts < 5", "amount + kind > 1"])
def test_types_are_checked_before_anything_runs(shop, check):
    """Goal: a comparison of two types that cannot be compared is an error before anything runs.
    Method: `check` and `run` alike name the file, the line and both types, and exit with 2."""
    shop.edit(("rules: [", f'rules: [{{name: r, check: "{check}"}}, '))
    before = shop.locations()
    for command in ("check", "run", "plan"):
        done = shop.ingot(command, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == (1 if command == "check" else 2), (command, said)
        assert f"{shop.pipeline}:11" in said, said
        kinds = {"kind > 5": ("string", "int"), "amount = 'a'": ("int", "string"), "ts < 5": ("timestamptz", "int"), "amount + kind > 1": ("string",)}[check]
        assert all(any(spelling in said for spelling in {kind, {"int": "long", "string": "text", "timestamptz": "time"}.get(kind, kind)}) for kind in kinds), said
    assert shop.locations() == before
