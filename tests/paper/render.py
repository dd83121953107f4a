"""What all kinds of paper share: a sheet, pens, hand-drawn lines, light, the camera.

Everything is drawn with vectors, so that a warp (perspective, curl) moves points and never resamples pixels.
Points are pixels (x, y), lines are float arrays [points, 2], colours are (R, G, B), 0 to 255.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

Random = np.random.Generator
Colour = tuple[float, float, float]
Line = np.ndarray  # float [points, 2]
Point = Sequence[float] | np.ndarray  # (x, y)
Shape = Callable[[Random], list[Line]]  # x to the right, y downwards, in any unit
Warp = Callable[[Line], Line]
Draw = Callable[..., Image.Image]  # of (strokes, random); where there is no digit, of (random)

SHIFT = 4  # OpenCV's fractional bits of a coordinate


class Kinds(dict[str, Draw]):
    """Kinds of picture by name; a function's docstring is its description."""

    def __call__(self, draw: Draw) -> Draw:
        """Register ``draw`` under its name, with blanks for underscores; for use as a decorator."""
        self[draw.__name__.replace("_", " ")] = draw
        return draw

    def description(self, name: str) -> str:
        """Return the first line of a kind's docstring."""
        return (self[name].__doc__ or "").splitlines()[0].rstrip(".")


class Pen(NamedTuple):
    """What a line is drawn with."""

    colour: Colour
    width: float  # px
    opacity: float = 1.0  # 0.0 to 1.0
    roughness: float = 0.0  # 0.0 (even) to 1.0 (as rough as a pencil on coarse paper)


def pencil(random: Random, size: float) -> Pen:
    """Return a grey, rough pencil for a digit of the given size in px."""
    tone = random.uniform(55, 95)
    return Pen((tone, tone, tone + 4), size * random.uniform(0.035, 0.07), random.uniform(0.65, 0.9), 0.5)


def ballpoint(random: Random, size: float) -> Pen:
    """Return a blue or black ballpoint pen for a digit of the given size in px."""
    blue, black = (30, 45, random.uniform(110, 170)), (35, 35, 42)
    colour = blue if random.random() < 0.6 else black
    return Pen(colour, size * random.uniform(0.035, 0.075), random.uniform(0.85, 1), 0.1)


def felt(random: Random, size: float) -> Pen:
    """Return a felt pen, mostly dark, for a digit of the given size in px."""
    colours = [(20, 20, 24), (25, 30, 110), (120, 20, 25), (15, 80, 45)]
    return Pen(colours[random.choice(4, p=[0.55, 0.25, 0.1, 0.1])], size * random.uniform(0.07, 0.12))


def any_pen(random: Random, size: float) -> Pen:
    """Return a pencil, a ballpoint pen or a felt pen."""
    return (pencil, ballpoint, felt)[random.integers(3)](random, size)


