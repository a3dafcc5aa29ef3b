"""Trino on the tables: the queries of the reference system unchanged, through every client, and Trino's own writes."""

import os
import subprocess

import pytest
from conftest import this_day
from servers import ROOT, pinned

QUERIES = ("SELECT * FROM iceberg_catalog.bronze.speedtest_raw LIMIT 10",
           "SELECT * FROM iceberg_catalog.silver.speedtest_clean LIMIT 10",
           "SELECT date, location, avg_upload_speed, avg_download_speed, avg_latency\n"
           "FROM iceberg_catalog.gold.speedtest_agg WHERE date = CURRENT_DATE")


JDBC = """
import java.sql.*;
public class Browse {
  public static void main(String[] a) throws Exception {
    try (Connection c = DriverManager.getConnection("jdbc:trino://" + a[0] + "/iceberg_catalog", "admin", null)) {
      ResultSet s = c.getMetaData().getSchemas("iceberg_catalog", null);
      while (s.next()) System.out.println("schema " + s.getString("TABLE_SCHEM"));
      ResultSet r = c.getMetaData().getColumns("iceberg_catalog", "gold", "speedtest_agg", null);
      while (r.next()) System.out.println("column " + r.getString("COLUMN_NAME") + " " + r.getString("TYPE_NAME"));
      ResultSet q = c.createStatement().executeQuery(a[1]);
      while (q.next()) System.out.println("row " + q.getString(1) + " " + q.getString(2));
    }
  }
}
"""


def test_trino_reads_and_writes(house, trino, tmp_path):
    """Goal: Trino reads and writes the tables.
    Method: the three queries by HTTP, command line, JDBC; OPTIMIZE, expiry, DELETE; Ingot continues."""
    today = this_day() + "T00:00:00Z"
    house.make_topic()
    house.generate(20_000, "--start", today)
    house.run()
    rows = [trino.sql(query) for query in QUERIES]
    assert len(rows[0]) == len(rows[1]) == 10
    ours = house.query(QUERIES[2])
    assert len(rows[2]) == len(ours) > 10 and {row[1] for row in rows[2]} == {row["location"] for row in ours}
    for table in ("bronze.speedtest_raw", "silver.speedtest_clean", "silver.speedtest_quarantine", "gold.speedtest_agg",
                  "ops.runs", "ops.quality"):
        count = f"SELECT count(*) AS n FROM iceberg_catalog.{table}"
        assert trino.sql(count) == [[int(house.query(count)[0]["n"])]]
    sums = "SELECT sum(tests), round(sum(avg_latency), 6) FROM gold.speedtest_agg"
    ours = list(house.query(sums)[0].values())
    assert [str(v) for v in trino.sql(sums.replace("gold.", "iceberg_catalog.gold."))[0]] == [str(v) for v in ours]

    check = house.ingot("check")  # at INGOT_TRINO
    assert f"http://{trino.address} shows gold.speedtest_agg" in check.stdout
    assert "is up to date with the source" in check.stdout
    house.generate(100)
    late = house.ingot("check", "--late", "0s", check=False)
    assert late.returncode == 1 and "100 records wait in the source" in late.stdout
    house.run()
    house.ingot("run", "--warehouse", tmp_path, env={"INGOT_CATALOG": f"sqlite:///{tmp_path}/catalog.db"})
    other = house.ingot("check", "--warehouse", tmp_path, env={"INGOT_CATALOG": f"sqlite:///{tmp_path}/catalog.db"}, check=False)
    assert other.returncode == 1 and "gold.speedtest_agg is another table there" in other.stdout

    assert trino.cli("SELECT count(*) FROM iceberg_catalog.gold.speedtest_agg").strip().isdigit()
    (tmp_path / "Browse.java").write_text(JDBC)
    seen = subprocess.run(
        ["java", "-Xmx256m", "-cp", pinned("trino-jdbc") / "trino-jdbc.jar", tmp_path / "Browse.java",
         trino.address, "SELECT date, location FROM iceberg_catalog.gold.speedtest_agg WHERE date = CURRENT_DATE"],
        check=True, capture_output=True, text=True).stdout
    assert {"schema bronze", "schema silver", "schema gold", "schema ops", "column date date",
            "column avg_upload_speed double"} <= set(seen.splitlines())
    assert seen.count("row ") == len(house.query(QUERIES[2]))

    # Trino's own writes: deleted rows stay deleted, and rows that arrive later are processed.
    house.generate(5_000, "--start", today)
    house.run()
    silver, gold = "iceberg_catalog.silver.speedtest_clean", "iceberg_catalog.gold.speedtest_agg"
    before = trino.sql(f"SELECT count(*) FROM {silver}")[0][0]
    gone = trino.sql(f"SELECT count(*) FROM {silver} WHERE latency > 40")[0][0]
    trino.sql(f"DELETE FROM {silver} WHERE latency > 40")
    trino.sql(f"ALTER TABLE {silver} EXECUTE optimize")
    trino.sql(f"ALTER TABLE {gold} EXECUTE optimize")
    trino.sql(f"ALTER TABLE {gold} EXECUTE expire_snapshots(retention_threshold => '1h')")
    count = "SELECT count(*) AS n, count(*) FILTER (WHERE latency > 40) AS slow FROM silver.speedtest_clean"
    assert {k: int(v) for k, v in house.query(count)[0].items()} == {"n": before - gone, "slow": 0}
    house.generate(3_000, "--start", today)
    third = house.run()
    assert third["silver"]["rows_in"] == 3_000
    after = {k: int(v) for k, v in house.query(count)[0].items()}
    assert after["n"] == before - gone + third["silver"]["rows_out"]
    assert trino.sql(f"SELECT count(*) FROM {silver}") == [[after["n"]]]
    assert trino.sql(f"SELECT count(*) FROM {silver} WHERE latency > 40") == [[after["slow"]]]

    # Trino plans with the distinct values that Ingot counted, and merges those of its own inserts.
    house.ingot("maintain", "silver.speedtest_clean", "--statistics")

    def distinct() -> dict[str, float]:
        return {row[0]: row[2] for row in trino.sql(f"SHOW STATS FOR {silver}") if row[0]}

    counted = distinct()
    columns = [row[0] for row in trino.sql(f"SHOW COLUMNS FROM {silver}")]
    exact = trino.sql("SELECT " + ", ".join(f'count(DISTINCT "{name}")' for name in columns) + f" FROM {silver}")[0]
    assert [counted[name] for name in columns] == pytest.approx(exact, rel=0.1)
    values = ", ".join("'Nowhere'" if name == "location" else f'"{name}"' for name in columns)
    trino.sql(f"INSERT INTO {silver} SELECT {values} FROM {silver} LIMIT 1")
    assert distinct()["location"] == counted["location"] + 1
