"""The same pipeline on Spark and Trino: equal rows, and every engine resumes where the last one stopped."""

import json
import math
import subprocess
from urllib.parse import quote

from conftest import PATIENCE
from engines import DEPLOY, replaced, spark_settings
from servers import DEPS, pinned

ROWS = ("SELECT timestamp, CAST(user_id AS VARCHAR) AS user_id, upload_speed, download_speed, latency, location, _source_partition,"
        " _source_offset FROM silver.speedtest_clean ORDER BY _source_partition, _source_offset")
REFUSED = ("SELECT _rules, _error IS NULL AS fits, _payload IS NULL AS whole, _source_partition, _source_offset, upload_speed, location"
           " FROM silver.speedtest_quarantine ORDER BY _source_partition, _source_offset")
BRONZE = ("SELECT timestamp, CAST(user_id AS VARCHAR) AS user_id, upload_speed, download_speed, latency, location, _source IS NULL"
          " AS no_source, _source_partition, _source_offset, _produced_at, _extra, _error IS NULL AS fits, CAST(_payload AS VARCHAR) AS payload"
          " FROM bronze.speedtest_raw ORDER BY _source_partition, _source_offset")


def gold(house) -> list[dict]:
    return house.query("SELECT * EXCLUDE updated_at FROM gold.speedtest_agg ORDER BY date, hour, location")


def differences(left: list[dict], right: list[dict]) -> list:
    """Returns the rows that differ, except for the last bits of sums: engines add in different orders."""
    found = [] if len(left) == len(right) else [(len(left), len(right))]
    for one, other in zip(left, right):
        found += [(one, key, one[key], other[key]) for key in one if one[key] != other[key] and not (
            isinstance(one[key], int | float) and math.isclose(one[key], other[key], rel_tol=1e-9, abs_tol=1e-9))]
    return found[:5]


def twin(house, folder, kafka, postgres, minio):
    from conftest import Lakehouse
    other = Lakehouse(folder, kafka, postgres, minio)
    other.topic = other.variables["KAFKA_TOPIC"] = house.topic
    return other


def test_engines_agree(house, trino, folder, kafka, postgres, minio):
    """Goal: three engines, one result.
    Method: the same topic into three lakehouses, in two rounds; then each engine continues after another."""
    house.make_topic()
    embedded = twin(house, folder, kafka, postgres, minio)
    on_spark = twin(house, folder, kafka, postgres, minio)
    on_spark.variables |= spark_settings()
    edited = house.folder / "default.yaml"
    edited.write_text(house.pipeline.read_text().replace("{type: string}", "{type: string, default: \"it's nowhere\"}"))
    house.pipeline = embedded.pipeline = on_spark.pipeline = edited
    for round_, records in enumerate((6_000, 3_000)):
        house.generate(records)
        expected = embedded.run()
        house.run("--stage", "bronze")
        by_trino = house.run("--stage", "silver,gold", "--engine", "trino", timeout=4 * PATIENCE)
        by_spark = on_spark.run("--engine", "spark", timeout=4 * PATIENCE)
        for stage, keys in (("silver", ("rows_in", "rows_out", "rows_quarantined", "rows_duplicate", "rows_error", "broken_by_rule")),
                            ("bronze", ("rows_in", "rows_out", "rows_error"))):
            for key in keys:
                assert by_spark[stage][key] == expected[stage][key], (round_, stage, key)
                assert stage == "bronze" or by_trino[stage][key] == expected[stage][key], (round_, stage, key)
        for query in (BRONZE, ROWS, REFUSED):
            rows = embedded.query(query)
            assert on_spark.query(query) == rows, query
            if query != BRONZE:
                assert house.query(query) == rows, query
        assert differences(gold(embedded), gold(on_spark)) == [] and differences(gold(embedded), gold(house)) == []
    assert embedded.query("SELECT count(*) AS n FROM bronze.speedtest_raw WHERE location = 'it''s nowhere'")[0]["n"] > 0
    # Without new records nothing happens. Then the engines take turns on one lakehouse.
    assert house.run("--stage", "silver,gold", "--engine", "trino")["gold"]["commits"] == 0
    house.generate(1_000)
    embedded.run()
    assert on_spark.run()["bronze"]["rows_in"] == 1_000
    assert house.run()["silver"]["rows_in"] == 1_000
    house.generate(1_000)
    embedded.run()
    assert on_spark.run("--stage", "bronze", "--engine", "spark", timeout=4 * PATIENCE)["bronze"]["rows_in"] == 1_000
    on_spark.run("--stage", "silver,gold")
    assert on_spark.query(ROWS) == embedded.query(ROWS) and differences(gold(on_spark), gold(embedded)) == []
    on_spark.verify_all_layers(defaults={"location": "it's nowhere"})
    left = [row["table"] for row in map(dict, house.tables()) if "staging" in row["table"]]
    assert left == []
    ledger = on_spark.query("SELECT stage, sum(rows_in) AS n FROM ops.runs GROUP BY 1 ORDER BY 1")
    assert {row["stage"]: int(row["n"]) for row in ledger}["bronze"] == 11_000
    engines = lambda lakehouse: {(row["stage"], row["engine"]) for row in lakehouse.query("SELECT DISTINCT stage, engine FROM ops.runs")}
    every = {("bronze", "embedded"), ("silver", "embedded"), ("gold", "embedded")}
    assert engines(embedded) == every
    assert engines(on_spark) == every | {("bronze", "spark"), ("silver", "spark"), ("gold", "spark")}
    assert engines(house) == every | {("silver", "trino"), ("gold", "trino")}


