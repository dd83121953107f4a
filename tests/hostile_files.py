"""Pictures that lie, bombs, and much work in few bytes; most are written by hand: no program writes them."""

import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

DRAWN = Path(__file__).parents[1] / "images" / "7_light_on_dark.png"
FORMATS = ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "AVIF", "HEIF"]


def saved(picture: Image.Image, format: str, **options) -> bytes:
    stream = io.BytesIO()
    if format == "HEIF":  # which the kit does not register with Pillow
        pillow_heif.from_pillow(picture).save(stream, **options)
    else:
        picture.save(stream, format, **options)
    return stream.getvalue()


SEVEN = Image.open(DRAWN).convert("L").resize((64, 64))
FILES = {format: saved(SEVEN.convert("RGB"), format) for format in FORMATS}
SIGNATURES = [data[:16] for data in FILES.values()] + [b"", b"%!PS-Adobe-3.0", b"<svg", b"MM\0*", b"BM"]


def png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 0, before: bytes = b"") -> bytes:
    """A PNG of packed rows, with further chunks before them; its header may lie."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + before + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def blank(side: int) -> bytes:
    """A 1-bit white PNG; no more than one row of it is ever held."""
    packer = zlib.compressobj()
    row = b"\0" + b"\xff" * (side // 8)
    return png(side, side, b"".join(packer.compress(row) for _ in range(side)) + packer.flush(), depth=1)


def bmp(**lies: int) -> bytes:
    """A grey BMP of 8 x 8 pixels, with some numbers of its header replaced."""
    header = dict(
        size=40, width=8, height=8, planes=1, bits=8, packing=0, bytes=64, x=0, y=0, colours=256, used=0
    )
    header |= lies
    palette = bytes(value for grey in range(256) for value in (grey, grey, grey, 0))
    begin = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + len(palette))
    return begin + struct.pack("<IiiHHIIiiII", *header.values()) + palette + bytes(range(64))


def tiff(
    lies: dict[int, int], data: bytes = bytes(range(256)) * 16, lists: dict[int, tuple] | None = None
) -> bytes:
    """A grey TIFF of 64 x 64 pixels in one strip, with some tags replaced or added.

    ``lies`` are numbers, ``lists`` are (type, count, place).
    """
    tags = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 64, 279: 4096} | lies
    tags = {tag: (4, 1, value) for tag, value in tags.items()} | (lists or {})
    entries = b"".join(struct.pack("<HHII", tag, *tags[tag]) for tag in sorted(tags))
    return (
        b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + bytes(4)
    )


def gif(screen: int, width: int, height: int, left: int = 0, bits: int = 2) -> bytes:
    """A GIF that says so much of its sizes, and has one pixel."""
    head = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + b"," + struct.pack("<HHHHBB", left, 0, width, height, 0, bits) + b"\x02\x44\x01\0;"


def jpeg_size(width: int, height: int) -> bytes:
    """The JPEG with other numbers in its frame header (SOF0)."""
    data = bytearray(FILES["JPEG"])
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def exif(data: bytes, start: bytes = b"Exif\0\0") -> bytes:
    """The JPEG with these bytes as its EXIF part (APP1)."""
    part = b"\xff\xe1" + struct.pack(">H", len(start + data) + 2) + start + data
    return FILES["JPEG"][:2] + part + FILES["JPEG"][2:]


def tags(*entries: tuple[int, int, int, int], next: int = 0) -> bytes:
    """An EXIF directory of (tag, type, count, value)."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + struct.pack("<I", next)


def strips(number: int) -> bytes:
    """A grey TIFF one pixel wide, each of its rows a strip that lies at the same place."""
    return tiff({256: 1, 257: number, 278: 1}, struct.pack("<H", 8) * number, {273: (3, number, 8)})


def scans(number: int, side: int) -> bytes:
    """A progressive JPEG that says so much of its sides, and goes over its pixels so often."""
    data = bytearray(saved(Image.new("L", (64, 64)), "JPEG", progressive=True))
    at = data.index(b"\xff\xc2") + 5
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data[:-2]) + struct.pack(">HHBBBBBB", 0xFFDA, 8, 1, 1, 0, 1, 63, 0) * number + b"\xff\xd9"


