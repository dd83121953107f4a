"""Pixels -> the 28x28 that the network should see, with every step kept.

The last steps repeat how MNIST was made (LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning
Applied to Document Recognition", Proc. IEEE 86(11), 1998, section III.A): black-and-white ink is
fitted into 20x20 with its proportions kept, anti-aliased, and its centre of mass goes to the
centre of 28x28. The steps before lead any photo, scan or drawing to where MNIST began: ink alone.

Lengths are fractions of the picture's longest side, so that a picture and its enlargement are treated alike.
"""

from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from mnist_helpers.image_io import Source, open_picture

LOOK_SIDE = 256  # px: longest side at which ink is looked for
FINE_SIDE = 128  # px: pictures smaller than this are enlarged, so that outlines have room

BACKGROUND_SIDE = 64  # px: longest side at which the background is estimated
BACKGROUND_WINDOW = 0.5  # a stroke is thinner than this; a shadow may be as narrow
BACKGROUND_INSET = 0.2  # ... and this at the picture's edge, where a window sees only one side
FAINT = 0.4  # of the threshold: ink this pale counts where it touches ink above it (Canny: 1:2 to 1:3)
MIN_CONTRAST = 0.03  # below it is the paper's noise
MIN_AREA = 0.04  # of the main component's: a smaller component does not belong to the digit
THIN = 2.5  # px of the 28x28; strokes of MNIST: 1.9 to 4.4, median 2.7 (5 % to 95 % of 2,000)
FINE = 8  # pixels to one of the 28x28 while the stroke is measured and thickened

_Box = tuple[int, int, int, int]  # x0, y0, x1, y1


class Preprocessed(NamedTuple):
    """A picture as the network should see it, how it got there, and what was noticed on the way."""

    image: np.ndarray  # uint8 [28, 28], 0 (background) to 255 (ink)
    steps: tuple[tuple[str, np.ndarray], ...]  # name, picture: uint8 [h, w] or [h, w, 3 or 4]
    contrast: float  # 0.0 (no ink) to 1.0 (black on white): how far the ink is from its background
    contrast_to_noise: float  # contrast in standard deviations of the background; 0.0 without ink
    components: int  # connected components that make up the digit; 0 without ink
    rejected_fraction: float  # 0.0 to 1.0: of the dark area, the fraction that was not taken for the digit
    stroke_width: float  # px of the 28x28, before thin strokes were thickened


