"""Locations of tables: every spelling of a location, shared folders, lost catalogs. PyIceberg reads all rows before
and after."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import pyarrow as pa
import pytest
from conftest import CATALOG, INGOT
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable
from test_faults import TABLES, check_tables, fill

# {d} is the absolute folder of the test, in which the program and PyIceberg run. d/link links to d/real.
SPELLINGS = {
    "plain": "file://{d}/t", "path": "{d}/t", "one slash": "file:{d}/t", "doubled slash": "file://{d}//t", "dot": "file://{d}/./t",
    "parent": "file://{d}/x/../t", "relative": "t", "relative with a dot": "./t", "behind a link": "file://{d}/link/t",
    "parent of a link": "file://{d}/link/../t", "a space": "file://{d}/a b/t", "a percent sign": "file://{d}/a%20b/t", "not ASCII": "file://{d}/ä/t",
}


def age(folder, days=10):
    """Makes all files of a folder old enough for the removal of orphans."""
    then = time.time() - days * 86400
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (then, then))


def rows(location):
    return sorted(StaticTable.from_metadata(location).scan().to_arrow()["id"].to_pylist())


def location_of(folder, name="a.t"):
    [[location]] = sqlite3.connect(folder / "warehouse/catalog.db").execute("SELECT metadata_location FROM iceberg_tables WHERE table_namespace || '.' || table_name = ? AND catalog_name = ?", [name, CATALOG])
    return location


def ingot(folder, *arguments, check=True):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "KAFKA_"))} | {"INGOT_WAREHOUSE": "warehouse"}
    done = subprocess.run([INGOT, *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr
    return done


def make_table(folder, location, name="t", **properties):
    """Creates three snapshots, the last without the first row: rows 2 to 9 remain. Returns the location of its
    metadata."""
    (folder / "elsewhere").mkdir(exist_ok=True)
    catalog = SqlCatalog("other", uri=f"sqlite:///{folder}/elsewhere/{name}.db", warehouse=f"file://{folder}/elsewhere")
    catalog.create_namespace_if_not_exists("n")
    table = catalog.create_table(f"n.{name}", pa.schema([("id", pa.int64())]), location=location, properties=properties)
    table.append(pa.table({"id": pa.array(range(1, 6), pa.int64())}))
    table.append(pa.table({"id": pa.array(range(6, 10), pa.int64())}))
    table.delete("id = 1")
    return table.metadata_location


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("x", "real/t", "a b", "a%20b", "ä"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    return tmp_path


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling(here, spelling):
    """Goal: maintenance and its undo change no row and remove exactly the orphans, for every spelling of the table's
    location.
    Method: a PyIceberg table with an extra file; orphans, all maintenance, undo. Then the whole table is moved to the
    trash, and undone."""
    metadata = make_table(here, SPELLINGS[spelling].format(d=here))
    [data] = {path.parent for path in here.rglob("*.parquet")}
    (data / "lost.parquet").write_bytes(b"lost")
    age(here)
    ingot(here, "register", "a.t", metadata)
    report = json.loads(ingot(here, "maintain", "a.t", "--orphans", "--log-format", "json").stdout)
    assert [os.path.basename(file) for file in report["files"]] == ["lost.parquet"]
    assert rows(location_of(here)) == list(range(2, 10))
    assert "1 files restored" in ingot(here, "maintain", "a.t", "--orphans", "--undo").stdout and (data / "lost.parquet").exists()
    for again in ([], ["--orphans-older-than", "0s", "--older-than", "0s"], ["--older-than", "0s", "--min-input-files", "2", "--file-size", "1MB"]):
        ingot(here, "maintain", "a.t", *again)
        age(here)
        assert rows(location_of(here)) == list(range(2, 10)), again
        ingot(here, "maintain", "a.t", "--undo")
        assert rows(location_of(here)) == list(range(2, 10)), again
    assert [row["id"] for row in map(json.loads, ingot(here, "query", "SELECT id FROM a.t ORDER BY id", "--format", "json").stdout.splitlines())] == list(range(2, 10))
    table = data.parent
    batch = table / ".trash/9999999999999"
    batch.mkdir(parents=True)
    for folder in ("data", "metadata"):
        (table / folder).rename(batch / folder)
    assert "--undo" in ingot(here, "query", "SELECT * FROM a.t", check=False).stderr
    assert "restored" in ingot(here, "maintain", "a.t", "--undo").stdout
    assert rows(location_of(here)) == list(range(2, 10)) and not list(batch.rglob("*.parquet"))


@pytest.mark.parametrize("spelling", ["a slash at the end", "percent-encoded"])
def test_spellings_of_other_writers(here, spelling):
    """Goal: the same for spellings that PyIceberg does not write.
    Method: the location in its metadata file is edited; a folder is renamed to its decoded name."""
    metadata = make_table(here, f"file://{here}/e%20e/t").removeprefix("file://")
    if spelling == "percent-encoded":
        (here / "e%20e").rename(here / "e e")
    else:
        text = open(metadata).read()
        assert text.count('e%20e/t",') == 1
        open(metadata, "w").write(text.replace('e%20e/t",', 'e%20e/t/",'))
    [data] = {path.parent for path in here.rglob("*.parquet")}
    (data / "lost.parquet").write_bytes(b"lost")
    age(here)
    ingot(here, "register", "a.t", f"file://{metadata}")
    for arguments in (["--orphans"], ["--undo"], ["--orphans-older-than", "0s", "--older-than", "0s"], ["--undo"]):
        ingot(here, "maintain", "a.t", *arguments)
        [counted] = map(json.loads, ingot(here, "query", "SELECT count(*) AS n, min(id) AS least FROM a.t", "--format", "json").stdout.splitlines())
        assert counted == {"n": 8, "least": 2}, arguments
        assert (data / "lost.parquet").exists() == (arguments == ["--undo"])


def test_two_names_of_one_table(here):
    """Goal: expiry under one name keeps the files that the table needs under its other name.
    Method: registered twice, all rows deleted and expired under one name."""
    metadata = make_table(here, f"file://{here}/t")
    for name in ("a.t", "a.u"):
        ingot(here, "register", name, metadata)
    before = rows(location_of(here))
    ingot(here, "table", "delete", "a.t", "--where", "id >= 0")
    ingot(here, "maintain", "a.t", "--expire", "--older-than", "0s", "--retain-last", "1")
    assert [int(row["id"]) for row in map(json.loads, ingot(here, "query", "SELECT id FROM a.u ORDER BY id", "--format", "json").stdout.splitlines())] == before
    ingot(here, "unregister", "a.u")
    ingot(here, "doctor", "a.t")


def test_a_copied_folder(here):
    """Goal: maintenance of a copy whose metadata names the original's files removes none of them.
    Method: the folder is copied, both are registered, all rows of the copy are deleted and expired."""
    metadata = make_table(here, f"file://{here}/t")
    shutil.copytree(here / "t", here / "copy")
    ingot(here, "register", "a.t", metadata)
    before = rows(location_of(here))
    ingot(here, "register", "a.copy", f"file://{here}/copy/metadata/{os.path.basename(metadata)}")
    ingot(here, "table", "delete", "a.copy", "--where", "id >= 0")
    ingot(here, "maintain", "a.copy", "--expire", "--older-than", "0s", "--retain-last", "1")
    assert [int(row["id"]) for row in map(json.loads, ingot(here, "query", "SELECT id FROM a.t ORDER BY id", "--format", "json").stdout.splitlines())] == before


def test_undo_that_is_not_complete(here):
    """Goal: undo does not report success when it is incomplete. Method: one data file is in no trash."""
    ingot(here, "register", "a.t", make_table(here, f"file://{here}/t"))
    os.remove(sorted(here.rglob("*.parquet"))[0])
    undone = ingot(here, "maintain", "a.t", "--orphans", "--undo", check=False)
    assert undone.returncode == 1 and "still lacks 1 files" in undone.stderr


@pytest.mark.parametrize("registered", [True, False])
@pytest.mark.parametrize("place", ["t/below", "t", "."])
def test_tables_that_share_a_folder(here, place, registered):
    """Goal: no file of another table is moved, registered or not.
    Method: another table below, in and around the folder of the maintained one."""
    mine = make_table(here, f"file://{here}/t")
    theirs = make_table(here, f"file://{here}/{place}", name="u")
    ingot(here, "register", "a.t", mine)
    if registered:
        ingot(here, "register", "a.u", theirs)
    (here / "t/data/lost.parquet").write_bytes(b"lost")
    age(here)
    before = {path for path in here.rglob("*") if path.is_file() and path.name != "lost.parquet"}
    said = ingot(here, "maintain", "a.t", "--orphans").stdout
    assert before <= set(here.rglob("*"))
    assert rows(theirs) == rows(mine) == list(range(2, 10))
    told = not registered and place != "."
    assert ("does not know" in said) == told
    assert not (here / "t/data/lost.parquet").exists()


def test_an_unreachable_table(here):
    """Goal: a table that cannot be read does not prevent maintenance of the others. It is reported once, and files in
    its folder stay.
    Method: of four tables, the metadata of one is broken and that of another is missing; one is in the folder of the
    broken one."""
    places = {"broken": "b", "gone": "g", "inside": "b/inside", "well": "w"}
    locations = {name: make_table(here, f"file://{here}/{place}", name=name) for name, place in places.items()}
    for name, location in locations.items():
        ingot(here, "register", f"a.{name}", location)
    for name in ("inside", "well"):
        (here / places[name] / "data/lost.parquet").write_bytes(b"lost")
    age(here)
    open(locations["broken"].removeprefix("file://"), "w").write("{")
    os.remove(locations["gone"].removeprefix("file://"))
    done = ingot(here, "maintain", "--orphans", check=False)
    assert done.returncode == 1 and "2 of 4 tables failed" in done.stderr
    assert done.stderr.count("table a.broken cannot be read") == 1
    assert (here / "b/inside/data/lost.parquet").exists() and not (here / "w/data/lost.parquet").exists()
    looked = ingot(here, "doctor", check=False)
    assert looked.returncode == 1 and looked.stdout.count("FAIL") == 2 and "a.well" in looked.stdout


def test_versions_of_another_catalog(here):
    """Goal: files of a version that only another catalog has are not orphans.
    Method: PyIceberg continues in its own catalog after the table was registered."""
    ingot(here, "register", "a.t", make_table(here, f"file://{here}/t"))
    theirs = SqlCatalog("other", uri=f"sqlite:///{here}/elsewhere/t.db", warehouse=f"file://{here}/elsewhere").load_table("n.t")
    for id in (10, 11):
        theirs.append(pa.table({"id": pa.array([id], pa.int64())}))
    age(here)
    ingot(here, "maintain", "a.t")
    assert rows(theirs.metadata_location) == list(range(2, 12)) and rows(location_of(here)) == list(range(2, 10))


def test_without_a_pipeline_file(here):
    """Goal: commands on tables of no pipeline need no pipeline file; a named one must exist.
    Method: each command; a named file that does not exist."""
    ingot(here, "register", "a.t", make_table(here, f"file://{here}/t"))
    for command in (["doctor", "a.t"], ["doctor"], ["storage", "a.t"], ["storage"], ["maintain", "a.t"], ["maintain"], ["maintain", "--undo"],
                    ["table", "delete", "a.t", "--where", "id = 2"]):
        assert "a.t" in ingot(here, *command).stdout
        missing = ingot(here, *command, "--pipeline", "pipelines/speedtest.yaml", check=False)
        assert missing.returncode == 2 and "pipelines/speedtest.yaml" in missing.stderr
    assert rows(location_of(here)) == list(range(3, 10))


def test_maintenance_without_the_pipeline_keeps_what_is_not_consumed(warehouse):
    """Goal: snapshots that later stages have not consumed are kept even without the pipeline file.
    Method: only bronze runs; its snapshots expire without the pipeline file."""
    fill(warehouse)
    warehouse.run()
    warehouse.ingot("generate", "--records", 500, "--dirty", 0.1, "--users", 50, "--seed", 9, "--start", "2026-01-02", "--to", warehouse.landing)
    warehouse.ingot("run", "--stage", "bronze")
    environment = {k: v for k, v in warehouse.environment().items() if k != "INGOT_PIPELINE"}
    subprocess.run([INGOT, "maintain", "--expire", "--older-than", "0s"], env=environment, cwd=warehouse.folder, check=True)
    warehouse.run()
    check_tables(warehouse)


@pytest.mark.parametrize("how", ["missing", "empty", "another name"])
def test_a_lost_catalog(warehouse, how):
    """Goal: a lost catalog is not mistaken for a new one: every command fails except the one that rebuilds it.
    Method: catalogs that are missing, empty, or under another name."""
    fill(warehouse)
    warehouse.run()
    before = {table: warehouse.table_hash(table) for table in TABLES}
    catalog = warehouse.folder / "warehouse/catalog.db"
    if how == "another name":
        with sqlite3.connect(catalog) as database:
            database.execute("UPDATE iceberg_tables SET catalog_name = 'theirs'")
    else:
        catalog.unlink()
        if how == "empty":
            catalog.write_bytes(b"")
    for command in (["run"], ["query", "SELECT 1"], ["doctor"], ["maintain"], ["table", "list"]):
        rejected = warehouse.ingot(*command, check=False)
        assert rejected.returncode == 2 and "ingot register --all" in rejected.stderr, command
        assert ("theirs" in rejected.stderr) == (how == "another name")
    checked = warehouse.ingot("check", check=False)
    assert checked.returncode == 1 and "ingot register --all" in checked.stdout + checked.stderr
    names = {*TABLES, "ops.runs", "ops.quality"}
    for arguments, outcome in ((["--dry-run"], "registered"), ([], "registered"), ([], "known")):
        made = [json.loads(line) for line in warehouse.ingot("register", "--all", *arguments, "--log-format", "json").stdout.splitlines()]
        assert {(line["table"], line["outcome"]) for line in made} == {(name, outcome) for name in names}
    assert {table: warehouse.table_hash(table) for table in TABLES} == before
    warehouse.run()
    check_tables(warehouse)


def test_tables_of_every_folder_are_registered(here):
    """Goal: all tables of a warehouse are registered again, or reported.
    Method: a name with an underscore, metadata in another folder, two tables in one folder, one without a namespace;
    each twice."""
    (here / "warehouse").mkdir()
    places = {"a._x": ("a/_x", {}), "a.elsewhere": ("a/elsewhere", {"write.metadata.path": f"file://{here}/warehouse/meta/e"}), "a.two": ("a/two", {}), "top": ("top", {})}
    made = {name: make_table(here, f"file://{here}/warehouse/{place}", f"t{number}", **properties) for number, (name, (place, properties)) in enumerate(places.items())}
    other = make_table(here, f"file://{here}/warehouse/a/two", "second")
    for outcome in ("registered", "known"):
        lines = [json.loads(line) for line in ingot(here, "register", "--all", "--log-format", "json", check=False).stdout.splitlines()]
        assert sorted((line["table"], line["outcome"]) for line in lines) == sorted(
            [("a._x", outcome), ("a.elsewhere", outcome), ("a.two", outcome), ("a.two", "failed"), ("", "failed")])
        failed = {line["metadata"]: line["error"] for line in lines if line["outcome"] == "failed"}
        assert len(failed) == 2 and all(metadata in error for metadata, error in failed.items())
        assert len({made["a.two"], other} & {line["metadata"] for line in lines}) == 2
    for name in ("a._x", "a.elsewhere", "a.two"):
        [counted] = map(json.loads, ingot(here, "query", f"SELECT count(*) AS n FROM {name}", "--format", "json").stdout.splitlines())
        assert counted == {"n": 8}
    for metadata in failed:
        ingot(here, "register", f"b.t{len(metadata)}", metadata)
    assert rows(other) == rows(made["top"]) == list(range(2, 10))


def remove_from_catalog(warehouse, *tables):
    with sqlite3.connect(warehouse.folder / "warehouse/catalog.db") as database:
        for table in tables:
            database.execute("DELETE FROM iceberg_tables WHERE table_namespace || '.' || table_name = ?", [table])


@pytest.mark.parametrize("lost", [["bronze.speedtest_raw"], ["silver.speedtest_clean"], ["silver.speedtest_quarantine", "gold.speedtest_agg"], ["gold.speedtest_agg"], ["ops.runs"]],
                         ids=lambda lost: lost[-1])
def test_a_table_missing_in_the_catalog(warehouse, lost):
    """Goal: a table that the catalog has lost is not taken for a new one, and nothing is written before it is known again.
    Method: tables are removed from the catalog's database; commands that run, plan and examine; then register and a run."""
    fill(warehouse)
    warehouse.run()
    remove_from_catalog(warehouse, *lost)
    warehouse.ingot("generate", "--records", 100, "--start", "2026-01-01", "--to", warehouse.landing)
    before = sorted(warehouse.folder.rglob("*"))
    for command in (["run"], ["run", "--stage", "bronze"], ["plan"], ["apply", "--yes"], ["doctor"], ["maintain"]):
        rejected = warehouse.ingot(*command, check=False)
        assert rejected.returncode == 2 and f"ingot register {lost[0]} " in rejected.stderr and "ingot register --all" in rejected.stderr, (command, rejected)
        assert all(table in rejected.stderr for table in lost)
    assert sorted(warehouse.folder.rglob("*")) == before
    warehouse.ingot("register", "--all")
    warehouse.run()
    check_tables(warehouse)


