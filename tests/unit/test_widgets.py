"""The drawing pad without a browser: strokes in, answer out."""

import base64
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import traitlets
from damaged_files import mutated
from PIL import Image

from mnist_helpers import folders, paths, scoring
from mnist_helpers.image_io import PictureError
from mnist_helpers.recognizer import Recognizer
from mnist_helpers.strokes import rasterize
from mnist_helpers.widgets import Collection, Pad

SAMPLE = Path(__file__).parents[2] / "images" / "text2.png"
LINE = [[[0.5, 0.2], [0.5, 0.8]]]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(paths.SHIPPED_MODEL)


@pytest.fixture
def pad(recognizer) -> Pad:
    made = Pad(recognizer)
    made.sent = []
    made.send = made.sent.append
    return made


def receive(pad: Pad, **content) -> None:
    """What the view does when it sends a message."""
    pad._received(pad, content, [])


@pytest.mark.parametrize("digit", range(10))
def test_strokes_of_strangers_are_recognized(pad, drawings, digit):
    some = np.flatnonzero(drawings.labels == digit)[::12]
    answers = []
    for place in some:
        pad.strokes = drawings.strokes[place]
        answers.append(pad.answer.digit)
    assert len(some) > 25 and np.mean(np.array(answers) == digit) >= 0.8


def test_the_status_line_names_the_digit_or_says_not_sure(pad, drawings):
    assert "says" not in pad.shown  # the view's own hint
    pad.strokes = drawings.strokes[list(drawings.labels).index(7)]
    assert (
        pad.shown["says"] == f"This is a 7 ({100 * pad.answer.confidence:.0f} %)" and pad.shown["confident"]
    )
    pad.strokes = [[[x, y]] for x in (0.2, 0.5, 0.8) for y in (0.2, 0.5, 0.8)]
    assert pad.shown["says"] == "Not sure" and not pad.shown["confident"]
    pad.strokes = []
    assert pad.answer is None and "says" not in pad.shown and "probabilities" not in pad.shown


def test_what_the_view_shows_is_the_answer(pad):
    pad.strokes = LINE
    pixels = np.frombuffer(base64.b64decode(pad.shown["image"]), np.uint8).reshape(28, 28)
    assert (pixels == pad.answer.image).all() and pixels.any()
    assert np.allclose(pad.shown["probabilities"], pad.answer.probabilities, atol=1e-4)
    json.dumps(pad.shown, allow_nan=False)


def test_a_drawing_is_preprocessed_like_every_picture(pad, recognizer, drawings):
    pad.strokes = drawings.strokes[0]
    same = recognizer.recognize(rasterize(drawings.strokes[0]))
    assert (pad.answer.image == same.image).all()
    assert pad.answer.probabilities == pytest.approx(same.probabilities, abs=1e-3)  # the view gets 4 decimals


def test_the_pen_is_as_wide_as_asked_for(pad):
    pad.strokes = LINE
    inks = []
    for pen in (0.02, 0.06, 0.14):
        pad.pen = pen
        inks.append(np.mean(np.asarray(pad.picture) == 0))
    # A bar of 0.6 of the sheet, and half a circle at each end.
    assert inks == pytest.approx([0.6 * p + np.pi * p**2 / 4 for p in (0.02, 0.06, 0.14)], rel=0.1)


def test_an_answer_says_which_question_it_answers(pad):
    pad.set_state({"strokes": LINE, "asked": 41})
    assert pad.shown["asked"] == 41
    receive(pad, do="picture", asked=42, data=base64.b64encode(SAMPLE.read_bytes()).decode())
    assert pad.shown["asked"] == 42 and pad.shown["says"].startswith("This is a 2")
    receive(pad, do="picture", asked=43, data=base64.b64encode(b"no picture").decode())
    assert pad.shown["asked"] == 43
    receive(pad, do="clear", asked=44)
    assert pad.shown == {"asked": 44, "picture": False} and pad.picture is None


def test_a_picture_takes_the_place_of_the_strokes_and_they_of_it(pad):
    pad.strokes = LINE
    pad.show(SAMPLE)
    assert pad.strokes == [] and pad.answer.digit == 2 and pad.shown["picture"]
    pad.strokes = LINE
    assert pad.answer.digit == 1 and not pad.shown["picture"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "it is empty"),
        (base64.b64encode(b"Dear Sir,").decode(), "no picture format"),
        (base64.b64encode(SAMPLE.read_bytes()[:100]).decode(), "damaged"),
        ("AAA", "padding"),
        (None, "TypeError"),
    ],
)
def test_what_is_no_picture_is_one_sentence_and_nothing_is_lost(pad, data, why):
    pad.strokes = LINE
    receive(pad, do="picture", asked=7, data=data)
    says = pad.shown["says"]
    assert why in says and "\n" not in says and says[0].isupper() and says.endswith(".")
    assert pad.strokes == LINE and pad.answer.digit == 1 and pad.shown["asked"] == 7
    pad.strokes = []
    assert "says" not in pad.shown


