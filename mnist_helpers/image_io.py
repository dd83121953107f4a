"""Bytes -> pixels: formats, limits, EXIF, arrays."""

import io
import logging
import mimetypes
import os
import re
import struct
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, ImageOps, TiffImagePlugin
from pillow_heif import HeifImageFile

# What Pillow prints of a damaged file is no news beside the one line that says why.
logging.getLogger("PIL").addHandler(logging.NullHandler())

# What people bring, besides HEIF. Each is decoded within Pillow: EPS, for one, would start Ghostscript.
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MAX_PIXELS = 50_000_000
TOO_LARGE = f"it has more than {MAX_PIXELS // 10**6} megapixels; shrink it first"
MAX_BYTES = 160_000_000  # 3 for each of MAX_PIXELS, as in a BMP, and room for notes
# Pixels of formats that are slow or large to decode; in brackets ms a megapixel, measured on noise.
SLOW = {
    "AVIF": 4_000_000,  # (360; for 49 megapixels 615 MB)
    "WEBP": 25_000_000,  # (70; for 49 megapixels 850 MB)
}
SLOW_JPEG = 25_000_000  # of progressive ones (59): all is held until the last scan
SLOW_PYTHON = 400_000  # of decoders in Python (PPM with a maxval of its own 1,660)
MAX_HEIF_BYTES = 20_000_000  # (10 ms a megapixel, but 70 a megabyte; a phone's 48 megapixels take some 8)
# What a file may have many of without many pixels; in brackets what one costs, measured.
MAX_READS = 900_000  # (0.4 to 1.5 µs); BMP in run lengths takes 2 a pixel, 50 megapixels of PNG some 60,000
MAX_NUMBERS = 100_000  # in a list of a TIFF (5 µs and 320 bytes, if they are strips)
MAX_SCANS = 100  # of a JPEG (4 ms, even if empty); libtiff's limit, programs write some 10
MAX_EXIF = 1_000_000  # bytes (18 bytes of memory); more is not looked at, a JPEG has room for 64 kB
TOO_MANY = "it is in too many pieces; save it as PNG or JPEG"
ORIENTATION = 0x0112  # EXIF's tag
KEPT_SIDE = 500  # px: a picture of at least twice this side is shrunk as soon as it is decoded

# What students bring that holds no pixels: its mark, and the cure.
STRANGERS = {
    b"<svg": "an SVG holds shapes, not pixels; export it as PNG",
    b"%PDF": "a PDF holds pages, not pixels; export the page as PNG",
    b"%!PS": "PostScript holds pages, not pixels; export the page as PNG",
}
# And what holds many images, or arrays: MNIST as it is passed on.
ONE_OF_THEM = "save one as PNG, in Python: Image.fromarray(images[0]).save('0.png')"
ONE_ROW = "make a row's 784 numbers an array of 28×28 and save that as PNG"

Source = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray


class PictureError(ValueError):
    """The source is no picture that can be read; one line says why and what to do."""


