"""What is on a picture beside the digit: lines across it, outlines and surfaces around it, rows of dots."""

from typing import NamedTuple

import cv2
import numpy as np

COVERAGE = 0.72  # of its way across the picture: a line may be this much interrupted
MAX_LINE = 0.032  # of the longest side: a line is thinner
STEP_COST = 0.15  # of a pixel of line: what a step aside costs a path, lest it wanders
RIM = 0.07  # of an outline's size: how far a shaky one strays from its convex hull
PANEL_SIDE = 128  # px: longest side at which surfaces are looked for
EDGE = 0.06  # of black to white: the tone changes by more at the edge of a surface


class Surface(NamedTuple):
    """A surface with something on it: what an outline encloses, a disc, a card, a window."""

    mask: np.ndarray  # bool [h, w], without the outline
    touched: bool  # the outline is touched by what it encloses


def erase_lines(depth: np.ndarray) -> tuple[np.ndarray, int]:
    """Erase thin lines that go all the way across, and keep the strokes that they cross.

    Parameters
    ----------
    depth : ndarray of float32, shape (h, w)
        0.0 (background) to 1.0 (ink).

    Returns
    -------
    ndarray of float32, shape (h, w)
        The depth without lines.
    int
        How many were found, about.
    """
    lines = 0
    for transposed in (False, True):
        turned = np.ascontiguousarray(depth.T) if transposed else depth
        middles = _lines_across(turned)
        if middles.any():
            lines += max(1, int(np.median(middles.sum(axis=0))))
            turned = _without(turned, middles)
            depth = np.ascontiguousarray(turned.T) if transposed else turned
    return depth, lines


