"""How often the answer is right, on four roads from a picture to the network's input.

    uv run python -m benchmarks.accuracy [FOLDER ...] [--plain MODEL] [--readme]

measures MNIST's test set, scikit-learn's ``load_digits`` and each FOLDER (pictures as for ``mnist-kit
score``), writes results/accuracy.json and prints the README's table. Without ``--plain``, the plain
recipe is first run anew, with seed 0. No picture is kept, so that a folder may hold any number.
"""

import argparse
import hashlib
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from tqdm import tqdm

from benchmarks import report
from mnist_helpers import checkpoint, cli, datasets, paths, preprocessing, scoring
from mnist_helpers.recognizer import Recognizer

BATCH = 500


class Picture(NamedTuple):
    """A picture to be asked about."""

    source: Path | np.ndarray  # a file, or uint8 [h, w], dark on white
    label: int  # 0 to 9
    group: str  # pictures of one group count as one in the mean over the groups


# Each road takes a file, or a picture as uint8 [h, w], and returns what the network is fed, [28, 28], on
# MNIST's scale: 0 (ground) to 255 (ink). ``Recognizer.predict`` divides by 255 and makes it 784 numbers.


def article(source: Path | np.ndarray) -> np.ndarray:
    """The article's input code: all numbers of the picture, (255 - value) / 255.

    ``getdata`` is called by its present name. Of another size than 28x28, nothing is decoded.

    Raises ValueError if the picture is of another size, TypeError if it is in colour, and what Pillow
    raises if it cannot be read.
    """
    with _opened(source) as image:
        if image.size != (28, 28):
            raise ValueError(f"{image.size} is not 28x28")
        return np.reshape([255 - value for value in image.get_flattened_data()], (28, 28))


def resized(source: Path | np.ndarray) -> np.ndarray:
    """Grey, resized to 28x28 whatever its proportions, inverted.

    Raises what Pillow raises if the picture cannot be read.
    """
    with _opened(source) as image:
        return 255 - np.asarray(image.convert("L").resize((28, 28)))


def kit(source: Path | np.ndarray) -> np.ndarray:
    """This kit's preprocessing. Raises PictureError if the picture cannot be read."""
    return preprocessing.preprocess(source).image


def _opened(source: Path | np.ndarray) -> Image.Image:
    return Image.fromarray(source) if isinstance(source, np.ndarray) else Image.open(source)


class Row(NamedTuple):
    """A row of the table."""

    name: str
    road: Callable[[Path | np.ndarray], np.ndarray]
    recipe: str  # of the network that is asked


ROWS = {
    "article": Row("the article's input code", article, "plain"),
    "resized": Row("grey, resized to 28×28, inverted", resized, "plain"),
    "kit_plain": Row("this kit's", kit, "plain"),
    "kit_robust": Row("this kit's", kit, "robust"),
}


def mnist_test() -> list[Picture]:
    """MNIST's 10,000 test pictures, dark on white."""
    test = datasets.load().test
    return [Picture(255 - image, int(label), ".") for image, label in zip(*test, strict=True)]


def digits() -> list[Picture]:
    """The 1,797 pictures of ``load_digits``, 8x8, dark on white; its ink is 0.0 to 16.0."""
    loaded = load_digits()
    images = (255 - loaded.images * (255 / 16)).round().astype(np.uint8)
    return [Picture(image, int(label), ".") for image, label in zip(images, loaded.target, strict=True)]


def folder(path: Path) -> list[Picture]:
    """The pictures that ``mnist-kit score`` finds; those of one subfolder are a group.

    Raises FolderError as ``scoring.find`` does.
    """
    found = [(path / name, label) for name, label in scoring.find(path)]
    return [Picture(file, label, str(file.parent)) for file, label in found]


