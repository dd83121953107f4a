"""How long a user waits, beside what they would pick instead: training, one answer, a cold start.

Each program runs alone, in a process of its own. What takes seconds takes turns with what it is compared
with, since a machine's speed drifts. What is stated is the median.
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

# Of one picture forward: each output of a layer is a sum of products, and each product is 2 operations.
# Training takes as much for the gradient of the weights, and as much for that of the inputs (of the first
# layer's there is no need: 1.5 % less).
FORWARD = 2 * (28 * 28 * 32 * 25 + 14 * 14 * 64 * 25 * 32 + 3136 * 1024 + 1024 * 10)
MFLOP = 3 * FORWARD / 1e6
PASS = 60_000 // training.BATCH_SIZE  # steps
SEEDS, TURNS, STARTS = range(5), 3, 5
IMAGES = report.ROOT / "images"


def child(*arguments: str) -> dict | list:
    """What a peer measured: the last line of its output, JSON. Raises CalledProcessError if it failed."""
    command = [sys.executable, "-m", f"benchmarks.peers.{arguments[0]}", *arguments[1:]]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=report.ROOT, env=_usual()
    )
    return json.loads(done.stdout.splitlines()[-1])


def _usual() -> dict[str, str]:
    """The environment; Python keeps compiled what it imports, as it does unless this variable forbids it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def time_to_accuracy() -> dict:
    """Training until 99.2 % of MNIST's test set are right: five seeds of ours, one run of the tutorial."""
    ours = [child("kit", "time", str(seed)) for seed in tqdm(SEEDS, desc="99.2 %, this kit")]
    return {"kit": ours, "tutorial": child("tutorial")}


def training_pass() -> dict:
    """Seconds of one pass over the training pictures in batches of 128, without augmentation."""
    programs = {
        "kit": ["kit", "pass"],
        "kit_augmented": ["kit", "augmented"],
        "keras": ["keras_fit"],
        "pytorch": ["pytorch"],
        "pytorch_channels_last": ["pytorch", "channels-last"],
    }
    seconds = {name: [] for name in programs}
    rates = []
    for _ in tqdm(range(TURNS), desc="one pass"):
        rates.append(child("limit")["flop_per_second"])
        for name, arguments in programs.items():
            seconds[name].append(child(*arguments)["seconds"])
    rate = max(rates)
    operations = PASS * training.BATCH_SIZE * MFLOP * 1e6
    return {"seconds": seconds, "flop_per_second": rate, "limit_seconds": operations / rate}


def megapixel(folder: Path) -> None:
    """The sample pictures, of every kind that preprocessing knows, as JPEG files of 1 megapixel."""
    for file in sorted(IMAGES.iterdir()):
        if file.suffix not in (".py", ".md"):
            picture = image_io.open_picture(file).convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
            k = (1e6 / (picture.width * picture.height)) ** 0.5
            size = [round(k * side) for side in picture.size]
            picture.resize(size, Image.Resampling.BICUBIC).save(folder / f"{file.stem}.jpg", quality=90)


def small(folder: Path, count: int) -> None:
    """MNIST's first test pictures, dark on white: PNG files of 28×28, named as ``mnist-kit score`` asks."""
    test = datasets.load().test
    for number in range(count):
        image = Image.fromarray(255 - test.images[number])
        image.save(folder / f"{test.labels[number]}_{number}.png")


def picture_to_answer() -> dict:
    """From a file to an answer, one by one and a folder at once; Keras' ``predict`` for the network alone."""
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
    """The median over the runs of each run's 50th and 95th percentile, in ms."""
    return {f"p{p}": statistics.median(float(np.percentile(run, p)) for run in runs) for p in (50, 95)}


def as_in_the_article(folder: Path) -> Path:
    """The shipped model under the article's names, for the article's script."""
    path = folder / "model.ckpt"
    with tf.Graph().as_default(), tf.Session() as session:
        network = build_graph()
        checkpoint.restore(session, network.variables, paths.SHIPPED_MODEL)
        renamed = {checkpoint.ARTICLE_NAMES[variable.op.name]: variable for variable in network.variables}
        tf.train.Saver(renamed).save(session, str(path))
    return path


