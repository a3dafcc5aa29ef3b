"""The functions of expressions: their page and their examples. An incomplete function, rule, source or catalog does
not compile."""

import datetime
import json
import re
import shlex
import subprocess

import duckdb
import pytest

from conftest import INGOT, ROOT

SAMPLE = "(SELECT TIMESTAMPTZ '2024-07-19 18:40:00+00' AS t, unnest([1, 1, 3, 5, 5, NULL]::BIGINT[]) AS x)"


def test_the_page_is_what_the_program_prints(warehouse):
    """Goal: docs/functions.md is up to date. Method: it equals the output of the program."""
    assert (ROOT / "docs/functions.md").read_text() == warehouse.ingot("functions").stdout, "ingot functions > docs/functions.md"


def test_examples_in_duckdb(warehouse):
    """Goal: DuckDB computes the result of each example too (the embedded engine: functions_test.cc,
    aggregate_test.cc).
    Method: the SQL of each example over the sample rows."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    rows = [json.loads(line) for line in warehouse.ingot("functions", "--json").stdout.splitlines()]
    assert {"trim", "date", "count", "quantile"} <= {row["name"] for row in rows}
    for row in rows:
        value = connection.sql(f"SELECT {row['sql']['embedded']} FROM {SAMPLE} LIMIT 1").fetchone()[0]
        if value is None or isinstance(value, (str, datetime.date)):
            assert str(value).replace("None", "null") == row["result"], row["usage"]
        else:
            assert float(value) == float(row["result"]), row["usage"]
        assert row["version"] >= 1 and row["meaning"].endswith(".") and set(row["sql"]) == {"embedded", "spark", "trino"}


# What is removed from each source, its replacement, and the message of the compiler.
PARTS = {
    "src/pipeline/scalar_functions.cc": [
        (r"\n +\.trino = \"upper\(\{0\}\)\",", "", "missing initializer for member .*trino"),
        (r"\n +\.computes = Lower,", "", "missing initializer for member .*computes")],
    "src/pipeline/aggregate_functions.cc": [
        (r"\.example = \"sum\(x\)\"", '.example = ""', "an aggregate has an empty part"),
        (r"AggregateKind::kMin\b", "AggregateKind::kMax", "two rows are one aggregate")],
    "src/gold/aggregate.cc": [(r"\n +case AggregateKind::kMin:\n.*;", "", "enumeration value .*kMin.* not handled")],
    "src/pipeline/rules.cc": [
        (r", \.read = NotNull::Read", "", "missing initializer for member .*read"),
        (r"bool Requires\(const std::string&\) const override \{ return false; \}", "", "abstract class type .*Check")],
    "src/source/open.cc": [(r", OpenKafka\}", "}", "missing initializer for member .*open")],
    "src/catalog/open.cc": [(r"OpenPostgresAt, PostgresProperties\}", "OpenPostgresAt}", "missing initializer for member .*java_properties")],
}


@pytest.mark.parametrize("source", PARTS)
def test_what_is_forgotten_does_not_compile(tmp_path, source):
    """Goal: a missing part is an error of the compiler. Method: parts are removed from a copy of the source."""
    commands = INGOT.parent / "compile_commands.json"
    if not commands.exists():
        pytest.skip("no compile_commands.json beside the program: run it from its build folder")
    [command] = [entry["command"] for entry in json.loads(commands.read_text()) if entry["file"] == str(ROOT / source)]
    text = (ROOT / source).read_text()
    for pattern, instead, _ in PARTS[source]:
        text, cuts = re.subn(pattern, instead, text, count=1)
        assert cuts == 1, pattern
    (tmp_path / "part.cc").write_text(text)
    words = [word for word in shlex.split(command) if not word.startswith(("CCACHE_", "-O"))]
    words = words[next(i for i, word in enumerate(words) if word.endswith(("c++", "g++"))):]
    words = words[:words.index("-o")] + ["-fsyntax-only", str(tmp_path / "part.cc")]
    done = subprocess.run(words, cwd=INGOT.parent, capture_output=True, text=True)
    assert done.returncode != 0
    for _, _, said in PARTS[source]:
        assert re.search(said, done.stderr), done.stderr[-2000:]
