"""Catalogs and storage of real deployments: TLS, credentials of every origin, errors that say what to do."""

import os
import subprocess
import time

import pytest
import verify_bronze
from conftest import INGOT, PATIENCE
from servers import Minio, Rest, free_port

CATALOG_TEST = os.environ.get("INGOT_CATALOG_TEST", str(verify_bronze.__file__).replace(
    "tests/stack/verify_bronze.py", "build/release/catalog_test"))


@pytest.fixture(scope="module")
def rest(folder):
    server = Rest(folder / "rest", free_port(), {"static-token": "fixed", "token-seconds": "2"}).start()
    yield server
    server.stop()


def test_catalogs_conform(house, rest):
    """Goal: one suite over SQLite, PostgreSQL and REST. Method: the C++ conformance tests on the real servers."""
    done = subprocess.run([CATALOG_TEST, "--gtest_filter=*Conformance*"], capture_output=True, text=True, timeout=PATIENCE,
                          env=house.environment() | {
                              "INGOT_TEST_CATALOGS": f"{house.variables['INGOT_CATALOG']} {rest.uri}",
                              "INGOT_CATALOG_CREDENTIAL": "ingot:secret"})
    assert done.returncode == 0, done.stdout[-3000:]
    for name in ("sqlite0", "postgresql1", "http2"):
        assert f"OneCommitWins/{name}" in done.stdout


def test_rest_catalog_with_tokens(house, rest):
    """Goal: the pipeline over REST with short-lived OAuth2 tokens and a fixed one; rejections are reported.
    Method: all three."""
    local = {"INGOT_CATALOG": rest.uri, "INGOT_WAREHOUSE": "", "INGOT_CATALOG_CREDENTIAL": "ingot:secret"}
    house.variables |= local
    house.generate(2000)
    first = house.run()  # takes longer than the lifetime of a token, in steps
    assert first["bronze"]["rows_in"] == 2000
    house.generate(500)
    house.run(env={"INGOT_CATALOG_CREDENTIAL": "", "INGOT_CATALOG_TOKEN": "fixed"})
    assert house.verify_all_layers()["topic"] == 2500
    rejected = house.ingot("table", "list", check=False, env={"INGOT_CATALOG_CREDENTIAL": "ingot:wrong"})
    assert rejected.returncode == 2 and "INGOT_CATALOG_CREDENTIAL" in rejected.stderr
    rejected = house.ingot("table", "list", check=False,
                          env={"INGOT_CATALOG_CREDENTIAL": "", "INGOT_CATALOG_TOKEN": "wrong"})
    assert rejected.returncode == 2 and "INGOT_CATALOG_TOKEN" in rejected.stderr


def test_rest_answer_lost(house, rest, proxy_to):
    """Goal: a commit that the server made and whose answer was lost counts once. Method: the proxy cuts at commits."""
    proxy = proxy_to(rest.port)
    house.variables |= {"INGOT_CATALOG": f"http://127.0.0.1:{proxy.port}", "INGOT_WAREHOUSE": "",
                        "INGOT_CATALOG_CREDENTIAL": "ingot:secret"}
    before = house.bronze_rows()
    house.generate(500)
    proxy.drop_answer_after, proxy.drops_max = b"assert-ref-snapshot-id", 2
    house.run()
    assert proxy.dropped == 2
    proxy.drop_answer_after = None
    house.generate(500)
    house.run()
    assert house.bronze_rows() == before + 1000
    house.verify()


