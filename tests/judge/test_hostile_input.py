"""Hostile input: nothing is lost, every quarantined record has its reason, the program never crashes."""

import gzip
import json

import pytest
import reference
from conftest import peer_data

GOOD = b'{"timestamp": 1721414400000, "user_id": "550e8400-e29b-41d4-a716-446655440000", "upload_speed": 45.23, "download_speed": 120.45, "latency": 25.67, "location": "New York"}'


def check(warehouse, lines):
    """Checks one row per line, in order, and that a quarantined row keeps its bytes."""
    reports = warehouse.run()
    silver = reports["silver"]
    assert silver["rows_in"] == silver["rows_out"] + silver["rows_quarantined"] + silver["rows_duplicate"] == len(lines)
    table = warehouse.pyiceberg().load_table("bronze.speedtest_raw").scan().to_arrow().to_pylist()
    rows = sorted(table, key=lambda row: row["_source_offset"])
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines):
        assert (row["_payload"] is None) == (row["_error"] is None)
        assert row["_payload"] in (None, line)
    return rows


def test_json_test_suite(warehouse):
    """Goal: valid JSON is accepted, invalid JSON is quarantined with its bytes.
    Method: the JSON test suite, one file per record."""
    files = sorted(peer_data("json_suite").glob("*.json"))
    lines = [(file.name, file.read_bytes()) for file in files]
    lines = [(name, data.strip(b" \t\r")) for name, data in lines if b"\n" not in data and data.strip()]
    (warehouse.landing / "suite.jsonl").write_bytes(b"\n".join(data for _, data in lines))
    rows = check(warehouse, [data for _, data in lines])
    for (name, data), row in zip(lines, rows):
        syntax = row["_error"] is not None and row["_error"].startswith("not JSON")
        if name.startswith("n_"):
            assert syntax, (name, row["_error"])
        if name.startswith("y_"):
            # A single object passes. Other values are JSON but not records.
            assert not syntax, (name, row["_error"])


