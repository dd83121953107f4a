"""Accuracy with three kinds of preprocessing and two trained networks.

    uv run python -m benchmarks.accuracy [FOLDER ...] [--plain MODEL] [--write]

measures MNIST's test set, scikit-learn's ``load_digits`` and each FOLDER (pictures as for ``mnist-kit
score``), writes results/accuracy.json and prints the table of docs/figures.md. Without ``--plain``, a network
is first trained with the plain configuration and seed 0. Pictures are read batch by batch, so a folder may be
of any size.
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
from mnist_helpers import checkpoint, datasets, folders, paths, preprocessing, training
from mnist_helpers.recognizer import Recognizer

BATCH_SIZE = 500


class Picture(NamedTuple):
    """A labelled picture."""

    source: Path | np.ndarray  # a file, or uint8 [h, w], dark on white
    label: int  # 0 to 9
    group: str  # the macro accuracy is the mean over the groups


# Each preprocessing takes a file, or a picture as uint8 [h, w], and returns the network's input, [28, 28], on
# MNIST's scale: 0 (background) to 255 (ink). ``Recognizer.predict`` divides by 255 and flattens it.


def article(source: Path | np.ndarray) -> np.ndarray:
    """Preprocess as the article does: every pixel value becomes (255 - value) / 255, nothing else.

    ``getdata`` is called by its present name. A picture of another size than 28x28 is rejected undecoded.

    Raises
    ------
    ValueError
        If the picture is not 28x28.
    TypeError
        If it is in colour.
    OSError
        If Pillow cannot read it.
    """
    with _opened(source) as image:
        if image.size != (28, 28):
            raise ValueError(f"{image.size} is not 28x28")
        return np.reshape([255 - value for value in image.get_flattened_data()], (28, 28))


def resized(source: Path | np.ndarray) -> np.ndarray:
    """Convert to grey, resize to 28x28 whatever the proportions, invert."""
    with _opened(source) as image:
        return 255 - np.asarray(image.convert("L").resize((28, 28)))


def kit(source: Path | np.ndarray) -> np.ndarray:
    """Preprocess as this kit does. Raises PictureError if the picture cannot be read."""
    return preprocessing.preprocess(source).image


def _opened(source: Path | np.ndarray) -> Image.Image:
    return Image.fromarray(source) if isinstance(source, np.ndarray) else Image.open(source)


class Row(NamedTuple):
    """A row of the table."""

    name: str
    preprocess: Callable[[Path | np.ndarray], np.ndarray]
    configuration: str  # that the network was trained with


ROWS = {
    "article": Row("the article's input code", article, "plain"),
    "resized": Row("grey, resized to 28×28, inverted", resized, "plain"),
    "kit_plain": Row("this kit's", kit, "plain"),
    "kit_robust": Row("this kit's", kit, "robust"),
}


def mnist_test() -> list[Picture]:
    """Return MNIST's 10,000 test images, dark on white."""
    test = datasets.load().test
    return [Picture(255 - image, int(label), ".") for image, label in zip(*test, strict=True)]


def digits() -> list[Picture]:
    """Return the 1,797 pictures of ``load_digits``, 8x8, dark on white; its ink is 0.0 to 16.0."""
    loaded = load_digits()
    images = (255 - loaded.images * (255 / 16)).round().astype(np.uint8)
    return [Picture(image, int(label), ".") for image, label in zip(images, loaded.target, strict=True)]


def folder(path: Path) -> list[Picture]:
    """Return the pictures that ``mnist-kit score`` finds; each subfolder is a group.

    Raises FolderError as ``folders.find`` does.
    """
    found = [(path / name, label) for name, label in folders.find(path).pictures]
    return [Picture(file, label, str(file.parent)) for file, label in found]


