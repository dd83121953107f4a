"""Pictures without a digit for the final measurement: other doodles, icons and paper than in `doodles_open`.

Whoever works on preprocessing or on the training of non-digits should not read this.
"""

from itertools import pairwise

import cv2
import numpy as np
from PIL import Image

from tests.paper.render import (
    Kinds,
    Line,
    Pen,
    Random,
    Sheet,
    arc,
    closed,
    coverage,
    doodle,
    icon,
    placed,
    rotated,
    rules,
    straight,
)

DOODLES, ICONS, BLANK = Kinds(), Kinds(), Kinds()


def _polygon(count: int, start: float = -90) -> Line:
    return arc((0, 0), 1, start, start + 360 * (1 - 1 / count), count)


@doodle(DOODLES)
def diamond(random: Random) -> list[Line]:
    """A rhombus, on its tip."""
    w = random.uniform(0.55, 0.9)
    return [closed([(0, -1), (w, 0), (0, 1), (-w, 0)])]


@doodle(DOODLES)
def polygon(random: Random) -> list[Line]:
    """A pentagon or hexagon."""
    return [closed(_polygon(int(random.integers(5, 7)), random.uniform(0, 90)), 25)]


@doodle(DOODLES)
def leaf(random: Random) -> list[Line]:
    """A leaf with its veins."""
    x = np.linspace(-1, 1, 50)
    y = random.uniform(0.4, 0.6) * np.cos(np.pi * x / 2)
    edges = [np.stack([x, y], axis=1), np.stack([x, -y], axis=1)]
    veins = [straight((k, 0), (k + 0.25, side * 0.25)) for k in (-0.5, -0.1, 0.3) for side in (-1, 1)]
    return [rotated(line, -40) for line in [*edges, straight((-1.4, 0), (1, 0)), *veins]]


@doodle(DOODLES)
def drop(random: Random) -> list[Line]:
    """A drop of water."""
    t = np.linspace(0, 2 * np.pi, 90)
    x = random.uniform(0.55, 0.8) * np.sin(t) * np.sin(t / 2) ** random.uniform(1.5, 2.5)
    return [np.stack([x, -np.cos(t)], axis=1)]


@doodle(DOODLES)
def lightning(random: Random) -> list[Line]:
    """A bolt of lightning, its outline."""
    bolt = [(0.2, -1), (-0.5, 0.15), (-0.05, 0.15), (-0.25, 1), (0.5, -0.2), (0.08, -0.2), (0.45, -1)]
    return [closed(np.array(bolt) * (random.uniform(0.8, 1.3), 1), 12)]


@doodle(DOODLES)
def boat(random: Random) -> list[Line]:
    """A sailing boat."""
    hull = closed([(-1, 0.3), (1, 0.3), (0.6, 0.8), (-0.6, 0.8)])
    mast = random.uniform(-0.2, 0.2)
    sail = closed([(mast, -1), (mast + 0.8, 0.15), (mast, 0.15)])
    return [hull, straight((mast, 0.3), (mast, -1)), sail]


@doodle(DOODLES)
def mug(random: Random) -> list[Line]:
    """A mug with a handle, some with steam."""
    w = random.uniform(0.6, 0.8)
    lines = [closed([(-w, -0.7), (w, -0.7), (w, 0.8), (-w, 0.8)]), arc((w, 0), (0.4, 0.4), -90, 90)]
    t = np.linspace(0, 1, 30)
    steam = [np.stack([x + 0.08 * np.sin(7 * t), -0.85 - 0.6 * t], axis=1) for x in (-0.3, 0.1)]
    return lines + (steam if random.random() < 0.5 else [])


@doodle(DOODLES)
def cat(random: Random) -> list[Line]:
    """A cat's head."""
    ears = [np.array([(s * 0.85, -0.5), (s * 0.8, -1.25), (s * 0.25, -0.95)]) for s in (-1, 1)]
    eyes = [arc((s * 0.38, -0.2), 0.08) for s in (-1, 1)]
    hair = [straight((s * 0.3, 0.3), (s * 1.2, 0.3 + d)) for s in (-1, 1) for d in (-0.15, 0.15)]
    return [
        arc((0, 0), 1),
        *(straight(e[0], e[1]) for e in ears),
        *(straight(e[1], e[2]) for e in ears),
        *eyes,
        *hair,
    ]


