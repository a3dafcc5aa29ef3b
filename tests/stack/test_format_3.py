"""Tables of format 3 that Spark wrote."""

import json
import os
import pathlib
import subprocess

from conftest import INGOT
from servers import DEPS, pinned

MEASURES = "count(*) AS rows, sum(id) AS ids, count(*) FILTER (name = 'changed') AS changed, count(DISTINCT name) AS names"


def test_deletion_vectors(folder):
    """Goal: rows that Spark deleted stay deleted. Method: vectors made, merged and joined by updates; the table at each snapshot."""
    warehouse = folder / "format-3"
    jars = ",".join(map(str, pinned("spark").glob("*.jar")))
    written = subprocess.run([DEPS / "spark/bin/python", pathlib.Path(__file__).with_name("write_format_3.py"), jars, warehouse],
                             capture_output=True, text=True, timeout=240, env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"})
    assert written.returncode == 0, (written.stdout + written.stderr)[-3000:]
    *states, told = [json.loads(line) for line in written.stdout.splitlines() if line[:1] in "[{"]
    assert len(states) == 5 and told["vectors"] > 0

    def ingot(*arguments):
        done = subprocess.run([INGOT, *arguments, "--warehouse", warehouse / "ingot"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    ingot("register", "a.t", warehouse / "a/t")
    for snapshot, *expected in states:
        found = json.loads(ingot("query", f"SELECT {MEASURES} FROM a.t FOR VERSION AS OF {snapshot}", "--format", "json"))
        assert [int(value) for value in found.values()] == expected, snapshot
    refused = subprocess.run([INGOT, "maintain", "a.t", "--warehouse", warehouse / "ingot"], capture_output=True, text=True)
    assert refused.returncode != 0 and "format" in refused.stderr, refused.stderr
