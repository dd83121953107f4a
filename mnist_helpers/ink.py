"""Ink told from its background: grey, polarity, even light, threshold, and the digit among the components."""

from typing import NamedTuple

import cv2
import numpy as np

from mnist_helpers.dots import join_dots
from mnist_helpers.lines import erase_frame, erase_lines
from mnist_helpers.pixels import Box, box_of, brightness, longest_side, resized, to_bytes

BACKGROUND_SIDE = 64  # px: longest side at which the background is estimated
BACKGROUND_WINDOW = 0.5  # a stroke is thinner than this; a shadow may be as narrow
BACKGROUND_INSET = 0.4  # of the window: how far from the picture's edge it sees only one side
FAINT = 0.4  # of the threshold: ink this pale counts where it touches ink above it (Canny: 1:2 to 1:3)
FAINTER = 0.12  # ... and this pale where glare may lie on it
MIN_CONTRAST = 0.03  # below it is the paper's noise
MIN_AREA = 0.04  # of the main component's: a smaller component does not belong to the digit


class Settings(NamedTuple):
    """How one walk through the pipeline differs from the plain one."""

    window: float = BACKGROUND_WINDOW  # of the background's estimate, a fraction of the longest side
    without_lines: bool = False  # erase thin lines that go all the way across the picture
    without_frame: bool = False  # erase a drawn rectangle
    without_bars: bool = False  # leave bars above and below the digit out
    lightest: bool = False  # look at the lightest of R, G and B
    blur: float = 0.0  # standard deviation, a fraction of the longest side
    join_dots: bool = False  # draw lines between dots
    faint: float = FAINT  # see there
    inverted: bool = False  # take the polarity that the picture does not seem to have


PLAIN = Settings()


class Look(NamedTuple):
    """What is seen at one glance, at a longest side of FINE_SIDE to LOOK_SIDE."""

    steps: tuple[tuple[str, np.ndarray], ...]
    ink: np.ndarray  # float32 [h, w], 0.0 (background) to 1.0 (ink): the digit alone
    box: Box | None  # around the ink; None without any
    contrast: float
    noise: float  # standard deviation of the background, on contrast's scale
    components: int
    rejected_fraction: float
    unexplained_fraction: float
    # For those who ask which other walks the picture deserves:
    grey: np.ndarray  # float32 [h, w], 0.0 (ink) to 1.0 (background)
    dark: np.ndarray  # bool [h, w]: all that is ink or like it
    lines: bool  # found and erased
    bars: int  # found and left out
    touches: bool  # the digit touches the picture's edge
    all_components: int  # of ``dark``
    joined: bool  # dots were found and joined
    depth: np.ndarray  # float32 [h, w], 0.0 (background) to 1.0: how dark, in even light
    threshold: float  # of depth: where ink begins


def find_ink(picture: np.ndarray, settings: Settings = PLAIN) -> Look:
    """Find the ink of the digit in a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w) or (h, w, 3)
        Grey or RGB.
    settings : Settings
        How to look.

    Returns
    -------
    Look
        What was seen; without any ink its ``box`` is None.
    """
    grey = _grey(picture, settings.lightest)
    if settings.blur:
        grey = cv2.GaussianBlur(grey, (0, 0), settings.blur * longest_side(grey))
    steps = [("grey", to_bytes(grey))]
    if _is_light_on_dark(grey) != settings.inverted:
        grey = 1 - grey
        steps += [("dark on light", to_bytes(grey))]

    background = np.maximum(_background(grey, settings.window), 1 / 255)
    depth = np.clip(1 - grey / background, 0, 1)
    steps += [("even light", to_bytes(1 - depth))]
    lines = False
    if settings.without_lines:
        depth, lines = erase_lines(depth)
        if lines:
            steps += [("without lines", to_bytes(1 - depth))]

    threshold = _otsu(depth) if np.ptp(depth) > MIN_CONTRAST else 1.0
    low = settings.faint * threshold
    dark = _hysteresis(depth, low, threshold)
    if settings.without_frame and (unframed := erase_frame(depth, dark)) is not None:
        depth = unframed
        threshold = _otsu(depth) if np.ptp(depth) > MIN_CONTRAST else 1.0
        low = settings.faint * threshold
        dark = _hysteresis(depth, low, threshold)
        steps += [("without frame", to_bytes(1 - depth))]
    joined = join_dots(dark) if settings.join_dots else None
    if joined is not None:
        depth = np.where(joined & ~dark, 1.5 * threshold, depth).astype(np.float32)
        dark = joined
        steps += [("dots joined", to_bytes(1 - depth))]
    digit = _digit_among(dark, settings.without_bars)
    ink, contrast, noise, rejected_fraction = np.zeros_like(depth), 0.0, 0.0, 0.0
    if digit.components:
        contrast = float(np.median(depth[digit.mask & (depth > threshold)]))
        # The soft rim belongs to the ink.
        ink = np.clip((depth - low / 2) / (contrast - low / 2), 0, 1) * _grown(digit.mask)
        steps += [("ink", to_bytes(ink))]
        _, deviation = cv2.meanStdDev(depth, mask=(~_grown(dark)).astype(np.uint8))
        noise = float(deviation[0, 0])
        rejected_fraction = 1 - np.count_nonzero(digit.mask) / np.count_nonzero(dark)
    return Look(
        tuple(steps),
        ink,
        box_of(ink) if digit.components else None,
        contrast,
        noise,
        digit.components,
        rejected_fraction,
        digit.unexplained,
        grey,
        dark,
        lines,
        digit.bars,
        digit.touches,
        digit.all_components,
        joined is not None,
        depth,
        threshold,
    )


