"""Any picture of a digit -> the 28x28 that the network should see, with every step kept.

The last steps repeat how MNIST was made (LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning
Applied to Document Recognition", Proc. IEEE 86(11), 1998, section III.A): black-and-white ink is
fitted into 20x20 with its proportions kept, anti-aliased, and its centre of mass goes to the
centre of 28x28. The steps before lead any photo, scan or drawing to where MNIST began: ink alone.

Lengths are shares of the picture's longest side, so that a picture and its double are one.
"""

import io
import logging
import os
import re
import struct
import warnings
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageOps, TiffImagePlugin

# What Pillow prints of a damaged file is no news beside the one line that says why.
logging.getLogger("PIL").addHandler(logging.NullHandler())

# What Pillow decodes by itself. EPS is left out, because it would start Ghostscript.
FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "QOI"),
    *("SGI", "TIFF", "WEBP"),
)
MAX_PIXELS = 50_000_000
TOO_LARGE = f"it has more than {MAX_PIXELS // 10**6} megapixels; shrink it first"
MAX_BYTES = 160_000_000  # 3 for each of MAX_PIXELS, as in a BMP, and room for notes
# Pixels of formats that are slow or large to decode; in brackets ms a megapixel, measured on noise.
SLOW = {
    "AVIF": 4_000_000,  # (360; for 49 megapixels 615 MB)
    "JPEG2000": 3_000_000,  # (560)
    "WEBP": 25_000_000,  # (70; for 49 megapixels 850 MB)
}
SLOW_JPEG = 25_000_000  # of progressive ones (59): all is held until the last scan
SLOW_PYTHON = 400_000  # of decoders in Python (QOI 820, PPM with a maxval of its own 1,660)
# What a file may have many of without many pixels; in brackets what one costs, measured.
MAX_READS = 900_000  # (0.4 to 1.5 µs); QOI takes 2 a pixel, 50 megapixels of PNG some 60,000
MAX_NUMBERS = 100_000  # in a list of a TIFF (5 µs and 320 bytes, if they are strips)
MAX_SCANS = 100  # of a JPEG (4 ms, even if empty); libtiff's limit, programs write some 10
MAX_TILES = 10_000  # of a JPEG 2000 (7 µs and 9 kB, even if empty)
MAX_EXIF = 1_000_000  # bytes (18 bytes of memory); more is not looked at, a JPEG has room for 64 kB
TOO_MANY = "it is in too many pieces; save it as PNG or JPEG"
ORIENTATION = 0x0112  # EXIF's tag
KEPT_SIDE = 500  # px: a picture of at least twice this side is shrunk as soon as it is decoded
LOOK_SIDE = 256  # px: longest side at which ink is looked for
FINE_SIDE = 128  # px: pictures smaller than this are enlarged, so that outlines have room

PAPER_SIDE = 64  # px: longest side at which the paper is looked at
PAPER_WINDOW = 0.5  # a stroke is thinner than this; a shadow may be as narrow
PAPER_INSET = 0.2  # ... and this at the picture's edge, where a window sees only one side
FAINT = 0.4  # of the threshold: ink this pale counts where it touches ink above it (Canny: 1:2 to 1:3)
LEAST_CONTRAST = 0.03  # below it is paper grain
SPECK = 0.04  # of the digit's area: a smaller piece is no part of it
PEN = 0.06  # of the sheet's side: a felt pen on a note
THIN = 2.5  # px of the 28x28; strokes of MNIST: 1.9 to 4.4, median 2.7 (5 % to 95 % of 2,000)
FINE = 8  # pixels to one of the 28x28 while the stroke is measured and thickened

# What students bring that holds no pixels, or none that Pillow reads: its mark, and the cure.
STRANGERS = {
    b"<svg": "an SVG holds shapes, not pixels; export it as PNG",
    b"%PDF": "a PDF holds pages, not pixels; export the page as PNG",
    b"%!PS": "PostScript holds pages, not pixels; export the page as PNG",
    b"ftyphei": "Pillow reads no HEIC; save the photo as JPEG",
    b"ftypmif1": "Pillow reads no HEIF; save the photo as JPEG",
}

