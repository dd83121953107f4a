"""Accuracy on paper as people have it, and how often pictures without a digit are rejected.

    uv run python -m benchmarks.paper [--closed] [--write] [--sheet FILE.png]

measures each kind of `tests.paper`. Every run draws the same pictures: real pen drawings in random
surroundings that a seed fixes. Only drawings are used that are recognized correctly and with confidence on
plain white. The pictures are files in memory; decoding them is part of the time. ``--closed`` takes the kinds
that are for the final measurement alone.
"""

import argparse
import io
import multiprocessing
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import import_module
from itertools import cycle, islice
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from tqdm import tqdm

from benchmarks import report
from mnist_helpers import datasets, paths
from mnist_helpers.recognizer import Answer, Recognizer
from mnist_helpers.strokes import rasterize
from tests.paper.render import Kinds

SEED = 0
CLEAR = 0.9  # the least confidence in a drawing on plain white
SHOWN = 12  # of each kind on a contact sheet

EMPTY = Image.new("L", (1, 1))  # in place of a picture that is no longer needed

GROUPS = ("digits", "doodles", "icons", "blank")


class Result(NamedTuple):
    """What was answered about one picture."""

    picture: Image.Image
    label: int | None  # None: no digit
    answer: Answer
    seconds: float

    @property
    def outcome(self) -> str:
        """``correct`` (and confident), ``wrong`` (and confident), or ``rejected``."""
        if not self.answer.confident:
            return "rejected"
        return "correct" if self.answer.digit == self.label else "wrong"

    @property
    def hypotheses(self) -> float:
        """How many hypotheses were tried; not a number if the answer does not tell."""
        tried = getattr(self.answer, "hypotheses", None)
        return np.nan if tried is None else float(tried if isinstance(tried, int) else len(tried))


def groups(closed: bool) -> dict[str, Kinds]:
    """Return the kinds of each of `GROUPS`."""
    which = "closed" if closed else "open"
    kinds = import_module(f"tests.paper.kinds_{which}")
    others = import_module(f"tests.paper.doodles_{which}")
    return dict(zip(GROUPS, (kinds.KINDS, others.DOODLES, others.ICONS, others.BLANK), strict=True))


@cache
def recognizer() -> Recognizer:
    """Return this process's recognizer, with the shipped model."""
    return Recognizer(paths.SHIPPED_MODEL)


@cache
def drawings() -> datasets.Drawings:
    """Return the pen drawings."""
    return datasets.load_drawings()


@cache
def is_clear(number: int) -> bool:
    """Tell whether a drawing is recognized correctly and with confidence on plain white."""
    answer = recognizer().recognize(rasterize(drawings().strokes[number]))
    return answer.digit == drawings().labels[number] and answer.confident and answer.confidence >= CLEAR


def clear_drawings(closed: bool, random: np.random.Generator) -> Iterator[int]:
    """Yield numbers of clear drawings, all ten digits in turn, without end.

    The closed kinds have every second drawing to themselves.
    """
    numbers = random.permutation(np.arange(int(closed), len(drawings().labels), 2))
    labels = drawings().labels[numbers]
    turns = [cycle(filter(is_clear, numbers[labels == digit].tolist())) for digit in range(10)]
    return (next(turn) for turn in cycle(turns))


def file_of(picture: Image.Image) -> bytes:
    """Return the file that a kind's picture was opened from."""
    stream = getattr(picture, "fp", None)
    assert isinstance(stream, io.BytesIO)
    return stream.getvalue()


def randomness(*key: int | str) -> np.random.Generator:
    """Return a generator that depends on the seed and the key alone."""
    return np.random.default_rng([SEED, *(zlib.crc32(str(part).encode()) for part in key)])


def ask(picture: Image.Image, label: int | None) -> Result:
    """Recognize a picture from its file, and take the time."""
    file = file_of(picture)
    start = time.perf_counter()
    answer = recognizer().recognize(file)
    return Result(picture, label, answer, time.perf_counter() - start)


