"""Gold is recomputed for days that were corrected."""

import math

import pyarrow as pa


def hours(warehouse, day_condition):
    return warehouse.query("SELECT CAST(date AS VARCHAR) AS date, hour, location, tests, avg_latency AS latency FROM gold.speedtest_agg"
                           f" WHERE {day_condition} ORDER BY date, hour, location")


def expected(warehouse, day_condition):
    return warehouse.query(
        "SELECT CAST(date AS VARCHAR) AS date, hour, location, count(*) AS tests, avg(latency) AS latency FROM (SELECT *,"
        " CAST(timezone('UTC', timestamp) AS DATE) AS date, CAST(hour(timezone('UTC', timestamp)) AS INTEGER) AS hour FROM silver.speedtest_clean)"
        f" WHERE {day_condition} GROUP BY ALL ORDER BY date, hour, location")


def is_expected(warehouse, day_condition):
    """Compares rows exactly, except for the last bits of averages: sums are computed in different orders."""
    found, right = hours(warehouse, day_condition), expected(warehouse, day_condition)
    bare = [[{key: value for key, value in row.items() if key != "latency"} for row in rows] for rows in (found, right)]
    return bare[0] == bare[1] and all(math.isclose(a["latency"], b["latency"], rel_tol=1e-12) for a, b in zip(found, right))


def test_recomputed_days(warehouse):
    """Goal: --from and --to recompute gold from silver, for those days only.
    Method: PyIceberg appends a city to gold; the days are recomputed; new rows arrive."""
    warehouse.ingot("generate", "--records", 20_000, "--to", warehouse.landing)
    warehouse.run()
    days = [row["d"] for row in warehouse.query("SELECT DISTINCT CAST(date AS VARCHAR) AS d FROM gold.speedtest_agg ORDER BY 1")]
    assert len(days) > 1
    gold = warehouse.pyiceberg().load_table("gold.speedtest_agg")
    rows = gold.scan().to_arrow()
    cities = pa.array(["Atlantis"] * rows.num_rows, rows.schema.field("location").type)
    gold.append(rows.set_column(rows.schema.get_field_index("location"), "location", cities))
    warehouse.run()
    assert any(row["location"] == "Atlantis" for row in hours(warehouse, "true"))  # there was no new input: gold is unchanged
    first, rest = f"date = DATE '{days[0]}'", f"date > DATE '{days[0]}'"
    before = hours(warehouse, rest)
    report = warehouse.run("--stage", "gold", "--from", days[0])
    assert report["gold"]["commits"] == 1
    assert is_expected(warehouse, first)
    assert not any(row["location"] == "Atlantis" for row in hours(warehouse, first))
    assert hours(warehouse, rest) == before
    warehouse.run("--stage", "gold", "--from", days[1], "--to", days[-1])
    assert is_expected(warehouse, "true")
    # Rows that arrived in the meantime are counted once.
    warehouse.ingot("generate", "--records", 3_000, "--seed", 9, "--to", warehouse.landing)
    warehouse.run("--stage", "bronze,silver")
    warehouse.run("--stage", "gold", "--from", days[0], "--to", days[-1])
    warehouse.run()
    assert is_expected(warehouse, "true")


def test_invalid_days(warehouse):
    """Goal: invalid days are rejected. Method: one run for each."""
    for arguments, word in ((["--from", "2024-02-30"], "--from"), (["--from", "x"], "--from"), (["--to", "2024-1-1"], "--to"),
                            (["--from", "2024-02-02", "--to", "2024-02-01"], "before"), (["--from", "2024-02-02", "--follow"], "--from"),
                            (["--from", "2024-02-02", "--stage", "bronze"], "gold"),
                            (["--from", "2024-02-02", "--stage", "silver", "--engine", "spark"], "embedded")):
        rejected = warehouse.ingot("run", *arguments, check=False)
        assert rejected.returncode == 2 and word in rejected.stderr, (arguments, rejected.stderr)