class Sheet:
    """A sheet of paper that is drawn on, lit, and photographed."""

    def __init__(self, random: Random, size: tuple[int, int] | None = None, tone: Colour | None = None):
        """Take a blank sheet.

        Parameters
        ----------
        random
            Where every choice comes from.
        size
            Width and height in px; without it 480 to 1,200, upright, square or lying.
        tone
            Colour of the paper; without it white to cream or greyish.
        """
        self.random = random
        if size is None:
            long = int(random.integers(480, 1201))
            short = round(long * random.choice([1, 0.75, 0.9]))
            size = (long, short) if random.random() < 0.4 else (short, long)
        if tone is None:
            grey = random.uniform(205, 250)
            tone = (grey, grey - random.uniform(-2, 6), grey - random.uniform(-4, 16))
        self.width, self.height = size
        self.pixels = np.full((self.height, self.width, 3), tone, np.float32)

    @property
    def side(self) -> int:
        """The shorter side in px."""
        return min(self.width, self.height)

    @property
    def unit(self) -> float:
        """A thousandth of the longer side, in px: what thin things are measured in."""
        return max(self.width, self.height) / 1000

    def place(
        self,
        strokes: list[Line],
        low: float = 0.35,
        high: float = 0.65,
        margin: float = 0.1,
        warp: Warp | None = None,
    ) -> list[Line]:
        """Put a drawing somewhere on the sheet, slightly rotated.

        Parameters
        ----------
        strokes
            As ``datasets.load_drawings`` returns them: on a unit square.
        low, high
            Range of the digit's longer side, as a fraction of the sheet's shorter side.
        margin
            Room for what is drawn around the digit, as a fraction of the digit's longer side.
        warp
            Moves the points, as it moves the paper.

        Returns
        -------
        list of Line
            The strokes in px.
        """
        size = self.random.uniform(low, high) * self.side
        middle = np.array([self.width, self.height]) / 2
        free = np.maximum(middle - size * (0.5 + margin), 0)
        centre = middle + self.random.uniform(-0.9, 0.9, 2) * free
        digit = placed(strokes, centre, size, self.random.normal(0, 3))
        return [warp(line) for line in digit] if warp else digit

    def draw(self, lines: Iterable[Line], pen: Pen) -> np.ndarray:
        """Draw lines with a round pen; returns how far it covers each pixel, 0.0 to 1.0 [h, w]."""
        return self.paint(coverage(self.pixels.shape[:2], lines, pen.width), pen)

    def fill(self, outline: Line, pen: Pen) -> np.ndarray:
        """Fill an outline with a pen's colour; returns as ``draw`` does."""
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.fillPoly(mask, [_fixed(outline)], 255, cv2.LINE_AA, SHIFT)
        return self.paint(np.float32(mask) / 255, pen)

    def paint(self, cover: np.ndarray, pen: Pen) -> np.ndarray:
        """Lay a pen's colour over the sheet where ``cover``, 0.0 to 1.0 [h, w], says; returns ``cover``."""
        if pen.roughness:
            cover = cover * (1 - pen.roughness * self.texture(1.2))
        alpha = (cover * pen.opacity)[..., np.newaxis]
        self.pixels += alpha * (np.float32(pen.colour) - self.pixels)
        return cover

    def texture(self, scale: float) -> np.ndarray:
        """Return smooth noise, 0.0 to 1.0 [h, w], whose grains are ``scale`` thousandths of the side."""
        return texture(self.random, self.pixels.shape[:2], max(1, scale * self.unit))

    def light(self, factor: np.ndarray) -> None:
        """Multiply the sheet by a light, 0.0 (dark) to 1.0 [h, w]."""
        self.pixels *= np.float32(factor)[..., np.newaxis]

    def uneven(self, strength: float | None = None) -> None:
        """Let the light fall off to one side, by a fraction of up to ``strength`` (0.35)."""
        strength = self.random.uniform(0, 0.35) if strength is None else strength
        x, y = self.grid()
        angle = self.random.uniform(0, 2 * np.pi)
        way = np.cos(angle) * x + np.sin(angle) * y
        way = (way - way.min()) / np.ptp(way)
        self.light(1 - strength * way)

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of every pixel in units of the sheet's shorter side, float32 [h, w] each."""
        y, x = np.mgrid[: self.height, : self.width].astype(np.float32) / self.side
        return x, y

    def scan(self) -> Image.Image:
        """Return the sheet as a program or a good scanner gives it: a PNG without noise."""
        return png(self._picture())

    def photo(self) -> Image.Image:
        """Return the sheet as a phone's camera gives it: soft, noisy, a JPEG."""
        random = self.random
        self.pixels = cv2.GaussianBlur(self.pixels, (0, 0), random.uniform(0.4, 1.1))
        noise = random.standard_normal(self.pixels.shape[:2], dtype=np.float32) * random.uniform(0.8, 4)
        self.pixels += noise[..., np.newaxis]
        return jpeg(self._picture(), int(random.integers(60, 94)))

    def _picture(self) -> Image.Image:
        return Image.fromarray(np.uint8(np.clip(self.pixels, 0, 255)))


def jpeg(picture: Image.Image, quality: int = 85) -> Image.Image:
    """Return the picture as it comes out of a JPEG, not yet decoded."""
    return _file(picture, "JPEG", quality=quality)


