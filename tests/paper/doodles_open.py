"""Pictures without a digit, for development: doodles, icons, paper on which nothing is written.

A kind takes a random generator and returns a picture; a doodle returns lines, which `doodle` draws.
"""

from itertools import pairwise

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
    doodle,
    icon,
    placed,
    rules,
    straight,
)

DOODLES, ICONS, BLANK = Kinds(), Kinds(), Kinds()


@doodle(DOODLES)
def heart(random: Random) -> list[Line]:
    """A heart's outline."""
    t = np.linspace(0, 2 * np.pi, 90)
    x = 16 * np.sin(t) ** 3 * random.uniform(0.85, 1.15)
    y = -13 * np.cos(t) + 5 * np.cos(2 * t) + 2 * np.cos(3 * t) + random.uniform(0.5, 1) * np.cos(4 * t)
    return [np.stack([x, y], axis=1)]


@doodle(DOODLES)
def house(random: Random) -> list[Line]:
    """Walls and a roof, some with a door."""
    w, roof = random.uniform(0.8, 1.3), random.uniform(0.4, 0.9)
    lines = [closed([(0, 0), (w, 0), (w, 1), (0, 1), (0, 0)], 30)]
    lines += [np.concatenate([straight((0, 0), (w / 2, -roof)), straight((w / 2, -roof), (w, 0))])]
    if random.random() < 0.5:
        x = random.uniform(0.15, 0.5) * w
        lines += [np.concatenate([straight((x, 1), (x, 0.5)), straight((x, 0.5), (x + 0.25, 0.5))])]
        lines += [straight((x + 0.25, 0.5), (x + 0.25, 1))]
    return lines


@doodle(DOODLES)
def face(random: Random) -> list[Line]:
    """A face with eyes, nose and a mouth that smiles or not."""
    lines = [arc((0, 0), (1, random.uniform(0.9, 1.3)))]
    lines += [arc((x, -0.3), random.uniform(0.06, 0.15)) for x in (-0.38, 0.38)]
    lines += [arc((0, random.uniform(0.1, 0.2)), (0.5, random.uniform(-0.3, 0.4)), 10, 170, 30)]
    return [*lines, straight((0, -0.15), (-0.08, 0.15))] if random.random() < 0.5 else lines


@doodle(DOODLES)
def plus(random: Random) -> list[Line]:
    """A plus sign."""
    x, y, long = *random.uniform(-0.1, 0.1, 2), random.uniform(0.8, 1.2)
    return [straight((-1, y), (1, y)), straight((x, -long), (x, long))]


@doodle(DOODLES)
def crescent(random: Random) -> list[Line]:
    """A crescent moon's outline."""
    t = random.uniform(50, 80)
    outer = arc((0, 0), 1, t, 360 - t)
    (x, y), d = outer[0], random.uniform(0.1, 0.5)
    angle = np.rad2deg(np.arctan2(y, x - d))
    moon = np.concatenate([outer, arc((d, 0), np.hypot(x - d, y), 360 - angle, angle)])
    return placed([moon], (0, 0), 2, random.uniform(-40, 40) + random.choice([0, 180]))


@doodle(DOODLES)
def flower(random: Random) -> list[Line]:
    """Petals round a middle, some with a stem."""
    count, reach = int(random.integers(5, 9)), random.uniform(0.5, 0.8)
    t = np.linspace(0, 2 * np.pi, 40 * count)
    radius = 0.4 + reach * np.abs(np.sin(count * t / 2))
    lines = [np.stack([radius * np.cos(t), radius * np.sin(t)], axis=1), arc((0, 0), 0.35)]
    return [*lines, straight((0, 0.5 + reach), (0.1, 2.6))] if random.random() < 0.5 else lines


@doodle(DOODLES)
def star(random: Random) -> list[Line]:
    """A star's outline with five to seven points, or drawn in one go."""
    if random.random() < 0.4:
        angle = np.deg2rad(-90 + 144 * np.arange(5))
        return [closed(np.stack([np.cos(angle), np.sin(angle)], axis=1), 20)]
    count, inner = int(random.integers(5, 8)), random.uniform(0.35, 0.55)
    angle = np.deg2rad(-90 + 180 / count * np.arange(2 * count))
    radius = np.tile([1, inner], count)
    return [closed(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), 12)]


