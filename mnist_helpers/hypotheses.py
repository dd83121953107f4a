"""Several readings of one picture: which walks through the pipeline it deserves, and which to believe.

Preprocessing commits itself to one reading of a picture, and is lost when it is wrong: on squared paper, in a
circle, in a bent shadow. So a picture that gives cause for doubt is walked through the same pipeline with
other settings, and the network is asked about all. Structure decides which hypothesis may answer, and
confidence verifies it: a circle around a digit is a very clear 0.
"""

from typing import NamedTuple

import cv2
import numpy as np

from mnist_helpers import surfaces
from mnist_helpers.ink import FAINTER, Look, Settings, growth, is_polarity_disputed
from mnist_helpers.pixels import Box, longest_side
from mnist_helpers.preprocessing import Canvas, Preprocessed, canvas, walk

CONFIDENT = 0.9  # the least confidence of a hypothesis that stands beside others
CERTAIN = 0.95  # ... of one that only structure speaks for
ALL_BUT_CERTAIN = 0.99  # ... of the plain one, which overrules that a digit's strokes may be lines
# The confidence threshold of the plain hypothesis: below it a picture is rejected as "not sure". The network
# was trained to give 0.1 to each digit where there is none; 0.3 % of the robust configuration's validation
# images, augmented as strangers' digits differ, stay below it.
MIN_CONFIDENCE = 0.4
MIN_CONFIDENCE_BESIDE = 0.75  # ... if something beside the digit was found
SMALL_WINDOW = 0.14  # of the longest side: light is estimated in it where shadows are narrow or bent
SMALLEST_WINDOW = 0.07
MAX_STROKE = 7.5  # px of the 28x28: a 0 of a bolder stroke is a disc
DITHERED = 150  # components: ink on paper has fewer
BLUR = 0.012  # of the longest side: smooths dither

CLEAN = Settings(without_lines=True, without_bars=True)


class Hypothesis(NamedTuple):
    """One reading of a picture."""

    name: str
    seen: Preprocessed


class Verdict(NamedTuple):
    """Which hypothesis to believe."""

    number: int  # its place in ``Reading.hypotheses``
    confident: bool  # False: better say "not sure"


