"""The drawing pad in a real browser: what a user draws, brings and presses is answered."""

import base64
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import jupyter_pages
import numpy as np
import pytest
from damaged_files import mutated
from hostile_files import ANSWER, EITHER, HOSTILE
from jupyter_pages import PadOnPage, execute, executed
from PIL import Image, ImageOps
from playwright.sync_api import Page, expect

from mnist_helpers.image_io import list_pictures
from mnist_helpers.recognizer import Answer, Recognizer

ROOT = Path(__file__).parents[2]
STROKES = {
    int(digit): strokes for digit, strokes in json.loads((ROOT / "tests/strokes.json").read_text()).items()
}
SAMPLES, _ = list_pictures(ROOT / "images")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M5 1V9" stroke="black"/></svg>'
PAD = ("from mnist_helpers.widgets import Pad", "pad = Pad()\npad")


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("server") / "notebooks"
    folder.mkdir()
    for name in ("pad.ipynb", "seven.ipynb"):
        jupyter_pages.write_notebook(folder / name, *PAD)
    views = "pad = Pad()\ndisplay(pad, pad)"
    jupyter_pages.write_notebook(folder / "views.ipynb", PAD[0], views, *["pass"] * 80)
    return folder


@pytest.fixture(scope="module")
def server(notebooks) -> Iterator[str]:
    with jupyter_pages.jupyter(notebooks) as address:
        yield address


@pytest.fixture(scope="module")
def lab(chromium, server) -> Iterator[Page]:
    """The notebook that most tests share, open in JupyterLab."""
    allowed = ["clipboard-read", "clipboard-write"]
    with jupyter_pages.page(chromium, has_touch=True, permissions=allowed) as page:
        jupyter_pages.open_notebook(page, server, "pad.ipynb")
        yield page


@pytest.fixture
def pad(lab) -> Iterator[PadOnPage]:
    """Its pad, empty; nothing may go wrong on the page meanwhile."""
    pad = PadOnPage(lab)
    pad.empty()
    yield pad
    assert jupyter_pages.faults(lab) == []


@pytest.fixture(scope="module")
def views(chromium, server, lab) -> Iterator[Page]:
    """A long notebook with two views of one pad."""
    jupyter_pages.share_kernel(server, "views.ipynb", "pad.ipynb")
    with jupyter_pages.page(chromium) as page:
        jupyter_pages.open_notebook(page, server, "views.ipynb")
        yield page


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer()  # the pad's own choice


def says(answer: Answer) -> str:
    confidence = f"{100 * answer.confidence:.0f} %"
    return f"This is a {answer.digit} ({confidence})" if answer.confident else "Not sure"


def is_answer(digit: int, said: str) -> bool:
    return said.startswith(f"This is a {digit} (")


def file(data: bytes, name: str, type: str) -> dict:
    """A file for the browser's chooser."""
    return {"name": name, "mimeType": type, "buffer": data}


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_a_browser_ci_fails_and_others_skip(ci, outcome, monkeypatch):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(outcome, match="install chromium"):
        jupyter_pages.chromium()


# ---- drawing


def test_ten_digits_drawn_by_mouse_are_recognized(pad):
    pad.status.evaluate(
        """status => { let up = 0; window.waits = [];
        const sheet = status.closest('.mnist-pad').querySelector('canvas');
        sheet.addEventListener('pointerup', () => { up = performance.now() }, true);
        new MutationObserver(() => {
          if (up && !status.ariaBusy) { window.waits.push(performance.now() - up); up = 0 }
        }).observe(status, { attributeFilter: ['aria-busy'] }) }"""
    )
    for digit, strokes in STROKES.items():
        pad.empty()
        for number in range(len(strokes)):
            said = pad.draw(strokes[number : number + 1])
        assert is_answer(digit, said), f"a {digit} was drawn: {said}"
    waits = pad.page.evaluate("window.waits")
    assert len(waits) == sum(map(len, STROKES.values()))
    median, late = np.percentile(waits, [50, 95])
    print(f"pen up to answer: median {median:.0f} ms, 95th percentile {late:.0f} ms, {len(waits)} times")


def test_a_digit_drawn_by_finger_is_recognized(pad):
    assert is_answer(3, pad.touch(STROKES[3]))


def test_a_digit_drawn_by_stylus_is_recognized(pad):
    assert is_answer(4, pad.write(STROKES[4]))