def png(picture: Image.Image) -> Image.Image:
    """Return the picture as it comes out of a PNG, not yet decoded."""
    return _file(picture, "PNG", compress_level=1)


def _file(picture: Image.Image, format: str, **options: int) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return Image.open(stream)


def placed(strokes: Iterable[Line], centre: Point, size: float, degrees: float = 0) -> list[Line]:
    """Scale a drawing so that its longer side is ``size`` px, rotate it, and move it to ``centre``."""
    smooth = [smoothed(np.asarray(stroke, float)) for stroke in strokes]
    points = np.concatenate(smooth)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = size / (high - low).max()
    return [rotated((line - (low + high) / 2) * scale, degrees) + centre for line in smooth]


def smoothed(line: Line) -> Line:
    """Remove the tablet's staircase from a stroke, its ends kept."""
    if len(line) < 5:
        return line
    padded = np.concatenate([line[:1], line[:1], line, line[-1:], line[-1:]])
    return np.stack([np.convolve(c, [0.06, 0.24, 0.4, 0.24, 0.06], "valid") for c in padded.T], axis=1)


def rotated(line: Line, degrees: float) -> Line:
    """Rotate points about (0, 0)."""
    angle = np.deg2rad(degrees)
    return line @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def box(lines: Iterable[Line]) -> tuple[np.ndarray, np.ndarray]:
    """Return the top left and the bottom right corner of lines."""
    points = np.concatenate(list(lines))
    return points.min(axis=0), points.max(axis=0)


def extent(lines: Iterable[Line]) -> tuple[np.ndarray, float]:
    """Return the centre of lines and the longer side of their box."""
    low, high = box(lines)
    return (low + high) / 2, float((high - low).max())


def _fixed(line: Line) -> np.ndarray:
    return np.rint(np.asarray(line) * 2**SHIFT).astype(np.int32)


def coverage(shape: tuple[int, ...], lines: Iterable[Line], width: float) -> np.ndarray:
    """Return how far lines drawn with a round pen cover each pixel: float32 [h, w], 0.0 to 1.0."""
    mask = np.zeros(shape, np.uint8)
    thickness = max(1, round(width))
    for line in lines:
        if len(line) == 1:
            cv2.circle(
                mask, _fixed(line[0]).tolist(), int(width * 2 ** (SHIFT - 1)), 255, -1, cv2.LINE_AA, SHIFT
            )
        else:
            cv2.polylines(mask, [_fixed(line)], False, 255, thickness, cv2.LINE_AA, SHIFT)
    return np.float32(mask) / 255