def results(closed: bool, group: str, name: str, count: int) -> Iterator[Result]:
    """Draw ``count`` pictures of a kind, and recognize them."""
    draw = groups(closed)[group][name]
    if group == "digits":
        for number in islice(clear_drawings(closed, randomness("drawings", name)), count):
            picture = draw(drawings().strokes[number], randomness(name, number))
            yield ask(picture, int(drawings().labels[number]))
    else:
        for number in range(count):
            yield ask(draw(randomness(name, number)), None)


def measure(closed: bool, group: str, name: str, count: int, show: bool) -> tuple[dict, Image.Image | None]:
    """Return a kind's figures, and its row of the contact sheet if there is one."""
    measured: list[Result] = []
    pictures: list[Image.Image] = []
    for result in results(closed, group, name, count):
        if show and len(pictures) < SHOWN:
            pictures.append(thumbnail(result))
        measured.append(result._replace(picture=EMPTY))
    title = f"{name}: {groups(closed)[group].description(name)}"
    return figures(measured), row_of(title, pictures) if show else None


def figures(results: list[Result]) -> dict:
    """Return the fractions of the outcomes, the times in ms, and the mean number of hypotheses (or None)."""
    times = [1000 * result.seconds for result in results]
    tried = float(np.mean([result.hypotheses for result in results]))
    return {
        "count": len(results),
        **{o: float(np.mean([r.outcome == o for r in results])) for o in ("correct", "rejected", "wrong")},
        "mean_ms": float(np.mean(times)),
        "max_ms": float(np.max(times)),
        "hypotheses": None if np.isnan(tried) else tried,
    }


def table(measured: dict[str, dict[str, dict]]) -> str:
    """Return the tables, Markdown: of the digits, and of the pictures without one, with the means below.

    ``measured`` holds for each of `GROUPS` what `figures` returned of its kinds, by their names.
    """
    digits = {"correct and confident": "correct", "rejected": "rejected", "wrong and confident": "wrong"}
    parts = []
    for title, columns, chosen in (
        ("a digit on", digits, GROUPS[:1]),
        ("no digit", {"rejected": "rejected"}, GROUPS[1:]),
    ):
        kinds = {group: measured[group] for group in chosen if measured.get(group)}
        rows = [[title, *columns, "ms, mean and maximum", "hypotheses"]]
        rows += [["---"] + ["---:"] * (len(columns) + 2)]
        for group in kinds.values():
            rows += [[name, *_cells(row, columns)] for name, row in group.items()]
        for name, group in kinds.items():
            mean = _mean(list(group.values()))
            rows.append(
                [f"**{name}: mean of {len(group)} kinds, {mean['count']} each**", *_cells(mean, columns)]
            )
        if kinds:
            parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    return "\n\n".join(parts)


def _cells(row: dict, columns: dict[str, str]) -> list[str]:
    tried = "" if row["hypotheses"] is None else f"{row['hypotheses']:.1f}"
    fractions = [f"{100 * row[key]:.1f} %" for key in columns.values()]
    return [*fractions, f"{row['mean_ms']:.1f}, {row['max_ms']:.0f}", tried]


def _mean(rows: list[dict]) -> dict:
    """Return the means over kinds; of the longest time the maximum."""
    mean: dict = {key: float(np.mean([row[key] for row in rows])) for key in ("correct", "rejected", "wrong")}
    mean["mean_ms"] = float(np.mean([row["mean_ms"] for row in rows]))
    mean["count"] = rows[0]["count"]
    mean["max_ms"] = max(row["max_ms"] for row in rows)
    tried = [row["hypotheses"] for row in rows]
    mean["hypotheses"] = None if None in tried else float(np.mean(tried))
    return mean


