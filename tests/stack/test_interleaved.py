"""Other engines change a table while Ingot writes and maintains it: every pair runs at once, and every reader sees the
remaining rows."""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

GOLD = "gold.speedtest_agg"
NAMED = f"iceberg_catalog.{GOLD}"
OLD, NEW = "2026-01-01", "2026-02-01"  # the day that other engines change, and the day of new records
MAINTENANCE = {
    "compact": ("--compact", "--min-input-files", "2"), "deletes": ("--deletes",), "manifests": ("--manifests",), "statistics": ("--statistics",),
    "expire": ("--expire", "--older-than", "0s"), "orphans": ("--orphans",)}
# Errors of an engine whose commit conflicts with another's, or whose input was replaced and has expired.
GIVES_WAY = re.compile("conflict|cannot determine history|cannot commit|missing required files|not found|no longer|does not exist|"
                       "nosuchkey|notfound|failed to (open|read)|cannot find snapshot|stale|error opening", re.I)


class Interplay:
    """One table, the processes that change it, and its expected rows of the old day: (hour, location) -> tests."""

    def __init__(self, house, spark, trino):
        self.house, self.spark, self.trino = house, spark, trino
        self.rows = {(hour, location): tests for hour, location, tests in self.by_ingot(OLD)}
        self.places = iter(sorted(self.rows))
        self.done = dict.fromkeys(("spark_delete", "spark_merge", "trino_delete", "trino_optimize"), 0)

    # Readers.
    def by_ingot(self, day):
        found = self.house.query(f"SELECT hour, location, tests FROM {GOLD} WHERE date = DATE '{day}'")
        return [(int(row["hour"]), row["location"], int(row["tests"])) for row in found]

    def by_spark(self, day):
        return self.spark.sql(f"SELECT hour, location, tests FROM {NAMED} WHERE date = DATE '{day}'")

    def by_trino(self, day):
        return self.trino.sql(f"SELECT hour, location, tests FROM {NAMED} WHERE date = DATE '{day}'")

    def by_pyiceberg(self, day):
        found = self.house.pyiceberg(GOLD).scan(f"date = '{day}'", ("hour", "location", "tests")).to_arrow()
        return [(row["hour"], row["location"], row["tests"]) for row in found.to_pylist()]

    def verify(self, after):
        left = sorted((hour, location, tests) for (hour, location), tests in self.rows.items())
        new = int(self.house.query(f"SELECT count(*) AS n FROM silver.speedtest_clean WHERE timestamp >= TIMESTAMP '{NEW} 00:00:00+00'")[0]["n"])
        for read in (self.by_ingot, self.by_spark, self.by_trino, self.by_pyiceberg):
            assert sorted(map(tuple, read(OLD))) == left, (after, read.__name__)
            assert sum(tests for *_, tests in read(NEW)) == new, (after, read.__name__)

    # Processes that change rows, or only files. Each returns whether it succeeded.
    def other(self, name):
        place = next(self.places) if name != "trino_optimize" else None
        where = f"date = DATE '{OLD}' AND hour = {place[0]} AND location = '{place[1]}'" if place else ""
        statement = {
            "spark_delete": f"DELETE FROM {NAMED} WHERE {where}",
            "trino_delete": f"DELETE FROM {NAMED} WHERE {where}",
            "trino_optimize": f"ALTER TABLE {NAMED} EXECUTE optimize",
            "spark_merge": f"MERGE INTO {NAMED} t USING (SELECT * FROM {NAMED} WHERE {where}) s ON t.date = s.date AND t.hour = s.hour"
                           " AND t.location = s.location WHEN MATCHED THEN UPDATE SET t.tests = s.tests + 1000"}[name]
        try:
            (self.spark if name.startswith("spark") else self.trino).sql(statement)
        except RuntimeError as rejected:
            assert GIVES_WAY.search(str(rejected)), str(rejected)[:2000]
            print(f"{name} gave way: {str(rejected)[:150]!r}")
            return
        self.done[name] += 1
        if name.endswith("delete"):
            del self.rows[place]
        elif name == "spark_merge":
            self.rows[place] += 1000

    def ingot(self, name):
        if name == "append":
            self.house.generate(100, "--start", NEW)
            self.house.run()
        elif name == "delete":
            hour, location = place = next(self.places)
            done = self.house.ingot("table", "delete", GOLD, "--where", f"date = '{OLD}' and hour = {hour} and location = '{location}'", check=False)
            assert done.returncode == 0 or GIVES_WAY.search(done.stderr), done.stderr
            if done.returncode == 0:
                del self.rows[place]
        else:
            self.house.ingot("maintain", GOLD, *MAINTENANCE[name])


@pytest.fixture
def interplay(house, spark, trino):
    house.make_topic(2)
    house.generate(4000, "--start", OLD)
    house.run()
    spark.sql(f"ALTER TABLE {NAMED} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read', 'write.merge.mode' = 'copy-on-write')")
    return Interplay(house, spark, trino)


def test_every_pair(interplay):
    """Goal: no row is lost, no deleted row returns.
    Method: a statement of Spark or Trino runs while Ingot repeats one operation, or while the other engine runs a
    statement. After each pair, Ingot, Spark, Trino and PyIceberg read the rows."""
    with ThreadPoolExecutor(2) as at_once:
        for other, ours in itertools.product(interplay.done, ("append", "delete", *MAINTENANCE)):
            statement = at_once.submit(interplay.other, other)
            interplay.ingot(ours)
            while not statement.done():
                interplay.ingot(ours)
            statement.result()
            interplay.verify((other, ours))
        for pair in itertools.product(("spark_delete", "spark_merge"), ("trino_delete", "trino_optimize")):
            for statement in [at_once.submit(interplay.other, other) for other in pair]:
                statement.result()
            interplay.verify(pair)
    assert min(interplay.done.values()) >= 2, interplay.done
    assert interplay.house.ingot("doctor", GOLD).returncode == 0
    interplay.house.verify()
