"""A checkpoint gives back what was saved, or says in one line why not."""

import errno
import os
import random
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from article import write_checkpoint

from mnist_helpers import checkpoint, datasets, paths, staging
from mnist_helpers.checkpoint import CheckpointError
from mnist_helpers.graph import build_graph, predict
from mnist_helpers.manifest import manifest_of
from mnist_helpers.tf1 import tf


def restored(path: Path, images: np.ndarray) -> np.ndarray:
    """The probabilities that a freshly restored network gives."""
    with tf.Graph().as_default(), tf.Session() as session:
        network = build_graph()
        checkpoint.restore(session, network.variables, path)
        return predict(session, network, images)


def change_byte(file: Path, place: int, mask: int = 0x01) -> None:
    with open(file, "r+b") as stream:
        stream.seek(place)
        byte = stream.read(1)[0]
        stream.seek(place)
        stream.write(bytes([byte ^ mask]))


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        checkpoint.check(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_saved_comes_back_in_another_graph(tmp_path, mnist):
    images = mnist.test.images[:50]
    with tf.Session() as session:
        network = build_graph()
        session.run(tf.global_variables_initializer())
        before = predict(session, network, images)
        checkpoint.save(session, network.variables, tmp_path / "new folder" / "model.ckpt")
    np.testing.assert_array_equal(before, restored(tmp_path / "new folder" / "model.ckpt", images))


def test_adams_slots_are_not_saved(tmp_path):
    with tf.Session() as session:
        network = build_graph()
        tf.train.AdamOptimizer().minimize(tf.reduce_sum(network.logits))
        session.run(tf.global_variables_initializer())
        checkpoint.save(session, network.variables, tmp_path / "model.ckpt")
    assert len(checkpoint.check(tmp_path / "model.ckpt")) == 8
    assert (tmp_path / "model.ckpt.data-00000-of-00001").stat().st_size == 4 * 3_274_634


def test_article_checkpoint_is_restored_adams_slots_included(tmp_path, mnist):
    images, labels = mnist.test.images[:64], mnist.test.labels[:64]
    tf.set_random_seed(1)
    path = tmp_path / "text.ckpt"
    before = write_checkpoint(path, datasets.flatten(images), datasets.one_hot(labels))
    stored = checkpoint.check(path)
    assert stored["conv_layer1/Variable"] == [5, 5, 1, 32] and "conv_layer1/Variable/Adam_1" in stored
    np.testing.assert_allclose(restored(path, images), before, atol=1e-5)


def test_a_moved_folder_is_restored(copied_model, tmp_path, mnist):
    there = restored(copied_model, mnist.test.images[:20])
    moved = shutil.move(copied_model.parent, tmp_path / "elsewhere é")
    latest = tf.train.latest_checkpoint(str(moved))
    assert Path(latest) == tmp_path / "elsewhere é" / "model.ckpt"
    np.testing.assert_array_equal(there, restored(Path(latest), mnist.test.images[:20]))


# The index and the data are verified by TensorFlow's sums alone when no manifest says what was saved.
@pytest.mark.parametrize("masks", [[0x01], pytest.param([0x02, 0x10, 0x80, 0xFF], marks=pytest.mark.long)])
def test_every_changed_byte_of_the_index_is_refused(copied_model, masks):
    manifest_of(copied_model).unlink()
    index = copied_model.with_name("model.ckpt.index")
    good = index.read_bytes()
    checkpoint.check(copied_model)
    for place in range(len(good)):
        for mask in masks:
            index.write_bytes(good[:place] + bytes([good[place] ^ mask]) + good[place + 1 :])
            assert "do not match their sums" in refusal(copied_model), f"byte {place}"


def test_a_changed_byte_of_the_data_is_refused(copied_model):
    manifest_of(copied_model).unlink()
    data = copied_model.with_name("model.ckpt.data-00000-of-00001")
    size = data.stat().st_size
    # Each variable's sum covers all of its bytes; ends, borders and 60 places at random.
    borders = np.cumsum([800, 32, 51_200, 64, 3_211_264, 1_024, 10_240, 10]) * 4
    places = {0, size - 1, *borders[:-1], *(borders - 1), *random.Random(0).sample(range(size), 60)}
    for place in places:
        change_byte(data, place)
        assert "do not match their sums" in refusal(copied_model), f"byte {place}"
        change_byte(data, place)
    checkpoint.check(copied_model)


@pytest.mark.parametrize("file", ["model.ckpt.index", "model.ckpt.data-00000-of-00001"])
def test_half_a_set_and_a_file_that_breaks_off_are_refused(copied_model, file):
    manifest_of(copied_model).unlink()
    part = copied_model.with_name(file)
    size = part.stat().st_size
    # The index at each byte; the data where they do, and where a copy may: at a block's end, at nothing.
    ends = range(size - 1, -1, -1) if size < 1000 else (size - 1, size - 40, 13_090_816, size // 2, 4096, 0)
    for end in ends:
        os.truncate(part, end)
        assert "damaged" in refusal(copied_model), f"{end} of {size} bytes"
    part.unlink()
    message = refusal(copied_model)
    assert f"{file} is missing" in message and "copy the whole set" in message


@pytest.mark.parametrize("file", ["model.ckpt.meta", "checkpoint"])
def test_a_damaged_file_without_numbers_keeps_no_network_from_its_user_and_the_next_save_replaces_it(
    copied_model, file, mnist
):
    """Whoever restores has a graph and a path already; TensorFlow alone reads these two."""
    images, damaged = mnist.test.images[:5], copied_model.with_name(file)
    there, good = restored(copied_model, images), damaged.read_bytes()
    for bad in (b"", good[: len(good) // 2], good[::-1]):
        damaged.write_bytes(bad)
        np.testing.assert_array_equal(there, restored(copied_model, images))
    damaged.unlink()
    with tf.Session() as session:
        network = build_graph()
        checkpoint.restore(session, network.variables, copied_model)
        damaged.write_bytes(b"damaged")
        checkpoint.save(session, network.variables, copied_model)
    checkpoint.check(copied_model)
    assert tf.train.latest_checkpoint(str(copied_model.parent)) == str(copied_model)
    tf.reset_default_graph()
    with tf.Session() as session:
        tf.train.import_meta_graph(f"{copied_model}.meta").restore(session, str(copied_model))


def test_no_checkpoint_names_the_cure(tmp_path):
    message = refusal(tmp_path / "model.ckpt")
    assert "there is no checkpoint" in message and "mnist-kit train" in message


def test_another_networks_shapes_are_refused(tmp_path):
    with tf.Session() as session:
        W = tf.Variable(tf.zeros([5, 5, 1, 16]), name="conv_layer1/W_conv1")
        session.run(tf.global_variables_initializer())
        checkpoint.save(session, [W], tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match=r"W_conv1 is \[5, 5, 1, 16\], this graph's is \[5, 5, 1, 32\]"):
        restored(tmp_path / "model.ckpt", np.zeros((1, 28, 28), np.uint8))


def test_another_networks_names_are_refused(tmp_path):
    with tf.Session() as session:
        v = tf.Variable(tf.zeros([3]), name="dense/kernel")
        session.run(tf.global_variables_initializer())
        checkpoint.save(session, [v], tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match=r"has no conv_layer1/W_conv1.*dense/kernel"):
        restored(tmp_path / "model.ckpt", np.zeros((1, 28, 28), np.uint8))


def test_a_graph_built_twice_is_told_to_reset():
    build_graph()
    second = build_graph()
    with tf.Session() as session, pytest.raises(CheckpointError, match=r"reset_default_graph"):
        checkpoint.restore(session, second.variables, paths.SHIPPED_MODEL)


def test_a_refused_restore_changes_nothing(copied_model, mnist):
    change_byte(copied_model.with_name("model.ckpt.data-00000-of-00001"), 99)
    with tf.Session() as session:
        network = build_graph()
        session.run(tf.global_variables_initializer())
        before = predict(session, network, mnist.test.images[:5])
        with pytest.raises(CheckpointError):
            checkpoint.restore(session, network.variables, copied_model)
        np.testing.assert_array_equal(before, predict(session, network, mnist.test.images[:5]))


def test_saving_where_it_cannot_be_saved_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with tf.Session() as session:
        network = build_graph()
        session.run(tf.global_variables_initializer())
        with pytest.raises(CheckpointError, match="cannot be saved"):
            checkpoint.save(session, network.variables, tmp_path / "file" / "model.ckpt")


def test_your_own_model_comes_before_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_KIT_HOME", str(tmp_path))
    assert checkpoint.find_model() == paths.SHIPPED_MODEL
    (tmp_path / "model.ckpt.index").touch()
    assert checkpoint.find_model() == tmp_path / "model.ckpt"


def test_a_save_waits_for_another_program_s_and_says_so_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "LOCK_TIMEOUT", 0.1)
    W = tf.Variable(tf.zeros([3]))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with ThreadPoolExecutor(1) as other, staging.file_lock(tmp_path / "model.ckpt"):
            saved = other.submit(checkpoint.save, session, [W], tmp_path / "model.ckpt")
            refused = saved.exception()
        assert isinstance(refused, CheckpointError)
        assert re.search("another program has been saving there.*; end that", str(refused))
        checkpoint.save(session, [W], tmp_path / "model.ckpt")


@pytest.mark.parametrize("without", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP], ids=os.strerror)
def test_a_file_system_without_locks_takes_a_checkpoint_all_the_same(without, tmp_path, monkeypatch):
    def flock(*arguments):
        raise OSError(without, os.strerror(without))

    monkeypatch.setattr("fcntl.flock", flock)
    W = tf.Variable(tf.zeros([3]))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        checkpoint.save(session, [W], tmp_path / "model.ckpt")
    checkpoint.check(tmp_path / "model.ckpt")