def texture(random: Random, shape: tuple[int, ...], size: float) -> np.ndarray:
    """Return smooth noise, float32 [h, w], 0.0 to 1.0, its spots ``size`` px large."""
    h, w = (max(2, int(np.ceil(n / size))) for n in shape[:2])
    coarse = random.random((h, w), dtype=np.float32)
    return np.clip(cv2.resize(coarse, shape[1::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def straight(start: Point, end: Point, points: int = 40) -> Line:
    """Return a straight line of evenly spaced points, which a warp can bend."""
    return np.linspace(start, end, points)


def closed(corners: Sequence[Point] | np.ndarray, points: int = 40) -> Line:
    """Return the outline of a polygon, each side of evenly spaced points."""
    ends = np.asarray(corners, float)
    sides = zip(ends, np.roll(ends, -1, axis=0), strict=True)
    return np.concatenate([straight(start, end, points) for start, end in sides])


def arc(
    centre: Point,
    radii: Point | float,
    start: float = 0,
    end: float = 360,
    points: int = 90,
) -> Line:
    """Return an arc of an ellipse, from ``start`` to ``end`` degrees, clockwise from the right."""
    angle = np.deg2rad(np.linspace(start, end, points))
    return np.asarray(centre) + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radii


def by_hand(line: Line, random: Random, wobble: float) -> Line:
    """Let a hand tremble: slow waves of up to ``wobble`` px in each direction."""
    t = np.linspace(0, 1, len(line))[:, np.newaxis]
    waves = [np.sin(2 * np.pi * (k * t + random.random(2))) / k for k in (0.7, 1.6, 3.1)]
    return line + wobble * sum(random.uniform(0.3, 1) * wave for wave in waves)


def hand_circle(random: Random, centre: Point, radii: Point | float, gap: float) -> Line:
    """Return a circle by hand that is open by ``gap`` degrees, or overlaps itself where that is negative.

    Its radius drifts on the way, so that its ends do not meet exactly.
    """
    start = random.uniform(0, 360)
    line = (
        arc((0, 0), radii, start, start + 360 - gap)
        * np.linspace(1, 1 + random.uniform(-0.05, 0.05), 90)[:, None]
    )
    return by_hand(line, random, 0.04 * float(np.mean(radii))) + centre


def rules(sheet: Sheet, pitch: float, degrees: float = 0, offset: float | None = None) -> list[Line]:
    """Return parallel lines over the whole sheet and a margin around it.

    Parameters
    ----------
    sheet
        Gives the size, and the offset's choice.
    pitch
        Distance in px.
    degrees
        0: horizontal, 90: vertical.
    offset
        Of one of the lines from the sheet's centre, in px; random if it is None.
    """
    offset = sheet.random.uniform(0, pitch) if offset is None else offset
    reach = np.hypot(sheet.width, sheet.height)
    count = int(reach / pitch)
    middle = np.array([sheet.width, sheet.height]) / 2
    steps = offset + pitch * np.arange(-count, count + 1)
    return [rotated(straight((-reach, step), (reach, step)), degrees) + middle for step in steps]


def perspective(sheet: Sheet, strength: float) -> Warp:
    """Return the warp of a camera that is held at a slant.

    Parameters
    ----------
    sheet
        Gives the size and the random slant.
    strength
        How far the corners move at most, as a fraction of the sheet's size.
    """
    w, h = sheet.width, sheet.height
    corners = np.float32([(0, 0), (w, 0), (w, h), (0, h)])
    inward = np.float32([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * sheet.random.uniform(0, strength, (4, 2))
    matrix = cv2.getPerspectiveTransform(corners, np.float32(corners + inward * (w, h)))

    def warp(line: Line) -> Line:
        return cv2.perspectiveTransform(np.float32(line)[np.newaxis], matrix)[0].astype(float)

    return warp


def doodle(kinds: Kinds) -> Callable[[Shape], Shape]:
    """Register a shape, drawn by hand with any pen on paper or on a screen, among ``kinds``."""

    def register(shape: Shape) -> Shape:
        def draw(random: Random) -> Image.Image:
            sheet = Sheet(random)
            size = random.uniform(0.35, 0.7) * sheet.side
            free = np.array([sheet.width, sheet.height]) / 2 - size * 0.6
            centre = np.array([sheet.width, sheet.height]) / 2 + free * random.uniform(-0.8, 0.8, 2)
            lines = placed(shape(random), centre, size, random.normal(0, 5))
            sheet.draw([by_hand(line, random, 0.02 * size) for line in lines], any_pen(random, size))
            sheet.uneven()
            return sheet.photo() if random.random() < 0.7 else sheet.scan()

        draw.__name__, draw.__doc__ = shape.__name__, shape.__doc__
        kinds(draw)
        return shape

    return register


def icon(lines: list[Line], filled: list[Line], random: Random) -> Image.Image:
    """Return an app's icon, of any two colours: lines and filled outlines in any unit."""
    side = int(random.integers(128, 520))
    dark, light = tuple(random.uniform(20, 200, 3)), (250,) * 3
    tone, ink = (light, dark) if random.random() < 0.5 else (dark, light)
    sheet, pen = Sheet(random, (side, side), tone), Pen(ink, side * 0.05)
    done = placed([*lines, *filled], (side / 2, side / 2), side * random.uniform(0.5, 0.75))
    sheet.draw(done[: len(lines)], pen)
    for outline in done[len(lines) :]:
        sheet.fill(outline, pen)
    return sheet.scan()
