"""Silver and gold equal the SQL that `ingot compile` prints: DuckDB runs the SQL on the same rows."""

import json
import math
import random
import re

import duckdb

FIELDS = """
pipeline: meaning
source: {files: landing}
fields:
  t:      {type: timestamptz, unit: us}
  id:     {type: uuid}
  n:      {type: long}
  m:      {type: int}
  x:      {type: double}
  y:      {type: double}
  s:      {type: string}
  yes:    {type: boolean}
  sum:    {type: double, compute: "x + y * 2 - n"}
  whole:  {type: long, compute: "n + m - 3 * m"}
  share:  {type: double, compute: "n / nullif(m, 0)"}
  rest:   {type: long, compute: "n % nullif(m, 0)"}
  real:   {type: double, compute: "x % 3.5"}
  near:   {type: double, compute: "round(x) + round(y, 1) + abs(x)"}
  first:  {type: double, compute: "coalesce(x, y, 0.5)"}
  kind:   {type: string, compute: "case when x > y then 'more' when x = y or n in (1, 2, 3) then 'same' else lower(s) end"}
  tidy:   {type: string, compute: "upper(trim(s)) || '/' || s"}
  long:   {type: long, compute: "length(s)"}
  hour:   {type: int, compute: "hour(t)"}
  day:    {type: date, compute: "date(t)"}
  odd:    {type: boolean, compute: "not (n between -2 and 5) and (yes or x is not null)"}
  late:   {type: boolean, compute: "t >= '2024-03-02T00:00:00Z'"}
bronze: {table: bronze.rows, partition: day(t)}
silver:
  table: silver.rows
  quarantine: silver.quarantined
  partition: day(t)
  rules:
    - {name: trimmed, field: s, fix: trim}
    - {name: kind_trimmed, field: kind, fix: trim}
    - {name: complete, not_null: [t, id]}
    - {name: bounded, check: "x between -50 and 50 and y < 40"}
    - {name: listed, check: "s not in ('bad', 'worse')"}
    - {name: counted, check: "yes", else: count}
  unique: {key: [id, s, t]}
gold:
  - table: gold.rows
    partition: date
    group: {date: date(t), hour: hour(t), kind: kind}
    measures:
      rows: count(*)
      ids: count(distinct id)
      texts: count(distinct s)
      xs: count(x)
      mean: avg(x)
      total: sum(n)
      low: min(s)
      high: max(t)
      least: min(m)
      spread: stddev(x)
      median: quantile(x, 0.5)
      most: quantile(n, 0.9)
      often: count_if(x > 1)
      share: share_if(yes)
      ratio: "sum(x) / count(*) + max(y)"
"""


def records(count: int, seed: int) -> list[dict]:
    pick = random.Random(seed)
    ids = [f"{i:08x}-0000-4000-8000-{i * 7919:012x}" for i in range(40)]
    made = []
    for _ in range(count):
        record = {
            "t": 1_709_251_200_000_000 + pick.randrange(0, 30) * 3_600_000_000 + pick.choice([0, 1, 999_999, 59_000_000]),
            "id": pick.choice(ids), "n": pick.randrange(-10, 10), "m": pick.randrange(-3, 4),
            "x": pick.choice([round(pick.uniform(-60, 60), 3), 0.0, 2.5, -2.5]), "y": round(pick.uniform(-45, 45), 1),
            "s": pick.choice(["a", " b\t", "bad", "Zürich", "", "worse ", "İx"]), "yes": pick.choice([True, False])}
        made.append({key: value for key, value in record.items() if pick.random() > 0.05})
    return made


def statements(warehouse, stage: str) -> dict[str, str]:
    """Returns the printed SQL by its comment."""
    text = warehouse.ingot("compile", "--stage", stage).stdout
    return {head: sql.strip() for head, sql in re.findall(r"^-- (.*?)\n(.*?);\n$", text, re.S | re.M)}


def plain(rows) -> list[tuple]:
    """Returns the rows sorted, doubles to twelve digits, without columns that differ between runs."""
    rows = rows.drop_columns([c for c in ("_run_id", "_ingested_at", "updated_at") if c in rows.column_names])
    rows = rows.select(sorted(rows.column_names)).to_pylist()

    def cell(value):
        if isinstance(value, float):
            return "nan" if math.isnan(value) else float(f"{value:.12g}") + 0.0
        return value.hex() if isinstance(value, bytes) else str(value) if hasattr(value, "hex") else value

    return sorted((tuple(cell(value) for value in row.values()) for row in rows), key=repr)


def table(warehouse, name: str):
    return warehouse.pyiceberg().load_table(name).scan().to_arrow()


def test_rows_are_what_the_sql_says(warehouse):
    """Goal: silver, quarantine and gold equal the printed SQL.
    Method: random rows with nulls and duplicates, in two runs; after each, DuckDB runs the statements on bronze, and
    on the earlier silver."""
    warehouse.pipeline = warehouse.folder / "meaning.yaml"
    warehouse.pipeline.write_text(FIELDS)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    bronze = silver = quarantined = None
    for seed in (1, 2):
        lines = "\n".join(map(json.dumps, records(3000, seed)))
        (warehouse.landing / f"{seed}.jsonl").write_text(lines + "\nnot JSON\n")
        warehouse.run()
        before = bronze.num_rows if bronze is not None else 0
        bronze = table(warehouse, "bronze.rows").sort_by([("_source", "ascending"), ("_source_offset", "ascending")])
        connection.register("bronze_rows", bronze.slice(before))
        connection.register("silver_keys", silver if silver is not None else table(warehouse, "silver.rows").slice(0, 0))
        sql = statements(warehouse, "silver")
        connection.execute(sql["silver: fix and check the new rows of bronze"])
        clean = connection.sql(sql["silver: rows for silver"]).to_arrow_table()
        bad = connection.sql(sql["silver: rows for quarantine"]).to_arrow_table()
        new_silver, new_quarantined = table(warehouse, "silver.rows"), table(warehouse, "silver.quarantined")
        assert 0 < clean.num_rows < 3000 and bad.num_rows > 100
        assert plain(new_silver) == sorted((plain(silver) if silver else []) + plain(clean), key=repr)
        assert plain(new_quarantined) == sorted((plain(quarantined) if quarantined else []) + plain(bad), key=repr)
        silver, quarantined = new_silver, new_quarantined
        connection.register("silver_rows", silver)
        connection.register("silver_new", silver)
        sql = statements(warehouse, "gold")
        connection.execute("CREATE OR REPLACE TEMP TABLE touched AS " + sql["gold: groups of gold.rows that new rows touch"])
        assert plain(table(warehouse, "gold.rows")) == plain(connection.sql(sql["gold: the recomputed rows of these groups"]).to_arrow_table())