def heic(data: bytes, **sizes: int) -> bytes:
    """The HEIC, and what it says of its own sides or its tiles' (its ``ispe`` properties) is replaced."""
    changed = bytearray(data)
    places = [found.end() for found in re.finditer(b"ispe....", data, re.DOTALL)]
    for place, which in zip(places, ("picture", "tile"), strict=False):
        if which in sizes:
            struct.pack_into(">II", changed, place, sizes[which], sizes[which])
    return bytes(changed)


def webp_size(width: int, height: int) -> bytes:
    """The WebP with other numbers in its frame header."""
    data = FILES["WEBP"]
    return data[:26] + struct.pack("<HH", width, height) + data[30:]


def packed_bmp(side: int) -> bytes:
    """A BMP in run lengths, of which each says that its row ends."""
    return bmp(width=side, height=side, packing=1)[:-64] + bytes(2 * 10**6)


ROW = zlib.compress(bytes(65 * 64))
BOMB = zlib.compress(bytes(10**8))  # 97 kB
TILED = saved(SEVEN.resize((256, 256)), "HEIF", tile_size=64)
LARGE_TILED = {"tile_size": 512, "enc_params": {"preset": "ultrafast"}}  # as an iPhone writes them
SPINNING = {"save_all": True, "append_images": [SEVEN.rotate(angle) for angle in (90, 180, 270)]}

