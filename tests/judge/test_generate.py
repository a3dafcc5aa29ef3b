"""Where generated records are written, what runs read by default, and the times of the records."""

import datetime
import pathlib
import re
import subprocess
import zoneinfo

import pytest
from conftest import INGOT, ROOT

FILES = """pipeline: t
source: {SOURCE}
fields: {location: {type: string}}
bronze: {table: b.t}
silver: {table: s.t}
gold: [{table: g.t, group: {location: location}, measures: {n: count(*)}}]
"""
# An unknown librdkafka setting proves, without waiting, that Kafka would be used.
KAFKA = {"INGOT_KAFKA_NO_SUCH_SETTING": "1"}
ASKED = "No such configuration property"


def ingot(folder: pathlib.Path, *arguments, env=None):
    return subprocess.run([INGOT, *arguments], cwd=folder, env={"PATH": "/usr/bin"} | (env or {}), capture_output=True, text=True)


def pipeline(folder: pathlib.Path, source: str, name="pipelines/speedtest.yaml"):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(FILES.replace("{SOURCE}", source))


@pytest.mark.parametrize(("source", "arguments", "env", "where"), [
    ("{files: in}", (), {}, "in"),
    ("{files: in}", (), {"KAFKA_BROKER": "127.0.0.1:1"}, "in"),
    ("{files: in}", (), {"INGOT_SOURCE": "environment"}, "environment"),
    ("{files: in}", ("--source", "flag"), {"INGOT_SOURCE": "environment"}, "flag"),
    ("{files: in}", ("--to", "to", "--source", "flag"), {"INGOT_GENERATE_TO": "other"}, "to"),
    ("{files: in}", ("--source", "flag"), {"INGOT_GENERATE_TO": "to"}, "to"),
    ("{files: in, format: csv}", ("--to", "to"), {}, "to"),
    ("{kafka: {brokers: 127.0.0.1:1, topic: t}}", ("--to", "to"), {}, "to"),
    ("{kafka: {brokers: 127.0.0.1:1, topic: t}}", (), {"INGOT_SOURCE": "environment"}, "environment"),
    (None, (), {}, "landing")])
def test_records_go_to_the_source(tmp_path, source, arguments, env, where):
    """Goal: flag, environment, file, default, in this order.
    Method: each with the next one also set; then only the expected folder exists."""
    if source:
        pipeline(tmp_path, source)
    done = ingot(tmp_path, "generate", "--records", "3", *arguments, env=env)
    assert done.returncode == 0, done.stderr
    made = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.jsonl")]
    assert [str(path.parent) for path in made] == [where] and f"{where} in " in done.stderr


@pytest.mark.parametrize(("source", "arguments", "env", "told"), [
    ("{kafka: {brokers: 127.0.0.1:1, topic: t}}", (), KAFKA, ASKED),
    ("{kafka: {brokers: 127.0.0.1:1, topic: t, properties: {no.such.setting: 1}}}", (), {}, ASKED),
    ("{kafka: {brokers: 127.0.0.1:1, topic: ^t}}", (), KAFKA, "is a pattern of topics: set the destination with --to"),
    ("{files: in, format: csv}", (), {}, "is csv, and generated records are JSON lines"),
    ("{files: pipelines/speedtest.yaml}", (), {}, "is a file: set the destination with --to"),
    ("{files: s3://bucket/in}", (), {}, "is not a local directory"),
    ("{files: in}", ("--to", "s3://bucket/in"), {}, "s3://bucket/in"),
    (None, (), KAFKA | {"KAFKA_BROKER": "127.0.0.1:1"}, ASKED)])
def test_sources_that_are_not_folders(tmp_path, source, arguments, env, told):
    """Goal: a topic is used, and a source that is not writable is rejected; no folder is created instead.
    Method: one of each."""
    if source:
        pipeline(tmp_path, source)
    done = ingot(tmp_path, "generate", "--records", "3", *arguments, env=env)
    assert done.returncode in (1, 2) and told in done.stderr, done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"pipelines"}


@pytest.mark.parametrize("file", [None, "{kafka: {brokers: 127.0.0.1:1, topic: t}}"])
def test_runs_ask_the_broker_that_is_written(tmp_path, file):
    """Goal: without KAFKA_BROKER the pipeline file's broker is used, regardless of ./landing.
    Method: the shipped file, and another one."""
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing/a.jsonl").write_text('{"location": "x"}\n')
    env = {"INGOT_PIPELINE": str(ROOT / "pipelines/speedtest.yaml")} if file is None else {}
    if file:
        pipeline(tmp_path, file)
    for command in ("run", "check"):
        done = ingot(tmp_path, command, env=env | KAFKA)
        assert done.returncode in (1, 2) and ASKED in done.stdout + done.stderr, done.stderr
        assert ingot(tmp_path, command, "--source", "landing", env=env | KAFKA).returncode == 0


def test_evenings_are_local(warehouse):
    """Goal: gold shows the evening of each city, in summer and in winter.
    Method: the busiest hour of gold by the time zone database."""
    for start in ("2025-01-14", "2025-07-15"):
        warehouse.ingot("generate", "--records", 60_000, "--start", start, "--seed", start[6], "--to", warehouse.landing)
    warehouse.run()
    zones = {"New York": "America/New_York", "London": "Europe/London", "Tokyo": "Asia/Tokyo", "São Paulo": "America/Sao_Paulo",
             "Mumbai": "Asia/Kolkata", "Los Angeles": "America/Los_Angeles", "Paris": "Europe/Paris", "Sydney": "Australia/Sydney"}
    for row in warehouse.query("SELECT location, month(date) AS month, arg_max(date + to_hours(hour), tests)::VARCHAR AS busiest, max(tests) AS most,"
                               " min(tests) AS least FROM gold.speedtest_agg GROUP BY ALL"):
        if zone := zones.get(row["location"]):
            local = datetime.datetime.fromisoformat(row["busiest"]).replace(tzinfo=datetime.UTC).astimezone(zoneinfo.ZoneInfo(zone))
            assert 18 <= local.hour <= 22 and row["most"] > 4 * row["least"], (row, local)


def test_files_of_earlier_calls_stay(tmp_path):
    """Goal: records that were generated before, and perhaps read, are not replaced.
    Method: the same command three times; a run after each reads all."""
    pipeline(tmp_path, "{files: in}")
    for files in (1, 2, 3):
        ingot(tmp_path, "generate", "--records", "5")
        assert [path.name for path in sorted((tmp_path / "in").iterdir())] == [f"speedtest-1-{number:05}.jsonl" for number in range(files)]
        ran = ingot(tmp_path, "run")
        assert ran.returncode == 0 and re.search(r"bronze +5 +5 ", ran.stdout), (ran.stdout, ran.stderr)
