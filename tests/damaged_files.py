"""A good file of every format and variant, read or refused by the kit; and damage done to it at random."""

import re
import struct
import zlib

import numpy as np
from hostile_files import SEVEN, SPINNING, TILED, chunk, exif, gif, png, saved, tags
from PIL import Image

GREY, COLOUR = SEVEN, SEVEN.convert("RGB")
PALE = SEVEN.convert("RGBA")
PALE.putalpha(SEVEN)
DEEP = Image.fromarray(np.asarray(SEVEN).astype(np.uint16) * 257)
FLOAT, LONG = Image.fromarray(np.asarray(SEVEN, np.float32)), SEVEN.convert("I")
BITS, PALETTE, INKS = SEVEN.convert("1"), COLOUR.convert("P"), COLOUR.convert("CMYK")


def interlaced() -> bytes:
    """A PNG in the seven passes of Adam7 (PNG specification, 8.2), which Pillow does not write."""
    pixels, rows = np.asarray(SEVEN), b""
    for left, top, across, down in (
        *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
        *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
    ):
        rows += b"".join(b"\0" + row.tobytes() for row in pixels[top::down, left::across])
    header = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 1)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def portable(kind: str, most: int) -> bytes:
    """A PPM, PGM or PBM with so large numbers, plain or raw."""
    pixels = np.asarray(COLOUR if kind in ("P3", "P6") else SEVEN).astype(int) * most // 255
    limit = b"" if kind in ("P1", "P4") else b"%d\n" % most
    if kind in ("P1", "P2", "P3"):
        body = b" ".join(b"%d" % number for number in pixels.ravel())
    elif kind == "P4":
        body = np.packbits(pixels > 0, axis=1).tobytes()
    else:
        body = pixels.astype(np.uint8 if most < 256 else ">u2").tobytes()
    return f"{kind}\n64 64\n".encode() + limit + body


def packed_bmp() -> bytes:
    """The BMP in run lengths (RLE8), which Pillow does not write."""
    plain = bytearray(saved(GREY, "BMP"))
    plain[30:34] = struct.pack("<I", 1)
    rows = (b"".join(bytes((1, grey)) for grey in row) + b"\0\0" for row in np.asarray(SEVEN)[::-1].tolist())
    return bytes(plain[:1078]) + b"".join(rows) + b"\0\1"


