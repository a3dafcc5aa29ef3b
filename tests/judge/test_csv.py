"""CSV that deviates from RFC 4180. Every row arrives, or is kept with its bytes and the reason, or its file is
rejected by name."""

import gzip

import pytest

PIPELINE = """
pipeline: t
source: {files: landing, format: csv%s}
fields:
  at:    {type: timestamptz, unit: ms}
  id:    {type: long}
  name:  {type: string}
  value: {type: double}
bronze: {table: b.t, partition: day(at)}
silver: {table: s.t, quarantine: s.bad}
"""
GOOD = "at,id,name,value\n1721347200000,1,Zürich,1.5\n1721347200001,2,Oslo,2.5\n"
WANTED = [(1, "Zürich", 1.5), (2, "Oslo", 2.5)]


def csv(warehouse, options=""):
    warehouse.pipeline = warehouse.folder / "csv.yaml"
    warehouse.pipeline.write_text(PIPELINE % options)
    return warehouse


def bronze(warehouse):
    return sorted(warehouse.pyiceberg().load_table("b.t").scan().to_arrow().to_pylist(), key=lambda row: row["_source_offset"])


def values(rows):
    return [(row["id"], row["name"], row["value"]) for row in rows]


@pytest.mark.parametrize("options, content", [
    ("", GOOD.encode()),
    ("", b"\xef\xbb\xbf" + '"at","id","name","value"\r\n1721347200000,"1","Zürich",1.5\r\n1721347200001,2,Oslo,2.5\r\n'.encode()),
    ("", GOOD.replace("\n", "\r").encode()),
    ("", "at,id,name,value\r\n1721347200000,1,Zürich,1.5\n1721347200001,2,Oslo,2.5\r".encode()),
    (', csv: {delimiter: ";"}', GOOD.replace(",", ";").encode()),
    (", csv: {delimiter: tab, quote: \"'\"}", GOOD.replace(",", "\t").replace("Oslo", "'Oslo'").encode()),
    (', csv: {delimiter: "|", header: false}', GOOD.replace(",", "|").encode().split(b"\n", 1)[1]),
    (", csv: {header: [at, id, name, value]}", GOOD.encode().split(b"\n", 1)[1]),
    (", csv: {encoding: latin-1}", GOOD.encode("latin-1")),
    (", csv: {encoding: windows-1252}", GOOD.encode("cp1252")),
    ("", GOOD.encode("utf-16")),
    ("", b"\xfe\xff" + GOOD.encode("utf-16-be")),
    (", csv: {encoding: utf-16le}", GOOD.replace("\n", "\r\n").encode("utf-16-le")),
])
def test_files_that_are_read(warehouse, options, content):
    """Goal: other delimiters, line ends, headers and encodings give the same rows, also in compressed and growing
    files.
    Method: one file of each, half of it first; offsets match the rows."""
    csv(warehouse, options)
    half = content.index("1721347200001".encode("utf-16-le" if b"\x001\0" in content and not content.startswith(b"\xfe") else "utf-16-be" if content.startswith(b"\xfe\xff") else "utf-8"))
    (warehouse.landing / "a.csv").write_bytes(content[:half])
    (warehouse.landing / "b.csv.gz").write_bytes(gzip.compress(content))
    warehouse.run()
    (warehouse.landing / "a.csv").write_bytes(content)
    warehouse.run()
    rows = bronze(warehouse)
    for file in ("a.csv", "b.csv.gz"):
        mine = [row for row in rows if row["_source"].endswith(file)]
        assert values(mine) == WANTED, file
        assert mine[1]["_source_offset"] == half
        assert not any(row["_error"] or row["_extra"] for row in mine)


@pytest.mark.parametrize("content, told", [
    (GOOD.replace(",", ";"), 'delimiter: ";"'),
    (GOOD.replace(",", "\t"), 'delimiter: "\\t"'),
    (GOOD.split("\n", 1)[1], "header: false"),
    (GOOD.replace("value", "at", 1), "'at' twice"),
    (GOOD.replace("at,id,name,value", "AT,ID,NAME,VALUE"), '$.AT'),
    (GOOD.encode("utf-16-le"), "utf-16le"),
    (GOOD.encode("utf-32"), "UTF-32"),
])
def test_files_that_fail(warehouse, content, told):
    """Goal: a header that matches no field ends the run with the file's name and what to do.
    Method: one mistake each."""
    csv(warehouse)
    (warehouse.landing / "wrong.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = warehouse.ingot("run", check=False)
    assert done.returncode in (1, 2) and "wrong.csv" in done.stderr and told in done.stderr, done.stderr


def test_rows_that_do_not_fit(warehouse):
    """Goal: a row that is not a record is kept with its bytes, its position and the reason, and reaches quarantine.
    Method: rows that are too wide or too narrow, with other bytes, wrong quotes, a wrong type, and a repeated
    header."""
    wrong = [(b"1721347200002,3", "2 cells"), (b"1721347200003,4,a,b,1", "5 cells"), (b"1721347200004,5,Z\xfcrich,1", "not UTF-8"),
             (b'1721347200005,6,"a" b,1', "quote"), (b"1721347200006,x,a,1", "id: expected long"), (b"at,id,name,value", "header among the rows"),
             (b'1721347200007,7,"open,1', "is not closed"), (b"1721347200008,8,in the quote,1", "1 line before")]
    content = GOOD.encode() + b"\n".join(row for row, _ in wrong)
    (csv(warehouse).landing / "a.csv").write_bytes(content)
    assert warehouse.run()["silver"]["rows_quarantined"] == len(wrong)
    rows = bronze(warehouse)
    assert values(rows[:2]) == WANTED
    for row, (original, reason) in zip(rows[2:], wrong, strict=True):
        assert row["_payload"] == original and reason in row["_error"], row
        assert content[row["_source_offset"]:].startswith(original)
    kept = warehouse.pyiceberg().load_table("s.bad").scan().to_arrow()["_payload"].to_pylist()
    assert sorted(kept) == sorted(row for row, _ in wrong)
    csv(warehouse, ", csv: {multiline: false}")
    (warehouse.landing / "b.csv").write_bytes(content)
    assert warehouse.run()["bronze"]["rows_error"] == len(wrong) - 1


def test_columns_that_are_missing(warehouse):
    """Goal: fields without a column are reported. Method: a header without one, and one in other letter case."""
    (csv(warehouse).landing / "a.csv").write_text("at,id,Name\n1721347200000,1,Oslo\n")
    done = warehouse.ingot("run")
    assert "field name is null in the only record: the records have no $.name, but they have $.Name" in done.stderr
    assert "field value is null in the only record" in done.stderr
    [row] = bronze(warehouse)
    assert (row["name"], row["_extra"]) == (None, '{"Name":"Oslo"}')