def test_odd_records(warehouse):
    """Goal: each odd record is handled as the architecture says.
    Method: one line each, compared with the independent reader."""
    deep = b'{"a":' * 2000 + b"1" + b"}" * 2000
    huge = b'{"location": "' + b"x" * 5_000_000 + b'"}'
    lines = [
        GOOD, GOOD.replace(b"New York", b"  Oslo\\t"), GOOD.replace(b"45.23", b'"45.23"'), GOOD.replace(b"45.23", b"null"), GOOD.replace(b"45.23", b"-1"),
        GOOD.replace(b"45.23", b"1e999"), GOOD.replace(b"45.23", b"4"), GOOD.replace(b"1721414400000", b"1721414400000.0"), GOOD.replace(b"1721414400000", b"99999999999999999999"),
        GOOD.replace(b"1721414400000", b"0"), GOOD.replace(b"1721414400000", b"true"), GOOD.replace(b"550e8400", b"550e84zz"), GOOD.replace(b"-41d4-", b"_41d4_"),
        GOOD.replace(b"New York", b"\xff\xfe"), GOOD.replace(b"New York", b"\\ud83d\\ude00"), GOOD.replace(b"New York", b"\\ud83d"), GOOD[:-20], GOOD + b"}", GOOD + b" " + GOOD,
        b"[" + GOOD + b"]", b"12", b'"text"', b"null", b"{}", b'{"other": {"deep": [1, 2, {"x": null}]}}', GOOD[:-1] + b', "extra": "kept", "n": [1]}',
        GOOD[:-1] + b', "latency": 26}', deep, huge, b"\x00", b'{"timestamp": {}}', b'{"location": ["a"]}',
    ]
    (warehouse.landing / "odd.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    rows = check(warehouse, lines)
    extra = [json.loads(row["_extra"]) for row in rows if row["_extra"]]
    assert {"other": {"deep": [1, 2, {"x": None}]}} in extra and {"extra": "kept", "n": [1]} in extra
    layers = reference.compute(warehouse.landing.glob("*.jsonl"))
    fits = {offset: fit for _, offset, fit in layers.bronze}
    differing = [(row["_source_offset"], row["_error"]) for row in rows if fits[row["_source_offset"]] != (row["_error"] is None)]
    # Python's reader handles a lone surrogate and 2,000 levels differently from RFC 8259's recommendations: only those
    # may differ.
    assert all("not JSON" in (error or "") for _, error in differing), differing


def test_files_of_every_kind(warehouse):
    """Goal: gzip, zstd, CRLF, a byte order mark, no last line end, blank lines and empty files are all read
    correctly."""
    import zstandard

    lines = [GOOD.replace(b"446655440000", b"44665544%04d" % i) for i in range(60)]
    (warehouse.landing / "a.jsonl").write_bytes(b"\r\n".join(lines[:10]) + b"\r\n")
    (warehouse.landing / "b.json.gz").write_bytes(gzip.compress(b"\n".join(lines[10:20])) + gzip.compress(b"\n" + b"\n".join(lines[20:30])))
    (warehouse.landing / "c.ndjson.zst").write_bytes(zstandard.ZstdCompressor().compress(b"\n".join(lines[30:40]) + b"\n\n\n"))
    (warehouse.landing / "d.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\n\n".join(lines[40:50]))
    (warehouse.landing / "e.jsonl").write_bytes(b"")
    (warehouse.landing / "f.jsonl").write_bytes(b"\n\n  \n")
    (warehouse.landing / "README.md").write_text("not data")
    (warehouse.landing / "sub").mkdir()
    (warehouse.landing / "sub" / "g.jsonl").write_bytes(b"\n".join(lines[50:60]))
    assert warehouse.run()["silver"]["rows_out"] == 60
    assert warehouse.run()["bronze"]["rows_in"] == 0


def test_csv(warehouse):
    """Goal: CSV rows arrive typed, with quotes and line ends inside cells. Method: a pipeline file of format csv."""
    warehouse.pipeline = warehouse.folder / "csv.yaml"
    from conftest import ROOT

    warehouse.pipeline.write_text((ROOT / "pipelines/speedtest.yaml").read_text().replace("format: json", "format: csv"))
    (warehouse.landing / "a.csv").write_text(
        "timestamp,user_id,upload_speed,download_speed,latency,location,note\n"
        '1721414400000,550e8400-e29b-41d4-a716-446655440000,45.23,120.45,25.67,"New ""York"", NY\nUSA",hello\n'
        "1721414400001,550e8400-e29b-41d4-a716-446655440000,x,120.45,25.67,Oslo,\n"
        "1721414400002,550e8400-e29b-41d4-a716-446655440000,1,,25.67,Oslo,\n"
    )
    reports = warehouse.run()
    assert (reports["silver"]["rows_out"], reports["silver"]["rows_quarantined"], reports["bronze"]["rows_error"]) == (1, 2, 1)
    [row] = warehouse.query("SELECT location, download_speed FROM silver.speedtest_clean")
    assert row == {"location": 'New "York", NY\nUSA', "download_speed": 120.45}
    assert warehouse.query("SELECT _extra FROM bronze.speedtest_raw WHERE _extra LIKE '%hello%'") == [{"_extra": '{"note":"hello"}'}]


def test_broken_sources_end_with_a_clear_error(warehouse):
    """Goal: an unreadable source is reported by name, and the records before it are kept.
    Method: a cut gzip file, a shrunk file, no file."""
    missing = warehouse.ingot("run", "--source", "/nowhere/at/all", check=False)
    assert missing.returncode == 1 and "/nowhere/at/all" in missing.stderr
    data = gzip.compress(b"\n".join([GOOD] * 1000))
    (warehouse.landing / "cut.json.gz").write_bytes(data[: len(data) // 2])
    cut = warehouse.ingot("run", check=False)
    assert cut.returncode == 1 and "cut.json.gz" in cut.stderr
    (warehouse.landing / "cut.json.gz").unlink()
    grown = warehouse.landing / "grown.jsonl"
    grown.write_bytes(GOOD + b"\n" + GOOD + b"\n")
    warehouse.run()
    grown.write_bytes(GOOD + b"\n")
    shrunk = warehouse.ingot("run", check=False)
    assert shrunk.returncode == 1 and "grown.jsonl" in shrunk.stderr and "replaced or cut" in shrunk.stderr


@pytest.mark.parametrize(
    "edit, message",
    [
        (("type: uuid", "type: uid"), "speedtest.yaml:11: fields.user_id.type: 'uid' is none of"),
        (("latency:        {type: double, unit: ms}", "latency:        {type: double, uint: ms}"), "speedtest.yaml:14: fields.latency: unknown key 'uint' (did you mean 'unit'?)"),
        (("partition: day(timestamp)", "partition: dya(timestamp)"), "unknown partition transform 'dya' (did you mean 'day'?)"),
        (("latency between 0", "latncy between 0"), "unknown field 'latncy' (did you mean 'latency'?)"),
        (("avg_latency: avg(latency)", "avg_latency: agv(latency)"), "unknown function 'agv' (did you mean 'avg'?)"),
        (("unit: ms, range", "unit: mss, range"), "'mss' is none of s, ms, us, ns, rfc3339"),
        (("silver:\n", "sliver:\n"), "unknown key 'sliver' (did you mean 'silver'?)"),
    ],
)
def test_errors_of_the_pipeline_file(warehouse, edit, message):
    """Goal: an error names file, line, key and the nearest valid word, with exit code 2. Method: one mistake each."""
    from conftest import ROOT

    warehouse.pipeline = warehouse.folder / "speedtest.yaml"
    text = (ROOT / "pipelines/speedtest.yaml").read_text()
    assert edit[0] in text
    warehouse.pipeline.write_text(text.replace(*edit, 1))
    done = warehouse.ingot("run", check=False)
    assert done.returncode == 2 and message in done.stderr, done.stderr