def test_a_picture_from_python_that_is_none_raises(pad):
    with pytest.raises(PictureError):
        pad.show(b"Dear Sir,")


@pytest.mark.parametrize("strokes", [[[1]], [["a", "b"]], 7, [[[0.5, 0.5, 0.5]]], [[[0.1, float("nan")]]]])
def test_what_are_no_strokes_is_an_error_that_says_so(pad, strokes):
    with pytest.raises((traitlets.TraitError, PictureError), match="strokes"):
        pad.strokes = strokes
    pad.strokes = LINE
    assert pad.answer.digit == 1


def test_the_steps_come_when_they_are_asked_for(pad):
    receive(pad, do="steps")
    assert pad.sent.pop() == {"steps": []}
    pad.show(SAMPLE)
    assert pad.sent == []
    receive(pad, do="steps")
    steps = pad.sent.pop()["steps"]
    assert [name for name, url in steps] == [name for name, step in pad.answer.steps]
    for _, url in steps:
        Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))).load()


def test_a_brought_picture_never_gets_into_the_state_that_a_notebook_saves(pad):
    before = len(json.dumps(pad.get_state()))
    photo = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)).save(photo, "PNG")
    receive(pad, do="picture", asked=1, data=base64.b64encode(photo.getvalue()).decode())
    # Ten probabilities and 784 bytes more, not the 90,000 of the picture.
    assert pad.picture.size == (300, 300) and len(json.dumps(pad.get_state())) < before + 1500


@pytest.mark.parametrize("count", [100, pytest.param(2_000, marks=pytest.mark.long)])
def test_each_damaged_file_that_is_brought_gets_one_sentence_and_the_pad_goes_on(pad, count):
    answers = 0
    for number in range(100_000, 100_000 + count):
        name, data = mutated(number)
        receive(pad, do="picture", asked=number, data=base64.b64encode(data).decode())
        says = pad.shown["says"]
        assert pad.shown["asked"] == number and len(says.splitlines()) == 1, name
        assert re.match(r"This is a \d|Not sure|Cannot open the picture: ", says), f"{name}: {says}"
        answers += not says.startswith("Cannot")
    assert 0.1 * count < answers < 0.7 * count
    pad.strokes = LINE
    assert pad.shown["says"].startswith("This is a 1")


def test_where_there_is_no_kernel_a_picture_of_the_pad_is_shown(pad, monkeypatch):
    shown = []
    monkeypatch.setattr("mnist_helpers.widgets.pad.display", lambda data, **options: shown.append(data))
    pad.strokes = LINE
    pad._ipython_display_()
    live, picture = shown
    assert list(live) == ["application/vnd.jupyter.widget-view+json"]
    assert Image.open(io.BytesIO(base64.b64decode(picture["image/png"]))).size[0] > 600
    assert picture["text/plain"] == "Pad: " + pad.shown["says"]
    assert picture["image/png"] in picture["text/html"] and picture["text/plain"] in picture["text/html"]


def test_answers_asked_for_from_several_threads_come_one_after_the_other(pad, drawings):
    strokes = drawings.strokes[:24]

    def draw(place: int) -> None:
        pad.strokes = strokes[place]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(draw, range(24)))
    pad.strokes = LINE
    assert pad.answer.digit == 1 and pad.shown["says"].startswith("This is a 1")


def test_kept_pictures_are_what_score_reads(pad, recognizer, tmp_path):
    collection = Collection(pad, tmp_path / "class")
    collection.children[1].children[1].click()
    assert not collection.folder.exists() and "empty" in collection.said.value
    for _ in range(2):
        pad.strokes = LINE
        assert not collection.folder.exists() or len(list(collection.folder.iterdir())) == 1
        collection.children[1].children[1].click()
        assert pad.strokes == [] and pad.answer is None
    pad.show(SAMPLE)
    assert collection.keep(2) == tmp_path / "class" / "2_001.png"
    assert "2 pictures" in collection.said.value
    found = folders.find(collection.folder)
    assert found.pictures == [("1_001.png", 1), ("1_002.png", 1), ("2_001.png", 2)]
    assert scoring.score(recognizer, collection.folder, found).accuracy == 1.0


def test_a_kept_photo_has_no_notes_of_the_camera(pad, tmp_path):
    photo = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "my telephone"
    Image.open(SAMPLE).convert("RGB").save(photo, "JPEG", exif=exif, comment=b"at home")
    assert b"my telephone" in photo.getvalue()
    pad.show(photo.getvalue())
    kept = Collection(pad, tmp_path).keep(2).read_bytes()
    assert b"telephone" not in kept and b"home" not in kept


def test_a_folder_that_cannot_be_written_is_one_sentence_and_the_drawing_stays(pad, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    collection = Collection(pad, tmp_path / "file")
    pad.strokes = LINE
    collection.children[1].children[1].click()
    assert collection.said.value.startswith("Not kept: ") and pad.strokes == LINE