def _lines_across(depth: np.ndarray) -> np.ndarray:
    """Return the middles of thin dark lines from the left edge to the right one: bool [h, w].

    A line is a path of one pixel a column that may be slanted or curved. The best through each pixel comes
    from dynamic programming, once from each side.
    """
    h, w = depth.shape
    thick = max(5, round(MAX_LINE * max(h, w)) | 1)
    framed = cv2.copyMakeBorder(depth, thick, thick, 0, 0, cv2.BORDER_CONSTANT, value=0)
    broad = cv2.morphologyEx(framed, cv2.MORPH_OPEN, np.ones((thick, 1), np.uint8))
    ridge = (framed - broad)[thick:-thick]
    noise = 1.4826 * float(np.median(np.abs(ridge - np.median(ridge))))  # a standard deviation, robustly
    value = np.clip(ridge / max(0.02, 4 * noise) - 0.5, 0, 1)
    pairs = value[:, : w // 2 * 2].reshape(h, w // 2, 2).max(axis=2)  # every other column is enough
    total = (_best_paths(pairs) + _best_paths(pairs[:, ::-1])[:, ::-1] - pairs) / pairs.shape[1]
    total = np.pad(np.repeat(total, 2, axis=1), ((0, 0), (0, w % 2)), "edge")
    highest = cv2.dilate(total, np.ones((thick, 1), np.uint8))
    return (total >= COVERAGE) & (total >= highest - 1e-6) & (value > 0)


def _best_paths(value: np.ndarray) -> np.ndarray:
    """Return the largest sum of values on a path from the left edge to each pixel; a step aside costs."""
    columns = np.ascontiguousarray(value.T)
    best = np.empty_like(columns)
    best[0] = columns[0]
    for x in range(1, len(columns)):
        before, here = best[x - 1], best[x]
        aside = before - STEP_COST
        here[:] = before
        np.maximum(here[1:], aside[:-1], out=here[1:])
        np.maximum(here[:-1], aside[1:], out=here[:-1])
        here += columns[x]
    return best.T


def _without(depth: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Erase lines in each column where the ink is no taller than they are: elsewhere a stroke crosses."""
    on = depth > max(0.4 * float(np.median(depth[middles])), 0.015)
    above = _run_lengths(on)
    tall = above + _run_lengths(on[::-1])[::-1] - 1  # of the ink that each pixel is in
    thickness = min(
        int(np.median(tall[middles & on])) if (middles & on).any() else 1, round(MAX_LINE * max(on.shape))
    )
    erased = middles & on & (tall <= thickness + 2)
    # From a middle to the whole run: each pixel knows where its run begins.
    rows, columns = np.indices(on.shape)
    first = np.where(on, rows - above + 1, 0)
    begun = np.zeros_like(on)
    begun[first[erased], columns[erased]] = True
    mask = cv2.dilate((on & begun[first, columns]).view(np.uint8), np.ones((3, 1), np.uint8)).view(bool)
    return np.where(mask & ~(on & (tall > thickness + 2)), 0, depth).astype(np.float32)


def _run_lengths(on: np.ndarray) -> np.ndarray:
    """Return how many pixels are on, in each column, from above to each: int [h, w]."""
    rows = np.arange(1, len(on) + 1)[:, np.newaxis]
    return np.where(on, rows - np.maximum.accumulate(np.where(on, 0, rows), axis=0), 0)


def erase_frame(depth: np.ndarray, dark: np.ndarray) -> np.ndarray | None:
    """Erase a drawn rectangle, and keep the strokes that touch or cross it; None if there is none.

    Parameters
    ----------
    depth : ndarray of float32, shape (h, w)
        0.0 (background) to 1.0 (ink).
    dark : ndarray of bool, shape (h, w)
        Where there is ink.
    """
    _, _, found, _ = cv2.connectedComponentsWithStats(dark.view(np.uint8))
    size = int(found[1:, 2:4].max(initial=0))
    segments = cv2.HoughLinesP(dark.astype(np.uint8), 1, np.pi / 180, 20, None, max(12, 0.2 * size), 4)
    if segments is None:
        return None
    x0, y0, x1, y1 = segments.reshape(-1, 4).T.astype(float)
    length, angle = np.hypot(x1 - x0, y1 - y0), np.arctan2(y1 - y0, x1 - x0)
    tilt = np.angle((length * np.exp(4j * angle)).sum()) / 4  # of the rectangle, -45 to 45 degrees
    flat = np.zeros(len(length), bool)
    sides = []
    for quarter in (0, np.pi / 2):
        off = np.angle(np.exp(2j * (angle - tilt - quarter))) / 2
        group = np.abs(off) < np.deg2rad(7)
        flat |= group & (quarter == 0)
        across = -np.sin(tilt + quarter) * (x0 + x1) / 2 + np.cos(tilt + quarter) * (y0 + y1) / 2
        sides.append([(across[k], length[k], k) for k in np.flatnonzero(group)])
    chosen, counts = [], []
    for side in sides:
        places: list[float] = []
        for place, long_, k in sorted(side, key=lambda one: -one[1]):
            if long_ >= 0.4 * size or any(abs(place - other) < 4 for other in places):
                if not any(abs(place - other) < 4 for other in places):
                    places.append(place)
                chosen.append(k)
        counts.append(
            len(places) if places and max(places) - min(places) > 0.3 * size else min(1, len(places))
        )
    if max(counts) < 2 or min(counts) < 1:
        return None
    for transposed in (False, True):
        middles = np.zeros(depth.shape, np.uint8)
        for k in chosen:
            if (abs(x1[k] - x0[k]) < abs(y1[k] - y0[k])) == transposed:
                ends = ((round(x0[k]), round(y0[k])), (round(x1[k]), round(y1[k])))
                cv2.line(middles, *ends, 1, 1)
        middles = cv2.dilate(middles, np.ones((1, 7) if not transposed else (7, 1), np.uint8)).astype(bool)
        middles &= dark
        if not middles.any():
            continue
        turned = np.ascontiguousarray(depth.T) if transposed else depth
        turned = _without(turned, np.ascontiguousarray(middles.T) if transposed else middles)
        depth = np.ascontiguousarray(turned.T) if transposed else turned
    return depth


def outlines(dark: np.ndarray) -> list[Surface]:
    """Find what drawn outlines enclose, the smallest first.

    An outline is a component that lies along its own convex hull, nearly all the way round, and holds other
    ink. If that touches it, the outline has to be a clear one.

    Parameters
    ----------
    dark : ndarray of bool, shape (h, w)
        Where there is ink.
    """
    _, labels, found, _ = cv2.connectedComponentsWithStats(dark.view(np.uint8))
    surfaces = []
    for label, (x, y, w, h, area) in enumerate(found):
        if not label or min(w, h) < 16 or max(w, h) > 3 * min(w, h) or area > 0.6 * w * h:
            continue
        window = np.s_[max(0, y - 2) : y + h + 2, max(0, x - 2) : x + w + 2]
        at_edge = 0 in (x, y) or x + w == dark.shape[1] or y + h == dark.shape[0]
        if surface := _enclosed(labels[window], label, at_edge):
            mask = np.zeros_like(dark)
            mask[window] = surface.mask
            surfaces.append(Surface(mask, surface.touched))
    return sorted(surfaces, key=lambda surface: np.count_nonzero(surface.mask))


def _enclosed(labels: np.ndarray, label: int, at_edge: bool) -> Surface | None:
    """Return what one component encloses, if it is an outline."""
    own = (labels == label).astype(np.uint8)
    size = min(own.shape)
    hull = cv2.fillConvexPoly(np.zeros_like(own), cv2.convexHull(cv2.findNonZero(own)), 1)
    outer = np.count_nonzero(own & ~cv2.erode(own, _square(3)))
    pen = 2 * np.count_nonzero(own) / max(1, outer)
    framed = cv2.copyMakeBorder(hull, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1]  # from the hull's edge
    rim, least = pen + 1 + RIM * size, 0.75
    touched = np.count_nonzero(own[depth <= rim]) < 0.85 * np.count_nonzero(own)
    if touched:
        rim, least = pen + 1 + 0.4 * RIM * size, 0.93
        if (
            at_edge
            or size < 0.82 * max(own.shape)
            or np.count_nonzero(own[depth <= rim]) < 0.5 * np.count_nonzero(own)
        ):
            return None
    along = own & (depth <= rim).astype(np.uint8)
    edge = hull & ~cv2.erode(hull, _square(3), borderValue=0)
    near = cv2.dilate(along, _square(2 * round(rim) + 1))
    if np.count_nonzero(edge & near) < least * np.count_nonzero(edge):
        return None
    inner = hull.astype(bool) & ~cv2.dilate(along, _square(3)).astype(bool) & (depth > pen)
    content = inner & (labels > 0) & (touched | (labels != label))
    if np.count_nonzero(content) < 0.02 * np.count_nonzero(hull):
        return None
    if not touched:  # what it holds lies within it, all of it
        others = np.unique(labels[content])
        if np.count_nonzero(content) < 0.9 * np.count_nonzero(np.isin(labels, others)):
            return None
    _, _, w, h = cv2.boundingRect(content.view(np.uint8))
    if not (0.45 if touched else 0.3) * size <= max(w, h) <= 0.97 * max(own.shape):
        return None
    return Surface(inner, touched)


def panels(grey: np.ndarray) -> list[Surface]:
    """Find convex surfaces of another tone than what is around, with something on them; the smallest first.

    Discs, stickers, cards, the canvas of a paint program.

    Parameters
    ----------
    grey : ndarray of float32, shape (h, w)
        0.0 to 1.0, either polarity.
    """
    h, w = grey.shape
    k = max(1, round(max(h, w) / PANEL_SIDE))
    small = cv2.resize(grey, (max(1, w // k), max(1, h // k)), interpolation=cv2.INTER_AREA)
    surfaces, boxes = [], []
    for level in np.linspace(small.min(), small.max(), 9)[1:-1]:
        for tone in (small > level, small < level):
            _, labels, found, _ = cv2.connectedComponentsWithStats(tone.view(np.uint8), connectivity=4)
            for label in np.flatnonzero(_may_be_panels(found, small.shape)):
                box = found[label, :4]
                filled = _filled(labels, label, box)
                if filled is None or any(np.abs(box - other).max() <= 4 for other in boxes):
                    continue
                if _has_edge(small, filled) and _holds_something(small, filled):
                    boxes.append(box)
                    mask = cv2.erode(filled, _square(5), borderValue=0)
                    mask = cv2.resize(mask, (w, h), interpolation=cv2.INTER_NEAREST).astype(bool)
                    surfaces.append(Surface(mask, False))
    return sorted(surfaces, key=lambda surface: np.count_nonzero(surface.mask))


def _may_be_panels(found: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Tell which components have a panel's size and place: bool [n]."""
    x, y, w, h, area = found.T
    edges = (x == 0).astype(int) + (y == 0) + (x + w == shape[1]) + (y + h == shape[0])
    fits = (np.minimum(w, h) >= 14) & (w * h <= 0.8 * shape[0] * shape[1])
    return fits & (area >= 0.4 * w * h) & (edges <= 1) & (np.arange(len(found)) > 0)


def _filled(labels: np.ndarray, label: int, box: np.ndarray) -> np.ndarray | None:
    """Return a component without its holes, uint8 [h, w], if that is convex and fills its box well."""
    x, y, w, h = box
    own = (labels[y : y + h, x : x + w] == label).astype(np.uint8)
    contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outer = max(contours, key=len)
    filled = cv2.drawContours(np.zeros_like(own), [outer], -1, 1, cv2.FILLED)
    hull = cv2.fillConvexPoly(np.zeros_like(own), cv2.convexHull(outer), 1)
    area = np.count_nonzero(filled)
    if area < 0.93 * np.count_nonzero(hull) or area < 0.72 * w * h:
        return None
    whole = np.zeros(labels.shape, np.uint8)
    whole[y : y + h, x : x + w] = filled
    return whole


def _has_edge(grey: np.ndarray, filled: np.ndarray) -> bool:
    """Tell whether the tone changes at a surface's edge, as it does not where light only falls off."""
    within = (filled & ~cv2.erode(filled, _square(5), borderValue=1)).astype(bool)
    around = (cv2.dilate(filled, _square(5)) & ~filled).astype(bool)
    if not within.any() or not around.any():
        return False
    return abs(float(np.median(grey[within]) - np.median(grey[around]))) > EDGE


def _holds_something(grey: np.ndarray, filled: np.ndarray) -> bool:
    """Tell whether there is something of another tone on a surface, and away from its edge."""
    inset = cv2.erode(filled, _square(5), borderValue=0).astype(bool)
    if np.count_nonzero(inset) < 60 or np.ptp(grey[inset]) < 0.1:
        return False
    low, span = grey[inset].min(), np.ptp(grey[inset])
    level, _ = cv2.threshold(
        np.rint(255 * (grey[inset] - low) / span).astype(np.uint8), 0, 1, cv2.THRESH_OTSU
    )
    light = inset & (grey > low + span * (level + 0.5) / 255)
    content = light if 2 * np.count_nonzero(light) < np.count_nonzero(inset) else inset & ~light
    if np.count_nonzero(content) < 0.015 * np.count_nonzero(inset):
        return False
    if abs(float(grey[content].mean() - grey[inset & ~content].mean())) < 0.08:
        return False
    rim = inset & ~cv2.erode(inset.view(np.uint8), _square(3), borderValue=0).view(bool)
    return np.count_nonzero(content & rim) < 0.06 * np.count_nonzero(rim)


def join_dots(dark: np.ndarray) -> np.ndarray | None:
    """Join a row of dots by lines, each with its two nearest; None where the ink is no such thing.

    Dots are round, alike, and most of the ink.

    Parameters
    ----------
    dark : ndarray of bool, shape (h, w)
        Where there is ink.

    Returns
    -------
    ndarray of bool, shape (h, w), or None
        The same with the lines.
    """
    count, _, found, centres = cv2.connectedComponentsWithStats(dark.view(np.uint8))
    if not 9 <= count <= 400:
        return None
    w, h, area = found[1:, 2:].T
    typical = float(np.median(area))
    dots = (area >= 0.35 * typical) & (area <= 3.2 * typical) & (area >= 0.5 * w * h)
    dots &= np.maximum(w, h) <= 1.8 * np.minimum(w, h) + 1
    if dots.sum() < 8 or typical < 3 or area[dots].sum() < 0.7 * area.sum():
        return None
    points = centres[1:][dots]
    apart = np.hypot(*(points[:, np.newaxis] - points).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    gap, pen = float(np.median(apart.min(axis=1))), max(2, round(2 * (typical / np.pi) ** 0.5))
    if gap > 5 * pen:
        return None
    joined = dark.astype(np.uint8)
    for point, distances in zip(points, apart, strict=True):
        for other in np.argsort(distances)[:2]:
            if distances[other] <= 1.9 * gap:
                ends = (tuple(np.rint(end).astype(int).tolist()) for end in (point, points[other]))
                cv2.line(joined, *ends, 1, pen)
    return joined.astype(bool)


def _square(side: int) -> np.ndarray:
    return np.ones((side, side), np.uint8)
