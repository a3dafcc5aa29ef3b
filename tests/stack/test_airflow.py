"""The DAG in a real Airflow, from a trigger to the gold table in Trino."""

import os
import subprocess

import pytest
from conftest import INGOT
from engines import DEPLOY, Airflow, spark_settings
from servers import DEPS, free_port


@pytest.fixture
def airflow(house, trino):
    house.variables |= spark_settings(house.folder)
    settings = {key: value for key, value in house.environment().items()
                if key.startswith(("INGOT_", "KAFKA_", "AWS_", "PG", "SPARK_", "PYSPARK_"))}
    server = Airflow(house.folder / "airflow", free_port(), {**settings, "INGOT_PROGRAM": INGOT}).start()
    yield server
    server.stop()


def test_dag(house, airflow, trino):
    """Goal: the DAG carries records to gold and tells of it. Method: triggered by REST as admin; once with nothing new; once with a broken rule."""
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
    """Goal: the DAG's parameter chooses who computes silver and gold. Method: a run on Spark, one on Trino and one embedded
    after each other, all layers verified at the end."""
    house.make_topic()
    for engine in ("spark", "trino", "embedded"):
        state, tasks = airflow.run(records=3_000, engine=engine)
        assert state == "success", (engine, tasks, airflow.log("bronze_to_silver")[-3000:])
        assert set(tasks.values()) == {"success"}
        assert "3000 rows in" in airflow.log("bronze_to_silver"), engine
    house.verify_all_layers()


def test_operator():
    """Goal: exit codes, summaries and ends of the operator. Method: its own tests, in Airflow's Python."""
    done = subprocess.run([DEPS / "airflow/bin/python", "-m", "unittest", "discover", "-s", DEPLOY / "airflow/tests"],
                          capture_output=True, text=True, timeout=120,
                          env=os.environ | {"PYTHONPATH": str(DEPLOY / "airflow"), "AIRFLOW_HOME": "/tmp/ingot-airflow-tests"})
    assert done.returncode == 0, done.stderr[-3000:]