def test_rest_vends_storage_credentials(house, folder):
    """Goal: the credentials of the REST catalog open the storage, for every command.
    Method: no S3 settings but the catalog's."""
    s3 = {"endpoint": house.minio.url, "access-key-id": house.minio.user, "secret-access-key": house.minio.password,
          "path-style-access": "true"}
    settings = {f"s3.{key}": value for key, value in s3.items()} | {f"vend.s3.{key}": value for key, value in s3.items()}
    server = Rest(folder / "rest-s3", free_port(), settings | {
        "io-impl": "org.apache.iceberg.aws.s3.S3FileIO", "client.region": "us-east-1", "vend.client.region": "us-east-1",
        "warehouse": f"s3://{house.minio.bucket}/rest"}).start()
    try:
        for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del house.variables[name]
        house.variables |= {"INGOT_CATALOG": server.uri, "INGOT_WAREHOUSE": "", "INGOT_CATALOG_CREDENTIAL": "ingot:secret"}
        house.generate(1000)
        assert house.run()["gold"]["commits"] == 1
        house.generate(1000)
        house.run()
        assert house.verify_all_layers()["topic"] == 2000
        name = "silver.speedtest_clean"
        asked = house.ingot("query", f"SELECT count(*) FROM {name}", "--log-level", "debug")
        assert "unannounced" not in asked.stderr  # the reader announces itself to maintenance on other machines
        snapshot = house.query("SELECT snapshot_id FROM gold.speedtest_agg.snapshots ORDER BY committed_at LIMIT 1")[0]["snapshot_id"]
        for command in ("list", f"show {name}", f"history {name}", f"files {name}", f"partitions {name}", f"manifests {name}",
                        f"tag {name} first", f"branch {name} side", f"refs {name}", f"drop-ref {name} side", f"evolve {name}"):
            house.ingot("table", *command.split())
        house.ingot("table", "delete", name, "--where", "latency > 60")
        assert house.query(f"SELECT count(*) FILTER (latency > 60) AS n FROM {name}")[0]["n"] == 0
        house.ingot("table", "rollback", "gold.speedtest_agg", "--snapshot", snapshot)
        house.ingot("maintain", "--min-input-files", "2", "--older-than", "0s", "--orphans-older-than", "1h")
        house.ingot("maintain", name, "--statistics")
        house.ingot("doctor")
        house.ingot("storage")
        house.ingot("check")
    finally:
        server.stop()


def test_storage_with_tls(house, folder, certificates):
    """Goal: S3 over TLS, trusted by AWS_CA_BUNDLE and rejected without it.
    Method: a MinIO with a certificate of ours."""
    server = Minio(folder / "minio-tls", free_port(), certs=certificates).start()
    try:
        house.variables["AWS_ENDPOINT_URL"] = server.url
        house.generate(500)
        untrusted = house.ingot("run", check=False)
        assert untrusted.returncode == 2 and "AWS_CA_BUNDLE" in untrusted.stderr
        missing = house.ingot("run", check=False, env={"AWS_CA_BUNDLE": "/missing.crt"})
        assert missing.returncode == 2 and "AWS_CA_BUNDLE" in missing.stderr
        house.run(env={"AWS_CA_BUNDLE": str(certificates / "public.crt")})
        rows = house.ingot("query", "SELECT count(*) AS n FROM bronze.speedtest_raw", "--format", "json",
                           env={"AWS_CA_BUNDLE": str(certificates / "public.crt")})
        assert '500' in rows.stdout
    finally:
        server.stop()


