"""The exercises of notebook 01, Build the graph."""

from collections.abc import Mapping

import numpy as np
from scipy.special import softmax

from mnist_helpers import datasets
from mnist_helpers.exercises import reference
from mnist_helpers.exercises.diagnosis import as_array, compare_number, kind
from mnist_helpers.tf1 import tf


def parameters_of_smaller_filters(answer: object) -> str:
    """Judge 01.1, a number: the parameters of conv_layer2 if its filters were 3 × 3."""
    *_, channels, filters = reference.network().W_conv2.shape.as_list()
    weights = 3 * 3 * channels * filters
    return compare_number(
        answer,
        weights + filters,
        f"Right. Each of the {filters} filters has 3 · 3 weights for each of the {channels} input channels, "
        "and one bias.",
        {
            weights: "You counted the weights, but each filter also has a bias: how many filters are there?",
            weights + channels: "There is one bias for each filter, not one for each input channel.",
            2 * weights: "There is one bias for each filter, not one for each weight.",
            3 * 3 * filters: f"A filter spans all {channels} channels, not just one, and has a bias.",
            3 * 3 * filters + filters: f"A filter has 3 · 3 weights for each of the {channels} channels "
            "of its input, not for just one.",
            3 * 3 * channels + 1: f"That is one filter; there are {filters} of them.",
            3 * 3 * channels: f"Those are the weights of one filter; there are {filters}, each with a bias.",
            5 * 5 * channels * filters + filters: "That is the layer with 5 × 5 filters; these are 3 × 3.",
            5 * 5 * channels * filters: "Those are the weights of 5 × 5 filters; these are 3 × 3.",
        },
        "the weights are height · width · input channels · filters; then add the biases.",
    )


def smallest_feed(answer: object) -> str:
    """Judge 01.2, a dictionary: the smallest feed that gives the features of three test pictures."""
    if not isinstance(answer, Mapping):
        return f"A feed is a dictionary, {{placeholder: value}}, but this is {kind(answer)}."
    fed = {}
    for key, value in answer.items():
        if isinstance(key, str) and ":" not in key:
            return f'The key "{key}" is a string: write the placeholder itself, without quotes.'
        fed[str(getattr(key, "name", key)).split(":")[0].split("/")[-1]] = value
    if "x" not in fed:
        return "x is missing: everything up to h_fc1 is computed from the pictures."
    if "keep_prob" in fed:
        return "It runs, but keep_prob is not needed: dropout comes after h_fc1."
    if "y_" in fed:
        return "It runs, but y_ is not needed: the features do not depend on the labels."
    if len(fed) > 1:
        return "It holds more than is needed: which placeholders does h_fc1 depend on?"
    pictures = as_array(fed["x"])
    if pictures.ndim > 2:
        return (
            f"x takes rows of 784 numbers, but these pictures have the shape {pictures.shape}: flatten them."
        )
    if pictures.shape != (3, 784):
        return (
            f"x should get three rows, an array of shape (3, 784), but this has the shape {pictures.shape}."
        )
    if pictures.max() > 1:
        return "The values go up to 255, but x takes 0.0 to 1.0: datasets.flatten takes care of that, too."
    if not np.allclose(pictures, datasets.flatten(reference.test_set().images[:3]), atol=1e-5):
        return "The shape is right, but these are not the first three of mnist.test.images."
    return "Right. A run computes only what h_fc1 depends on, so only x has to be fed."


def highest_probability(answer: object) -> str:
    """Judge 01.3, a tensor: the highest of the ten probabilities for each picture."""
    if isinstance(answer, np.ndarray | np.generic | float | list):
        return "These are computed numbers; it should be a tensor, part of the graph and not yet computed."
    if not isinstance(answer, tf.Tensor):
        return f"This should be a tensor, but it is {kind(answer)}."
    if answer.dtype.is_integer:
        return (
            "That says which digit is the most probable, as argmax does; the question is how probable it is."
        )
    logits = np.array([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]], np.float32)
    y_conv = softmax(logits, axis=1)
    values = {"logits": logits, "y_conv": y_conv}
    # A run can be fed with any tensor: these two, in place of a whole network.
    feed = {
        operation.outputs[0]: values[operation.name.split("/")[-1]]
        for operation in answer.graph.get_operations()
        if operation.name.split("/")[-1] in values
    }
    with tf.Session(graph=answer.graph) as session:
        highest = session.run(answer, feed)
    if highest.shape == ():
        return "That is one number for all pictures together: along which axis do the ten digits lie?"
    if highest.shape == (10,):
        return "That is one number for each digit, over all pictures: use the other axis."
    if highest.shape != (2,):
        return (
            f"Two pictures give an array of shape {highest.shape}; it should be one number per picture, (2,)."
        )
    if np.allclose(highest, logits.max(axis=1)):
        return "That is the largest logit, which can be any number; the probabilities are in y_conv."
    if np.allclose(highest, 1):
        return "That is always 1, because ten probabilities add up to 1: take the highest of them."
    if not np.allclose(highest, y_conv.max(axis=1)):
        return "It is one number per picture, but not its highest probability: look at tf.reduce_max."
    return "Right. You added an operation to the graph; nothing is computed until a session runs it."
