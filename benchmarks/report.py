"""What every benchmark does with its figures: keep them as JSON, and put their table on a page."""

import datetime
import json
import os
import platform
import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "figures.md"
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
    """Write ``results/NAME.json``: the figures, the date, the machine and the versions.

    Parameters
    ----------
    name : str
        File name without ``.json``.
    figures : dict
        What was measured; must be serializable as JSON.

    Returns
    -------
    dict
        What was written, as read back.
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
    """Return the version of a package, None if it is not installed (PyTorch is optional)."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def cpu() -> str:
    """Return the processor's model as Linux reports it; elsewhere as Python does, which may be vaguer."""
    try:
        return re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):  # not Linux, or a processor without a model name
        return platform.processor() or platform.machine()


def write_table(page: Path, name: str, table: str) -> None:
    """Put a table on a page of documentation, in place of the one with that name. See `with_table`."""
    page.write_text(with_table(page.read_text(encoding="utf-8"), name, table), encoding="utf-8")


def with_table(text: str, name: str, table: str) -> str:
    """Replace what stands between ``<!-- NAME -->`` and ``<!-- /NAME -->``.

    Parameters
    ----------
    text : str
        A page, Markdown.
    name : str
        The table's name in the two markers.
    table : str
        The new table, Markdown.

    Returns
    -------
    str
        The page with the new table, the rest unchanged.

    Raises
    ------
    ValueError
        If the two markers do not occur exactly once each, in this order.
    """
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not found or not found_end or start in after or end in before + after:
        raise ValueError(f"the page needs the line {start} once, and below it the line {end} once")
    return f"{before}{start}\n{table}\n{end}{after}"
