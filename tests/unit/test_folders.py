"""Folders as people name them: where the labels are read from, what is refused, what is no picture."""

import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_helpers import cli, folders, recognizer
from mnist_helpers.recognizer import Answer

MIXED = (5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6)  # labels as a data set has them, by serial number


def picture(file: Path, digit: int) -> None:
    """Write a tiny picture that says what it shows, for ``Reader``, in its only shade."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4), 20 * digit).save(file, "PNG")


def made(folder: Path, *paths: str) -> Path:
    """Make a folder with pictures of these names."""
    folder.mkdir(exist_ok=True)
    for path in paths:
        picture(folder / path, 7)
    return folder


@pytest.fixture
def reader(monkeypatch) -> None:
    """A recognizer that reads each of ``picture`` correctly."""

    class Reader:
        renamed = None  # no names were matched

        def __init__(self, model: Path | None = None):
            self.model = model

        def recognize_all(self, pictures):
            for file in pictures:
                shade = np.asarray(Image.open(file))
                probabilities = np.eye(10, dtype=np.float32)[shade[0, 0] // 20]
                yield Answer(int(probabilities.argmax()), probabilities, shade, (("picture", shade),), True)

    monkeypatch.setattr(recognizer, "Recognizer", Reader)


def score(folder: Path, capsys) -> tuple[dict, str]:
    """The JSON, and the first line that is printed."""
    file = folder.parent / "score.json"
    assert cli.main(["score", str(folder), "--json", str(file)]) == 0
    return json.loads(file.read_text()), capsys.readouterr().out.splitlines()[0]


def named(form: str, *series: Iterable[int]) -> dict[str, int]:
    """Names by form, {d} a digit and {n} a number, of all pairs; or {n} is the number of a digit of MIXED."""
    pairs = itertools.product(*series) if series else ((d, n) for n, d in enumerate(MIXED))
    return {form.format(d=d, n=n): d for d, n in pairs}


TEN = range(10)
# Names with their labels, and the example that is shown of them.
OF_FILES = {
    "documented": (
        {"7_mine.png": 7, "Zoë/page 2/0_a_b.jpg": 0, "9_12.png": 9, "7_1.png": 7},
        "7 for 7_1.png",
    ),
    "kept by the pad": ({"1_001.png": 1, "1_002.png": 1, "2_001.png": 2}, "1 for 1_001.png"),
    "label, then count": (named("{d}_{n}.png", (3, 7, 8), (0, 1, 2)), "3 for 3_0.png"),
    "each digit, then count": (named("{d}_{n}.png", TEN, (1, 2)), "0 for 0_1.png"),
    "label, then a running number": (named("{d}_{n}.png"), "0 for 0_1.png"),
    "running number, then label": (named("{n}_{d}.png"), "5 for 0_5.png"),
    "fewer than ten of the same": ({f"{n}_{d}.png": d for n, d in enumerate(MIXED[:7])}, "5 for 0_5.png"),
    "only low digits": ({f"{n}_{d}.png": d for n, d in enumerate((2, 0, 1, 2, 2, 1))}, "2 for 0_2.png"),
    "only sevens": (named("{n}_{d}.png", (7,), range(5)), "7 for 0_7.png"),
    "word, number, label": (named("img_{n:03}_{d}.png"), "5 for img_000_5.png"),
    "word, label, number": (named("img_{d}_{n:03}.png"), "0 for img_0_001.png"),
    "a data set's": (named("{n:05}-num{d}.png"), "5 for 00000-num5.png"),
    "label alone": ({f"{d}.png": d for d in TEN}, "0 for 0.png"),
    "label and letter": ({"7a.png": 7, "7b.png": 7, "3a.png": 3}, "3 for 3a.png"),
    "word and digit": ({f"digit{d}.png": d for d in TEN}, "0 for digit0.png"),
    "other words": ({"Digit 4.png": 4, "Label-5.png": 5, "class_6_2.png": 6}, "6 for class_6_2.png"),
    "any word and digit": ({"mine7.png": 7, "hers9.png": 9, "cat_4.png": 4}, "4 for cat_4.png"),
    "ten of each person": ({f"{who}{d}.png": d for who in ("zoe", "bo") for d in TEN}, "0 for bo0.png"),
    "copies": (
        dict.fromkeys(
            ("7.png", "7 (1).jpg", "7 - Copy.png", "7 - Copy (2).png", "7-2.png", "7 copy 3.png"), 7
        )
        | dict.fromkeys(("2_a.png", "2_a (1).png", "2_a-5.png"), 2),
        "2 for 2_a (1).png, 7 for 7 (1).jpg",
    ),
    "numbered persons": (named("{n}/{d}.png", (2, 5), range(1, 13)), "2 for 1/2.png"),
}
OF_FOLDERS = {
    "a folder a class": (named("{d}/img{n:03}.png", TEN, (1, 2)), "1 for 1/img002.png"),
    "deeper": ({f"{part}/{d}/a.png": d for part in ("test", "train") for d in (0, 4)}, "0 for test/0/a.png"),
    "other words": ({"digit_7/a.png": 7, "3 - three/a.png": 3, "nine/a.png": 9}, "3 for 3 - three/a.png"),
    "pictures counted": (named("{d}/{n}.png", (3, 7, 8), (0, 1, 2)), "3 for 3/0.png"),
    "ten pictures counted": (named("{d}/{n}.png", TEN, TEN), "0 for 0/1.png"),
    "and in the files' names, last": (named("{d}/{n}_{d}.png", (3, 7), TEN), "3 for 3/0_3.png"),
    "and in the files' names, first": (named("{d}/{d}_{n}.png", (3, 7), range(12)), "3 for 3/3_0.png"),
}
LAYOUTS = {
    f"{where}: {kind}": (where, *expected)
    for where, kinds in (("files", OF_FILES), ("folders", OF_FOLDERS))
    for kind, expected in kinds.items()
}


@pytest.mark.parametrize(("where", "labels", "example"), LAYOUTS.values(), ids=LAYOUTS)
def test_labels_are_read_from_names(tmp_path, where, labels, example):
    found = folders.find(made(tmp_path / "mine", *labels))
    assert dict(found.pictures) == labels
    assert found.labels_from.startswith(f"the {where}' names ({example}")
    assert "not scored" not in found.labels_from


AMBIGUOUS = {
    "each digit once, and its number": (
        [f"{n}_{(3 * n + 1) % 10}.png" for n in TEN],
        "0, the",
        "1, the last",
    ),
    "ten times ten": (named("{d}_{n}.png", TEN, TEN), "0, the", "1, the last"),
    "two persons, ten digits": (named("{n}_{d}.png", TEN, (0, 1)), "0, the", "1, the last"),
    "one picture": (["0_7.png"], "0, the first number", "7, the last"),
    "ten of a series": ([f"img{n}.png" for n in TEN], "the label 0", "number 0 of a series"),
    "some of a series": (["scan_1.png", "scan_2.png"], "the label 1", "number 1 of a series"),
    "three persons' folders": (named("{n}/{d}.png", TEN, (1, 2, 3)), "1, by its folder's", "0, by its own"),
    "persons and documented names": (
        ["1/7_a.png", "1/3_a.png", "2/9_b.png"],
        "1, by its folder's",
        "3, by its",
    ),
    "two levels": (["1/7/a.png", "2/7/b.png"], "label 7", "or 1, by its folders' names"),
    "a word against the folder": (["3/label_7.png", "4/label_7.png"], "3, by its folder's", "7, by its own"),
    "some here, some there": (
        ["7/img.png", "3_a.png"],
        "7/img.png stands in its folder's",
        "3_a.png in its own",
    ),
}


@pytest.mark.parametrize(("names", "one", "other"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_is_ambiguous_is_refused_with_both_readings(tmp_path, capsys, names, one, other):
    assert cli.main(["score", str(made(tmp_path / "mine", *names))]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert one in err and other in err and "INDEX.csv" in err


@pytest.mark.parametrize(
    "names",
    [
        [f"{n}.png" for n in range(1, 13)],
        [f"{n}_cat.png" for n in range(1, 13)],
        [f"IMG_{n}.png" for n in range(1, 13)],
        [f"digit{n}.png" for n in range(1, 13)],
        [f"{n:02}.png" for n in range(10)],
        [f"photo ({n}).png" for n in range(1, 9)],
        [f"{n}/img.png" for n in range(1, 13)],
        ["WhatsApp Image 2024-01-05 at 7.02.11.jpg", "WhatsApp Image 2024-01-05 at 8.12.59.jpg"],
        ["IMG_20240105_123456.jpg"],
    ],
    ids=lambda names: names[0],
)
def test_serial_numbers_and_dates_are_no_labels(tmp_path, names):
    with pytest.raises(folders.FolderError, match="nothing to score: names such as") as refused:
        folders.find(made(tmp_path / "mine", *names))
    assert all(cure in str(refused.value) for cure in ("7_mine.png", "7/mine.png", "INDEX.csv"))


def test_a_folder_that_is_itself_a_class_labels_what_it_holds(tmp_path):
    found = folders.find(made(tmp_path / "7", "img001.png", "img002.png"))
    assert [label for _, label in found.pictures] == [7, 7] and "folders' names" in found.labels_from
    assert {label for _, label in folders.find(made(tmp_path / "5", "7_a.png", "7_b.png")).pictures} == {7}
    with pytest.raises(folders.FolderError, match="label 3, by its folder's name, or 1, by its own"):
        folders.find(made(tmp_path / "3", "1.png", "2.png"))


def test_what_has_no_clear_label_is_counted(tmp_path):
    found = folders.find(made(tmp_path / "mine", "7_a.png", "3_b.png", "4_c.png", "scan1.png", "scan2.png"))
    assert len(found.pictures) == 3 and found.labels_from.endswith("not scored: 2, such as scan1.png")
    found = folders.find(made(tmp_path / "classes", "7/img.png", "3/img.png", "A/img.png"))
    assert len(found.pictures) == 2 and found.labels_from.endswith("not scored: 1, such as A/img.png")


def test_only_pictures_are_counted_and_damaged_ones_too(tmp_path):
    folder = made(tmp_path / "mine", "7_a.png", "3_b", "._7_a.png", "__MACOSX/7_a.png", ".hidden/3_c.png")
    made(folder, ".ipynb_checkpoints/7_a-checkpoint.png")
    for name in ("7_read.txt", "1_camera.json", "2_notes", "Thumbs.db", "desktop.ini", ".DS_Store"):
        (folder / name).write_text("I am no picture\n")
    (folder / "8_damaged.png").write_bytes(b"\x89PNG")
    (folder / "9_phone.heic").write_bytes(b"")
    found = folders.find(folder)
    assert found.pictures == [("3_b", 3), ("7_a.png", 7), ("8_damaged.png", 8), ("9_phone.heic", 9)]
    assert "not scored" not in found.labels_from


def test_a_folder_without_pictures_says_so(tmp_path):
    with pytest.raises(folders.FolderError, match="no picture"):
        folders.find(tmp_path)


INDEXES = {
    "as documented": ("INDEX.csv", "path,label\nx/a.png,7\nb.png,3\n", "utf-8"),
    "semicolons": ("INDEX.csv", "path;label\nx/a.png;7\nb.png;3\n", "utf-8"),
    "tabs": ("INDEX.csv", "path\tlabel\nx/a.png\t7\nb.png\t3\n", "utf-8"),
    "bars": ("INDEX.csv", "path|label\nx/a.png|7\nb.png|3\n", "utf-8"),
    "separator's line": ("INDEX.csv", "sep=;\r\npath;label\r\nx/a.png;7\r\nb.png;3\r\n", "utf-8"),
    "capitals and spaces": ("INDEX.csv", "Path, Label\nx/a.png, 7\nb.png, 3\n", "utf-8"),
    "byte-order mark": ("INDEX.csv", "path,label\nx/a.png,7\nb.png,3\n", "utf-8-sig"),
    "UTF-16": ("INDEX.csv", "path\tlabel\r\nx/a.png\t7\r\nb.png\t3\r\n", "utf-16"),
    "backslashes": ("INDEX.csv", "path,label\nx\\a.png,7\n.\\b.png,3\n", "utf-8"),
    "numbers with a point": ("INDEX.csv", "path,label\nx/a.png,7.0\nb.png,3.\n", "utf-8"),
    "numbers with a comma": ("INDEX.csv", "path;label\nx/a.png;7,0\nb.png;3,0\n", "utf-8"),
    "labels in words": ("INDEX.csv", "path,label\nx/a.png,seven\nb.png,digit_3\n", "utf-8"),
    "quotes": ("INDEX.csv", '"path","label"\n"x/a.png","7"\n"b.png","3"\n', "utf-8"),
    "old Mac": ("INDEX.csv", "path,label\rx/a.png,7\rb.png,3\r", "utf-8"),
    "small letters": ("index.csv", "label,path\n7,x/a.png\n3,b.png\n", "utf-8"),
    "file, digit": ("labels.csv", "No.,File Name,Digit\n1,x/a.png,7\n2,b.png,3\n", "utf-8"),
    "image, class": ("annotations.tsv", "image_path\tclass\nx/a.png\t7\nb.png\t3\n", "utf-8"),
    "name, target": ("truth.txt", "name target\nx/a.png 7\nb.png 3\n", "utf-8"),
    "names without the folder": ("labels.csv", "filename,label\na.png,7\nB.PNG,3\n", "utf-8"),
    "names without the extension": ("train.csv", "id,label\na,7\nb,3\n", "utf-8"),
    "no headings": ("labels.txt", "x/a.png 7\nb.png 3\n", "utf-8"),
    "no headings, label first": ("labels.csv", "7,x/a.png\n3,b.png\n", "utf-8"),
    "each twice": ("INDEX.csv", "path,label\nx/a.png,7\nx/a.png,7\nb.png,3\n", "utf-8"),
}


@pytest.mark.parametrize(("name", "text", "encoding"), INDEXES.values(), ids=INDEXES)
def test_labels_are_read_from_an_index(tmp_path, name, text, encoding):
    folder = made(tmp_path / "mine", "x/a.png", "b.png")
    (folder / name).write_bytes(text.encode(encoding))
    found = folders.find(folder)
    assert found.pictures == [("x/a.png", 7), ("b.png", 3)]
    assert found.labels_from.startswith(name) and "7 for x/a.png" in found.labels_from


def test_an_index_in_an_old_encoding_serves_if_its_pictures_are_found(tmp_path):
    folder = made(tmp_path / "mine", "a.png")
    (folder / "INDEX.csv").write_bytes("path;label;note\na.png;7;schön\n".encode("cp1252"))
    assert folders.find(folder).pictures == [("a.png", 7)]


def test_the_index_wins_over_names_and_over_other_tables(tmp_path):
    folder = made(tmp_path / "mine", "1_a.png", "2_a.png")
    (folder / "labels.csv").write_text("path,label\n1_a.png,4\n")
    found = folders.find(folder)
    assert found.pictures == [("1_a.png", 4)] and found.labels_from.endswith("not scored: 1, such as 2_a.png")
    (folder / "INDEX.csv").write_text("path,label\n1_a.png,5\n2_a.png,-1\n")
    assert folders.find(folder).pictures == [("1_a.png", 5)]


def test_two_tables_of_labels_are_refused(tmp_path):
    folder = made(tmp_path / "mine", "1_a.png")
    for name in ("labels.csv", "answers.csv"):
        (folder / name).write_text("path,label\n1_a.png,4\n")
    with pytest.raises(folders.FolderError, match=r"answers.csv and labels.csv .* the right one INDEX"):
        folders.find(folder)


def test_tables_of_something_else_are_no_index(tmp_path):
    folder = made(tmp_path / "mine", "1_a.png")
    (folder / "class.csv").write_text("name,class\nZoë,7\n", encoding="utf-8")
    (folder / "notes.txt").write_text("The picture, and its label:\nI drew it.\n")
    (folder / "empty.csv").write_text("")
    (folder / "long.csv").write_text("x" * 200_000)
    assert folders.find(folder).pictures == [("1_a.png", 1)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the columns path, label; it is ''"),
        ("first;second\na.png;7\n", "the columns path, label; it is 'first, second'"),
        ("path;label\n..\\a.png;7\n", "not below its folder"),
        ("path;label\nC:\\me\\a.png;7\n", "not below its folder"),
        ("path;label\n\\a.png;7\n", "not below its folder"),
        ("path;label\na.png;7\n./a.png;3\n", "a.png' the labels 7 and 3"),
        ("path;label\na.png;12\n", "nothing to score"),
        ("path;label\ngone.png;7\n", "'gone.png' is not there, nor any other"),
    ],
)
def test_an_index_that_cannot_be_used_is_refused(tmp_path, capsys, text, reason):
    folder = made(tmp_path / "mine", "a.png")
    (folder / "INDEX.csv").write_text(text)
    assert cli.main(["score", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and reason in err


def folder_per_class(folder: Path) -> int:
    for digit in range(10):
        for number in range(2):
            picture(folder / str(digit) / f"img{number:03}.png", digit)
    return 20


def digit_alone_or_word_digit(folder: Path) -> int:
    for digit in range(10):
        form = ("{}.png", "{}.png", "digit{}.png", "{} (1).jpg")[digit // 3]
        picture(folder / form.format(digit), digit)
    return 10


def index_of(head: str, row: str, folder: Path) -> int:
    for digit in range(10):
        picture(folder / f"a{9 - digit}.png", digit)
    rows = [head, *(row.format(f"a{9 - digit}.png", digit) for digit in range(10))]
    (folder / "INDEX.csv").write_text("\n".join(rows) + "\n")
    return 10


def index_with_semicolons(folder: Path) -> int:
    return index_of("path;label", "{};{}", folder)


def index_with_capitals(folder: Path) -> int:
    return index_of("Path, Label", "{}, {}", folder)


def text_files_beside(folder: Path) -> int:
    for digit in range(10):
        picture(folder / f"{digit}_a.png", digit)
    (folder / "1_read_me.txt").write_text("where I took them")
    (folder / "2_camera.json").write_text("{}")
    return 10


@pytest.mark.parametrize(
    ("make", "source"),
    [
        (folder_per_class, "the folders' names"),
        (digit_alone_or_word_digit, "the files' names"),
        (index_with_semicolons, "INDEX.csv, columns path and label"),
        (index_with_capitals, "INDEX.csv, columns Path and Label"),
        (text_files_beside, "the files' names"),
    ],
)
def test_score_reads_the_kinds_that_people_bring_and_says_which(reader, tmp_path, capsys, make, source):
    folder = tmp_path / "mine"
    count = make(folder)
    written, line = score(folder, capsys)
    assert (written["accuracy"], written["count"]) == (1.0, count)
    assert written["labels_from"].startswith(source) and line == f"labels from {written['labels_from']}"
