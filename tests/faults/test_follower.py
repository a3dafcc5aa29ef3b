"""A follower survives a short outage of the storage, for every read that fails."""

import json
import os
import signal
import subprocess
import time

import pytest
import shim
from scenarios import INGOT, Lab


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    made.create()
    made.put("a.jsonl", 60, seed=1)
    made.must("run", "--stage", "bronze", "--source", made.landing)
    made.keep()
    return made


def rows(lab):
    done = lab.ingot("query", "SELECT (SELECT count(*) FROM silver.speedtest_clean) AS clean, (SELECT sum(tests) FROM gold.speedtest_agg) AS tests",
                     "--format", "json")
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout else None


def follow(lab, library, **fault):
    """Runs silver and gold as a follower until gold has rows. Returns its exit code and output, and its calls."""
    lab.reset()
    trace = lab.folder.parent / "trace"
    trace.unlink(missing_ok=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "KAFKA_"))} | {
        "INGOT_WAREHOUSE": str(lab.warehouse), "INGOT_PIPELINE": str(lab.folder / "pipeline.yaml")}
    command = [INGOT, "run", "--stage", "silver,gold", "--follow", "--every", "100ms", "--threads", "1", "--source", lab.landing]
    follower = subprocess.Popen(command, env=environment | shim.environment(library, lab.folder, trace, **fault), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while follower.poll() is None and time.monotonic() < deadline and not (rows(lab) or {}).get("tests"):
        time.sleep(0.05)
    if follower.poll() is None:
        follower.send_signal(signal.SIGINT)
    said = follower.communicate(timeout=60)[1]
    return follower.returncode, said, shim.read_trace(trace)


@pytest.mark.parametrize("error", ["EIO", "ESTALE"])
def test_a_read_fails_once(lab, library, error):
    """Goal: a read that fails once is retried.
    Method: the first and the last read of a data file, and a read of a manifest, fail once."""
    code, said, calls = follow(lab, library)
    assert code == 0, said
    expected = rows(lab)
    of = lambda ending: [call for call in calls if call.operation == "read" and "/bronze/" in call.path and call.path.endswith(ending)]
    for call in {of(".parquet")[0], of(".parquet")[-1], of(".avro")[0]}:
        code, said, _ = follow(lab, library, call=call.number, action=error)
        assert code == 0 and "retrying" in said, (call, said)
        assert rows(lab) == expected, call
