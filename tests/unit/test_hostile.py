"""Whatever a file holds, it is read or refused in one line: soon, in little memory, never with a crash."""

import io
import time

import numpy as np
import pytest
from hostile_files import ANSWER, EITHER, FILES, FORMATS, HOSTILE, LARGE_TILED, SEVEN, SIGNATURES, saved
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from read_apart import SECONDS, Reports, check_limits, read_apart

from mnist_helpers.image_io import PictureError
from mnist_helpers.preprocessing import preprocess

repeatable = settings(
    derandomize=True,
    deadline=None,  # check() looks at the time, and names the limit
    database=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> Reports:
    return read_apart({name: data for name, (data, _) in HOSTILE.items()}, tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name.replace("\n", " "))
def test_a_hostile_file_is_read_or_refused_within_limits(reports, name):
    reason, expected = check_limits(name, reports), HOSTILE[name][1]
    assert reports[name][3] == "", f"{name}: printed more than one line says"
    if expected == ANSWER:
        assert reason is None
    elif expected != EITHER:
        assert reason is not None and expected in reason


def check(data: bytes) -> None:
    """An answer or one line, in time."""
    start = time.process_time()
    try:
        image, lines = preprocess(data).image, 1
    except PictureError as error:
        image, lines = np.zeros((28, 28), np.uint8), len(str(error).splitlines())
    assert image.shape == (28, 28) and image.dtype == np.uint8 and lines == 1
    seconds = time.process_time() - start
    assert seconds <= SECONDS, f"took {seconds:.1f} s; {SECONDS} s are allowed"


def test_a_file_without_end_is_refused():
    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            return len(buffer)

    with pytest.raises(PictureError, match="more than 160 megabytes; save it as PNG or JPEG"):
        preprocess(Endless())


@pytest.mark.parametrize(
    ("format", "size"),
    [("AVIF", (2_560, 1_440)), ("WEBP", (4_000, 3_000))],
)
def test_a_screen_in_a_slow_format_is_read(format, size):
    assert preprocess(saved(SEVEN.convert("RGB").resize(size), format)).components == 1


@pytest.mark.parametrize(
    ("format", "size", "options"),
    [("JPEG", (8_160, 6_120), {}), ("PNG", (3_840, 2_160), {}), ("HEIF", (5_712, 4_284), LARGE_TILED)],
)
def test_a_phones_photo_and_a_large_screen_are_read(format, size, options):
    assert preprocess(saved(SEVEN.resize(size), format, **options)).components == 1


def test_the_memory_of_a_process_is_seen(reports):
    """The measurement itself: 49 million pixels of one byte do take that much."""
    assert 40 <= reports["blank of 7,000 x 7,000"][2]


@pytest.mark.parametrize("name", ["animated gif", "animated webp", "animated png", "tiff of many pages"])
def test_an_animation_is_its_first_frame(name):
    still = SEVEN.convert("RGB") if "webp" in name else SEVEN
    first = {"gif": "GIF", "webp": "WEBP", "png": "PNG", "pages": "TIFF"}[name.split()[-1]]
    expected = preprocess(saved(still, first)).image
    np.testing.assert_allclose(preprocess(HOSTILE[name][0]).image, expected, atol=64)


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_anywhere_is_read_or_refused(format):
    data = FILES[format]
    assert preprocess(data).components == 1
    for length in sorted({*range(0, 64, 3), *range(0, len(data), max(1, len(data) // 25)), len(data) - 1}):
        check(data[:length])


@repeatable
@given(start=st.sampled_from(SIGNATURES), rest=st.binary(max_size=2_000))
@example(start=b"", rest=b"")
def test_random_bytes_are_read_or_refused(start, rest):
    check(start + rest)


# Most of what a file says of itself stands at its beginning, so half of the changes are made there.
places = st.one_of(st.integers(0, 63), st.integers(0, 2**20))


@pytest.mark.parametrize("format", FORMATS)
@repeatable
@given(
    changes=st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8),
    doubled=st.none() | st.tuples(places, places),
)
def test_a_changed_file_is_read_or_refused(format, changes, doubled):
    data = bytearray(FILES[format])
    for place, value in changes:
        data[place % len(data)] = value
    if doubled:
        start, stop = sorted(place % len(data) for place in doubled)
        data[stop:stop] = data[start:stop]
    check(bytes(data))
