"""A folder of one's own, scored: what is counted, what is printed, what is written."""

import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_helpers import cli, figures, folders, paths, recognizer, scoring
from mnist_helpers.recognizer import Answer


def put(mnist, file: Path, digit: int) -> None:
    """Write one of MNIST's test pictures of a digit, dark on white; the shipped model names them all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = 255 - np.pad(mnist.test.images[np.flatnonzero(mnist.test.labels == digit)[0]], 6)
    Image.fromarray(image).resize((120, 120)).save(file, "PNG")


@pytest.fixture
def folder(mnist, tmp_path) -> Path:
    """Three folders, seven pictures: five right ones, a 7 that is called a 3, and one that is no picture."""
    folder = tmp_path / "mine"
    put(mnist, folder / "1_top.png", 1)
    put(mnist, folder / "Zoë" / "2_größer 手書き.jpg", 2)  # PNG inside
    put(mnist, folder / "Zoë" / "0_.png", 0)
    put(mnist, folder / "Zoë" / "page 2" / "7_a_b.png", 7)
    put(mnist, folder / "Zoë" / "page 2" / "4_x", 4)
    put(mnist, folder / "Zoë" / "page 2" / "3_seven.png", 7)
    (folder / "Zoë" / "9_text.png").write_text("I am no picture")
    for name in ("two_digits_12.png", "._7_x.png", "README.md"):
        put(mnist, folder / "Zoë" / name, 7)
    return folder


class Fake:
    """Names every picture a 7, with a picture as large as they get; not sure of files called unsure."""

    renamed = None  # no names were matched

    def __init__(self, model: Path | None = None):
        self.model = model

    def recognize_all(self, pictures: Iterable[Path]) -> Iterator[Answer]:
        for picture in pictures:
            probabilities = np.full(10, 0.01, np.float32)
            probabilities[7] = 0.91
            given, confident = np.zeros((1024, 2048), np.uint8), "unsure" not in picture.name
            yield Answer(7, probabilities, given[:28, :28].copy(), [("picture", given)], confident)


@pytest.fixture
def fake(monkeypatch) -> Fake:
    monkeypatch.setattr(recognizer, "Recognizer", Fake)
    return Fake()


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def run(folder: Path, *options: object) -> int:
    return cli.main(["score", str(folder), "--model", str(paths.SHIPPED_MODEL), *map(str, options)])


def scored(folder: Path, *options: object) -> dict:
    """What ``--json`` writes."""
    file = folder.parent / "score.json"
    assert run(folder, "--json", file, *options) == 0
    return json.loads(file.read_text())


def test_the_json_tells_all(folder):
    score = scored(folder)
    pictures = {picture["path"]: picture for picture in score.pop("pictures")}
    assert score == {
        "labels_from": "the files' names (1 for 1_top.png, 0 for Zoë/0_.png); "
        "without a clear label, and not scored: 1, such as Zoë/two_digits_12.png",
        "count": 7,
        "rejected": 0,
        "accuracy": pytest.approx(5 / 7),
        "macro_accuracy": pytest.approx((1 + 2 / 3 + 2 / 3) / 3),
        "per_source": {".": 1, "Zoë": pytest.approx(2 / 3), "Zoë/page 2": pytest.approx(2 / 3)},
    }
    assert {path: (picture["label"], picture["answer"]) for path, picture in pictures.items()} == {
        "1_top.png": (1, 1),
        "Zoë/2_größer 手書き.jpg": (2, 2),
        "Zoë/0_.png": (0, 0),
        "Zoë/page 2/7_a_b.png": (7, 7),
        "Zoë/page 2/4_x": (4, 4),
        "Zoë/page 2/3_seven.png": (3, 7),
        "Zoë/9_text.png": (9, None),
    }
    unreadable = pictures.pop("Zoë/9_text.png")
    assert "9_text.png" in unreadable["error"] and "\n" not in unreadable["error"]
    assert unreadable["probability"] is None and unreadable["rejected"] is False
    for picture in pictures.values():
        assert set(picture) == {"path", "label", "answer", "probability", "rejected"}
        assert 0.1 < picture["probability"] <= 1


def test_the_terminal_tells_the_same(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(folder) == 0
    out, err = capsys.readouterr()
    lines = [line.split(maxsplit=2) for line in out.splitlines()]
    assert ["100.00%", "1", "."] in lines and ["66.67%", "3", "Zoë/page 2"] in lines
    assert ["77.78%", "mean", "over the folders"] in lines and ["71.43%", "of", "all 7 pictures"] in lines
    start = next(at for at, line in enumerate(out.splitlines()) if line.startswith("Confusion matrix")) + 2
    matrix = [line.split() for line in out.splitlines()[start : start + 10]]
    assert [row[0] for row in matrix] == list("0123456789")
    counts = np.array([row[1:] for row in matrix])
    assert [(row, column) for row, column in np.argwhere(counts == "1")] == [
        *((0, 0), (1, 1), (2, 2), (3, 7), (4, 4), (7, 7))
    ]
    assert out.count("9_text.png") == 1 and "cannot open" in out
    assert "7/7" in err, "the progress bar is on stderr, and the score alone on stdout"
    assert "7/7" not in out


def test_rejected_pictures_still_count_and_the_others_accuracy_stands_beside(fake, tmp_path, capsys):
    names = [f"{name}.png" for name in "7_a 7_b 7_c 7_unsure 1_unsure 2_unsure 3_unsure 4_d".split()]
    score = scored(touch(tmp_path / "mine", *names))
    assert (score["accuracy"], score["rejected"]) == (0.5, 4)
    assert {picture["path"] for picture in score["pictures"] if picture["rejected"]} == set(names[3:7])
    assert " 75.00%  of those accepted; 4 (50.00%) are rejected" in capsys.readouterr().out


def test_all_rejected_leaves_no_others(fake, tmp_path, capsys):
    assert scored(touch(tmp_path / "mine", "7_unsure.png"))["rejected"] == 1
    assert "–  of those accepted; 1 (100.00%) are rejected" in capsys.readouterr().out


def test_an_index_says_which_pictures_and_what_they_are(folder):
    (folder / "INDEX.csv").write_text(
        "label,note,path\n"
        "7,hers,Zoë/page 2/3_seven.png\n2,,Zoë/two_digits_12.png\n12,,1_top.png\n\n5,,gone/5.png\n",
        encoding="utf-8-sig",  # as spreadsheets write it
    )
    score = scored(folder)
    answers = [(picture["path"], picture["label"], picture["answer"]) for picture in score["pictures"]]
    assert answers == [
        ("Zoë/page 2/3_seven.png", 7, 7),
        ("Zoë/two_digits_12.png", 2, 7),
        ("gone/5.png", 5, None),
    ]
    assert score["per_source"] == {"Zoë": 0, "Zoë/page 2": 1, "gone": 0}


def test_an_index_above_the_folder_is_not_used(fake, tmp_path):
    (tmp_path / "INDEX.csv").write_text("path,label\nmine/7_a.png,1\n")
    assert scored(touch(tmp_path / "mine", "7_a.png", "7_b.png"))["accuracy"] == 1


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (b"first,second\n7_a.png,7\n", "columns path, label"),
        (b"", "columns path, label"),
        (b"path,label\n../7_a.png,7\n", "../7_a.png is not below"),
        (b"path,label\n/7_a.png,7\n", "/7_a.png is not below"),
        ("path,label\n7_é.png,7\n".encode("latin-1"), "UTF-8"),
        (b"path,label\n7_a.png,A\n", "nothing to score"),
    ],
    ids=["columns", "empty", "above", "absolute", "encoding", "labels"],
)
def test_an_index_that_cannot_be_used_is_one_line_and_exit_2(tmp_path, capsys, index, reason):
    touch(tmp_path, "7_a.png")
    (tmp_path / "INDEX.csv").write_bytes(index)
    assert run(tmp_path) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and reason in err


def test_no_folder_and_nothing_to_score_are_one_line_and_exit_2(tmp_path, capsys):
    for place, reason in [
        (tmp_path / "gone", "no folder"),
        (touch(tmp_path, "7_a.png") / "7_a.png", "no folder"),
        (touch(tmp_path / "mine", "seven.png", "x/77_a.png"), "nothing to score"),
    ]:
        assert run(place) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and reason in err


def test_a_command_not_understood_is_exit_2_with_usage():
    command = [sys.executable, "-m", "mnist_helpers.cli", "score"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert result.returncode == 2 and "FOLDER" in result.stderr and "Traceback" not in result.stderr


def test_a_damaged_model_is_one_line_and_exit_1(folder, copied_model, capsys):
    os.truncate(f"{copied_model}.index", 100)
    assert run(folder, "--model", copied_model) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "damaged" in err


def test_a_file_that_cannot_be_written_costs_no_score(fake, tmp_path, capsys):
    touch(tmp_path, "7_a.png")
    for option in ("--json", "--sheet"):
        assert run(tmp_path, option, tmp_path / "no" / "such" / "file") == 2
        out, err = capsys.readouterr()
        assert "100.00%" in out and "cannot write" in err.splitlines()[-1]


def test_the_sheet_shows_the_mistake_as_given_beside_what_the_network_saw(folder, tmp_path):
    sheet = tmp_path / "sheet.of.mistakes"  # PNG whatever its name
    assert run(folder, "--sheet", sheet) == 0
    picture = Image.open(sheet)
    assert picture.format == "PNG" and 200 < picture.width < 400 and 120 < picture.height < 300
    halves = np.split(np.asarray(picture.convert("L"))[40:], 2, axis=1)
    assert [half.mean() > 128 for half in halves] == [True, False], "a 7 dark on white, then light on dark"


def test_the_sheet_is_bounded_and_says_what_is_left_out(fake, tmp_path, monkeypatch):
    drawn, draw = [], figures.mistakes
    monkeypatch.setattr(figures, "mistakes", lambda *shown: drawn.append(draw(*shown)) or drawn[-1])
    names = ["7_right.png", *(f"1_{number:02}.png" for number in range(scoring.MISTAKES + 5))]
    assert run(touch(tmp_path / "mine", *names), "--sheet", tmp_path / "sheet.png") == 0
    assert max(Image.open(tmp_path / "sheet.png").size) < 2500
    assert drawn[0].get_suptitle() == f"mistakes: {scoring.MISTAKES}, and 5 more that are not shown"
    assert [axis.get_title() for axis in drawn[0].axes] == ["a 1", "read as 7 (91%)"] * scoring.MISTAKES


def test_without_mistakes_there_is_still_a_sheet(fake, tmp_path):
    assert run(touch(tmp_path / "mine", "7_a.png"), "--sheet", tmp_path / "sheet.png") == 0
    assert Image.open(tmp_path / "sheet.png").format == "PNG"
    assert "none" in figures.mistakes([], 0).get_suptitle()


def test_memory_does_not_grow_with_the_folder(fake, tmp_path):
    """300 answers of 2 MB each, all wrong: what stays is numbers, text and a few thumbnails."""
    folder = touch(tmp_path, *(f"1_{number}.png" for number in range(300)))
    found = folders.find(folder)
    tracemalloc.start()
    try:
        score = scoring.score(fake, folder, found)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6
    assert all(isinstance(field, int | float | str | None) for picture in score.pictures for field in picture)


def test_a_name_that_a_terminal_cannot_show_is_no_obstacle(fake, tmp_path, monkeypatch):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, "ascii"))
    broken = os.fsdecode(b"caf\xe9")  # Latin-1, from an old archive
    score = scored(touch(tmp_path / "mine", "書/7_a.png", f"{broken}/7_a.png"))
    assert rb"\u66f8" in printed.getvalue() and rb"caf\udce9" in printed.getvalue()
    assert score["per_source"] == {"書": 1, broken: 1}
