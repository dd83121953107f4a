"""Every figure that the notebooks show, as matplotlib figures: a cell's last line shows one."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from IPython.display import display
from matplotlib import figure as matplotlib_figure
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from PIL import Image

from mnist_helpers.scoring import confusion_counts

if TYPE_CHECKING:  # only the figure of a graph needs TensorFlow, and gets it from the caller
    from mnist_helpers.recognizer import Answer
    from mnist_helpers.tf1 import tf

INK, QUIET, RIGHT, WRONG = "#1f2937", "#9ca3af", "#2563eb", "#dc2626"


class Figure(matplotlib_figure.Figure):
    """A matplotlib figure that a notebook shows as a picture, without pyplot and its global state."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png")
        return stream.getvalue()


def _figure(
    width: float, height: float, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, np.ndarray]:
    """Make a figure in inches and its axes [rows, columns], not shown until a cell or ``display`` does."""
    # Not pyplot's: a widget's callback draws in a thread of its own, and pyplot's figures are for one thread.
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def pictures(images: Sequence[np.ndarray], titles: Sequence[str] = (), columns: int = 8) -> Figure:
    """Draw pictures side by side.

    Parameters
    ----------
    images : sequence of ndarray, shape (h, w), (h, w, 3) or (h, w, 4)
        Grey, RGB or RGBA; uint8, or float 0.0 to 1.0.
    titles : sequence of str
        One for each picture, or none.
    columns : int
        Pictures in a row, at most.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure, axes = _figure(1.2 * columns, (1.5 if len(titles) else 1.2) * rows, rows, columns)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image in zip(axes.flat, images, strict=False):
        limit = 255 if np.asarray(image).dtype == np.uint8 else 1.0
        axis.imshow(image, cmap="gray", vmin=0, vmax=limit)
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, fontsize=9, color=INK)
    return figure


def accuracies(sets: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw accuracies, 0.0 to 1.0, as bars: a panel for each set, in it a bar for each preprocessing."""
    most = max(map(len, sets.values()))
    figure, axes = _figure(9, 0.36 * most + 0.6, columns=len(sets), sharey=True)
    for axis, (name, values) in zip(axes.flat, sets.items(), strict=True):
        colors = [QUIET] * (len(values) - 1) + [RIGHT]
        bars = axis.barh(list(values), list(values.values()), color=colors)
        axis.bar_label(bars, [f"{value:.1%}" for value in values.values()], padding=3, fontsize=8, color=INK)
        axis.set(xlim=(0, 1.18), xticks=())
        axis.set_title(name, fontsize=9, color=INK)
        axis.tick_params(left=False, labelsize=9, labelcolor=INK)
        axis.spines[:].set_visible(False)
    axes[0, 0].invert_yaxis()
    return figure


def answers(answers: Sequence[Answer], columns: int = 7) -> Figure:
    """Draw each picture as it was given, and below it the 28×28 that the network saw, with its answer."""
    images, titles = [], []
    for start in range(0, len(answers), columns):
        row = answers[start : start + columns]
        gap = [np.ones((1, 1))] * (columns - len(row))
        images += [answer.steps[0][1] for answer in row] + gap + [answer.image for answer in row] + gap
        titles += [""] * columns
        titles += [f"{answer.digit} ({answer.confidence:.0%})" for answer in row] + [""] * len(gap)
    return pictures(images, titles, columns)


def mistakes(shown: Sequence[tuple[int, Answer]], more: int) -> Figure:
    """Draw misclassified pictures: each as it was given, and beside it what the network saw.

    Parameters
    ----------
    shown : sequence of (int, Answer)
        The true digit, 0 to 9, and the network's answer.
    more : int
        How many mistakes there are beyond those shown; 0 and up.
    """
    images, titles = [], []
    for label, answer in shown:
        images += [answer.steps[0][1], answer.image]
        titles += [f"a {label}", f"read as {answer.digit} ({answer.confidence:.0%})"]
    figure = pictures(images or [np.ones((1, 1))], titles)
    rest = f", and {more:,} more that are not shown" if more else ""
    figure.suptitle(f"mistakes: {len(shown) or 'none'}{rest}", fontsize=10, color=INK)
    return figure


