#!/usr/bin/env python3
"""Generates the dashboards deploy/grafana/dashboards/*.json (--check: compares them with the files).

A panel is a title, a unit of Grafana, and expressions with their legends. tests/stack/test_monitoring.py
evaluates each expression in a real Prometheus."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent / "dashboards"
JOB = '{job="ingot"}'


def rate(name: str, by: str, labels: str = 'job="ingot"') -> str:
    return f"sum by ({by}) (rate({name}{{{labels}}}[$__rate_interval]))"


def trino(name: str) -> str:
    return f"trino_execution_name_QueryManager_{name}"


# name: (title, [(row, [(panel title, kind, unit, [(expression, legend)])])])
DASHBOARDS = {
    "data-flow": ("Real-time data flow", [
        ("Now", [
            ("Records per second", "stat", "short", [('sum(rate(ingot_rows_in_total{job="ingot", stage="bronze"}[$__rate_interval]))', "")]),
            ("Freshness (99 %)", "stat", "s", [('max(ingot_freshness_seconds{job="ingot", share="0.99"})', "")]),
            ("Lag, records now", "stat", "short", [(f"sum(ingot_lag_records{JOB})", "")]),
            ("Time since the last run", "stat", "s", [(f"time() - max(ingot_last_run_timestamp_seconds{JOB})", "")])]),
        ("Flow", [
            ("Kafka: messages in per second", "timeseries", "short", [("sum by (topic) (rate(kafka_topic_messagesin_total[$__rate_interval]))", "{{topic}}")]),
            ("Rows into each stage per second", "timeseries", "short", [(rate("ingot_rows_in_total", "stage"), "{{stage}}")]),
            ("Rows out of each stage per second", "timeseries", "short", [(rate("ingot_rows_out_total", "stage"), "{{stage}}")]),
            ("Bytes written per second", "timeseries", "Bps", [(rate("ingot_written_bytes_total", "stage"), "{{stage}}")])]),
        ("Delay", [
            ("Freshness: age when gold shows a record", "timeseries", "s", [(f"ingot_freshness_seconds{JOB}", "{{share}}")]),
            ("Lag in records", "timeseries", "short", [(f"ingot_lag_records{JOB}", "{{instance}}")]),
            ("Lag in seconds", "timeseries", "s", [(f"ingot_lag_seconds{JOB}", "{{instance}}")]),
            ("Rows of each table", "timeseries", "short", [('ingot_table_rows{job="ingot-serve"}', "{{table}}")])])]),
    "performance": ("Performance", [
        ("Jobs", [
            ("Stage duration, 95 %", "timeseries", "s", [(f"histogram_quantile(0.95, {rate('ingot_stage_seconds_bucket', 'le, stage')})", "{{stage}}")]),
            ("Stage duration, mean", "timeseries", "s", [(f"{rate('ingot_stage_seconds_sum', 'stage')} / {rate('ingot_stage_seconds_count', 'stage')}", "{{stage}}")]),
            ("Runs per minute", "timeseries", "short", [('60 * sum by (outcome) (rate(ingot_runs_total[$__rate_interval]))', "{{outcome}}")]),
            ("Scheduled runs: duration of the last", "timeseries", "s", [('sum by (pipeline, stage) (ingot_stage_seconds_sum{job="ingot-batch"})', "{{pipeline}} {{stage}}")])]),
        ("Commits", [
            ("Commit latency, 99 %", "timeseries", "s", [(f"histogram_quantile(0.99, {rate('ingot_commit_seconds_bucket', 'le, table')})", "{{table}}")]),
            ("Commits per second", "timeseries", "short", [(rate("ingot_commits_total", "stage"), "{{stage}}")]),
            ("Conflicts per second", "timeseries", "short", [(rate("ingot_commit_conflicts_total", "table"), "{{table}}")]),
            ("Open writers", "timeseries", "short", [(f"sum(ingot_open_writers{JOB})", "")])]),
        ("Efficiency", [
            ("Rows per second of CPU time", "timeseries", "short", [('sum(rate(ingot_rows_in_total{job="ingot", stage="bronze"}[$__rate_interval])) / sum(rate(process_cpu_seconds_total{job="ingot"}[$__rate_interval]))', "")]),
            ("Bytes read per second", "timeseries", "Bps", [(rate("ingot_read_bytes_total", "stage"), "{{stage}}")])])]),
    "quality": ("Errors and data quality", [
        ("Now", [
            ("Share in quarantine", "stat", "percentunit", [('sum(rate(ingot_rows_quarantined_total{job="ingot"}[$__rate_interval])) / clamp_min(sum(rate(ingot_rows_in_total{job="ingot", stage="silver"}[$__rate_interval])), 1e-9)', "")]),
            ("Share of duplicates", "stat", "percentunit", [('sum(rate(ingot_rows_duplicate_total{job="ingot"}[$__rate_interval])) / clamp_min(sum(rate(ingot_rows_in_total{job="ingot", stage="silver"}[$__rate_interval])), 1e-9)', "")]),
            ("Failed runs, last hour", "stat", "short", [('sum(increase(ingot_runs_total{job="ingot", outcome="failed"}[1h]))', "")]),
            ("Firing alerts", "stat", "short", [('count(ALERTS{alertstate="firing"}) or vector(0)', "")])]),
        ("Rows", [
            ("Rows that broke a rule, per second", "timeseries", "short", [(rate("ingot_rule_broken_rows_total", "rule"), "{{rule}}")]),
            ("Records with parse errors per second", "timeseries", "short", [('sum(rate(ingot_rows_error_total{job="ingot"}[$__rate_interval]))', "")]),
            ("Quarantined rows per second", "timeseries", "short", [('sum(rate(ingot_rows_quarantined_total{job="ingot"}[$__rate_interval]))', "")]),
            ("Duplicate rows per second", "timeseries", "short", [('sum(rate(ingot_rows_duplicate_total{job="ingot"}[$__rate_interval]))', "")])]),
        ("Runs", [
            ("Failed runs", "timeseries", "short", [('sum by (job) (increase(ingot_runs_total{outcome="failed"}[5m]))', "{{job}}")]),
            ("Reachable servers", "timeseries", "bool_on_off", [("up", "{{job}}")])])]),
    "resources": ("Resources and storage", [
        ("Ingot", [
            ("Memory against budget", "timeseries", "bytes", [(f"process_resident_memory_bytes{JOB}", "resident"), (f"ingot_memory_budget_bytes{JOB}", "budget")]),
            ("Cores in use", "timeseries", "short", [('rate(process_cpu_seconds_total{job="ingot"}[$__rate_interval])', "{{instance}}")]),
            ("Open files", "timeseries", "short", [(f"process_open_fds{JOB}", "{{instance}}")]),
            ("Threads", "timeseries", "short", [(f"process_threads{JOB}", "{{instance}}")])]),
        ("Tables", [
            ("Bytes of each table", "timeseries", "bytes", [('ingot_table_bytes{job="ingot-serve"}', "{{table}}")]),
            ("Files of each table", "timeseries", "short", [('ingot_table_files{job="ingot-serve"}', "{{table}}")]),
            ("Snapshots of each table", "timeseries", "short", [('ingot_table_snapshots{job="ingot-serve"}', "{{table}}")]),
            ("Mean file size", "timeseries", "bytes", [('ingot_table_bytes{job="ingot-serve"} / ingot_table_files{job="ingot-serve"}', "{{table}}")])]),
        ("Storage", [
            ("MinIO: free", "timeseries", "bytes", [("minio_cluster_capacity_usable_free_bytes", "free"), ("minio_cluster_capacity_usable_total_bytes", "total")]),
            ("MinIO: traffic", "timeseries", "Bps", [("rate(minio_s3_traffic_received_bytes[$__rate_interval])", "in"), ("rate(minio_s3_traffic_sent_bytes[$__rate_interval])", "out")]),
            ("MinIO: requests per second", "timeseries", "short", [("sum by (api) (rate(minio_s3_requests_total[$__rate_interval]))", "{{api}}")]),
            ("MinIO: memory", "timeseries", "bytes", [("minio_node_process_resident_memory_bytes", "{{server}}")])])]),
    "servers": ("Trino and Kafka", [
        ("Trino", [
            ("Queries per minute", "timeseries", "short", [(f"60 * rate({trino('CompletedQueries')}[$__rate_interval])", "completed"), (f"60 * rate({trino('FailedQueries')}[$__rate_interval])", "failed")]),
            ("Running and queued queries", "timeseries", "short", [(trino("RunningQueries"), "running"), (trino("QueuedQueries"), "queued")]),
            ("Execution time, last five minutes", "timeseries", "ms", [(trino("ExecutionTime_FiveMinutes") + '{quantile=~"0.5|0.95|0.99"}', "{{quantile}}")]),
            ("Rows read per second", "timeseries", "short", [(f"rate({trino('ConsumedInputRows')}[$__rate_interval])", "")]),
            ("Memory of queries", "timeseries", "bytes", [("trino_memory_name_ClusterMemoryManager_ClusterTotalMemoryReservation", "reserved"), ("trino_memory_name_ClusterMemoryManager_ClusterMemoryBytes", "all")]),
            ("CPU seconds per second", "timeseries", "short", [(f"rate({trino('ConsumedCpuTimeSecs')}[$__rate_interval])", "")])]),
        ("Kafka", [
            ("Messages in per second", "timeseries", "short", [("sum(rate(kafka_broker_messagesin_total[$__rate_interval]))", "")]),
            ("Bytes per second", "timeseries", "Bps", [("sum(rate(kafka_broker_bytesin_total[$__rate_interval]))", "in"), ("sum(rate(kafka_broker_bytesout_total[$__rate_interval]))", "out")]),
            ("Request time, 99 %", "timeseries", "ms", [('kafka_request_time_ms{statistic="99thPercentile"}', "{{request}}")]),
            ("Log size of each topic", "timeseries", "bytes", [("sum by (topic) (kafka_log_size_bytes)", "{{topic}}")]),
            ("Under-replicated partitions", "timeseries", "short", [("kafka_replica_underreplicatedpartitions", "")]),
            ("Failed requests per second", "timeseries", "short", [("rate(kafka_broker_failedproducerequests_total[$__rate_interval])", "produce"), ("rate(kafka_broker_failedfetchrequests_total[$__rate_interval])", "fetch")])])]),
}


def dashboard(name: str, title: str, rows: list) -> dict:
    panels, y, number = [], 0, 0
    for row, members in rows:
        number += 1
        panels.append({"id": number, "type": "row", "title": row, "collapsed": False, "panels": [],
                       "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}})
        y += 1
        for place, (panel, kind, unit, targets) in enumerate(members):
            number += 1
            width, height = (6, 4) if kind == "stat" else (12, 8)
            column = place % (24 // width)
            panels.append({
                "id": number, "type": kind, "title": panel, "datasource": {"type": "prometheus", "uid": "prometheus"},
                "gridPos": {"h": height, "w": width, "x": column * width, "y": y + place // (24 // width) * height},
                "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
                "options": {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "colorMode": "none",
                            "graphMode": "area"} if kind == "stat" else
                           {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                            "tooltip": {"mode": "multi", "sort": "desc"}},
                "targets": [{"refId": chr(65 + i), "expr": expression, "legendFormat": legend or "__auto"}
                            for i, (expression, legend) in enumerate(targets)]})
        y += -(-len(members) // (4 if members[0][1] == "stat" else 2)) * (4 if members[0][1] == "stat" else 8)
    return {"uid": f"ingot-{name}", "title": f"Ingot: {title}", "tags": ["ingot"], "timezone": "browser",
            "schemaVersion": 41, "version": 1, "editable": True, "refresh": "5s",
            "time": {"from": "now-30m", "to": "now"}, "panels": panels, "templating": {"list": []},
            "annotations": {"list": []},
            "links": [{"type": "dashboards", "title": "Ingot", "tags": ["ingot"], "asDropdown": True, "icon": "apps",
                       "includeVars": False, "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}]}


def main() -> int:
    different = 0
    for name, (title, rows) in DASHBOARDS.items():
        text = json.dumps(dashboard(name, title, rows), indent=1, ensure_ascii=False) + "\n"
        file = HERE / f"{name}.json"
        if "--check" not in sys.argv:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            print(f"{file} is not what dashboards.py writes: run it")
            different = 1
    return different


if __name__ == "__main__":
    sys.exit(main())
