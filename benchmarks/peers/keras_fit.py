"""One epoch of training with Keras' ``fit``, on TensorFlow: the same network, batches of 128, Adam.

python -m benchmarks.peers.keras_fit
"""

import json
import os
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras

from mnist_helpers import datasets

layers = keras.layers


def build() -> keras.Model:
    """Build the network; its last layer returns logits."""
    return keras.Sequential(
        [
            keras.Input([28, 28, 1]),
            layers.Conv2D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )


def main() -> None:
    train = datasets.load().train
    images = datasets.flatten(train.images).reshape(-1, 28, 28, 1)
    model = build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    whole = len(images) // 128 * 128
    model.fit(images[: 20 * 128], train.labels[: 20 * 128], batch_size=128, verbose=0)  # to warm up
    start = time.perf_counter()
    model.fit(images[:whole], train.labels[:whole], batch_size=128, verbose=0)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