FRAMES = {"correct": (60, 170, 80), "rejected": (240, 170, 40), "wrong": (220, 40, 50)}
THUMBNAIL = 150  # px
LINE = 14  # px: of text


def thumbnail(result: Result) -> Image.Image:
    """Return a picture with a frame in its outcome's colour, label and answer below."""
    cell = Image.new("RGB", (THUMBNAIL, THUMBNAIL + LINE), "white")
    draw = ImageDraw.Draw(cell)
    good = "rejected" if result.label is None else "correct"
    outcome = "correct" if result.outcome == good else result.outcome
    draw.rectangle((0, 0, THUMBNAIL - 2, THUMBNAIL - 2), fill=FRAMES[outcome])
    picture = result.picture.convert("RGBA")
    opaque = Image.new("RGBA", picture.size, (200, 160, 220, 255))
    opaque.alpha_composite(picture)
    opaque.thumbnail((THUMBNAIL - 8,) * 2)
    cell.paste(opaque.convert("RGB"), (3, 3))
    label = "none" if result.label is None else result.label
    draw.text((4, THUMBNAIL - 2), f"{label}: {result.answer.digit}, {result.answer.confidence:.2f}", "black")
    return cell


def row_of(title: str, cells: list[Image.Image]) -> Image.Image:
    """Return a row of the contact sheet."""
    row = Image.new("RGB", (SHOWN * THUMBNAIL, THUMBNAIL + 2 * LINE), "white")
    ImageDraw.Draw(row).text((4, 0), title, "black")
    for number, cell in enumerate(cells):
        row.paste(cell, (number * THUMBNAIL, LINE))
    return row


def contact_sheet(rows: list[Image.Image]) -> Image.Image:
    """Return rows one below the other."""
    return Image.fromarray(np.concatenate([np.asarray(row) for row in rows]))


def main(arguments: list[str] | None = None) -> None:
    """Measure the kinds and print the table; ``--write`` updates the results and docs/figures.md too."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paper", description=__doc__.splitlines()[0])
    parser.add_argument("--closed", action="store_true", help="the kinds for the final measurement")
    parser.add_argument("--per-kind", metavar="N", type=int, default=60, help="pictures of each kind (60)")
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=1, help="processes (1, or the times are too long)"
    )
    parser.add_argument("--kinds", metavar="NAME", nargs="+", help="kinds whose names begin so (all)")
    parser.add_argument("--sheet", metavar="FILE", help=f"draw {SHOWN} pictures of each kind into this file")
    parser.add_argument(
        "--write", action="store_true", help="write the results and the table in docs/figures.md"
    )
    options = parser.parse_args(arguments)
    chosen = [
        (group, name)
        for group, kinds in groups(options.closed).items()
        for name in kinds
        if not options.kinds or name.startswith(tuple(options.kinds))
    ]
    if not chosen:
        parser.error("there is no such kind")
    if options.write and options.kinds:
        parser.error("--write needs all kinds")
    name = "paper_closed" if options.closed else "paper"
    if options.write:  # whether it has the markers, before minutes of work
        report.with_table(report.PAGE.read_text(encoding="utf-8"), name, "")

    measured: dict[str, dict] = {group: {} for group in GROUPS}
    rows = []
    spawn = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    with ProcessPoolExecutor(options.jobs, spawn) as executor:
        tasks = [(options.closed, *kind, options.per_kind, bool(options.sheet)) for kind in chosen]
        done = executor.map(measure, *zip(*tasks, strict=True))
        for (group, kind), (kind_figures, row) in zip(
            chosen, tqdm(done, total=len(tasks), unit="kind"), strict=True
        ):
            measured[group][kind] = kind_figures
            rows.append(row)
    if options.sheet:
        contact_sheet(rows).save(options.sheet)
    if options.write:
        markdown = table(report.write(name, measured))
        report.write_table(report.PAGE, name, markdown)
    else:
        markdown = table(measured)
    print(markdown)


if __name__ == "__main__":
    main()