def preprocess(source: Source) -> Preprocessed:
    """Bring any picture into MNIST's form; see the module's first lines.

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
    pixels = np.asarray(open_picture(source))
    begin = ("picture", pixels)
    picture = _opaque(pixels)
    far = _fitted(picture)
    if sheet := _sheet(far):
        picture = _cut(picture, _scaled(sheet, _side(picture) / _side(far)))
        far = _fitted(picture)
    look = _find_ink(far)
    if look.box and 2 * _longest(look.box) < _side(far) < _side(picture):
        # A small digit on a large sheet: with what is around it, once more and closer.
        x0, y0, x1, y1 = look.box
        around = _longest(look.box) // 2
        near = max(0, x0 - around), max(0, y0 - around), x1 + around, y1 + around
        near = _scaled(near, _side(picture) / _side(far))
        closer = _find_ink(_fitted(_cut(picture, near)))
        # What lies beyond was rejected too, such as a second digit.
        look = closer._replace(rejected_fraction=max(look.rejected_fraction, closer.rejected_fraction))
    if not look.box:
        nothing = np.zeros((28, 28), np.uint8)
        return Preprocessed(nothing, (begin, *look.steps), 0.0, 0.0, 0, look.rejected_fraction, 0.0)
    ink, stroke_width = _thickened(_cut(look.ink, look.box))
    box = _box(ink)
    assert box  # there is ink, and it has become thicker
    fitted = _cut(ink, box)
    image = _bytes(centred(np.clip(_resized(fitted, _side(fitted) / 20), 0, 1)))
    steps = (begin, *look.steps, ("stroke weight", _bytes(ink)), ("28x28", image))
    contrast_to_noise = look.contrast / max(look.noise, 1 / 255)
    return Preprocessed(
        image, steps, look.contrast, contrast_to_noise, look.components, look.rejected_fraction, stroke_width
    )


class _Look(NamedTuple):
    """What is seen at one glance, at a longest side of FINE_SIDE to LOOK_SIDE."""

    steps: tuple[tuple[str, np.ndarray], ...]
    ink: np.ndarray  # float32 [h, w], 0.0 (background) to 1.0 (ink): the digit alone
    box: _Box | None  # around the ink
    contrast: float
    noise: float  # standard deviation of the background, on contrast's scale
    components: int
    rejected_fraction: float


def _opaque(picture: np.ndarray) -> np.ndarray:
    """Return the picture on white paper, or how opaque it is if all that shows has one colour.

    Returns uint8 [h, w] or [h, w, 3]. To be done before anything is resized: at the edge of ink the
    colour of what is transparent would mix with its own.
    """
    if picture.shape[2:] != (4,):
        return picture
    opacity = picture[..., 3]
    visible = picture[opacity > 127, :3]
    if 0 < len(visible) < opacity.size and np.ptp(visible, axis=0).max() < 48:
        return opacity
    ink = Image.fromarray(picture)
    white = Image.new("RGBA", ink.size, "white")
    return np.asarray(Image.alpha_composite(white, ink).convert("RGB"))


def _sheet(picture: np.ndarray) -> _Box | None:
    """Box of the sheet, if it lies on a table or its writing in a frame.

    A sheet is a rectangle that touches no edge of the picture and has something on it.
    """
    k = _side(picture) / FINE_SIDE
    small = _resized(_plain(picture), k)
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
                return _scaled((left, top, left + wide[label] - 4, top + high[label] - 4), k)
    return None


def _find_ink(picture: np.ndarray) -> _Look:
    """Tell ink from background: grey, polarity, even light, threshold, the digit among the components."""
    grey = _grey(picture)
    steps = [("grey", _bytes(grey))]
    if _is_light_on_dark(grey):
        grey = 1 - grey
        steps += [("dark on light", _bytes(grey))]

    depth = np.clip(1 - grey / np.maximum(_background(grey), 1 / 255), 0, 1)
    steps += [("even light", _bytes(1 - depth))]

    threshold = _otsu(depth) if np.ptp(depth) > MIN_CONTRAST else 1.0
    low = FAINT * threshold
    dark = _hysteresis(depth, low, threshold)
    digit, components = _digit_among(dark)
    if not components:
        return _Look(tuple(steps), np.zeros_like(depth), None, 0.0, 0.0, 0, 0.0)
    contrast = float(np.median(depth[digit & (depth > threshold)]))
    # The soft rim belongs to the ink.
    ink = np.clip((depth - low / 2) / (contrast - low / 2), 0, 1) * _grown(digit)
    steps += [("ink", _bytes(ink))]
    _, noise = cv2.meanStdDev(depth, mask=(~_grown(dark)).astype(np.uint8))
    rejected_fraction = 1 - np.count_nonzero(digit) / np.count_nonzero(dark)
    return _Look(tuple(steps), ink, _box(ink), contrast, float(noise[0, 0]), components, rejected_fraction)


def _plain(picture: np.ndarray) -> np.ndarray:
    """Return the brightness of a grey or coloured picture: uint8 [h, w]."""
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def _grey(picture: np.ndarray) -> np.ndarray:
    """Float32 [h, w], 0.0 to 1.0: brightness, or else where the ink is seen better.

    That is one of R, G and B, if things smaller than a sixteenth of the picture stand out there
    clearly more.
    """
    grey = _plain(picture)
    if picture.ndim == 3:
        small = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA)
        small = cv2.merge([_plain(small), small]).astype(np.float32)
        _, stands_out = cv2.meanStdDev(small - cv2.GaussianBlur(small, (0, 0), 4))
        best = int(np.argmax(stands_out))
        if stands_out[best] > 1.2 * stands_out[0]:
            grey = picture[..., best - 1]
    return grey.astype(np.float32) / 255


def _background(grey: np.ndarray) -> np.ndarray:
    """Estimate the sheet under dark ink: float32 [h, w], 0.0 to 1.0.

    It is what is left when all that is dark and thinner than a window is filled (grey closing;
    Serra, Image Analysis and Mathematical Morphology, 1982). Windows may hang over the edges,
    lest a dark corner of the sheet pass for ink. A sheet has no detail: BACKGROUND_SIDE is enough.
    """
    small = _resized(grey, _side(grey) / BACKGROUND_SIDE)
    window = (
        round(BACKGROUND_WINDOW * BACKGROUND_SIDE) | 1
    )  # odd: OpenCV's closing by an even window moves the picture
    over = round((BACKGROUND_WINDOW - BACKGROUND_INSET) * BACKGROUND_SIDE)
    background = cv2.GaussianBlur(small, (0, 0), 0.5)
    background = cv2.copyMakeBorder(background, *(over,) * 4, cv2.BORDER_CONSTANT, value=0)
    background = cv2.morphologyEx(background, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    background = background[over:-over, over:-over]
    return cv2.resize(background, grey.shape[::-1], interpolation=cv2.INTER_CUBIC)


def _is_light_on_dark(grey: np.ndarray) -> bool:
    """Background is what most of every neighbourhood is (its median); ink is what departs from it."""
    n, window = 32, 23
    small = cv2.resize(grey, (n, n), interpolation=cv2.INTER_AREA)
    small = _bytes((small - small.min()) / (np.ptp(small) or 1))
    off = small.astype(float) - cv2.medianBlur(small, window)
    inward = np.minimum(np.arange(n) + 0.5, n - 0.5 - np.arange(n))
    middle = np.clip(np.minimum.outer(inward, inward) / 4, 0, 1)  # frames and table edges: less
    return bool((middle * off * abs(off)).sum() > 0)


def _otsu(depth: np.ndarray) -> float:
    """Where ink begins.

    Source: Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE SMC 9(1), 1979.
    """
    step = float(depth.max()) / 255
    level, _ = cv2.threshold(np.rint(depth / step).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return (level + 0.5) * step


def _hysteresis(depth: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return what is above ``low`` and touches something above ``high``: bool [h, w].

    So the pale ends of a stroke count. Source: Canny, "A Computational Approach to Edge Detection",
    IEEE PAMI 8(6), 1986, section VIII.
    """
    count, labels = cv2.connectedComponents((depth > low).astype(np.uint8), connectivity=4)
    keep = np.zeros(count, bool)
    keep[labels[depth > high]] = True
    return keep.take(labels.astype(np.intp))


