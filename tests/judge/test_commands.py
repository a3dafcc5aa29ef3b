"""The command line: help, exit codes, formats, precedence, and whether the printed output is true."""

import csv
import io
import json
import re
import subprocess

import pytest

@pytest.fixture
def filled(warehouse):
    warehouse.ingot("generate", "--records", 2000, "--dirty", 0.05, "--to", warehouse.landing)
    warehouse.run()
    return warehouse


def test_help_shows_an_example(warehouse):
    """Goal: every command explains itself. Method: --help of each."""
    commands = re.findall(r"^  ([a-z]+) ", warehouse.ingot("--help").stdout.split("Subcommands:")[1].split("\n\n")[0], re.M)
    assert {"run", "functions", "completion"} <= set(commands)
    for command in commands:
        assert "Example" in warehouse.ingot(command, "--help").stdout


def test_exit_codes(warehouse):
    """Goal: 0 done, 1 failed, 2 wrong usage. Method: one of each."""
    assert warehouse.ingot("--version").returncode == 0
    assert warehouse.ingot("run", "--source", "/nowhere", check=False).returncode == 1
    assert warehouse.ingot("run", "--no-such-flag", check=False).returncode == 2
    assert warehouse.ingot("run", "--pipeline", "/nowhere.yaml", check=False).returncode == 2
    assert warehouse.ingot("run", "--memory", "lots", check=False).returncode == 2
    assert warehouse.ingot("run", "--memory", "10", check=False).returncode == 2
    assert warehouse.ingot(check=False).returncode == 2


@pytest.mark.parametrize("arguments, said", [
    ("runn --source x", "unknown command 'runn' (did you mean 'run'?)"),
    ("table lst", "unknown command 'lst' (did you mean 'list'?)"),
    ("run --sorce x --follow", "unknown option '--sorce' (did you mean '--source'?)"),
    ("generate --record=5", "unknown option '--record=5' (did you mean '--records'?)"),
    ("compile --engin spark", "unknown option '--engin' (did you mean '--engine'?)"),
    ("run x", "one argument too many: 'x'"), ("run --threads -1", "--threads: '-1' is not a number of at least 0"),
    ("maintain --retain-last many", "--retain-last: 'many' is not a number of at least 1"),
    ("run --source s3://b/x", "not a source: 's3://b/x' (write kafka://host:port/topic"), ("run --source KAFKA://b/x", "not a source"),
    ("run --log-level loud", "--log-level"), ("table show", "table is required")])
def test_wrong_usage(warehouse, arguments, said):
    """Goal: an error names the wrong word and the nearest valid one. Method: mistakes of each kind."""
    rejected = warehouse.ingot(*arguments.split(), check=False)
    assert rejected.returncode == 2 and rejected.stdout == ""
    assert rejected.stderr.startswith("error: ") and said in rejected.stderr and rejected.stderr.count("\n") == 1


@pytest.mark.parametrize("variable", ["INGOT_LOG_LEVEL", "INGOT_LOG_FORMAT", "INGOT_MEMORY"])
def test_wrong_environment(warehouse, variable):
    """Goal: a value that the flag does not accept is an error in the environment, too; help needs no valid one.
    Method: each variable."""
    refused = warehouse.ingot("table", "list", check=False, env={variable: "loud"})
    assert refused.returncode == 2 and "loud" in refused.stderr and refused.stdout == ""
    assert warehouse.ingot("--help", env={variable: "loud"}).stdout.startswith("Ingot ")


def test_storage_that_is_away(warehouse):
    """Goal: an unavailable storage is reported while the program waits for it.
    Method: a storage that does not exist."""
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    told = warehouse.lines("run", "--warehouse", "s3://b/w", "--catalog", f"sqlite:///{warehouse.folder}/catalog.db", env=nowhere)
    assert "127.0.0.1" in (first := next(told)) and "retrying" in first


def test_flags_go_before_the_environment(warehouse):
    """Goal: flag, environment, default, in this order. Method: the warehouse is set by both."""
    other = warehouse.folder / "other"
    warehouse.ingot("generate", "--records", 10, "--to", warehouse.landing)
    warehouse.ingot("run", "--warehouse", other)
    assert (other / "catalog.db").exists() and not (warehouse.folder / "warehouse").exists()
    warehouse.ingot("run")
    assert (warehouse.folder / "warehouse/catalog.db").exists()


