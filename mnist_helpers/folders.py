"""A folder of labelled pictures: find them, and say what their labels were read from.

Labels stand in an index file, in the names of folders (``7/img001.png``) or in those of the pictures
(``7_mine.png``). A number in a name may as well be a serial number, so the whole folder decides which
it is: serial numbers run from 0 or 1 without gaps, labels repeat and stay below 10. What remains open
is refused with both readings: an accuracy measured against serial numbers would look like any other.
"""

import csv
import io
import mimetypes
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mnist_helpers.image_io import PictureError, open_picture

INDEX = "INDEX.csv"
TABLES = (".csv", ".tsv", ".txt")
# What the two columns of an index are called, the likeliest first; small letters alone.
PATHS = "path filepath imagepath file filename image imagename img picture name id".split()
LABELS = "label digit truelabel truth class target y".split()

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LABEL_WORDS = ("class", "digit", "label", "num", "number", "target")  # the digit after one is the label
MANY = -1  # stands for a number of several digits
SAID = "said"  # the kind of names in which a word says that the digit is the label
# What is appended to the name of a copy: "7 (1)", "7 - Copy", "7 copy 2", "7 (another copy)".
COPY = re.compile(r"[ _-]*(\((\d+|[^()]*copy)\)|\b(copy|kopie|copie|copia)([ _]?\d+)?)$", re.IGNORECASE)
CURE = (
    "begin each picture's name with its digit and an underscore, as in 7_mine.png, put each digit's pictures "
    f"into a folder of that name, as in 7/mine.png, or list them in {INDEX}, columns path and label"
)
CURE_OF_TWO = (
    "rename them so that the label comes first and is the only number, as in 7_mine.png, or list them in "
    f"{INDEX}, columns path and label"
)


class FolderError(Exception):
    """A folder cannot be scored; the message is one line with the cause and the cure."""


class Found(NamedTuple):
    """The labelled pictures of a folder; at least one."""

    pictures: list[tuple[str, int]]  # path below the folder, with slashes; label, 0 to 9
    labels_from: str  # what the labels were read from, an example, and how many pictures have none


class _Name(NamedTuple):
    """A picture's name, taken apart."""

    path: str  # below the folder, with slashes
    parent: str  # its folder
    words: tuple[str, ...]  # in small letters
    numbers: tuple[str, ...]
    kind: str  # N for a number, W for words: 7_mine is NW, img_7_01 is WNN
    said: int | None  # the digit that a word calls the label, as in digit7; MANY: it says digit12


class _TwoReadings(Exception):
    """Names of one kind can be read in two ways; the message says how, with an example."""


def find(folder: Path) -> Found:
    """Find the labelled pictures in a folder and below it.

    An INDEX.csv lists them, or another table with a column of paths and one of labels. Otherwise the
    labels are in the names of folders or pictures. Hidden files and folders are left out, and what is no
    picture by its extension or, if that says nothing, by its content.

    Raises FolderError if nothing can be scored, an index cannot be used, or names have two readings.
    """
    if not folder.is_dir():
        raise FolderError(f"there is no folder {folder}: check the path")
    pictures = _pictures(folder)
    labels, labels_from = _indexed(folder, pictures) or _named(folder, pictures)
    unlabelled = [path for path in pictures if path not in labels]
    if unlabelled:
        few = f"{len(unlabelled):,}, such as {unlabelled[0]}"
        labels_from += f"; without a clear label, and not scored: {few}"
    return Found(list(labels.items()), labels_from)


def _pictures(folder: Path) -> list[str]:
    """Paths below the folder of all pictures, damaged ones too, with slashes and in order."""

    def stop(error: OSError) -> None:
        raise FolderError(f"{error.filename} cannot be read ({error.strerror}): change its access rights")

    found = []
    for parent, inner, names in os.walk(folder, onerror=stop):
        inner[:] = [name for name in inner if not name.startswith((".", "__MACOSX"))]
        for name in names:
            file = Path(parent, name)
            kind, _ = mimetypes.guess_type(name, strict=False)
            if not name.startswith(".") and (kind.startswith("image/") if kind else _opens(file)):
                found.append(file.relative_to(folder).as_posix())
    return sorted(found)


def _opens(file: Path) -> bool:
    """Whether a file that has no known extension is a picture."""
    try:
        open_picture(file)
    except PictureError:  # whatever it is, nothing says that it should be a picture
        return False
    return True