def test_a_digit_is_drawn_with_the_keyboard_alone(pad):
    keys = pad.page.keyboard
    pad.page.locator(".jp-Notebook").focus()
    focused = "sheet => document.activeElement === sheet"
    for _ in range(40):
        if pad.sheet.evaluate(focused):
            break
        keys.press("Tab")
    assert pad.sheet.evaluate(focused), "Tab does not reach the sheet"
    assert "arrow keys" in pad.status.inner_text()
    for key in ["ArrowUp"] * 14 + [" "] + ["ArrowDown"] * 28 + [" "]:
        keys.press(key)
    assert is_answer(1, pad.answered())
    keys.press("Tab")
    assert pad.button("Undo").evaluate("button => document.activeElement === button")


def test_keys_take_back_and_clear(pad):
    keys = pad.page.keyboard
    one, both = pad.draw(STROKES[4][:1]), pad.draw(STROKES[4][1:])
    keys.press("Backspace")
    assert pad.answered() == one != both
    keys.press("Delete")
    assert pad.answered().startswith("Draw a digit")


def test_pressing_d_twice_deletes_no_cell(pad):
    cells = pad.page.locator(".jp-CodeCell")
    for place in (pad.sheet, pad.button("Undo"), pad.root.get_by_role("slider"), pad.root.locator("summary")):
        place.focus()
        pad.page.keyboard.press("d")
        pad.page.keyboard.press("d")
        assert cells.count() == 2


def test_undo_and_clear(pad):
    blank = pad.looks()
    one = pad.draw(STROKES[4][:1])
    looks = pad.looks()
    pad.draw(STROKES[4][1:])
    pad.button("Undo").click()
    assert (pad.answered(), pad.looks()) == (one, looks)
    pad.button("Clear").click()
    assert pad.answered().startswith("Draw a digit") and pad.looks() == blank


def test_a_wider_pen_changes_what_the_network_sees(pad):
    slider = pad.root.get_by_role("slider", name="Pen width")
    pad.draw(STROKES[2])
    looks, seen = pad.looks(), pad.seen()
    slider.fill("0.12")
    pad.answered()
    assert pad.looks() != looks and pad.seen() != seen
    slider.fill("0.06")
    pad.answered()
    assert (pad.looks(), pad.seen()) == (looks, seen)


def test_live_it_answers_while_the_pen_is_down(pad):
    live = pad.root.get_by_role("checkbox", name="live")
    live.check()
    first, *rest = pad.points(STROKES[0][0])
    pad.page.mouse.move(*first)
    pad.page.mouse.down()
    for point in rest[:-1]:
        pad.page.mouse.move(*point)
    expect(pad.status).to_have_text(re.compile("This is a|Not sure"))
    pad.answered()
    pad.page.mouse.move(*rest[-1])  # asks with all of the stroke; pen up has nothing to add
    pad.answered()
    pad.page.mouse.up()
    live.uncheck()
    assert is_answer(0, pad.answered())


# ---- a kernel that has no time, or was restarted

# The kernel waits for what is written to a pipe of this name.
ASLEEP = "open({pipe!r}).read()"
LOOP = """import os, select
pipe = os.open({pipe!r}, os.O_RDONLY | os.O_NONBLOCK)
while not select.select([pipe], [], [], 0)[0]: pass"""
# C code that lets no other thread run, so that not even subshells answer.
FROZEN = "import ctypes, os; ctypes.PyDLL(None).open({pipe!r}.encode(), os.O_RDONLY)"
# Behind the pad's own listener: whether there is ink where the pointer is, and how long it took, ms.
WATCH_INK = """sheet => {
  let start = 0;
  window.inks = [];
  window.watching = new AbortController();
  const { signal } = window.watching;
  sheet.parentElement.addEventListener(
    'pointermove', () => { start = performance.now() }, { signal, capture: true });
  sheet.addEventListener('pointermove', event => {
    if (!event.buttons) return;
    const box = sheet.getBoundingClientRect(), scale = sheet.width / box.width;
    const at = [event.clientX - box.left, event.clientY - box.top].map(part => Math.round(part * scale));
    const ink = sheet.getContext('2d').getImageData(...at, 1, 1).data[3];
    window.inks.push([ink, performance.now() - start]);
  }, { signal });
}"""


