"""Damaged files of every format that Pillow knows, by thousands: each is read or refused within limits."""

import shutil

import pytest
from damaged_files import CORPUS, READ, mutated
from read_apart import check_limits, read_apart


def test_every_file_is_read_or_refused_before_it_is_damaged(tmp_path):
    reports = read_apart(CORPUS, tmp_path)
    assert {name for name in CORPUS if check_limits(name, reports) is None} == set(READ)


@pytest.mark.parametrize(
    "count", [400, pytest.param(20_000, marks=[pytest.mark.long, pytest.mark.timeout(7_200)])]
)
def test_a_damaged_file_is_read_or_refused_within_limits(count, tmp_path):
    refused = 0
    for first in range(0, count, 400):
        files = dict(map(mutated, range(first, first + 400)))
        (folder := tmp_path / str(first)).mkdir()
        reports = read_apart(files, folder)
        for name in files:
            refused += check_limits(name, reports) is not None
        shutil.rmtree(folder)
    assert 0.3 * count < refused < 0.9 * count, (
        "the damage is such that nothing is decoded, or nothing refused"
    )