def test_query_formats(filled):
    """Goal: table, json and csv have the same content. Method: one statement in each, with nulls, quotes and lists."""
    sql = "SELECT 1 AS n, 'a,\"b' AS t, NULL AS x, [1, 2] AS l, TIMESTAMPTZ '2024-07-19 18:40:00+00' AS at, true AS b"
    assert json.loads(filled.ingot("query", sql, "--format", "json").stdout) == {"n": 1, "t": 'a,"b', "x": None, "l": [1, 2], "at": "2024-07-19T18:40:00Z", "b": True}
    [header, row] = csv.reader(io.StringIO(filled.ingot("query", sql, "--format", "csv").stdout))
    assert header == ["n", "t", "x", "l", "at", "b"] and row == ["1", 'a,"b', "", "[1, 2]", "2024-07-19T18:40:00Z", "true"]
    text = filled.ingot("query", sql).stdout
    assert "NULL" in text and text.endswith("(1 row)\n") and "\x1b" not in text


def test_query_errors_and_joins(filled):
    """Goal: an unknown table is reported with the nearest name; joins over our tables work. Method: one of each."""
    wrong = filled.ingot("query", "SELECT * FROM silver.speedtest_claen", check=False)
    assert wrong.returncode == 1 and "did you mean 'silver.speedtest_clean'" in wrong.stderr
    rows = filled.query("SELECT count(*) AS n FROM bronze.speedtest_raw JOIN silver.speedtest_clean USING (_source_offset)")
    assert rows == filled.query("SELECT count(*) AS n FROM silver.speedtest_clean")


def test_table_commands(filled):
    """Goal: list, show, history and files agree with the catalog. Method: against PyIceberg."""
    listed = {row["table"]: row for row in map(json.loads, filled.ingot("table", "list", "--log-format", "json").stdout.splitlines())}
    assert len(listed) == 6
    table = filled.pyiceberg().load_table("silver.speedtest_clean")
    assert int(listed["silver.speedtest_clean"]["records"]) == table.scan().to_arrow().num_rows
    assert json.loads(filled.ingot("table", "show", "silver.speedtest_clean", "--log-format", "json").stdout)["table-uuid"] == str(table.metadata.table_uuid)
    assert "timestamp_day = day(timestamp)" in filled.ingot("table", "show", "silver.speedtest_clean").stdout
    history = [json.loads(line)["snapshot_id"] for line in filled.ingot("table", "history", "silver.speedtest_clean", "--log-format", "json").stdout.splitlines()]
    assert history == [table.current_snapshot().snapshot_id]
    files = [json.loads(line) for line in filled.ingot("table", "files", "silver.speedtest_clean", "--log-format", "json").stdout.splitlines()]
    assert {file["location"] for file in files} == {task.file.file_path for task in table.scan().plan_files()}
    filled.ingot("table", "evolve", "silver.speedtest_clean")


def test_register(filled):
    """Goal: an existing table can be registered in another catalog.
    Method: its newest metadata file is registered, and the table is read there."""
    location = filled.pyiceberg().load_table("gold.speedtest_agg").metadata_location
    other = filled.folder / "other"
    filled.ingot("register", "old.gold", location, "--warehouse", other)
    rows = filled.ingot("query", "SELECT sum(tests)::BIGINT AS n FROM old.gold", "--format", "json", "--warehouse", other).stdout
    assert json.loads(rows) == filled.query("SELECT count(*) AS n FROM silver.speedtest_clean")[0]
    assert filled.ingot("register", "old.gold", location, "--warehouse", other, check=False).returncode == 1


def test_compile_and_schema(warehouse):
    """Goal: a compiled pipeline is SQL, the schema is JSON, and the old name is rejected with the new one.
    Method: the output of each."""
    sql = warehouse.ingot("compile").stdout
    assert "ANTI JOIN silver_keys" in sql and "quantile_cont" in sql
    assert json.loads(warehouse.ingot("compile", "--json-schema").stdout)["title"] == "Ingot pipeline file"
    assert "LEFT ANTI JOIN silver_keys" in warehouse.ingot("compile", "--engine", "spark").stdout
    assert "NOT EXISTS" in warehouse.ingot("compile", "--engine", "trino").stdout
    jobs = json.loads(warehouse.ingot("compile", "--engine", "spark", "--json").stdout)
    assert jobs["silver"][0]["table"] == "silver.speedtest_clean" and "try_parse_json" in jobs["bronze"]["rows"]
    rejected = warehouse.ingot("run", "--engine", "trino", "--follow", check=False)
    assert rejected.returncode == 2 and "--follow" in rejected.stderr


def test_check(warehouse):
    """Goal: each part is checked, and failures say what to do.
    Method: a good configuration, then a source that does not exist."""
    good = warehouse.ingot("check")
    assert good.stdout.count(" ok ") == 8
    bad = warehouse.ingot("check", "--source", "/nowhere", check=False)
    assert bad.returncode == 1 and "FAIL" in bad.stdout and "ingot generate" in bad.stdout