@pytest.mark.parametrize(
    ("code", "says"),
    [(ASLEEP, "This is a 7"), (LOOP, "This is a 7"), (FROZEN, "kernel is busy")],
    ids=["asleep", "in a loop", "frozen"],
)
def test_while_the_kernel_is_busy_ink_is_there_at_once_and_the_answer_comes(pad, code, says, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pad.sheet.evaluate(WATCH_INK)
    execute(pad.page, code.format(pipe=str(pipe)))
    try:
        pad.ink(STROKES[7])
        expect(pad.status).to_contain_text(says)
    finally:
        pipe.write_text("go on")
        pad.page.evaluate("window.watching.abort()")
    assert executed(pad.page) == "ok"
    assert is_answer(7, pad.answered())
    inks, waits = zip(*pad.page.evaluate("window.inks"), strict=True)
    assert len(inks) >= 20 and all(inks)  # before the browser paints its next frame
    print(f"ink: {max(waits):.1f} ms at most")


SCROLL = "number => window.jupyterapp.shell.currentWidget.content.scrollToItem(number)"
# From the next load on, cells out of sight leave the page.
WINDOWING = """() => window.jupyterapp.serviceManager.settings.save(
    '@jupyterlab/notebook-extension:tracker', '{"windowingMode": "full"}')"""


def test_two_views_show_the_same_also_after_scrolling_away_and_reloading(views):
    first, second = PadOnPage(views), PadOnPage(views, 1)
    views.evaluate(SCROLL, 1)
    first.sheet.scroll_into_view_if_needed()
    expect(first.sheet).to_be_in_viewport(ratio=1)
    empty = second.looks()
    said = first.draw(STROKES[5])
    expect(second.status).to_have_text(said)
    looks = first.looks()
    assert is_answer(5, said) and second.looks() == looks != empty

    scroll_away_and_back(first)
    assert (first.answered(), first.looks(), second.looks()) == (said, looks, looks)

    jupyter_pages.save(views)
    views.evaluate(WINDOWING)
    views.reload()
    jupyter_pages.until_idle(views)
    for pad in (first, second):
        expect(pad.status).to_have_text(said)
        assert pad.looks() == looks
    scroll_away_and_back(first)
    assert (first.answered(), first.looks(), second.looks()) == (said, looks, looks)
    second.empty()
    assert is_answer(6, second.draw(STROKES[6]))


def scroll_away_and_back(pad: PadOnPage) -> None:
    pad.page.evaluate(SCROLL, 79)
    expect(pad.sheet).not_to_be_in_viewport()
    pad.page.evaluate(SCROLL, 1)
    expect(pad.sheet).to_be_visible()


# ---- bringing a picture


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_an_uploaded_sample_is_answered_as_in_python(pad, recognizer, sample):
    assert pad.upload(sample) == says(recognizer.recognize(sample))


def test_a_picture_after_a_drawing_is_answered_without_the_hint_in_between(pad):
    pad.draw(STROKES[7])
    pad.status.evaluate(
        """status => { window.said = [];
        const note = () => window.said.push(status.innerText);
        new MutationObserver(note).observe(status, { childList: true }) }"""
    )
    pad.upload(ROOT / "images/text2.png")
    said = pad.page.evaluate("window.said")
    assert said[-1].startswith("This is a 2") and not any(text.startswith("Draw a digit") for text in said)


def test_a_photo_of_25_megabytes_is_shrunk_sent_and_answered(pad, tmp_path):
    digit = ImageOps.expand(Image.open(ROOT / "images/7_light_on_dark.png").convert("L"), 50)
    noise = np.random.default_rng(0).integers(0, 60, (1000, 1000, 3), np.uint8)
    photo = np.asarray(ImageOps.invert(digit).resize((6000, 4000)).convert("RGB")) // 2 + np.tile(
        noise, (4, 6, 1)
    )
    path = tmp_path / "photo.jpg"
    Image.fromarray(photo).save(path, quality=100)
    size = path.stat().st_size
    assert size > 25e6
    pad.page.evaluate(
        """() => { const send = WebSocket.prototype.send; window.sent = 0;
        WebSocket.prototype.send = function (data) {
          window.sent = Math.max(window.sent, data.byteLength ?? data.length);
          send.call(this, data) } }"""
    )
    assert is_answer(7, pad.upload(path))
    sent = pad.page.evaluate("window.sent")
    print(f"{size / 1e6:.1f} MB were chosen, at most {sent / 1e6:.1f} MB sent")
    assert 0 < sent < 10 * 2**20


def test_a_drawing_of_shapes_is_answered(pad):
    assert is_answer(1, pad.upload(file(SVG, "one.svg", "image/svg+xml")))


