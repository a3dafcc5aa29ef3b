"""Finds the fenced blocks of the documentation. Builds a script of a page that has each block at its line number."""

import dataclasses
import pathlib
import re

SHELL = ("sh", "bash", "console")
RUNNABLE = (*SHELL, "sql", "python")
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")
COMMAND = re.compile(r"\s*(\$ |ingot |make |docker |curl |export |pip |kubectl )")


@dataclasses.dataclass
class Block:
    page: pathlib.Path
    line: int  # of the opening fence, from 1
    language: str
    lines: list[str]
    reason: str | None  # why the block is not run

    @property
    def place(self):
        return f"{self.page}:{self.line}"


def blocks_of(page: pathlib.Path, text: str):
    """Returns every fenced block of a page, with the reason from the marker on the line above it."""
    blocks, opened, above = [], None, ""
    for number, line in enumerate(text.splitlines(), 1):
        if opened is None and line.startswith("```"):
            marker = NOT_RUN.fullmatch(above)
            opened = Block(page, number, line[3:].strip(), [], marker and marker[1])
        elif opened is not None and line.startswith("```"):
            blocks.append(opened)
            opened = None
        elif opened is not None:
            opened.lines.append(line)
        above = line
    if opened is not None:
        raise ValueError(f"{opened.place}: the block is not closed")
    return blocks


def script_of(blocks):
    """Returns one bash script of the blocks that are run. Each command has the line number that it has in the page.

    SQL runs in `ingot query`, Python in `python`. The first line of a page is its heading, so the settings are put there.
    """
    lines = ["set -eo pipefail; trap 'echo \"line $LINENO\" >\"$FAILED_AT\"' ERR; run_sql() { ingot query \"$(cat)\"; }"]
    for block in blocks:
        if block.reason is not None or block.language not in RUNNABLE:
            continue
        lines += [""] * (block.line - 1 - len(lines))
        if block.language in SHELL:
            lines.append("")
            lines += [console_command(line) if block.language == "console" else line for line in block.lines]
        else:
            lines.append(("run_sql" if block.language == "sql" else "python -") + " <<'END OF BLOCK'")
            lines += [*block.lines, "END OF BLOCK"]
    return "\n".join(lines) + "\n"


def console_command(line):
    """Returns the commands that were typed. The output of the program is for the reader."""
    return line[2:] if line.startswith("$ ") else ""


def command_without_language(block):
    """Returns the first line of an output block that looks like a command: it would never be run."""
    return next((line for line in block.lines if COMMAND.match(line)), None) if block.language in ("", "text") else None