@doodle(DOODLES)
def cloud(random: Random) -> list[Line]:
    """A cloud's outline: bumps around an oval."""
    count = int(random.integers(6, 11))
    t = np.linspace(0, 2 * np.pi, 30 * count)
    bump = 1 + random.uniform(0.15, 0.35) * np.abs(np.sin(count * t / 2))
    return [np.stack([1.6 * bump * np.cos(t), random.uniform(0.8, 1.1) * bump * np.sin(t)], axis=1)]


@doodle(DOODLES)
def tree(random: Random) -> list[Line]:
    """A fir of two or three triangles, or a round crown, on a trunk."""
    trunk = [straight((-0.15, 0), (-0.15, 0.8)), straight((0.15, 0), (0.15, 0.8))]
    if random.random() < 0.5:
        return [arc((0, -0.9), (random.uniform(0.7, 1), 0.95)), *trunk]
    steps = range(int(random.integers(2, 4)))
    return [
        closed([(-1 + 0.2 * k, -0.6 * k), (1 - 0.2 * k, -0.6 * k), (0, -0.9 - 0.6 * k)]) for k in steps
    ] + trunk


@doodle(DOODLES)
def arrow(random: Random) -> list[Line]:
    """An arrow in any direction, a line with a head or a broad outline."""
    degrees = random.uniform(0, 360)
    if random.random() < 0.6:
        head = random.uniform(0.3, 0.6)
        lines = [straight((-1, 0), (1, 0))]
        lines += [np.concatenate([straight((1 - head, -head), (1, 0)), straight((1, 0), (1 - head, head))])]
    else:
        body = [(-1, -0.3), (0.2, -0.3), (0.2, -0.7), (1, 0), (0.2, 0.7), (0.2, 0.3), (-1, 0.3)]
        lines = [closed(body, 15)]
    return placed(lines, (0, 0), 2, degrees)


@doodle(DOODLES)
def triangle(random: Random) -> list[Line]:
    """A triangle."""
    return [closed([(random.uniform(-0.4, 0.4), -random.uniform(0.7, 1.2)), (1, 0.7), (-1, 0.7)])]


@doodle(DOODLES)
def spiral(random: Random) -> list[Line]:
    """A spiral of two to four turns."""
    turns = random.uniform(2.2, 4.2)
    t = np.linspace(0, 2 * np.pi * turns, 200)
    radius, start = (t / t[-1]) ** random.uniform(0.8, 1.2), random.uniform(0, 2 * np.pi)
    return [np.stack([radius * np.cos(t + start), radius * np.sin(t + start)], axis=1)]


@doodle(DOODLES)
def zigzag(random: Random) -> list[Line]:
    """A zigzag of five to nine strokes."""
    count = int(random.integers(5, 10))
    corners = [(k * random.uniform(0.8, 1.2), (k % 2) * random.uniform(1.2, 2.4)) for k in range(count + 1)]
    return [np.concatenate([straight(*pair, 12) for pair in pairwise(corners)])]


@doodle(DOODLES)
def speech_bubble(random: Random) -> list[Line]:
    """An oval speech bubble with a tail, some with writing in it."""
    start = random.uniform(100, 120)
    oval = arc((0, 0), (1.3, 0.9), start + 25, start + 360)
    tail = np.array([-0.6, 1.5]) + random.normal(0, 0.1, 2)
    lines = [np.concatenate([straight(tail, oval[0], 20), oval, straight(oval[-1], tail, 20)])]
    if random.random() < 0.5:
        lines += [straight((-0.7, y), (random.uniform(0.3, 0.8), y)) for y in (-0.3, 0, 0.3)]
    return lines


@doodle(DOODLES)
def fish(random: Random) -> list[Line]:
    """A fish in one line, with an eye."""
    x = np.linspace(-1, 1.5, 60)
    y = random.uniform(0.5, 0.75) * np.sin(np.pi * (x + 1) / 2)
    body = np.concatenate([np.stack([x[::-1], -y[::-1]], axis=1), np.stack([x, y], axis=1)])
    return [body, straight(body[0], body[-1]), arc((-0.5, -0.1), 0.06)]


@doodle(DOODLES)
def sun(random: Random) -> list[Line]:
    """A sun with rays."""
    count = int(random.integers(7, 13))
    angle = 2 * np.pi * np.arange(count) / count
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return [arc((0, 0), 1), *(straight(1.25 * w, random.uniform(1.6, 1.9) * w) for w in way)]