def test_check_where_data_stands(warehouse):
    """Goal: the cause of missing data is reported.
    Method: data that waits before each table, for longer than allowed and shorter; input of which no row is kept; a
    table whose last consumed snapshot is gone; a coordinator that does not exist."""
    def found(*arguments) -> dict[str, dict]:
        done = warehouse.ingot("check", "--log-format", "json", *arguments, check=False)
        answers = {line["check"]: line for line in map(json.loads, done.stdout.splitlines())}
        assert done.returncode == (0 if all(line["ok"] for line in answers.values()) else 1)
        return answers
    bronze, silver, gold = "bronze.speedtest_raw", "silver.speedtest_clean", "gold.speedtest_agg"
    warehouse.ingot("generate", "--records", 100, "--to", warehouse.landing)
    assert all(found()[table]["ok"] for table in (bronze, silver, gold))
    for stage, table, waits in (("silver", silver, f"100 rows of {bronze} wait"), ("gold", gold, f"100 rows of {silver} wait")):
        warehouse.run("--stage", {"silver": "bronze", "gold": "silver"}[stage])
        assert found()[table]["ok"] and waits in found()[table]["detail"]
        late = found("--late", "0s")[table]
        assert not late["ok"] and waits in late["detail"] and "is `ingot run` still running" in late["detail"]
    warehouse.run()
    assert all(line["ok"] for line in found("--late", "0s").values())
    for number in range(3):
        assert found()[silver]["ok"]
        (warehouse.landing / f"bad-{number}.jsonl").write_text('{"timestamp": 1}\n' * 20)
        assert "bytes wait in the source" in found()[bronze]["detail"] and not found("--late", "0s")[bronze]["ok"]
        warehouse.ingot("run", check=False)
    rejected = found()[silver]
    assert not rejected["ok"] and "none of the 60 rows" in rejected["detail"] and "_rules" in rejected["detail"]
    first = warehouse.query(f"SELECT min_by(snapshot_id, committed_at) AS id FROM {bronze}.snapshots")[0]["id"]
    warehouse.ingot("table", "rollback", bronze, "--snapshot", first)
    assert "is not in its history any more" in found()[silver]["detail"]
    away = found("--trino", "http://127.0.0.1:1")["trino"]
    assert not away["ok"] and "half a minute" in away["detail"]


def test_completion(warehouse):
    """Goal: the script completes in a real shell. Method: bash completes the commands after 'ingot ta'."""
    script = warehouse.ingot("completion", "bash").stdout
    ask = script + '\nCOMP_WORDS=(ingot table h); COMP_CWORD=2; _ingot; echo "${COMPREPLY[@]}"'
    assert subprocess.run(["bash", "-c", ask], capture_output=True, text=True).stdout.split() == ["history"]


def test_generate_to_standard_output(warehouse):
    """Goal: environment and seed are honoured. Method: the reference system's variable, and the same seed twice."""
    one = warehouse.ingot("generate", "--to", "-", "--start", "2024-07-19", env={"RECORDS_TO_GENERATE": "25"}).stdout
    two = warehouse.ingot("generate", "--to", "-", "--start", "2024-07-19", "--records", 25).stdout
    assert one == two and len(one.splitlines()) == 25
    assert set(json.loads(one.splitlines()[0])) == {"timestamp", "user_id", "upload_speed", "download_speed", "latency", "location"}


def test_follow_reads_new_files_and_stops_on_request(warehouse):
    """Goal: a directory is watched for new files. SIGTERM ends the program after the current run, with exit code 0.
    Method: a file that appears while it follows."""
    import os
    import signal

    from conftest import INGOT

    environment = {"PATH": os.environ["PATH"], "INGOT_WAREHOUSE": str(warehouse.folder / "warehouse"), "INGOT_PIPELINE": str(warehouse.pipeline), "INGOT_SOURCE": str(warehouse.landing)}
    process = subprocess.Popen([INGOT, "run", "--follow", "--every", "100ms", "--log-format", "json"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        for seed, records in ((1, 300), (2, 200)):
            warehouse.ingot("generate", "--records", records, "--seed", seed, "--to", warehouse.landing)
            reports = [json.loads(process.stdout.readline()) for _ in range(3)]
            assert [report["stage"] for report in reports] == ["bronze", "silver", "gold"]
            assert reports[0]["rows_in"] == records
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=300) == 0
    finally:
        process.kill()
    assert warehouse.query("SELECT count(*) AS n FROM silver.speedtest_clean") == [{"n": 500}]
