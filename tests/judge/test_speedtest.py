"""The speed-test pipeline compared with an independent computation, read by PyIceberg and DuckDB."""

import collections
import json
import uuid

import pytest
import reference


def plain(row):
    """Returns the six fields as text, equal for equal values of every reader's classes."""
    return repr([row[f].timestamp() if f == "timestamp" and row[f] else row[f] for f in reference.FIELDS])


def check_layers(warehouse, layers):
    """Compares every layer row by row, as PyIceberg reads it."""
    catalog = warehouse.pyiceberg()
    bronze = catalog.load_table("bronze.speedtest_raw").scan().to_arrow().to_pylist()
    assert collections.Counter((row["_source_offset"], plain(row), row["_error"] is None) for row in bronze) == collections.Counter(
        (offset, plain(row), fits) for row, offset, fits in layers.bronze
    )
    silver = catalog.load_table("silver.speedtest_clean").scan().to_arrow().to_pylist()
    assert sorted(plain(row) for row in silver) == sorted(plain(row) for row in layers.silver)
    quarantine = catalog.load_table("silver.speedtest_quarantine").scan().to_arrow().to_pylist()
    assert sorted((row["_source_offset"], row["_rules"]) for row in quarantine) == sorted((offset, broken) for _, offset, broken in layers.quarantine)
    gold = {(row["date"], row["hour"], row["location"]): row for row in catalog.load_table("gold.speedtest_agg").scan().to_arrow().to_pylist()}
    assert gold.keys() == layers.gold.keys()
    for group, figures in layers.gold.items():
        for name, value in figures.items():
            assert gold[group][name] == (value if value is None else pytest.approx(value, rel=1e-9)), (group, name)


def check_counts(reports):
    silver = reports["silver"]
    assert silver["rows_in"] == silver["rows_out"] + silver["rows_quarantined"] + silver["rows_duplicate"]


def test_generated_records_reach_every_layer(warehouse):
    """Goal: every layer contains exactly the result of an independent computation, for other readers too.
    Method: 60,000 records, a tenth of them broken, in three files; PyIceberg row by row, DuckDB by counts and sums."""
    warehouse.ingot("generate", "--records", 60_000, "--dirty", 0.1, "--users", 500, "--to", warehouse.landing)
    reports = warehouse.run()
    check_counts(reports)
    layers = reference.compute(warehouse.landing.glob("*.jsonl"))
    assert reports["bronze"]["rows_out"] == len(layers.bronze)
    assert reports["silver"]["rows_duplicate"] == layers.duplicates > 0
    check_layers(warehouse, layers)
    [(count, total)] = warehouse.duckdb("silver.speedtest_clean", "count(*), sum(download_speed)")
    assert (count, total) == (len(layers.silver), pytest.approx(sum(row["download_speed"] for row in layers.silver)))
    [(tests,)] = warehouse.duckdb("gold.speedtest_agg", "sum(tests)")
    assert tests == len(layers.silver)


def test_a_rerun_changes_nothing(warehouse):
    """Goal: running any stage again changes no table.
    Method: metadata locations before and after reruns of each stage, alone and together."""
    warehouse.ingot("generate", "--records", 20_000, "--dirty", 0.05, "--to", warehouse.landing)
    warehouse.run()
    tables = [name for space in warehouse.pyiceberg().list_namespaces() for name in warehouse.pyiceberg().list_tables(space)]
    assert len(tables) == 6
    before = {name: warehouse.pyiceberg().load_table(name).metadata_location for name in tables}
    for stages in ("bronze", "silver", "gold", "bronze,silver,gold"):
        warehouse.run("--stage", stages)
    assert {name: warehouse.pyiceberg().load_table(name).metadata_location for name in tables} == before