def graph_structure(graph: tf.Graph) -> Figure:
    """Draw the name scopes of a graph as boxes from input to output, as TensorBoard folds them.

    Read off the graph: a box for each top-level scope, with its number of operations and its
    trained parameters; an arrow where a tensor passes from one scope to another, with its shape.
    """
    scopes: dict[str, list[tf.Operation]] = {}
    for operation in graph.get_operations():
        if "/" in operation.name:
            scopes.setdefault(operation.name.split("/")[0], []).append(operation)
    variables = graph.get_collection("trainable_variables")
    place = {scope: row for row, scope in enumerate(scopes)}
    figure, ((axis,),) = _figure(7.5, 0.72 * len(scopes) + 0.3)
    axis.set(xlim=(-2.9, 3.4), ylim=(len(scopes) - 0.5, -0.6))
    axis.set_axis_off()
    for scope, row in place.items():
        weights = sum(v.shape.num_elements() for v in variables if v.op.name.startswith(scope + "/"))
        facts = f"{len(scopes[scope])} operations" + (f", {weights:,} parameters" if weights else "")
        shade = "#dbeafe" if weights else "#f3f4f6"
        style: dict[str, Any] = {
            "boxstyle": "round,pad=0.02,rounding_size=0.12",
            "facecolor": shade,
            "edgecolor": QUIET,
        }
        axis.add_patch(FancyBboxPatch((-1.2, row - 0.24), 2.4, 0.48, **style))
        axis.text(0, row - 0.07, scope, ha="center", va="center", fontsize=10, color=INK, weight="bold")
        axis.text(0, row + 0.13, facts, ha="center", va="center", fontsize=7, color=INK)
    flows = {
        (tensor.op.name.split("/")[0], scope): tensor
        for scope, operations in scopes.items()
        for operation in operations
        for tensor in operation.inputs
    }
    for (start, end), tensor in flows.items():
        if start != end and start in place:
            top, bottom = place[start], place[end]
            axis.annotate(
                "", (0, bottom - 0.27), (0, top + 0.27), arrowprops={"arrowstyle": "->", "color": INK}
            )
            shape = " × ".join("N" if size is None else str(size) for size in tensor.shape.as_list())
            axis.text(0.08, (top + bottom) / 2, shape, va="center", fontsize=8, color=RIGHT)
    return figure


def show_tensorboard(folder: str) -> None:
    """Show TensorBoard below the cell, reading the logs in ``folder``. It ends with the kernel.

    It needs a browser on the same machine as the kernel, or Colab, or a proxy named by
    TENSORBOARD_PROXY_URL.
    """
    from tensorboard import notebook, program

    # It watches in the background, and would say in red below any cell that the logs were written anew.
    logging.getLogger("tensorboard").setLevel(logging.CRITICAL)
    board = program.TensorBoard()
    board.configure(argv=["tensorboard", "--logdir", folder, "--load_fast", "false"])
    url = board.launch()
    print(f"TensorBoard is also a page of its own: {url}")
    notebook.display(port=int(url.rstrip("/").rsplit(":")[-1]), height=720)


class LiveCurves:
    """Loss and accuracy of the training batches, drawn anew in the same place as training goes on."""

    def __init__(self, steps: int) -> None:
        """Prepare for so many steps."""
        self.loss: list[float] = []
        self.accuracy: list[float] = []
        self.figure, self.axes = _figure(9, 2.8, columns=2)
        for axis, name in zip(self.axes.flat, ("loss", "accuracy"), strict=True):
            axis.set(xlim=(0, steps), xlabel="step")
            axis.set_title(f"{name} of the batch (grey) and its running mean", fontsize=9, color=INK)
            axis.grid(alpha=0.3)
        self.axes[0, 0].set(yscale="log")
        self.axes[0, 1].set(ylim=(0.8, 1.005))
        self.output = display(self.figure, display_id=True)

    def add(self, loss: float, accuracy: float) -> None:
        """Note one step; every 50th draws."""
        self.loss.append(loss)
        self.accuracy.append(accuracy)
        if len(self.loss) % 50 == 0:
            self.draw()

    def draw(self) -> None:
        """Draw all steps so far."""
        for axis, values in zip(self.axes.flat, (self.loss, self.accuracy), strict=True):
            for line in list(axis.lines):
                line.remove()
            width = min(50, len(values))
            mean = np.convolve(values, np.ones(width) / width, mode="valid") if values else np.empty(0)
            axis.plot(range(1, len(values) + 1), values, color=QUIET, lw=0.5)
            axis.plot(range(width, len(values) + 1), mean, color=RIGHT, lw=1.8)
        if self.output:  # None outside a notebook
            self.output.update(self.figure)


