"""Varied copies of training images, so that the network meets more hands than MNIST's.

Both kinds are called with uint8 images [n, 28, 28] and their labels [n]; they return as many
images, uint8 [n, 28, 28], and the targets to learn, float32 [n, 10].
"""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mnist_helpers.datasets import one_hot
from mnist_helpers.preprocessing import centred
from mnist_helpers.tf1 import tf


class Light:
    """Small changes of position, as in notebook 02; 1 ms for 128 images.

    Each image is rotated by up to 5 degrees, sheared by up to 0.05, scaled by up to 5 % in each
    direction, and shifted by up to 1 pixel; all drawn uniformly.
    """

    ROTATION, SHEAR, SCALE, SHIFT = np.deg2rad(5), 0.05, 0.05, 1.0

    def __init__(self, random: np.random.Generator):
        self.random = random
        # A graph of its own: nothing of this gets into the network's graph or its checkpoint.
        with tf.Graph().as_default() as graph:
            self.images = tf.placeholder(tf.uint8, [None, 28, 28])
            self.transforms = tf.placeholder(tf.float32, [None, 8])
            self.changed = tf.raw_ops.ImageProjectiveTransformV3(
                images=self.images[..., tf.newaxis],
                transforms=self.transforms,
                output_shape=[28, 28],
                interpolation="BILINEAR",
                fill_mode="CONSTANT",
                fill_value=0.0,
            )[..., 0]
            self.session = tf.Session(graph=graph)

    def __call__(self, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vary every image a little."""
        n = len(images)
        angle, shear, log_x, log_y = (
            self.random.uniform(-limit, limit, n)
            for limit in (self.ROTATION, self.SHEAR, self.SCALE, self.SCALE)
        )
        shift = self.random.uniform(-self.SHIFT, self.SHIFT, (n, 2))
        rotated = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        slanted = np.array([[np.exp(log_x), shear], [np.zeros(n), np.exp(log_y)]])
        matrix = np.einsum("ijn,jkn->nik", rotated, slanted)  # where each pixel comes from, about the centre
        offset = 13.5 + shift - matrix.sum(2) * 13.5
        rows = np.concatenate([matrix, offset[..., np.newaxis]], axis=2).reshape(n, 6)
        transforms = np.pad(rows, ((0, 0), (0, 2)))
        feed = {self.images: images, self.transforms: transforms}
        return self.session.run(self.changed, feed), one_hot(labels)


class Robust:
    """What strangers' digits differ in; 13 ms for 128 images.

    Strokes that other schools teach, slant, proportions, an unsteady hand, thin and fat pens. As in
    ``preprocessing.preprocess``, the result is fitted into 20×20 with its centre of mass in the middle,
    so that the network need not learn positions that it will never be shown. A third of the images
    stay as they are: MNIST's own hands count too.
    """

    UNCHANGED = 1 / 3  # fraction of the images
    ONE_FLAG, ONE_FOOT, SEVEN_BAR, NINE_HOOK = 0.3, 0.02, 0.25, 0.3  # fraction of these digits
    ROTATION, SHEAR, SCALE, ASPECT, SHIFT = np.deg2rad(6), 0.3, 0.08, 0.15, 1.0
    ELASTIC = 0.7  # pixels: at most the standard deviation of the displacements of a 5×5 grid
    PRESSED = 0.6  # fraction of the images with another pen

    def __init__(self, random: np.random.Generator, not_digits: float = 0.1):
        """Replace a fraction of the images by what is no digit.

        There the target is 0.1 for each digit, so that the network has no confidence in things that it
        never met.

        Parameters
        ----------
        random : numpy.random.Generator
            The source of all variation.
        not_digits : float
            The fraction, 0.0 to 1.0.

        References
        ----------
        Hendrycks, Mazeika and Dietterich, "Deep Anomaly Detection with Outlier Exposure" (2019),
        section 3.
        """
        self.random = random
        self.not_digits = not_digits

    def __call__(self, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vary two of three images, and replace some."""
        n = len(images)
        images, y_ = images.copy(), one_hot(labels)
        others = np.flatnonzero(self.random.random(n) < self.not_digits)
        images[others] = self._no_digits(images, len(others))
        y_[others] = 0.1
        chosen = np.flatnonzero(self.random.random(n) >= self.UNCHANGED)
        ink = images[chosen].astype(np.float32) / 255
        self._add_strokes(ink, np.where(np.isin(chosen, others), -1, labels[chosen]))
        ink = self._press(self._warp(ink))
        images[chosen] = (ink * 255).round()
        return images, y_

    def _no_digits(self, digits: np.ndarray, n: int) -> np.ndarray:
        """Return printed letters, two digits side by side, blots, scribbles: uint8 [n, 28, 28]."""
        letters = _letters()
        made = np.empty((n, 28, 28), np.uint8)
        for k in range(n):
            kind = self.random.integers(5)
            if kind < 2:
                made[k] = letters[self.random.integers(len(letters))]
            elif kind == 2:
                left, right = digits[self.random.integers(len(digits), size=2)]
                overlap = self.random.integers(0, 10)
                pair = np.concatenate([left[:, : 28 - overlap], right[:, overlap:]], axis=1)
                made[k] = _fit(pair)
            elif kind == 3:
                blots = ndimage.gaussian_filter(self.random.normal(size=(28, 28)), self.random.uniform(1, 3))
                level = min(self.random.uniform(0.3, 1) * blots.std(), blots.max())  # lest there be no ink
                made[k] = _fit(np.where(blots >= level, 255, 0).astype(np.uint8))
            else:
                picture = Image.new("L", (56, 56))
                corners = [tuple(self.random.uniform(6, 50, 2)) for _ in range(self.random.integers(9, 14))]
                ImageDraw.Draw(picture).line(corners, fill=255, width=int(self.random.integers(2, 7)))
                made[k] = _fit(np.asarray(picture))
        return made

    def _add_strokes(self, ink: np.ndarray, labels: np.ndarray) -> None:
        """Draw, in place, a 1's upstroke and foot, a 7's bar, a 9's hooked tail: seldom seen in MNIST."""
        draw = self.random.uniform

        def some(digit: int, fraction: float) -> np.ndarray:
            return np.flatnonzero((labels == digit) & (self.random.random(len(labels)) < fraction))

        for fraction, foot in ((self.ONE_FLAG, False), (self.ONE_FOOT, True)):
            ones = some(1, fraction)
            n, (x_top, y_top, x_foot, y_foot, height) = len(ones), _ends(ink[ones])
            pen = np.clip(ink[ones].sum((1, 2)) / np.hypot(height, x_top - x_foot) / 2, 0.6, 2.2) * 0.9
            if foot:
                reach = height * draw(0.15, 0.35, n)
                ink[ones] = _line(ink[ones], x_foot - reach, y_foot, x_foot + reach, y_foot, pen)
            else:
                angle, reach = np.deg2rad(draw(20, 65, n)), height * draw(0.2, 0.65, n)
                left, down = reach * np.sin(angle), reach * np.cos(angle)
                ink[ones] = _line(ink[ones], x_top, y_top, x_top - left, y_top + down, pen)

        sevens = some(7, self.SEVEN_BAR)
        n, (_, y_top, _, _, height) = len(sevens), _ends(ink[sevens])
        y = y_top + height * draw(0.4, 0.6, n)
        x, reach = _middle(ink[sevens], y), height * draw(0.15, 0.35, n)
        rise = reach * draw(-0.3, 0.2, n)
        ink[sevens] = _line(ink[sevens], x - reach, y - rise, x + reach, y + rise, 1.1 * draw(0.6, 1.4, n))

        nines = some(9, self.NINE_HOOK)
        n, (_, _, x_foot, y_foot, height) = len(nines), _ends(ink[nines])
        pen, reach = draw(0.8, 1.5, n), height * draw(0.3, 0.75, n)
        low, end = height * draw(0.05, 0.25, n), height * draw(-0.15, 0.02, n)
        t = np.linspace(0, 1, 6)[:, np.newaxis]  # a quadratic Bézier curve from the foot to the left
        x = x_foot - 0.2 * t * (1 - t) * reach - t**2 * reach
        y = y_foot + 3.2 * t * (1 - t) * low + t**2 * (low + end)
        for k in range(5):
            ink[nines] = _line(ink[nines], x[k], y[k], x[k + 1], y[k + 1], pen)

    def _warp(self, ink: np.ndarray) -> np.ndarray:
        """Rotate, slant, stretch and distort; fit into 20×20 and centre as preprocessing does.

        Elastic distortion: Simard, Steinkraus and Platt, "Best Practices for Convolutional Neural
        Networks Applied to Visual Document Analysis" (2003), section 2.
        """
        n, draw = len(ink), self.random.uniform
        angle, shear = self.random.normal(0, self.ROTATION, n), draw(-self.SHEAR, self.SHEAR, n)
        aspect, scale = np.exp(draw(-self.ASPECT, self.ASPECT, n)), np.exp(draw(-self.SCALE, self.SCALE, n))
        rotated = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        slanted = np.array([[np.ones(n), np.zeros(n)], [shear, np.ones(n)]])
        stretched = (
            np.array([[1 / aspect, 0 * aspect], [0 * aspect, aspect]]) * _longest_side(ink) / 20 / scale
        )
        matrix = np.einsum(
            "ijn,jkn,kln->nil", stretched, slanted, rotated
        )  # (y, x) of the result to its source

        mass = ink.sum((1, 2))
        place = np.arange(28)
        centre = np.stack([ink.sum(2) @ place / mass, ink.sum(1) @ place / mass], axis=1)
        centre += draw(-self.SHIFT, self.SHIFT, (n, 2))
        grid = np.indices((28, 28)).reshape(2, -1) - 13.5
        source = matrix @ grid + centre[..., np.newaxis]
        amount = self.ELASTIC * draw(0, 1, (n, 1, 1, 1))
        bent = _SMOOTH @ self.random.normal(0, amount, (n, 2, 5, 5)) @ _SMOOTH.T
        source += bent.reshape(n, 2, -1)

        which = np.repeat(np.arange(n), 784)
        places = np.stack([which, source[:, 0].ravel(), source[:, 1].ravel()])
        return ndimage.map_coordinates(ink, places, order=1, prefilter=False).reshape(n, 28, 28)

    def _press(self, ink: np.ndarray) -> np.ndarray:
        """Another pen: blur, then cut off low (a fat stroke) or high (a thin one), softly or sharply."""
        n, draw = len(ink), self.random.uniform
        mix = draw(0, 1, (n, 1, 1))
        blurred = (1 - mix) * ndimage.gaussian_filter(ink, (0, 0.7, 0.7))
        blurred += mix * ndimage.gaussian_filter(ink, (0, 1.3, 1.3))
        level, width = draw(0.2, 0.6, (n, 1, 1)), draw(0.18, 0.7, (n, 1, 1))
        cut = np.clip((blurred - level) / width + 0.5, 0, 1)
        floor = np.clip(0.5 - level / width, 0, 0.9)  # the background is black again
        cut = (cut - floor) / (1 - floor)
        cut /= np.maximum(cut.max((1, 2), keepdims=True), 0.3)
        return np.where(draw(0, 1, (n, 1, 1)) < self.PRESSED, cut, np.clip(ink, 0, 1))


# Bicubic interpolation from 5 points to 28 pixels, as a matrix.
_SMOOTH = ndimage.zoom(np.eye(5), (28 / 5, 1), order=3, mode="nearest", grid_mode=True)


def _line(ink: np.ndarray, x0, y0, x1, y1, pen: np.ndarray) -> np.ndarray:
    """Return the pictures with an anti-aliased line each, ``pen`` pixels to either side of it."""
    y, x = np.mgrid[:28, :28]
    dx, dy, px, py = (a[:, np.newaxis, np.newaxis] for a in (x1 - x0, y1 - y0, x0, y0))
    along = np.clip(((x - px) * dx + (y - py) * dy) / (dx**2 + dy**2 + 1e-6), 0, 1)
    distance = np.hypot(x - px - along * dx, y - py - along * dy)
    return np.maximum(ink, np.clip(pen[:, np.newaxis, np.newaxis] + 0.5 - distance, 0, 1))


def _middle(ink: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the x at which the ink of row ``y`` balances."""
    row = ink[np.arange(len(ink)), np.clip(y, 0, 27).astype(int)]
    return row @ np.arange(28) / (row.sum(1) + 1e-6)


def _ends(ink: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return x and y of the top, x and y of the foot, and the height of upright strokes."""
    rows = ink.max(2) > 0.4
    top, foot = rows.argmax(1) + 1.0, 26.0 - rows[:, ::-1].argmax(1)  # a pixel inside the stroke
    return _middle(ink, top), top, _middle(ink, foot), foot, foot - top + 3


def _longest_side(ink: np.ndarray) -> np.ndarray:
    """Return the longer side of each picture's ink, in pixels, within what MNIST has."""
    sides = ink.max(2) > 0.4, ink.max(1) > 0.4
    tall, wide = (28 - on.argmax(1) - on[:, ::-1].argmax(1) for on in sides)
    return np.clip(np.maximum(tall, wide), 14, 28)


def _fit(ink: np.ndarray) -> np.ndarray:
    """Fit ink of any size, uint8 [h, w], into 20×20, centre of mass in the middle: uint8 [28, 28].

    Unlike preprocessing, which picks out one digit, it keeps all of the ink; and it resizes as it did when
    the shipped model was trained.
    """
    picture = Image.fromarray(ink)
    picture = picture.crop(picture.getbbox())
    picture = picture.resize([max(1, round(20 * side / max(picture.size))) for side in picture.size])
    return centred(np.asarray(picture))


@cache
def _letters() -> np.ndarray:
    """Letters that no one takes for a digit, in the fonts that come with matplotlib: uint8 [n, 28, 28]."""
    from matplotlib import get_data_path  # for its fonts alone

    fonts = sorted(Path(get_data_path(), "fonts", "ttf").glob("DejaVu*.ttf"))
    pictures = []
    for font in (ImageFont.truetype(str(path), 40) for path in fonts if "Display" not in path.name):
        for letter in "ACEFHKMNPRUVWXacdefhkmnprtuvwx":
            picture = Image.new("L", (80, 80))
            ImageDraw.Draw(picture).text((20, 15), letter, font=font, fill=255)
            pictures.append(_fit(np.asarray(picture)))
    return np.stack(pictures)
