"""Paper for the final measurement: the same classes of fault as in `kinds_open`, in other forms.

Whoever works on preprocessing should not read this.
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
    rotated,
    rules,
    straight,
    texture,
)

KINDS = Kinds()


def _line(sheet: Sheet, colour: tuple, low: float = 1.5, high: float = 3.5, opacity: float = 1) -> Pen:
    """Return what a printed line is drawn with; its width in thousandths of the sheet."""
    return Pen(colour, max(1, sheet.random.uniform(low, high) * sheet.unit), opacity)


def _dashes(line: Line, on: float, off: float) -> list[Line]:
    """Cut a line into dashes of ``on`` px with gaps of ``off`` px."""
    way = np.append(0, np.hypot(*np.diff(line, axis=0).T).cumsum())
    starts = np.arange(0, way[-1], on + off)
    ends = np.minimum(starts + on, way[-1])
    return [
        np.stack([np.interp(np.linspace(a, b, 8), way, c) for c in line.T], axis=1)
        for a, b in zip(starts, ends, strict=True)
    ]


# Squares


@KINDS
def millimetre_paper(strokes: list[Line], random: Random) -> Image.Image:
    """Fine orange, brown or green lines, every fifth or tenth of them heavier."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    colour = [(230, 150, 90), (190, 140, 110), (120, 190, 120)][random.integers(3)]
    pitch, degrees = size / random.uniform(16, 30), random.normal(0, 1)
    for every, opacity in ((1, 0.45), (int(random.choice([5, 10])), 0.9)):
        for turn in (0, 90):
            sheet.draw(rules(sheet, pitch * every, degrees + turn, 0), _line(sheet, colour, 1, 2, opacity))
    sheet.draw(digit, (pencil, ballpoint)[random.integers(2)](random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def seyes_paper(strokes: list[Line], random: Random) -> Image.Image:
    """French school paper: three pale rules to a violet one, violet verticals."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.3, 0.55)
    _, size = extent(digit)
    pitch, degrees = size / random.uniform(0.8, 2.2), random.normal(0, 1)
    sheet.draw(rules(sheet, pitch / 4, degrees, 0), _line(sheet, (150, 190, 225), 1, 2))
    violet = _line(sheet, (130, 110, 190), 1.5, 3)
    sheet.draw(rules(sheet, pitch, degrees, 0) + rules(sheet, pitch, degrees + 90), violet)
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def squared_at_a_slant(strokes: list[Line], random: Random) -> Image.Image:
    """Dark green or brown squares, rotated and in perspective."""
    sheet = Sheet(random)
    warp = perspective(sheet, 0.18)
    digit = sheet.place(strokes, 0.4, 0.65, warp=warp)
    _, size = extent(digit)
    colour = [(40, 95, 60), (105, 75, 50)][random.integers(2)]
    pitch, degrees = size / random.uniform(2, 6), random.uniform(-25, 25)
    lines = rules(sheet, pitch, degrees) + rules(sheet, pitch, degrees + 90)
    sheet.draw(map(warp, lines), _line(sheet, colour, 1.2, 3, random.uniform(0.5, 0.9)))
    sheet.draw(digit, (pencil, ballpoint, felt)[random.integers(3)](random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def dot_grid(strokes: list[Line], random: Random) -> Image.Image:
    """A notebook with a grid of dots."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    pitch, tone = size / random.uniform(4, 10), random.uniform(60, 150)
    x = np.arange(random.uniform(0, pitch), sheet.width, pitch)
    y = np.arange(random.uniform(0, pitch), sheet.height, pitch)
    dots = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 1, 2)
    sheet.draw(dots, Pen((tone,) * 3, max(2, random.uniform(4, 8) * sheet.unit)))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def practice_box(strokes: list[Line], random: Random) -> Image.Image:
    """A red practice box with a dashed cross, and dashed diagonals or not, behind the digit."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.6, 0.2)
    centre, size = extent(digit)
    half = size * random.uniform(0.62, 0.75)
    colour = [(215, 80, 75), (90, 150, 90)][random.integers(2)]
    pen = _line(sheet, colour, 2, 4)
    corners = centre + half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
    sheet.draw([corners], pen)
    ways = [((-1, 0), (1, 0)), ((0, -1), (0, 1))]
    ways += [((-1, -1), (1, 1)), ((-1, 1), (1, -1))] if random.random() < 0.5 else []
    for a, b in ways:
        line = straight(centre + half * np.array(a), centre + half * np.array(b))
        sheet.draw(_dashes(line, half / 9, half / 12), pen)
    sheet.draw(digit, (pencil, ballpoint, felt)[random.integers(3)](random, size))
    sheet.uneven()
    return sheet.photo()


# Rules


@KINDS
def writing_lines(strokes: list[Line], random: Random) -> Image.Image:
    """First-grade paper: a tinted band between two rules, a dashed one in the middle."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.35, 0.6)
    (_, top), (_, bottom) = box(digit)
    _, size = extent(digit)
    w = sheet.width
    a, b = top - size * random.uniform(0, 0.12), bottom + size * random.uniform(0, 0.12)
    band = [(200, 225, 245), (250, 240, 200), (225, 240, 215)][random.integers(3)]
    pen = _line(sheet, (80, 110, 170), 1.5, 3.5)
    for k in (-1, 0, 1):
        shift = k * (b - a) * 1.35
        if random.random() < 0.8:
            sheet.fill(
                closed([(0, a + shift), (w, a + shift), (w, b + shift), (0, b + shift)]), Pen(band, 0, 0.8)
            )
        sheet.draw([straight((0, y + shift), (w, y + shift)) for y in (a, b)], pen)
        middle = straight((0, (a + b) / 2 + shift), (w, (a + b) / 2 + shift))
        sheet.draw(_dashes(middle, size / 10, size / 14), pen)
    sheet.draw(digit, (pencil, felt)[random.integers(2)](random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def ruled_blackboard(strokes: list[Line], random: Random) -> Image.Image:
    """Chalk on a blackboard or green board with painted rules or squares."""
    board = [(38, 60, 50), (45, 48, 52), (30, 70, 60)][random.integers(3)]
    sheet = Sheet(random, tone=board)
    sheet.pixels += random.uniform(10, 30) * sheet.texture(60)[..., np.newaxis]
    digit = sheet.place(strokes)
    _, size = extent(digit)
    pitch, degrees = size / random.uniform(0.8, 3), random.normal(0, 1.5)
    pen = _line(sheet, (200, 205, 190), 1.5, 3.5, random.uniform(0.5, 0.9))
    sheet.draw(rules(sheet, pitch, degrees), pen)
    if random.random() < 0.4:
        sheet.draw(rules(sheet, pitch, degrees + 90), pen)
    chalk = [(240, 240, 235), (245, 225, 130)][random.integers(2)]
    sheet.draw(digit, Pen(chalk, size * random.uniform(0.06, 0.1), 0.95, 0.5))
    sheet.uneven()
    return sheet.photo()


@KINDS
def ruled_upright(strokes: list[Line], random: Random) -> Image.Image:
    """Ruled paper turned by a quarter: the rules run from top to bottom."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    tone = random.uniform(40, 150)
    lines = rules(sheet, size / random.uniform(1, 3.5), 90 + random.normal(0, 2))
    sheet.draw(lines, _line(sheet, (tone, tone + 5, tone + 25), 1.5, 4))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def ruled_in_pairs(strokes: list[Line], random: Random) -> Image.Image:
    """Pairs of rules as dark as the ink, in perspective."""
    sheet = Sheet(random)
    warp = perspective(sheet, 0.12)
    digit = sheet.place(strokes, warp=warp)
    _, size = extent(digit)
    pitch, tone, degrees = size / random.uniform(0.7, 1.5), random.uniform(25, 90), random.normal(0, 2)
    pen, start = _line(sheet, (tone,) * 3, 1.2, 2.8), random.uniform(0, pitch)
    for offset in (start, start + pitch * random.uniform(0.15, 0.4)):
        sheet.draw(map(warp, rules(sheet, pitch, degrees, offset)), pen)
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def ruled_by_hand(strokes: list[Line], random: Random) -> Image.Image:
    """Lines drawn freehand with the digit's pen or another, above, below and through the digit."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    pen = any_pen(random, size)
    lines = rules(sheet, size / random.uniform(0.7, 1.8), random.normal(0, 2))
    wobbly = [by_hand(line, random, 0.008 * sheet.side) for line in lines]
    sheet.draw(wobbly, pen._replace(width=pen.width * random.uniform(0.35, 0.7)))
    sheet.draw(digit, pen)
    sheet.uneven()
    return sheet.photo()


# Margins


@KINDS
def margin_with_holes(strokes: list[Line], random: Random) -> Image.Image:
    """Two margin lines and dark punched holes at the sheet's left."""
    sheet = Sheet(random)
    w, h = sheet.width, sheet.height
    left = 0.2 * w
    digit = placed(strokes, (0.6 * w, h * random.uniform(0.4, 0.6)), random.uniform(0.35, 0.55) * sheet.side)
    _, size = extent(digit)
    pen = _line(sheet, [(210, 60, 80), (90, 110, 200)][random.integers(2)], 1.5, 3.5)
    sheet.draw([straight((x, 0), (x, h)) for x in (left, left + 0.015 * w)], pen)
    if random.random() < 0.6:
        sheet.draw(rules(sheet, size / random.uniform(1, 3), 0), _line(sheet, (165, 185, 215), 1, 2.5))
    for y in np.arange(random.uniform(0.1, 0.3), 1, random.uniform(0.3, 0.45)):
        sheet.fill(arc((0.09 * w, y * h), 0.03 * w), Pen((50, 45, 42), 0))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def margin_corner(strokes: list[Line], random: Random) -> Image.Image:
    """A vertical and a horizontal margin line that cross near the digit, red, blue or black."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.35, 0.55, 0.25)
    low, high = box(digit)
    _, size = extent(digit)
    pen = any_pen(random, size)
    x = (low[0] - size * 0.2, high[0] + size * 0.2)[random.integers(2)]
    y = (low[1] - size * 0.2, high[1] + size * 0.2)[random.integers(2)]
    colour = [(215, 65, 70), (70, 100, 200), (45, 45, 50)][random.integers(3)]
    lines = [straight((x, -9), (x, sheet.height + 9)), straight((-9, y), (sheet.width + 9, y))]
    sheet.draw(lines, _line(sheet, colour, 2, 5))
    sheet.draw(digit, pen)
    sheet.uneven()
    return sheet.photo()


# Circles


@KINDS
def circled_twice(strokes: list[Line], random: Random) -> Image.Image:
    """A loop that goes round the digit two or three times."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.25, 0.45, 0.55)
    centre, size = extent(digit)
    low, high = box(digit)
    pen = any_pen(random, size)
    turns = random.uniform(1.7, 2.8)
    t = np.linspace(0, 2 * np.pi * turns, 200)
    radius = (np.hypot(*(high - low)) / 2 + size * 0.2) * np.linspace(1, random.uniform(1.05, 1.25), 200)
    loop = np.stack([radius * np.cos(t), radius * np.sin(t) * random.uniform(0.9, 1.1)], axis=1)
    sheet.draw([*digit, by_hand(loop, random, 0.03 * size) + centre], pen)
    sheet.uneven()
    return sheet.photo()


@KINDS
def circled_with_highlighter(strokes: list[Line], random: Random) -> Image.Image:
    """A broad translucent ring in yellow, pink or green."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.25, 0.45, 0.6)
    centre, size = extent(digit)
    low, high = box(digit)
    colour = [(250, 235, 60), (250, 130, 190), (140, 235, 110)][random.integers(3)]
    radius = np.hypot(*(high - low)) / 2 + size * random.uniform(0.15, 0.3)
    ring = hand_circle(random, centre, radius * random.uniform(0.95, 1.15, 2), random.uniform(-30, 20))
    sheet.draw([ring], Pen(colour, size * random.uniform(0.12, 0.2), random.uniform(0.6, 0.85)))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def printed_ring(strokes: list[Line], random: Random) -> Image.Image:
    """A thin printed ring or oval, or two concentric ones, to write in."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.2, 0.4, 0.85)
    centre, size = extent(digit)
    low, high = box(digit)
    radius = (np.hypot(*(high - low)) / 2 + size * random.uniform(0.08, 0.3)) * random.uniform(0.97, 1.2, 2)
    tone = random.uniform(20, 120)
    rings = [arc(centre, radius)]
    rings += [arc(centre, radius * 1.1)] if random.random() < 0.4 else []
    sheet.draw(rings, _line(sheet, (tone,) * 3, 1.5, 5))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo() if random.random() < 0.6 else sheet.scan()


@KINDS
def circled_with_a_tail(strokes: list[Line], random: Random) -> Image.Image:
    """A loop whose end runs off to another place on the sheet, or to its edge."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.22, 0.4, 0.6)
    centre, size = extent(digit)
    low, high = box(digit)
    pen = any_pen(random, size)
    if random.random() < 0.5:
        pen = pen._replace(colour=(200, 40, 50))
    radius = np.hypot(*(high - low)) / 2 + size * random.uniform(0.12, 0.25)
    start = random.uniform(0, 360)
    loop = by_hand(arc((0, 0), radius, start, start + 365), random, 0.03 * size) + centre
    away = rotated(np.array([[1.0, 0]]), start + random.uniform(20, 60))[0]
    tail = straight(loop[-1], loop[-1] + away * radius * random.uniform(0.6, 2), 30)
    sheet.draw([np.concatenate([loop, by_hand(tail, random, 0.03 * size)])], pen)
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def circle_touched(strokes: list[Line], random: Random) -> Image.Image:
    """A circle so tight that the digit touches or crosses it."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.35, 0.55, 0.3)
    centre, size = extent(digit)
    points = np.concatenate(digit) - centre
    reach = np.hypot(*points.T).max() * random.uniform(0.93, 1.0)
    sheet.draw([hand_circle(random, centre, reach, random.uniform(-30, 0))], any_pen(random, 0.6 * size))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


# Boxes


def _frame(digit: list[Line], random: Random, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    top_left, bottom_right = box(digit)
    _, size = extent(digit)
    return (
        top_left - size * random.uniform(low, high, 2),
        bottom_right + size * random.uniform(low, high, 2),
    )


def _rounded(a: np.ndarray, b: np.ndarray, radius: float) -> Line:
    """Return a rectangle with round corners."""
    corners = [(b[0], b[1], 0), (a[0], b[1], 90), (a[0], a[1], 180), (b[0], a[1], 270)]
    inward = {0: (-1, -1), 90: (1, -1), 180: (1, 1), 270: (-1, 1)}
    arcs = [
        arc(np.array([x, y]) + radius * np.array(inward[s]), radius, s, s + 90, 20) for x, y, s in corners
    ]
    return np.concatenate([*arcs, arcs[0][:1]])


@KINDS
def rounded_box(strokes: list[Line], random: Random) -> Image.Image:
    """A printed box with round corners, coloured, some with a tinted inside."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.22, 0.5, 0.45)
    _, size = extent(digit)
    a, b = _frame(digit, random, 0.15, 0.4)
    outline = _rounded(a, b, (b - a).min() * random.uniform(0.1, 0.35))
    colour = [(60, 110, 200), (220, 90, 60), (60, 60, 65), (60, 150, 90)][random.integers(4)]
    if random.random() < 0.4:
        sheet.fill(outline, Pen(colour, 0, random.uniform(0.1, 0.25)))
    sheet.draw([outline], _line(sheet, colour, 3, 10))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo() if random.random() < 0.6 else sheet.scan()


@KINDS
def dashed_box(strokes: list[Line], random: Random) -> Image.Image:
    """A box of dashes, as for cutting out."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.25, 0.5, 0.4)
    _, size = extent(digit)
    a, b = _frame(digit, random, 0.12, 0.35)
    outline = closed([a, (b[0], a[1]), b, (a[0], b[1])])
    dash = size * random.uniform(0.06, 0.14)
    tone = random.uniform(20, 110)
    sheet.draw(_dashes(outline, dash, dash * random.uniform(0.5, 1)), _line(sheet, (tone,) * 3, 2, 6))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def thick_double_box(strokes: list[Line], random: Random) -> Image.Image:
    """A heavy black frame, or a heavy one in a thin one."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.22, 0.45, 0.6)
    _, size = extent(digit)
    a, b = _frame(digit, random, 0.2, 0.4)
    gap = size * 0.12
    boxes = [closed([a, (b[0], a[1]), b, (a[0], b[1]), a])]
    pen = Pen((25,) * 3, size * random.uniform(0.04, 0.09))
    sheet.draw(boxes, pen)
    if random.random() < 0.6:
        a, b = a - gap, b + gap
        sheet.draw([closed([a, (b[0], a[1]), b, (a[0], b[1]), a])], _line(sheet, (25,) * 3))
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def row_of_boxes(strokes: list[Line], random: Random) -> Image.Image:
    """One filled box in a row of empty ones, as on a form, the tops open or closed."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.18, 0.28, 0.4)
    centre, size = extent(digit)
    half = size * np.array([random.uniform(0.6, 0.75), random.uniform(0.65, 0.8)])
    lines = []
    open_top = random.random() < 0.5
    for k in range(-4, 5):
        (x0, y0), (x1, y1) = centre - half + (2 * k * half[0], 0), centre + half + (2 * k * half[0], 0)
        top = y0 + (half[1] if open_top else 0)
        lines += [straight((x0, top), (x0, y1)), straight((x1, top), (x1, y1)), straight((x0, y1), (x1, y1))]
        lines += [] if open_top else [straight((x0, y0), (x1, y0))]
    tone = random.uniform(30, 140)
    sheet.draw(lines, _line(sheet, (tone,) * 3, 2, 4))
    sheet.draw(digit, (ballpoint, felt)[random.integers(2)](random, size))
    sheet.uneven(random.uniform(0, 0.25))
    return sheet.photo()


@KINDS
def corner_marks(strokes: list[Line], random: Random) -> Image.Image:
    """Four corner marks or two brackets instead of a box."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.3, 0.5, 0.35)
    _, size = extent(digit)
    a, b = _frame(digit, random, 0.15, 0.3)
    long = size * random.uniform(0.12, 0.25)
    pen = Pen((30,) * 3, size * random.uniform(0.03, 0.06))
    corners = [(a[0], a[1], 1, 1), (b[0], a[1], -1, 1), (b[0], b[1], -1, -1), (a[0], b[1], 1, -1)]
    if random.random() < 0.6:
        marks = [np.array([(x + u * long, y), (x, y), (x, y + v * long)]) for x, y, u, v in corners]
    else:
        marks = [
            np.array([(x + u * long, a[1]), (x, a[1]), (x, b[1]), (x + u * long, b[1])])
            for x, u in ((a[0], 1), (b[0], -1))
        ]
    sheet.draw(marks, pen)
    sheet.draw(digit, any_pen(random, size))
    sheet.uneven()
    return sheet.photo()


# Filled shapes


@KINDS
def light_on_badge(strokes: list[Line], random: Random) -> Image.Image:
    """A white digit on a dark or coloured square, hexagon or shield."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.2, 0.4, 0.5)
    centre, size = extent(digit)
    colour = tuple([(35, 40, 60), (175, 35, 60), (20, 110, 120), (90, 50, 130)][random.integers(4)])
    half = size * random.uniform(0.75, 0.95)
    if random.random() < 0.5:
        outline = _rounded(centre - half, centre + half, half * random.uniform(0.05, 0.5))
    else:
        count, start = int(random.choice([6, 8])), random.uniform(0, 360)
        outline = arc(centre, half * 1.15, start, start + 360 * (1 - 1 / count), count)
    sheet.fill(outline, Pen(colour, 0))
    sheet.draw(digit, Pen((250,) * 3, size * random.uniform(0.06, 0.11)))
    sheet.uneven(random.uniform(0, 0.2))
    return sheet.photo() if random.random() < 0.6 else sheet.scan()


@KINDS
def light_on_painted_blob(strokes: list[Line], random: Random) -> Image.Image:
    """A light digit on a blob of dark paint with ragged edges."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.25, 0.4, 0.5)
    centre, size = extent(digit)
    t = np.linspace(0, 2 * np.pi, 120)
    waves = sum(random.uniform(0, 0.06) * np.sin(k * t + random.uniform(0, 6)) for k in (2, 3, 5, 9, 14))
    radius = size * random.uniform(0.8, 0.95) * (1 + waves)
    colour = [(25, 35, 80), (60, 25, 20), (20, 60, 40)][random.integers(3)]
    sheet.fill(np.stack([radius * np.cos(t), radius * np.sin(t)], axis=1) + centre, Pen(colour, 0, 0.95, 0.1))
    sheet.draw(digit, Pen((240, 235, 220), size * random.uniform(0.06, 0.1)))
    sheet.uneven()
    return sheet.photo()


@KINDS
def highlighted(strokes: list[Line], random: Random) -> Image.Image:
    """A dark digit under one to three broad strokes of a highlighter."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.3, 0.5, 0.3)
    (left, top), (right, bottom) = box(digit)
    _, size = extent(digit)
    sheet.draw(digit, any_pen(random, size))
    colour = [(250, 240, 70), (255, 150, 200), (150, 240, 120), (255, 190, 90)][random.integers(4)]
    count = int(random.integers(1, 4))
    shape = sheet.pixels.shape[:2]
    for y in np.linspace(top, bottom, count + 2)[1:-1]:
        line = straight(
            (left - size * random.uniform(0.05, 0.3), y), (right + size * random.uniform(0.05, 0.3), y)
        )
        mask = coverage(shape, [by_hand(line, random, 0.02 * size)], size / count * random.uniform(0.7, 1.1))
        sheet.pixels *= 1 - (mask * 0.85)[..., np.newaxis] * (1 - np.float32(colour) / 255)
    sheet.uneven()
    return sheet.photo()


@KINDS
def dark_on_sticky_note(strokes: list[Line], random: Random) -> Image.Image:
    """A coloured sticky note, tilted, on a dark or textured table."""
    table = [(70, 50, 38), (50, 55, 60), (120, 95, 70)][random.integers(3)]
    sheet = Sheet(random, tone=table)
    sheet.pixels += random.uniform(10, 30) * (sheet.texture(30) - 0.5)[..., np.newaxis]
    digit = sheet.place(strokes, 0.2, 0.35, 0.6)
    centre, size = extent(digit)
    note = [(250, 235, 110), (250, 170, 190), (160, 225, 240), (185, 235, 150)][random.integers(4)]
    half, degrees = size * random.uniform(0.75, 1.0), random.normal(0, 8)
    corners = rotated(np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half, degrees) + centre
    sheet.fill(corners, Pen(note, 0))
    sheet.draw(digit, (ballpoint, felt)[random.integers(2)](random, size))
    sheet.uneven()
    return sheet.photo()


# Lines below and above


@KINDS
def wavy_underline(strokes: list[Line], random: Random) -> Image.Image:
    """Underlined with waves or a zigzag, in the same or another colour."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.3, 0.55, 0.3)
    (left, _), (right, bottom) = box(digit)
    _, size = extent(digit)
    pen = any_pen(random, size)
    half, waves = size * random.uniform(0.35, 0.55), random.uniform(3, 7)
    t = np.linspace(0, 1, 150)
    phase = waves * t
    wave = np.sin(2 * np.pi * phase) if random.random() < 0.5 else 4 * np.abs(phase % 1 - 0.5) - 1
    x = (left + right) / 2 + half * (2 * t - 1)
    y = bottom + size * random.uniform(0.15, 0.25) + 0.035 * size * wave
    line = by_hand(np.stack([x, y], axis=1), random, 0.01 * size)
    sheet.draw([line], pen if random.random() < 0.6 else Pen((205, 50, 60), 0.04 * size))
    sheet.draw(digit, pen)
    sheet.uneven()
    return sheet.photo()


@KINDS
def answer_line(strokes: list[Line], random: Random) -> Image.Image:
    """A printed answer line, solid, dashed or dotted, wider than the digit."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.22, 0.42, 0.5)
    (left, _), (right, bottom) = box(digit)
    _, size = extent(digit)
    y = bottom + size * random.uniform(0.1, 0.2)
    line = straight((left - size * random.uniform(0.3, 0.8), y), (right + size * random.uniform(0.3, 0.8), y))
    tone = random.uniform(20, 90)
    pen = _line(sheet, (tone,) * 3, 2, 5)
    dash = size * 0.08
    how = random.integers(3)
    dots = [d[:1] for d in _dashes(line, dash / 2, dash / 2)]
    sheet.draw(
        ([line], _dashes(line, dash, dash * 0.7), dots)[how], pen._replace(width=pen.width * (1 + (how == 2)))
    )
    sheet.draw(digit, (pencil, ballpoint, felt)[random.integers(3)](random, size))
    sheet.uneven()
    return sheet.photo()


@KINDS
def between_two_lines(strokes: list[Line], random: Random) -> Image.Image:
    """A line above and one below, as by a sum's author, of unequal lengths."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.3, 0.5, 0.35)
    (left, top), (right, bottom) = box(digit)
    _, size = extent(digit)
    pen = any_pen(random, size)
    bars = []
    for y in (top - size * random.uniform(0.12, 0.22), bottom + size * random.uniform(0.12, 0.22)):
        x0, x1 = left - size * random.uniform(0, 0.35), right + size * random.uniform(0, 0.35)
        tilt = size * random.normal(0, 0.03)
        bars.append(by_hand(straight((x0, y - tilt), (x1, y + tilt)), random, 0.015 * size))
    sheet.draw([*digit, *bars], pen)
    sheet.uneven()
    return sheet.photo()


# Remnants and neighbours


@KINDS
def table_corner(strokes: list[Line], random: Random) -> Image.Image:
    """The corner of a table's cell: coloured or double borders, that go on beyond the corner."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.6, 0.15)
    _, size = extent(digit)
    w, h = sheet.width, sheet.height
    inset = random.uniform(0.005, 0.05, 2) * sheet.side
    x = (inset[0], w - inset[0])[random.integers(2)]
    y = (inset[1], h - inset[1])[random.integers(2)]
    colour = [(30, 30, 35), (60, 110, 180), (150, 60, 60)][random.integers(3)]
    pen = Pen(colour, random.uniform(4, 12) * sheet.unit)
    sheet.draw([straight((x, 0), (x, h)), straight((0, y), (w, y))], pen)
    if random.random() < 0.4:
        gap = 3 * pen.width * np.sign([w / 2 - x, h / 2 - y])
        sheet.draw(
            [straight((x + gap[0], 0), (x + gap[0], h)), straight((0, y + gap[1]), (w, y + gap[1]))], pen
        )
    sheet.draw(digit, any_pen(random, size))
    return sheet.photo() if random.random() < 0.5 else sheet.scan()


@KINDS
def scanner_edge(strokes: list[Line], random: Random) -> Image.Image:
    """A skewed scan: black wedges where the sheet ends."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.6)
    _, size = extent(digit)
    sheet.draw(digit, any_pen(random, size))
    w, h = sheet.width, sheet.height
    dark = Pen((random.uniform(5, 45),) * 3, 0)
    for side in random.choice(4, int(random.integers(1, 3)), replace=False):
        depth = random.uniform(-0.01, 0.1, 2) * sheet.side
        wedges = [
            [(0, 0), (w, 0), (w, depth[1]), (0, depth[0])],
            [(w, 0), (w, h), (w - depth[1], h), (w - depth[0], 0)],
            [(0, h), (w, h), (w, h - depth[1]), (0, h - depth[0])],
            [(0, 0), (0, h), (depth[1], h), (depth[0], 0)],
        ]
        sheet.fill(np.array(wedges[side], float), dark)
    sheet.uneven(random.uniform(0, 0.15))
    return sheet.photo()


@cache
def _strangers() -> datasets.Drawings:
    return datasets.load_drawings()


@KINDS
def neighbours_above_and_below(strokes: list[Line], random: Random) -> Image.Image:
    """Cut out of a column: parts of the digits above or below at the edge, or at both."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.55, 0.5)
    (_, top), (_, bottom) = box(digit)
    centre, size = extent(digit)
    pen = any_pen(random, size)
    sheet.draw(digit, pen)
    for below in [(False,), (True,), (False, True)][random.integers(3)]:
        strangers = _strangers().strokes
        other = placed(strangers[random.integers(len(strangers))], (0, 0), size * random.uniform(0.85, 1.1))
        low, high = box(other)
        room = (sheet.height - bottom if below else top) - 0.12 * size
        shown = min(room, (high[1] - low[1]) * random.uniform(0.15, 0.45))
        y = sheet.height - shown - low[1] if below else shown - high[1]
        shift = np.array([centre[0] + random.normal(0, 0.1) * size, y])
        sheet.draw([line + shift for line in other], pen)
    sheet.uneven()
    return sheet.photo()


@KINDS
def printed_task_above(strokes: list[Line], random: Random) -> Image.Image:
    """Lines of small print (bars of words) above, below or beside a digit on a worksheet."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.35, 0.5, 0.3)
    (_, top), (_, bottom) = box(digit)
    _, size = extent(digit)
    w, h = sheet.width, sheet.height
    high = size * random.uniform(0.04, 0.07)
    below = h - bottom > top
    y = bottom + size * 0.25 if below else high
    end = h if below else top - size * 0.25
    letters = []
    while y + high < end and len(letters) < 300:
        x = 0.06 * w
        while x < w * random.uniform(0.7, 0.92):
            for _ in range(int(random.integers(2, 9))):
                wide = high * random.uniform(0.25, 0.5)
                shapes = [
                    arc((x + wide / 2, y + high / 2), (wide / 2, high / 2), 0, random.uniform(200, 360), 12)
                ]
                shapes += [straight((x, y - high * 0.3), (x, y + high), 3)] if random.random() < 0.4 else []
                letters += shapes
                x += wide * 1.5
            x += high * 0.6
        y += high * 2.2
    sheet.draw(letters, Pen((60,) * 3, max(1, high * 0.16)))
    sheet.draw(digit, (ballpoint, felt)[random.integers(2)](random, size))
    sheet.uneven()
    return sheet.photo()


# Shadows


@KINDS
def shadow_of_a_window(strokes: list[Line], random: Random) -> Image.Image:
    """Slanting bars of light and shadow from a window or a blind."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    sheet.draw(digit, any_pen(random, size)._replace(opacity=1))
    x, y = sheet.grid()
    angle, pitch = random.uniform(0, np.pi), random.uniform(0.25, 0.8)
    way = (np.cos(angle) * x + np.sin(angle) * y) / pitch + random.random()
    wave = np.abs(way % 1 - 0.5) - random.uniform(0.15, 0.35)
    soft = random.uniform(0.01, 0.06)
    sheet.light(1 - random.uniform(0.3, 0.55) / (1 + np.exp(np.clip(wave / soft, -30, 30))))
    return sheet.photo()


@KINDS
def shadow_of_a_hand_and_pen(strokes: list[Line], random: Random) -> Image.Image:
    """A broad hand's shadow from the lower right, a thin pen's beyond it."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.35, 0.55)
    centre, size = extent(digit)
    sheet.draw(digit, any_pen(random, size)._replace(opacity=1))
    shape = sheet.pixels.shape[:2]
    degrees = random.uniform(20, 70) if random.random() < 0.7 else random.uniform(110, 160)
    way = rotated(np.array([[1.0, 0]]), degrees)[0]
    tip = centre + way * size * random.uniform(-0.1, 0.5)
    fist = tip + way * size * random.uniform(0.4, 0.7)
    far = fist + way * 3 * sheet.side
    mask = coverage(shape, [straight(tip, fist)], size * random.uniform(0.06, 0.12))
    mask = np.maximum(mask, coverage(shape, [straight(fist, far)], size * random.uniform(0.7, 1.2)))
    mask = cv2.GaussianBlur(mask, (0, 0), random.uniform(4, 14) * sheet.unit)
    sheet.light(1 - random.uniform(0.3, 0.6) * mask)
    sheet.uneven()
    return sheet.photo()


@KINDS
def two_shadows(strokes: list[Line], random: Random) -> Image.Image:
    """Two overlapping round shadows, of a head and a phone with two lamps."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.25, 0.5)
    centre, size = extent(digit)
    sheet.draw(digit, any_pen(random, size)._replace(opacity=1))
    x, y = sheet.grid()
    for _ in range(2):
        cx, cy = (centre + random.normal(0, 0.7, 2) * size) / sheet.side
        radius, stretch = random.uniform(0.25, 0.7), random.uniform(0.6, 1.5)
        way = radius - np.hypot((x - cx) * stretch, y - cy)
        dark = 1 / (1 + np.exp(np.clip(-way / random.uniform(0.005, 0.05), -30, 30)))
        sheet.light(1 - random.uniform(0.25, 0.5) * dark)
    return sheet.photo()


@KINDS
def book_gutter(strokes: list[Line], random: Random) -> Image.Image:
    """The dark gutter of an open book beside the digit, the page curving into it."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.35, 0.55, 0.2)
    (left, _), (right, _) = box(digit)
    _, size = extent(digit)
    sheet.draw(digit, any_pen(random, size))
    x, y = sheet.grid()
    at = (
        left - size * random.uniform(0.1, 0.3)
        if random.random() < 0.5
        else right + size * random.uniform(0.1, 0.3)
    )
    way = np.abs(x - at / sheet.side - random.normal(0, 0.02) * y)
    sheet.light(1 - random.uniform(0.5, 0.85) * np.exp(-way / random.uniform(0.02, 0.1)))
    sheet.uneven(random.uniform(0, 0.2))
    return sheet.photo()


# Glare


@KINDS
def glare_of_a_tube(strokes: list[Line], random: Random) -> Image.Image:
    """A strip light's long reflection across a whiteboard or glossy page."""
    tone = random.uniform(140, 205)
    sheet = Sheet(random, tone=(tone, tone, tone + 3))
    digit = sheet.place(strokes)
    centre, size = extent(digit)
    sheet.draw(digit, felt(random, size))
    sheet.uneven()
    x, y = sheet.grid()
    cx, cy = (centre + random.normal(0, 0.4, 2) * size) / sheet.side
    angle = random.uniform(0, np.pi)
    across = np.cos(angle) * (x - cx) + np.sin(angle) * (y - cy)
    along = -np.sin(angle) * (x - cx) + np.cos(angle) * (y - cy)
    wide, long = random.uniform(0.03, 0.09), random.uniform(0.2, 0.6)
    wash = random.uniform(0.55, 0.8) * np.exp(-((across / wide) ** 4) - (along / long) ** 6)
    sheet.pixels += wash[..., np.newaxis] * (255 - sheet.pixels)
    return sheet.photo()


@KINDS
def glare_of_a_window(strokes: list[Line], random: Random) -> Image.Image:
    """A window's reflection: a bright quadrangle with a cross in it."""
    tone = random.uniform(140, 200)
    sheet = Sheet(random, tone=(tone, tone + 2, tone))
    digit = sheet.place(strokes)
    centre, size = extent(digit)
    sheet.draw(digit, (felt, ballpoint)[random.integers(2)](random, size))
    middle, half = centre + random.normal(0, 0.35, 2) * size, size * random.uniform(0.25, 0.5)
    degrees = random.uniform(-30, 30)
    panes = []
    for a in (-1, 1):
        for b in (-1, 1):
            pane = np.array([(a * 0.08, b * 0.08), (a, b * 0.08), (a, b), (a * 0.08, b)]) * half
            panes.append(rotated(pane, degrees) + middle)
    mask = np.zeros(sheet.pixels.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.int32(pane) for pane in panes], 1)
    mask = cv2.GaussianBlur(mask, (0, 0), random.uniform(3, 12) * sheet.unit) * random.uniform(0.5, 0.75)
    sheet.pixels += mask[..., np.newaxis] * (255 - sheet.pixels)
    sheet.uneven()
    return sheet.photo()


# One bit


@KINDS
def ordered_dither(strokes: list[Line], random: Random) -> Image.Image:
    """Black and white by an ordered (Bayer) matrix."""
    side = int(random.integers(240, 520))
    sheet = Sheet(random, (side, side), (random.uniform(160, 230),) * 3)
    digit = sheet.place(strokes, 0.45, 0.7)
    _, size = extent(digit)
    sheet.draw(digit, Pen((random.uniform(20, 75),) * 3, size * random.uniform(0.06, 0.11)))
    sheet.uneven(random.uniform(0, 0.25))
    bayer = np.zeros((1, 1))
    for _ in range(int(random.integers(2, 4))):
        bayer = np.block([[4 * bayer, 4 * bayer + 2], [4 * bayer + 3, 4 * bayer + 1]])
    levels = np.tile((bayer + 0.5) / bayer.size * 255, (side // len(bayer) + 1,) * 2)[:side, :side]
    return png(Image.fromarray(sheet.pixels[..., 0] > levels))


@KINDS
def halftone(strokes: list[Line], random: Random) -> Image.Image:
    """A newspaper's screen: dots at 45 degrees or so that grow with the tone."""
    side = int(random.integers(360, 800))
    sheet = Sheet(random, (side, side), (random.uniform(170, 225),) * 3)
    digit = sheet.place(strokes, 0.45, 0.7)
    _, size = extent(digit)
    sheet.draw(digit, Pen((random.uniform(10, 60),) * 3, size * random.uniform(0.07, 0.11)))
    sheet.uneven(random.uniform(0, 0.2))
    y, x = np.mgrid[:side, :side]
    angle, pitch = np.deg2rad(random.uniform(20, 70)), random.uniform(4, 8)
    u, v = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
    screen = 127.5 + 63.75 * (np.cos(2 * np.pi * u / pitch) + np.cos(2 * np.pi * v / pitch))
    tone = np.where(sheet.pixels[..., 0] > screen, np.uint8(235), np.uint8(30))
    return png(Image.fromarray(cv2.GaussianBlur(tone, (0, 0), random.uniform(0.3, 0.8))))


@KINDS
def fax(strokes: list[Line], random: Random) -> Image.Image:
    """Black and white by a threshold, with specks, ragged edges and broken lines."""
    side = int(random.integers(240, 520))
    sheet = Sheet(random, (side, side), (215,) * 3)
    digit = sheet.place(strokes, 0.4, 0.7)
    _, size = extent(digit)
    sheet.draw(digit, Pen((60,) * 3, size * random.uniform(0.06, 0.1)))
    tone = cv2.GaussianBlur(sheet.pixels[..., 0], (0, 0), 1) + 90 * (texture(random, (side, side), 2) - 0.5)
    black = tone < 140
    black[random.random((side, side)) < random.uniform(0.003, 0.02)] = True
    black[random.random(side) < 0.015] = False
    return png(Image.fromarray(~black))


# To trace


@KINDS
def dashed_to_trace(strokes: list[Line], random: Random) -> Image.Image:
    """A digit of dashes, grey, black or coloured, to trace."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.65)
    _, size = extent(digit)
    width, colour = (
        size * random.uniform(0.03, 0.055),
        [(40,) * 3, (120,) * 3, (60, 90, 190)][random.integers(3)],
    )
    on, off = width * random.uniform(1, 2.2), width * random.uniform(1.7, 2.4)
    sheet.draw([dash for line in digit for dash in _dashes(line, on, off)], Pen(colour, width))
    sheet.uneven(random.uniform(0, 0.2))
    return sheet.photo() if random.random() < 0.5 else sheet.scan()


@KINDS
def square_dots(strokes: list[Line], random: Random) -> Image.Image:
    """Small squares or crosses along the digit's line, as from a sewing chart."""
    sheet = Sheet(random)
    digit = sheet.place(strokes, 0.4, 0.65)
    _, size = extent(digit)
    wide = size * random.uniform(0.02, 0.03)
    step, crosses = wide * random.uniform(2.7, 3.3), random.random() < 0.4
    tone = Pen((random.uniform(20, 90),) * 3, max(2, wide * 0.7))
    for line in digit:
        for point, *_ in _dashes(line, step * 0.5, step * 0.5):
            if crosses:
                arms = [np.array([(-1, -1), (1, 1)]), np.array([(-1, 1), (1, -1)])]
                sheet.draw([point + wide * arm for arm in arms], tone)
            else:
                sheet.fill(point + wide * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]), tone)
    return sheet.photo() if random.random() < 0.5 else sheet.scan()


# Pixels


@KINDS
def coloured_pixels(strokes: list[Line], random: Random) -> Image.Image:
    """A cross-stitch chart: coloured cells on cream, every fifth or tenth line heavier."""
    cells, zoom = int(random.integers(24, 44)), int(random.integers(10, 22))
    digit = placed(strokes, (cells * 4,) * 2, cells * 8 * random.uniform(0.55, 0.8), random.normal(0, 2))
    cover = coverage((cells * 8,) * 2, digit, 8 * random.uniform(1.6, 2.8) * cells / 24)
    drawn = cv2.resize(cover, (cells, cells), interpolation=cv2.INTER_AREA) > 0.45
    ink = [(190, 40, 60), (40, 70, 160), (30, 120, 70)][random.integers(3)]
    pixels = (
        np.where(drawn[..., np.newaxis], np.uint8(ink), np.uint8((250, 245, 230)))
        .repeat(zoom, 0)
        .repeat(zoom, 1)
    )
    every = int(random.choice([5, 10]))
    for k in range(cells):
        heavy = k % every == 0
        tone, wide = (90, 2) if heavy else (170, 1)
        pixels[k * zoom : k * zoom + wide] = tone
        pixels[:, k * zoom : k * zoom + wide] = tone
    return png(Image.fromarray(pixels))


@KINDS
def lamp_matrix(strokes: list[Line], random: Random) -> Image.Image:
    """A panel of round lamps: lit ones make the digit, the others are dim."""
    cells, zoom = int(random.integers(18, 34)), int(random.integers(14, 26))
    digit = placed(strokes, (cells * 4,) * 2, cells * 8 * random.uniform(0.6, 0.8), random.normal(0, 2))
    cover = coverage((cells * 8,) * 2, digit, 8 * random.uniform(1.4, 2.2) * cells / 20)
    lit = cv2.resize(cover, (cells, cells), interpolation=cv2.INTER_AREA) > 0.45
    colour = np.float32([(255, 70, 50), (90, 255, 110), (255, 200, 80), (240, 245, 255)][random.integers(4)])
    dim = random.uniform(0.08, 0.22)
    level = np.where(lit, 1, dim).repeat(zoom, 0).repeat(zoom, 1)
    y, x = np.mgrid[: cells * zoom, : cells * zoom] % zoom - (zoom - 1) / 2
    disc = np.clip(zoom * random.uniform(0.36, 0.45) - np.hypot(x, y) + 0.5, 0, 1)
    pixels = 15 + (level * disc)[..., np.newaxis] * (colour - 15)
    return png(Image.fromarray(np.uint8(pixels)))


# Transparency


@KINDS
def glowing_on_transparent(strokes: list[Line], random: Random) -> Image.Image:
    """Light ink with a soft translucent glow or shadow around it, on transparency."""
    side = int(random.integers(300, 900))
    sheet = Sheet(random, (side, side))
    digit = sheet.place(strokes, 0.4, 0.7)
    _, size = extent(digit)
    cover = coverage((side, side), digit, size * random.uniform(0.06, 0.11))
    halo = cv2.GaussianBlur(cover, (0, 0), size * random.uniform(0.02, 0.05)) * random.uniform(0.3, 0.7)
    pairs = [
        ((255, 250, 235), (90, 90, 100)),
        ((190, 240, 255), (120, 200, 255)),
        ((255, 225, 240), (255, 150, 200)),
    ]
    inner, outer = pairs[random.integers(3)]
    colour = np.float32(outer) + cover[..., np.newaxis] * (np.float32(inner) - np.float32(outer))
    alpha = np.maximum(cover, halo)
    return png(Image.fromarray(np.uint8(np.dstack([colour, 255 * alpha]))))


@KINDS
def pale_palette(strokes: list[Line], random: Random) -> Image.Image:
    """Pale ink in a palette image with a transparent colour, its edges jagged."""
    side = int(random.integers(200, 600))
    sheet = Sheet(random, (side, side))
    digit = sheet.place(strokes, 0.4, 0.75)
    _, size = extent(digit)
    drawn = coverage((side, side), digit, size * random.uniform(0.06, 0.11)) > 0.5
    split = texture(random, (side, side), side / 2) > 0.5
    picture = Image.fromarray(np.uint8(drawn * (1 + split)))
    light = random.integers(190, 256, (2, 3))
    picture.putpalette([*random.choice([0, 255], 1).repeat(3), *light[0], *light[random.integers(2)]])
    picture.info["transparency"] = 0
    return png(picture)


# Screens


@KINDS
def phone_screenshot(strokes: list[Line], random: Random) -> Image.Image:
    """A phone's note app: status bar, title, canvas, a row of round tools below."""
    w, h = [(720, 1280), (750, 1334), (828, 1792)][random.integers(3)]
    sheet = Sheet(random, (w, h), (250, 250, 252))
    bar = (240, 240, 244)
    sheet.pixels[: int(0.035 * h)] = sheet.pixels[int(0.88 * h) :] = bar
    sheet.draw([straight((0.04 * w, 0.018 * h), (0.12 * w, 0.018 * h))], Pen((40,) * 3, 0.008 * h))
    sheet.draw([straight((0.86 * w, 0.018 * h), (0.95 * w, 0.018 * h))], Pen((40,) * 3, 0.012 * h))
    sheet.draw(
        [straight((0.06 * w, 0.075 * h), (random.uniform(0.25, 0.55) * w, 0.075 * h))],
        Pen((30,) * 3, 0.014 * h),
    )
    colours = [(30, 30, 30), (230, 60, 60), (60, 120, 230), (250, 190, 40), (60, 170, 90)]
    for k in range(int(random.integers(3, 6))):
        sheet.fill(arc(((0.15 + 0.17 * k) * w, 0.94 * h), 0.045 * w), Pen(colours[k], 0))
    size = random.uniform(0.3, 0.65) * w
    digit = placed(
        strokes, (w * random.uniform(0.4, 0.6), h * random.uniform(0.4, 0.6)), size, random.normal(0, 3)
    )
    sheet.draw(digit, Pen(colours[random.integers(3)], size * random.uniform(0.04, 0.09)))
    return sheet.scan()


@KINDS
def dark_theme_window(strokes: list[Line], random: Random) -> Image.Image:
    """A drawing program with a dark theme, tools on the left, layers on the right; canvas dark or white."""
    w, h = [(1280, 800), (1366, 768), (1200, 900)][random.integers(3)]
    sheet = Sheet(random, (w, h), (random.uniform(40, 60),) * 3)
    sheet.pixels[:36], sheet.pixels[:, :60], sheet.pixels[:, -220:] = 60, 70, 65
    for k in range(int(random.integers(8, 14))):
        x, y = 16, 50 + 42 * k
        square = [(x, y), (x + 26, y), (x + 26, y + 26), (x, y + 26)]
        sheet.draw([by_hand(closed(square), random, 4)], Pen((190,) * 3, 2))
    for k in range(int(random.integers(2, 6))):
        sheet.pixels[80 + 60 * k : 120 + 60 * k, w - 200 : w - 150] = random.uniform(90, 230)
        sheet.draw(
            [straight((w - 135, 100 + 60 * k), (w - random.uniform(40, 90), 100 + 60 * k))],
            Pen((180,) * 3, 6),
        )
    white = random.random() < 0.6
    side = random.uniform(0.5, 0.85) * (h - 60)
    x, y = 60 + (w - 280 - side) * random.uniform(0.2, 0.8), 40 + (h - 50 - side) * random.uniform(0.2, 0.8)
    sheet.pixels[int(y) : int(y + side), int(x) : int(x + side)] = 255 if white else 18
    size = side * random.uniform(0.45, 0.75)
    digit = placed(strokes, (x + side / 2, y + side / 2), size, random.normal(0, 3))
    sheet.draw(digit, Pen((15,) * 3 if white else (240,) * 3, size * random.uniform(0.05, 0.1)))
    return sheet.scan()


@KINDS
def picture_in_a_chat(strokes: list[Line], random: Random) -> Image.Image:
    """A photo of a digit inside a chat: bubbles with lines of text above and below."""
    w, h = int(random.integers(600, 900)), int(random.integers(900, 1200))
    sheet = Sheet(random, (w, h), (229, 221, 213))
    side = random.uniform(0.45, 0.65) * w
    x, y = 0.06 * w, h * random.uniform(0.2, 0.4)
    for top, long in ((0.05 * h, random.uniform(0.3, 0.6)), (y + side + 0.06 * h, random.uniform(0.3, 0.6))):
        left = 0.06 * w if random.random() < 0.5 else (0.94 - long) * w
        a, b = np.array([left, top]), np.array([left + long * w, top + 0.08 * h])
        sheet.fill(_rounded(a, b, 14), Pen((255,) * 3 if left < 0.1 * w else (220, 248, 198), 0))
        for k in range(2):
            level = a[1] + 24 + 26 * k
            text = straight((a[0] + 16, level), (b[0] - random.uniform(20, 120), level))
            sheet.draw(_dashes(text, 8, 5), Pen((70,) * 3, 7))
    a = np.array([x, y])
    sheet.fill(_rounded(a - 8, a + side + 8, 16), Pen((255,) * 3, 0))
    tone = random.uniform(190, 235)
    sheet.fill(side * np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) + a, Pen((tone, tone - 3, tone - 8), 0))
    size = side * random.uniform(0.5, 0.7)
    digit = placed(strokes, a + side / 2, size, random.normal(0, 4))
    sheet.draw(digit, (ballpoint, felt)[random.integers(2)](random, size))
    return sheet.scan()


# Full crops


@KINDS
def bold_photo_crop(strokes: list[Line], random: Random) -> Image.Image:
    """A broad marker's digit, photographed and cropped so that it touches all edges or is cut by them."""
    size, wider = random.uniform(150, 420), (random.uniform(1.1, 1.5), 1)
    pen = size * random.uniform(0.17, 0.25)
    digit = [line * wider for line in placed(strokes, (size, size), size, random.normal(0, 3))]
    sheet = Sheet(random, (3 * int(size), 2 * int(size)))
    low, high = box(digit)
    colours = [(25, 25, 30), (30, 45, 140), (160, 35, 40)]
    sheet.draw(digit, Pen(colours[random.integers(3)], pen, 0.95, 0.15))
    sheet.uneven()
    cut = pen * random.uniform(0, 0.2)
    (x0, y0), (x1, y1) = np.int32(low - pen / 2 + cut), np.int32(np.ceil(high + pen / 2 - cut))
    sheet.pixels = sheet.pixels[y0:y1, x0:x1]
    return sheet.photo()


@KINDS
def bold_on_tile(strokes: list[Line], random: Random) -> Image.Image:
    """A bold digit in one colour on another, small, its crop padded by a pixel or two or not at all."""
    size, wider = random.uniform(24, 64), (random.uniform(1.15, 1.5), 1)
    pen = size * random.uniform(0.2, 0.28)
    digit = [line * wider for line in placed(strokes, (4 * size, 4 * size), 4 * size, random.normal(0, 3))]
    low, high = box(digit)
    cover = coverage((int(8 * size), int(12 * size)), digit, 4 * pen)
    pad = 4 * int(random.integers(0, 3))
    (x0, y0), (x1, y1) = np.int32(low - 2 * pen) - pad, np.int32(np.ceil(high + 2 * pen)) + pad
    cover = cover[y0:y1, x0:x1]
    cover = cv2.resize(cover, (cover.shape[1] // 4, cover.shape[0] // 4), interpolation=cv2.INTER_AREA)[
        ..., None
    ]
    dark, light = random.uniform(0, 90, 3), random.uniform(190, 255, 3)
    paper, ink = (dark, light) if random.random() < 0.5 else (light, dark)
    return png(Image.fromarray(np.uint8(paper + cover * (ink - paper))))


# Bent paper


@KINDS
def folded(strokes: list[Line], random: Random) -> Image.Image:
    """A sheet with one or two creases: rules kink, each part has its own light."""
    sheet = Sheet(random)
    at = random.uniform(0.25, 0.75) * sheet.width
    kink = random.uniform(-0.2, 0.2)

    def warp(line: Line) -> Line:
        return line + np.stack([0 * line[:, 0], kink * np.maximum(line[:, 0] - at, 0)], axis=1)

    digit = sheet.place(strokes, warp=warp)
    _, size = extent(digit)
    if random.random() < 0.7:
        tone = random.uniform(80, 170)
        lines = rules(sheet, size / random.uniform(0.8, 3), random.normal(0, 1))
        dense = [straight(line[0], line[-1], 400) for line in lines]
        sheet.draw(map(warp, dense), _line(sheet, (tone, tone, tone + 20)))
    sheet.draw(digit, any_pen(random, size))
    x, y = sheet.grid()
    way = x - at / sheet.side + random.normal(0, 0.03) * y
    sheet.light(np.where(way < 0, 1, random.uniform(0.65, 0.9)))
    sheet.light(1 - random.uniform(0.05, 0.25) * np.exp(-((way / random.uniform(0.004, 0.015)) ** 2)))
    if random.random() < 0.5:
        way = y - random.uniform(0.3, 0.7) * sheet.height / sheet.side
        sheet.light(np.where(way < 0, random.uniform(0.75, 0.95), 1))
    return sheet.photo()


@KINDS
def crumpled(strokes: list[Line], random: Random) -> Image.Image:
    """Paper that was crumpled and smoothed: facets of light with sharp edges."""
    sheet = Sheet(random)
    digit = sheet.place(strokes)
    _, size = extent(digit)
    shape = sheet.pixels.shape[:2]
    sheet.draw(digit, (ballpoint, felt)[random.integers(2)](random, size))
    x, y = sheet.grid()
    light = np.ones(shape, np.float32)
    for _ in range(int(random.integers(6, 14))):
        cx, cy = random.uniform(0, 1, 2) * (sheet.width, sheet.height) / sheet.side
        angle = random.uniform(0, 2 * np.pi)
        way = np.cos(angle) * (x - cx) + np.sin(angle) * (y - cy)
        light -= random.uniform(0.02, 0.09) * np.where(way > 0, np.exp(-way / random.uniform(0.05, 0.3)), 0)
    sheet.light(np.clip(light, 0.35, 1))
    return sheet.photo()


@KINDS
def rolled_up(strokes: list[Line], random: Random) -> Image.Image:
    """A sheet that rolls up from its foot or head: rules crowd together there, and it darkens."""
    sheet = Sheet(random)
    h = sheet.height
    power, flip = random.uniform(1.2, 1.7), random.random() < 0.5
    bow = random.uniform(-0.04, 0.04)

    def warp(line: Line) -> Line:
        v = line[:, 1] / h
        v = 1 - v if flip else v
        v = np.where(v > 0.5, 0.5 + (1 - np.abs(2 - 2 * v) ** power * np.sign(1 - v)) / (2 * power), v)
        v = v + bow * (2 * line[:, 0] / sheet.width - 1) ** 2
        return np.stack([line[:, 0], h * (1 - v if flip else v)], axis=1)

    digit = sheet.place(strokes, warp=warp)
    _, size = extent(digit)
    tone = random.uniform(80, 170)
    lines = rules(sheet, size / random.uniform(1, 3), 0)
    sheet.draw(map(warp, lines), _line(sheet, (tone, tone, tone + 15), 1.2, 3))
    sheet.draw(digit, any_pen(random, size))
    _, y = sheet.grid()
    v = y / y.max()
    v = 1 - v if flip else v
    sheet.light(1 - random.uniform(0.3, 0.6) * np.clip(v - 0.4, 0, 1) ** 1.5)
    return sheet.photo()


# On a rule


def _on_rule(sheet: Sheet, strokes: list[Line], levels: tuple[float, ...]) -> Image.Image:
    """Rules at fractions of the digit's height, 0.0 (top) to 1.0 (bottom)."""
    random = sheet.random
    digit = sheet.place(strokes, 0.3, 0.55)
    (_, top), (_, bottom) = box(digit)
    _, size = extent(digit)
    pen, tone, tilt = any_pen(random, size), random.uniform(30, 150), random.normal(0, 0.01) * sheet.width
    ruling = _line(sheet, (tone, tone + 5, tone + 20), 1.5, 4)
    for level in levels:
        y = top + level * (bottom - top)
        sheet.draw([straight((-9, y - tilt), (sheet.width + 9, y + tilt))], ruling)
    sheet.draw(digit, pen)
    sheet.uneven()
    return sheet.photo()


@KINDS
def rule_through_the_middle(strokes: list[Line], random: Random) -> Image.Image:
    """One rule straight through the digit."""
    return _on_rule(Sheet(random), strokes, (random.uniform(0.3, 0.75),))


@KINDS
def hanging_from_a_rule(strokes: list[Line], random: Random) -> Image.Image:
    """A digit whose head touches or cuts the rule above it."""
    return _on_rule(Sheet(random), strokes, (random.uniform(-0.03, 0.12),))


@KINDS
def filling_two_rules(strokes: list[Line], random: Random) -> Image.Image:
    """A digit that touches the rule below and the one above."""
    return _on_rule(Sheet(random), strokes, (random.uniform(-0.03, 0.06), random.uniform(0.94, 1.03)))