def name_as_before(house, table: str):
    """Changes the table to an earlier version: its column names, and a newest snapshot with that schema and one more
    row."""
    loaded = house.pyiceberg(table)
    with loaded.update_schema() as update:
        for now, before in (("_source", "_topic"), ("_source_partition", "_partition"), ("_source_offset", "_offset")):
            update.rename_column(now, before)
    row = house.pyiceberg(table).scan(row_filter="_error is null and user_id is not null", limit=1).to_arrow().slice(0, 1)
    row = row.set_column(row.schema.get_field_index("_offset"), row.schema.field("_offset"), [[10**9]])
    house.pyiceberg(table).append(row)


def test_tables_of_earlier_versions(house, trino, folder, kafka, postgres, minio):
    """Goal: engines read snapshots from before the source position was renamed.
    Method: each engine reads bronze with the earlier names, as a whole and from a snapshot on. Trino and Spark read a
    snapshot by the schema of that snapshot."""
    house.make_topic()
    on_spark, embedded = (twin(house, folder, kafka, postgres, minio) for _ in range(2))
    on_spark.variables |= spark_settings()
    for _ in range(2):
        house.generate(400)
        for lakehouse, engine in ((house, "trino"), (on_spark, "spark"), (embedded, "embedded")):
            lakehouse.run("--stage", "bronze")
            name_as_before(lakehouse, "bronze.speedtest_raw")
            lakehouse.run("--stage", "silver,gold", "--engine", engine, timeout=4 * PATIENCE)
        for query in (ROWS, REFUSED):
            assert house.query(query) == on_spark.query(query) == embedded.query(query) != [], query


