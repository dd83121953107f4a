"""Paper for development: one digit on each, its parameters random.

A kind takes a drawing's strokes (``datasets.load_drawings``) and a random generator, and returns a picture.
"""

from functools import cache

import cv2
import numpy as np
from PIL import Image

from mnist_helpers import datasets
from tests.paper.render import (
    Kinds,
    Line,
    Pen,
    Random,
    Sheet,
    any_pen,
    arc,
    ballpoint,
    box,
    by_hand,
    closed,
    coverage,
    extent,
    felt,
    hand_circle,
    pencil,
    perspective,
    placed,
    png,
    rules,
    straight,
    texture,
)

KINDS = Kinds()

BLUE, GREY, TURQUOISE = (120, 150, 205), (165, 165, 170), (125, 190, 190)
RED = (200, 55, 60)


def _grid(sheet: Sheet, pitch: float, pen: Pen, degrees: float) -> None:
    sheet.draw(rules(sheet, pitch, degrees) + rules(sheet, pitch, degrees + 90), pen)


def _thin(sheet: Sheet, low: float = 1.5, high: float = 3.5) -> float:
    """Return the width of a printed line in px."""
    return max(1, sheet.random.uniform(low, high) * sheet.unit)


@KINDS
def squared_pencil(strokes: list[Line], random: Random) -> Image.Image:
    """Pencil on school paper with pale squares, the digit two to eight squares high."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    colour = (BLUE, GREY, TURQUOISE)[random.integers(3)]
    ruling = Pen(colour, _thin(sheet), random.uniform(0.5, 1))
    _grid(sheet, size / random.uniform(2, 8), ruling, random.normal(0, 1.5))
    sheet.draw(digit, pencil(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def squared_pen(strokes: list[Line], random: Random) -> Image.Image:
    """Ballpoint or felt pen on paper with squares, the digit two to eight squares high."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    colour = (BLUE, GREY, TURQUOISE)[random.integers(3)]
    ruling = Pen(colour, _thin(sheet), random.uniform(0.6, 1))
    _grid(sheet, size / random.uniform(2, 8), ruling, random.normal(0, 1.5))
    sheet.draw(digit, (ballpoint, felt)[random.integers(2)](random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def squared_one_cell(strokes: list[Line], random: Random) -> Image.Image:
    """A digit written into one of the squares, as in sums."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.16, 0.32)
    centre, size = extent(digit)
    pitch, pen = size * random.uniform(1.3, 1.7), (pencil, ballpoint)[random.integers(2)](random, size)
    ruling = Pen((BLUE, GREY)[random.integers(2)], _thin(sheet), random.uniform(0.6, 1))
    x, y = centre - (sheet.width / 2, sheet.height / 2) + random.normal(0, 0.03, 2) * pitch
    sheet.draw(rules(sheet, pitch, 0, y + pitch / 2) + rules(sheet, pitch, 90, pitch / 2 - x), ruling)
    sheet.draw(digit, pen)
    sheet.uneven()
    return sheet.photo()


@KINDS
def squared_dark(strokes: list[Line], random: Random) -> Image.Image:
    """Pencil on squares printed as dark as the pencil."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    pen = pencil(random, size)
    ruling = Pen(tuple(c * random.uniform(0.9, 1.3) for c in pen.colour), _thin(sheet), pen.opacity)
    _grid(sheet, size / random.uniform(2, 6), ruling, random.normal(0, 1.5))
    sheet.draw(digit, pen)
    sheet.uneven(0.2)
    return sheet.photo()


def _ruled(sheet: Sheet, strokes: list[Line], opacity: float, degrees: float, colour: tuple) -> Image.Image:
    digit = sheet.place(strokes)
    _, size = extent(digit)
    pitch = size / sheet.random.uniform(0.8, 3.5)
    sheet.draw(rules(sheet, pitch, degrees), Pen(colour, _thin(sheet, 1.5, 4), opacity))
    sheet.draw(digit, any_pen(sheet.random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def ruled_pale(strokes: list[Line], random: Random) -> Image.Image:
    """Pale blue or grey rules."""
    colour = (BLUE, GREY)[random.integers(2)]
    return _ruled(Sheet(random), strokes, random.uniform(0.4, 0.9), random.normal(0, 1), colour)


@KINDS
def ruled_dark(strokes: list[Line], random: Random) -> Image.Image:
    """Rules as dark as the ink."""
    tone = random.uniform(25, 80)
    return _ruled(Sheet(random), strokes, random.uniform(0.85, 1), random.normal(0, 0.7), (tone,) * 3)


@KINDS
def ruled_slanted(strokes: list[Line], random: Random) -> Image.Image:
    """Rules at a slant of 3 to 15 degrees, pale to dark."""
    degrees = random.uniform(3, 15) * random.choice([-1, 1])
    tone = random.uniform(40, 160)
    return _ruled(Sheet(random), strokes, random.uniform(0.7, 1), degrees, (tone, tone, tone + 20))


@KINDS
def ruled_in_perspective(strokes: list[Line], random: Random) -> Image.Image:
    """Rules that converge, because the phone was held at a slant."""
    sheet = Sheet(random)
    warp = perspective(sheet, 0.2)
    digit = sheet.place(strokes, warp=warp)
    _, size = extent(digit)
    tone = random.uniform(50, 160)
    lines = rules(sheet, size / random.uniform(0.8, 3), random.normal(0, 3))
    sheet.draw(map(warp, lines), Pen((tone, tone, tone + 20), _thin(sheet, 1.5, 4), random.uniform(0.7, 1)))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def margin_line(strokes: list[Line], random: Random) -> Image.Image:
    """A red margin line beside the digit, with or without pale rules."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    (left, _), (right, _) = box(digit)
    _, size = extent(digit)
    pen, gap = any_pen(random, size), size * random.uniform(0.08, 0.3)
    x = left - gap if random.random() < 0.7 else right + gap
    tilt = random.normal(0, 0.01) * sheet.height
    red = Pen((random.uniform(180, 225), 60, 70), _thin(sheet, 2, 5), random.uniform(0.7, 1))
    sheet.draw([straight((x - tilt, -5), (x + tilt, sheet.height + 5))], red)
    if random.random() < 0.5:
        pale = Pen(BLUE, _thin(sheet), random.uniform(0.3, 0.7))
        sheet.draw(rules(sheet, size / random.uniform(1, 3), random.normal(0, 0.6)), pale)
    sheet.draw(digit, pen)
    sheet.uneven()
    return sheet.photo()


def _circled(sheet: Sheet, strokes: list[Line], gap: float, colour: tuple | None = None) -> Image.Image:
    random = sheet.random
    digit = sheet.place(strokes, 0.25, 0.5, 0.5)
    low, high = box(digit)
    centre, size = extent(digit)
    pen = any_pen(random, size)
    radius = np.hypot(*(high - low)) / 2 + size * random.uniform(0.1, 0.35)
    ring = hand_circle(random, centre, radius * random.uniform(0.92, 1.12, 2), gap)
    sheet.draw(digit, pen)
    sheet.draw(
        [ring], pen._replace(colour=colour, width=size * random.uniform(0.03, 0.08)) if colour else pen
    )
    sheet.uneven()
    return sheet.photo()


@KINDS
def circled(strokes: list[Line], random: Random) -> Image.Image:
    """A circle by hand round the digit, with the same pen."""
    return _circled(Sheet(random), strokes, random.uniform(-40, 0))


@KINDS
def circled_open(strokes: list[Line], random: Random) -> Image.Image:
    """A circle by hand that does not close."""
    return _circled(Sheet(random), strokes, random.uniform(8, 45))


@KINDS
def circled_in_colour(strokes: list[Line], random: Random) -> Image.Image:
    """A circle with a red, green or blue pen, closed or not."""
    colour = [(215, 35, 45), (30, 150, 70), (40, 80, 210)][random.integers(3)]
    return _circled(Sheet(random), strokes, random.uniform(-40, 25), colour)


def _box_around(digit: list[Line], random: Random, low: float, high: float, degrees: float) -> Line:
    """Return a rectangle whose sides leave a margin of ``low`` to ``high`` of the digit's size."""
    top_left, bottom_right = box(digit)
    _, size = extent(digit)
    a, b = top_left - size * random.uniform(low, high, 2), bottom_right + size * random.uniform(low, high, 2)
    outline = closed([a, (b[0], a[1]), b, (a[0], b[1])])
    angle, centre = np.deg2rad(degrees), (a + b) / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.concatenate([(outline - centre) @ turn + centre, (outline[:1] - centre) @ turn + centre])


@KINDS
def boxed(strokes: list[Line], random: Random) -> Image.Image:
    """A printed box round the digit, straight or tilted."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.2, 0.5, 0.5)
    _, size = extent(digit)
    frame = _box_around(digit, random, 0.12, 0.5, random.normal(0, 4))
    sheet.draw([frame], Pen((30,) * 3, _thin(sheet, 2, 7), random.uniform(0.7, 1)))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def boxed_by_hand(strokes: list[Line], random: Random) -> Image.Image:
    """A box drawn with the digit's pen, crooked."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.25, 0.5, 0.45)
    _, size = extent(digit)
    pen = any_pen(random, size)
    frame = _box_around(digit, random, 0.15, 0.4, random.normal(0, 5))
    sheet.draw([by_hand(frame, random, 0.03 * size), *digit], pen)
    sheet.uneven()
    return sheet.photo()


@KINDS
def box_on_large_sheet(strokes: list[Line], random: Random) -> Image.Image:
    """A small answer box on a large empty sheet."""
    sheet = Sheet(random, (int(random.integers(900, 1201)),) * 2)
    digit = sheet.place(strokes, 0.1, 0.18, 1)
    _, size = extent(digit)
    frame = _box_around(digit, random, 0.2, 0.6, random.normal(0, 1))
    sheet.draw([frame], Pen((20,) * 3, _thin(sheet, 2, 4)))
    sheet.draw(digit, (ballpoint, felt)[random.integers(2)](random, size))
    sheet.uneven(0.15)
    return sheet.photo()


@KINDS
def box_touched(strokes: list[Line], random: Random) -> Image.Image:
    """A printed box that the digit touches or crosses on one side."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.3, 0.5, 0.4)
    low, high = box(digit)
    _, size = extent(digit)
    a, b = low - size * random.uniform(0.15, 0.35, 2), high + size * random.uniform(0.15, 0.35, 2)
    inside = size * random.uniform(0, 0.06)
    side = random.integers(4)
    if side < 2:
        a[side] = low[side] + inside
    else:
        b[side - 2] = high[side - 2] - inside
    frame = closed([a, (b[0], a[1]), b, (a[0], b[1])])
    sheet.draw(
        [np.concatenate([frame, frame[:1]])], Pen((30,) * 3, _thin(sheet, 2, 5), random.uniform(0.7, 1))
    )
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


def _disc(sheet: Sheet, strokes: list[Line], disc: tuple, ink: tuple) -> Image.Image:
    random = sheet.random
    digit = sheet.place(strokes, 0.2, 0.42, 0.6)
    low, high = box(digit)
    centre, size = extent(digit)
    radius = np.hypot(*(high - low)) / 2 + size * random.uniform(0.1, 0.4)
    sheet.fill(arc(centre, radius), Pen(disc, 0, random.uniform(0.9, 1)))
    sheet.draw(digit, Pen(ink, size * random.uniform(0.06, 0.11)))
    sheet.uneven(random.uniform(0, 0.2))
    return sheet.photo() if random.random() < 0.6 else sheet.scan()


@KINDS
def light_on_dark_disc(strokes: list[Line], random: Random) -> Image.Image:
    """A light digit on a filled dark disc on light paper."""
    disc = [(30, 30, 34), (40, 60, 130), (150, 30, 40), (30, 100, 60)][random.integers(4)]
    return _disc(Sheet(random), strokes, disc, (245, 245, 240))


@KINDS
def dark_on_coloured_disc(strokes: list[Line], random: Random) -> Image.Image:
    """A dark digit on a filled disc of a bright colour."""
    disc = [(250, 205, 60), (240, 140, 60), (120, 200, 120), (110, 180, 230), (235, 110, 120)][
        random.integers(5)
    ]
    return _disc(Sheet(random), strokes, disc, (25, 25, 30))


def _bars(sheet: Sheet, strokes: list[Line], above: bool, count: int, pen: Pen | None = None) -> Image.Image:
    """Lines by hand below or above the digit."""
    random = sheet.random
    digit = sheet.place(strokes, 0.3, 0.55, 0.35)
    (left, top), (right, bottom) = box(digit)
    _, size = extent(digit)
    ink = any_pen(random, size)
    sheet.draw(digit, ink)
    middle, half = (left + right) / 2, size * random.uniform(0.3, 0.6)
    y = size * random.uniform(0.12, 0.25)
    for _ in range(count):
        level = top - y if above else bottom + y
        shift, tilt = random.normal(0, 0.05 * size), random.normal(0, 0.03 * size)
        bar = straight((middle - half + shift, level - tilt), (middle + half + shift, level + tilt))
        sheet.draw([by_hand(bar, random, 0.015 * size)], pen or ink)
        y += size * random.uniform(0.09, 0.14) + ink.width
    sheet.uneven()
    return sheet.photo()


@KINDS
def underlined(strokes: list[Line], random: Random) -> Image.Image:
    """Underlined by hand with the same pen."""
    return _bars(Sheet(random), strokes, False, 1)


@KINDS
def underlined_twice(strokes: list[Line], random: Random) -> Image.Image:
    """Underlined twice by hand."""
    return _bars(Sheet(random), strokes, False, 2)


@KINDS
def lined_above(strokes: list[Line], random: Random) -> Image.Image:
    """A line by hand above the digit."""
    return _bars(Sheet(random), strokes, True, 1)


@KINDS
def underlined_in_red(strokes: list[Line], random: Random) -> Image.Image:
    """Underlined once or twice with a red pen."""
    sheet = Sheet(random)
    return _bars(sheet, strokes, False, int(random.integers(1, 3)), Pen(RED, 8 * sheet.unit))


@KINDS
def cell_remnants(strokes: list[Line], random: Random) -> Image.Image:
    """Cut out of a form: dark borders of the cell at one to three edges."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.6)
    _, size = extent(digit)
    w, h = sheet.width, sheet.height
    sides = [((0, 0), (w, 0)), ((0, 0), (0, h)), ((0, h), (w, h)), ((w, 0), (w, h))]
    for side in random.choice(4, int(random.integers(1, 4)), replace=False):
        inward = random.uniform(-1, 14) * sheet.unit * np.array([(0, 1), (1, 0), (0, -1), (-1, 0)][side])
        start, end = np.array(sides[side], float) + inward + random.normal(0, 2, (2, 2)) * sheet.unit
        sheet.draw([straight(start, end)], Pen((20,) * 3, random.uniform(4, 16) * sheet.unit))
    sheet.draw(digit, any_pen(random, size))
    return sheet.photo() if random.random() < 0.5 else sheet.scan()


@cache
def _strangers() -> datasets.Drawings:
    """Return other digits, to be cut off at the edges."""
    return datasets.load_drawings()


@KINDS
def cut_off_neighbours(strokes: list[Line], random: Random) -> Image.Image:
    """Cut out of a row: parts of the digits beside it at the left or right edge, or both."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.55, 0.5)
    (left, _), (right, _) = box(digit)
    centre, size = extent(digit)
    pen, strangers = any_pen(random, size), _strangers().strokes
    sheet.draw(digit, pen)
    sides = [(-1,), (1,), (-1, 1)][random.integers(3)]
    for side in sides:
        other = placed(strangers[random.integers(len(strangers))], (0, 0), size * random.uniform(0.85, 1.1))
        low, high = box(other)
        edge = 0 if side < 0 else sheet.width
        room = (left if side < 0 else sheet.width - right) - size * 0.12
        shown = min(room, (high[0] - low[0]) * random.uniform(0.15, 0.45))
        x = edge + shown - high[0] if side < 0 else edge - shown - low[0]
        shift = np.array([x, centre[1] + random.normal(0, 0.05 * size)])
        sheet.draw([line + shift for line in other], pen)
    sheet.uneven()
    return sheet.photo()


@KINDS
def shadow_bent(strokes: list[Line], random: Random) -> Image.Image:
    """The bent edge of a phone's shadow near or across a small digit."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.2, 0.45)
    centre, size = extent(digit)
    sheet.draw(digit, any_pen(random, size)._replace(opacity=1))
    x, y = sheet.grid()
    cx, cy = (centre + random.normal(0, 0.4, 2) * size) / sheet.side
    angle = random.uniform(0, 2 * np.pi)
    across = np.cos(angle) * (x - cx) + np.sin(angle) * (y - cy)
    along = -np.sin(angle) * (x - cx) + np.cos(angle) * (y - cy)
    bend = random.uniform(0.1, 0.6) * random.choice([-1, 1])
    edge = across + bend * (np.sqrt(along**2 + 0.02) - 0.14)
    soft = random.uniform(0.004, 0.05)
    dark = 1 / (1 + np.exp(np.clip(-edge / soft, -30, 30)))
    sheet.light(1 - random.uniform(0.35, 0.7) * dark)
    sheet.uneven(random.uniform(0, 0.3))
    return sheet.photo()


@KINDS
def shadow_of_fingers(strokes: list[Line], random: Random) -> Image.Image:
    """Shadows of one to three fingers that reach in from an edge."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.3, 0.55)
    centre, size = extent(digit)
    sheet.draw(digit, any_pen(random, size)._replace(opacity=1))
    shape = sheet.pixels.shape[:2]
    angle = random.uniform(0, 360)
    way = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    side = np.array([-way[1], way[0]])
    width = sheet.side * random.uniform(0.1, 0.18)
    fingers = []
    for k in range(int(random.integers(1, 4))):
        tip = centre + way * size * random.uniform(-0.3, 0.5) + side * width * (k - 1) * 1.25
        fingers.append(straight(tip, tip + way * 2 * max(shape) + side * random.normal(0, 0.3) * sheet.side))
    shadow = cv2.GaussianBlur(coverage(shape, fingers, width), (0, 0), random.uniform(4, 16) * sheet.unit)
    sheet.light(1 - random.uniform(0.3, 0.6) * shadow)
    sheet.uneven()
    return sheet.photo()


def _glare(sheet: Sheet, centre: np.ndarray, radius: float, strength: float, power: float = 2) -> None:
    """Wash out what lies in a round reflection: brighter, and less contrast."""
    x, y = sheet.grid()
    way = np.hypot(x - centre[0] / sheet.side, y - centre[1] / sheet.side) / (radius / sheet.side)
    wash = (strength * np.exp(-(way**power)))[..., np.newaxis]
    sheet.pixels = sheet.pixels * (1 - wash) + 255 * wash


@KINDS
def glare_on_paper(strokes: list[Line], random: Random) -> Image.Image:
    """A lamp's reflection on glossy paper, over or beside the digit."""
    tone = random.uniform(165, 215)
    sheet = Sheet(random, tone=(tone, tone - 3, tone - 8))
    digit = sheet.place(strokes)
    centre, size = extent(digit)
    sheet.draw(digit, (ballpoint, felt)[random.integers(2)](random, size))
    sheet.uneven()
    spot = centre + random.normal(0, 0.45, 2) * size
    _glare(sheet, spot, size * random.uniform(0.25, 0.6), random.uniform(0.6, 0.85))
    return sheet.photo()


@KINDS
def glare_on_whiteboard(strokes: list[Line], random: Random) -> Image.Image:
    """A marker on a greyish whiteboard with a sharp reflection brighter than the board."""
    tone = random.uniform(140, 195)
    sheet = Sheet(random, tone=(tone, tone + 2, tone + 4))
    digit = sheet.place(strokes)
    centre, size = extent(digit)
    sheet.draw(digit, felt(random, size)._replace(opacity=random.uniform(0.8, 1)))
    sheet.uneven(random.uniform(0, 0.3))
    for _ in range(int(random.integers(1, 3))):
        spot = centre + random.normal(0, 0.5, 2) * size
        _glare(sheet, spot, size * random.uniform(0.15, 0.4), random.uniform(0.6, 0.85), random.uniform(2, 4))
    return sheet.photo()


@KINDS
def dithered(strokes: list[Line], random: Random) -> Image.Image:
    """A grey scan reduced to black and white by error diffusion."""
    sheet = Sheet(random, (int(random.integers(240, 500)),) * 2, (random.uniform(150, 225),) * 3)
    digit = sheet.place(strokes, 0.45, 0.7)
    _, size = extent(digit)
    tone = random.uniform(20, 70)
    sheet.draw(digit, Pen((tone,) * 3, size * random.uniform(0.06, 0.11)))
    sheet.uneven(random.uniform(0, 0.25))
    return png(sheet.scan().convert("L").convert("1"))


@KINDS
def dotted(strokes: list[Line], random: Random) -> Image.Image:
    """A dotted digit to trace, as on a worksheet."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.65)
    _, size = extent(digit)
    width = size * random.uniform(0.035, 0.055)
    step = width * random.uniform(1.4, 1.9)
    dots = [dot[np.newaxis] for line in digit for dot in _spaced(line, step)]
    sheet.draw(dots, Pen((random.uniform(15, 90),) * 3, width))
    if random.random() < 0.5:
        return sheet.scan()
    sheet.uneven()
    return sheet.photo()


def _spaced(line: Line, step: float) -> Line:
    """Return points on a line at equal distances."""
    way = np.append(0, np.hypot(*np.diff(line, axis=0).T).cumsum())
    at = np.linspace(0, way[-1], max(1, round(way[-1] / step)) + 1)
    return np.stack([np.interp(at, way, c) for c in line.T], axis=1)


def _pixel_editor(strokes: list[Line], random: Random, paper: float, ink: float, line: float) -> Image.Image:
    """A drawing in a pixel editor, magnified, with its grid."""
    cells, zoom = int(random.integers(20, 41)), int(random.integers(12, 26))
    fine, width = 8, random.uniform(1.2, 2.2)  # in cells
    size = cells * random.uniform(0.55, 0.8)
    digit = placed(strokes, (cells / 2 * fine,) * 2, size * fine, random.normal(0, 2))
    cover = coverage((cells * fine,) * 2, digit, width * max(1, size / 20) * fine)
    drawn = cv2.resize(cover, (cells, cells), interpolation=cv2.INTER_AREA) > 0.45
    pixels = np.where(drawn, np.uint8(ink), np.uint8(paper)).repeat(zoom, 0).repeat(zoom, 1)
    pixels[::zoom] = pixels[:, ::zoom] = line
    return png(Image.fromarray(pixels))


@KINDS
def pixel_grid_light_on_dark(strokes: list[Line], random: Random) -> Image.Image:
    """White pixels on black in a pixel editor with bright grid lines."""
    return _pixel_editor(strokes, random, random.uniform(0, 40), 255, random.uniform(90, 235))


@KINDS
def pixel_grid_dark_on_light(strokes: list[Line], random: Random) -> Image.Image:
    """Black pixels on white in a pixel editor with grey grid lines."""
    return _pixel_editor(strokes, random, 255, random.uniform(0, 40), random.uniform(60, 210))


@KINDS
def pale_on_transparent(strokes: list[Line], random: Random) -> Image.Image:
    """Light ink of one or several tones on a transparent sheet."""
    side = int(random.integers(300, 900))
    sheet = Sheet(random, (side, side))
    digit = sheet.place(strokes, 0.4, 0.75)
    _, size = extent(digit)
    cover = coverage((side, side), digit, size * random.uniform(0.05, 0.11))
    colours = np.array([(255, 255, 255), (255, 240, 120), (150, 235, 250), (255, 190, 200), (190, 250, 170)])
    first, second = colours[random.choice(len(colours), 2, replace=False)]
    blend = texture(random, (side, side), side / 3)[..., np.newaxis] * random.integers(2)
    alpha = cover * 255 * random.uniform(0.6, 1)
    pixels = np.dstack([(first + (second - first) * blend) * (alpha > 0)[..., np.newaxis], alpha])
    return png(Image.fromarray(np.uint8(pixels)))


@KINDS
def paint_window(strokes: list[Line], random: Random) -> Image.Image:
    """A screenshot of a paint program: tool bar, swatches, a white canvas on grey."""
    wide, high = [(1280, 800), (1024, 768), (1366, 768)][random.integers(3)]
    desk = random.uniform(170, 215)
    sheet = Sheet(random, (wide, high), (desk, desk + 4, desk + 12))
    bar = int(random.integers(70, 120))

    def area(x0: float, y0: float, x1: float, y1: float, colour: tuple) -> None:
        sheet.pixels[int(y0) : int(y1), int(x0) : int(x1)] = colour

    area(0, 0, wide, bar, (245, 246, 247))
    area(0, bar, wide, bar + 1, (200,) * 3)
    for k in range(int(random.integers(12, 26))):
        x, y = 300 + 22 * (k // 2), 14 + 22 * (k % 2)
        area(x, y, x + 17, y + 17, (110,) * 3)
        area(x + 1, y + 1, x + 16, y + 16, tuple(random.integers(0, 256, 3)))
    for k in range(int(random.integers(4, 9))):
        x = 12 + 32 * k
        sheet.draw(
            [by_hand(closed([(x, 20), (x + 16, 20), (x + 16, 36), (x, 36)]), random, 2)], Pen((90,) * 3, 2)
        )
        area(x, 48, x + random.uniform(10, 24), 50, (120,) * 3)
    side = random.uniform(0.35, 0.85) * (high - bar)
    x, y = 8 + random.uniform(0, 40), bar + 8 + random.uniform(0, 30)
    across = side * random.uniform(1, 1.3)
    area(x, y, x + across, y + side, (255,) * 3)
    size = side * random.uniform(0.45, 0.75)
    digit = placed(strokes, (x + across / 2, y + side / 2), size, random.normal(0, 2))
    sheet.draw(digit, Pen((0, 0, 0), size * random.uniform(0.04, 0.1)))
    return sheet.scan()


@KINDS
def bold_fills_its_crop(strokes: list[Line], random: Random) -> Image.Image:
    """A bold digit cropped to its own box, dark on light or light on dark."""
    size, wider = random.uniform(40, 320), (random.uniform(1.1, 1.5), 1)  # or its holes would close
    pen = size * random.uniform(0.2, 0.28)
    digit = [line * wider for line in placed(strokes, (size, size), size, random.normal(0, 3))]
    low, high = box(digit)
    cover = coverage((2 * int(size), 3 * int(size)), digit, pen)
    (x0, y0), (x1, y1) = np.int32(low - pen / 2), np.int32(np.ceil(high + pen / 2))
    cover = cover[y0:y1, x0:x1]
    pixels = np.uint8(255 * (cover if random.random() < 0.5 else 1 - cover))
    return png(Image.fromarray(pixels))


@KINDS
def curled(strokes: list[Line], random: Random) -> Image.Image:
    """A curled sheet: its rules bend, the light follows the curl."""
    sheet = Sheet(random)
    w, h = sheet.width, sheet.height
    lift, waves, phase = (
        random.uniform(0.02, 0.07) * h,
        random.uniform(0.4, 0.9),
        random.uniform(0, 2 * np.pi),
    )

    def warp(line: Line) -> Line:
        return line + np.stack(
            [0 * line[:, 0], lift * np.sin(2 * np.pi * waves * line[:, 0] / w + phase)], axis=1
        )

    digit = sheet.place(strokes, warp=warp)
    _, size = extent(digit)
    lines = rules(sheet, size / random.uniform(0.8, 3), random.normal(0, 1))
    tone = random.uniform(70, 170)
    sheet.draw(map(warp, lines), Pen((tone, tone, tone + 20), _thin(sheet), random.uniform(0.5, 1)))
    sheet.draw(digit, any_pen(random, size))
    x, _ = sheet.grid()
    slope = np.cos(2 * np.pi * waves * x * sheet.side / w + phase)
    sheet.light(1 - random.uniform(0.1, 0.3) * (1 + slope))
    return sheet.photo()


@KINDS
def on_a_rule(strokes: list[Line], random: Random) -> Image.Image:
    """A digit that stands on a rule and touches it, or cuts it with its foot."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.3, 0.55)
    (_, _), (_, bottom) = box(digit)
    _, size = extent(digit)
    pen = any_pen(random, size)
    tone = random.uniform(30, 150)
    ruling = Pen((tone, tone, tone + 15), _thin(sheet, 1.5, 4), random.uniform(0.7, 1))
    foot = bottom + pen.width / 2 - size * random.uniform(-0.01, 0.12) - sheet.height / 2
    pitch = size * random.uniform(1.15, 1.8)
    lines = rules(sheet, pitch, 0, foot) if random.random() < 0.6 else rules(sheet, 9 * sheet.height, 0, foot)
    sheet.draw(lines, ruling)
    sheet.draw(digit, pen)
    sheet.uneven()
    return sheet.photo()
