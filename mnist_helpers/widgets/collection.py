"""Ten buttons below a pad: what is on it is kept as a labelled picture."""

import itertools
from pathlib import Path

import ipywidgets
import numpy as np
from PIL import Image

from mnist_helpers.widgets.pad import Pad


class Collection(ipywidgets.VBox):
    """A pad with ten buttons below it: each keeps what is on the pad as a picture of its digit.

    Nothing is written before a button is pressed.

    Parameters
    ----------
    pad
        Where the digits are drawn.
    folder
        Where their pictures are kept; made when the first is.
    """

    def __init__(self, pad: Pad, folder: str | Path):
        self.pad, self.folder = pad, Path(folder)
        self.said = ipywidgets.Label(f"Draw a digit, then press what it is: it is kept in {self.folder}.")
        layout = ipywidgets.Layout(width="44px")
        buttons = [ipywidgets.Button(description=str(digit), layout=layout) for digit in range(10)]
        for button in buttons:
            button.on_click(self._pressed)
        super().__init__(
            [pad, ipywidgets.HBox(buttons, layout=ipywidgets.Layout(flex_flow="row wrap")), self.said]
        )

    def keep(self, label: int) -> Path:
        """Write what is on the pad as ``LABEL_NUMBER.png``, as ``mnist-kit score`` reads it; clear the pad.

        A camera's metadata, such as the place, is not written.

        Parameters
        ----------
        label
            The digit, 0 to 9.

        Returns
        -------
        Path
            The new file.

        Raises
        ------
        ValueError
            If the pad is empty.
        OSError
            If the folder or the file cannot be written; the pad then stays as it is.
        """
        if self.pad.picture is None:
            raise ValueError("the pad is empty; draw the digit first")
        self.folder.mkdir(parents=True, exist_ok=True)
        numbers = itertools.count(1)
        while True:
            path = self.folder / f"{label}_{next(numbers):03}.png"
            try:
                with path.open("xb") as stream:  # never over another picture
                    Image.fromarray(np.asarray(self.pad.picture)).save(stream, "PNG")
                break
            except FileExistsError:
                continue
        self.pad.clear()
        return path

    def _pressed(self, button: ipywidgets.Button) -> None:
        try:
            path = self.keep(int(button.description))
            self.said.value = f"Kept as {path}; {len(list(self.folder.glob('[0-9]_*.png')))} pictures in all."
        except (OSError, ValueError) as error:
            self.said.value = f"Not kept: {error}."
