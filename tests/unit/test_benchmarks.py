"""The figures in docs/: preprocessing does what it says, counts are correct, tables come from the JSON."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import __main__ as benchmarks_main
from benchmarks import accuracy, class_room, long_tests, report, speed
from mnist_helpers import paths, preprocessing, training
from mnist_helpers.recognizer import Recognizer


class AlwaysOne:
    """A network that takes every image for a 1."""

    def predict(self, images: np.ndarray) -> np.ndarray:
        return np.tile(np.eye(10)[1], (len(images), 1))


class Silent:
    """A progress bar that nobody sees."""

    def update(self) -> None: ...

    def set_description(self, name: str) -> None: ...


@pytest.fixture(scope="module")
def shipped() -> Recognizer:
    return Recognizer(paths.SHIPPED_MODEL)


@pytest.fixture
def people(tmp_path, mnist) -> Path:
    """A folder of two people: 7_, 2_ and a text in one, 1_ in the other."""
    seven, two, one = (Image.fromarray(255 - image) for image in mnist.test.images[:3])
    assert mnist.test.labels[:3].tolist() == [7, 2, 1]
    ada, bob = tmp_path / "people" / "ada", tmp_path / "people" / "bob"
    for folder in (ada, bob):
        folder.mkdir(parents=True)
    seven.save(ada / "7_article.png")
    two.resize((280, 280)).convert("RGB").save(ada / "2_large.png")
    (ada / "0_text.png").write_text("I am no picture")
    Image.fromarray(255 - np.asarray(one)).resize((56, 56)).save(bob / "1_light_on_dark.png")
    return tmp_path / "people"


@pytest.fixture
def results(tmp_path, monkeypatch) -> Path:
    """Results and page of a project elsewhere."""
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(report, "PAGE", tmp_path / "figures.md")
    report.PAGE.write_text("above\n\n<!-- accuracy -->\nold\n<!-- /accuracy -->\n\nbelow ü\n", "utf-8")
    return tmp_path / "results" / "accuracy.json"


def test_the_articles_preprocessing_takes_28_by_28_grey_dark_on_white_and_nothing_else(tmp_path, mnist):
    image = mnist.test.images[0]
    grey = Image.fromarray(255 - image)
    grey.save(tmp_path / "grey.png")
    for source in (255 - image, tmp_path / "grey.png"):
        np.testing.assert_array_equal(accuracy.article(source), image)
    grey.resize((29, 28)).save(tmp_path / "wide.png")
    with pytest.raises(ValueError, match="28x28"):
        accuracy.article(tmp_path / "wide.png")
    grey.convert("RGB").save(tmp_path / "colour.png")
    with pytest.raises(TypeError):
        accuracy.article(tmp_path / "colour.png")


def test_the_second_preprocessing_makes_it_grey_small_and_inverted(tmp_path):
    sheet = np.full((56, 112, 3), 255, np.uint8)
    sheet[:28, :56] = 0, 255, 0  # a green quarter: grey 150
    Image.fromarray(sheet).save(tmp_path / "colour.png")
    image = accuracy.resized(tmp_path / "colour.png")
    assert image.shape == (28, 28) and image[5, 5] == 255 - 150
    assert image[20, 20] == 0 and image[5, 20] == 0
    np.testing.assert_array_equal(accuracy.resized(np.zeros((8, 8), np.uint8)), 255)


def test_the_kits_preprocessing_is_the_kits(people, mnist):
    for source in (people / "bob" / "1_light_on_dark.png", 255 - mnist.test.images[0]):
        np.testing.assert_array_equal(accuracy.kit(source), preprocessing.preprocess(source).image)


def test_the_sets_are_dark_on_white(mnist):
    test, small = accuracy.mnist_test(), accuracy.digits()
    assert len(test) == 10_000 and len(small) == 1_797
    np.testing.assert_array_equal(test[0].source, 255 - mnist.test.images[0])
    assert [picture.label for picture in test[:3]] == [7, 2, 1]
    assert small[0].label == 0 and small[0].source.shape == (8, 8) and small[0].source.dtype == np.uint8
    assert small[0].source[0, 0] == 255 and min(picture.source.min() for picture in small) == 0


@pytest.mark.parametrize("batch", [500, 2])
def test_a_folders_numbers(people, shipped, monkeypatch, batch):
    monkeypatch.setattr(accuracy, "BATCH_SIZE", batch)
    networks = {"plain": shipped, "robust": AlwaysOne()}
    assert accuracy.measure(accuracy.folder(people), networks, Silent()) == {
        "count": 4,
        "groups": 2,
        "article": {"accuracy": 1 / 4, "macro_accuracy": pytest.approx(1 / 6), "errors": 3},
        "resized": {"accuracy": 2 / 4, "macro_accuracy": pytest.approx(1 / 3), "errors": 1},
        "kit_plain": {"accuracy": 3 / 4, "macro_accuracy": pytest.approx(5 / 6), "errors": 1},
        "kit_robust": {"accuracy": 1 / 4, "macro_accuracy": pytest.approx(1 / 2), "errors": 1},
    }


def test_a_folder_of_which_nothing_can_be_read_has_accuracy_0(tmp_path):
    (tmp_path / "0_text.png").write_text("I am no picture")
    figures = accuracy.measure(
        accuracy.folder(tmp_path), {"plain": AlwaysOne(), "robust": AlwaysOne()}, Silent()
    )
    assert figures["kit_robust"] == {"accuracy": 0, "macro_accuracy": 0, "errors": 1}


def test_the_table_is_made_from_the_json():
    def measured(name, count, groups, *accuracies):
        # The accuracy over all pictures is another number, which does not belong in the table.
        rows = {
            key: {"macro_accuracy": macro, "accuracy": 0.5}
            for key, macro in zip(accuracy.ROWS, accuracies, strict=True)
        }
        return {"name": name, "count": count, "groups": groups, **rows}

    figures = {
        "sets": [
            measured("MNIST", 10_000, 1, 0.9937, 0.98, 0.99, 1),
            measured("a|b", 4, 2, 0, 1 / 3, 0.12345, 1),
        ]
    }
    assert accuracy.table(json.loads(json.dumps(figures))).splitlines() == [
        "| preprocessing | trained with | MNIST (10,000) | a\\|b (4, mean over 2 folders) |",
        "| --- | --- | ---: | ---: |",
        "| the article's input code | the plain configuration | 99.37 % | 0.00 % |",
        "| grey, resized to 28×28, inverted | the plain configuration | 98.00 % | 33.33 % |",
        "| this kit's | the plain configuration | 99.00 % | 12.35 % |",
        "| this kit's | the robust configuration | 100.00 % | 100.00 % |",
    ]


def test_one_command_writes_the_json_and_the_page(people, results, monkeypatch, mnist, capsys):
    monkeypatch.setattr(
        accuracy, "mnist_test", lambda: [accuracy.Picture(255 - mnist.test.images[0], 7, ".")]
    )
    monkeypatch.setattr(accuracy, "digits", lambda: [accuracy.Picture(np.zeros((8, 8), np.uint8), 0, ".")])
    accuracy.main([str(people), "--plain", str(paths.SHIPPED_MODEL), "--write"])
    text = results.read_text()
    figures = json.loads(text)
    assert [measured["name"] for measured in figures["sets"]] == ["MNIST test", "load_digits", "people"]
    assert figures["sets"][0]["kit_robust"]["accuracy"] == 1 and figures["sets"][2]["count"] == 4
    assert {"date", "machine", "versions", "models"} <= figures.keys() and figures["machine"]["cpu"]
    table = accuracy.table(figures)
    assert capsys.readouterr().out == f"{table}\n"
    page = report.PAGE.read_text("utf-8")
    assert page == f"above\n\n<!-- accuracy -->\n{table}\n<!-- /accuracy -->\n\nbelow ü\n"
    for written in (text, page):
        assert str(people.parent) not in written and "ada" not in written, "only the folder's own name"


def test_without_plain_the_plain_configuration_is_trained_from_seed_0(tmp_path, monkeypatch):
    asked = []

    def train_and_save(*arguments, seed):
        asked.append((*arguments, seed))
        return training.TrainingResult(len(asked) == 1, 60.0, 0.99)

    monkeypatch.setattr(training, "train_and_save", train_and_save)
    accuracy.train_plain(tmp_path / "model.ckpt")
    assert asked == [(tmp_path / "model.ckpt", training.PLAIN, 0)]
    with pytest.raises(KeyboardInterrupt):  # the second time it is interrupted
        accuracy.train_plain(tmp_path / "model.ckpt")


def test_a_folder_that_cannot_be_measured_is_one_line_before_anything_is_trained(
    tmp_path, results, monkeypatch
):
    monkeypatch.setattr(training, "train_and_save", lambda *_, **__: pytest.fail("trained in vain"))
    with pytest.raises(SystemExit, match="there is no folder"):
        accuracy.main([str(tmp_path / "gone")])
    assert not results.exists()


@pytest.mark.parametrize("page", ["", "<!-- a -->", "<!-- /a --><!-- a -->", "<!-- a --><!-- /a -->" * 2])
def test_a_page_without_its_markers_is_an_error(page):
    with pytest.raises(ValueError, match=r"<!-- /a -->"):
        report.with_table(page, "a", "table")


@pytest.mark.parametrize("name", ["accuracy", "class_room", "speed"])
def test_the_tables_in_the_documentation_are_made_from_the_results(name):
    def result(part: str) -> dict:
        return json.loads((report.RESULTS / f"{part}.json").read_text("utf-8"))

    page, table, command = {
        "accuracy": (report.PAGE, lambda: accuracy.table(result(name)), "benchmarks.accuracy FOLDER --write"),
        "class_room": (class_room.PAGE, lambda: class_room.table(result(name)), "benchmarks.class_room"),
        "speed": (report.PAGE, benchmarks_main.table, "benchmarks"),
    }[name]
    text = page.read_text("utf-8")
    assert report.with_table(text, name, table()) == text, f"write it again: python -m {command}"


def test_the_long_tests_are_counted(monkeypatch, tmp_path):
    (tmp_path / "test_it.py").write_text("""
