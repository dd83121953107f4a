"""Measure everything that the README's table of speeds states, on one machine, one after the other.

    uv run --extra torch python -m benchmarks [PART …]

Nothing else should run meanwhile; it takes about 35 minutes on two cores, and the network for the last part.
Each part writes benchmarks/results/PART.json; the README's table is made from all of them. Parts:
time_to_accuracy, training_pass, picture_to_answer, cold_start, first_answer.
"""

import argparse
import json
import sys
from importlib.util import find_spec

from benchmarks import report, speed


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the README's table of speeds."
    )
    parser.add_argument(
        "parts", metavar="PART", nargs="*", help=f"of {', '.join(speed.PARTS)} (default: all)"
    )
    parts = parser.parse_args(arguments).parts or list(speed.PARTS)
    if unknown := set(parts) - speed.PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(speed.PARTS)}")
    if "training_pass" in parts and not find_spec("torch"):
        sys.exit("benchmarks: a peer, PyTorch, is missing; run: uv run --extra torch python -m benchmarks")
    for part in parts:
        report.write(part, speed.PARTS[part]())
    figures = {part: json.loads((report.RESULTS / f"{part}.json").read_text("utf-8")) for part in speed.PARTS}
    readme = report.README.read_text(encoding="utf-8")
    table = speed.table(figures)
    report.README.write_text(report.with_table(readme, "speed", table), encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