# What it is -> what is in it, and the reason that is given; ANSWER is a picture, EITHER is left open
# to Pillow, whose next version may read more or less of damaged files.
ANSWER, EITHER = "an answer", "either"
HOSTILE = {
    "empty": (b"", "empty"),
    "one zero byte": (b"\0", "no picture format"),
    "zero bytes": (bytes(100_000), "no picture format"),
    "text": (b"I am no picture.\nHonestly.\n", "no picture format"),
    "lines in its name\n.png": (b"I am no picture.", "no picture format"),
    "html": (b"<!doctype html><title>404 Not Found</title>", "no picture format"),
    "svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9"/>', "SVG"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "PostScript"),
    "eps for windows": (b"\xc5\xd0\xd3\xc6" + bytes(26) + b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "heic of one box": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "damaged"),
    "video of a telephone": (b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(999), "no picture format"),
    "jpeg 2000": (saved(SEVEN, "JPEG2000"), "save it as PNG or JPEG"),
    "xpm": (b'/* XPM */\nstatic char * a[] = {"64 64 1 1"', "no picture format"),
    # Bombs: much in little.
    "png that says 60,000 x 60,000": (png(60_000, 60_000, ROW), "megapixels"),
    "png that says 8,000 x 8,000": (png(8_000, 8_000, ROW), "megapixels"),
    "png that says 7,000 x 7,000": (png(7_000, 7_000, ROW), "damaged"),
    "png that says 2,147,483,647 x 1": (png(2**31 - 1, 1, ROW), "megapixels"),
    "blank of 20,000 x 20,000": (blank(20_000), "megapixels"),
    "blank of 7,000 x 7,000": (blank(7_000), ANSWER),
    "png with a text of 100 MB": (png(64, 64, ROW, before=chunk(b"zTXt", b"Comment\0\0" + BOMB)), EITHER),
    "png with a profile of 100 MB": (png(64, 64, ROW, before=chunk(b"iCCP", b"ICC\0\0" + BOMB)), EITHER),
    "png with 100 MB too many": (png(64, 64, BOMB), EITHER),
    "jpeg that says 65,500 x 65,500": (jpeg_size(65_500, 65_500), "megapixels"),
    "gif that says 65,535 x 65,535": (gif(65_535, 65_535, 65_535), "megapixels"),
    "gif whose frame says 65,535 x 65,535": (gif(64, 65_535, 65_535), "megapixels"),
    "tiff that says 60,000 x 60,000": (tiff({256: 60_000, 257: 60_000}), "megapixels"),
    "tiff of 7,000 x 7,000 numbers": (
        saved(Image.new("F", (7_000, 7_000)), "TIFF", compression="tiff_adobe_deflate"),
        ANSWER,
    ),
    "png of 7,000 x 7,000 numbers": (saved(Image.new("I;16", (7_000, 7_000)), "PNG"), ANSWER),
    "bmp that says 60,000 x 60,000": (bmp(width=60_000, height=60_000), "megapixels"),
    "ppm that says 60,000 x 60,000": (b"P6 60000 60000 255\n", "megapixels"),
    # Animations are their first frame.
    "animated gif": (saved(SEVEN, "GIF", **SPINNING), ANSWER),
    "animated webp": (saved(SEVEN.convert("RGB"), "WEBP", **SPINNING), ANSWER),
    "animated png": (saved(SEVEN, "PNG", **SPINNING), ANSWER),
    "tiff of many pages": (saved(SEVEN, "TIFF", **SPINNING), ANSWER),
    "gif of 2,000 frames": (saved(SEVEN, "GIF")[:-1] + gif(64, 1, 1)[19:-1] * 2_000 + b";", ANSWER),
    # Headers that lie.
    "png without size": (png(0, 0, ROW), EITHER),
    "png of 3 bits": (png(64, 64, ROW, depth=3), EITHER),
    "png without pixels": (png(64, 64, b""), EITHER),
    "png with a chunk of 4 GB": (FILES["PNG"][:33] + b"\xff\xff\xff\xffIDAT", EITHER),
    "jpeg of height 0": (jpeg_size(64, 0), EITHER),
    "jpeg of width 0": (jpeg_size(0, 64), EITHER),
    "jpeg that is higher than its pixels": (jpeg_size(64, 6_400), EITHER),
    "gif whose frame is outside": (gif(8, 1, 1, left=60_000), EITHER),
    "gif of 12 bits": (gif(8, 8, 8, bits=12), EITHER),
    "gif of 200 bits": (gif(8, 8, 8, bits=200), EITHER),
    "bmp": (bmp(), ANSWER),
    "bmp with a header of 0 bytes": (bmp(size=0), EITHER),
    "bmp with a header of 13 bytes": (bmp(size=13), EITHER),
    "bmp with a header of 4 GB": (bmp(size=2**32 - 1), EITHER),
    "bmp with a header of 2 GB": (bmp(size=2**31 - 1), EITHER),
    "bmp of width -1": (bmp(width=-1), EITHER),
    "bmp of height -2,147,483,648": (bmp(height=-(2**31)), EITHER),
    "bmp of 7 bits": (bmp(bits=7), EITHER),
    "bmp of 4,294,967,295 colours": (bmp(colours=2**32 - 1), EITHER),
    "bmp packed as nobody packs": (bmp(packing=9), EITHER),
    "tiff": (tiff({}), ANSWER),
    "tiff with tiles of 60,000 x 60,000": (tiff({322: 60_000, 323: 60_000, 324: 8, 325: 4096}), EITHER),
    "tiff with tiles of 8,000 x 8,000": (tiff({322: 8_000, 323: 8_000, 324: 8, 325: 4096}), EITHER),
    "tiff with tiles of 2 GB": (tiff({322: 2**31 - 16, 323: 2**31 - 16, 324: 8, 325: 4096}), EITHER),
    "tiff with tiles of 0": (tiff({322: 0, 323: 0, 324: 8, 325: 4096}), EITHER),
    "packed tiff with tiles of 60,000": (tiff({259: 8, 322: 60_000, 323: 60_000, 324: 8, 325: 4096}), EITHER),
    "tiff whose strip is elsewhere": (tiff({273: 2**31}), EITHER),
    "tiff with strips of no rows": (tiff({278: 0}), EITHER),
    "tiff of 4,294,967,295 bytes": (tiff({279: 2**32 - 1}), EITHER),
    "tiff of 60,000 colours": (tiff({277: 60_000}), EITHER),
    "tiff packed as nobody packs": (tiff({259: 9_999}), EITHER),
    "ppm of width 0": (b"P6 0 64 255\n", EITHER),
    "ppm of a long number": (b"P6 " + b"9" * 100_000 + b" 9 255\n", EITHER),
    "webp that says 4 GB": (b"RIFF\xff\xff\xff\xff" + FILES["WEBP"][8:], EITHER),
    # Much work in few bytes, or in few pixels.
    "jpeg that says 8,000 x 8,000": (jpeg_size(8_000, 8_000), "50 megapixels"),
    "jpeg of 1,000 scans": (scans(1_000, 4_000), "pieces"),
    "progressive jpeg that says 7,000 x 7,000": (scans(1, 7_000), "25 megapixels"),
    "jpeg of 500,000 comments": (FILES["JPEG"][:2] + b"\xff\xfe\0\2" * 500_000 + FILES["JPEG"][2:], "pieces"),
    "png of 350,000 chunks": (
        FILES["PNG"][:33] + chunk(b"abCd", b"7") * 350_000 + FILES["PNG"][33:],
        "pieces",
    ),
    "gif with a comment in 1,000,000 parts": (
        gif(64, 1, 1)[:19] + b"!\xfe" + b"\1a" * 10**6 + b"\0" + gif(64, 1, 1)[19:],
        "pieces",
    ),
    "ppm with a comment of 1 MB": (b"P5 #" + bytes(10**6) + b"\n64 64 255\n" + bytes(4_096), "pieces"),
    "plain ppm with 1,000,000 comments": (b"P2 64 64 255\n" + b"#\n" * 10**6 + b"9 " * 4_096, ANSWER),
    "plain ppm of 1 megapixel": (b"P2 1000 1000 255\n" + b"9 " * 10**6, "0.4 megapixels"),
    "ppm of 1 megapixel up to 254": (b"P6 1000 1000 254\n" + bytes(3 * 10**6), "0.4 megapixels"),
    "packed bmp that says 7,000 x 7,000": (packed_bmp(7_000), "0.4 megapixels"),
    "packed bmp of empty runs": (packed_bmp(600), "pieces"),
    "tiff of 2,000,000 strips": (strips(2 * 10**6), "pieces"),
    "tiff that is rotated by 2,000,000 numbers": (
        tiff({}, bytes(range(1, 251)) * 16_000, {274: (3, 2 * 10**6, 8)}),
        "pieces",
    ),
    "heic that says 60,000 x 60,000": (heic(FILES["HEIF"], picture=60_000), "megapixels"),
    "heic that says 8,000 x 8,000": (heic(FILES["HEIF"], picture=8_000), "megapixels"),
    "heic that says 7,000 x 7,000": (heic(FILES["HEIF"], picture=7_000), EITHER),
    "heic of 1,000 x 1,000 that says 64 x 64": (
        heic(saved(SEVEN.resize((1_000, 1_000)), "HEIF"), picture=64),
        "damaged",
    ),
    "blank heic of 7,000 x 7,000": (saved(Image.new("L", (7_000, 7_000)), "HEIF", **LARGE_TILED), ANSWER),
    "heic of 21 MB": (FILES["HEIF"] + bytes(21 * 10**6), "20 megabytes; save it as JPEG"),
    "heic whose tiles are larger than it": (heic(TILED, tile=4_096), "pieces"),
    "heic that lays pictures over each other": (TILED.replace(b"grid", b"iovl"), "pieces"),
    "webp that says 7,000 x 7,000": (webp_size(7_000, 7_000), "25 megapixels"),
    # EXIF is not the picture: where it is damaged, the picture is still good.
    "exif of noise": (exif(np.random.default_rng(0).bytes(5_000)), ANSWER),
    "exif of zeros": (exif(bytes(5_000)), ANSWER),
    "exif cut short": (exif(tags((0x112, 3, 1, 6))[:15]), ANSWER),
    "exif rotated 99": (exif(tags((0x112, 3, 1, 99))), ANSWER),
    "exif rotated text": (exif(tags((0x112, 2, 4, 0x363636))), ANSWER),
    "exif rotated by 65,535 numbers": (exif(tags((0x112, 3, 65_535, 8))), ANSWER),
    "exif rotated, and points elsewhere": (exif(tags((0x112, 3, 1, 6), (0x8769, 4, 1, 2**31))), ANSWER),
    "exif rotated, and points to itself": (exif(tags((0x112, 3, 1, 6), (0x8769, 4, 1, 8), next=8)), ANSWER),
    "exif rotated, of unknown type": (exif(tags((0x112, 3, 1, 6), (0x9000, 99, 4, 1))), ANSWER),
    "exif rotated, with wrong types": (
        exif(tags((0x112, 3, 1, 6), (0x8825, 2, 4, 1), (0x11A, 5, 9, 8))),
        ANSWER,
    ),
}
