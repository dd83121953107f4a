"""Pixels -> the 28x28 that the network should see, with every step kept.

The last steps repeat how MNIST was made (LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning
Applied to Document Recognition", Proc. IEEE 86(11), 1998, section III.A): black-and-white ink is
fitted into 20x20 with its proportions kept, anti-aliased, and its centre of mass goes to the
centre of 28x28. The steps before lead any photo, scan or drawing to where MNIST began: ink alone.
There is one pipeline; ``Settings`` say how a walk through it differs from the plain one.

Lengths are fractions of the picture's longest side, so that a picture and its enlargement are treated alike.
"""

from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from mnist_helpers.image_io import Source, open_picture
from mnist_helpers.ink import PLAIN, Look, Settings, find_ink
from mnist_helpers.pixels import (
    Box,
    box_of,
    box_side,
    brightness,
    cut,
    longest_side,
    resized,
    scaled,
    to_bytes,
)

LOOK_SIDE = 256  # px: longest side at which ink is looked for
FINE_SIDE = 128  # px: pictures smaller than this are enlarged, so that outlines have room
THIN = 2.5  # px of the 28x28; strokes of MNIST: 1.9 to 4.4, median 2.7 (5 % to 95 % of 2,000)
FINE = 8  # pixels to one of the 28x28 while the stroke is measured and thickened


class Preprocessed(NamedTuple):
    """A picture as the network should see it, how it got there, and what was noticed on the way."""

    image: np.ndarray  # uint8 [28, 28], 0 (background) to 255 (ink)
    steps: tuple[tuple[str, np.ndarray], ...]  # name, picture: uint8 [h, w] or [h, w, 3 or 4]
    contrast: float  # 0.0 (no ink) to 1.0 (black on white): how far the ink is from its background
    contrast_to_noise: float  # contrast in standard deviations of the background; 0.0 without ink
    components: int  # connected components that make up the digit; 0 without ink
    rejected_fraction: float  # 0.0 to 1.0: of the dark area, the fraction that was not taken for the digit
    stroke_width: float  # px of the 28x28, before thin strokes were thickened
    unexplained_fraction: float  # as rejected_fraction, but without bars and what touches the picture's edge


class Canvas(NamedTuple):
    """A picture made ready for any number of walks."""

    pixels: np.ndarray  # uint8 [h, w], [h, w, 3] or [h, w, 4]: as it came
    picture: np.ndarray  # uint8 [h, w] or [h, w, 3]: opaque, and no more than the sheet
    far: np.ndarray  # the same at a longest side of FINE_SIDE to LOOK_SIDE


class Walk(NamedTuple):
    """What came of one walk, and what was seen at its first look, from afar."""

    seen: Preprocessed
    look: Look


def preprocess(source: Source) -> Preprocessed:
    """Bring any picture into MNIST's form, by the plain walk; see the module's first lines.

    Parameters
    ----------
    source
        A picture of one digit: whatever ``open_picture`` takes.

    Returns
    -------
    Preprocessed
        A sheet without ink is no error: its image is black, and it has no ``components``.

    Raises
    ------
    PictureError
        If the source is no picture that can be read.
    """
    return walk(canvas(np.asarray(open_picture(source)))).seen


def canvas(pixels: np.ndarray) -> Canvas:
    """Make uint8 pixels [h, w], [h, w, 3] or [h, w, 4] ready: opaque, the sheet cut out."""
    picture = opaque(pixels)
    far = _fitted(picture)
    if sheet := _sheet(far):
        picture = cut(picture, scaled(sheet, longest_side(picture) / longest_side(far)))
        far = _fitted(picture)
    return Canvas(pixels, picture, far)


def walk(canvas: Canvas, settings: Settings = PLAIN) -> Walk:
    """Take a picture through the pipeline.

    Parameters
    ----------
    canvas : Canvas
        The picture.
    settings : Settings
        How this walk differs from the plain one.
    """
    picture, far = canvas.picture, canvas.far
    begin = ("picture", canvas.pixels)
    first = look = find_ink(far, settings)
    if (
        look.box
        and not settings.without_frame
        and 2 * box_side(look.box) < longest_side(far) < longest_side(picture)
    ):
        # A small digit on a large sheet: with what is around it, once more and closer.
        x0, y0, x1, y1 = look.box
        around = box_side(look.box) // 2
        near = max(0, x0 - around), max(0, y0 - around), x1 + around, y1 + around
        near = scaled(near, longest_side(picture) / longest_side(far))
        closer = find_ink(_fitted(cut(picture, near)), settings)
        # What lies beyond was rejected too, such as a second digit.
        look = closer._replace(
            rejected_fraction=max(look.rejected_fraction, closer.rejected_fraction),
            unexplained_fraction=max(look.unexplained_fraction, closer.unexplained_fraction),
        )
    if not look.box:
        nothing = np.zeros((28, 28), np.uint8)
        steps = (begin, *look.steps)
        return Walk(Preprocessed(nothing, steps, 0.0, 0.0, 0, look.rejected_fraction, 0.0, 0.0), first)
    ink, stroke_width = _thickened(cut(look.ink, look.box))
    box = box_of(ink)
    assert box  # there is ink, and it has become thicker
    fitted = cut(ink, box)
    image = to_bytes(centred(np.clip(resized(fitted, longest_side(fitted) / 20), 0, 1)))
    steps = (begin, *look.steps, ("stroke weight", to_bytes(ink)), ("28x28", image))
    contrast_to_noise = look.contrast / max(look.noise, 1 / 255)
    seen = Preprocessed(
        *(image, steps, look.contrast, contrast_to_noise, look.components),
        *(look.rejected_fraction, stroke_width, look.unexplained_fraction),
    )
    return Walk(seen, first)