@doodle(DOODLES)
def stick_figure(random: Random) -> list[Line]:
    """A stick figure."""
    arms, legs = random.uniform(-0.5, 0.4, 2), random.uniform(0.3, 0.7, 2)
    lines = [arc((0, -1.4), 0.4), straight((0, -1), (0, 0.4))]
    lines += [straight((0, -0.6), (-0.8, -0.6 + arms[0])), straight((0, -0.6), (0.8, -0.6 + arms[1]))]
    return [*lines, straight((0, 0.4), (-legs[0], 1.5)), straight((0, 0.4), (legs[1], 1.5))]


@doodle(DOODLES)
def square(random: Random) -> list[Line]:
    """An empty square or rectangle."""
    w = random.uniform(0.7, 1.5)
    return [closed([(0, 0), (w, 0), (w, 1), (0, 1)])]


@doodle(DOODLES)
def scribble(random: Random) -> list[Line]:
    """A scribble to and fro."""
    t = np.linspace(0, 1, 240)
    waves = random.uniform(5, 9)
    x = np.sin(2 * np.pi * waves * t) + 0.4 * np.sin(2 * np.pi * (t * 1.7 + random.random()))
    return [np.stack([x, random.uniform(1, 2) * t + 0.3 * np.cos(2 * np.pi * waves * t * 1.03)], axis=1)]


@DOODLES
def filled_shape(random: Random) -> Image.Image:
    """A heart, star, triangle, crescent or cloud, filled with a colour."""
    shape = (heart, star, triangle, crescent, cloud)[random.integers(5)]
    sheet = Sheet(random)
    size = random.uniform(0.3, 0.7) * sheet.side
    (outline,) = placed(shape(random), np.array([sheet.width, sheet.height]) / 2, size, random.normal(0, 15))
    colours = [(215, 40, 50), (235, 190, 50), (40, 90, 190), (50, 140, 70), (40, 40, 45)]
    sheet.fill(outline, Pen(colours[random.integers(5)], 0))
    sheet.uneven()
    return sheet.photo() if random.random() < 0.5 else sheet.scan()


@ICONS
def menu_icon(random: Random) -> Image.Image:
    """Three bars."""
    return icon([straight((0, y), (1, y)) for y in (0, 0.4, 0.8)], [], random)


@ICONS
def gear_icon(random: Random) -> Image.Image:
    """A gear with a hole."""
    count = int(random.integers(6, 11))
    t = np.linspace(0, 2 * np.pi, 48 * count)
    radius = 1 + 0.2 * np.clip(4 * np.sin(count * t), -1, 1)
    return icon([np.stack([radius * np.cos(t), radius * np.sin(t)], axis=1), arc((0, 0), 0.4)], [], random)


@ICONS
def play_icon(random: Random) -> Image.Image:
    """A filled triangle in a ring."""
    return icon([arc((0, 0), 1)], [np.array([(-0.3, -0.5), (0.55, 0), (-0.3, 0.5)])], random)


@ICONS
def wireless_icon(random: Random) -> Image.Image:
    """Arcs above a dot."""
    return icon([arc((0, 0), r, 225, 315) for r in (0.5, 0.9, 1.3)], [arc((0, -0.05), 0.15)], random)


@ICONS
def mail_icon(random: Random) -> Image.Image:
    """An envelope."""
    flap = np.concatenate([straight((0, 0), (0.75, 0.55)), straight((0.75, 0.55), (1.5, 0))])
    return icon([closed([(0, 0), (1.5, 0), (1.5, 1), (0, 1), (0, 0)]), flap], [], random)


@ICONS
def battery_icon(random: Random) -> Image.Image:
    """A battery, filled to some degree."""
    level = random.uniform(0.2, 0.85)
    body = closed([(0, 0), (1.8, 0), (1.8, 0.9), (0, 0.9), (0, 0)])
    filled = [np.array([(0.15, 0.15), (1.8 * level, 0.15), (1.8 * level, 0.75), (0.15, 0.75)])]
    return icon([body], [*filled, np.array([(1.85, 0.3), (2, 0.3), (2, 0.6), (1.85, 0.6)])], random)


