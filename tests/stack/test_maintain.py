"""Maintenance on object storage, with a catalog in PostgreSQL and one behind REST."""

import json

import pytest
from servers import Rest, free_port

ALL = ("--compact", "--manifests", "--statistics", "--expire", "--orphans", "--older-than", "0s", "--orphans-older-than", "0s",
       "--min-input-files", "2")


@pytest.mark.parametrize("catalog", ["postgresql", "rest"])
def test_on_object_storage(house, folder, catalog):
    """Goal: every operation on S3, through both kinds of commit, leaves the rows and the mark of each stage unchanged.
    Method: several runs, one of them killed; maintain; undo the removal of orphans; more records; the verifier of all
    layers."""
    server = None
    if catalog == "rest":
        server = Rest(folder / "rest-maintain", free_port(), {}).start()
        house.variables |= {"INGOT_CATALOG": server.uri, "INGOT_WAREHOUSE": "", "INGOT_CATALOG_CREDENTIAL": "ingot:secret"}
    try:
        for _ in range(4):
            house.generate(500)
            house.run()
        house.generate(500)
        house.ingot("run", check=False, env={"INGOT_FAULT": "silver.after_files=kill"})

        def maintain(*arguments):
            lines = house.ingot("maintain", *arguments, "--log-format", "json").stdout.splitlines()
            return {(line["table"], line["operation"]): line for line in map(json.loads, lines)}

        done = maintain(*ALL)
        assert done[("bronze.speedtest_raw", "compact")]["files_in"] >= 4
        assert done[("silver.speedtest_clean", "expire")]["snapshots"] > 0
        assert [entry.snapshot_id for entry in house.pyiceberg().metadata.statistics] == [house.pyiceberg().metadata.current_snapshot_id]
        left = done[("silver.speedtest_clean", "orphans")]["files"]
        assert any(file.endswith(".parquet") for file in left)
        assert maintain("silver.speedtest_clean", "--undo")[("silver.speedtest_clean", "undo")]["files"] == len(left)
        house.run()
        maintain(*ALL)
        house.generate(500)
        house.run()
        assert house.verify_all_layers()["topic"] == 3000
        assert house.ingot("doctor").returncode == 0
    finally:
        if server:
            server.stop()
