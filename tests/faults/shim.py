"""The library between the program and its I/O (shim.c): builds it, sets its faults, reads and judges its trace."""

import dataclasses
import errno
import os
import pathlib
import re
import shutil
import subprocess

# The errors of each operation by its manual page, on local disks and on network file systems.
ERRORS = {
    "open": ("EACCES", "EMFILE", "EIO", "ESTALE", "EINTR"),
    "create": ("EACCES", "EMFILE", "EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR"),
    "read": ("EIO", "ESTALE", "EINTR"),
    "write": ("EIO", "ENOSPC", "EDQUOT", "EFBIG", "ESTALE", "EINTR"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT", "EINTR"),
    "truncate": ("EIO", "EROFS"),
    "link": ("EIO", "ENOSPC", "EDQUOT", "EACCES", "EROFS"),
    "rename": ("EIO", "ENOSPC", "EDQUOT", "EACCES", "EROFS"),
    "unlink": ("EIO", "EACCES", "EROFS"),
    "mkdir": ("EIO", "ENOSPC", "EDQUOT", "EACCES", "EROFS"),
    "stat": ("EIO", "EACCES", "ESTALE"),
    "list": ("EIO", "EACCES", "EMFILE"),
}
CHANGES = {"create", "write", "fsync", "truncate", "link", "rename", "unlink", "mkdir"}  # a kill can happen between these calls


@dataclasses.dataclass(frozen=True)
class Call:
    """One I/O call of a run: its number, its operation, its file, and the remaining fields of the trace."""

    number: int
    operation: str
    path: str
    detail: str

    def kind(self):
        """Calls that differ only in the file's number or UUID have the same kind."""
        name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+", "#", os.path.basename(self.path))
        return self.operation, name[:40], os.path.basename(os.path.dirname(self.path))


def build(folder: pathlib.Path):
    library = folder / "shim.so"
    source = pathlib.Path(__file__).with_name("shim.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def environment(library, under, trace, call=0, action="", repeat=False):
    chosen = {"LD_PRELOAD": str(library), "FAULT_UNDER": str(under), "FAULT_TRACE": str(trace)}
    if call:
        code = str(getattr(errno, action)) if action.startswith("E") else action
        chosen |= {"FAULT_AT": str(call), "FAULT_ACTION": code}
    return chosen | ({"FAULT_REPEAT": "1"} if repeat else {})


def read_trace(path: pathlib.Path):
    lines = path.read_text(errors="surrogateescape").splitlines() if path.exists() else []
    return [Call(int(number), *rest) for number, *rest in (line.split("\t") for line in lines)]


def cut_power(calls):
    """Removes what the calls of a killed process have not made durable: names whose folder was not synced since, and
    bytes written after the file's last sync. SQLite's own file is changed in place and only loses its appended
    bytes."""
    names, sizes = {}, {}  # name -> the renamed file's earlier name; file -> durable bytes
    for call in calls:
        if call.operation in ("link", "rename", "mkdir") or (call.operation == "create" and call.detail == "new"):
            names.pop(call.path, None)
            names[call.path] = call.detail if call.operation == "rename" else None
            if call.operation in ("link", "rename"):
                sizes[call.path] = sizes.pop(call.detail, None) if call.operation == "rename" else sizes.get(call.detail)
            elif call.operation == "create":
                sizes[call.path] = 0
        elif call.operation == "fsync" and os.path.isdir(call.path):
            names = {name: before for name, before in names.items() if os.path.dirname(name) != call.path}
        elif call.operation == "fsync":
            sizes[call.path] = int(call.detail or 0)
    for name, before in reversed(names.items()):
        if before and os.path.exists(name) and os.path.isdir(os.path.dirname(before)):
            os.rename(name, before)
        elif os.path.isdir(name):
            shutil.rmtree(name)
        elif os.path.lexists(name):
            os.unlink(name)
    for path, size in sizes.items():
        if size is not None and os.path.isfile(path) and os.path.getsize(path) > size:
            os.truncate(path, size)