# What -> a good file of it: all that the kit reads, each in the variants that are decoded differently.
READ = {
    "png": saved(COLOUR, "PNG"),
    "png of 1 bit": saved(BITS, "PNG"),
    "png of 8 bits": saved(GREY, "PNG"),
    "png of 16 bits": saved(DEEP, "PNG"),
    "png with a palette": saved(PALETTE, "PNG", transparency=0),
    "png with alpha": saved(PALE, "PNG"),
    "png of grey with alpha": saved(PALE.convert("LA"), "PNG"),
    "interlaced png": interlaced(),
    "png with a text": png(
        *(64, 64, zlib.compress(bytes(65 * 64))),
        before=chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(b"7" * 999)) + chunk(b"tEXt", b"a\0b"),
    ),
    "animated png": saved(GREY, "PNG", **SPINNING),
    "gif": saved(GREY, "GIF"),
    "gif with a palette": saved(PALETTE, "GIF", transparency=0, interlace=1),
    "animated gif": saved(GREY, "GIF", **SPINNING),
    "jpeg": saved(COLOUR, "JPEG"),
    "grey jpeg": saved(GREY, "JPEG"),
    "progressive jpeg": saved(COLOUR, "JPEG", progressive=True, subsampling=0),
    "jpeg of inks": saved(INKS, "JPEG"),
    "rotated jpeg": exif(tags((0x112, 3, 1, 6))),
    "mpo": saved(COLOUR, "MPO", save_all=True, append_images=[COLOUR.rotate(90)]),
    "webp": saved(COLOUR, "WEBP"),
    "lossless webp": saved(PALE, "WEBP", lossless=True),
    "webp with alpha": saved(PALE, "WEBP"),
    "animated webp": saved(COLOUR, "WEBP", **SPINNING),
    "avif": saved(COLOUR, "AVIF", speed=10),
    "avif with alpha": saved(PALE, "AVIF", speed=10, subsampling="4:4:4"),
    "animated avif": saved(COLOUR, "AVIF", speed=10, **SPINNING),
    "heic": saved(COLOUR, "HEIF"),
    "grey heic": saved(GREY, "HEIF"),
    "heic with alpha": saved(PALE, "HEIF"),
    "heic of 16 bits": saved(DEEP, "HEIF"),
    "heic in tiles": TILED,
    "heic with a thumbnail": saved(COLOUR.resize((256, 256)), "HEIF", thumbnails=[64]),
    "bmp": saved(COLOUR, "BMP"),
    "bmp of 1 bit": saved(BITS, "BMP"),
    "bmp with a palette": saved(PALETTE, "BMP"),
    "packed bmp": packed_bmp(),
    "pfm": saved(FLOAT, "PPM"),
    **{f"{kind} up to {most}": portable(kind, most) for kind, most in (
        *(("P1", 1), ("P2", 255), ("P2", 65_535), ("P3", 255), ("P3", 254), ("P4", 1)),
        *(("P5", 255), ("P5", 254), ("P5", 65_535), ("P6", 255), ("P6", 254), ("P6", 65_535)),
    )},
    "tiff": saved(COLOUR, "TIFF"),
    "tiff of 1 bit": saved(BITS, "TIFF"),
    "tiff of 16 bits": saved(DEEP, "TIFF"),
    "tiff of 32 bits": saved(LONG, "TIFF"),
    "tiff of floats": saved(FLOAT, "TIFF", compression="tiff_lzw"),
    "tiff of inks": saved(INKS, "TIFF", compression="packbits"),
    "tiff of lab": saved(Image.merge("LAB", COLOUR.split()), "TIFF"),
    "tiff with a palette": saved(PALETTE, "TIFF"),
    "tiff with alpha": saved(PALE, "TIFF", compression="tiff_adobe_deflate"),
    "tiff of many pages": saved(GREY, "TIFF", **SPINNING),
    "large tiff": saved(GREY, "TIFF", big_tiff=True),
    **{f"tiff in {packed}": saved(COLOUR, "TIFF", compression=packed) for packed in ("jpeg", "lzma", "zstd")},
    **{f"tiff in {packed}": saved(BITS, "TIFF", compression=packed) for packed in ("group3", "group4")},
}  # fmt: skip
# The rest of what Pillow opens, and what students bring besides: the kit refuses them.
REFUSED = {
    **{
        format.lower(): saved(COLOUR, format)
        for format in ("DDS", "DIB", "EPS", "ICNS", "ICO", "JPEG2000", "PCX", "PDF", "QOI", "SGI", "TGA")
    },
    "blp": saved(PALETTE, "BLP"),
    "msp": saved(BITS, "MSP"),
    "spider": saved(FLOAT, "SPIDER"),
    "xbm": saved(BITS, "XBM"),
    "cursor": b"\0\0\2\0" + saved(PALE, "ICO", sizes=[(64, 64)])[4:],
    "dcx": struct.pack("<III", 987654321, 12, 0) + saved(GREY, "PCX"),
    "fits": b"".join(f"{key:8}= {value:>20}".ljust(80).encode() for key, value in (
        *(("SIMPLE", "T"), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", 64), ("NAXIS2", 64)),
    )).ljust(2_800) + b"END".ljust(80) + GREY.tobytes(),
    "fli": struct.pack("<IHHHHHHI", 5_000, 0xAF11, 1, 64, 64, 8, 3, 5) + bytes(5_000),
    "ftex": b"FTEX" + struct.pack("<6I", 1, 64, 64, 1, 1, 0) + bytes(4_096),
    "gbr": struct.pack(">5I", 28, 2, 64, 64, 1) + b"GIMP\0\0\0\1" + GREY.tobytes(),
    "im": b"Image type: Greyscale image\r\nImage size (x*y): 64*64\r\n".ljust(512, b"\x1a") + GREY.tobytes(),
    "imt": b"width 64\nheight 64\n\x0c" + GREY.tobytes(),
    "iptc": b"\x1c\3\x0a\0\1\1" * 9 + bytes(999),
    "mcidas": bytes((0, 0, 0, 0, 0, 0, 0, 4)) + struct.pack(">62I", *[64] * 62) + bytes(4_096),
    "mpeg": b"\0\0\1\xb3\x04\x00\x40\x10" + bytes(999),
    "pcd": bytes(2_048) + b"PCD_" + bytes(999),
    "pixar": b"\x80\xe8\0\0" + struct.pack("<400H", *[64] * 400) + bytes(999),
    "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 1, 64, 64, 8, 1) + bytes(14) + GREY.tobytes(),
    "sun": struct.pack(">8I", 0x59A66A95, 64, 64, 8, 4_096, 1, 0, 0) + GREY.tobytes(),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><path d="M1 1 9 9"/></svg>',
    "wmf": b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<4hHI", 0, 0, 64, 64, 72, 0) + b"\1\0\x09\0" + bytes(99),
    "xpm": b'/* XPM */\nstatic char *a[] = {\n"2 1 2 1",\n"a c #000000",\n"b c #ffffff",\n"ab"};\n',
    "xv thumbnail": b"P7 332\n#END_OF_COMMENTS\n64 64 255\n" + GREY.tobytes(),
    **{name: mark + bytes(999) for name, mark in (
        ("bufr", b"BUFR"), ("grib", b"GRIB\0\0\0\1"), ("hdf5", b"\x89HDF\r\n\x1a\n"), ("emf", b"\1\0\0\0"),
    )},
}  # fmt: skip
CORPUS = {**READ, **REFUSED}
NAMES = sorted(READ) * 4 + sorted(REFUSED)  # most files are of what is decoded

EXTREMES = [0, 1, 2, 255, 256, 7_000, 32_767, 32_768, 60_000, 65_535, 2**31 - 1, 2**31, 2**32 - 1]
ZEROS = zlib.compress(bytes(20_000_000))  # a bomb: 19 kB
Random = np.random.Generator


def flipped(random: Random, data: bytearray) -> bytes:
    for place in random.integers(0, len(data), random.integers(1, 9)):
        data[place] = random.integers(256)
    return data


def numbered(random: Random, data: bytearray) -> bytes:
    """With a telling number in its first bytes, or anywhere."""
    place = random.integers(min(len(data), int(random.choice([32, 100, 1_000, 10**6]))))
    form = random.choice(["B", "<H", ">H", "<I", ">I"])
    number = random.choice(EXTREMES) % 256 ** struct.calcsize(form)
    return data[:place] + struct.pack(form, number) + data[place + struct.calcsize(form) :]


def cut(random: Random, data: bytearray) -> bytes:
    return data[: random.integers(len(data))]


def part(random: Random, data: bytearray) -> tuple[int, int]:
    start = random.integers(len(data))
    return start, min(len(data), start + int(random.choice([1, 4, 12, 100, 10_000])))


def doubled(random: Random, data: bytearray) -> bytes:
    start, stop = part(random, data)
    times = int(random.choice([1, 2, 100, 10_000]))
    return data[:stop] + data[start:stop] * min(times, 1 + 10**6 // (stop - start)) + data[stop:]


def without(random: Random, data: bytearray) -> bytes:
    start, stop = part(random, data)
    return data[:start] + data[stop:]


def spliced(random: Random, data: bytearray) -> bytes:
    """Its beginning, and another one's end."""
    other = CORPUS[str(random.choice(NAMES))]
    return data[: random.integers(len(data))] + other[random.integers(len(other)) :]


def sized(random: Random, data: bytearray) -> bytes:
    """With other sizes wherever it says 64, in whatever form."""
    forms = [form for form in ("<H", ">H", "<I", ">I") if struct.pack(form, 64) in data]
    if not forms or random.integers(2):
        many = [b"0", b"1", b"999", b"7000", b"60000", b"9999999999", b"-1"]
        return re.sub(rb"\b64\b", lambda _: many[random.integers(len(many))], data[:99]) + data[99:]
    form = str(random.choice(forms))
    sizes = [struct.pack(form, number % 256 ** struct.calcsize(form)) for number in EXTREMES]
    pieces = data.split(struct.pack(form, 64), int(random.choice([1, 2, 4])))
    return b"".join([piece + sizes[random.integers(len(sizes))] for piece in pieces[:-1]]) + pieces[-1]


def rechunked(random: Random, data: bytearray) -> bytes:
    """A PNG with one chunk changed, moved, doubled or filled with a bomb, and every sum right."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunks.append((bytes(data[at + 4 : at + 8]), data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return data
    place = random.integers(len(chunks))
    name, inside = chunks[place]
    kind = random.integers(5)
    if kind == 0 and inside:
        changes = (flipped, numbered, cut, sized)
        chunks[place] = name, changes[random.integers(len(changes))](random, bytearray(inside))
    elif kind == 1:
        chunks.insert(random.integers(len(chunks)), chunks.pop(place))
    elif kind == 2:
        chunks[place:place] = [chunks[place]] * int(random.choice([1, 10, 3_000]))
    elif kind == 3:
        chunks[place] = name, ZEROS
    else:
        what = [(b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"iCCP", b"a\0\0"), (b"fdAT", bytes(4))]
        name, begin = what[random.integers(len(what))]
        chunks.insert(place, (name, begin + ZEROS))
    return bytes(data[:8]) + b"".join(chunk(name, bytes(inside)) for name, inside in chunks)


def retagged(random: Random, data: bytearray) -> bytes:
    """A TIFF with some entries of its first directory changed, looping, or its pixels a bomb."""
    order = "<" if data[:1] == b"I" else ">"
    start = struct.unpack_from(order + "I", data, 4)[0] if len(data) >= 8 else len(data)
    if start + 2 > len(data):
        return data
    (entries,) = struct.unpack_from(order + "H", data, start)
    if random.integers(4) == 0:  # every one after the first is the first again
        struct.pack_into(order + "I", data, min(start + 2 + 12 * entries, len(data) - 4), start)
    if random.integers(8) == 0:
        data += ZEROS
    for _ in range(random.integers(1, 4)):
        at = start + 2 + 12 * int(random.integers(entries or 1))
        if at + 12 > len(data):
            break
        field, form = [(0, "H"), (2, "H"), (4, "I"), (8, "H"), (8, "I")][random.integers(5)]
        known = [
            254,
            256,
            257,
            258,
            259,
            262,
            273,
            274,
            277,
            278,
            279,
            284,
            317,
            320,
            322,
            323,
            330,
            339,
            34_665,
        ]
        types_and_packings = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 32_773, 32_946, 34_925, 50_000]
        numbers = {0: known, 2: types_and_packings}.get(
            field, EXTREMES + types_and_packings + [len(data) - 19_000]
        )
        number = int(random.choice(numbers)) % 256 ** struct.calcsize(form)
        struct.pack_into(order + form, data, at + field, number)
    return data


def crowded(random: Random, data: bytearray) -> bytes:
    """With thousands of what a format has a few of: frames of a GIF, scans, parts or tables of a JPEG."""
    many = int(random.choice([10, 300, 3_000]))
    if data[:3] == b"GIF":
        return data[:-1] + gif(64, 1, 1)[19:-1] * many + b";"
    starts = [found.start() for found in re.finditer(rb"\xff[\xc4\xda\xdb\xe1\xfe]", data)]
    if not starts:
        return data
    start = starts[random.integers(len(starts))]
    stop = min((place for place in starts if place > start), default=max(start, len(data) - 2))
    return data[:stop] + data[start:stop] * min(many, 1 + 10**6 // max(1, stop - start)) + data[stop:]


ANY = [flipped, numbered, cut, doubled, without, spliced, sized]
OWN = {b"\x89PN": rechunked, b"II*": retagged, b"MM\0": retagged, b"GIF": crowded, b"\xff\xd8\xff": crowded}


def mutated(number: int) -> tuple[str, bytes]:
    """The file of that number, the same on every machine with this Pillow; and what was done to it."""
    random = np.random.default_rng(number)
    name = NAMES[random.integers(len(NAMES))]
    data, done = CORPUS[name], [name]
    for _ in range(random.integers(1, 4)):
        if not data:
            break
        own = OWN.get(data[:3])
        change = own if own and random.integers(2) else ANY[random.integers(len(ANY))]
        data = bytes(change(random, bytearray(data)))
        done.append(change.__name__)
    return f"{number}, {', '.join(done)}", data
