"""The DAG in a real Airflow, from a trigger to the gold table in Trino."""

import datetime
import os
import subprocess

import pytest
from conftest import INGOT, this_day
from engines import DEPLOY, Airflow, spark_settings
from servers import DEPS, free_port


def start_airflow(house, **more: str) -> Airflow:
    settings = {key: value for key, value in house.environment().items()
                if key.startswith(("INGOT_", "KAFKA_", "AWS_", "PG", "SPARK_", "PYSPARK_"))}
    return Airflow(house.folder / "airflow", free_port(), {**settings, "INGOT_PROGRAM": INGOT, **more}).start()


@pytest.fixture
def airflow(house, trino):
    house.variables |= spark_settings()
    server = start_airflow(house)
    yield server
    server.stop()


def test_dag(house, airflow, trino):
    """Goal: the DAG brings records to gold and reports it.
    Method: triggered by REST as admin; once with nothing new; once with a broken rule."""
    this_day()
    house.make_topic()
    state, tasks = airflow.run(records=20_000)
    assert state == "success", (tasks, airflow.log("ingest_bronze")[-3000:])
    assert set(tasks.values()) == {"success"} and len(tasks) == 7
    assert "20000 rows in" in airflow.log("bronze_to_silver")
    rows = trino.sql("SELECT date, location, avg_upload_speed, avg_download_speed, avg_latency\n"
                     "FROM iceberg_catalog.gold.speedtest_agg WHERE date = CURRENT_DATE")
    assert len(rows) > 10
    house.verify_all_layers()
    state, tasks = airflow.run()
    assert state == "success" and tasks["generate"] == "skipped" and tasks["silver_to_gold"] == "success"
    # Half of the records break a rule that allows a fifth.
    producer = house.producer()
    for number in range(200):
        speed = -5 if number % 2 else 50
        producer.produce(house.topic, b'{"timestamp": %d, "user_id": "550e8400-e29b-41d4-a716-44665544%04d", "upload_speed": 1, '
                         b'"download_speed": %d, "latency": 3, "location": "Oslo"}' % (1795000000000 + number, number, speed))
    producer.flush()
    state, tasks = airflow.run()
    assert state == "failed" and tasks["quality_gate"] == "failed" and tasks["silver_to_gold"] == "success"
    assert tasks["iceberg_maintenance"] == "upstream_failed"
    assert "plausible_download" in airflow.log("quality_gate")


def test_dag_on_other_engines(house, airflow):
    """Goal: the DAG's parameter selects the engine of silver and gold.
    Method: a run on Spark, one on Trino and one embedded in turn, all layers verified at the end."""
    house.make_topic()
    for engine in ("spark", "trino", "embedded"):
        state, tasks = airflow.run(records=3_000, engine=engine)
        assert state == "success", (engine, tasks, airflow.log("bronze_to_silver")[-3000:])
        assert set(tasks.values()) == {"success"}
        assert "3000 rows in" in airflow.log("bronze_to_silver"), engine
    house.verify_all_layers()


def test_catch_up_and_alerts(house):
    """Goal: missed hours are caught up, late runs are reported, new rows trigger other DAGs, and days can be
    recomputed.
    Method: a DAG that began two hours ago with a zero deadline; another program deletes a row from silver, and its day
    is recomputed."""
    house.make_topic()
    day = datetime.datetime.now(datetime.UTC)
    house.ingot("generate", "--records", 2_000, "--start", day.strftime("%Y-%m-%d"))
    hour = day.replace(minute=0, second=0, microsecond=0)
    missed = [(hour - datetime.timedelta(hours=ago)).isoformat() for ago in (2, 1)]
    server = start_airflow(house, INGOT_CATCHUP="1", INGOT_START=missed[0][:19], INGOT_DEADLINE_MINUTES="0.001")
    try:
        place = "/api/v2/dags/medallion_pipeline"
        server.ask("PATCH", place + "?update_mask=is_paused", {"is_paused": False})
        def made_up():
            runs = server.ask("GET", place + "/dagRuns")["dag_runs"]
            assert not [run for run in runs if run["state"] == "failed"], runs
            done = {run["logical_date"].replace("Z", "+00:00") for run in runs if run["state"] == "success"}
            return done.issuperset(missed)
        house.wait_for(made_up)
        events = server.ask("GET", "/api/v2/assets/events")["asset_events"]  # for DAGs of other owners
        for table in ("bronze/speedtest_raw", "silver/speedtest_clean", "gold/speedtest_agg"):
            assert f"iceberg://iceberg_catalog/{table}" in {event["uri"] for event in events}, events[:3]
        house.wait_for(lambda: "deadline missed: medallion_pipeline did not end within" in server.output())
        house.verify_all_layers()
        house.ingot("table", "delete", "silver.speedtest_clean", "--where", "latency > 0")
        assert int(house.query("SELECT sum(tests) AS n FROM gold.speedtest_agg")[0]["n"]) > 0
        state, tasks = server.run(**{"from": f"{day:%Y-%m-%d}", "to": f"{day + datetime.timedelta(days=1):%Y-%m-%d}"})
        assert state == "success", (tasks, server.log("silver_to_gold")[-3000:])
        assert house.query("SELECT coalesce(sum(tests), 0)::INT AS n FROM gold.speedtest_agg")[0]["n"] == 0
    finally:
        server.stop()


def test_operator():
    """Goal: exit codes, summaries and termination of the operator. Method: its own tests, in Airflow's Python."""
    done = subprocess.run([DEPS / "airflow/bin/python", "-m", "unittest", "discover", "-s", DEPLOY / "airflow/tests"],
                          capture_output=True, text=True, timeout=300,
                          env=os.environ | {"PYTHONPATH": str(DEPLOY / "airflow"), "AIRFLOW_HOME": "/tmp/ingot-airflow-tests"})
    assert done.returncode == 0, done.stderr[-3000:]