@doodle(DOODLES)
def butterfly(random: Random) -> list[Line]:
    """A butterfly."""
    wings = [arc((s * 0.65, y), (0.6, r)) for s in (-1, 1) for y, r in ((-0.5, 0.55), (0.55, 0.45))]
    return [
        *wings,
        straight((0, -0.8), (0, 0.9)),
        straight((0, -0.8), (-0.3, -1.3)),
        straight((0, -0.8), (0.3, -1.3)),
    ]


@doodle(DOODLES)
def umbrella(random: Random) -> list[Line]:
    """An umbrella with a hooked handle."""
    foot = [arc((x, 0), (1 / 3, 0.18), 180, 360, 20) for x in (-2 / 3, 0, 2 / 3)]
    return [arc((0, 0), 1, 180, 360), *foot, straight((0, -0.18), (0, 1)), arc((-0.2, 1), 0.2, 0, 180, 20)]


@doodle(DOODLES)
def hash_sign(random: Random) -> list[Line]:
    """A hash sign, or the grid of noughts and crosses."""
    gap, lean = random.uniform(0.3, 0.45), random.uniform(0, 0.25)
    lines = [straight((x + lean, -1), (x - lean, 1)) for x in (-gap, gap)]
    return lines + [straight((-1, y), (1, y)) for y in (-gap, gap)]


@doodle(DOODLES)
def cross_or_asterisk(random: Random) -> list[Line]:
    """Two to four strokes that cross in the middle."""
    count = int(random.integers(2, 5))
    angles = 45 + 180 / count * np.arange(count)
    return [rotated(straight((-1, 0), (1, 0)), angle) for angle in angles]


@doodle(DOODLES)
def tick(random: Random) -> list[Line]:
    """A tick mark."""
    low = random.uniform(0.35, 0.6)
    return [np.concatenate([straight((-0.6, 0), (-0.1, low), 15), straight((-0.1, low), (1, -1), 25)])]


@doodle(DOODLES)
def mountains(random: Random) -> list[Line]:
    """Mountains, some with a sun."""
    peaks = [
        (-1.5, 0.6),
        (-0.7, -random.uniform(0.3, 0.8)),
        (-0.1, 0.2),
        (0.6, -random.uniform(0.5, 1)),
        (1.5, 0.6),
    ]
    lines = [np.concatenate([straight(a, b, 15) for a, b in pairwise(peaks)])]
    return [*lines, arc((-0.1, -0.8), 0.2)] if random.random() < 0.5 else lines


@doodle(DOODLES)
def crown(random: Random) -> list[Line]:
    """A crown."""
    high = random.uniform(0.6, 1)
    top = [(-1, -high), (-0.5, -0.1), (0, -high * 1.15), (0.5, -0.1), (1, -high)]
    return [closed([(-0.9, 0.6), *top, (0.9, 0.6)], 15), straight((-0.9, 0.35), (0.9, 0.35))]


@doodle(DOODLES)
def apple(random: Random) -> list[Line]:
    """An apple with its stalk."""
    t = np.linspace(0, 2 * np.pi, 120)
    radius = 1 + 0.18 * np.cos(2 * t) - random.uniform(0.15, 0.3) * np.exp(-((t - np.pi) ** 2) / 0.08)
    body = np.stack([radius * np.sin(t), radius * np.cos(t)], axis=1)
    return [body, np.array([(0, -0.8), (0.05, -1.1), (0.15, -1.35)])]


@doodle(DOODLES)
def note(random: Random) -> list[Line]:
    """A pair of notes."""
    heads = [by + arc((0, 0), (0.25, 0.18)) for by in (np.array([-0.6, 0.8]), np.array([0.6, 0.6]))]
    stems = [straight((-0.35, 0.8), (-0.35, -0.8)), straight((0.85, 0.6), (0.85, -1))]
    return [*heads, *stems, straight((-0.35, -0.8), (0.85, -1))]


@doodle(DOODLES)
def car(random: Random) -> list[Line]:
    """A car from its side."""
    body = [
        (-1.4, 0.2),
        (-0.8, 0.15),
        (-0.5, -0.4),
        (0.5, -0.4),
        (0.85, 0.15),
        (1.4, 0.25),
        (1.4, 0.6),
        (-1.4, 0.6),
    ]
    return [closed(body, 12), arc((-0.75, 0.6), 0.28), arc((0.75, 0.6), 0.28)]