def test_after_a_file_that_is_no_picture_one_draws_on(pad):
    said = pad.upload(file(b"I am no picture.", "note.txt", "text/plain"))
    assert "no picture format" in said and len(said.splitlines()) == 1
    assert is_answer(9, pad.draw(STROKES[9]))


def test_thirty_hostile_files_get_an_answer_or_a_sentence_each(pad, tmp_path):
    hostile = tmp_path / "hostile.png"  # as a path: Playwright takes seconds for some megabytes in memory
    for name in list(HOSTILE)[::3][:30]:
        data, expected = HOSTILE[name]
        hostile.write_bytes(data)
        said = pad.upload(hostile)
        assert len(said.splitlines()) == 1, name
        assert expected in (ANSWER, EITHER) or expected in said, f"{name}: {said}"
    assert is_answer(2, pad.draw(STROKES[2]))


@pytest.mark.parametrize("count", [5, pytest.param(200, marks=pytest.mark.long)])
def test_each_damaged_file_gets_one_sentence_and_one_draws_on(pad, count):
    for number in range(200_000, 200_000 + count):
        name, data = mutated(number)
        said = pad.upload(file(data, f"{number}.png", "image/png"))
        assert re.match(r"This is a \d|Not sure|Cannot open the picture: ", said), f"{name}: {said}"
        assert len(said.splitlines()) == 1, name
    assert is_answer(2, pad.draw(STROKES[2]))


def transfer(pad: PadOnPage, kind: str, *names: str, link: str = "") -> None:
    """Let the sheet have a "paste" or "drop" with sample pictures, or with a link."""
    pad.forget()
    files = [[name, base64.b64encode((ROOT / "images" / name).read_bytes()).decode()] for name in names]
    pad.sheet.evaluate(
        """(sheet, [kind, files, link]) => {
        const data = new DataTransfer(), options = { bubbles: true, cancelable: true };
        for (const [name, base64] of files)
          data.items.add(new File([Uint8Array.fromBase64(base64)], name, { type: 'image/png' }));
        if (link) data.setData('text/uri-list', link);
        sheet.focus();
        sheet.dispatchEvent(kind === 'paste'
          ? new ClipboardEvent(kind, { ...options, clipboardData: data })
          : new DragEvent(kind, { ...options, dataTransfer: data })) }""",
        [kind, files, link],
    )


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_pasted_or_dropped_picture_is_answered(pad, kind):
    transfer(pad, kind, "text2.png")
    assert is_answer(2, pad.answered())
    transfer(pad, kind, "text2.png", "text3.png")
    assert pad.answered() == "Bring one picture at a time."
    transfer(pad, kind, link="https://example.org/7.png")
    assert "no picture file" in pad.answered()
    assert is_answer(5, pad.draw(STROKES[5]))


def test_a_picture_that_comes_while_the_pen_is_down_takes_the_place_of_the_stroke(pad):
    first, *rest = pad.points(STROKES[7][0])
    pad.page.mouse.move(*first)
    pad.page.mouse.down()
    pad.page.mouse.move(*rest[0])
    transfer(pad, "paste", "text2.png")
    pad.answered()
    for point in rest[1:]:
        pad.page.mouse.move(*point)
    pad.page.mouse.up()
    assert is_answer(2, pad.answered())


def test_a_picture_is_pasted_with_the_keyboard(pad):
    data = base64.b64encode((ROOT / "images/text3.png").read_bytes()).decode()
    pad.page.evaluate(
        """data => navigator.clipboard.write([new ClipboardItem({
        'image/png': new Blob([Uint8Array.fromBase64(data)], { type: 'image/png' }) })])""",
        data,
    )
    pad.draw(STROKES[1])
    pad.forget()
    pad.page.keyboard.press("Control+v")
    assert is_answer(3, pad.answered())


def test_a_picture_is_taken_with_the_camera(pad):
    pad.button("Camera").click()
    expect(pad.status).to_contain_text("Take it")
    pad.forget()
    pad.button("Take it").click()
    assert re.match("This is a|Not sure", pad.answered())
    expect(pad.button("Camera")).to_be_visible()
    expect(pad.root.get_by_label("The camera")).to_be_hidden()


