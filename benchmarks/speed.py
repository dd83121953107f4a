"""How long a user waits, beside the alternatives: training, one answer, a cold start.

Each program runs alone, in a process of its own. Programs that are compared take turns, since a machine's
speed drifts. Reported is the median.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from benchmarks import report
from mnist_helpers import checkpoint, datasets, image_io, paths, training
from mnist_helpers.graph import build_graph
from mnist_helpers.tf1 import tf

# One image's forward pass: each output of a layer is a sum of products, 2 operations per product. Training
# needs the same again for the gradient of the weights, and again for that of the inputs (not for the first
# layer's inputs, 1.5 % less).
FORWARD = 2 * (28 * 28 * 32 * 25 + 14 * 14 * 64 * 25 * 32 + 3136 * 1024 + 1024 * 10)
MFLOP = 3 * FORWARD / 1e6
EPOCH = 60_000 // training.BATCH_SIZE  # steps
SEEDS, TURNS, STARTS = range(5), 3, 5
IMAGES = report.ROOT / "images"


def child(*arguments: str) -> dict | list:
    """Run a peer; return what it measured, the JSON in the last line of its output.

    Raises CalledProcessError if the peer failed.
    """
    command = [sys.executable, "-m", f"benchmarks.peers.{arguments[0]}", *arguments[1:]]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=report.ROOT, env=_usual()
    )
    return json.loads(done.stdout.splitlines()[-1])


def _usual() -> dict[str, str]:
    """Return the environment without the variable that keeps Python from caching what it compiles."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def time_to_accuracy() -> dict:
    """Train to 99.2 % accuracy on MNIST's test set: five seeds of the kit, one run of the tutorial."""
    ours = [child("kit", "time", str(seed)) for seed in tqdm(SEEDS, desc="99.2 %, this kit")]
    return {"kit": ours, "tutorial": child("tutorial")}


def training_epoch() -> dict:
    """Time one epoch in batches of 128, without augmentation, here and with the peers."""
    programs = {
        "kit": ["kit", "epoch"],
        "kit_augmented": ["kit", "augmented"],
        "keras": ["keras_fit"],
        "pytorch": ["pytorch"],
        "pytorch_channels_last": ["pytorch", "channels-last"],
    }
    seconds = {name: [] for name in programs}
    speeds = []
    for _ in tqdm(range(TURNS), desc="one epoch"):
        speeds.append(child("limit")["flop_per_second"])
        for name, arguments in programs.items():
            seconds[name].append(child(*arguments)["seconds"])
    operations = EPOCH * training.BATCH_SIZE * MFLOP * 1e6
    return {"seconds": seconds, "flop_per_second": max(speeds), "limit_seconds": operations / max(speeds)}


def megapixel(folder: Path) -> None:
    """Write the sample pictures, which are of many kinds, as JPEG files of 1 megapixel."""
    for file in image_io.list_pictures(IMAGES)[0]:
        picture = image_io.open_picture(file).convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
        k = (1e6 / (picture.width * picture.height)) ** 0.5
        size = [round(k * side) for side in picture.size]
        picture.resize(size, Image.Resampling.BICUBIC).save(folder / f"{file.stem}.jpg", quality=90)


def small(folder: Path, count: int) -> None:
    """Write MNIST's first test images, dark on white, as PNG files with names for ``mnist-kit score``."""
    test = datasets.load().test
    for number in range(count):
        image = Image.fromarray(255 - test.images[number])
        image.save(folder / f"{test.labels[number]}_{number}.png")