Strokes = Sequence[Sequence[tuple[float, float]]]  # the points of each; see from_strokes
_Box = tuple[int, int, int, int]  # x0, y0, x1, y1
Source = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray


class PictureError(ValueError):
    """The source is no picture that can be read; one line says why and what to do."""


class Prepared(NamedTuple):
    """A picture as the network should see it, how it got there, and what was noticed on the way."""

    image: np.ndarray  # uint8 [28, 28], 0 (ground) to 255 (ink)
    steps: tuple[tuple[str, np.ndarray], ...]  # name, picture: uint8 [h, w] or [h, w, 3 or 4]
    contrast: float  # 0.0 (no ink) to 1.0 (black on white): how far the ink is from its paper
    contrast_to_noise: float  # contrast in standard deviations of the paper; 0.0 without ink
    parts: int  # pieces that the ink is in; 0 without ink
    left_out: float  # 0.0 to 1.0: share of dark spots that were not taken for the digit
    stroke: float  # px of the 28x28: stroke width before thin strokes were thickened


def open_picture(source: Source) -> Image.Image:
    """Read a picture; its content tells the format, never its name.

    Returns an upright picture of mode L, RGB or RGBA. Of an animation that is the first frame. A
    side of more than twice ``KEPT_SIDE`` is shrunk to between one and two of them. An array is
    [h, w], [h, w, 1], [h, w, 3] or [h, w, 4]; pictures and arrays of other than 8 bits are
    stretched, their lowest value to 0 and their highest to 255.

    Raises PictureError if there is no such file, if it is no picture or a damaged one, if it has
    more than ``MAX_BYTES`` bytes or ``MAX_PIXELS`` pixels, or fewer but more than its format is
    decoded in soon (``SLOW`` and below), which is checked before any of them is decoded.
    """
    name = repr(str(source)) if isinstance(source, (str, os.PathLike)) else "the picture"
    data = b""
    try:
        if isinstance(source, np.ndarray):
            return _from_array(source)
        if isinstance(source, Image.Image):
            return _decoded(source)
        if isinstance(source, (str, os.PathLike)):
            with open(source, "rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        elif isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
        elif hasattr(source, "read"):
            data = source.read(MAX_BYTES + 1)
        else:
            raise PictureError("give a path, bytes, an open file, a PIL image or a NumPy array")
        if not data:
            raise PictureError("it is empty; copy or upload it again")
        if len(data) > MAX_BYTES:
            raise PictureError(f"it has more than {MAX_BYTES // 10**6} megabytes; save it as PNG or JPEG")
        with warnings.catch_warnings(action="ignore"):
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decoded(_identified(data))
    except PictureError as error:
        why = str(error)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        why = TOO_LARGE
    except Image.UnidentifiedImageError:
        cures = (cure for mark, cure in STRANGERS.items() if mark in data[:1024])
        why = next(cures, "its content is no picture format known here; save it as PNG or JPEG")
    except Exception as error:  # each of Pillow's decoders fails in its own way
        if why := getattr(error, "strerror", None):  # of the file system
            why = f"{why.lower()}; check the path"
        else:
            reason = " ".join(str(error).split()) or type(error).__name__
            why = f"it is damaged ({reason}); copy or export it again"
    raise PictureError(f"cannot open {name}: {why}")


def from_strokes(strokes: Strokes, pen: float = PEN) -> Image.Image:
    """What a pen draws, as a picture of mode L, dark on white, of 256 by 256 pixels.

    Points are (x, y) on a square sheet, 0.0 to 1.0 from its left and from its top; what lies beyond
    is cut off. ``pen`` is the width of the stroke, 0.0 to 1.0 of the sheet's side. A stroke of one
    point is a dot.

    Raises PictureError if the strokes are no such lists of finite numbers.
    """
    sheet = Image.new("L", (LOOK_SIDE, LOOK_SIDE), "white")
    draw = ImageDraw.Draw(sheet)
    width = max(1, round(pen * LOOK_SIDE))
    try:
        for stroke in strokes:
            points = np.asarray(stroke, float).reshape(-1, 2) * LOOK_SIDE
            if not (len(points) and np.isfinite(points).all()):
                raise ValueError("a stroke is empty or not finite")
            points = np.clip(points, -LOOK_SIDE, 2 * LOOK_SIDE)
            draw.line(points.ravel().tolist(), fill=0, width=width)
            for point in points:  # round joints and ends
                draw.circle(point.tolist(), width / 2, fill=0)
    except (TypeError, ValueError) as error:
        raise PictureError(f"strokes are lists of points (x, y), 0.0 to 1.0: {error}") from None
    return sheet


class _Counted(io.BytesIO):
    """A file that is read only so often: Pillow goes on for as long as a header says."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise PictureError(TOO_MANY)
        return super().read(size)


def _identified(data: bytes) -> Image.Image:
    """Know the format and the size, and refuse what would take long to decode."""
    if data[:2] in (b"P1", b"P2", b"P3"):  # for each comment Pillow copies what follows it: minutes
        data = re.sub(rb"#[^\r\n]*", b"", data)
    if _longest_list(data) > MAX_NUMBERS:
        raise PictureError(TOO_MANY)
    image = Image.open(_Counted(data), formats=FORMATS)
    pixels, most = image.width * image.height, SLOW.get(image.format, MAX_PIXELS)
    if pixels > MAX_PIXELS:  # before draft, which makes them fewer
        raise PictureError(TOO_LARGE)
    if image.format in ("JPEG", "MPO"):
        if len(re.findall(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]", data)) > MAX_SCANS:
            raise PictureError(TOO_MANY)
        if image.info.get("progressive"):
            most = SLOW_JPEG
    for siz in re.finditer(rb"\xff\x4f\xff\x51", data if image.format == "JPEG2000" else b""):
        # ISO/IEC 15444-1, A.5.1: how large the picture and each of its tiles is.
        width, height, across, down = struct.unpack_from(">8xII8xII", data, siz.start())
        if -(-width // across) * -(-height // down) > MAX_TILES:
            raise PictureError(TOO_MANY)
    if any(tile.codec_name in Image.DECODERS for tile in image.tile):  # those in Python
        most = SLOW_PYTHON
    if pixels > most:
        what = f"{most / 10**6:g} megapixels"
        raise PictureError(f"{image.format} of its kind is read up to {what}; save it as PNG or shrink it")
    k = KEPT_SIDE / max(image.size)
    image.draft(None, tuple(int(k * side) for side in image.size))  # JPEG can shrink while it is decoded
    return image


def _longest_list(data: bytes) -> int:
    """Numbers in the longest list of a TIFF's first directory (TIFF 6.0, section 2); else 0.

    Lists of bytes and texts do not count: they cost nothing, and may be long.
    """
    if not data.startswith(tuple(TiffImagePlugin.PREFIXES)):
        return 0
    order = "<" if data.startswith(b"I") else ">"
    place, number, entry = ("8xQ", "Q", "HHQ8x") if data[2:3] == b"+" else ("4xI", "H", "HHI4x")
    try:
        (start,) = struct.unpack_from(order + place, data)
        (entries,) = struct.unpack_from(order + number, data, start)
    except struct.error:  # cut short
        return 0
    start, size = start + struct.calcsize(order + number), struct.calcsize(order + entry)
    entries = min(entries, max(0, len(data) - start) // size)
    found = struct.iter_unpack(order + entry, data[start : start + entries * size])
    return max((count for _, kind, count in found if kind not in (1, 2, 7)), default=0)


def _decoded(image: Image.Image) -> Image.Image:
    """Decode, shrink, convert to L, RGB or RGBA, and turn as EXIF says."""
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(TOO_LARGE)
    if not image.width * image.height:
        raise PictureError("it has no pixels; export it again")
    turn = 1
    try:
        if len(image.info.get("exif", b"")) <= MAX_EXIF:
            turn = image.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged EXIF, which fails in many ways, is no reason to refuse the picture
        pass
    if image.mode in ("F", "I", "CMYK", "LAB"):
        image = _shrunk(image)  # before there are copies of its 4 bytes a pixel
    if image.mode == "F" or image.mode.startswith("I"):
        image = _from_array(np.asarray(image))
    elif image.has_transparency_data and image.mode != "RGBA":
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    image = _shrunk(image)
    if turn == 1:
        image.load()
        return image
    image = image.copy()  # lest the caller's own loses its EXIF, which is read
    image.info.clear()
    image.getexif()[ORIENTATION] = turn
    return ImageOps.exif_transpose(image)


def _from_array(array: np.ndarray) -> Image.Image:
    """Numbers as a picture of mode L, RGB or RGBA."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if not array.size or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise PictureError(f"an array of shape {array.shape} is no picture; reshape it to [h, w]")
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise PictureError(TOO_LARGE)
    if array.dtype.kind not in "buif":
        raise PictureError(f"an array of {array.dtype} is no picture; give numbers")
    if array.dtype != np.uint8:
        low, high = float(array.min()), float(array.max())
        if not np.isfinite(high - low):
            raise PictureError("the array holds NaN or infinity; replace them")
        array = array.astype(np.float64 if array.dtype.itemsize == 8 else np.float32)
        array -= low
        array /= high - low or 1
        array *= 255
        array = array.round(out=array).astype(np.uint8)
    return _shrunk(Image.fromarray(np.ascontiguousarray(array)))


def _shrunk(image: Image.Image) -> Image.Image:
    factor = max(image.size) // KEPT_SIDE
    return image.reduce(factor) if factor > 1 else image


def to_mnist(source: Source) -> Prepared:
    """Take any picture down the one road to MNIST's form; see the module's first lines.

    A sheet without ink is no error: its image is black and ``parts`` is 0.

    Raises PictureError as open_picture does.
    """
    picture = open_picture(source)
    pixels = np.asarray(picture)
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
        # What lies beyond is left out too, such as a second digit.
        look = closer._replace(left_out=max(look.left_out, closer.left_out))
    if not look.box:
        nothing = np.zeros((28, 28), np.uint8)
        return Prepared(nothing, (begin, *look.steps), 0.0, 0.0, 0, look.left_out, 0.0)
    ink, stroke = _thickened(_cut(look.ink, look.box))
    image = _centred(ink)
    steps = (begin, *look.steps, ("stroke weight", _bytes(ink)), ("28x28", image))
    contrast_to_noise = look.contrast / max(look.noise, 1 / 255)
    return Prepared(image, steps, look.contrast, contrast_to_noise, look.parts, look.left_out, stroke)


class _Look(NamedTuple):
    """What is seen at one glance, at a longest side of FINE_SIDE to LOOK_SIDE."""

    steps: tuple[tuple[str, np.ndarray], ...]
    ink: np.ndarray  # float32 [h, w], 0.0 (ground) to 1.0 (ink): the digit alone
    box: _Box | None  # around the ink
    contrast: float
    noise: float  # standard deviation of the paper, on contrast's scale
    parts: int
    left_out: float


def _opaque(picture: np.ndarray) -> np.ndarray:
    """The picture on white paper, or how opaque it is if all that shows has one colour.

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
            outline, _ = cv2.findContours(np.uint8(labels == label), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            filled = cv2.countNonZero(cv2.drawContours(np.zeros_like(small), outline, -1, 1, cv2.FILLED))
            if filled > 0.9 * wide[label] * high[label] and 0.5 < area[label] / filled < 0.99:
                left, top = x[label] + 2, y[label] + 2
                return _scaled((left, top, left + wide[label] - 4, top + high[label] - 4), k)
    return None


def _find_ink(picture: np.ndarray) -> _Look:
    """Ink told from paper: grey, polarity, even light, threshold, the digit among the spots."""
    grey = _grey(picture)
    steps = [("grey", _bytes(grey))]
    if _is_light_on_dark(grey):
        grey = 1 - grey
        steps += [("dark on light", _bytes(grey))]

    depth = np.clip(1 - grey / np.maximum(_paper(grey), 1 / 255), 0, 1)
    steps += [("even light", _bytes(1 - depth))]

    threshold = _otsu(depth) if np.ptp(depth) > LEAST_CONTRAST else 1.0
    low = FAINT * threshold
    spots = _hysteresis(depth, low, threshold)
    digit, parts = _digit_among(spots)
    if not parts:
        return _Look(tuple(steps), np.zeros_like(depth), None, 0.0, 0.0, 0, 0.0)
    contrast = float(np.median(depth[digit & (depth > threshold)]))
    # The soft rim belongs to the ink.
    ink = np.clip((depth - low / 2) / (contrast - low / 2), 0, 1) * _grown(digit)
    steps += [("ink", _bytes(ink))]
    _, noise = cv2.meanStdDev(depth, mask=np.uint8(~_grown(spots)))
    left_out = 1 - np.count_nonzero(digit) / np.count_nonzero(spots)
    return _Look(tuple(steps), ink, _box(ink), contrast, float(noise[0, 0]), parts, left_out)


def _plain(picture: np.ndarray) -> np.ndarray:
    """The brightness of a grey or coloured picture: uint8 [h, w]."""
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def _grey(picture: np.ndarray) -> np.ndarray:
    """Float32 [h, w], 0.0 to 1.0: brightness, or else where the ink is seen better.

    That is one of R, G and B, if things smaller than a sixteenth of the picture stand out there
    clearly more.
    """
    grey = _plain(picture)
    if picture.ndim == 3:
        small = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA)
        small = np.float32(cv2.merge([_plain(small), small]))
        _, stands_out = cv2.meanStdDev(small - cv2.GaussianBlur(small, (0, 0), 4))
        best = int(np.argmax(stands_out))
        if stands_out[best] > 1.2 * stands_out[0]:
            grey = picture[..., best - 1]
    return np.float32(grey) / 255


def _paper(grey: np.ndarray) -> np.ndarray:
    """The sheet under dark ink: float32 [h, w], 0.0 to 1.0.

    It is what is left when all that is dark and thinner than a window is filled (grey closing;
    Serra, Image Analysis and Mathematical Morphology, 1982). Windows may hang over the edges,
    lest a dark corner of the sheet pass for ink. Paper has no detail: PAPER_SIDE is enough.
    """
    small = _resized(grey, _side(grey) / PAPER_SIDE)
    window = round(PAPER_WINDOW * PAPER_SIDE) | 1  # odd: OpenCV's closing by an even window moves the picture
    over = round((PAPER_WINDOW - PAPER_INSET) * PAPER_SIDE)
    paper = cv2.GaussianBlur(small, (0, 0), 0.5)
    paper = cv2.copyMakeBorder(paper, *(over,) * 4, cv2.BORDER_CONSTANT, value=0)
    paper = cv2.morphologyEx(paper, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    return cv2.resize(paper[over:-over, over:-over], grey.shape[::-1], interpolation=cv2.INTER_CUBIC)


def _is_light_on_dark(grey: np.ndarray) -> bool:
    """Paper is what most of every neighbourhood is (its median); ink is what departs from it."""
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
    """What is above ``low`` and touches something above ``high``: bool [h, w].

    So the pale ends of a stroke count. Source: Canny, "A Computational Approach to Edge Detection",
    IEEE PAMI 8(6), 1986, section VIII.
    """
    count, labels = cv2.connectedComponents(np.uint8(depth > low), connectivity=4)
    keep = np.zeros(count, bool)
    keep[labels[depth > high]] = True
    return keep.take(labels)


def _grown(spots: np.ndarray) -> np.ndarray:
    """The spots and what is up to 2 pixels away, counted along rows and columns: bool [h, w]."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return cv2.dilate(spots.view(np.uint8), cross, iterations=2).view(bool)


def _digit_among(spots: np.ndarray) -> tuple[np.ndarray, int]:
    """The digit's spots in a bool [h, w], and their number: the main one and its near pieces.

    The main one is large and far from the picture's edges. Stray borders, shadows and tables
    touch the edges and reach beyond it; specks are small; other writing is far.
    """
    points = cv2.findNonZero(spots.view(np.uint8))
    if points is None:
        return spots, 0
    h, w = spots.shape
    _, labels, found, _ = cv2.connectedComponentsWithStats(spots.view(np.uint8))
    x, y = points[:, 0].T
    inward = np.minimum.reduce([x, y, w - 1 - x, h - 1 - y]) + 1
    weight = np.bincount(labels[y, x], np.minimum(inward, max(h, w) / 4))[1:]
    left, top, wide, high, area = found[1:].T
    box = np.stack([top, left, -(top + high), -(left + wide)], axis=1)
    main = box[weight.argmax()]
    size = -(main[:2] + main[2:]).min()
    edges = (box == (0, 0, -h, -w)).sum(1)
    beyond = (main - box).max(1)  # how far a spot reaches out of the main one's box
    gap = (box[:, [2, 3, 0, 1]] + main).max(1)  # how far it lies away from that box
    near = np.where(edges, 0.1, 0.5) * size
    keep = np.where(edges > 1, beyond, gap) < near
    keep &= area > SPECK * area[weight.argmax()]
    return np.append(False, keep).take(labels), int(keep.sum())


def _thickened(ink: np.ndarray) -> tuple[np.ndarray, float]:
    """Enlarge to FINE times its final size, thicken thin strokes to THIN; also their width before.

    Inside a bar of width b the mean distance to the outside is b / 4.
    """
    ink = _resized(ink, _side(ink) / (20 * FINE))
    ink = np.clip(ink / min(1, ink.max()), 0, 1)  # a hairline is paler where it shrinks
    ink = cv2.copyMakeBorder(ink, *(2 * FINE,) * 4, cv2.BORDER_CONSTANT, value=0)
    body = np.uint8(ink > 0.5)
    inside = cv2.distanceTransform(body, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    width = 4 * float(inside[inside > 0].mean()) / FINE
    if width < THIN:
        grow = (THIN - width) / 2 * FINE
        outside = cv2.distanceTransform(1 - body, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        ink = np.clip(grow + 1 - outside, 0, 1)
    return ink, width


def _centred(ink: np.ndarray) -> np.ndarray:
    """Uint8 [28, 28]: ink fitted into 20x20, its centre of mass at the centre of 28x28."""
    ink = _cut(ink, _box(ink))
    ink = np.clip(_resized(ink, _side(ink) / 20), 0, 1)
    image = np.zeros((28, 28), np.float32)
    h, w = ink.shape
    y, x = ink.sum(1) @ np.arange(h) / ink.sum(), ink.sum(0) @ np.arange(w) / ink.sum()
    # MNIST's own mean is row 14.0, column 14.0, counted from 0.
    top, left = (int(np.clip(round(14 - c), 0, 28 - n)) for c, n in ((y, h), (x, w)))
    image[top : top + h, left : left + w] = ink
    return _bytes(image)


def _fitted(picture: np.ndarray) -> np.ndarray:
    """The picture with its longest side between FINE_SIDE and LOOK_SIDE."""
    side = _side(picture)
    k = side / min(max(side, FINE_SIDE), LOOK_SIDE)
    h, w = (n // 2 for n in picture.shape[:2])
    if k >= 2 and min(h, w):  # the mean of 2x2 is ten times as fast as that of 2.1x2.1
        picture = cv2.resize(picture[: 2 * h, : 2 * w], (w, h), interpolation=cv2.INTER_AREA)
        k /= 2
    return _resized(picture, k, cv2.INTER_LINEAR)


def _resized(picture: np.ndarray, k: float, shrink: int = cv2.INTER_AREA) -> np.ndarray:
    """A k-th of the picture's size: area means where it shrinks, bicubic where it grows."""
    h, w = (max(1, round(n / k)) for n in picture.shape[:2])
    return cv2.resize(picture, (w, h), interpolation=shrink if k > 1 else cv2.INTER_CUBIC)


def _side(picture: np.ndarray) -> int:
    """Its longest."""
    return max(picture.shape[:2])


def _box(ink: np.ndarray) -> _Box | None:
    """Around all that is at least half ink."""
    x, y, w, h = cv2.boundingRect(np.uint8(ink > 0.5))
    return (x, y, x + w, y + h) if w else None


def _scaled(box: _Box, k: float) -> _Box:
    return tuple(int(k * n) for n in box)


def _cut(picture: np.ndarray, box: _Box) -> np.ndarray:
    x0, y0, x1, y1 = box
    return picture[y0:y1, x0:x1]


def _longest(box: _Box) -> int:
    return max(box[2] - box[0], box[3] - box[1])


def _bytes(grey: np.ndarray) -> np.ndarray:
    """0.0 to 1.0 as uint8 0 to 255."""
    return cv2.convertScaleAbs(grey, alpha=255)  # rounded; more than 255 is 255
