"""Reads files apart: each in a process of its own, whose end, time and memory are looked at."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_files import DRAWN

ROOT = Path(__file__).parents[1]
SECONDS = 2  # of processor time: a busy machine is not the picture's fault
MEGABYTES = 500

# Each file is read in a process of its own, forked from one that has imported no more than it needs.
# (A forked process counts its peak from its own beginning; one started anew takes over its parent's.)
READER = """
import json, os, resource, sys, time
from mnist_helpers.image_io import PictureError
from mnist_helpers.preprocessing import preprocess

def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

preprocess(sys.argv[1])  # imports are not the next picture's fault
for number in range(int(sys.argv[2])):
    if os.fork():
        os.wait()
        continue
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    os.dup2(os.open(f"{number}.err", os.O_CREAT | os.O_WRONLY), 2)
    with open(f"{number}.name") as file:
        name = file.read()
    memory, start, reason = megabytes(), time.process_time(), None
    try:
        preprocess(name)
    except PictureError as error:
        reason = str(error)
    seconds, memory = time.process_time() - start, megabytes() - memory
    with open(f"{number}.json", "w") as file:
        json.dump([reason, seconds, memory], file)
    os._exit(0)
"""


Reports = dict[str, tuple[str | None, float, float, str]]


def read_apart(files: dict[str, bytes], folder: Path) -> Reports:
    """Name -> the reason or None, seconds, megabytes, and what was printed besides; none if it died."""
    pytest.importorskip("resource")  # not on Windows
    for number, (name, data) in enumerate(files.items()):
        file = folder / (name if "\n" in name else f"{name}.png")
        file.write_bytes(data)
        (folder / f"{number}.name").write_text(str(file))
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", READER, str(DRAWN), str(len(files))]
    subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": path}, check=True)
    found = {}
    for number, name in enumerate(files):
        report = folder / f"{number}.json"
        if report.exists():
            found[name] = (*json.loads(report.read_text()), (folder / f"{number}.err").read_text())
    return found


def check_limits(name: str, reports: Reports) -> str | None:
    """The reason, one line; or None, if the file was read."""
    assert name in reports, f"{name}: the process that read it died, or took 20 s of processor time"
    reason, seconds, megabytes, _ = reports[name]
    assert megabytes <= MEGABYTES, f"{name}: took {megabytes:.0f} MB; {MEGABYTES} MB are allowed"
    assert seconds <= SECONDS, f"{name}: took {seconds:.1f} s; {SECONDS} s are allowed"
    assert reason is None or len(reason.splitlines()) == 1
    return reason