def _grey(picture: np.ndarray, lightest: bool) -> np.ndarray:
    """Float32 [h, w], 0.0 to 1.0: brightness, or else where the ink is seen better.

    That is one of R, G and B, if things smaller than a sixteenth of the picture stand out there
    clearly more; or, if ``lightest``, the lightest of them, in which coloured lines are pale
    (Refaey, "Ruled lines detection and removal in grey level handwritten image documents", 2014).
    """
    if lightest and picture.ndim == 3:
        return picture.max(axis=2).astype(np.float32) / 255
    grey = brightness(picture)
    if picture.ndim == 3:
        small = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA)
        small = cv2.merge([brightness(small), small]).astype(np.float32)
        _, stands_out = cv2.meanStdDev(small - cv2.GaussianBlur(small, (0, 0), 4))
        best = int(np.argmax(stands_out))
        if stands_out[best] > 1.2 * stands_out[0]:
            grey = picture[..., best - 1]
    return grey.astype(np.float32) / 255


def _background(grey: np.ndarray, window: float) -> np.ndarray:
    """Estimate the sheet under dark ink: float32 [h, w], 0.0 to 1.0.

    It is what is left when all that is dark and thinner than a window is filled (grey closing;
    Serra, Image Analysis and Mathematical Morphology, 1982). Windows may hang over the edges,
    lest a dark corner of the sheet pass for ink. A sheet has no detail: BACKGROUND_SIDE is enough.
    """
    small = resized(grey, longest_side(grey) / BACKGROUND_SIDE)
    side = round(window * BACKGROUND_SIDE) | 1  # odd: OpenCV's closing by an even window moves the picture
    over = round((1 - BACKGROUND_INSET) * window * BACKGROUND_SIDE)
    background = cv2.GaussianBlur(small, (0, 0), 0.5)
    background = cv2.copyMakeBorder(background, *(over,) * 4, cv2.BORDER_CONSTANT, value=0)
    background = cv2.morphologyEx(background, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    background = background[over:-over, over:-over]
    return cv2.resize(background, grey.shape[::-1], interpolation=cv2.INTER_CUBIC)


def _is_light_on_dark(grey: np.ndarray) -> bool:
    """Background is what most of every neighbourhood is (its median); ink is what departs from it."""
    n, window = 32, 23
    small = cv2.resize(grey, (n, n), interpolation=cv2.INTER_AREA)
    small = to_bytes((small - small.min()) / (np.ptp(small) or 1))
    off = small.astype(float) - cv2.medianBlur(small, window)
    inward = np.minimum(np.arange(n) + 0.5, n - 0.5 - np.arange(n))
    middle = np.clip(np.minimum.outer(inward, inward) / 4, 0, 1)  # frames and table edges: less
    return bool((middle * off * abs(off)).sum() > 0)


def _otsu(depth: np.ndarray) -> float:
    """Where ink begins.

    Source: Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE SMC 9(1), 1979.
    """
    step = float(np.max(depth)) / 255
    level, _ = cv2.threshold(np.rint(depth / step).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return (level + 0.5) * step


def is_polarity_disputed(look: Look) -> bool:
    """Tell whether what is light and thin stands out more than what is dark and thin.

    Ink is thin, glare is not: the strongest responses of a white and a black top-hat are compared.
    """
    small = resized(cv2.GaussianBlur(look.grey, (0, 0), 1), 2)
    side = round(0.12 * longest_side(small)) | 1
    kernel = np.ones((side, side), np.uint8)
    light = np.asarray(cv2.morphologyEx(small, cv2.MORPH_TOPHAT, kernel))
    dark = np.asarray(cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, kernel))
    return bool((light**3).sum() > 1.5 * (dark**3).sum())


def growth(look: Look) -> float:
    """Return by how many times the dark area grows if it may be as pale as FAINTER, as under glare."""
    fainter = _hysteresis(look.depth, FAINTER * look.threshold, look.threshold)
    return int(np.count_nonzero(fainter)) / max(1, int(np.count_nonzero(look.dark)))


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


class _Digit(NamedTuple):
    """The connected components that make up the digit, and what became of the others."""

    mask: np.ndarray  # bool [h, w]
    components: int
    bars: int  # components left out as bars above or below the digit
    unexplained: float  # 0.0 to 1.0: see Preprocessed.unexplained_fraction
    touches: bool  # the digit touches the picture's edge
    all_components: int


def _digit_among(dark: np.ndarray, without_bars: bool) -> _Digit:
    """Tell the digit's connected components, the main one and those near it, from the others.

    The main one is large and far from the picture's edges. Stray borders, shadows and tables
    touch the edges and reach beyond it; specks are small; other writing is far.
    """
    points = cv2.findNonZero(dark.view(np.uint8))
    if points is None:
        return _Digit(dark, 0, 0, 0.0, False, 0)
    h, w = dark.shape
    _, labels, found, _ = cv2.connectedComponentsWithStats(dark.view(np.uint8))
    x, y = points[:, 0].T
    inward = np.minimum.reduce([x, y, w - 1 - x, h - 1 - y]) + 1
    weight = np.bincount(labels[y, x], np.minimum(inward, max(h, w) / 4))[1:]
    left, top, wide, high, area = found[1:].T
    bars = _bars(labels, found[1:], weight) if without_bars else np.zeros(len(area), bool)
    weight = np.where(bars, 0, weight)
    box = np.stack([top, left, -(top + high), -(left + wide)], axis=1)
    main = box[weight.argmax()]
    size = -(main[:2] + main[2:]).min()
    edges = (box == (0, 0, -h, -w)).sum(1)
    beyond = (main - box).max(1)  # how far each reaches out of the main one's box
    gap = (box[:, [2, 3, 0, 1]] + main).max(1)  # how far it lies away from that box
    near = np.where(edges, 0.1, 0.5) * size
    keep = np.where(edges > 1, beyond, gap) < near
    keep &= (area > MIN_AREA * area[weight.argmax()]) & ~bars
    # What touches the edge goes on outside, such as a rule, a shadow or a neighbour that was cut off.
    unexplained = float(area[~keep & ~bars & (edges == 0)].sum() / area[~bars].sum())
    mask = np.append(False, keep).take(labels.astype(np.intp))
    return _Digit(mask, int(keep.sum()), int(bars.sum()), unexplained, bool(edges[keep].any()), len(area))


def _bars(labels: np.ndarray, found: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Tell which components are bars above or below the main one that is none: bool [n].

    A bar is flat and at least as long as most of the digit is wide, such as a line under it.
    """
    left, top, wide, high, area = found.T
    flat = (wide > 3 * high) & (area > 4)
    for k in np.flatnonzero(~flat & (wide > 1.5 * high) & (area > 20)):
        part = labels[top[k] : top[k] + high[k], left[k] : left[k] + wide[k]] == k + 1
        _, sides, _ = cv2.minAreaRect(cv2.findNonZero(part.view(np.uint8)))  # a slanted one
        flat[k] = max(sides) > 5 * max(min(sides), 1)
    if not flat.any() or flat.all():
        return np.zeros(len(found), bool)
    main = np.where(flat, 0, weight).argmax()
    middle = top + high / 2
    beside = (middle < top[main] + 0.05 * high[main]) | (middle > top[main] + 0.95 * high[main])
    reach = 0.15 * wide[main]  # the detached bar of a 5 does not go as far to the left
    along = (left < left[main] + reach) & (left + wide > left[main] + wide[main] - reach)
    return flat & beside & along
