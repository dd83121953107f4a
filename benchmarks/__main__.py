"""Measure how long a user waits, and run the long tests, on one machine, one after the other.

    uv run --extra torch python -m benchmarks [PART …]

Takes more than an hour on two cores, during which nothing else should run; first_answer needs the network.
Each part writes benchmarks/results/PART.json; the table in docs/figures.md is made from these files. Parts:
time_to_accuracy, training_epoch, picture_to_answer, cold_start, first_answer, long_tests.
"""

import argparse
import json
import sys
from importlib.util import find_spec

from benchmarks import long_tests, report, speed

PARTS = speed.PARTS | {"long_tests": long_tests.run}


def main(arguments: list[str] | None = None) -> None:
    """Measure the given parts, or all, and write the table of speeds into docs/figures.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument(
        "parts", metavar="PART", nargs="*", help=f"what to measure: {', '.join(PARTS)} (default: all)"
    )
    parts = parser.parse_args(arguments).parts or list(PARTS)
    if unknown := set(parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    if "training_epoch" in parts and not find_spec("torch"):
        sys.exit("benchmarks: PyTorch is missing; run: uv run --extra torch python -m benchmarks")
    for part in parts:
        figures = report.write(part, PARTS[part]())
        if part == "long_tests":
            print(long_tests.sentence(figures))
    if missing := [part for part in speed.PARTS if not (report.RESULTS / f"{part}.json").exists()]:
        sys.exit(f"benchmarks: the table of speeds needs more; run: python -m benchmarks {' '.join(missing)}")
    report.write_table(report.PAGE, "speed", table())
    print(table())


def table() -> str:
    """Return the table of speeds, Markdown, made from the results."""
    return speed.table(
        {part: json.loads((report.RESULTS / f"{part}.json").read_text("utf-8")) for part in speed.PARTS}
    )


if __name__ == "__main__":
    main()