def test_small_commits_and_late_files_give_the_same_tables(warehouse, tmp_path):
    """Goal: the tables do not depend on how input is split into commits; late rows correct old hours.
    Method: files that arrive in turn with commits of 3,000 rows, compared with the independent computation."""
    staging = tmp_path / "staging"
    warehouse.ingot("generate", "--records", 20_000, "--dirty", 0.1, "--users", 300, "--to", staging)
    lines = next(staging.glob("*.jsonl")).read_bytes().splitlines(keepends=True)
    for part in range(4):
        # Takes every fourth line, so that each file has all hours. Names keep the order of the computation.
        (warehouse.landing / f"part-{part}.jsonl").write_bytes(b"".join(lines[part::4]))
        check_counts(warehouse.run("--rows-per-commit", 3000))
    layers = reference.compute(warehouse.landing.glob("*.jsonl"))
    silver = warehouse.pyiceberg().load_table("silver.speedtest_clean").scan().to_arrow()
    assert silver.num_rows == len(layers.silver)
    gold = warehouse.pyiceberg().load_table("gold.speedtest_agg").scan().to_arrow().to_pylist()
    assert {(row["date"], row["hour"], row["location"]): row["tests"] for row in gold} == {group: figures["tests"] for group, figures in layers.gold.items()}
    runs = warehouse.query("SELECT sum(rows_in) AS i, sum(rows_out + rows_quarantined + rows_duplicate) AS o FROM ops.runs WHERE stage = 'silver'")
    assert runs == [{"i": len(layers.bronze), "o": len(layers.bronze)}]


def test_appended_lines_are_read(warehouse):
    """Goal: bytes appended to a file are read once. Method: the same file grows twice between runs."""
    file = warehouse.landing / "grow.jsonl"
    made = warehouse.ingot("generate", "--records", 300, "--to", "-").stdout.splitlines(keepends=True)
    for end in (100, 200, 300):
        file.write_text("".join(made[:end]))
        assert warehouse.run()["bronze"]["rows_in"] == 100
    assert warehouse.query("SELECT count(DISTINCT _source_offset) AS n FROM bronze.speedtest_raw") == [{"n": 300}]


def test_rows_appended_by_pyiceberg_are_processed(warehouse):
    """Goal: another engine may write between our commits. Its rows are consumed, ours are not read twice.
    Method: PyIceberg appends a bronze row; silver consumes it; bronze resumes from its offsets."""
    warehouse.ingot("generate", "--records", 1000, "--to", warehouse.landing)
    warehouse.run()
    table = warehouse.pyiceberg().load_table("bronze.speedtest_raw")
    row = table.scan(limit=1).to_arrow()
    user = row.schema.get_field_index("user_id")
    import pyarrow as pa

    table.append(row.set_column(user, row.schema.field(user), pa.array([uuid.uuid4().bytes], row.schema.field(user).type)))
    warehouse.ingot("generate", "--records", 500, "--seed", 2, "--to", warehouse.landing)
    reports = warehouse.run()
    assert (reports["bronze"]["rows_in"], reports["silver"]["rows_in"]) == (500, 501)
    assert warehouse.pyiceberg().load_table("bronze.speedtest_raw").scan().to_arrow().num_rows == 1501


def test_the_three_queries_of_the_reference_system(warehouse):
    """Goal: the reference system's queries work unchanged. Method: run them verbatim."""
    warehouse.ingot("generate", "--records", 50_000, "--to", warehouse.landing)
    warehouse.run()
    assert len(warehouse.query("SELECT * FROM iceberg_catalog.bronze.speedtest_raw LIMIT 10;")) == 10
    assert len(warehouse.query("SELECT * FROM iceberg_catalog.silver.speedtest_clean LIMIT 10;")) == 10
    rows = warehouse.query(
        "SELECT date, location, avg_upload_speed, avg_download_speed, avg_latency\n"
        "FROM iceberg_catalog.gold.speedtest_agg WHERE date = CURRENT_DATE;"
    )
    assert rows and set(rows[0]) == {"date", "location", "avg_upload_speed", "avg_download_speed", "avg_latency"}


def test_broken_rules_beyond_their_limit_end_with_3(warehouse):
    """Goal: rows beyond a fail_above are held back. Method: records of which half have implausible speeds."""
    made = [json.loads(line) for line in warehouse.ingot("generate", "--records", 100, "--to", "-").stdout.splitlines()]
    for record in made[::2]:
        record["download_speed"] = 1e9
    (warehouse.landing / "half.jsonl").write_text("\n".join(map(json.dumps, made)))
    done = warehouse.ingot("run", check=False)
    assert done.returncode == 3 and "plausible_download" in done.stderr
    assert warehouse.query("SELECT count(*) AS n FROM silver.speedtest_clean") == [{"n": 0}]
    done = warehouse.ingot("run", "--publish-anyway")
    assert "plausible_download" in done.stderr
    assert warehouse.query("SELECT count(*) AS n FROM silver.speedtest_clean") == [{"n": 50}]
