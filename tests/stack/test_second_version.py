"""A changed pipeline file, and its tables as Spark, Trino, PyIceberg and Ingot read them while it is applied and after."""

import re
import signal

from conftest import ROOT

FIRST = (ROOT / "pipelines/speedtest.yaml").read_text()
# Bronze has a column to compute again, silver refuses more rows, and gold has another share of slow tests.
SECOND = (FIRST.replace("  latency:        {type: double, unit: ms}", "  latency:        {type: double, unit: ms, default: 7}")
          .replace("latency between 0 and 60000", "latency between 0 and 60")
          .replace("share_if(download_speed < 25)", "share_if(download_speed < 50)"))
CONTENTS = {
    "bronze": "SELECT count(*), count(latency), round(sum(latency), 3) FROM {}bronze.speedtest_raw",
    "silver": "SELECT count(*), count(latency), round(sum(latency), 3) FROM {}silver.speedtest_clean",
    "quarantine": "SELECT count(*), count(latency), round(sum(latency), 3) FROM {}silver.speedtest_quarantine",
    "gold": "SELECT sum(tests), count(*), round(sum(share_slow * tests), 3) FROM {}gold.speedtest_agg"}


def contents(house, spark, trino) -> dict[str, dict[str, list[float]]]:
    """Returns what each reader sees of each table."""
    def numbers(row):
        return [round(float(value or 0), 2) for value in row]

    seen = {}
    for table, sql in CONTENTS.items():
        catalog = sql.format("iceberg_catalog.")
        rows = house.pyiceberg(re.search(r"\{\}(\S+)", sql)[1]).scan().to_arrow().to_pylist()
        if table == "gold":
            theirs = [sum(row["tests"] for row in rows), len(rows), sum(row["share_slow"] * row["tests"] for row in rows)]
        else:
            values = [row["latency"] for row in rows if row["latency"] is not None]
            theirs = [len(rows), len(values), sum(values)]
        seen[table] = {"Ingot": numbers(house.query(sql.format(""))[0].values()), "Spark": numbers(spark.sql(catalog)[0]),
                       "Trino": numbers(trino.sql(catalog)[0]), "PyIceberg": numbers(theirs)}
    return seen


def test_readers_of_a_change(house, spark, trino):
    """Goal: other engines see the old or the new rows of each table at every step of apply, beside a follower of the old
    file, which commits nothing more.
    Method: apply is killed at its steps, in turn; four readers at each step and after; Spark computes the new silver."""
    first, second = house.folder / "first.yaml", house.folder / "second.yaml"
    first.write_text(FIRST)
    second.write_text(SECOND)
    house.pipeline = first
    house.make_topic(2)
    house.generate(4000, dirty=0.1)
    house.run()
    follower = house.worker()
    old = contents(house, spark, trino)
    house.pipeline = second
    refused = house.ingot("run", check=False)
    assert refused.returncode == 4 and contents(house, spark, trino) == old
    seen = []
    for step in ("bronze.rebuilt", "bronze.rebuild_committed", "rebuild.filled", "rebuild.before_swap", "rebuild.between_swaps", "rebuild.after_swap"):
        killed = house.ingot("apply", "--rebuild", "--yes", check=False, env={"INGOT_FAULT": f"{step}=kill"})
        assert killed.returncode == -signal.SIGKILL, (step, killed.stderr)
        seen.append(contents(house, spark, trino))
    house.ingot("apply", "--rebuild", "--yes")
    new = contents(house, spark, trino)
    for table, readers in new.items():
        assert len(set(map(tuple, readers.values()))) == 1, readers
        assert table == "bronze" or readers != old[table], table
        for state in seen:
            assert state[table] in (old[table], readers), (table, state[table])
    accepted = spark.sql(
        "SELECT count(DISTINCT user_id, timestamp) FROM iceberg_catalog.bronze.speedtest_raw WHERE user_id IS NOT NULL AND timestamp IS NOT NULL"
        " AND upload_speed BETWEEN 0 AND 100000 AND download_speed BETWEEN 0 AND 100000 AND latency BETWEEN 0 AND 60 AND trim(location) <> ''")
    assert [float(accepted[0][0])] == new["silver"]["Spark"][:1] == new["gold"]["Spark"][:1]

    house.generate(500)
    house.wait_for(lambda: "was computed by another pipeline file" in follower.text())
    assert contents(house, spark, trino) == new
    house.run()
    house.verify_all_layers()
