"""Metrics from Ingot, Kafka, Trino and MinIO through a real Prometheus to every panel of every dashboard."""

import json
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from conftest import PATIENCE
from engines import DEPLOY, Alertmanager, Prometheus, Pushgateway, Trino
from servers import HOST, Kafka, free_port

PANELS = [(file.stem, panel["title"], target["expr"])
          for file in sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
          for panel in json.loads(file.read_text())["panels"] for target in panel.get("targets", [])]
RULES = ("ingot:rows_in:rate1m", "ingot:quarantined:ratio5m", "ingot:commit_seconds:p99_5m")


def get(address: str, path: str, accept: str = "*/*") -> tuple[int, str]:
    try:
        request = urllib.request.Request(f"http://{address}{path}", headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def watched(house, folder):
    """Starts a house with a Kafka that exports metrics, Trino, and Prometheus, which scrapes all of them every
    second."""
    servers = [Kafka(house.folder / "kafka", free_port(), metrics_port=free_port()).start(),
               Trino(house.folder / "trino", free_port(), house.trino_variables()).start(),
               Pushgateway(house.folder / "pushgateway", free_port()).start(),
               Alertmanager(house.folder / "alertmanager", free_port()).start()]
    kafka, trino, gateway, alerts = servers
    house.broker = house.variables["KAFKA_BROKER"] = kafka.address
    house.listen, house.dashboard = f"{HOST}:{free_port()}", f"{HOST}:{free_port()}"
    port = free_port()
    servers.append(Prometheus(house.folder / "prometheus", port, {
        "pipeline:9464": house.listen, "dashboard:8080": house.dashboard, "pushgateway:9091": gateway.address,
        "kafka:7071": f"{HOST}:{kafka.metrics_port}", "trino:8080": trino.address, "minio:9000": house.minio.address,
        "alertmanager:9093": alerts.address, "localhost:9090": f"{HOST}:{port}"}).start())
    yield house, kafka, trino, gateway, servers[-1]
    for server in reversed(servers):
        server.stop()


def test_every_panel_has_data(watched):
    """Goal: every expression of the dashboards has data.
    Method: records flow, queries run, a run is pushed; all expressions are evaluated."""
    house, _, trino, gateway, prometheus = watched
    house.make_topic()
    worker = house.worker("--listen", house.listen)
    serve = house.start("serve", "--listen", house.dashboard)
    feeder = house.start("generate", "--records", "2000000", "--rate", "2000", "--dirty", "0.02")
    house.wait_for(lambda: house.bronze_rows() > 0)
    batch = {"KAFKA_TOPIC": house.topic, "INGOT_PUSHGATEWAY": f"http://{gateway.address}"}
    house.run("--stage", "silver,gold", env=batch)

    def empty():
        """Returns the expressions that still have no data, after one more Trino query."""
        trino.sql("SELECT count(*), sum(latency) FROM iceberg_catalog.bronze.speedtest_raw")
        panels = [(board, title, expression) for board, title, expression in PANELS
                  if not prometheus.query(expression.replace("$__rate_interval", "10s"))]
        return panels + [rule for rule in RULES if not prometheus.query(rule)]

    assert len(PANELS) > 50
    deadline = time.monotonic() + PATIENCE
    while missing := empty():
        assert time.monotonic() < deadline, missing
    assert get(house.listen, "/health") == (200, "ok\n") and get(house.listen, "/ready") == (200, "ready\n")
    status, text = get(house.listen, "/metrics", "application/openmetrics-text")
    assert status == 200 and text.endswith("# EOF\n") and 'ingot_rows_in_total{stage="gold"}' in text
    checked = subprocess.run(["promtool", "check", "metrics"], input=get(house.listen, "/metrics")[1], text=True,
                             capture_output=True)
    assert checked.returncode == 0, checked.stderr
    tables = {table["table"]: table for table in json.loads(get(house.dashboard, "/api/tables")[1])}
    assert tables["bronze.speedtest_raw"]["rows"] > 0
    runs = json.loads(get(house.dashboard, "/api/runs?limit=5")[1])
    assert len(runs) == 5 and runs[0]["finished_at"] >= runs[-1]["finished_at"]
    assert "<title>Ingot</title>" in get(house.dashboard, "/")[1]
    house.wait_for(lambda: {health.strip() for health in prometheus.targets().values()} == {"up"})  # a scrape may be late
    firing = [alert["metric"]["alertname"] for alert in prometheus.query('ALERTS{alertstate="firing"}')]
    assert firing == []
    for process in (feeder, serve):
        process.terminate()
    assert worker.stop() == 0


def test_readiness_follows_the_catalog(house):
    """Goal: /ready reports unreachable tables. Method: the catalog's database stops and restarts."""
    house.generate(10, "--to", str(house.folder / "landing"))
    house.run("--source", str(house.folder / "landing"))
    address = f"{HOST}:{free_port()}"
    serve = house.start("serve", "--listen", address)
    house.wait_for(lambda: serve.poll() is None and reachable(address))
    house.wait_for(lambda: get(address, "/ready")[0] == 200)
    house.postgres.stop()
    status, reason = get(address, "/ready")
    assert status == 503 and reason.strip()
    assert get(address, "/health")[0] == 200
    assert "ingot_catalog_up 0" in get(address, "/metrics")[1]
    assert get(address, "/api/tables")[0] == 503
    house.postgres.start()
    house.wait_for(lambda: get(address, "/ready")[0] == 200)
    serve.terminate()
    assert serve.wait(PATIENCE) == 0


def reachable(address: str) -> bool:
    try:
        return get(address, "/health")[0] == 200
    except OSError:
        return False


def test_rules_and_configuration():
    """Goal: the files are valid and correct. Method: promtool on configuration, rules and the rules' tests; amtool."""
    for command in (["promtool", "check", "config", DEPLOY / "prometheus/prometheus.yml"],
                    ["promtool", "test", "rules", DEPLOY / "prometheus/tests/ingot.yml"],
                    ["amtool", "check-config", DEPLOY / "alertmanager/alertmanager.yml"],
                    ["python3", DEPLOY / "grafana/dashboards.py", "--check"]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
