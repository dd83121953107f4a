"""The drawing pad: draw a digit or bring a picture, and see at once what the network says."""

import base64
import html
import io
import threading
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from IPython.display import display
from PIL import Image

from mnist_helpers import figures
from mnist_helpers.image_io import PictureError, Source, open_picture
from mnist_helpers.recognizer import Answer, Recognizer
from mnist_helpers.strokes import PEN, rasterize

STEP_SIDE = 320  # px: longest side at which a step is sent to the browser, some 50 kB

# Jupyter shows a pad whose model is gone as an error. It has no other output to fall back on, so the picture
# is the next output: hidden below a live pad, and itself hiding a view that shows none.
STYLE = """<style>
.jp-OutputArea-child:has(.mnist-pad) + .jp-OutputArea-child:has(.mnist-pad-picture),
.jp-OutputArea-child:has(> .lm-Panel):not(:has(.mnist-pad)):has(+ .jp-OutputArea-child .mnist-pad-picture) {
  display: none;
}
</style>"""


class Pad(anywidget.AnyWidget):
    """A sheet to draw on, and the network's answer beside it.

    The model of the widget is here, its view is ``pad.js``: drawing in the browser sets ``strokes``
    and ``answer`` here, and setting ``strokes`` here draws in the browser. A picture that the browser
    brings comes as a message, not as state: it stays in memory and never gets into a notebook.

    Parameters
    ----------
    recognizer
        What is asked; without one, your own trained model is restored, or else the shipped one.
    **traits
        Initial values of ``strokes``, ``pen`` and ``live``.

    Attributes
    ----------
    strokes : list
        What is drawn: for each stroke its points [x, y], 0.0 to 1.0 from the sheet's left and top;
        see ``strokes.rasterize``.
    pen : float
        Width of a stroke, 0.01 to 0.3 of the sheet's side.
    live : bool
        Whether to answer while the user draws, not only when the pen is lifted.
    picture : PIL.Image.Image or None
        What was drawn or brought, of mode L, RGB or RGBA; None for an empty sheet.
    answer : Answer or None
        What the network says of it; None for an empty sheet.

    Raises
    ------
    CheckpointError
        If there is no model, or it cannot be restored.
    """

    _esm = Path(__file__).with_name("pad.js")
    _css = Path(__file__).with_name("pad.css")

    strokes: traitlets.List = traitlets.List().tag(sync=True)
    pen = traitlets.Float(PEN, min=0.01, max=0.3).tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)
    answer = traitlets.Instance(Answer, allow_none=True)

    # Between this and the view only.
    asked = traitlets.Int(help="how often the view has asked").tag(sync=True)
    shown = traitlets.Dict(help="the answer, as the view needs it").tag(sync=True)

    def __init__(self, recognizer: Recognizer | None = None, **traits):
        # Answers are asked for in a second thread while a cell runs; one after the other, then.
        self._lock = threading.RLock()
        self._recognizer = recognizer or Recognizer()
        self.picture: Image.Image | None = None
        super().__init__(**traits)
        self.on_msg(self._received)

    def show(self, picture: Source) -> None:
        """Show a picture in place of strokes.

        Parameters
        ----------
        picture
            A path, bytes, an open file, a Pillow image or an array: see ``image_io.open_picture``.

        Raises
        ------
        PictureError
            If it is not a picture; what was shown stays.
        """
        # Held, lest the view hear of the sheet without strokes before it hears of the picture.
        with self._lock, self.hold_sync():
            opened = open_picture(picture)
            self.strokes = []
            self._ask(opened, brought=True)

    def clear(self) -> None:
        """Clear the sheet."""
        with self._lock:
            self.strokes = []
            self._ask(None)

    @traitlets.validate("strokes")
    def _as_json(self, proposal: dict) -> list:
        try:
            return [
                np.asarray(stroke, float).reshape(-1, 2).round(4).tolist() for stroke in proposal["value"]
            ]
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(f"strokes are lists of points (x, y): {error}") from None

    @traitlets.observe("strokes", "pen")
    def _drawn(self, change: dict) -> None:
        with self._lock:
            try:
                if self.strokes:
                    self._ask(rasterize(self.strokes, self.pen))
                elif change["name"] == "strokes":
                    self._ask(None)
            except Exception as error:
                self._complain(error)
                raise

    def _received(self, _, content: dict, buffers: list) -> None:
        """Do what the view asks for. An exception would end out of sight: it goes to the status line."""
        with self._lock:
            try:
                self.asked = content.get("asked", self.asked)
                if content["do"] == "picture":
                    self.show(base64.b64decode(content["data"]))
                elif content["do"] == "clear":
                    self.clear()
                elif content["do"] == "steps":
                    steps = self.answer.steps if self.answer else ()
                    self.send({"steps": [(name, _data_url(step)) for name, step in steps]})
            except Exception as error:
                self._complain(error)

    def _ask(self, picture: Image.Image | None, brought: bool = False) -> None:
        """Ask about the picture, and show the answer."""
        answer = self._recognizer.recognize(picture) if picture else None
        self.picture, self.answer = picture, answer
        shown: dict[str, Any] = {"asked": self.asked, "picture": brought}
        if answer:
            confidence = f"{100 * answer.confidence:.0f} %"
            shown |= {
                "says": f"This is a {answer.digit} ({confidence})" if answer.confident else "Not sure",
                "confident": answer.confident,
                "probabilities": answer.probabilities.astype(float).round(4).tolist(),
                "image": base64.b64encode(answer.image.tobytes()).decode(),
            }
        self.shown = shown

    def _complain(self, error: Exception) -> None:
        why = str(error) if isinstance(error, PictureError) else f"{type(error).__name__}: {error}"
        self.shown = {
            **self.shown,
            "asked": self.asked,
            "says": f"{why[:1].upper()}{why[1:]}.",
            "confident": False,
        }

    def _ipython_display_(self) -> None:
        """Display the live view and, for where no kernel holds its model, a picture: one hides the other."""
        data, metadata = self._repr_mimebundle_() or ({}, {})
        data.pop("text/plain", None)
        display(data, metadata=metadata, raw=True)
        display(self._picture(), raw=True)

    def _picture(self) -> dict[str, str]:
        """Return what shows the pad without a kernel, such as on a web page or in a saved notebook."""
        stream = io.BytesIO()
        figures.pad(self.picture, self.answer).savefig(stream, format="png")
        says = f"Pad: {self.shown.get('says', 'an empty sheet')}"
        png = base64.b64encode(stream.getvalue()).decode()
        image = f'<img class="mnist-pad-picture" alt="{html.escape(says)}" src="data:image/png;base64,{png}">'
        return {"text/html": STYLE + image, "image/png": png, "text/plain": says}


def _data_url(step: np.ndarray) -> str:
    picture = Image.fromarray(step)
    picture.thumbnail((STEP_SIDE, STEP_SIDE))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