def test_a_table_dropped_with_its_files(warehouse):
    """Goal: a table that was dropped on purpose is no lost table. Method: gold is dropped and its files are removed; a
    table without any snapshot remains of a crash."""
    fill(warehouse)
    warehouse.run()
    shutil.rmtree(warehouse.folder / "warehouse/gold")
    remove_from_catalog(warehouse, "gold.speedtest_agg")
    warehouse.ingot("run", check=False, env={"INGOT_FAULT": "commit.after_manifests=kill"})
    remove_from_catalog(warehouse, "gold.speedtest_agg")
    assert "register" not in warehouse.ingot("run").stderr
    check_tables(warehouse)


def test_a_table_that_was_unregistered(warehouse):
    """Goal: an unregistered table is recreated, and the old one's files stay.
    Method: unregister gold, run, maintain; a lost catalog gets the new table."""
    fill(warehouse)
    warehouse.run()
    old = warehouse.pyiceberg().load_table("gold.speedtest_agg")
    count = old.scan().to_arrow().num_rows
    warehouse.ingot("unregister", "gold.speedtest_agg")
    warehouse.run()
    check_tables(warehouse)
    age(warehouse.folder / "warehouse")
    assert "another table that this catalog does not know" in warehouse.ingot("maintain", "gold.speedtest_agg").stdout
    assert StaticTable.from_metadata(old.metadata_location).scan().to_arrow().num_rows == count
    new = warehouse.pyiceberg().load_table("gold.speedtest_agg").metadata_location
    (warehouse.folder / "warehouse/catalog.db").unlink()
    warehouse.ingot("register", "--all")
    assert warehouse.pyiceberg().load_table("gold.speedtest_agg").metadata_location == new
    check_tables(warehouse)