def confusion_matrix(labels: np.ndarray, answers: np.ndarray) -> Figure:
    """Draw how often each digit (row) was classified as each (column); correct answers are grey.

    Parameters
    ----------
    labels, answers : ndarray of int, shape (n,)
        The true digits and the network's, 0 to 9.
    """
    counts = confusion_counts(labels, answers)
    wrong = counts * (1 - np.eye(10))
    figure, ((axis,),) = _figure(5.2, 4.8)
    axis.imshow(wrong, cmap="Reds", vmax=max(wrong.max(), 1))
    for row, column in np.ndindex(10, 10):
        if counts[row, column]:
            strong = wrong[row, column] > 0.6 * wrong.max()
            color = QUIET if row == column else "white" if strong else INK
            axis.text(column, row, counts[row, column], ha="center", va="center", fontsize=9, color=color)
    axis.set(xticks=range(10), yticks=range(10), xlabel="the network's answer", ylabel="the true digit")
    return figure


def pad(picture: Image.Image | None, answer: Answer | None) -> Figure:
    """Draw the pad: what was drawn or brought, what the network saw, and its ten probabilities.

    Parameters
    ----------
    picture : PIL.Image.Image or None
        None for an empty sheet.
    answer : Answer or None
        The network's answer to it.
    """
    figure, ((sheet, left, right),) = _figure(8.5, 2.6, columns=3, width_ratios=(1, 1, 1.6))
    sheet.imshow(picture or Image.new("L", (1, 1), "white"), cmap="gray", vmin=0, vmax=255)
    sheet.set(xticks=(), yticks=())
    _answer(
        left,
        right,
        answer.image if answer else np.zeros((28, 28)),
        answer.probabilities if answer else np.zeros(10),
    )
    return figure


def answer(image: np.ndarray, probabilities: np.ndarray) -> Figure:
    """Draw what the network saw beside its ten probabilities as bars.

    Parameters
    ----------
    image : ndarray, shape (28, 28)
        uint8, or float 0.0 to 1.0.
    probabilities : ndarray of float, shape (10,)
        0.0 to 1.0.
    """
    figure, ((left, right),) = _figure(6.5, 2.3, columns=2, width_ratios=(1, 1.9))
    _answer(left, right, image, probabilities)
    return figure


def _answer(left: Axes, right: Axes, image: np.ndarray, probabilities: np.ndarray) -> None:
    left.imshow(image, cmap="gray", vmin=0, vmax=255 if image.dtype == np.uint8 else 1.0)
    left.set_axis_off()
    left.set_title("what the network sees", fontsize=9, color=INK)
    best = int(np.argmax(probabilities))
    bars = right.bar(
        range(10), probabilities, color=[RIGHT if digit == best else QUIET for digit in range(10)]
    )
    right.bar_label(bars, [f"{p:.1%}" if p >= 0.001 else "" for p in probabilities], fontsize=7, color=INK)
    right.set(xticks=range(10), ylim=(0, 1.12), yticks=(0, 0.5, 1), yticklabels=("0 %", "50 %", "100 %"))
    right.set_title("the ten probabilities", fontsize=9, color=INK)
    right.spines[["top", "right"]].set_visible(False)


