"""`payload: all`: bronze keeps the bytes of every record, so that a rebuild can give whatever the records had."""

import json

import pytest
from conftest import ROOT, Warehouse
from pyiceberg.catalog.sql import SqlCatalog
from second_version import BRONZE, DAYS, FIRST, KINDS, QUARANTINE, SILVER, Shop, changed, check_equal, first_data, more_data, record

ALL = {"bronze/payload": "all"}


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path, changed(FIRST, ALL))


def payloads(tables, table=BRONZE):
    """Returns the bytes of each row by its position in the source."""
    return {(row["_source"], row["_source_offset"]): row["_payload"] for row in tables.rows(table)}


def lines_of(shop):
    """Returns the lines of the files by their position."""
    found = {}
    for file in shop.landing.iterdir():
        at = 0
        for line in file.read_bytes().splitlines(keepends=True):
            found[f"file://{file}", at] = line.rstrip(b"\r\n")
            at += len(line)
    return found


def test_the_bytes_of_every_record(shop):
    """Goal: `_payload` of bronze is the record as it came; silver does not have it, and quarantine has it of records that
    could not be read. Method: blanks, escapes, large numbers, unknown members, no JSON, the same bytes twice; the lines of the files."""
    shop.put("b.jsonl", [json.dumps(record(200, 25), indent=None, separators=(" ,\t", "  :  ")), json.dumps(record(201, 25, note="\u00e4\u20ac")),
                         json.dumps(record(202, 25)).replace('"size": ', '"size": 1e2, "size": '), "[]", "[]", json.dumps(record(203, 25)) + "\r"])
    shop.command("run")
    tables = shop.tables()
    assert payloads(tables) == lines_of(shop) and len(payloads(tables)) > 40
    assert "_payload" not in tables.types(SILVER) and "_csv" not in tables.types(BRONZE)
    for row in tables.rows(QUARANTINE):
        assert (row["_payload"] is None) == (row["_error"] is None)
        assert row["_payload"] in (None, payloads(tables)[row["_source"], row["_source_offset"]])
    assert {row["_error"] is None for row in tables.rows(QUARANTINE)} == {True, False}


# What bronze cannot give without the records: the first edit is applied before the records are read, the second after.
LOST = {
    "the text of a time": ({}, {"fields/ts/type": "string", "fields/ts/unit": None, "bronze/partition": None, "silver/partition": None,
                                f"gold/{KINDS}/group/date": None, f"gold/{DAYS}/group": {"kind": "kind"}}),
    "a default removed": ({"fields/amount/default": 7}, {"fields/amount/default": None}),
    "a default changed": ({"fields/amount/default": 7}, {"fields/amount/default": 8}),
    "quotes": ({"fields/amount/coerce": True}, {"fields/amount/coerce": None}),
    "the path of a value": ({"fields/amount/from": ["$.deep.big", "$.amount"]}, {"fields/amount/from": ["$.amount", "$.total"]}),
    "the text of a number": ({"fields/rtt": {"type": "float", "unit": "ms", "from_unit": "us"}}, {"fields/rtt": {"type": "string"}, f"gold/{DAYS}/measures/slowest": None}),
    "a nested member": ({}, {"fields/deep_x": {"type": "long", "from": "$.deep.x[0]"}}),
    "a removed field": ({}, {"fields/note": None, "fields/seen": None, "fields/region": {"type": "string"}}),
    "a record that fits now": ({}, {"fields/amount/coerce": True}),
}


@pytest.mark.parametrize("name", LOST)
def test_a_rebuild_reads_the_records(tmp_path, name):
    """Goal: with `payload: all` a rebuild is what the new file alone gives on all data, also where bronze lacks it
    otherwise. Method: each of these changes, a second file; a fresh warehouse; all columns of all rows are equal."""
    first, second = LOST[name]
    shop = Shop(tmp_path, changed(FIRST, ALL | first))
    shop.write(changed(FIRST, ALL | first | second))
    shop.command("plan", code=4)
    shop.command("apply", "--rebuild")
    shop.put("b.jsonl", more_data())
    shop.command("run")
    after = shop.tables()
    assert payloads(after) == lines_of(shop)
    check_equal(after, shop.fresh())


def test_it_can_be_changed(shop):
    """Goal: the key changes going forward: older rows stay as they are, and a rebuild of both kinds of rows is right.
    Method: errors, all, errors again, with a file between; then a change that needs the records of some rows."""
    shop.reset(FIRST)
    shop.command("apply", "--forward-only")
    keeps = {"a.jsonl": True}
    for number, payload in enumerate(("errors", "all", "errors")):
        shop.write(changed(FIRST, {"bronze/payload": payload}))
        [bronze, *_] = shop.plan()["tables"]
        text = shop.command("plan").stdout
        assert (f"payload {'errors -> all' if payload == 'all' else 'all -> errors'}" in text) == bool(bronze["differences"]), text
        assert {difference["class"] for difference in bronze["differences"]} <= {"exact going forward"}
        shop.put(f"b{number}.jsonl", more_data(200 + 20 * number))
        shop.command("run")
        keeps[f"b{number}.jsonl"] = payload == "all"
    tables = shop.tables()
    for row in tables.rows(BRONZE):
        assert (row["_payload"] is not None) == (row["_error"] is not None or keeps[row["_source"].split("/")[-1]]), row
    shop.write(changed(FIRST, {"fields/amount/from": "$.total", "fields/region": {"type": "string"}}))
    shop.command("apply", "--rebuild")
    without = {"_payload": None, "_ingested_at": None}  # bytes that an earlier version of the file kept stay
    after, fresh = (sorted(repr(sorted((row | without).items())) for row in tables.rows(BRONZE)) for tables in (shop.tables(), shop.fresh()))
    assert after == fresh


