"""Goal:   every command that README.md and docs/ print works as printed.
Method: the commands of a page run in one bash, in a fresh folder that looks like a checkout after `make build`. A block that
        cannot run without servers is below `<!-- not run: the reason -->`. The run ends with the counts.
"""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import INGOT, ROOT
from doc_blocks import RUNNABLE, Block, blocks_of, command_without_language, script_of

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = {page: blocks_of(page.relative_to(ROOT), page.read_text()) for page in PAGES}
WITH_COMMANDS = [page for page, blocks in BLOCKS.items() if any(block.language in RUNNABLE for block in blocks)]
SECONDS_MAX = 50


def checkout(folder: pathlib.Path):
    """Creates a folder with everything that the pages name by relative paths: pipelines, deploy, the program."""
    for name in ("pipelines", "deploy", "tests", "VERSION"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "build/release").mkdir(parents=True)
    (folder / "build/release/ingot").symlink_to(INGOT.resolve())
    return folder


def bash(script, folder, name):
    """Runs a script as `name`, which bash prints in its errors. Returns the failed line, if any, and the output."""
    file, failed_at = folder.parent / name, folder.parent / "failed_at"
    file.write_text(script)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("INGOT_", "KAFKA_", "AWS_", "PG"))}
    path = f"{folder}/build/release:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", file], cwd=folder, env=inherited | {"PATH": path, "FAILED_AT": str(failed_at), "HOME": str(folder.parent)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=SECONDS_MAX)
    where = failed_at.read_text().strip() if failed_at.exists() else "the end"
    return None if done.returncode == 0 else f"{where}: exit code {done.returncode}", done.stdout


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page, tmp_path):
    if all(block.reason is not None for block in BLOCKS[page] if block.language in RUNNABLE):
        return
    folder = tmp_path / "ingot"
    folder.mkdir()
    checkout(folder)
    if page.name != "README.md":  # the other pages use the tables that the tour of the README creates
        failed, output = bash("set -e; ingot generate --records 2000 --dirty 0.02 --to landing; ingot run --source landing", folder, "tour")
        assert failed is None, output
    failed, output = bash(script_of(BLOCKS[page]), folder, page.name)
    assert failed is None, f"{page.relative_to(ROOT)}, {failed}\n{output[-4000:]}\nFix the page, or mark the block: <!-- not run: the reason -->"


def test_commands_say_their_language():
    """A block without a language is output. Commands in it would not be run."""
    found = [f"{block.place}: {line}" for blocks in BLOCKS.values() for block in blocks if (line := command_without_language(block))]
    assert not found, "\n".join(found)


def test_commands_in_running_text_exist():
    """A command in running text, such as `ingot maintain --compact`, exists in the program with its flags."""
    helps, found = {}, []
    for page in PAGES:
        if page.parent.name == "decisions":  # decisions describe the program of their time
            continue
        for number, line in enumerate(page.read_text().splitlines(), 1):
            for command in re.findall(r"`ingot ([a-z][^`]*)`", line):
                words = [word for word in command.split() if not word.startswith("-")]
                name = words[:2] if words[0] == "table" and len(words) > 1 and words[1].islower() else words[:1]
                key = " ".join(name)
                if key not in helps:
                    helps[key] = subprocess.run([INGOT, *name, "--help"], capture_output=True, text=True)
                missing = [flag for flag in re.findall(r"(?<![\w-])--[a-z-]+", command) if not re.search(rf"{flag}\b", helps[key].stdout)]
                if helps[key].returncode != 0 or missing:
                    found.append(f"{page.relative_to(ROOT)}:{number}: ingot {command}: {missing or 'no such command'}")
    assert not found, "\n".join(found)


