"""Accuracy on paper as people have it: one row for each kind of `tests.paper`.

    uv run python -m benchmarks.paper [--closed] [--per-kind 60] [--kinds NAME …] [--sheet FILE.png]

Each kind gets the same real pen drawings at each run, in random surroundings that the seed fixes. Only
drawings are used that are recognized correctly and with confidence on plain white. Files are encoded
beforehand; decoding them is part of the time.
"""

import argparse
import io
import sys
import time
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from tqdm import tqdm

from benchmarks import report
from mnist_helpers import datasets, paths
from mnist_helpers.recognizer import Answer, Recognizer
from mnist_helpers.strokes import rasterize
from tests.paper import kinds_open
from tests.paper.render import Draw, Kinds

SEED = 0
CLEAR = 0.9  # the least confidence in a drawing on plain white


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


class Pool:
    """Pen drawings that are recognized correctly and with confidence on plain white."""

    def __init__(self, recognizer: Recognizer, closed: bool):
        """Take every second drawing: the closed kinds get the others."""
        self._recognizer = recognizer
        self._drawings = datasets.load_drawings()
        self._numbers = range(int(closed), len(self._drawings.labels), 2)
        self._clear: dict[int, bool] = {}

    def draw(self, random: np.random.Generator) -> Iterator[tuple[int, list[np.ndarray], int]]:
        """Yield number, strokes and label of drawings, all ten digits in turn, without end."""
        numbers = random.permutation(self._numbers)
        labels = self._drawings.labels
        turns = [[n for n in numbers if labels[n] == digit and self._is_clear(n)] for digit in range(10)]
        k = 0
        while True:
            for turn in turns:
                number = turn[k % len(turn)]
                yield int(number), self._drawings.strokes[number], int(labels[number])
            k += 1

    def _is_clear(self, number: int) -> bool:
        if number not in self._clear:
            answer = self._recognizer.recognize(rasterize(self._drawings.strokes[number]))
            correct = answer.confident and answer.digit == self._drawings.labels[number]
            self._clear[number] = bool(correct and answer.confidence >= CLEAR)
        return self._clear[number]


def file_of(picture: Image.Image) -> bytes:
    """Return the file that a kind's picture was opened from."""
    stream = picture.fp
    assert isinstance(stream, io.BytesIO)
    return stream.getvalue()


def randomness(*key: int | str) -> np.random.Generator:
    """Return a generator that depends on the seed and the key alone."""
    return np.random.default_rng([SEED, *(zlib.crc32(str(part).encode()) for part in key)])


def ask(recognizer: Recognizer, picture: Image.Image, label: int | None) -> Result:
    """Recognize a picture from its file, and take the time."""
    file = file_of(picture)
    start = time.perf_counter()
    answer = recognizer.recognize(file)
    return Result(picture, label, answer, time.perf_counter() - start)


def digits(recognizer: Recognizer, pool: Pool, name: str, draw: Draw, count: int) -> Iterator[Result]:
    """Draw ``count`` pictures of a kind, and recognize them."""
    drawings = pool.draw(randomness("drawings"))
    for _, (number, strokes, label) in zip(range(count), drawings, strict=False):
        yield ask(recognizer, draw(strokes, randomness(name, number)), label)


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


def table(kinds: dict[str, dict]) -> str:
    """Return the table, Markdown: a row for each kind and their mean."""
    rows = ["| kind | correct and confident | rejected | wrong and confident | mean, max ms | hypotheses |"]
    rows += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
    keys = ("correct", "rejected", "wrong", "mean_ms", "max_ms")
    mean = {key: float(np.mean([row[key] for row in kinds.values()])) for key in keys}
    mean["max_ms"] = max(row["max_ms"] for row in kinds.values())
    tried = [row["hypotheses"] for row in kinds.values() if row["hypotheses"] is not None]
    mean["hypotheses"] = float(np.mean(tried)) if tried else None
    for name, row in {**kinds, "mean": mean}.items():
        hypotheses = "" if row["hypotheses"] is None else f"{row['hypotheses']:.1f}"
        rows.append(
            f"| {name} | {100 * row['correct']:.1f} % | {100 * row['rejected']:.1f} % "
            f"| {100 * row['wrong']:.1f} % "
            f"| {row['mean_ms']:.1f}, {row['max_ms']:.0f} | {hypotheses} |"
        )
    return "\n".join(rows)


FRAMES = {"correct": (60, 170, 80), "rejected": (240, 170, 40), "wrong": (220, 40, 50)}


def contact_sheet(rows: dict[str, list[Result]], side: int = 150) -> Image.Image:
    """Return thumbnails, a row for each kind, framed by outcome, with label and answer below."""
    columns = max(map(len, rows.values()))
    sheet = Image.new("RGB", (columns * side, len(rows) * (side + 28)), "white")
    draw = ImageDraw.Draw(sheet)
    for j, (name, results) in enumerate(rows.items()):
        top = j * (side + 28)
        draw.text((4, top), name, fill="black")
        for i, result in enumerate(results):
            picture = result.picture.convert("RGBA")
            opaque = Image.new("RGBA", picture.size, (200, 160, 220, 255))
            opaque.alpha_composite(picture)
            opaque.thumbnail((side - 8, side - 8))
            x, y = i * side, top + 12
            draw.rectangle((x, y, x + side - 2, y + side - 2), fill=FRAMES[result.outcome])
            sheet.paste(opaque.convert("RGB"), (x + 3, y + 3))
            label = "–" if result.label is None else result.label
            text = f"{label}: {result.answer.digit}, {result.answer.confidence:.2f}"
            draw.text((x + 4, y + side), text, fill="black")
    return sheet


def main(arguments: list[str] | None = None) -> None:
    """Measure the kinds, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paper", description=__doc__.splitlines()[0])
    parser.add_argument("--per-kind", metavar="N", type=int, default=60, help="pictures of each kind (60)")
    parser.add_argument(
        "--kinds", metavar="NAME", nargs="+", help="only these, by the first letters of their names"
    )
    parser.add_argument(
        "--sheet", metavar="FILE", help="draw the first 12 pictures of each kind into this file"
    )
    options = parser.parse_args(arguments)
    kinds: Kinds = kinds_open.KINDS
    names = [name for name in kinds if not options.kinds or name.startswith(tuple(options.kinds))]
    if not names:
        sys.exit(f"benchmarks.paper: there is no such kind; choose from {', '.join(kinds)}")
    recognizer = Recognizer(paths.SHIPPED_MODEL)
    pool = Pool(recognizer, closed=False)
    measured, shown = {}, {}
    for name in tqdm(names, unit="kind", dynamic_ncols=True):
        results = list(digits(recognizer, pool, name, kinds[name], options.per_kind))
        measured[name] = figures(results)
        shown[name] = results[:12]
        del results
    if options.sheet:
        contact_sheet(shown).save(options.sheet)
    if not options.kinds:
        report.write("paper", {"kinds": measured})
    print(table(measured))


if __name__ == "__main__":
    main()