def test_without_a_camera_there_is_one_sentence(pad):
    pad.page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia =
        async () => { throw new DOMException('Requested device not found', 'NotFoundError') } }"""
    )
    pad.button("Camera").click()
    assert pad.answered() == "No camera: Requested device not found."
    pad.page.evaluate("() => { delete navigator.mediaDevices.getUserMedia }")
    assert is_answer(0, pad.draw(STROKES[0]))


# ---- the notebook, other hosts, and those who see or hear otherwise


def test_nothing_that_is_drawn_or_brought_gets_into_the_notebook_file(pad, notebooks):
    jupyter_pages.save(pad.page)
    path = notebooks / "pad.ipynb"
    saved, when = path.read_bytes(), path.stat().st_mtime_ns
    assert b"application/vnd.jupyter.widget-view+json" in saved
    pad.draw(STROKES[3])
    pad.upload(ROOT / "images/6_photo.jpg")
    open_steps(pad)
    jupyter_pages.save(pad.page)
    assert path.stat().st_mtime_ns > when, "it was not saved again"
    assert path.read_bytes() == saved


def open_steps(pad: PadOnPage) -> None:
    summary = pad.root.locator("summary")
    summary.click()
    expect(pad.root.get_by_text("grey", exact=True)).to_be_visible()
    summary.click()


def test_jupyterlab_neither_offers_news_nor_looks_for_updates(lab, server):
    """It would offer news in a pop-up and, whatever the answer, then ask the network for a newer version."""
    name = "@jupyterlab/apputils-extension:notification"
    settings = lab.request.get(f"{server}lab/api/settings/{name}?token={jupyter_pages.TOKEN}").json()
    defaults = {key: value["default"] for key, value in settings["schema"]["properties"].items()}
    assert (defaults["fetchNews"], defaults["checkForUpdates"]) == ("false", False)


def draws_and_uploads(pad: PadOnPage) -> None:
    assert is_answer(4, pad.draw(STROKES[4]))
    pad.empty()
    assert is_answer(8, pad.touch(STROKES[8]))
    assert is_answer(6, pad.upload(ROOT / "images/6_photo.jpg"))


def test_the_pad_works_in_notebook_7(chromium, server, lab):
    jupyter_pages.share_kernel(server, "seven.ipynb", "pad.ipynb")
    with jupyter_pages.page(chromium, has_touch=True) as page:
        jupyter_pages.open_notebook(page, server, "seven.ipynb", "notebook")
        draws_and_uploads(PadOnPage(page))


def test_the_pad_is_a_page_of_its_own(chromium, tmp_path):
    pages = jupyter_pages
    with pages.drawing_page(tmp_path) as address, pages.page(chromium, has_touch=True) as page:
        page.goto(address, timeout=2 * pages.PATIENCE)  # the page comes when its cells have run
        pad = PadOnPage(page)
        draws_and_uploads(pad)
        assert_square(pad, (683, 512))


def test_every_control_and_picture_has_a_name(pad):
    names = {
        "application": ["Draw a digit here"],
        "button": ["Undo", "Clear", "Picture…", "Camera"],
        "slider": ["Pen width"],
        "checkbox": ["live"],
        "img": ["The 28 by 28 pixels that the network sees", "The ten probabilities"],
    }
    for role, expected in names.items():
        for name in expected:
            expect(pad.root.get_by_role(role, name=name, exact=True)).to_be_visible()
        expect(pad.root.get_by_role(role)).to_have_count(len(expected))
    confidence = re.search(r"\d+ %", pad.draw(STROKES[7]))[0]
    expect(pad.root.get_by_role("img", name=f"7: {confidence}")).to_be_visible()


def assert_square(pad: PadOnPage, *windows: tuple[int, int]) -> None:
    """The sheet is a square inside the page, whatever the width and height of the window, px."""
    for window in windows:
        left, right, width, height = pad.box(*window)
        assert width == pytest.approx(height, abs=1), f"{width} by {height} px in a window of {window}"
        assert 0 <= left and right <= window[0] and width > 150, f"{left} to {right} px in one of {window}"


def test_the_sheet_is_square_in_a_window_of_any_width(pad):
    before = pad.page.viewport_size
    files = "window.jupyterapp.commands.execute('application:toggle-left-area')"
    pad.page.evaluate(files)  # it has a width of its own, whatever remains
    try:
        assert_square(pad, *((width, 700) for width in [*range(320, 1921, 80), *range(1020, 1111, 10)]))
    finally:
        pad.page.evaluate(files)
        pad.page.set_viewport_size(before)


# The contrast (WCAG 2) of each text with what is behind it.
CONTRASTS = """root => {
  const pixel = new OffscreenCanvas(1, 1).getContext('2d');
  const linear = part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = colours => {
    for (pixel.fillStyle of ['white', ...colours]) pixel.fillRect(0, 0, 1, 1);
    const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
    return 0.05 + 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  };
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode, behind = [];
    let at = text.parentElement;
    if (!text.data.trim() || !at.checkVisibility()) continue;
    for (; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
    const two = [light(behind), light([...behind, getComputedStyle(text.parentElement).color])];
    found.push([Math.max(...two) / Math.min(...two), text.data]);
  }
  return found;
}"""


INK_HAS_THE_TEXTS_COLOUR = """sheet => {
  const pixel = new OffscreenCanvas(1, 1).getContext('2d');
  pixel.fillStyle = getComputedStyle(sheet).color;
  pixel.fillRect(0, 0, 1, 1);
  const wanted = [...pixel.getImageData(0, 0, 1, 1).data].join();
  const { data } = sheet.getContext('2d').getImageData(0, 0, sheet.width, sheet.height);
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] === 255) return [...data.slice(at, at + 4)].join() === wanted;
}"""


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_ink_and_every_text_stand_out_from_what_is_behind_them(pad, theme):
    pad.draw(STROKES[2])
    pad.page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
    )
    dark = "true" if theme.endswith("Light") else "false"
    expect(pad.page.locator(f"body[data-jp-theme-light={dark}]")).to_be_attached()
    expect(pad.page.locator("#jupyterlab-splash")).to_be_hidden()  # it lies over the page meanwhile
    pad.page.wait_for_function(INK_HAS_THE_TEXTS_COLOUR, arg=pad.sheet.element_handle())
    pad.root.locator("summary").click()
    expect(pad.root.get_by_text("grey", exact=True)).to_be_visible()
    contrasts = pad.root.evaluate(CONTRASTS)
    pad.root.locator("summary").click()
    print(f"least contrast in {theme}: {min(contrasts)}")
    assert len(contrasts) > 20 and min(contrasts)[0] >= 4.5, min(contrasts)


# What is displayed of the pad: the first of these, and of the other two nothing.
LIVE, PICTURE = ".mnist-pad", ".mnist-pad-picture"
WITHOUT_A_MODEL = re.compile("Error displaying widget|Loading widget")


def test_a_live_pad_is_shown_without_the_picture_of_it(pad):
    expect(pad.root).to_be_visible()
    expect(pad.page.locator(PICTURE)).to_be_attached()
    expect(pad.page.locator(PICTURE)).to_be_hidden()


@pytest.mark.parametrize("kernel", [False, True], ids=["no kernel", "a new kernel"])
def test_a_saved_pad_whose_kernel_has_ended_is_shown_as_a_picture(pad, chromium, server, notebooks, kernel):
    pad.draw(STROKES[3])
    jupyter_pages.save(pad.page)
    name = f"saved_{kernel}.ipynb"  # what a kernel has ended for is, to Jupyter, a file that no kernel runs
    shutil.copy(notebooks / "pad.ipynb", notebooks / name)
    with closing(chromium.new_page()) as page:  # with errors on its console, since the model is missing
        page.goto(f"{server}lab?reset&token={jupyter_pages.TOKEN}")
        page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
        page.evaluate(
            """([path, shouldStart]) => window.jupyterapp.commands.execute('docmanager:open',
            { path, factory: 'Notebook', kernelPreference: { shouldStart } })""",
            [name, kernel],
        )
        message = page.get_by_text(WITHOUT_A_MODEL)
        expect(message).to_have_text(
            "Error displaying widget: model not found" if kernel else "Loading widget..."
        )
        expect(message).to_be_hidden()
        picture = page.locator(PICTURE)
        expect(picture).to_be_visible()
        assert picture.evaluate("picture => picture.naturalWidth") > 600
        expect(page.locator(LIVE)).to_have_count(0)


# ---- last, because the notebooks share the kernel


def test_after_a_restart_the_pad_says_what_to_do_and_works_when_run_again(views, lab):
    lab.goto("about:blank")
    views.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    jupyter_pages.until_idle(views)
    pad = PadOnPage(views)
    views.evaluate(SCROLL, 1)
    pad.ink(STROKES[1])
    expect(pad.status).to_contain_text("run the cell again")
    assert jupyter_pages.run_all(views)
    views.evaluate(SCROLL, 1)
    assert is_answer(8, pad.draw(STROKES[8]))
