"""The kit from a terminal: ``mnist-kit recognize``, ``score``, ``draw``, ``train``, ``doctor``.

Exit codes: 0 done, and for the doctor: all is well; 1 the model or the data set cannot be used or saved, or
the doctor found something; 2 a file is no picture, a folder holds nothing to score, a file cannot be
written, or the command was not understood; 130 training was interrupted, and what it had learned is saved.
"""

import argparse
import glob
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mnist_helpers

if TYPE_CHECKING:
    from mnist_helpers.recognizer import Recognizer


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="mnist-kit", description="Train the MNIST CNN, and ask it about any picture."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {mnist_helpers.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument(
        "--model",
        type=Path,
        help="checkpoint to use, a file of it, or its folder "
        "(default: the one that you trained, if any, else the shipped one)",
    )

    recognize = commands.add_parser("recognize", parents=[asking], help="name the digit in each picture")
    recognize.add_argument("pictures", metavar="PICTURE", nargs="+", type=Path, help="a picture of one digit")
    recognize.set_defaults(run=_recognize)

    score = commands.add_parser(
        "score", parents=[asking], help="measure the accuracy on a folder of your own pictures"
    )
    score.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        help="pictures named for their digit, such as 7_mine.png, or in folders named for it, such as "
        "7/mine.png, or listed in its INDEX.csv, columns path and label",
    )
    score.add_argument("--json", metavar="FILE", type=Path, help="write the score, and every answer, as JSON")
    score.add_argument("--sheet", metavar="FILE.png", type=Path, help="draw the misclassified pictures")
    score.set_defaults(run=_score)

    draw = commands.add_parser("draw", help="open the drawing pad in the browser, as a page of its own")
    draw.set_defaults(run=_draw)

    train = commands.add_parser("train", help="train the network and save it")
    train.add_argument("--model", type=Path, help="checkpoint to write (default: save/model.ckpt)")
    train.add_argument(
        "--configuration",
        choices=("plain", "robust"),
        default="plain",
        help="plain (default): notebook 02's, 2 minutes; robust: for strangers' pictures, 30 minutes",
    )
    train.add_argument(
        "--seed", type=int, default=0, help="for initial values, order and augmentation (default: 0)"
    )
    train.set_defaults(run=_train)

    doctor = commands.add_parser("doctor", help="examine the installation: one line a check, and the cure")
    doctor.set_defaults(run=_doctor)

    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may be more than a terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    return options.run(options)


def _recognize(options: argparse.Namespace) -> int:
    # Imported here: --help and a wrong command need no TensorFlow, which takes seconds to import.
    from mnist_helpers.checkpoint import CheckpointError
    from mnist_helpers.image_io import PictureError

    try:
        recognizer = _restored(options.model)
    except CheckpointError as error:
        return _fail(error, 1)
    code = 0
    pictures = [picture for given in options.pictures for picture in _expanded(given)]
    for picture in pictures:
        if picture.is_dir():
            what = (
                f"run mnist-kit score {picture} for its accuracy, recognize {picture / '*'} for its answers"
            )
            code = _fail(f"{picture} is a folder: {what}", 2)
            continue
        try:
            answer = recognizer.recognize(picture)
        except PictureError as error:
            code = _fail(error, 2)
            continue
        name = f"{picture}: " if len(pictures) > 1 else ""
        doubt = "" if answer.confident else " (not sure: it may be no digit, or a poor picture of one)"
        print(f"{name}The picture you imported is: {answer.digit}{doubt}", flush=True)
    return code


def _restored(model: Path | None) -> "Recognizer":
    """Restore the model, and say which it is and what its variables are called, where that is a surprise."""
    from mnist_helpers import paths
    from mnist_helpers.recognizer import Recognizer

    recognizer = Recognizer(model)
    found = recognizer.model
    if model is None and found not in (paths.SHIPPED_MODEL, paths.trained_model()):
        print(f"{found} is used, since there is no {paths.trained_model().name} beside it", file=sys.stderr)
    if recognizer.renamed:
        pairs = (f"{stored} is {name.rpartition('/')[2]}" for name, stored in recognizer.renamed.items())
        what = "its variables have other names and were matched by shape and order"
        print(f"{found}: {what}: {', '.join(pairs)}", file=sys.stderr)
    return recognizer


def _expanded(picture: Path) -> list[Path]:
    """Return the files that a pattern names: Windows' shells leave that to the program."""
    files = [] if picture.exists() else sorted(map(Path, glob.glob(str(picture))))
    return files or [picture]


def _score(options: argparse.Namespace) -> int:
    from mnist_helpers import folders, scoring

    try:
        found = folders.find(options.folder)
    except folders.FolderError as error:
        return _fail(error, 2)

    from mnist_helpers.checkpoint import CheckpointError

    try:
        recognizer = _restored(options.model)
    except CheckpointError as error:
        return _fail(error, 1)
    score = scoring.score(recognizer, options.folder, found)
    print(score.as_text(), flush=True)
    try:
        if options.json:
            with open(options.json, "w") as stream:
                json.dump(score.as_json(), stream, indent=1)
        if options.sheet:
            from mnist_helpers import figures

            more = int(score.confusion.sum() - score.confusion.trace()) - len(score.mistakes)
            figures.mistakes(score.mistakes, more).savefig(options.sheet, format="png")
    except OSError as error:
        return _fail(OSError(f"cannot write all that was asked for ({error}); choose another place"), 2)
    return 0


def _draw(options: argparse.Namespace) -> int:
    from voila.app import Voila

    print("The pad opens in your browser after some seconds; Ctrl-C ends it.", flush=True)
    Voila.launch_instance([str(Path(__file__).parent / "widgets" / "draw.ipynb")])
    return 0


def _train(options: argparse.Namespace) -> int:
    from mnist_helpers import paths, training
    from mnist_helpers.checkpoint import CheckpointError
    from mnist_helpers.datasets import DatasetError

    model = options.model or paths.trained_model()
    configuration = training.CONFIGURATIONS[options.configuration]
    try:
        result = training.train_and_save(model, configuration, options.seed)
    except (CheckpointError, DatasetError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:  # before the first step or after the last; in between, training ends well
        return _fail("interrupted before it began or while it saved; the model saved last is whole", 130)
    print(f"{'trained' if result.finished else 'interrupted'} after {result.seconds:.0f} s, saved as {model}")
    print(f"{result.accuracy:.2%} of MNIST's 10,000 test images are classified correctly")
    return 0 if result.finished else 130


def _doctor(options: argparse.Namespace) -> int:
    from mnist_helpers import doctor

    code = 0
    for finding in doctor.findings():
        print(finding, flush=True)
        code = code if finding.ok else 1
    return code


def _fail(error: Exception | str, code: int) -> int:
    print(f"mnist-kit: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
