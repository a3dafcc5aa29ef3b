"""Tables that other projects wrote: Ingot reads the rows that DuckDB and PyIceberg read, or rejects the table with the
reason."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import INGOT, peer_data
from judge_rows import counted


def tables():
    """Returns the newest metadata file of every table: by its last update, then by its number of snapshots."""
    folder = pathlib.Path(os.environ.get("INGOT_PEER_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared/data/peers")) / "duckdb_tables"
    found = []
    for metadata in sorted(folder.rglob("metadata")):
        files = list(metadata.glob("*.metadata.json"))
        if not files:
            continue
        documents = {file: load(file) for file in files}
        newest = max(files, key=lambda f: (documents[f].get("last-updated-ms", 0), len(documents[f].get("snapshots", [])), f.name))
        found.append(pytest.param(newest, documents[newest], id=str(metadata.parent.relative_to(folder))))
    return found or [pytest.param(None, None, id="missing")]


def load(file):
    import gzip

    data = file.read_bytes()
    return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


# One table names files in a bucket that does not exist: it must not be requested over the network.
NOWHERE = os.environ | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "nowhere"}


@pytest.fixture
def root(tmp_path):
    """Some of these tables name their files relative to their project's folder."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/persistent").symlink_to(peer_data("duckdb_tables"))
    return tmp_path


def ingot_rows(root, metadata):
    def call(*arguments):
        return subprocess.run([INGOT, *arguments, "--warehouse", str(root / "warehouse")], cwd=root, env=NOWHERE, capture_output=True, text=True)

    registered = call("register", "peer.t", str(metadata))
    if registered.returncode:
        return None, registered.stderr
    done = call("query", "SELECT * FROM peer.t", "--format", "json")
    return (None, done.stderr) if done.returncode else ([json.loads(line) for line in done.stdout.splitlines()], "")


def judges(root, metadata):
    """Returns the rows of each judge that can read the table. A judge that retries a bucket that does not exist
    cannot."""
    seen = {}
    for judge in ("DuckDB", "PyIceberg"):
        program = [sys.executable, pathlib.Path(__file__).with_name("judge_rows.py"), judge, metadata]
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(program, cwd=root, env=NOWHERE, capture_output=True, text=True, timeout=300)
            if done.returncode == 0:
                seen[judge] = json.loads(done.stdout)
    return seen


# What may be rejected, and the words that the error must contain.
REASONS = ("does not exist", "No such file", "cannot be read", "corrupt", "missing", "does not fit", "fake-bucket")


@pytest.mark.parametrize("metadata, document", tables())
def test_rows_of_other_projects(root, metadata, document):
    """Goal: a table of another writer never gives a wrong row.
    Method: the rows of Ingot, DuckDB and PyIceberg; where both judges differ, Ingot agrees with one of them."""
    peer_data()
    rows, refusal = ingot_rows(root, metadata)
    answers = judges(root, metadata)
    if rows is None:
        assert any(reason in refusal for reason in REASONS), refusal
        assert not answers, f"rejected ({refusal.strip()}) what {list(answers)} can read"
        return
    # DuckDB 1.5.5 applies an equality delete of one partition to another. The specification ("Scan Planning") does
    # not.
    if "equality_delete_cross_partition" in str(metadata):
        answers["specification"] = counted([(0, 999, "p0-k999"), (1, 100, "p1-k100"), (1, 888, "p1-k888")])
        del answers["DuckDB"]
    mine = counted([tuple(row.values()) for row in rows])
    assert not answers or mine in answers.values(), (len(mine), {judge: len(found) for judge, found in answers.items()}, mine[:2], [found[:2] for found in answers.values()])
