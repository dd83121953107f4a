"""The tests that take minutes: a hundred kills, 20,000 damaged pictures, every cell of every notebook."""

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import report


def run() -> dict:
    """How many passed, how many did not, and the seconds that they took."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-m", "long", "-q", f"--junitxml={found}"]
        subprocess.run(command, cwd=report.ROOT)
        suite = ElementTree.parse(found).getroot()[0].attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    passed = int(suite["tests"]) - failed - int(suite["skipped"])
    return {"passed": passed, "failed": failed, "seconds": float(suite["time"])}


def sentence(figures: dict) -> str:
    """The figures as Markdown."""
    minutes = figures["seconds"] / 60
    count = f"{figures['passed']} passed, {figures['failed']} failed"
    return f"The long tests, run on {figures['date']}: {count}, in {minutes:.0f} minutes."