def test_the_plan_proposes_it(shop):
    """Goal: where bronze could not give a value, the plan names the key that keeps it; with the key, it only speaks of
    rows that are older. Method: a default removed, in both files."""
    for edit, said in (({}, "payload: all"), (ALL, "of rows older than `payload: all`")):
        shop.reset(changed(FIRST, edit))
        shop.command("apply", "--rebuild", code=0)
        shop.write(changed(FIRST, edit | {"fields/amount/default": 7}))
        shop.command("apply", "--rebuild")
        shop.write(changed(FIRST, edit))
        text = shop.command("plan", code=4).stdout
        assert said in text and ("from now on" in text) == (not edit), text


CSV = """
pipeline: sales
source: {{files: landing, format: csv, csv: {csv}}}
fields:
  id: {{type: long}}
  price: {{type: {type}}}
  {more}
bronze: {{table: bronze.sales, payload: all}}
silver: {{table: silver.sales, rules: [{{name: complete, not_null: [id]}}]}}
"""


@pytest.mark.parametrize("csv, encoding, files", [
    ("{}", "utf-8", {"a.csv": 'id,price,city\r\n1,1.50,Köln\r\n2,,"a, ""b"""\r\nx,3,y\r\n1,2\r\n', "b.csv": "city,id,price\nBern,7,0.10\n\nParis,8,1e1\n"}),
    ("{delimiter: ;, encoding: latin-1}", "latin-1", {"a.csv": "id;price;city\n1;1.50;Köln\n2;02;é\n", "b.csv": "price;city;id\n7.0;x;9\n"}),
    ("{encoding: utf-16le}", "utf-16le", {"a.csv": "id,price,city\n1,1.50,Köln\n2,02,é\n"}),
    ("{header: [id, price, city]}", "utf-8", {"a.csv": "1,1.50,Köln\n2,02,é\n"})], ids=["header", "latin-1", "utf-16", "names"])
def test_rows_of_csv(tmp_path, csv, encoding, files):
    """Goal: a row of CSV is kept as it came, with how it is read, so that a rebuild needs no file.
    Method: several headers, quotes, encodings, rows that do not fit; a number becomes text and a column gets a field;
    the files are gone before the rebuild."""
    pipeline = tmp_path / "sales.yaml"
    shop = Warehouse(tmp_path, pipeline)
    pipeline.write_text(CSV.format(csv=csv, type="double", more=""))
    for name, text in files.items():
        (shop.landing / name).write_bytes(text.encode(encoding))
    shop.run()
    rows = shop.pyiceberg().load_table("bronze.sales").scan().to_arrow().to_pylist()
    content = {f"file://{shop.landing / name}": (shop.landing / name).read_bytes() for name in files}
    assert rows and all(content[row["_source"]][row["_source_offset"]:].startswith(row["_payload"]) for row in rows)
    assert {row["_payload"].decode(encoding).strip('\r\n') for row in rows} <= {line for text in files.values() for line in text.splitlines()}
    pipeline.write_text(CSV.format(csv=csv, type="string", more="city: {type: string}"))
    hidden = shop.landing.rename(tmp_path / "hidden")
    shop.ingot("apply", "--rebuild")
    hidden.rename(shop.landing)
    shop.ingot("run", "--warehouse", tmp_path / "fresh")
    columns = ("id", "price", "city", "_source_offset", "_extra", "_error", "_payload", "_csv")
    for table in ("bronze.sales", "silver.sales"):
        read = [catalog.load_table(table).scan().to_arrow().to_pylist() for catalog in (
            shop.pyiceberg(), SqlCatalog("iceberg_catalog", uri=f"sqlite:///{tmp_path}/fresh/catalog.db", warehouse=f"file://{tmp_path}/fresh"))]
        after, before = (sorted(repr([row.get(column) for column in columns]) for row in one) for one in read)
        assert after == before and after, table


def test_elements_of_a_document(tmp_path):
    """Goal: an element of an array is kept as it was written. Method: a document with blanks and line ends."""
    pipeline = tmp_path / "p.yaml"
    pipeline.write_text("pipeline: d\nsource: {files: landing, format: document}\nfields: {id: {type: long}}\nbronze: {table: bronze.d, payload: all}\nsilver: {table: silver.d}\n")
    shop = Warehouse(tmp_path, pipeline)
    elements = ['{"id": 1,\n "x": [ 1.50 ]}', '{"id":2}', '{"id": "three" }']
    (shop.landing / "a.json").write_text("[ " + " ,\n ".join(elements) + " ]\n")
    shop.run()
    rows = shop.pyiceberg().load_table("bronze.d").scan().to_arrow().to_pylist()
    assert [row["_payload"].decode() for row in sorted(rows, key=lambda row: row["_source_offset"])] == elements


def test_only_these_words(warehouse):
    """Goal: another word is an error with the place. Method: `payload: some`."""
    text = (ROOT / "pipelines/speedtest.yaml").read_text()
    warehouse.pipeline = warehouse.folder / "p.yaml"
    warehouse.pipeline.write_text(text.replace("bronze:\n", "bronze:\n  payload: some\n", 1))
    rejected = warehouse.ingot("plan", check=False)
    assert rejected.returncode == 2 and "payload" in rejected.stderr and "errors" in rejected.stderr
