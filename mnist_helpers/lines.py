"""Lines on paper: those that go all the way across it, and the four of a frame.

On a map of how dark each pixel is, ``depth``: float32 [h, w], 0.0 (background) to 1.0 (ink).
"""

import cv2
import numpy as np

COVERAGE = 0.72  # of its way across the picture: a line may be this much interrupted
MAX_LINE = 0.032  # of the longest side: a line is thinner
STEP_COST = 0.15  # of a pixel of line: what a step aside costs a path, lest it wanders
SIDE = 0.4  # of the ink's size: the shortest side of a frame


def erase_lines(depth: np.ndarray) -> tuple[np.ndarray, bool]:
    """Erase thin lines that go all the way across, and keep the strokes that they cross.

    Parameters
    ----------
    depth : ndarray of float32, shape (h, w)
        0.0 (background) to 1.0 (ink).

    Returns
    -------
    ndarray of float32, shape (h, w)
        The depth without lines.
    bool
        Whether there were any.
    """
    found = False
    for transposed in (False, True):
        turned = np.ascontiguousarray(depth.T) if transposed else depth
        middles = _lines_across(turned)
        if middles.any():
            found = True
            turned = _without(turned, middles)
            depth = np.ascontiguousarray(turned.T) if transposed else turned
    return depth, found


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
    middles = (total >= COVERAGE) & (total >= highest - 1e-6) & (value > 0)
    strong = (middles & (value > 0.5)).any(axis=0)
    end = max(1, w // 12)
    if min(strong[:end].mean(), strong[-end:].mean()) < 0.5:  # a long stroke does not go on to the edges
        return np.zeros_like(middles)
    return middles


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
    found = tall[middles & on]
    thickness = min(int(np.median(found)) if len(found) else 1, round(MAX_LINE * max(on.shape)))
    erased = middles & on & (tall <= thickness + 2)
    # From a middle to the whole run: each pixel knows where its run begins.
    rows, columns = np.mgrid[: on.shape[0], : on.shape[1]]
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
    """Erase a drawn rectangle, however tilted, and keep the strokes that touch or cross it.

    Parameters
    ----------
    depth : ndarray of float32, shape (h, w)
        0.0 (background) to 1.0 (ink).
    dark : ndarray of bool, shape (h, w)
        Where there is ink.

    Returns
    -------
    ndarray of float32, shape (h, w), or None
        The depth without the frame; None if there are not at least two parallel sides and one across.
    """
    _, _, found, _ = cv2.connectedComponentsWithStats(dark.view(np.uint8))
    size = int(found[1:, 2:4].max(initial=0))
    least = max(12, 0.2 * size)
    hough = cv2.HoughLinesP(dark.astype(np.uint8), 1, np.pi / 180, 20, None, least, 4)
    if hough is None:
        return None
    segments = np.asarray(hough).reshape(-1, 2, 2).astype(float)
    along = segments[:, 1] - segments[:, 0]
    length, angle = np.hypot(*along.T), np.arctan2(along[:, 1], along[:, 0])
    tilt = np.angle((length * np.exp(4j * angle)).sum()) / 4  # of the rectangle: -45 to 45 degrees
    sides = [_sides(segments, length, angle, tilt + quarter, size) for quarter in (0, np.pi / 2)]
    if max(count for count, _ in sides) < 2 or min(count for count, _ in sides) < 1:
        return None
    chosen = np.concatenate([numbers for _, numbers in sides])
    for transposed in (False, True):
        middles = np.zeros(depth.shape, np.uint8)
        for k in chosen:
            if (abs(along[k, 0]) < abs(along[k, 1])) == transposed:
                start, end = (tuple(point) for point in np.rint(segments[k]).astype(int).tolist())
                cv2.line(middles, start, end, 1, 1)
        reach = np.ones((7, 1) if transposed else (1, 7), np.uint8)  # to where the sides meet
        on = np.asarray(cv2.dilate(middles, reach)).astype(bool) & dark
        if on.any():
            depth = _without(depth.T, on.T).T if transposed else _without(depth, on)
    return np.ascontiguousarray(depth)


def _sides(
    segments: np.ndarray, length: np.ndarray, angle: np.ndarray, direction: float, size: int
) -> tuple[int, np.ndarray]:
    """Return how many sides of a frame lie in one direction, at most 2, and the segments they are of."""
    off = np.angle(np.exp(2j * (angle - direction))) / 2
    across = segments.mean(axis=1) @ (-np.sin(direction), np.cos(direction))  # where each lies
    places: list[float] = []
    numbers = []
    for k in sorted(np.flatnonzero(np.abs(off) < np.deg2rad(7)), key=lambda k: -length[k]):
        known = any(abs(across[k] - place) < 4 for place in places)
        if not known and length[k] >= SIDE * size:
            places.append(float(across[k]))
            known = True
        if known:
            numbers.append(k)
    apart = len(places) > 1 and max(places) - min(places) > 0.3 * size
    return (2 if apart else min(1, len(places))), np.array(numbers, int)