def probabilities(rows: Sequence[np.ndarray], places: Sequence[float], name: str) -> Figure:
    """Draw how ten probabilities change; dark is 1.0.

    Parameters
    ----------
    rows : sequence of n ndarrays, shape (10,)
        The probabilities, 0.0 to 1.0, at each place.
    places : sequence of n floats
        Where they were computed, evenly spaced.
    name : str
        What the places are, with their unit.
    """
    figure, ((axis,),) = _figure(8.5, 2.6)
    step = (places[-1] - places[0]) / (len(places) - 1)
    extent = (places[0] - step / 2, places[-1] + step / 2, 9.5, -0.5)
    image = axis.imshow(np.transpose(rows), aspect="auto", cmap="Blues", vmin=0, vmax=1, extent=extent)
    axis.set(yticks=range(10), ylabel="digit", xlabel=name)
    figure.colorbar(image, label="probability")
    return figure


def maps(
    values: Sequence[np.ndarray],
    titles: Sequence[object] = (),
    columns: int = 8,
    alike: bool = True,
    side: int | None = None,
) -> Figure:
    """Draw arrays as colours: black is 0 and white the most; with negative numbers blue, white, red.

    Parameters
    ----------
    values : sequence of ndarray, shape (h, w)
        Any numbers.
    titles : sequence
        One for each array, or none.
    columns : int
        Arrays in a row, at most.
    alike : bool
        One scale for all, so that pale means weak; else each has its own.
    side : int, optional
        Draw all with pixels of one size, on a tile of that many.
    """
    columns = min(columns, len(values))
    rows = -(-len(values) // columns)
    figure, axes = _figure(1.2 * columns, (1.42 if len(titles) else 1.2) * rows, rows, columns)
    for axis in axes.flat[len(values) :]:
        axis.set_axis_off()
    for axis, value in zip(axes.flat, values, strict=False):
        scale = values if alike else [value]
        most = max(np.abs(v).max() for v in scale) or 1
        signed = min(v.min() for v in scale) < 0
        axis.imshow(value, cmap="RdBu_r" if signed else "gray", vmin=-most if signed else 0, vmax=most)
        axis.set(xticks=(), yticks=())
        axis.spines[:].set(color=QUIET, linewidth=0.5)
        if side:
            middle = value.shape[0] / 2 - 0.5
            axis.set(xlim=(middle - side / 2, middle + side / 2), ylim=(middle + side / 2, middle - side / 2))
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, fontsize=9, color=INK)
    return figure


def evidence(image: np.ndarray, named: Mapping[str, np.ndarray]) -> Figure:
    """Draw an image and maps of what each pixel does for the answer: red for, blue against.

    Parameters
    ----------
    image : ndarray, shape (28, 28)
        The image.
    named : mapping of str to ndarray, shape (28, 28)
        Each map by its title; each has a scale of its own.
    """
    figure, axes = _figure(3 * (len(named) + 1), 3, columns=len(named) + 1)
    axes[0, 0].imshow(image, cmap="gray")
    axes[0, 0].set_title("the picture", fontsize=10, color=INK)
    for axis, (name, value) in zip(axes[0, 1:], named.items(), strict=True):
        most = np.abs(value).max() or 1
        shown = axis.imshow(value, cmap="RdBu_r", vmin=-most, vmax=most)
        axis.contour(image, [np.ptp(image) / 2 or 1], colors=INK, linewidths=0.8)  # the stroke's outline
        axis.set_title(name, fontsize=10, color=INK)
        figure.colorbar(shown, ax=axis, shrink=0.8).ax.tick_params(labelsize=8)
    for axis in axes.flat:
        axis.set_axis_off()
    return figure


def scatter(points: np.ndarray, labels: np.ndarray, yours: np.ndarray) -> Figure:
    """Draw points, each written as its digit, and yours as a star.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Any numbers.
    labels : ndarray of int, shape (n,)
        The points' digits, 0 to 9.
    yours : ndarray, shape (2,)
        Your point.
    """
    figure, ((axis,),) = _figure(8.5, 6)
    for digit in range(10):
        here = points[labels == digit]
        axis.scatter(*here.T, s=28, marker=f"${digit}$", color=f"C{digit}", linewidths=0.3)
    axis.scatter(*yours, s=500, marker="*", color="gold", edgecolors=INK, zorder=3)
    axis.annotate("yours", yours, (10, 12), textcoords="offset points", fontsize=11, color=INK, weight="bold")
    axis.set(xlabel="first direction", ylabel="second direction")
    axis.spines[["top", "right"]].set_visible(False)
    return figure
