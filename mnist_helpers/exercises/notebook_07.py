"""The exercises of notebook 07, From graph to Keras."""

import numpy as np
from scipy.special import softmax

from mnist_helpers.exercises import reference
from mnist_helpers.exercises.diagnosis import Diagnosis, as_number, call, compare_number, kind


def rate_for_keep_prob(answer: object) -> str:
    """Judge 07.1, a number: the rate of Keras' Dropout for the keep_prob 0.8."""
    return compare_number(
        round(as_number(answer), 6),  # 1 - 0.8 is not quite 0.2
        0.2,
        "Right. Four of five features are kept, so one of five is dropped.",
        {
            0.8: "That is the fraction that is kept; `Dropout` takes the fraction that is dropped.",
            1.25: "The kept features are multiplied by that, but Keras does so by itself.",
            0.5: "That is the rate for the lesson's keep_prob, 0.5; this one is 0.8.",
            -0.2: "A rate is never negative: subtract what is kept from 1.",
            20: "That is a percentage; `Dropout` takes a fraction from 0.0 to 1.0.",
            80: "That is a percentage, and of what is kept.",
        },
        "what is kept and what is dropped add up to 1.",
    )


def same_network(answer: object) -> str:
    """Judge 07.2, a function: whether two networks' probabilities differ by rounding only."""
    random = np.random.default_rng(0)
    old = random.dirichlet(np.full(10, 0.1), 2000).astype(np.float32)
    rounded = old + random.uniform(-2e-6, 2e-6, old.shape).astype(np.float32)
    one_off = old.copy()
    one_off[1234, old[1234].argsort()[[-1, 0]]] += np.array([-0.001, 0.001], np.float32)
    # Other networks, and what to say of a test that they pass.
    others = {
        "A network that gives other digits passes: positive and negative differences must not cancel.": (
            np.roll(old, 1, axis=1)
        ),
        "A network with softmax applied twice passes, which changes no digit: compare the probabilities.": (
            softmax(old, axis=1)
        ),
        "A network passes that is off by 0.001 for one picture: look at the largest difference of all, "
        "and tolerate rounding only.": one_off,
    }

    def says(new: np.ndarray) -> bool:
        said = np.asarray(call(answer, old.copy(), new.copy()))
        if said.shape == () and said.dtype.kind == "b":
            return bool(said)
        if said.dtype.kind == "b":
            raise Diagnosis(f"It returns {said.size:,} Booleans; return a single one for all together.")
        raise Diagnosis(f"It should return True or False, but returns {kind(said[()])}.")

    if not says(old):
        return "It returns False for two identical arrays."
    passed = [line for line, new in others.items() if says(new)]
    if not says(rounded):
        return "Every other network fails, even if only rounding differs: tolerate about 0.00001."
    if passed:
        return passed[0]
    return "Right. The digits agree long before the networks do; the largest difference tells."


def model_that_takes_bytes(answer: object) -> str:
    """Judge 07.3, a function: a Keras model in front of which bytes are scaled to 0.0 to 1.0."""
    import keras  # here, after mnist_helpers.tf1, which silences TensorFlow's start-up notes

    spread = keras.initializers.GlorotUniform(seed=0)
    last = keras.layers.Dense(10, kernel_initializer=spread, bias_initializer="ones")
    network = keras.Sequential([keras.Input([28, 28, 1]), keras.layers.Flatten(), last])
    made = call(answer, network)
    if isinstance(made, keras.layers.Rescaling):
        return "That is the layer alone; return a model of it and the given model."
    if not isinstance(made, keras.Model):
        return f"It should return a Keras model, which can be saved, but this is {kind(made)}."
    if made is network:
        return "That is the given model, which still takes 0.0 to 1.0."
    images = reference.test_set().images[:20, ..., np.newaxis]
    given = np.asarray(call(made, np.float32(images)))
    if given.shape != (20, 10):
        return (
            f"For 20 pictures it returns an array of shape {given.shape}; it should be ten numbers for each."
        )

    def is_close(other: np.ndarray) -> bool:
        return np.allclose(given, other, rtol=1e-4, atol=1e-5)

    def answers(pixels: np.ndarray) -> np.ndarray:
        return np.asarray(network(np.float32(pixels)))

    if is_close(answers(images / 255)):
        return "Right. What no shape reveals is now part of the model, and is saved with it."
    if is_close(answers(images)):
        return "The bytes reach the network as they are: nothing divides them by 255."
    if is_close(answers(images * 255.0)):
        return "`Rescaling` multiplies: with 255 the values go up to 65,025."
    if is_close(answers(images / 255 / 255)):
        return "The bytes are divided by 255 twice."
    if is_close(answers(images) / 255):
        return "`Rescaling` comes after the network and scales its answers: it belongs in front."
    if is_close(answers(images / 127.5 - 1)):
        return "That makes -1 to 1, which other networks take; this one was trained on 0.0 to 1.0."
    if is_close(answers(1 - images / 255)):
        return "That also inverts the pictures, but MNIST's bytes are light on dark already."
    if is_close(answers(images / 256)):
        return "That divides by 256, so ink is a little less than 1: the largest byte is 255."
    return "Given bytes from 0 to 255, it does not answer as the given model does for 0.0 to 1.0."