@doodle(DOODLES)
def loops(random: Random) -> list[Line]:
    """A row of loops, as when a pen is tried."""
    t = np.linspace(0, 2 * np.pi * random.uniform(3.5, 6), 240)
    return [np.stack([0.13 * t - 0.35 * np.sin(t), -random.uniform(0.4, 0.9) * np.cos(t)], axis=1)]


@DOODLES
def filled_thing(random: Random) -> Image.Image:
    """A drop, leaf, bolt, diamond or apple, filled, on white, coloured or dark ground."""
    shape = (drop, lightning, diamond, apple, polygon)[random.integers(5)]
    dark = random.random() < 0.3
    sheet = Sheet(random, tone=(35, 40, 60) if dark else None)
    size = random.uniform(0.3, 0.65) * sheet.side
    middle = np.array([sheet.width, sheet.height]) / 2
    outline, *lines = placed(shape(random), middle, size, random.normal(0, 12))
    colours = (
        [(240, 120, 40), (90, 200, 230), (250, 230, 120)]
        if dark
        else [(225, 90, 30), (30, 120, 130), (110, 40, 120)]
    )
    pen = Pen(colours[random.integers(3)], 0.04 * size)
    sheet.fill(outline, pen)
    sheet.draw(lines, pen)
    sheet.uneven()
    return sheet.photo() if random.random() < 0.5 else sheet.scan()


@ICONS
def home_icon(random: Random) -> Image.Image:
    """A filled house."""
    door = random.uniform(0.1, 0.3)
    right = [(0, -1), (1, -0.1), (0.7, -0.1), (0.7, 0.8), (door, 0.8), (door, 0.2)]
    return icon([], [closed([*right, *((-x, y) for x, y in right[:0:-1])])], random)


@ICONS
def camera_icon(random: Random) -> Image.Image:
    """A camera."""
    body = closed(
        [
            (-1, -0.5),
            (-0.4, -0.5),
            (-0.25, -0.8),
            (0.25, -0.8),
            (0.4, -0.5),
            (1, -0.5),
            (1, 0.7),
            (-1, 0.7),
            (-1, -0.5),
        ]
    )
    return icon([body, arc((0, 0.1), random.uniform(0.3, 0.42))], [], random)


@ICONS
def share_icon(random: Random) -> Image.Image:
    """Three dots joined by two lines."""
    dots = [arc(p, 0.25) for p in ((-0.7, 0), (0.6, -0.7), (0.6, 0.7))]
    return icon([straight((-0.7, 0), (0.6, -0.7)), straight((-0.7, 0), (0.6, 0.7))], dots, random)


@ICONS
def bin_icon(random: Random) -> Image.Image:
    """A dustbin."""
    lines = [straight((-0.9, -0.7), (0.9, -0.7)), straight((-0.3, -0.95), (0.3, -0.95))]
    lines += [np.array([(-0.7, -0.7), (-0.55, 1), (0.55, 1), (0.7, -0.7)])]
    return icon([*lines, *(straight((x, -0.3), (x, 0.6)) for x in (-0.25, 0.25))], [], random)


@ICONS
def clock_icon(random: Random) -> Image.Image:
    """A clock's face with two hands."""
    hands = [rotated(straight((0, 0), (r, 0)), random.uniform(0, 360)) for r in (0.75, 0.5)]
    return icon([arc((0, 0), 1), *hands], [], random)


@ICONS
def bar_chart_icon(random: Random) -> Image.Image:
    """Three to five bars of a chart."""
    bars = []
    for k in range(int(random.integers(3, 6))):
        high = random.uniform(0.4, 1.8)
        bars.append(np.array([(k, 0), (k + 0.7, 0), (k + 0.7, -high), (k, -high)]))
    return icon([], bars, random)


@ICONS
def logo_of_arcs(random: Random) -> Image.Image:
    """A logo of concentric or interlaced coloured arcs and stripes."""
    side = int(random.integers(160, 640))
    sheet = Sheet(random, (side, side), (255,) * 3 if random.random() < 0.6 else (25, 30, 45))
    for k in range(int(random.integers(3, 6))):
        start = random.uniform(0, 360)
        line = arc((side / 2, side / 2), side * (0.12 + 0.06 * k), start, start + random.uniform(60, 200))
        sheet.draw([line], Pen(tuple(random.uniform(60, 230, 3)), side * random.uniform(0.03, 0.05)))
    return sheet.scan()


