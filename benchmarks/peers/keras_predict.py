"""Keras' ``predict`` on 200 images of 28×28, one by one: the milliseconds of each.

python -m benchmarks.peers.keras_predict
"""

import json
import time

from benchmarks.peers import keras_fit
from mnist_helpers import datasets


def main() -> None:
    images = datasets.flatten(datasets.load().test.images[:220]).reshape(-1, 28, 28, 1)
    model = keras_fit.build()
    milliseconds = []
    for image in images:
        start = time.perf_counter()
        model.predict(image[None], verbose=0)
        milliseconds.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"milliseconds": milliseconds[20:]}))


if __name__ == "__main__":
    main()