def _grown(mask: np.ndarray) -> np.ndarray:
    """Return the mask and what is up to 2 pixels away, counted along rows and columns: bool [h, w]."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return cv2.dilate(mask.view(np.uint8), cross, iterations=2).view(bool)


def _digit_among(dark: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the digit's connected components, bool [h, w], and their number: the main one and those near.

    The main one is large and far from the picture's edges. Stray borders, shadows and tables
    touch the edges and reach beyond it; specks are small; other writing is far.
    """
    points = cv2.findNonZero(dark.view(np.uint8))
    if points is None:
        return dark, 0
    h, w = dark.shape
    _, labels, found, _ = cv2.connectedComponentsWithStats(dark.view(np.uint8))
    x, y = points[:, 0].T
    inward = np.minimum.reduce([x, y, w - 1 - x, h - 1 - y]) + 1
    weight = np.bincount(labels[y, x], np.minimum(inward, max(h, w) / 4))[1:]
    left, top, wide, high, area = found[1:].T
    box = np.stack([top, left, -(top + high), -(left + wide)], axis=1)
    main = box[weight.argmax()]
    size = -(main[:2] + main[2:]).min()
    edges = (box == (0, 0, -h, -w)).sum(1)
    beyond = (main - box).max(1)  # how far each reaches out of the main one's box
    gap = (box[:, [2, 3, 0, 1]] + main).max(1)  # how far it lies away from that box
    near = np.where(edges, 0.1, 0.5) * size
    keep = np.where(edges > 1, beyond, gap) < near
    keep &= area > MIN_AREA * area[weight.argmax()]
    return np.append(False, keep).take(labels.astype(np.intp)), int(keep.sum())


def _thickened(ink: np.ndarray) -> tuple[np.ndarray, float]:
    """Enlarge to FINE times its final size, thicken thin strokes to THIN; also their width before.

    Inside a bar of width b the mean distance to the outside is b / 4.
    """
    ink = _resized(ink, _side(ink) / (20 * FINE))
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
    side = _side(picture)
    k = side / min(max(side, FINE_SIDE), LOOK_SIDE)
    h, w = (n // 2 for n in picture.shape[:2])
    if k >= 2 and min(h, w):  # the mean of 2x2 is ten times as fast as that of 2.1x2.1
        picture = cv2.resize(picture[: 2 * h, : 2 * w], (w, h), interpolation=cv2.INTER_AREA)
        k /= 2
    return _resized(picture, k, cv2.INTER_LINEAR)


def _resized(picture: np.ndarray, k: float, shrink: int = cv2.INTER_AREA) -> np.ndarray:
    """Return a k-th of the picture's size: area means where it shrinks, bicubic where it grows."""
    h, w = (max(1, round(n / k)) for n in picture.shape[:2])
    return cv2.resize(picture, (w, h), interpolation=shrink if k > 1 else cv2.INTER_CUBIC)


def _side(picture: np.ndarray) -> int:
    """Its longest."""
    return max(picture.shape[:2])


def _box(ink: np.ndarray) -> _Box | None:
    """Around all that is at least half ink."""
    x, y, w, h = cv2.boundingRect((ink > 0.5).astype(np.uint8))
    return (x, y, x + w, y + h) if w else None


def _scaled(box: _Box, k: float) -> _Box:
    x0, y0, x1, y1 = (int(k * n) for n in box)
    return x0, y0, x1, y1


def _cut(picture: np.ndarray, box: _Box) -> np.ndarray:
    x0, y0, x1, y1 = box
    return picture[y0:y1, x0:x1]


def _longest(box: _Box) -> int:
    return max(box[2] - box[0], box[3] - box[1])


def _bytes(grey: np.ndarray) -> np.ndarray:
    """0.0 to 1.0 as uint8 0 to 255."""
    return cv2.convertScaleAbs(grey, alpha=255)  # rounded; more than 255 is 255