import pytest
def test_short(): raise AssertionError("not to be run")
@pytest.mark.long
@pytest.mark.parametrize("number", range(3))
def test_long(number): assert number
""")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = long: minutes\n")
    monkeypatch.setattr(report, "ROOT", tmp_path)
    figures = long_tests.run()
    assert (figures["passed"], figures["failed"]) == (2, 1)
    said = long_tests.sentence({"date": "2026-11-22", "passed": 2, "failed": 1, "seconds": 150})
    assert said == "The long tests, run on 2026-11-22: 2 passed, 1 failed, in 2 minutes."


def test_a_missing_peer_or_an_unknown_part_is_one_line_before_anything_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(benchmarks_main, "find_spec", lambda name: None)
    monkeypatch.setattr(report, "write", lambda *_: pytest.fail("measured in vain"))
    with pytest.raises(SystemExit, match="--extra torch"):
        benchmarks_main.main([])
    with pytest.raises(SystemExit):
        benchmarks_main.main(["speeed"])
    assert "there is no part speeed" in capsys.readouterr().err


def test_the_folders_that_are_timed_hold_what_they_say(tmp_path):
    for name, fill in {"large": speed.megapixel, "small": lambda folder: speed.small(folder, 3)}.items():
        (tmp_path / name).mkdir()
        fill(tmp_path / name)
    large = [Image.open(file) for file in (tmp_path / "large").iterdir()]
    assert len(large) == 14
    assert all(0.99e6 < picture.width * picture.height < 1.01e6 for picture in large)
    assert {picture.format for picture in large} == {"JPEG"}
    assert {file.name for file in (tmp_path / "small").iterdir()} == {"7_0.png", "2_1.png", "1_2.png"}
    assert Image.open(tmp_path / "small" / "7_0.png").size == (28, 28)


def test_the_articles_script_reads_the_sample_with_the_shipped_model(tmp_path):
    model = speed.as_in_the_article(tmp_path)
    command = [sys.executable, "-m", "benchmarks.peers.article", str(model), str(speed.IMAGES / "text2.png")]
    assert speed._seconds(command) > 0  # and it has seen the answer 2