def measure(asked: list[Picture], networks: dict[str, Recognizer], progress: tqdm) -> dict:
    """Ask the network of each recipe about the pictures (at least one), on every road.

    Returns ``count``, ``groups`` (their number), and for each of ``ROWS`` its ``accuracy`` (of all
    pictures alike), ``macro_accuracy`` (mean over the groups) and ``stopped``: how many pictures the
    road raised an error for; these count as wrong.
    """
    sizes = Counter(picture.group for picture in asked)
    right = {key: Counter() for key in ROWS}  # how many of each group
    stopped = dict.fromkeys(ROWS, 0)
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        fed = {road: [] for road in (article, resized, kit)}
        for picture in batch:
            for road, images in fed.items():
                images.append(_attempt(road, picture.source))
            progress.update()
        for key, row in ROWS.items():
            read = [number for number, image in enumerate(fed[row.road]) if image is not None]
            images = np.reshape([fed[row.road][number] for number in read], (-1, 28, 28))
            answers = np.full(len(batch), -1)
            answers[read] = networks[row.recipe].predict(images).argmax(axis=1)
            stopped[key] += len(batch) - len(read)
            for picture, answer in zip(batch, answers, strict=True):
                right[key][picture.group] += int(answer == picture.label)
    figures = {"count": len(asked), "groups": len(sizes)}
    for key in ROWS:
        figures[key] = {
            "accuracy": right[key].total() / len(asked),
            "macro_accuracy": float(np.mean([right[key][group] / sizes[group] for group in sizes])),
            "stopped": stopped[key],
        }
    return figures


def _attempt(road: Callable, source: Path | np.ndarray) -> np.ndarray | None:
    try:
        return road(source)
    except Exception:  # whatever it is: without input there is no answer
        return None


def table(figures: dict) -> str:
    """The README's table, Markdown, of what accuracy.json holds: the mean over a set's groups."""
    head = ["road to the network's input", "trained with"]
    for measured in figures["sets"]:
        name = measured["name"].replace("|", r"\|")
        groups = f", mean over {measured['groups']} folders" if measured["groups"] > 1 else ""
        head.append(f"{name} ({measured['count']:,}{groups})")
    rows = [head, ["---", "---"] + ["---:"] * len(figures["sets"])]
    for key, row in ROWS.items():
        shares = [f"{100 * measured[key]['macro_accuracy']:.2f} %" for measured in figures["sets"]]
        rows.append([row.name, f"the {row.recipe} recipe", *shares])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def train_plain(model: Path) -> None:
    """Train with the plain recipe, as ``mnist-kit train`` does, and save the network as ``model``.

    Raises SystemExit if the training was interrupted or its model cannot be saved.
    """
    if code := cli.main(["train", "--recipe", "plain", "--seed", "0", "--model", str(model)]):
        raise SystemExit(code)


def main(arguments: list[str] | None = None) -> None:
    """Measure, write results/accuracy.json, print the table, and with ``--readme`` put it there."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy", description="Measure the README's table of accuracies."
    )
    parser.add_argument("folders", metavar="FOLDER", nargs="*", type=Path, help="pictures to measure too")
    parser.add_argument(
        "--plain",
        metavar="MODEL",
        type=Path,
        help="checkpoint trained with the plain recipe (default: train one)",
    )
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    options = parser.parse_args(arguments)
    if options.readme:  # whether it has the marks, before minutes of work
        report.with_table(report.README.read_text(encoding="utf-8"), "accuracy", "")
    try:
        sets = {"MNIST test": mnist_test, "load_digits": digits}
        named = [(name, load()) for name, load in sets.items()]
        named += [(path.name or ".", folder(path)) for path in options.folders]
        with tempfile.TemporaryDirectory() as temporary:
            plain = options.plain or Path(temporary) / "model.ckpt"
            if not options.plain:
                train_plain(plain)
            models = {"plain": plain, "robust": paths.SHIPPED_MODEL}
            networks = {recipe: Recognizer(model) for recipe, model in models.items()}
            sums = {recipe: _sum(model) for recipe, model in models.items()}
    except (checkpoint.CheckpointError, datasets.DatasetError, scoring.FolderError) as error:
        sys.exit(f"benchmarks.accuracy: {error}")

    figures = {"models": sums, "sets": []}
    with tqdm(total=sum(len(asked) for _, asked in named), unit="picture", dynamic_ncols=True) as progress:
        for name, asked in named:
            progress.set_description(name)
            figures["sets"].append({"name": name} | measure(asked, networks, progress))
    markdown = table(report.write("accuracy", figures))
    print(markdown)
    if options.readme:
        readme = report.README.read_text(encoding="utf-8")
        report.README.write_text(report.with_table(readme, "accuracy", markdown), encoding="utf-8")


def _sum(model: Path) -> str:
    """Which model was measured: the SHA-256 of its numbers."""
    data = model.with_name(f"{model.name}.data-00000-of-00001")
    return hashlib.sha256(data.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
