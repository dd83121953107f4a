"""The tests that take minutes, those marked ``long``: how many pass, and how long they take together."""

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import report


def run() -> dict:
    """Return how many passed, how many failed, and the seconds they took."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-m", "long", "-q", f"--junitxml={found}"]
        subprocess.run(command, cwd=report.ROOT)
        suite = ElementTree.parse(found).getroot()[0].attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    passed = int(suite["tests"]) - failed - int(suite["skipped"])
    return {"passed": passed, "failed": failed, "seconds": float(suite["time"])}


def sentence(figures: dict) -> str:
    """Return the figures as one sentence."""
    minutes = figures["seconds"] / 60
    count = f"{figures['passed']} passed, {figures['failed']} failed"
    return f"The long tests, run on {figures['date']}: {count}, in {minutes:.0f} minutes."