@BLANK
def woven(random: Random) -> Image.Image:
    """Cloth, or recycled paper with fibres."""
    sheet = Sheet(random)
    if random.random() < 0.5:
        x, y = sheet.grid()
        pitch, depth = random.uniform(0.006, 0.03), random.uniform(0.05, 0.25)
        sheet.light(
            1 - depth * (0.5 + 0.25 * np.sin(2 * np.pi * x / pitch) + 0.25 * np.sin(2 * np.pi * y / pitch))
        )
    else:
        fibres = []
        for _ in range(int(random.integers(60, 200))):
            middle, start = random.uniform(0, 1, 2) * (sheet.width, sheet.height), random.uniform(0, 360)
            end = start + random.uniform(20, 90)
            fibres.append(arc(middle, random.uniform(10, 40) * sheet.unit, start, end, 12))
        tone = random.uniform(120, 190)
        sheet.draw(fibres, Pen((tone,) * 3, max(1, 1.5 * sheet.unit), random.uniform(0.2, 0.6)))
    sheet.uneven()
    return sheet.photo()


@BLANK
def blank_dot_grid(random: Random) -> Image.Image:
    """A grid of dots and nothing on it."""
    sheet = Sheet(random)
    pitch = sheet.side / random.uniform(8, 25)
    x, y = np.arange(pitch / 2, sheet.width, pitch), np.arange(pitch / 2, sheet.height, pitch)
    dots = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 1, 2)
    sheet.draw(dots, Pen((random.uniform(70, 150),) * 3, max(2, random.uniform(4, 8) * sheet.unit)))
    sheet.uneven()
    return sheet.photo()


@BLANK
def blank_staves(random: Random) -> Image.Image:
    """Music paper: staves of five lines."""
    sheet = Sheet(random)
    gap, tone = sheet.side / random.uniform(40, 70), random.uniform(30, 110)
    pen = Pen((tone,) * 3, max(1, random.uniform(1.5, 3) * sheet.unit))
    degrees = random.normal(0, 1.5)
    for k in range(5):
        sheet.draw(rules(sheet, 12 * gap, degrees, k * gap), pen)
    sheet.uneven()
    return sheet.photo()


@BLANK
def blank_table(random: Random) -> Image.Image:
    """An empty table with a shaded head."""
    sheet = Sheet(random)
    rows, columns = int(random.integers(3, 8)), int(random.integers(2, 6))
    x = np.linspace(0.1, 0.9, columns + 1) * sheet.width
    y = np.linspace(0.15, random.uniform(0.6, 0.85), rows + 1) * sheet.height
    sheet.fill(np.array([(x[0], y[0]), (x[-1], y[0]), (x[-1], y[1]), (x[0], y[1])]), Pen((190, 200, 215), 0))
    lines = [straight((u, y[0]), (u, y[-1])) for u in x] + [straight((x[0], v), (x[-1], v)) for v in y]
    sheet.draw(lines, Pen((random.uniform(30, 120),) * 3, max(1, random.uniform(2, 4) * sheet.unit)))
    sheet.uneven()
    return sheet.photo()


@BLANK
def blank_with_finger(random: Random) -> Image.Image:
    """A finger's or a lamp's soft shadow that reaches into blank paper."""
    sheet = Sheet(random)
    way = rotated(np.array([[1.0, 0]]), random.uniform(0, 360))[0]
    tip = np.array([sheet.width, sheet.height]) * random.uniform(0.3, 0.7, 2)
    finger = [straight(tip, tip + way * 3 * sheet.side)]
    mask = coverage(sheet.pixels.shape[:2], finger, sheet.side * random.uniform(0.2, 0.45))
    mask = cv2.GaussianBlur(mask, (0, 0), random.uniform(8, 30) * sheet.unit)
    sheet.light(1 - random.uniform(0.3, 0.6) * mask)
    sheet.uneven()
    return sheet.photo()


@BLANK
def blank_folded(random: Random) -> Image.Image:
    """Blank paper with creases and facets of light."""
    sheet = Sheet(random)
    x, y = sheet.grid()
    for _ in range(int(random.integers(1, 7))):
        cx, cy = random.uniform(0.1, 0.9, 2) * (sheet.width, sheet.height) / sheet.side
        angle = random.uniform(0, 2 * np.pi)
        way = np.cos(angle) * (x - cx) + np.sin(angle) * (y - cy)
        sheet.light(np.where(way > 0, 1, random.uniform(0.82, 0.97)))
        sheet.light(1 - random.uniform(0.02, 0.15) * np.exp(-((way / 0.006) ** 2)))
    sheet.uneven()
    return sheet.photo()