def test_the_first_run_may_crash(warehouse):
    """Goal: a new warehouse works without an error, also after a first run that was killed.
    Method: kill at each step before the first snapshot."""
    fill(warehouse)
    for point in ("table.created", "commit.after_manifests", "commit.before_swap"):
        warehouse.ingot("run", check=False, env={"INGOT_FAULT": f"{point}=kill"})
    shutil.rmtree(warehouse.folder / "warehouse/silver", ignore_errors=True)
    assert "register" not in warehouse.ingot("run").stderr
    check_tables(warehouse)


def test_a_writer_of_another_machine_resumes(warehouse):
    """Goal: a writer that was declared ended commits nothing that is in the trash.
    Method: a writer is stopped after its data files. Its journal entry is changed to one of another machine, two days
    old. Orphans are removed; then it continues."""
    fill(warehouse)
    warehouse.run()
    warehouse.ingot("generate", "--records", 500, "--dirty", 0.1, "--users", 50, "--seed", 9, "--start", "2026-01-02", "--to", warehouse.landing)
    writer = subprocess.Popen([INGOT, "run"], env=warehouse.environment() | {"INGOT_FAULT": "bronze.after_data_files=stop"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert os.WIFSTOPPED(os.waitpid(writer.pid, os.WUNTRACED)[1])
    table = warehouse.folder / "warehouse/bronze/speedtest_raw"
    age(table, days=4)
    [entry] = (table / "metadata/journal").glob("writes-*")
    assert json.loads(warehouse.ingot("maintain", "bronze.speedtest_raw", "--orphans", "--log-format", "json").stdout)["files"] == []  # the writer is alive
    entry.write_text("elsewhere" + entry.read_text())
    age(table, days=4)
    assert json.loads(warehouse.ingot("maintain", "bronze.speedtest_raw", "--orphans", "--log-format", "json").stdout)["files"]
    writer.send_signal(signal.SIGCONT)
    writer.communicate()
    assert warehouse.ingot("doctor").returncode == 0
    warehouse.run()
    check_tables(warehouse)
