"""Measure how long a user waits, and run the long tests, on one machine, one after the other.

    uv run --extra torch python -m benchmarks [PART …]

Nothing else should run meanwhile; it takes more than an hour on two cores, and first_answer the network.
Each part writes benchmarks/results/PART.json; the README's table is made from these files. Parts:
time_to_accuracy, training_pass, picture_to_answer, cold_start, first_answer, long_tests.
"""

import argparse
import json
import sys
from importlib.util import find_spec

from benchmarks import long_tests, report, speed

PARTS = speed.PARTS | {"long_tests": long_tests.run}


def main(arguments: list[str] | None = None) -> None:
    """Measure the parts that are named, or all, and write what the README says of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("parts", metavar="PART", nargs="*", help=f"of {', '.join(PARTS)} (default: all)")
    parts = parser.parse_args(arguments).parts or list(PARTS)
    if unknown := set(parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if "training_pass" in parts and not find_spec("torch"):
        sys.exit("benchmarks: a peer, PyTorch, is missing; run: uv run --extra torch python -m benchmarks")
    for part in parts:
        figures = report.write(part, PARTS[part]())
        if part == "long_tests":
            print(long_tests.sentence(figures))
    if missing := [part for part in speed.PARTS if not (report.RESULTS / f"{part}.json").exists()]:
        sys.exit(f"benchmarks: the README's table needs more; run: python -m benchmarks {' '.join(missing)}")
    readme = report.README.read_text(encoding="utf-8")
    markdown = table()
    report.README.write_text(report.with_table(readme, "speed", markdown), encoding="utf-8")
    print(markdown)


def table() -> str:
    """The README's table, from the results."""
    return speed.table(
        {part: json.loads((report.RESULTS / f"{part}.json").read_text("utf-8")) for part in speed.PARTS}
    )


if __name__ == "__main__":
    main()