def open_picture(source: Source) -> Image.Image:
    """Read a picture; its content tells the format, never its name.

    Parameters
    ----------
    source
        A path, bytes, a file open for reading bytes, a Pillow image, or an array of numbers: [h, w],
        [h, w, 1], [h, w, 3] or [h, w, 4].

    Returns
    -------
    Image.Image
        An upright picture of mode L, RGB or RGBA; of an animation, the first frame. A side of more than
        twice ``KEPT_SIDE`` is shrunk to between one and two of them. Pictures and arrays of other than 8
        bits are stretched, their lowest value to 0 and their highest to 255.

    Raises
    ------
    PictureError
        If there is no such file, if it is no picture or a damaged one, if it has more than ``MAX_BYTES``
        bytes or ``MAX_PIXELS`` pixels, or fewer but more than its format is decoded in soon (``SLOW`` and
        below), which is checked before any of them is decoded.
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
        why = _data_set(data) or next(
            (cure for mark, cure in STRANGERS.items() if mark in data[:1024]),
            "its content is no picture format known here; save it as PNG or JPEG",
        )
    except Exception as error:  # each of Pillow's decoders fails in its own way
        if isinstance(error, OSError) and error.strerror:  # of the file system
            why = f"{error.strerror.lower()}; check the path"
        else:
            reason = " ".join(str(error).split()) or type(error).__name__
            why = f"it is damaged ({reason}); copy or export it again"
    raise PictureError(f"cannot open {name}: {why}")


def list_pictures(folder: str | os.PathLike) -> tuple[list[Path], list[PictureError]]:
    """Find the pictures in a folder, by content; nothing below it.

    Subfolders, hidden files and what is no picture are passed over.

    Parameters
    ----------
    folder
        Its path.

    Returns
    -------
    pictures : list of Path
        Those that ``open_picture`` opens, sorted by name.
    unreadable : list of PictureError
        Why each of the other files that are named like a picture cannot be opened.

    Raises
    ------
    PictureError
        If the folder cannot be read.
    """
    try:
        files = sorted(Path(folder).iterdir())
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise PictureError(f"cannot open the folder {str(folder)!r}: {why}; check the path") from None
    pictures, unreadable = [], []
    for file in files:
        if file.name.startswith(".") or not file.is_file():
            continue
        try:
            open_picture(file)
        except PictureError as error:
            if (mimetypes.guess_type(file)[0] or "").startswith("image/"):
                unreadable.append(error)
        else:
            pictures.append(file)
    return pictures, unreadable


def _data_set(data: bytes) -> str | None:
    """Say what a file of many images or of numbers is, of those that MNIST comes in, and the cure."""
    head = data[:4096]
    if head.startswith(b"\x1f\x8b"):
        with suppress(zlib.error):
            head = zlib.decompressobj(wbits=31).decompress(head, 4096)
    # MNIST's own format: two zeros, the type (8: bytes), the number of dimensions, and each of them.
    if re.match(rb"\0\0\x08[\1-\4]", head) and len(head) >= 4 + 4 * head[3]:
        count, *shape = struct.unpack_from(f">{head[3]}I", head, 4)
        if not shape:
            return f"it holds {count:,} labels in MNIST's own format, IDX, and no images; name a picture"
        each = "×".join(map(str, shape))
        return f"it holds {count:,} images of {each} in MNIST's own format, IDX; {ONE_OF_THEM}"
    if head.startswith(b"\x93NUMPY"):
        return f"it holds a NumPy array, as np.load reads it; {ONE_OF_THEM}"
    if head.startswith(b"PK\3\4"):
        if b".npy" in head[:200]:
            return f"it holds NumPy arrays, as np.load reads them; {ONE_OF_THEM}"
        return "it is a ZIP archive; unpack it, and name a picture"
    if re.match(rb'(\xef\xbb\xbf)?("?label"?,)?"?(pixel_?0|1x1)"?,', head):
        return f"it is a table as Kaggle has them, an image a row; {ONE_ROW}"
    if re.match(rb"\d+(\.0)?(,\d+(\.0)?){300}", head):
        return f"it is a table of numbers, perhaps an image a row; {ONE_ROW}"
    if data.startswith(b"\x1f\x8b"):
        return "it is compressed by gzip; unpack it first"
    return None


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
    image = _opened_heif(data) if _is_heif(data) else Image.open(_Counted(data), formats=FORMATS)
    pixels, most = image.width * image.height, SLOW.get(image.format or "", MAX_PIXELS)
    if pixels > MAX_PIXELS:  # before draft, which makes them fewer
        raise PictureError(TOO_LARGE)
    if image.format in ("JPEG", "MPO"):
        if len(re.findall(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]", data)) > MAX_SCANS:
            raise PictureError(TOO_MANY)
        if image.info.get("progressive"):
            most = SLOW_JPEG
    if any(tile.codec_name in Image.DECODERS for tile in image.tile):  # those in Python
        most = SLOW_PYTHON
    if pixels > most:
        what = f"{most / 10**6:g} megapixels"
        raise PictureError(f"{image.format} of its kind is read up to {what}; save it as PNG or shrink it")
    k = KEPT_SIDE / max(image.size)
    image.draft(None, (int(k * image.width), int(k * image.height)))  # JPEG can shrink while it is decoded
    return image


def _is_heif(data: bytes) -> bool:
    """Whether the brands in its first box (ISO/IEC 14496-12, 4.3) are HEIF's, and not AVIF's."""
    heif = re.match(rb"....ftyp(he[iv][cmsx]|m[is]f1)", data, re.DOTALL)
    return bool(heif) and not re.search(b"avi[fs]", data[8:64])


def _opened_heif(data: bytes) -> ImageFile.ImageFile:
    """Open it without decoding, unless it holds many more pixels than it shows."""
    if len(data) > MAX_HEIF_BYTES:
        raise PictureError(f"HEIC is read up to {MAX_HEIF_BYTES // 10**6} megabytes; save it as JPEG")
    # An overlay (ISO/IEC 23008-12, 6.6.2.2) may be a thousand pictures, one upon the other.
    if re.search(rb"infe.{8,10}iovl", data, re.DOTALL):
        raise PictureError(TOO_MANY)
    # Called, not registered with Pillow: importing the kit changes nothing about how others open pictures.
    image = HeifImageFile(io.BytesIO(data))
    tiles = image.info.get("tiling", {"num_columns": 0, "num_rows": 0, "tile_width": 0, "tile_height": 0})
    pixels = tiles["num_columns"] * tiles["num_rows"] * tiles["tile_width"] * tiles["tile_height"]
    if pixels > 2 * MAX_PIXELS:  # a phone's last tiles hang over the edge
        raise PictureError(TOO_MANY)
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
