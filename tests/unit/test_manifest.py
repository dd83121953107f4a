"""Every file of a saved set is verified by its manifest; without one, TensorFlow's own sums decide."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mnist_helpers import checkpoint, paths
from mnist_helpers.checkpoint import CheckpointError
from mnist_helpers.manifest import manifest_of
from mnist_helpers.tf1 import tf

FILES = [
    "model.ckpt.index",
    "model.ckpt.data-00000-of-00001",
    "model.ckpt.meta",
    "predictions.npy",
    "model.ckpt.sha256",
]


def save(path: Path, number: float, saver: bool = False) -> Path:
    """Save a small network, all of whose numbers are that one: with the kit, or with TensorFlow alone."""
    path.parent.mkdir(exist_ok=True)
    with tf.Graph().as_default(), tf.Session() as session:
        variables = [
            tf.Variable(tf.fill([30, 30], number), name="W"),
            tf.Variable(tf.fill([9], number), name="b"),
        ]
        session.run(tf.global_variables_initializer())
        if saver:
            tf.train.Saver().save(session, str(path))
        else:
            checkpoint.save(session, variables, path, np.full(100, number, np.float32))
    return path


def number_at(path: Path) -> float:
    with tf.Graph().as_default(), tf.Session() as session:
        W = tf.Variable(tf.zeros([30, 30]), name="W")
        checkpoint.restore(session, [W], path)
        return session.run(W)[0, 0]


@pytest.fixture
def model(tmp_path) -> Path:
    return save(tmp_path / "kit" / "model.ckpt", 1.0)


@pytest.fixture
def other(tmp_path) -> Path:
    return save(tmp_path / "other" / "model.ckpt", 2.0)


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        checkpoint.check(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_shipped_model_has_a_manifest_and_matches_it():
    assert manifest_of(paths.SHIPPED_MODEL).exists()
    assert len(checkpoint.check(paths.SHIPPED_MODEL)) == 8


@pytest.mark.parametrize("file", FILES[:-1])
def test_every_flipped_bit_is_refused_and_the_file_named(model, file):
    damaged = model.with_name(file)
    good = damaged.read_bytes()
    bits = {0, 8 * len(good) - 1, *random.Random(0).sample(range(8 * len(good)), 150)}
    for bit in bits:
        byte = bytes([good[bit // 8] ^ 1 << bit % 8])
        damaged.write_bytes(good[: bit // 8] + byte + good[bit // 8 + 1 :])
        assert refusal(model) == (
            f"the checkpoint {model} is damaged, or mixed from two: {file} is not what was saved; "
            "copy the whole set again, or train again (notebook 02)"
        ), f"bit {bit}"
    damaged.write_bytes(good + b"\0")
    assert f"{file} is not what was saved" in refusal(model)
    damaged.write_bytes(good)
    checkpoint.check(model)


def test_a_damaged_manifest_is_refused(model):
    manifest = manifest_of(model)
    good = manifest.read_bytes()
    for end in range(0, len(good) - 1, 3):
        manifest.write_bytes(good[:end])
        assert "model.ckpt.sha256 is not what was saved" in refusal(model), f"breaks off after {end} bytes"
    beginnings = {place for name in re.finditer(b"model.ckpt", good) for place in range(*name.span())}
    for place in set(range(len(good))) - beginnings:
        manifest.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert refusal(model), f"byte {place}"
    manifest.write_bytes(good.replace(b"\n", b"\r\n"))  # as git may write it on Windows
    checkpoint.check(model)


def test_a_damaged_meta_or_predictions_keep_no_network_from_its_user(model):
    for file in ("model.ckpt.meta", "predictions.npy", "model.ckpt.sha256"):
        model.with_name(file).write_bytes(b"damaged")
        assert number_at(model) == 1


def test_a_set_mixed_from_two_is_refused(model, other):
    for file in FILES[:-1]:
        good = model.with_name(file).read_bytes()
        shutil.copy(other.with_name(file), model.parent)
        assert f"mixed from two: {file} is not what was saved" in refusal(model)
        model.with_name(file).write_bytes(good)
    checkpoint.check(model)
    shutil.copy(manifest_of(other), model.parent)
    assert "model.ckpt.sha256 is of another save" in refusal(model)


def test_a_set_without_manifest_is_taken_as_far_as_tensorflows_own_sums_go(tmp_path):
    path = save(tmp_path / "article" / "text.ckpt", 3.0, saver=True)
    assert checkpoint.check(path) == {"W": [30, 30], "b": [9]} and number_at(path) == 3
    data = path.with_name("text.ckpt.data-00000-of-00001")
    data.write_bytes(data.read_bytes().replace(np.float32(3).tobytes(), np.float32(4).tobytes(), 1))
    assert "its bytes do not match their sums; copy the whole set again" in refusal(path)


def test_where_tensorflows_saver_wrote_over_a_set_the_new_network_is_used_and_the_rest_named(
    model, monkeypatch
):
    save(model, 3.0, saver=True)
    shutil.copytree(
        save(model.parent.parent / "killed" / "model.ckpt", 4.0).parent, model.parent / ".model.ckpt.1"
    )
    monkeypatch.setenv("MNIST_KIT_HOME", str(model.parent))
    assert checkpoint.find_model() == model and number_at(model) == 3
    assert refusal(model) == (
        f"the checkpoint {model} can be restored, but model.ckpt.sha256 is of another save: "
        "TensorFlow's own Saver wrote over the set, or two sets were mixed; "
        "remove model.ckpt.sha256, and predictions.npy if it is as old"
    )
    manifest_of(model).unlink()
    model.with_name("predictions.npy").unlink()
    checkpoint.check(model)
    save(model, 5.0)
    checkpoint.check(model)
    assert number_at(model) == 5


def test_a_set_may_be_copied_without_its_predictions_but_not_without_another_file(model):
    model.with_name("predictions.npy").unlink()
    checkpoint.check(model)
    for file in FILES[:3]:
        away = model.with_name(file).rename(model.with_name("away"))
        assert refusal(model) == (
            f"the checkpoint {model} is only half there, {file} is missing: "
            "copy the whole set again, or train again (notebook 02)"
        )
        away.rename(model.with_name(file))


def test_predictions_of_the_network_before_are_no_part_of_a_set(model):
    with tf.Graph().as_default(), tf.Session() as session:
        W = tf.Variable(tf.zeros([3]), name="W")
        session.run(W.initializer)
        checkpoint.save(session, [W], model)
    assert not model.with_name("predictions.npy").exists()
    checkpoint.check(model)


def test_a_set_may_be_renamed_and_moved(model, tmp_path):
    moved = shutil.copytree(model.parent, tmp_path / "elsewhere é")
    for file in list(moved.glob("model.ckpt.*")):
        file.rename(moved / file.name.replace("model.ckpt", "best v1.0"))
    checkpoint.check(moved / "best v1.0")
    assert number_at(moved / "best v1.0") == 1
    (moved / "best v1.0.meta").write_bytes(b"")
    assert "best v1.0.meta is not what was saved" in refusal(moved / "best v1.0")


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="GNU's tool")
def test_the_manifest_is_one_that_sha256sum_checks(model):
    ask = ["sha256sum", "--check", "--strict", "model.ckpt.sha256"]
    assert subprocess.run(ask, cwd=model.parent, capture_output=True).stdout.count(b": OK\n") == 4
    model.with_name("model.ckpt.meta").write_bytes(b"")
    assert b"model.ckpt.meta: FAILED" in subprocess.run(ask, cwd=model.parent, capture_output=True).stdout