def cold_start() -> dict:
    """From the start of the process to its end, the first answer printed; and where the time goes."""
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
            if turn == 0:  # it reads everything from the disk for the first time
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
    """From a fresh clone to the first answer: empty cache, full cache, and with tensorflow-cpu."""
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
    """What the files below take; one that is linked twice counts once."""
    files = {}
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            files[file.stat().st_ino] = file.stat().st_size
    return sum(files.values()) / 1e6


PARTS = {
    "time_to_accuracy": time_to_accuracy,
    "training_pass": training_pass,
    "picture_to_answer": picture_to_answer,
    "cold_start": cold_start,
    "first_answer": first_answer,
}


def table(figures: dict[str, dict]) -> str:
    """The figures of all parts as Markdown."""
    median = statistics.median
    reached = figures["time_to_accuracy"]
    assert all(run["reached"] for run in reached["kit"]), "a seed of ours did not reach 99.2 %"
    kit = median(run["seconds"] for run in reached["kit"])
    passes = median(run["steps"] for run in reached["kit"]) / PASS
    tutorial = reached["tutorial"]
    how = (
        f"after {tutorial['steps']:,} steps"
        if tutorial["reached"]
        else f"not reached, {tutorial['best']:.2%} at most"
    )
    one = figures["training_pass"]
    of = {name: median(seconds) for name, seconds in one["seconds"].items()}
    spread = {name: f"{of[name]:.1f} s ({min(s):.1f} to {max(s):.1f})" for name, s in one["seconds"].items()}
    peers = ("keras", "pytorch", "pytorch_channels_last")
    best, quickest = (min(kind(one["seconds"][peer]) for peer in peers) for kind in (median, min))
    ask, start, install = figures["picture_to_answer"], figures["cold_start"], figures["first_answer"]
    rates = {f"{run['pictures']:,}": run for run in ask["folders"]}
    parts = ", ".join(f"{part} {seconds:.2f}" for part, seconds in start["parts"].items())
    empty, full, lean = (install[name] for name in ("empty", "full", "lean"))
    saved = empty["environment_mb"] - lean["environment_mb"]
    rows = [
        ("what a user waits for", "this kit", "instead", "ratio"),
        ("---", "---:", "---", "---:"),
        (
            "training to 99.2 % of MNIST's test set, the testing not counted",
            f"{kit:.0f} s, {passes:.2f} passes (median of 5 seeds)",
            f"the original tutorial: {tutorial['seconds']:.0f} s, {how}",
            f"{'' if tutorial['reached'] else 'at least '}{tutorial['seconds'] / kit:.1f}",
        ),
        (
            f"one pass in batches of 128, without augmentation, median of {len(one['seconds']['kit'])}",
            f"{spread['kit']}; with it {of['kit_augmented']:.1f} s",
            f"Keras `fit`: {spread['keras']}; PyTorch: {spread['pytorch']}, "
            f"channels-last {spread['pytorch_channels_last']}",
            f"{best / of['kit']:.2f} ({quickest / of['kit']:.2f} beside a peer's quickest run)",
        ),
        (
            "the same, against the machine's limit",
            f"{one['limit_seconds'] / of['kit']:.0%} of it",
            f"matrix products at {one['flop_per_second'] / 1e9:.0f} GFLOP/s: {one['limit_seconds']:.1f} s",
            "",
        ),
        (
            "an answer, picture of 1 megapixel (JPEG), median and 95 of 100",
            f"{ask['megapixel']['p50']:.1f} and {ask['megapixel']['p95']:.1f} ms",
            f"the article's script starts anew each time, {start['article']:.1f} s, and reads 28×28 alone",
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
            f"{rates['2,000']['per_second']:.0f} pictures a second",
            "at most " + ", ".join(f"{run['peak_mb']:.0f} MB for {count}" for count, run in rates.items()),
            "",
        ),
        (
            "from the start of the process to the first answer",
            f"{start['kit']:.1f} s",
            f"the article's script: {start['article']:.1f} s",
            f"{start['article'] / start['kit']:.2f}",
        ),
        (
            "where that goes, in s",
            parts,
            f"`import mnist_helpers` alone: {start['import_mnist_helpers']:.4f} s",
            "",
        ),
        (
            "from a fresh clone to the first answer",
            f"{empty['seconds']:.0f} s with an empty cache, {full['seconds']:.0f} s with a full one",
            f"{empty['environment_mb'] / 1000:.1f} GB of packages; with `tensorflow-cpu` {saved:.0f} MB less",
            "",
        ),
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