def submit(house, job: str, *arguments: str) -> subprocess.Popen:
    """Submits a job manually, with the settings file of deploy/spark and addresses of this machine."""
    settings = replaced(DEPLOY / "spark/spark-defaults.conf", {
        "postgres:5432/iceberg": f"{house.postgres.address}/{house.database}", "http://minio:9000": house.minio.url,
        "s3://lakehouse/warehouse": house.variables["INGOT_WAREHOUSE"]})
    small = spark_settings()
    conf = house.folder / "spark.conf"
    conf.write_text(settings + "spark.log.level ERROR\n")
    compiled = house.folder / "compiled.json"
    compiled.write_text(house.ingot("compile", "--engine", "spark", "--json").stdout)
    jars = ",".join(map(str, pinned("spark").glob("*.jar")))
    return subprocess.Popen(
        [small["INGOT_SPARK_SUBMIT"], "--master", "local[2]", "--properties-file", conf, "--jars", jars,
         DEPLOY / "spark/jobs" / job, "--compiled", compiled, *arguments], env=house.environment() | small, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def results(process: subprocess.Popen) -> list[dict]:
    out, _ = process.communicate(timeout=PATIENCE)
    told = [line for line in out.splitlines() if not line.startswith(("\tat ", "  File"))]
    assert process.returncode == 0, "\n".join(told)[-4000:]
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def test_jobs_by_hand(house):
    """Goal: the jobs work without `ingot run`.
    Method: bronze as a stream while records arrive; maintenance; a table registered again."""
    house.make_topic()
    house.run()  # creates the tables
    stream = submit(house, "ingest_bronze.py", "--stream", "--every", "1")
    try:
        house.generate(1_500)
        house.wait_for(lambda: house.bronze_rows() == 1_500)
        house.generate(700)
        house.wait_for(lambda: house.bronze_rows() == 2_200)
    finally:
        stream.terminate()
        print(stream.communicate(timeout=PATIENCE)[0][-3000:])  # shown when the test fails
    house.generate(300)
    report = house.run()
    assert (report["bronze"]["rows_in"], report["silver"]["rows_in"]) == (300, 2_500)
    done = results(submit(house, "iceberg_maintenance.py", "--older-than-hours", "0"))
    operations = {(line["table"], line["operation"]): line for line in done}
    assert len(operations) == 16
    house.generate(200)
    assert house.run()["silver"]["rows_in"] == 200
    house.verify_all_layers()
    before = house.query("SELECT count(*) AS n FROM gold.speedtest_agg")
    file = house.pyiceberg("gold.speedtest_agg").metadata_location
    house.ingot("unregister", "gold.speedtest_agg")
    assert [line["table"] for line in results(submit(house, "register_tables.py", f"gold.speedtest_agg={file}"))] == ["gold.speedtest_agg"]
    assert house.query("SELECT count(*) AS n FROM gold.speedtest_agg") == before


def test_spark_retries_after_a_conflict(house):
    """Goal: a run of Ingot during a Spark job costs a retry and no row.
    Method: Ingot runs silver while the job holds its branch."""
    house.make_topic()
    house.generate(3_000)
    house.run("--stage", "bronze")
    house.ingot("table", "evolve", "silver.speedtest_clean")
    house.ingot("table", "evolve", "silver.speedtest_quarantine")
    job = submit(house, "bronze_to_silver.py")
    house.wait_for(lambda: "ingot_" in house.ingot("table", "refs", "silver.speedtest_clean").stdout or job.poll() is not None,
                   pause_max=0.1)
    assert house.run("--stage", "silver,gold")["silver"]["rows_in"] in (0, 3_000)  # nothing, if the job was faster
    results(job)
    assert "ingot_" not in house.ingot("table", "refs", "silver.speedtest_clean").stdout
    house.run("--stage", "silver,gold")
    house.verify_all_layers()


def test_spark_gets_the_password_privately(house):
    """Goal: a password in the catalog's URI reaches Spark, and no command line, log or message.
    Method: a program in the place of spark-submit keeps what it was given and fails."""
    house.make_topic()
    house.generate(100)
    house.run()
    password = r"p@s/s:%w \d"
    house.postgres.psql("CREATE ROLE guest LOGIN SUPERUSER PASSWORD '%s'" % password, "postgres")
    submit = house.folder / "spark-submit"
    submit.write_text("""#!/bin/sh
cd "$(dirname "$0")"
printf '%s\\n' "$@" > arguments
while [ "$1" != --properties-file ]; do shift; done
cp "$2" settings; stat -c %a "$(dirname "$2")" > mode
echo failed >&2; exit 9
""")
    submit.chmod(0o755)
    del house.variables["PGPASSWORD"]
    house.variables |= {"INGOT_CATALOG": f"postgresql://guest:{quote(password, safe='')}@{house.postgres.address}/{house.database}",
                        "INGOT_SPARK_SUBMIT": str(submit), "INGOT_SPARK_JOBS": str(DEPLOY / "spark/jobs")}
    done = house.ingot("run", "--stage", "silver", "--engine", "spark", check=False, env={"INGOT_LOG_LEVEL": "debug"})
    assert done.returncode == 1 and "ended with 9" in done.stderr
    settings = dict(line.split(" ", 1) for line in (house.folder / "settings").read_text().splitlines())
    catalog = "spark.sql.catalog.iceberg_catalog."
    assert settings[catalog + "jdbc.user"] == "guest"
    assert settings[catalog + "jdbc.password"].replace("\\\\", "\\") == password
    assert settings[catalog + "uri"] == f"jdbc:postgresql://{house.postgres.address}/{house.database}"
    assert (house.folder / "mode").read_text() == "700\n"
    for text in (done.stdout, done.stderr, (house.folder / "arguments").read_text(), house.ingot("check", check=False).stdout):
        assert password not in text and quote(password, safe="") not in text