class Reading:
    """The hypotheses about one picture, and what the network said of each.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (h, w), (h, w, 3) or (h, w, 4)
        The picture.

    Attributes
    ----------
    hypotheses : list of Hypothesis
        The plain one first; others if the picture gives cause for doubt.
    probabilities : list of ndarray, shape (10,)
        What the network said of each so far.
    verdict : Verdict or None
        None as long as it is undecided.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        self._canvas = canvas(pixels)
        seen, look = walk(self._canvas)
        self.hypotheses = [Hypothesis("as found", seen)]
        self.probabilities: list[np.ndarray] = []
        self.verdict: Verdict | None = None
        self._looked_again = False
        self._surrounded = self._lined = self._beside = False
        self._tight = _covers(look)  # strokes may go all the way across
        self._disputed = is_polarity_disputed(look)
        self._faint = 1.25 < growth(look) < 4
        self._doubtful = self._disputed or self._faint or _is_doubtful(seen, look)
        if self._doubtful:
            self._look(look)

    @property
    def unjudged(self) -> list[Hypothesis]:
        """The hypotheses that the network has not been asked about."""
        return self.hypotheses[len(self.probabilities) :]

    def judge(self, probabilities: list[np.ndarray]) -> None:
        """Take the network's probabilities for what was unjudged, and decide, if that is possible."""
        self.probabilities += probabilities
        self.verdict = self._decided()

    def look_again(self) -> None:
        """Add the hypotheses of a second look, for a picture that the first left undecided."""
        self._looked_again = True
        coloured = self._canvas.picture.ndim == 3
        if coloured:
            self._add("lightest channel", CLEAN._replace(lightest=True))
            self._add("lightest channel, small window", CLEAN._replace(lightest=True, window=SMALL_WINDOW))
        framed = walk(self._canvas, Settings(without_frame=True, without_bars=True))
        if any(name == "without frame" for name, _ in framed.seen.steps):
            self.hypotheses.append(Hypothesis("without frame", framed.seen))
        self._add("smallest window", CLEAN._replace(window=SMALLEST_WINDOW))
        self._add("smoothed", Settings(blur=BLUR))
        inverted = walk(self._canvas, Settings(inverted=True))
        if _fills_its_crop(inverted.seen, inverted.look):
            self.hypotheses.append(Hypothesis("other polarity", inverted.seen))

    def _add(self, name: str, settings: Settings, on: Canvas | None = None) -> Look:
        seen, look = walk(on or self._canvas, settings)
        self.hypotheses.append(Hypothesis(name, seen))
        return look

    def _look(self, plain: Look) -> None:
        """Add the hypotheses of a first look."""
        if plain.all_components > DITHERED:
            self._add("smoothed", Settings(blur=BLUR))
            return
        dots = walk(self._canvas, Settings(join_dots=True)) if plain.all_components >= 9 else None
        if dots and dots.look.joined:
            self.hypotheses.append(Hypothesis("dots joined", dots.seen))
            return
        clean = walk(self._canvas, CLEAN)
        narrow = walk(self._canvas, CLEAN._replace(window=SMALL_WINDOW))
        self._lined = bool(clean.look.lines + clean.look.bars + narrow.look.lines + narrow.look.bars)
        self._look_inside(plain, clean.look)
        if self._lined:
            self.hypotheses.append(Hypothesis("without lines", clean.seen))
            self.hypotheses.append(Hypothesis("without lines, small window", narrow.seen))
        self._add("small window", Settings(window=SMALL_WINDOW))
        if self._disputed:
            self._add("other polarity", Settings(inverted=True))
            self._add("other polarity, small window", Settings(inverted=True, window=SMALL_WINDOW))
        if self._faint:
            self._add("faint ink", Settings(faint=FAINTER))
            self._add("faint ink, small window", Settings(faint=FAINTER, window=SMALL_WINDOW))

    def _look_inside(self, plain: Look, clean: Look) -> None:
        """Add what lies within an outline or on a surface, the innermost first."""
        outlines = surfaces.outlines(clean.dark if clean.lines else plain.dark)
        self._surrounded = any(not outline.touched for outline in outlines)
        found = [outline for outline in outlines if not (self._surrounded and outline.touched)]
        if not self._surrounded:
            boxes = [look.box for look in (plain, clean) if look.box]
            for panel in surfaces.panels(plain.grey):
                inked = float(plain.dark[panel.mask].mean())
                if inked > 0.5 and not _is_disc(plain.dark & panel.mask, panel.mask, inked):
                    continue
                if inked > 0.5 or not any(_is_hole(panel.mask, box) for box in boxes):
                    found.append(panel)
        self._beside = bool(found)
        for surface in found[:3]:
            if (part := _inside(self._canvas, surface.mask)) is not None:
                name = "within its outline" if surface.touched else "inside"
                self._add(name, Settings(without_bars=True), part)
                self._add(f"{name}, small window", CLEAN._replace(window=SMALL_WINDOW), part)

    def _decided(self) -> Verdict | None:
        """Say which hypothesis to believe; None: look again first."""
        confidence = [float(row.max()) for row in self.probabilities]
        digits = [int(row.argmax()) for row in self.probabilities]

        def found(name: str, least: float) -> list[int]:
            """Return the hypotheses of that name that hold one digit and are confident enough."""
            return [
                number
                for number, hypothesis in enumerate(self.hypotheses)
                if (hypothesis.name == name or hypothesis.name == f"{name}, small window")
                and confidence[number] >= least
                and _holds_one_digit(hypothesis.seen)
                and not (digits[number] == 0 and hypothesis.seen.stroke_width > MAX_STROKE)
            ]

        seen = self.hypotheses[0].seen
        plain_verdict = Verdict(
            0,
            bool(found("as found", MIN_CONFIDENCE_BESIDE if self._beside else MIN_CONFIDENCE))
            and seen.rejected_fraction <= 0.2
            and not self._lined,
        )
        if not self._doubtful and self._looked_again and plain_verdict.confident:
            return plain_verdict
        if not self._doubtful:
            if found("as found", CONFIDENT):
                return Verdict(0, True)
            if not self._looked_again:
                return None
        if inside := found("inside", CERTAIN):
            return Verdict(inside[0], True)
        if not self._looked_again:
            for name in ("dots joined", "smoothed"):
                if joined := found(name, CONFIDENT):
                    return Verdict(joined[0], True)
        if self._surrounded:
            return Verdict(0, False) if self._looked_again else None
        if self._tight and found("as found", ALL_BUT_CERTAIN):
            return Verdict(0, True)
        clean, narrow = found("without lines", CERTAIN), found("small window", CONFIDENT)
        if clean and len({digits[number] for number in found("without lines", CONFIDENT)}) == 1:
            return Verdict(clean[0], True)
        # Where the windows disagree, a shadow was taken for ink in the large one.
        if clean and narrow and digits[clean[-1]] == digits[narrow[0]]:
            return Verdict(clean[-1], True)
        if frame := found("without frame", CERTAIN):
            return Verdict(frame[0], True)
        within = found("within its outline", CERTAIN)
        if within and (confidence[0] < CONFIDENT or digits[0] == 0):
            return Verdict(within[0], True)
        polarity = found("other polarity", CERTAIN)
        if polarity and not found("as found", CONFIDENT) and not clean:
            return Verdict(polarity[0], True)
        if not self._lined:
            plain = found("as found", CONFIDENT)
            if faint := found("faint ink", CERTAIN):
                return Verdict(faint[0], True)
            if plain and not (narrow and digits[narrow[0]] != digits[0]):
                return Verdict(0, True)
            if narrow:
                return Verdict(narrow[0], True)
        if not self._looked_again:
            return None
        names = dict.fromkeys(
            hypothesis.name.removesuffix(", small window") for hypothesis in self.hypotheses
        )
        believed = [
            number
            for name in names
            for number in found(name, CONFIDENT)
            if self.hypotheses[number].seen.rejected_fraction <= 0.3  # nor a second digit
        ]
        if believed:
            return Verdict(believed[0], len({digits[number] for number in believed}) == 1)
        return plain_verdict