def _indexed(folder: Path, pictures: list[str]) -> tuple[dict[str, int], str] | None:
    """Labels by path, and what they are from; None without an index."""
    tables = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in TABLES and file.is_file()]
    index = next((file for file in tables if file.name.lower() == INDEX.lower()), None)
    usable = {}
    for table in [index] if index else tables:
        try:
            if read := _read(table, pictures, table == index):
                usable[table.name] = read
        except (OSError, csv.Error) as error:
            if index:
                raise FolderError(f"{index} cannot be read ({error}): save it as CSV in UTF-8") from error
    if len(usable) > 1:
        raise FolderError(f"{' and '.join(usable)} in {folder} both list labels; call the right one {INDEX}")
    return next(iter(usable.values()), None)


def _read(table: Path, pictures: list[str], must: bool) -> tuple[dict[str, int], str] | None:
    """Read labels by path, and what they are from; None if the table is no index, unless it must be."""
    rows, columns, source = _columns(table)
    by_name = defaultdict(set)  # for tables that leave out the folder or the extension
    for picture in map(PurePosixPath, pictures):
        by_name[picture.name.lower()].add(str(picture))
        by_name[picture.stem.lower()].add(str(picture))
    labels: dict[str, int] = {}
    for row in rows if source else ():
        if len(row) <= max(columns) or (label := _digit(row[columns[1]])) is None:
            continue
        path = _below(table, row[columns[0]], by_name)
        if labels.setdefault(path, label) != label:
            raise FolderError(
                f"{table} cannot be used: it gives {path!r} the labels {labels[path]} and {label}"
            )
    if not must and not any(PurePosixPath(path).suffix for path in labels):  # names of persons, say
        return None
    if not source:
        what = f"its first line must name the columns path, label; it is {', '.join(*rows)!r}"
    elif not labels:
        what = "it has nothing to score: no row has a label from 0 to 9"
    elif not any(os.path.isfile(table.parent / path) for path in labels):
        what = f"{next(iter(labels))!r} is not there, nor any other; give paths from its own folder, in UTF-8"
    else:
        return labels, source + _examples([next(iter(labels))], labels)
    raise FolderError(f"{table} cannot be used: {what}")


def _columns(table: Path) -> tuple[list[list[str]], tuple[int, int], str]:
    """Rows of a table, where paths and labels stand in them, and its name and headings, "" if it has none."""
    text = _text(table)
    first: list[str] = []
    for delimiter in ",;\t| ":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        rows = ([cell.strip() for cell in row] for row in reader)
        head = next(rows, [])
        first = max(first, head, key=len)
        if delimiter == " " and len(head) != 2:  # prose
            continue
        plain = [re.sub("[^a-z]", "", heading.lower()) for heading in head]
        path, label = (next((name for name in names if name in plain), "") for names in (PATHS, LABELS))
        if path and label:
            columns = plain.index(path), plain.index(label)
            return list(rows), columns, f"{table.name}, columns {' and '.join(head[at] for at in columns)}"
        for columns in ((0, 1), (1, 0)) if len(head) == 2 else ():
            if os.path.isfile(table.parent / head[columns[0]]) and _digit(head[columns[1]]) is not None:
                return [head, *rows], columns, f"{table.name}, which has no headings"
    return [first], (0, 0), ""


def _text(table: Path) -> str:
    """Return the table's text, without what spreadsheets write before it: a byte-order mark, ``sep=;``."""
    data = table.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:  # as the system reads the names of files, which may be in an old encoding
        text = data.decode("utf-8-sig", "surrogateescape")
    return re.sub(r"\Asep=.\r?\n", "", text, flags=re.IGNORECASE)


def _below(table: Path, cell: str, by_name: dict[str, set[str]]) -> str:
    """Path of a picture that an index lists, below the index's folder."""
    path = PurePosixPath(cell.replace("\\", "/"))  # Windows' backslashes
    if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:/", str(path)):
        raise FolderError(f"{table} cannot be used: {cell} is not below its folder; move it there")
    if os.path.isfile(table.parent / path):
        return str(path)
    alike = by_name.get(str(path).lower(), set())
    return next(iter(alike)) if len(alike) == 1 else str(path)


def _digit(text: str) -> int | None:
    """Return the one digit that a label says: 7, 7.0, digit_7, seven, 7 - seven."""
    number = _number(re.sub(r"[.,]0*\s*$", "", text))
    return None if number == MANY else number


def _number(text: str) -> int | None:
    """Return the one number that a text says, ``MANY`` if of several digits; None if it says more."""
    said = {_value(token) for token in _tokens(text) if token not in LABEL_WORDS}
    return said.pop() if len(said) == 1 and not text.lstrip().startswith("-") else None


def _value(token: str) -> int | None:
    if token.isdecimal():
        return int(token) if len(token) == 1 else MANY
    return DIGITS.index(token) if token in DIGITS else None


def _tokens(text: str) -> list[str]:
    return re.findall(r"[0-9]+|[^\W\d_]+", text.lower())