def picture_to_answer() -> dict:
    """Time files to answers, one by one and a folder at once; Keras' ``predict`` for the network alone."""
    figures = {}
    with tempfile.TemporaryDirectory() as temporary:
        folders = {"megapixel": megapixel, "small": lambda folder: small(folder, 40)}
        for name, fill in folders.items():
            folder = Path(temporary, name)
            folder.mkdir()
            fill(folder)
            runs = [child("kit_recognize", "each", str(folder)) for _ in range(TURNS)]
            figures[name] = percentiles(runs)
        figures["keras_predict"] = percentiles([child("keras_predict")["milliseconds"] for _ in range(TURNS)])
        figures["folders"] = []
        for count in (500, 2000, 10_000):
            folder = Path(temporary, str(count))
            folder.mkdir()
            small(folder, count)
            runs = [child("kit_recognize", "folder", str(folder)) for _ in range(TURNS)]
            median = sorted(runs, key=lambda run: run["per_second"])[TURNS // 2]
            figures["folders"].append(median | {"peak_mb": max(run["peak_mb"] for run in runs)})
    return figures


def percentiles(runs: list[list[float]]) -> dict[str, float]:
    """Return the median over the runs of each run's 50th and 95th percentile, in ms."""
    return {f"p{p}": statistics.median(float(np.percentile(run, p)) for run in runs) for p in (50, 95)}


def as_in_the_article(folder: Path) -> Path:
    """Save the shipped model under the article's variable names, for the article's script."""
    path = folder / "model.ckpt"
    with tf.Graph().as_default(), tf.Session() as session:
        network = build_graph()
        checkpoint.restore(session, network.variables, paths.SHIPPED_MODEL)
        renamed = {checkpoint.ARTICLE_NAMES[variable.op.name]: variable for variable in network.variables}
        tf.train.Saver(renamed).save(session, str(path))
    return path


def cold_start() -> dict:
    """Time a process from its start to its end, one answer printed; and the parts of that time."""
    kit, article, parts = [], [], []
    with tempfile.TemporaryDirectory() as temporary:
        model = as_in_the_article(Path(temporary))
        sample = str(IMAGES / "text2.png")
        ours = [
            sys.executable,
            "-m",
            "mnist_helpers.cli",
            "recognize",
            "--model",
            str(paths.SHIPPED_MODEL),
            sample,
        ]
        theirs = [sys.executable, "-m", "benchmarks.peers.article", str(model), sample]
        for turn in tqdm(range(STARTS + 1), desc="cold start"):
            for command, seconds in ((ours, kit), (theirs, article)):
                seconds.append(_seconds(command))
            parts.append(child("kit_recognize", "start"))
            if turn == 0:  # reads everything from the disk for the first time
                kit, article, parts = [], [], []
    package = "import time; t = time.perf_counter(); import mnist_helpers; print(time.perf_counter() - t)"
    imports = [
        float(
            subprocess.run(
                [sys.executable, "-c", package], stdout=subprocess.PIPE, check=True, cwd=report.ROOT
            ).stdout
        )
        for _ in range(STARTS)
    ]
    return {
        "kit": statistics.median(kit),
        "article": statistics.median(article),
        "parts": {part: statistics.median(run[part] for run in parts) for part in parts[0]},
        "import_mnist_helpers": statistics.median(imports),
    }


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=report.ROOT, env=_usual())
    assert "The picture you imported is: 2" in done.stdout, done
    return time.perf_counter() - start


def first_answer() -> dict:
    """Time a fresh clone to its first answer: empty cache, full cache, and with tensorflow-cpu."""
    figures = {}
    with tempfile.TemporaryDirectory(dir=report.ROOT.parent) as temporary:  # where there is room
        cache = Path(temporary, "cache")
        for name, package in (("empty", "tensorflow"), ("full", "tensorflow"), ("lean", "tensorflow-cpu")):
            clone = Path(temporary, name)
            start = time.perf_counter()
            subprocess.run(["git", "clone", "--quiet", report.ROOT, clone], check=True)
            project = clone / "pyproject.toml"
            text = project.read_text(encoding="utf-8")
            project.write_text(text.replace('"tensorflow==', f'"{package}=='), encoding="utf-8")
            environment = _usual() | {"UV_CACHE_DIR": str(cache)}
            environment.pop("VIRTUAL_ENV", None)
            command = ["uv", "run", "--quiet", "mnist-kit", "recognize", "images/text2.png"]
            done = subprocess.run(
                command, cwd=clone, env=environment, stdout=subprocess.PIPE, text=True, check=True
            )
            assert done.stdout == "The picture you imported is: 2\n", done
            figures[name] = {
                "seconds": time.perf_counter() - start,
                "environment_mb": _megabytes(clone / ".venv"),
                "checkout_mb": _megabytes(clone) - _megabytes(clone / ".venv"),
                "cache_mb": _megabytes(cache),
            }
    return figures


def _megabytes(folder: Path) -> float:
    """Return the size of the files below; one that is linked twice counts once."""
    files = {}
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            files[file.stat().st_ino] = file.stat().st_size
    return sum(files.values()) / 1e6


PARTS = {
    "time_to_accuracy": time_to_accuracy,
    "training_epoch": training_epoch,
    "picture_to_answer": picture_to_answer,
    "cold_start": cold_start,
    "first_answer": first_answer,
}


