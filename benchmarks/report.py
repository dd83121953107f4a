"""What every benchmark does with its figures: keep them as JSON, and put their table into the README."""

import datetime
import json
import os
import platform
import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = (
    "tensorflow",
    "keras",
    "torch",
    "numpy",
    "pillow",
    "opencv-python-headless",
    "scipy",
    "scikit-learn",
)


def write(name: str, figures: dict) -> dict:
    """Write ``results/NAME.json``: the figures, and when, on what and with what they were measured.

    Returns what was written, as it is read back.
    """
    file = RESULTS / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    report = {
        "date": datetime.date.today().isoformat(),
        "machine": {"cpu": cpu(), "cores": os.cpu_count()},
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        **figures,
    }
    file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return json.loads(file.read_text(encoding="utf-8"))


def version(package: str) -> str | None:
    """Of an installed package; PyTorch need not be."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def cpu() -> str:
    """The processor's model, as Linux names it; elsewhere as Python does, which may be less exact."""
    try:
        return re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):  # no Linux; or a processor that has no model name there
        return platform.processor() or platform.machine()


def with_table(readme: str, name: str, table: str) -> str:
    """The README's text with the table between ``<!-- NAME -->`` and ``<!-- /NAME -->``, the rest as it is.

    Raises ValueError unless each mark stands there once, in this order.
    """
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = readme.partition(start)
    _, found_end, after = rest.partition(end)
    if not found or not found_end or start in after or end in before + after:
        raise ValueError(f"README.md needs the line {start} once, and below it the line {end} once")
    return f"{before}{start}\n{table}\n{end}{after}"