def _named(folder: Path, pictures: list[str]) -> tuple[dict[str, int], str]:
    """Labels by path, and what they are from."""
    if not pictures:
        raise FolderError(f"{folder} holds nothing to score: there is no picture in it; {CURE}")
    stems = {os.path.splitext(path)[0] for path in pictures}
    names = [_parsed(PurePosixPath(path), stems) for path in pictures]
    if any(name.said == MANY for name in names):  # digit12: the digits after this word number the pictures
        names = [name._replace(said=None) for name in names]
    kinds = defaultdict(list)
    for name in names:
        kinds[name.kind if name.said is None else SAID].append(name)
    labels: dict[str, int] = {}
    examples: list[str] = []
    doubts: dict[str, str] = {}
    for kind, alike in kinds.items():
        try:
            if found := _labels(kind, alike):
                labels |= found
                two = (name.path for name in alike if len(set(name.numbers)) > 1)  # tells which was taken
                examples.append(next(two, alike[0].path))
        except _TwoReadings as error:
            doubts |= dict.fromkeys((name.path for name in alike), str(error))
    first = {name.path: name.numbers[0] for name in names if name.kind[:1] == "N"}
    if len(labels) >= len(doubts) and all(first.get(path) == str(label) for path, label in labels.items()):
        labels |= {path: int(first[path]) for path in doubts if len(first.get(path, "")) == 1}
        doubts = {path: why for path, why in doubts.items() if path not in labels}
    try:
        by_folder = _labels_of_folders(pictures)
        own = _digit(folder.resolve().name)
        runs = _by_key((name.parent, labels[name.path]) for name in names if name.path in labels)
        if not by_folder and own is not None and _gaps(runs) <= len(labels):
            by_folder = dict.fromkeys(pictures, own)  # no numbers in the names but those that count
        if by_folder and _folders_win(by_folder, labels, kinds):
            two = (path for path, label in by_folder.items() if str(label) not in PurePosixPath(path).name)
            return by_folder, "the folders' names" + _examples([next(two, next(iter(by_folder)))], by_folder)
        if len(doubts) > len(labels):
            raise _TwoReadings(next(iter(doubts.values())))
    except _TwoReadings as error:
        raise FolderError(f"{folder} cannot be scored: {error}; {CURE_OF_TWO}") from None
    if not labels:
        numbered = (name.path for name in names if any(len(number) > 1 for number in name.numbers))
        such = next(numbered, pictures[0])
        raise FolderError(f"{folder} holds nothing to score: names such as {such} give no label; {CURE}")
    return dict(sorted(labels.items())), "the files' names" + _examples(examples[:3], labels)


def _parsed(path: PurePosixPath, stems: set[str]) -> _Name:
    stem = path.stem
    while (shorter := COPY.sub("", stem)) not in ("", stem):
        stem = shorter
    numbered = re.fullmatch(r"(.*[^ _~-])[ _~-]+[0-9]+", stem)
    if numbered and str(path.parent / numbered[1]) in stems:  # 7-2 beside 7
        stem = numbered[1]
    tokens = _tokens(stem)
    numbers = tuple(token for token in tokens if token.isdecimal())
    words = tuple(token for token in tokens if not token.isdecimal())
    said = [_value(token) for word, token in pairwise(tokens) if word in LABEL_WORDS and token.isdecimal()]
    kind = re.sub("W+", "W", "".join("N" if token.isdecimal() else "W" for token in tokens))
    return _Name(str(path), str(path.parent), words, numbers, kind, said[0] if said else None)


def _labels(kind: str, names: list[_Name]) -> dict[str, int]:
    """Labels by path of names of one kind; none if no number in them is always a single digit."""
    if kind == SAID:
        return {name.path: name.said for name in names if name.said is not None}
    columns = list(zip(*(name.numbers for name in names), strict=True))
    places = [at for at, column in enumerate(columns) if all(len(number) == 1 for number in column)]
    if len(columns) > 2:  # of dates and times, no number between others
        ends = [0] * (kind[0] == "N") + [len(columns) - 1] * (kind[-1] == "N")
        places = [at for at in places if at in ends]
    if len(places) == 2 and columns[places[0]] == columns[places[1]]:
        places.pop()
    if not places:
        return {}
    place = _more_like_a_label(kind, names, *places) if len(places) == 2 else places[0]
    if len(places) == 1 and (place or kind[0] != "N"):
        # img3: unless other numbers tell the pictures apart, this one may have been given to do so.
        runs = _runs(names, place)
        alone = len(runs) == len({(name.parent, name.words) for name in names})
        ten_each = len(runs) > 1 and all(len(run) == 10 for run in runs)
        if alone and not ten_each and _gaps(runs) < len(names):
            path, digit = names[0].path, names[0].numbers[place]
            raise _TwoReadings(f"{path} may have the label {digit}, or be number {digit} of a series")
    return {name.path: int(name.numbers[place]) for name in names}


