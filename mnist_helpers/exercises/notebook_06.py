"""The exercises of notebook 06, Look inside."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from mnist_helpers import datasets
from mnist_helpers.exercises import reference
from mnist_helpers.exercises.diagnosis import as_array, call, kind
from mnist_helpers.graph import build_graph
from mnist_helpers.tf1 import tf


def occluded_copy(answer: object) -> str:
    """Judge 06.1, a function: a copy of a picture with a black square around a pixel."""
    picture = np.random.default_rng(0).integers(50, 256, (28, 28), np.uint8)  # black nowhere
    given = picture.copy()
    said = as_array(call(answer, given, 9, 15, 5))
    if not np.array_equal(given, picture):
        return "It writes into the given picture, which changes it for everyone: copy first."
    if said.shape != (28, 28):
        return (
            f"It returns an array of shape {said.shape}, but the copy is as large as the picture, (28, 28)."
        )
    changed = said != picture
    if not changed.any():
        return "Nothing is covered: assign to a slice of the copy, and return the copy."
    top, left, bottom, right = _bounds(changed)
    rows, columns = bottom - top + 1, right - left + 1
    if (rows, columns) == (28, 28):
        return "The whole picture has changed, but only a square of `size` × `size` pixels should."
    if (top, left, rows, columns) == (9, 15, 5, 5):
        return "The square begins at `row` and `column`; they should be its middle."
    if (rows, columns) == (4, 4):
        return "The square is 4 × 4 for the size 5: a slice excludes its end, so add 1 there."
    if (rows, columns) in ((11, 11), (10, 10)):
        return f"For the size 5 the square is {rows} × {columns}: it reaches half of `size` to each side."
    if (top, left, rows, columns) == (13, 7, 5, 5):
        return "Row and column are swapped: the first index is the row, counted from the top."
    if (top, left, rows, columns) != (7, 13, 5, 5):
        return (
            f"Around row 9, column 15 the size 5 covers rows 7 to 11 and columns 13 to 17, "
            f"but you cover rows {top} to {bottom}, columns {left} to {right}."
        )
    if said[changed].any() or not changed[7:12, 13:18].all():
        return (
            f"The square is in the right place, but it holds {said[9, 15]:g}; it should be black, which is 0."
        )
    for row, column, size in ((1, 12, 5), (12, 0, 7), (26, 27, 5), (14, 14, 1)):
        covered, half = picture.copy(), size // 2
        covered[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = 0
        said = as_array(call(answer, picture.copy(), row, column, size))
        if np.array_equal(said, picture):
            return (
                f"Around row {row}, column {column} nothing is covered: "
                "a slice that starts below 0 counts from the end."
            )
        if said.shape != (28, 28) or not np.array_equal(said, covered):
            return f"It is correct in the middle, but not at row {row}, column {column} with the size {size}."
    return "Right. The lesson's map consists of 784 such copies, and of the network's answer to each."


def _bounds(where: np.ndarray) -> tuple[int, int, int, int]:
    """Return the first row and column and the last that hold a True."""
    places = np.argwhere(where)
    top, left = places.min(axis=0).tolist()
    bottom, right = places.max(axis=0).tolist()
    return top, left, bottom, right


def feature_map_of_the_second_layer(answer: object) -> str:
    """Judge 06.2, a function: one feature map of conv_layer2, computed by hand."""
    maps, weights, biases, correct = _second_layer()
    cases = range(len(biases))
    given = [as_array(call(answer, maps.copy(), weights[..., k].copy(), biases[k])) for k in cases]
    for one in given:
        if one.shape == maps.shape:
            return f"Its shape is {one.shape}: the 32 maps must still be added up to one."
        if one.shape == (10, 10):
            return "Its shape is (10, 10): beyond the border there are zeros, so that it stays (14, 14)."
        if one.shape != (14, 14):
            return f"It returns an array of shape {one.shape}, but a feature map of this layer is (14, 14)."

    def is_close(others: ArrayLike) -> bool:
        return np.allclose(given, others, rtol=1e-3, atol=1e-3)

    def filtered(slide: Callable = ndimage.correlate, mode: str = "constant") -> np.ndarray:
        """Return each filter's sums over each map, before they are added up: [filters, 32, 14, 14]."""
        of_map = [[slide(maps[..., i], weights[..., i, k], mode=mode) for i in range(32)] for k in cases]
        return np.array(of_map)

    by_map = filtered()
    total = by_map.sum(axis=1)
    bias = biases[:, np.newaxis, np.newaxis]
    if is_close(correct):
        return "Right. 25 products in each of 32 maps, 800 in all, are behind every number of this layer."
    if is_close(total + bias):
        return "`relu` is missing: negative values become 0."
    if is_close(np.maximum(total, 0)):
        return "The bias is missing."
    if is_close(np.maximum(total, 0) + bias):
        return "The bias comes before `relu`: it belongs to the sum whose sign decides."
    if is_close(np.maximum(total + 32 * bias, 0)):
        return "The bias was added 32 times: a filter has one, whatever the number of maps."
    if is_close(np.maximum(by_map, 0).sum(axis=1) + bias):
        return "`relu` came too early: first add up all 32 maps and the bias, then apply it once."
    if is_close(np.maximum(total / 32 + bias, 0)):
        return "That is the mean over the 32 maps; take their sum."
    if is_close(np.maximum(filtered(ndimage.convolve).sum(axis=1) + bias, 0)):
        return "The filter is rotated by 180°, as in `convolve`; the network computes a cross-correlation."
    modes = ("reflect", "nearest", "mirror", "wrap")
    if any(is_close(np.maximum(filtered(mode=mode).sum(axis=1) + bias, 0)) for mode in modes):
        return 'It is correct inside, but not at the border: beyond it there are zeros, mode="constant".'
    if is_close(np.maximum(by_map[:, 0] + bias, 0)):
        return "That is the first of the 32 maps only; each contributes to the sum."
    row, column = np.unravel_index(np.abs(given[0] - correct[0]).argmax(), (14, 14))
    return (
        f"At row {row}, column {column} you get {given[0][row, column]:.4g}, but the graph has "
        f"{correct[0][row, column]:.4g}: slide each map's 5×5 weights over it."
    )


