"""Make every sample picture in `images`: ``uv run python -m tools.make_samples``.

The shapes are digits of MNIST's test half (never trained on), of scikit-learn's load_digits, and two
drawn here, as ink on paper, board and screen of many kinds; images/README.md has the table.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage
from sklearn.datasets import load_digits

from mnist_helpers import datasets

IMAGES = Path(__file__).parents[1] / "images"
TEST = datasets.load().test.images
RANDOM = np.random.default_rng(0)

BLUE, BLACK, CHALK, PENCIL = (28, 52, 140), (20, 20, 24), (240, 240, 232), (150, 150, 152)
CREAM, BOARD, GREY_PAPER, WHITE = (250, 244, 226), (38, 78, 60), (196, 192, 184), (255, 255, 255)


def ink(shape: np.ndarray, height: int) -> np.ndarray:
    """Draw a small grey shape as smooth ink, float [height, width], 0.0 to 1.0."""
    zoomed = ndimage.zoom(shape / shape.max(), height / shape.shape[0], order=3)
    smooth = ndimage.gaussian_filter(zoomed, height / 70)
    return np.clip((smooth - 0.4) * 6 + 0.5, 0, 1)


def drawn(points: list[tuple[float, float]], size: int, width: int) -> np.ndarray:
    """Draw a line through the points (0.0 to 1.0 from the top left) as ink, float [size, size]."""
    picture = Image.new("L", (4 * size, 4 * size))
    pen = ImageDraw.Draw(picture)
    line = ndimage.zoom(np.array(points), (12, 1), order=2) * 4 * size
    for x, y in np.concatenate([line[:-1] + (line[1:] - line[:-1]) * t for t in np.linspace(0, 1, 24)]):
        pen.ellipse((x - 2 * width, y - 2 * width, x + 2 * width, y + 2 * width), fill=255)
    return np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS)) / 255


def sheet(width: int, height: int, colour: tuple[int, int, int], noise: float = 0) -> np.ndarray:
    """Make an empty background, float [height, width, 3], 0 to 255, with noise of that standard deviation."""
    return np.full((height, width, 3), colour, float) + RANDOM.normal(0, noise, (height, width, 1))


def write(
    background: np.ndarray, mask: np.ndarray, left: int, top: int, colour: tuple[int, int, int]
) -> np.ndarray:
    """Lay ink of a colour on the background, its top left corner at (left, top)."""
    place = background[top : top + mask.shape[0], left : left + mask.shape[1]]
    place += (np.array(colour) - place) * mask[..., None]
    return background


def picture(values: np.ndarray, mode: str = "RGB") -> Image.Image:
    """Float values, 0 to 255, as a picture."""
    return Image.fromarray(values.clip(0, 255).round().astype(np.uint8)).convert(mode)


def light_falling_off(background: np.ndarray, across: float, down: float) -> np.ndarray:
    """Darken towards the right by ``across`` and towards the bottom by ``down`` (fractions of the light)."""
    y, x = np.linspace(0, down, background.shape[0]), np.linspace(0, across, background.shape[1])
    return background * (1 - x[None, :, None] - y[:, None, None])


def main() -> None:
    """Make every picture anew; the same bytes each time with the same libraries."""
    # As in the article: 28×28, grey, dark on white.
    Image.fromarray(255 - TEST[1]).save(IMAGES / "text2.png")
    Image.fromarray(255 - TEST[30]).save(IMAGES / "text3.png")

    blue_ink = write(sheet(420, 560, CREAM, 2), ink(TEST[15], 400), 10, 70, BLUE)
    picture(blue_ink).save(IMAGES / "5_blue_ink.png")
    picture(write(sheet(300, 300, (0, 0, 0)), ink(TEST[0], 280), 10, 10, WHITE), "L").save(
        IMAGES / "7_light_on_dark.png"
    )

    # The colour says nothing here: all of it is in the alpha channel.
    alpha = write(sheet(256, 256, (0, 0, 0)), ink(TEST[4], 240), 8, 8, WHITE)[..., 0]
    clear = Image.new("RGBA", (256, 256), (*BLACK, 0))
    clear.putalpha(picture(alpha, "L"))
    clear.save(IMAGES / "4_transparent.png")

    # A telephone's photo: grey paper, light from the left, a soft shadow, noise, not quite sharp.
    photo = write(sheet(1200, 900, GREY_PAPER), ink(TEST[11], 520), 380, 180, BLACK)
    photo = light_falling_off(photo, 0.35, 0.15)
    photo[:, 820:] *= 0.82
    photo = ndimage.gaussian_filter(photo, (2.5, 2.5, 0)) + RANDOM.normal(0, 5, photo.shape)
    picture(photo).save(IMAGES / "6_photo.jpg", quality=88)

    # The same kind of photo, with the camera held sideways: only EXIF says which way is up.
    photo = light_falling_off(
        write(sheet(900, 1200, (222, 220, 214)), ink(TEST[30], 620), 140, 300, BLUE), 0.1, 0.3
    )
    sideways = picture(photo + RANDOM.normal(0, 4, photo.shape)).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: the top of the scene is at the right
    sideways.save(IMAGES / "3_sideways.jpg", quality=88, exif=exif)

    board = write(
        sheet(640, 480, BOARD, 9), ink(TEST[61], 360) * RANDOM.uniform(0.55, 1, (360, 360)), 140, 60, CHALK
    )
    picture(board).filter(ImageFilter.GaussianBlur(1)).save(IMAGES / "8_chalk.jpg", quality=90)

    picture(write(sheet(500, 500, (246, 246, 244), 3), ink(TEST[7], 300), 90, 100, PENCIL)).save(
        IMAGES / "9_pencil.png"
    )

    # Small in a corner of a large sheet.
    picture(write(sheet(1000, 1400, WHITE, 2), ink(TEST[35], 130), 700, 160, BLACK), "L").save(
        IMAGES / "2_in_a_corner.png"
    )

    # Eight by eight pixels, sixteen greys: the smallest handwriting there is.
    small = load_digits().images[10]
    Image.fromarray((255 - small * 255 / 16).astype(np.uint8)).save(IMAGES / "0_eight_pixels.png")
    person = ink(np.pad(load_digits().images[34], 1), 300)
    picture(write(sheet(340, 340, WHITE), person, 20, 20, (150, 30, 60))).save(IMAGES / "6_red_scan.gif")

    # Drawn: a fat marker, and a thin pen in one-bit black and white.
    one = drawn([(0.36, 0.3), (0.5, 0.14), (0.5, 0.5), (0.5, 0.86)], 320, 22)
    picture(write(sheet(320, 320, (255, 236, 110)), one, 0, 0, BLACK)).save(IMAGES / "1_marker.webp")
    three = [(0.3, 0.2), (0.6, 0.1), (0.68, 0.3), (0.45, 0.46), (0.7, 0.55), (0.66, 0.82), (0.3, 0.85)]
    picture(255 - 255 * drawn(three, 200, 3), "L").convert("1", dither=Image.Dither.NONE).save(
        IMAGES / "3_one_bit.png"
    )


if __name__ == "__main__":
    main()