def test_named_files_exist():
    """A file that a page names is in the repository. A name that the page says is in the file occurs there."""
    found = []
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        if page.parent.name == "decisions":
            continue
        text = page.read_text()
        for name in re.findall(r"`((?:src|tests|docs|deploy|tools|bench|fuzz|cmake|pipelines|web)/[\w./-]+)`", text):
            if not (ROOT / name).exists():
                found.append(f"{page.relative_to(ROOT)}: {name} does not exist")
        for name, file in re.findall(r"`([\w:]+)`\s+(?:in\s+|\()`(src/[\w./]+)`", text):
            if (ROOT / file).is_file() and name not in (ROOT / file).read_text():
                found.append(f"{page.relative_to(ROOT)}: {name} is not in {file}")
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            if not (page.parent / link).exists():
                found.append(f"{page.relative_to(ROOT)}: the link {link} leads nowhere")
    assert not found, "\n".join(found)


def test_symptoms_are_messages():
    """A message that docs/troubleshooting.md quotes as a symptom is one of the program's."""
    sources = "".join(file.read_text() for file in sorted((ROOT / "src").rglob("*.cc")))
    sources = re.sub(r'"\s*"', "", sources)  # joins the parts of a literal
    found = []
    for line in (ROOT / "docs/troubleshooting.md").read_text().splitlines():
        if not (cell := re.match(r"\| (`[^`]+`(?:, `[^`]+`)*) \|", line)):
            continue  # a symptom in words, or of another program
        for symptom in re.findall("`([^`]+)`", cell[1]):
            parts = [part.strip(" :,()") for part in re.split(r"…|\b[NM]\b|\bTABLE\b", symptom)]
            found += [f"{symptom}: no message has '{part}'" for part in parts if len(part) > 5 and part not in sources]
    assert not found, "\n".join(found)


def test_map_of_rooms():
    """The map in docs/architecture.md equals layers.txt, with the includes that CMakeLists.txt gives for each room."""
    ranks = {room: rank for rank, room in (line.split() for line in (ROOT / "layers.txt").read_text().splitlines() if line[0] != "#")}
    cmake = (ROOT / "CMakeLists.txt").read_text()
    includes = {}
    for room in ranks:
        depends = re.search(rf"ingot_room\({room} DEPENDS ([^)]*)\)", cmake)[1].partition("TESTS")[0].split()
        includes[room] = [name for name in depends if name in ranks]
    rows = re.findall(r"^\| (\d) \| `(\w+)` \| [^|]* \| ([^|]*) \|$", (ROOT / "docs/architecture.md").read_text(), re.M)
    assert {room: rank for rank, room, _ in rows} == ranks
    assert {room: [name for name in named.split(", ") if name != "–"] for _, room, named in rows} == includes


def test_markers_stand_above_blocks():
    """A marker without a block directly below it has no effect."""
    marked = sum(block.reason is not None for blocks in BLOCKS.values() for block in blocks)
    written = sum(line.startswith("<!-- not run") for page in PAGES for line in page.read_text().splitlines())
    assert marked == written, "a marker `<!-- not run: the reason -->` stands right above a block"


def test_script_keeps_line_numbers():
    text = "# A page\n\n```sh\none\n```\n\n<!-- not run: needs Kafka -->\n```sh\ntwo\n```\n\n```sql\nSELECT 1\n```\n\n```console\n$ three\nanswer\n```\n"
    blocks = blocks_of(pathlib.Path("page.md"), text)
    assert [(block.line, block.language, block.reason) for block in blocks] == \
        [(3, "sh", None), (8, "sh", "needs Kafka"), (12, "sql", None), (16, "console", None)]
    lines = script_of(blocks).split("\n")
    assert [number for number, line in enumerate(lines, 1) if line][1:] == [4, 12, 13, 14, 17]
    assert (lines[3], lines[12], lines[16]) == ("one", "SELECT 1", "three")


def test_output_with_commands_is_found():
    block = Block(pathlib.Path("page.md"), 1, "", ["ingot run"], None)
    assert command_without_language(block) == "ingot run"