@cache
def _second_layer() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return maps, three filters with their biases, and what the graph makes of them."""
    random = np.random.default_rng(0)
    maps = np.maximum(random.normal(size=(14, 14, 32)), 0).astype(np.float32)
    net = reference.network()
    weights = random.normal(scale=0.1, size=net.W_conv2.shape.as_list()).astype(np.float32)
    biases = random.choice(np.array([-0.7, 0.4, 0.7], np.float32), net.b_conv2.shape.as_list())
    # A run can be fed with any tensor, so no checkpoint is needed.
    feed = {net.h_pool1: maps[np.newaxis], "conv_layer2/W_conv2/read:0": weights}
    with tf.Session(graph=net.x.graph) as session:
        (h_conv2,) = session.run(net.h_conv2, feed | {"conv_layer2/b_conv2/read:0": biases})
    some = [0, *(np.flatnonzero(biases != biases[0])[:2])]
    return maps, weights[..., some], biases[some], np.moveaxis(h_conv2[..., some], 2, 0)


def gradient_of_five_minus_three(answer: object) -> str:
    """Judge 06.3, a tensor: how the logit of 5 minus that of 3 changes with each pixel."""
    if answer is None or (isinstance(answer, list) and any(one is None for one in answer)):
        return (
            "tf.gradients gives None if its first argument does not depend on its second: are they swapped? "
            "First the logits, then the pixels."
        )
    if isinstance(answer, list | tuple):
        return (
            "tf.gradients returns a list, with one gradient for each tensor that it is asked about: take [0]."
        )
    if isinstance(answer, np.ndarray | np.generic):
        return "These are computed numbers; it should be the tensor, part of the graph and not yet computed."
    if not isinstance(answer, tf.Tensor):
        return f"This should be a tensor, but it is {kind(answer)}."
    values, pictures, gradients = _gradients()
    names = {operation.name for operation in answer.graph.get_operations()}
    if not names >= {name.split(":")[0] for name in values}:
        return "There is no network in this tensor's graph: run the cells above, from the top."
    feed = values | {"input/x:0": pictures, "dropout/keep_prob:0": 1.0}
    with tf.Session(graph=answer.graph) as session:
        given = session.run(answer, feed)
    if given.shape == (len(pictures),):
        return "That is the difference itself, one number per picture; take its gradient: tf.gradients."
    if given.size != pictures.size:
        return f"Its shape is {answer.shape}: take the gradient with respect to the pixels, net.x_image."
    given = given.reshape(pictures.shape)

    def is_close(gradient: np.ndarray) -> bool:
        return np.allclose(given, gradient, rtol=1e-3, atol=1e-3 * np.abs(gradient).max())

    if is_close(gradients["5 - 3"]):
        return "Right. What a 5 and a 3 have in common cancels; red speaks for the 5 and against the 3."
    if is_close(-gradients["5 - 3"]):
        return "The signs are reversed: it speaks for the 3. Subtract the logit of 3 from that of 5."
    if is_close(gradients["5"] + gradients["3"]):
        return "That is the gradient of the sum of the two logits; take their difference."
    if is_close(gradients["probabilities"]):
        return "Those are the probabilities; near 100 % their gradient vanishes, so take the logits."
    for digit in ("5", "3"):
        if is_close(gradients[digit]):
            return f"That is the gradient of the logit of {digit} alone; subtract the other logit first."
    if not given.any(axis=1).all():
        return "It is about single pictures: logits are [pictures, digits], so the digit 5 is logits[:, 5]."
    if (given >= 0).all():
        return "The sign is lost, but it says which digit a pixel speaks for."
    return "It is a gradient with respect to the pixels, but not of the logit of 5 minus the logit of 3."


@cache
def _gradients() -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, np.ndarray]]:
    """Return a random network, by the tensors to feed, ten rows of pixels, and gradients there."""
    pictures = datasets.flatten(reference.test_set().images[:10])
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        net = build_graph()
        differentiated = {
            "5 - 3": net.logits[:, 5] - net.logits[:, 3],
            "5": net.logits[:, 5],
            "3": net.logits[:, 3],
            "probabilities": net.y_conv[:, 5] - net.y_conv[:, 3],
        }
        gradients = {name: tf.gradients(tensor, net.x)[0] for name, tensor in differentiated.items()}
        session.run(tf.global_variables_initializer())
        weights = {f"{variable.op.name}/read:0": variable for variable in net.variables}
        values, gradients = session.run([weights, gradients], {net.x: pictures, net.keep_prob: 1.0})
    return values, pictures, gradients