def _is_doubtful(seen: Preprocessed, look: Look) -> bool:
    """Tell whether anything speaks against the plain hypothesis, or for something beside the digit."""
    return (
        seen.components != 1
        or seen.rejected_fraction > 0.01
        or look.touches
        or seen.stroke_width > 5.5
        or seen.contrast_to_noise < 12
        or _is_solid(look)
    )


def _is_solid(look: Look) -> bool:
    """Tell whether the ink's outside is convex, as that of a disc, a ring, a box."""
    contours, _ = cv2.findContours(
        (look.ink > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    if not contours:
        return False
    outer = max(contours, key=len)
    return cv2.contourArea(outer) > 0.88 * cv2.contourArea(cv2.convexHull(outer))


def _holds_one_digit(seen: Preprocessed) -> bool:
    """Tell whether what preprocessing noticed speaks for the ink of one digit on paper.

    An empty sheet has no ink. The texture of paper, noise and photographs have many components, hardly
    darker than the rest, most of them rejected as no part of the digit; so is a second digit. Real digits
    were found to have up to 2 components, a contrast of 8 standard deviations of the paper's noise or
    more, and next to no ink that was rejected.
    """
    rows, columns = (np.flatnonzero(seen.image.max(axis=axis) > 127) for axis in (1, 0))
    if not len(rows) or np.ptp(columns) > 2 * np.ptp(rows):  # a bar: what is left of a line
        return False
    return 0 < seen.components <= 4 and seen.contrast_to_noise >= 6 and seen.unexplained_fraction <= 0.2


def _fills_its_crop(seen: Preprocessed, look: Look) -> bool:
    """Tell whether the ink reaches from edge to edge and is bold: then what is around it may seem the ink."""
    return look.touches and seen.stroke_width > 3.5 and _covers(look)


def _covers(look: Look) -> bool:
    """Tell whether the ink goes nearly from edge to edge, both ways."""
    if look.box is None:
        return False
    x0, y0, x1, y1 = look.box
    h, w = look.ink.shape
    return x1 - x0 > 0.7 * w and y1 - y0 > 0.7 * h


def _is_hole(mask: np.ndarray, box: Box) -> bool:
    """Tell whether a surface lies within the digit's box, such as the hole of a 0."""
    x0, y0, x1, y1 = box
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    common = max(0, min(x + w, x1) - max(x, x0)) * max(0, min(y + h, y1) - max(y, y0))
    return common > 0.5 * w * h and w * h < 0.8 * (x1 - x0) * (y1 - y0)


def _is_disc(dark: np.ndarray, mask: np.ndarray, inked: float) -> bool:
    """Tell a disc with something light on it from a fat 0, whose hole is convex and large."""
    if inked > 0.88:
        return True
    hole = (mask & ~dark).astype(np.uint8)
    contours, _ = cv2.findContours(hole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)
    return cv2.contourArea(largest) < 0.85 * cv2.contourArea(cv2.convexHull(largest))


def _inside(whole: Canvas, mask: np.ndarray) -> Canvas | None:
    """Cut a surface out of a picture, and put its own tone around it; None if it is too small."""
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    k = longest_side(whole.picture) / longest_side(mask)
    part = whole.picture[int(k * y) : int(k * (y + h)), int(k * x) : int(k * (x + w))].copy()
    if min(part.shape[:2]) < 8:
        return None
    shape = mask[y : y + h, x : x + w].astype(np.uint8)
    large = cv2.resize(shape, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    on = np.asarray(cv2.erode(large, np.ones((3, 3), np.uint8), borderValue=0)) > 0
    if np.count_nonzero(on) < 64:
        return None
    tone = np.median(part[on], axis=0)
    part[~on] = tone
    margin = max(4, longest_side(part) // 10)
    part = cv2.copyMakeBorder(
        part, *(margin,) * 4, cv2.BORDER_CONSTANT, value=np.atleast_1d(tone).astype(float).tolist()
    )
    return canvas(part)._replace(pixels=whole.pixels)
