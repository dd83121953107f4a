"""The kit, from picture to answer.

python -m benchmarks.peers.kit_recognize start          seconds of each part of a cold start
python -m benchmarks.peers.kit_recognize each FOLDER    milliseconds of each file of a folder, ten times
python -m benchmarks.peers.kit_recognize folder FOLDER  pictures per second of a folder, and peak memory
"""

import json
import resource
import sys
import time
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "images" / "text2.png"


def start() -> dict[str, float]:
    """Return the seconds of each part, in the order in which a program needs them."""
    parts = {}
    last = time.perf_counter()

    def done(part: str) -> None:
        nonlocal last
        parts[part], last = time.perf_counter() - last, time.perf_counter()

    import mnist_helpers.tf1

    done("import TensorFlow")
    from mnist_helpers import checkpoint, paths
    from mnist_helpers.graph import build_graph, predict
    from mnist_helpers.preprocessing import preprocess

    done("import the kit")
    tf = mnist_helpers.tf1.tf
    network = build_graph()
    done("build the graph")
    session = tf.Session()
    checkpoint.restore(session, network.variables, paths.SHIPPED_MODEL)
    done("check and restore")
    image = preprocess(SAMPLE).image
    done("read the picture")
    predict(session, network, image[None])
    done("first answer")
    return parts


def each(folder: str) -> list[float]:
    from mnist_helpers import paths
    from mnist_helpers.recognizer import Recognizer

    recognizer = Recognizer(paths.SHIPPED_MODEL)
    milliseconds = []
    for turn in range(12):
        for file in sorted(Path(folder).iterdir()):
            begin = time.perf_counter()
            recognizer.recognize(file)
            if turn >= 2:  # the first two turns warm up
                milliseconds.append(1000 * (time.perf_counter() - begin))
    return milliseconds


def folder(path: str) -> dict[str, float]:
    from mnist_helpers import folders, paths, scoring
    from mnist_helpers.recognizer import Recognizer

    recognizer = Recognizer(paths.SHIPPED_MODEL)
    found = folders.find(Path(path))
    recognizer.recognize(Path(path) / found.pictures[0][0])
    begin = time.perf_counter()
    score = scoring.score(recognizer, Path(path), found)
    return {
        "pictures": len(found.pictures),
        "accuracy": score.accuracy,
        "per_second": len(found.pictures) / (time.perf_counter() - begin),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    print(json.dumps({"start": start, "each": each, "folder": folder}[what](*arguments)))