def measure(pictures: list[Picture], networks: dict[str, Recognizer], progress: tqdm) -> dict:
    """Classify the pictures with every row's preprocessing and network.

    Parameters
    ----------
    pictures : list of Picture
        At least one.
    networks : dict of str to Recognizer
        The network of each configuration.
    progress : tqdm
        Moves on by one for each picture.

    Returns
    -------
    dict
        ``count``, ``groups`` (their number), and for each of `ROWS` its ``accuracy`` (over all pictures),
        ``macro_accuracy`` (mean over the groups) and ``errors``: for how many pictures the preprocessing
        raised an error; these count as misclassified.
    """
    sizes = Counter(picture.group for picture in pictures)
    correct: dict[str, Counter] = {key: Counter() for key in ROWS}  # in each group
    errors = dict.fromkeys(ROWS, 0)
    for start in range(0, len(pictures), BATCH_SIZE):
        batch = pictures[start : start + BATCH_SIZE]
        inputs: dict[Callable, list] = {preprocess: [] for preprocess in (article, resized, kit)}
        for picture in batch:
            for preprocess, images in inputs.items():
                images.append(_attempt(preprocess, picture.source))
            progress.update()
        for key, row in ROWS.items():
            read = [number for number, image in enumerate(inputs[row.preprocess]) if image is not None]
            images = np.reshape([inputs[row.preprocess][number] for number in read], (-1, 28, 28))
            answers = np.full(len(batch), -1)
            answers[read] = networks[row.configuration].predict(images).argmax(axis=1)
            errors[key] += len(batch) - len(read)
            for picture, answer in zip(batch, answers, strict=True):
                correct[key][picture.group] += int(answer == picture.label)
    figures: dict = {"count": len(pictures), "groups": len(sizes)}
    for key in ROWS:
        figures[key] = {
            "accuracy": correct[key].total() / len(pictures),
            "macro_accuracy": float(np.mean([correct[key][group] / sizes[group] for group in sizes])),
            "errors": errors[key],
        }
    return figures


def _attempt(preprocess: Callable, source: Path | np.ndarray) -> np.ndarray | None:
    try:
        return preprocess(source)
    except Exception:  # of whatever kind: without an input there is no answer
        return None


def table(figures: dict) -> str:
    """Return the table of macro accuracies, Markdown, made from what accuracy.json holds."""
    head = ["preprocessing", "trained with"]
    for measured in figures["sets"]:
        name = measured["name"].replace("|", r"\|")
        groups = f", mean over {measured['groups']} folders" if measured["groups"] > 1 else ""
        head.append(f"{name} ({measured['count']:,}{groups})")
    rows = [head, ["---", "---"] + ["---:"] * len(figures["sets"])]
    for key, row in ROWS.items():
        accuracies = [f"{100 * measured[key]['macro_accuracy']:.2f} %" for measured in figures["sets"]]
        rows.append([row.name, f"the {row.configuration} configuration", *accuracies])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def train_plain(model: Path) -> None:
    """Train with the plain configuration and seed 0, as ``mnist-kit train`` does, and save the network.

    Raises what `training.train_and_save` raises, and KeyboardInterrupt also if training was interrupted.
    """
    if not training.train_and_save(model, training.PLAIN, seed=0).finished:
        raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> None:
    """Measure, write results/accuracy.json, and print the table; ``--write`` updates docs/figures.md too."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy", description="Measure the accuracies in docs/figures.md."
    )
    parser.add_argument(
        "folders", metavar="FOLDER", nargs="*", type=Path, help="further pictures, as for mnist-kit score"
    )
    parser.add_argument(
        "--plain",
        metavar="MODEL",
        type=Path,
        help="checkpoint trained with the plain configuration (default: train one)",
    )
    parser.add_argument("--write", action="store_true", help="write the table into docs/figures.md")
    options = parser.parse_args(arguments)
    if options.write:  # whether it has the markers, before minutes of work
        report.with_table(report.PAGE.read_text(encoding="utf-8"), "accuracy", "")
    try:
        named = [("MNIST test", mnist_test()), ("load_digits", digits())]
        named += [(path.name or ".", folder(path)) for path in options.folders]
        with tempfile.TemporaryDirectory() as temporary:
            plain = options.plain or Path(temporary) / "model.ckpt"
            if not options.plain:
                train_plain(plain)
            models = {"plain": plain, "robust": paths.SHIPPED_MODEL}
            networks = {configuration: Recognizer(model) for configuration, model in models.items()}
            hashes = {configuration: _sha256(model) for configuration, model in models.items()}
    except (checkpoint.CheckpointError, datasets.DatasetError, folders.FolderError) as error:
        sys.exit(f"benchmarks.accuracy: {error}")

    figures: dict = {"models": hashes, "sets": []}
    with tqdm(total=sum(len(pictures) for _, pictures in named), unit="picture", dynamic_ncols=True) as bar:
        for name, pictures in named:
            bar.set_description(name)
            figures["sets"].append({"name": name} | measure(pictures, networks, bar))
    markdown = table(report.write("accuracy", figures))
    print(markdown)
    if options.write:
        report.write_table(report.PAGE, "accuracy", markdown)


def _sha256(model: Path) -> str:
    """Return the SHA-256 of the model's parameters, which says which model was measured."""
    data = model.with_name(f"{model.name}.data-00000-of-00001")
    return hashlib.sha256(data.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