def test_storage_credentials(house):
    """Goal: credentials of a profile work; errors for wrong ones and missing buckets say what to check.
    Method: each."""
    profile = house.folder / "credentials"
    profile.write_text(f"[lake]\naws_access_key_id = {house.minio.user}\naws_secret_access_key = {house.minio.password}\n")
    house.generate(100)
    with_profile = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "lake",
                    "AWS_SHARED_CREDENTIALS_FILE": str(profile)}
    keys = {name: house.variables.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    house.run(env={name: value for name, value in with_profile.items() if value})
    house.variables |= keys
    assert house.verify()["bronze"] == 100
    wrong = house.ingot("run", check=False, env={"AWS_SECRET_ACCESS_KEY": "wrong"})
    assert wrong.returncode == 2 and "AWS_SECRET_ACCESS_KEY" in wrong.stderr
    missing = house.ingot("run", check=False, env={"INGOT_WAREHOUSE": "s3://no-such-bucket/w", "INGOT_CATALOG":
                                                   f"sqlite://{house.folder}/catalog.db"})
    assert missing.returncode == 2 and "bucket" in missing.stderr
    nowhere = house.ingot("run", check=False, env={"INGOT_CATALOG": ""})
    assert nowhere.returncode == 2 and "--catalog" in nowhere.stderr


def test_postgres_tls_and_credentials(house, certificates):
    """Goal: TLS to the catalog is verified; wrong users, passwords and databases are reported. Method: each."""
    house.generate(100)
    uri = house.variables["INGOT_CATALOG"]
    house.run(env={"INGOT_CATALOG": f"{uri}?sslmode=verify-full&sslrootcert={certificates}/public.crt"})
    assert house.verify()["bronze"] == 100
    for change in ({"PGPASSWORD": "wrong"}, {"INGOT_CATALOG": uri.replace("ingot@", "nobody@")},
                   {"INGOT_CATALOG": uri.replace(house.database, "nothing")},
                   {"INGOT_CATALOG": f"{uri}?sslmode=verify-full&sslrootcert=/etc/hostname"}):
        rejected = house.ingot("run", check=False, env=change)
        assert rejected.returncode == 2 and "PGPASSWORD" in rejected.stderr, (change, rejected.stderr)
        assert "wrong" not in rejected.stderr


def test_check_names_what_is_wrong(house):
    """Goal: `ingot check` examines the real servers. Method: all correct, then each of them wrong."""
    house.generate(10)
    house.run()
    assert house.ingot("check").returncode == 0
    with_password = house.variables["INGOT_CATALOG"].replace("ingot@", f"ingot:{house.postgres.password}-x@")
    assert f"{house.postgres.password}-x" not in house.ingot("check", check=False, env={"INGOT_CATALOG": with_password}).stdout
    for change, word in (({"KAFKA_TOPIC": "no-such-topic"}, "source"), ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "storage"),
                         ({"PGPASSWORD": "wrong"}, "catalog")):
        done = house.ingot("check", check=False, env=change)
        failed = [line for line in done.stdout.splitlines() if "FAIL" in line]
        assert done.returncode == 1 and any(line.startswith(word) for line in failed), done.stdout


def test_multipart(house):
    """Goal: files beyond one part are uploaded completely. Method: one big commit, read by another engine."""
    house.generate(600_000)
    house.run("--stage", "bronze")
    sizes = house.ingot("table", "files", "bronze.speedtest_raw", "--log-format", "json").stdout
    assert max(int(line.split('"bytes":')[1].split(",")[0]) for line in sizes.splitlines()) > 5_000_000
    assert house.verify()["bronze"] == 600_000


def test_upload_of_a_killed_process_is_removed(house, folder):
    """Goal: an upload that kill -9 left unfinished is removed.
    Method: a kill in the upload, a MinIO with a short expiry."""
    server = Minio(folder / "minio-stale", free_port(), stale_uploads="5s").start()
    uploads = server.folder / "data/.minio.sys/multipart"
    parts = lambda: [file for file in uploads.rglob("part.*")] if uploads.exists() else []
    try:
        house.variables["AWS_ENDPOINT_URL"] = server.url
        house.generate(1_500_000)
        run = subprocess.Popen([INGOT, "run"], env=house.environment(), stdout=subprocess.DEVNULL)
        while run.poll() is None and not parts():
            time.sleep(0.002)
        run.kill()
        run.wait()
        assert parts()
        house.wait_for(lambda: not parts())
        server.stop()
        server.stale_uploads = "24h"  # a slow upload of the next run would expire too
        server.start()
        house.run()
        counted = house.query("SELECT count(*) AS n, count(DISTINCT (_source_partition, _source_offset)) AS d FROM bronze.speedtest_raw")
        assert {int(value) for value in counted[0].values()} == {1_500_000}
    finally:
        server.stop()