@ICONS
def logo_of_shapes(random: Random) -> Image.Image:
    """A logo of two to four overlapping coloured discs, bars and triangles."""
    side = int(random.integers(160, 640))
    sheet = Sheet(random, (side, side), (255, 255, 255))
    for _ in range(int(random.integers(2, 5))):
        centre, size = side * random.uniform(0.35, 0.65, 2), side * random.uniform(0.12, 0.28)
        corners = int(random.choice([3, 4, 60]))
        outline = arc(centre, size, start := random.uniform(0, 360), start + 360 * (1 - 1 / corners), corners)
        sheet.fill(outline, Pen(tuple(random.uniform(0, 230, 3)), 0, random.uniform(0.7, 1)))
    return sheet.scan()


@BLANK
def noise(random: Random) -> Image.Image:
    """Noise, fine or coarse."""
    side = int(random.integers(200, 900))
    sheet = Sheet(random, (side, side), (128,) * 3)
    sheet.pixels += random.uniform(60, 200) * (sheet.texture(random.uniform(1, 40)) - 0.5)[..., np.newaxis]
    return sheet.scan()


@BLANK
def plain_paper(random: Random) -> Image.Image:
    """A sheet on which nothing is written, in uneven light."""
    sheet = Sheet(random)
    sheet.pixels += random.uniform(0, 14) * (sheet.texture(random.uniform(2, 90)) - 0.5)[..., np.newaxis]
    sheet.uneven(random.uniform(0, 0.6))
    return sheet.photo()


@BLANK
def blank_ruled(random: Random) -> Image.Image:
    """Rules, pale to dark, and nothing on them; some with a margin line."""
    sheet = Sheet(random)
    tone = random.uniform(40, 180)
    degrees = random.normal(0, 3)
    ruling = Pen((tone, tone, tone + 25), max(1, random.uniform(1.5, 4) * sheet.unit), random.uniform(0.6, 1))
    sheet.draw(rules(sheet, sheet.side / random.uniform(3, 16), degrees), ruling)
    if random.random() < 0.4:
        red = ruling._replace(colour=(205, 60, 70))
        sheet.draw(rules(sheet, 9 * sheet.side, degrees + 90, random.uniform(-0.4, 0.4) * sheet.side), red)
    sheet.uneven()
    return sheet.photo()


@BLANK
def blank_squared(random: Random) -> Image.Image:
    """Squares, pale to dark, and nothing in them."""
    sheet = Sheet(random)
    tone, degrees, pitch = random.uniform(60, 190), random.normal(0, 3), sheet.side / random.uniform(4, 25)
    ruling = Pen(
        (tone, tone, tone + 25), max(1, random.uniform(1.5, 3.5) * sheet.unit), random.uniform(0.6, 1)
    )
    sheet.draw(rules(sheet, pitch, degrees) + rules(sheet, pitch, degrees + 90), ruling)
    sheet.uneven()
    return sheet.photo()


@BLANK
def blank_shadowed(random: Random) -> Image.Image:
    """The straight or bent edge of a shadow on blank paper."""
    sheet = Sheet(random)
    x, y = sheet.grid()
    cx, cy = random.uniform(0.2, 0.8, 2) * (sheet.width, sheet.height) / sheet.side
    angle, bend = random.uniform(0, 2 * np.pi), random.choice([0, 1]) * random.uniform(-0.6, 0.6)
    across = np.cos(angle) * (x - cx) + np.sin(angle) * (y - cy)
    along = -np.sin(angle) * (x - cx) + np.cos(angle) * (y - cy)
    edge = across + bend * (np.sqrt(along**2 + 0.02) - 0.14)
    sheet.light(
        1 - random.uniform(0.3, 0.7) / (1 + np.exp(np.clip(-edge / random.uniform(0.004, 0.08), -30, 30)))
    )
    sheet.uneven()
    return sheet.photo()


@BLANK
def blank_with_glare(random: Random) -> Image.Image:
    """A reflection on blank paper or a whiteboard."""
    tone = random.uniform(140, 215)
    sheet = Sheet(random, tone=(tone, tone, tone))
    x, y = sheet.grid()
    for _ in range(int(random.integers(1, 3))):
        cx, cy = random.uniform(0.2, 0.8, 2) * (sheet.width, sheet.height) / sheet.side
        way = np.hypot(x - cx, y - cy) / random.uniform(0.06, 0.3)
        wash = (random.uniform(0.6, 0.9) * np.exp(-(way ** random.uniform(2, 4))))[..., np.newaxis]
        sheet.pixels += wash * (255 - sheet.pixels)
    sheet.uneven()
    return sheet.photo()