def opaque(picture: np.ndarray) -> np.ndarray:
    """Return the picture on paper, or how opaque it is if all that shows has one colour.

    The paper is white, or black under ink that is pale.

    Returns uint8 [h, w] or [h, w, 3]. To be done before anything is resized: at the edge of ink the
    colour of what is transparent would mix with its own.
    """
    if picture.shape[2:] != (4,):
        return picture
    opacity = picture[..., 3]
    visible = picture[opacity > 127, :3]
    if 0 < len(visible) < opacity.size and np.ptp(visible, axis=0).max() < 48:
        return opacity
    pale = 0 < len(visible) < opacity.size / 2 and np.median(visible) > 160
    ink = Image.fromarray(picture)
    paper = Image.new("RGBA", ink.size, "black" if pale else "white")
    return np.asarray(Image.alpha_composite(paper, ink).convert("RGB"))


def _sheet(picture: np.ndarray) -> Box | None:
    """Box of the sheet, if it lies on a table or its writing in a frame.

    A sheet is a rectangle that touches no edge of the picture and has something on it.
    """
    k = longest_side(picture) / FINE_SIDE
    small = resized(brightness(picture), k)
    (h, w), (_, light) = small.shape, cv2.threshold(small, 0, 1, cv2.THRESH_OTSU)
    for tone in (light, 1 - light):
        _, labels, found, _ = cv2.connectedComponentsWithStats(tone)
        x, y, wide, high, area = found.T
        inside = (x > 0) & (y > 0) & (x + wide < w) & (y + high < h)
        inside &= (wide * high > small.size / 5) & (np.minimum(wide, high) > 8)
        inside &= area > 0.9 * 0.5 * wide * high  # no use to look closer
        for label in np.flatnonzero(inside):
            outline, _ = cv2.findContours(
                (labels == label).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
            )
            filled = cv2.countNonZero(cv2.drawContours(np.zeros_like(small), outline, -1, 1, cv2.FILLED))
            if filled > 0.9 * wide[label] * high[label] and 0.5 < area[label] / filled < 0.99:
                left, top = x[label] + 2, y[label] + 2
                return scaled((left, top, left + wide[label] - 4, top + high[label] - 4), k)
    return None


def _thickened(ink: np.ndarray) -> tuple[np.ndarray, float]:
    """Enlarge to FINE times its final size, thicken thin strokes to THIN; also their width before.

    Inside a bar of width b the mean distance to the outside is b / 4.
    """
    ink = resized(ink, longest_side(ink) / (20 * FINE))
    ink = np.clip(ink / min(1, ink.max()), 0, 1)  # a hairline is paler where it shrinks
    ink = cv2.copyMakeBorder(ink, *(2 * FINE,) * 4, cv2.BORDER_CONSTANT, value=0)
    body = (ink > 0.5).astype(np.uint8)
    inside = cv2.distanceTransform(body, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    width = 4 * float(inside[inside > 0].mean()) / FINE
    if width < THIN:
        grow = (THIN - width) / 2 * FINE
        outside = cv2.distanceTransform(1 - body, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        ink = np.clip(grow + 1 - outside, 0, 1)
    return ink, width


def centred(ink: np.ndarray) -> np.ndarray:
    """Put ink [h, w], at most 28 by 28 and not all 0, into [28, 28]: its centre of mass in the middle."""
    h, w = ink.shape
    y, x = ink.sum(1) @ np.arange(h) / ink.sum(), ink.sum(0) @ np.arange(w) / ink.sum()
    # MNIST's own mean is row 14.0, column 14.0, counted from 0.
    top, left = (int(np.clip(round(14 - c), 0, 28 - n)) for c, n in ((y, h), (x, w)))
    return np.pad(ink, ((top, 28 - h - top), (left, 28 - w - left)))


def _fitted(picture: np.ndarray) -> np.ndarray:
    """Return the picture with its longest side between FINE_SIDE and LOOK_SIDE."""
    side = longest_side(picture)
    k = side / min(max(side, FINE_SIDE), LOOK_SIDE)
    h, w = (n // 2 for n in picture.shape[:2])
    if k >= 2 and min(h, w):  # the mean of 2x2 is ten times as fast as that of 2.1x2.1
        picture = cv2.resize(picture[: 2 * h, : 2 * w], (w, h), interpolation=cv2.INTER_AREA)
        k /= 2
    return resized(picture, k, cv2.INTER_LINEAR)
