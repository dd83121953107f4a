"""Surfaces with something on them: what an outline encloses, a disc, a card, a window."""

from typing import NamedTuple

import cv2
import numpy as np

RIM = 0.07  # of an outline's size: how far a shaky one strays from its convex hull
PANEL_SIDE = 128  # px: longest side at which surfaces of another tone are looked for
EDGE = 0.06  # of black to white: the tone changes by more at the edge of a surface


class Surface(NamedTuple):
    """A surface with something on it: what an outline encloses, a disc, a card, a window."""

    mask: np.ndarray  # bool [h, w], without the outline
    touched: bool  # the outline is touched by what it encloses


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
    for label, (x, y, w, h, area) in enumerate(np.asarray(found).tolist()):
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
    own = labels == label
    size = min(own.shape)
    hull = np.zeros(own.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(cv2.findNonZero(own.view(np.uint8))), 1)
    outer = int(np.count_nonzero(own & ~_eroded(own, 3, beyond=1)))
    pen = 2 * int(np.count_nonzero(own)) / max(1, outer)
    framed = cv2.copyMakeBorder(hull, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 3))[1:-1, 1:-1]  # from the hull's edge
    rim, least = pen + 1 + RIM * size, 0.75
    touched = bool(np.count_nonzero(own & (depth <= rim)) < 0.85 * np.count_nonzero(own))
    if touched:  # then it has to be a clear one, as long as wide: a 0 may have a flourish within
        rim, least = pen + 1 + 0.4 * RIM * size, 0.93
        oblong = size < 0.82 * max(own.shape)
        if at_edge or oblong or np.count_nonzero(own & (depth <= rim)) < 0.5 * np.count_nonzero(own):
            return None
    along = own & (depth <= rim)
    edge = hull.astype(bool) & ~_eroded(hull, 3)
    if np.count_nonzero(edge & _dilated(along, 2 * round(rim) + 1)) < least * np.count_nonzero(edge):
        return None
    inner = hull.astype(bool) & ~_dilated(along, 3) & (depth > pen)
    content = inner & (labels > 0)
    if not touched:
        content &= ~own
        whole = np.isin(labels, np.unique(labels[content]))  # what it holds lies within it, all of it
        if np.count_nonzero(content) < 0.9 * np.count_nonzero(whole):
            return None
    if np.count_nonzero(content) < 0.02 * np.count_nonzero(hull):
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
    surfaces: list[Surface] = []
    boxes: list[np.ndarray] = []
    for level in np.linspace(small.min(), small.max(), 9)[1:-1]:
        for tone in (small > level, small < level):
            _, labels, found, _ = cv2.connectedComponentsWithStats(tone.view(np.uint8), connectivity=4)
            for label in np.flatnonzero(_may_be_panels(found, small.shape)).tolist():
                box = found[label, :4]
                filled = _filled(labels, label, box)
                if filled is None or any(np.abs(box - other).max() <= 4 for other in boxes):
                    continue
                if _has_edge(small, filled) and _holds_something(small, filled):
                    boxes.append(box)
                    mask = _eroded(filled, 5).view(np.uint8)
                    mask = np.asarray(cv2.resize(mask, (w, h), interpolation=cv2.INTER_NEAREST))
                    surfaces.append(Surface(mask.astype(bool), False))
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
    within = filled.astype(bool) & ~_eroded(filled, 5, beyond=1)
    around = _dilated(filled, 5) & ~filled.astype(bool)
    if not within.any() or not around.any():
        return False
    return abs(float(np.median(grey[within]) - np.median(grey[around]))) > EDGE


def _holds_something(grey: np.ndarray, filled: np.ndarray) -> bool:
    """Tell whether there is something of another tone on a surface, and away from its edge."""
    inset = _eroded(filled, 5)
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
    rim = inset & ~_eroded(inset, 3)
    return bool(np.count_nonzero(content & rim) < 0.06 * np.count_nonzero(rim))


def _eroded(mask: np.ndarray, side: int, beyond: int = 0) -> np.ndarray:
    """Shrink a mask, bool or uint8, with ``beyond`` (0 or 1) outside of the picture: bool [h, w]."""
    return (
        np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=beyond)) > 0
    )


def _dilated(mask: np.ndarray, side: int) -> np.ndarray:
    """Grow a mask, bool or uint8: bool [h, w]."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))) > 0
