"""medallion_pipeline: records → bronze → silver → gold → quality gate → maintenance, every hour or by hand.

A run may be repeated, caught up or run at the same time as another: each stage resumes where its table ends. Without
catch-up the first run processes everything; with it, each logical hour processes what came since the one before.
"""

from __future__ import annotations

import datetime
import os

from airflow.sdk import DAG, Asset, AsyncCallback, DeadlineAlert, DeadlineReference, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from ingot_airflow import IngotOperator
from ingot_airflow.alerts import run_is_late
from ingot_airflow.quality import complaints, summary

BRONZE = Asset("iceberg://iceberg_catalog/bronze/speedtest_raw")
SILVER = Asset("iceberg://iceberg_catalog/silver/speedtest_clean")
GOLD = Asset("iceberg://iceberg_catalog/gold/speedtest_agg")

ENGINE = ["--engine", "{{ params.engine }}"]
START = datetime.datetime.fromisoformat(os.environ.get("INGOT_START") or "2026-01-01").replace(tzinfo=datetime.UTC)
DEADLINE = datetime.timedelta(minutes=float(os.environ.get("INGOT_DEADLINE_MINUTES") or 50))

with DAG(
    dag_id="medallion_pipeline",
    description="Speed tests from Kafka through bronze, silver and gold",
    doc_md=__doc__,
    schedule="@hourly",
    start_date=START,
    catchup=os.environ.get("INGOT_CATCHUP", "") == "1",
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": datetime.timedelta(seconds=30), "retry_exponential_backoff": True,
                  "execution_timeout": datetime.timedelta(hours=2)},
    params={
        "records": Param(0, type="integer", minimum=0, title="Records to generate first (0: none)"),
        "engine": Param("embedded", enum=["embedded", "spark", "trino"], title="Engine of silver and gold"),
        "from": Param(None, type=["null", "string"], format="date", title="Recompute gold from this day (embedded engine)"),
        "to": Param(None, type=["null", "string"], format="date", title="… up to and including this day"),
        "publish_anyway": Param(False, type="boolean", title="Publish what a quality gate holds back (embedded engine)"),
        "fail_on_quality": Param(True, type="boolean", title="Fail when a quality gate holds rows back"),
    },
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=DEADLINE,
        callback=AsyncCallback(run_is_late, {"message": f"medallion_pipeline did not end within {DEADLINE}"})),
    tags=["ingot", "medallion"],
):

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def is_wanted() -> bool:
        """Whether the run generates records first."""
        return get_current_context()["params"]["records"] > 0

    generate = IngotOperator(task_id="generate", arguments=["generate", "--records", "{{ params.records }}", "--start",
                                                            "{{ dag_run.run_after.strftime('%Y-%m-%dT00:00:00Z') }}"])
    bronze = IngotOperator(
        task_id="ingest_bronze", trigger_rule="none_failed", outlets=[BRONZE],
        arguments=["run", "--stage", "bronze", "--log-format", "json"])
    silver = IngotOperator(
        task_id="bronze_to_silver", inlets=[BRONZE], outlets=[SILVER], broken_rules_fail=False,
        arguments=["run", "--stage", "silver", "--log-format", "json", *ENGINE,
                   "{{ '--publish-anyway' if params.publish_anyway else '' }}"])
    gold = IngotOperator(
        task_id="silver_to_gold", inlets=[SILVER], outlets=[GOLD],
        arguments=["run", "--stage", "gold", "--log-format", "json", *ENGINE,
                   "{{ '--from=' ~ params['from'] if params['from'] else '' }}",
                   "{{ '--to=' ~ params['to'] if params['to'] else '' }}"])

    @task(retries=0)
    def quality_gate() -> list[dict]:
        """Fails when rows are not accounted for, or a gate holds rows back from silver."""
        context = get_current_context()
        results = context["ti"].xcom_pull(task_ids=["ingest_bronze", "bronze_to_silver", "silver_to_gold"])
        stages = summary(result for of_task in results for result in of_task or [])
        broken = context["ti"].xcom_pull(task_ids="bronze_to_silver", key="broken_rules") or []
        found = complaints(stages, broken)
        for complaint in found:
            print(f"quality: {complaint}")
        if found and context["params"]["fail_on_quality"]:
            raise AirflowFailException("; ".join(found))
        return stages

    maintenance = IngotOperator(task_id="iceberg_maintenance", arguments=["maintain", "--log-format", "json"])

    is_wanted() >> generate >> bronze >> silver >> gold >> quality_gate() >> maintenance