def _more_like_a_label(kind: str, names: list[_Name], first: int, last: int) -> int:
    """Which of two numbers in the names is the label, if the other counts the pictures."""
    numbers = {place: {name.numbers[place] for name in names} for place in (first, last)}
    ten_each = {place: all(len(run) == 10 for run in _runs(names, place)) for place in (first, last)}
    gaps = {place: _gaps_of_a_series(names, place) for place in (first, last)}
    if any(ten_each.values()):  # digits and serial numbers alike: 0 to 9, so nothing but our own layout tells
        if kind[0] == "N" and not ten_each[last]:
            return first
    elif gaps[first] >= max(2 * gaps[last], gaps[last] + 2):
        if len(numbers[first]) > 1 or 2 * gaps[last] <= len(names):
            return first
    elif gaps[last] >= max(2 * gaps[first], gaps[first] + 2) and 4 * gaps[first] <= len(names) >= 3:
        return last
    name = next(name for name in names if name.numbers[first] != name.numbers[last])
    both = f"{name.numbers[first]}, the first number in its name, or {name.numbers[last]}, the last"
    raise _TwoReadings(f"{name.path} may have the label {both}")


def _runs(names: list[_Name], place: int) -> list[set[int]]:
    """Return what the number takes for values while all else in the name stays."""
    return _by_key(
        ((name.parent, name.words, name.numbers[:place], name.numbers[place + 1 :]), int(name.numbers[place]))
        for name in names
    )


def _by_key(pairs: Iterable[tuple[object, int]]) -> list[set[int]]:
    groups = defaultdict(set)
    for key, number in pairs:
        groups[key].add(number)
    return list(groups.values())


def _gaps(runs: Iterable[set[int]]) -> int:
    """How many numbers are left out if each run counts from 0 or 1."""
    return sum(max(run) + (0 in run) - len(run) for run in runs)


def _gaps_of_a_series(names: list[_Name], place: int) -> int:
    """Return the same if the number counts all pictures, or those alone that share the other number."""
    gaps = _gaps(_runs(names, place))
    folders = _by_key((name.parent, int(name.numbers[place])) for name in names)
    return min(gaps, _gaps(folders)) if sum(map(len, folders)) == len(names) else gaps


def _labels_of_folders(pictures: list[str]) -> dict[str, int]:
    """Labels by path, of the pictures that are below a folder named for a digit."""
    parents = {path: PurePosixPath(path).parents for path in pictures}
    numbers = {parent: _number(parent.name) for above in parents.values() for parent in above}
    counted = {parent.parent for parent, number in numbers.items() if number == MANY}  # 1 to 12: no digits
    labels = {}
    for path, above in parents.items():
        said = [number for at in above if (number := numbers[at]) is not None and at.parent not in counted]
        if len(set(said)) > 1:
            raise _TwoReadings(f"{path} may have the label {said[0]} or {said[1]}, by its folders' names")
        if said:
            labels[path] = said[0]
    return labels


def _folders_win(by_folder: dict[str, int], labels: dict[str, int], kinds: dict[str, list[_Name]]) -> bool:
    """Whether the labels of the folders' names are taken, rather than those of the pictures'."""
    digits = set(by_folder.values())
    for kind, alike in kinds.items():
        names = [name for name in alike if name.path in by_folder and name.path in labels]
        other = next((name.path for name in names if labels[name.path] != by_folder[name.path]), None)
        if other is None:
            continue
        if kind != SAID:
            columns = zip(*(name.numbers for name in names), strict=True)
            runs = _by_key((name.parent, labels[name.path]) for name in names)
            ten_each = all(len(run) == 10 for run in runs) and len(digits) < 10  # folders of 3 persons, say
            if [str(by_folder[name.path]) for name in names] in map(list, columns):  # 7/0_7.png
                continue
            if len(digits) > 1 and not ten_each and _gaps(runs) < len(names):  # 7/1.png, 7/2.png, 8/1.png
                continue
        both = f"{by_folder[other]}, by its folder's name, or {labels[other]}, by its own"
        raise _TwoReadings(f"{other} may have the label {both}")
    outside = next((path for path in labels if path not in by_folder), None)
    inside = next((path for path, label in by_folder.items() if labels.get(path) != label), None)
    if outside and inside:
        raise _TwoReadings(f"the label of {inside} stands in its folder's name, that of {outside} in its own")
    return not outside


def _examples(paths: Iterable[str], labels: dict[str, int]) -> str:
    return f" ({', '.join(f'{labels[path]} for {path}' for path in paths)})"
