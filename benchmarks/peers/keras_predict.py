"""Pictures already 28×28, one by one through Keras' ``predict``: the milliseconds of each of 200.

python -m benchmarks.peers.keras_predict
"""

import json
import time

from benchmarks.peers.keras_fit import keras, layers
from mnist_helpers import datasets


def main() -> None:
    images = datasets.flatten(datasets.load().test.images[:220]).reshape(-1, 28, 28, 1)
    model = keras.Sequential(
        [
            keras.Input([28, 28, 1]),
            *(layers.Conv2D(32, 5, padding="same", activation="relu"), layers.MaxPooling2D(2)),
            *(layers.Conv2D(64, 5, padding="same", activation="relu"), layers.MaxPooling2D(2)),
            *(
                layers.Flatten(),
                layers.Dense(1024, activation="relu"),
                layers.Dense(10, activation="softmax"),
            ),
        ]
    )
    milliseconds = []
    for image in images:
        start = time.perf_counter()
        model.predict(image[None], verbose=0)
        milliseconds.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"milliseconds": milliseconds[20:]}))


if __name__ == "__main__":
    main()