def table(figures: dict[str, dict]) -> str:
    """Return the figures of all parts as a table, Markdown."""
    median = statistics.median
    reached = figures["time_to_accuracy"]
    assert all(run["reached"] for run in reached["kit"]), "a seed of the kit did not reach 99.2 %"
    kit = median(run["seconds"] for run in reached["kit"])
    epochs = median(run["steps"] for run in reached["kit"]) / EPOCH
    tutorial = reached["tutorial"]
    how = (
        f"after {tutorial['steps']:,} steps"
        if tutorial["reached"]
        else f"not reached, {100 * tutorial['best']:.2f} % at most"
    )
    one = figures["training_epoch"]
    of = {name: median(seconds) for name, seconds in one["seconds"].items()}
    spread = {name: f"{of[name]:.1f} s ({min(s):.1f} to {max(s):.1f})" for name, s in one["seconds"].items()}
    peers = ("keras", "pytorch", "pytorch_channels_last")
    best, fastest = (min(kind(one["seconds"][peer]) for peer in peers) for kind in (median, min))
    ask, start, install = figures["picture_to_answer"], figures["cold_start"], figures["first_answer"]
    folders = {f"{run['pictures']:,}": run for run in ask["folders"]}
    parts = ", ".join(f"{part} {seconds:.2f}" for part, seconds in start["parts"].items())
    empty, full, lean = (install[name] for name in ("empty", "full", "lean"))
    saved = empty["environment_mb"] - lean["environment_mb"]
    rows = [
        ("what a user waits for", "this kit", "the alternative", "ratio"),
        ("---", "---:", "---", "---:"),
        (
            "training to 99.2 % on MNIST's test set, time for testing not counted",
            f"{kit:.0f} s, {epochs:.2f} epochs (median of 5 seeds)",
            f"the original tutorial: {tutorial['seconds']:.0f} s, {how}",
            f"{'' if tutorial['reached'] else 'at least '}{tutorial['seconds'] / kit:.1f}",
        ),
        (
            f"one epoch in batches of 128, without augmentation, median of {len(one['seconds']['kit'])} runs",
            f"{spread['kit']}; with it {of['kit_augmented']:.1f} s",
            f"Keras `fit`: {spread['keras']}; PyTorch: {spread['pytorch']}, "
            f"channels-last {spread['pytorch_channels_last']}",
            f"{best / of['kit']:.2f} ({fastest / of['kit']:.2f} against a peer's fastest run)",
        ),
        (
            "the same, compared with the machine's limit",
            f"{100 * one['limit_seconds'] / of['kit']:.0f} % of it",
            f"matrix products at {one['flop_per_second'] / 1e9:.0f} GFLOP/s: {one['limit_seconds']:.1f} s",
            "",
        ),
        (
            "an answer, picture of 1 megapixel (JPEG), median and 95th percentile",
            f"{ask['megapixel']['p50']:.1f} and {ask['megapixel']['p95']:.1f} ms",
            f"the article's script starts anew each time, {start['article']:.1f} s, and reads only 28×28",
            "",
        ),
        (
            "an answer, picture of 28×28 (PNG)",
            f"{ask['small']['p50']:.1f} and {ask['small']['p95']:.1f} ms",
            f"Keras `predict`, the network alone: {ask['keras_predict']['p50']:.1f} and "
            f"{ask['keras_predict']['p95']:.1f} ms",
            f"{ask['keras_predict']['p50'] / ask['small']['p50']:.1f}",
        ),
        (
            "a folder of 2,000 pictures of 28×28, once `mnist-kit score` has started",
            f"{folders['2,000']['per_second']:.0f} pictures per second",
            "peak memory: " + ", ".join(f"{run['peak_mb']:.0f} MB for {n}" for n, run in folders.items()),
            "",
        ),
        (
            "from the start of the process to the first answer",
            f"{start['kit']:.1f} s",
            f"the article's script: {start['article']:.1f} s",
            f"{start['article'] / start['kit']:.2f}",
        ),
        (
            "of which, in s",
            parts,
            f"`import mnist_helpers` alone: {start['import_mnist_helpers']:.4f} s",
            "",
        ),
        (
            "from a fresh clone to the first answer",
            f"{empty['seconds']:.0f} s with an empty cache, {full['seconds']:.0f} s with a full one",
            f"{empty['environment_mb'] / 1000:.1f} GB of packages; {saved:.0f} MB less with `tensorflow-cpu`",
            "",
        ),
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
