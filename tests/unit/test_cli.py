"""The terminal: what is printed, and exit codes that mean something."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from mnist_helpers import cli, paths, training
from mnist_helpers.recognizer import Recognizer

ROOT = Path(__file__).parents[2]
MNIST_KIT = [sys.executable, "-m", "mnist_helpers.cli"]


def run(*arguments: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*MNIST_KIT, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, **options
    )


def test_the_articles_ending():
    result = run("recognize", "images/text2.png", "--model", paths.SHIPPED_MODEL)
    assert (result.stdout, result.stderr, result.returncode) == ("The picture you imported is: 2\n", "", 0)


def test_several_pictures_are_named_each_and_one_bad_file_does_not_stop_the_rest(tmp_path, capsys):
    text = tmp_path / "text.png"
    text.write_text("I am no picture")
    pictures = [ROOT / "images" / "text2.png", text, tmp_path / "gone.png", ROOT / "images" / "text3.png"]
    code = cli.main(["recognize", "--model", str(paths.SHIPPED_MODEL), *map(str, pictures)])
    out, err = capsys.readouterr()
    assert code == 2
    assert out.splitlines() == [
        f"{pictures[0]}: The picture you imported is: 2",
        f"{pictures[3]}: The picture you imported is: 3",
    ]
    no_picture, no_file = err.splitlines()
    assert "text.png" in no_picture and "gone.png" in no_file


def test_an_answer_that_should_not_be_trusted_says_so(tmp_path, capsys):
    Image.new("L", (200, 200), 230).save(tmp_path / "empty sheet.png")
    assert (
        cli.main(["recognize", "--model", str(paths.SHIPPED_MODEL), str(tmp_path / "empty sheet.png")]) == 0
    )
    assert "not sure" in capsys.readouterr().out


def test_a_pattern_that_the_shell_left_is_expanded_unless_it_is_a_name(tmp_path, capsys):
    sample = (ROOT / "images" / "text2.png").read_bytes()
    for name in ("a.png", "b.png", "c[ab].png", "ca.png"):
        (tmp_path / name).write_bytes(sample)
    patterns = [tmp_path / "?.png", tmp_path / "c[ab].png", tmp_path / "*.jpg"]
    assert cli.main(["recognize", "--model", str(paths.SHIPPED_MODEL), *map(str, patterns)]) == 2
    out, err = capsys.readouterr()
    asked = [line.split(": ")[0] for line in out.splitlines()]
    assert asked == [str(tmp_path / name) for name in ("a.png", "b.png", "c[ab].png")]
    assert "*.jpg" in err and "no such file" in err


def test_a_folder_to_recognize_is_one_line_that_says_what_to_do(tmp_path, capsys):
    assert cli.main(["recognize", "--model", str(paths.SHIPPED_MODEL), str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert f"mnist-kit score {tmp_path}" in err and f"recognize {tmp_path / '*'}" in err


def test_a_damaged_model_is_one_line_and_exit_1(copied_model, capsys):
    os.truncate(f"{copied_model}.index", 100)
    assert cli.main(["recognize", "--model", str(copied_model), str(ROOT / "images" / "text2.png")]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "damaged" in err


@pytest.mark.parametrize("arguments", [(), ("recognize",), ("paint",), ("train", "--configuration", "magic")])
def test_a_command_not_understood_is_exit_2_with_usage(arguments):
    result = run(*arguments)
    assert result.returncode == 2 and "usage: mnist-kit" in result.stderr and "Traceback" not in result.stderr


def test_help_does_without_tensorflow_and_names_the_commands():
    code = (
        "import sys; from mnist_helpers import cli\n"
        "try: cli.main(['--help'])\n"
        "finally: assert 'tensorflow' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0 and "recognize" in result.stdout and "train" in result.stdout


def test_interrupted_before_the_first_step_is_one_line_and_nothing_is_saved(tmp_path, monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", interrupted)
    assert cli.main(["train", "--model", str(tmp_path / "model.ckpt")]) == 130
    assert re.fullmatch(r"mnist-kit: interrupted.*\n", capsys.readouterr().err)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_training_leaves_a_usable_model(tmp_path, mnist):
    model = tmp_path / "model.ckpt"
    command = [*MNIST_KIT, "train", "--model", str(model)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's & turns it off
    ) as process:
        progress = ""
        while not re.search(r"\b[89]\d/936", progress):  # some eighty steps in, on the progress bar
            character = process.stderr.read(1)
            assert character, f"training ended by itself: {progress}"
            progress += character
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert "interrupted" in out and "Traceback" not in err
    right = Recognizer(model).predict(mnist.test.images[:1000]).argmax(axis=1) == mnist.test.labels[:1000]
    assert right.mean() > 0.8
