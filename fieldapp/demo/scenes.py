"""The demo zone's photos: simple site scenes with a dated name board, drawn by the program.

`draw("tower_crane", rng=..., when=..., board=[...], progress=0.4)` answers JPEG bytes; the same rng state,
time and font give the same bytes. A scene is a function of a picture and how far the works are (0 to 1).
"""

import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from fieldapp.demo import buildings, groundworks, indoors, outdoors
from fieldapp.demo.canvas import Day, Labels, Picture, jpeg
from fieldapp.demo.lettering import paste_board, write
from fieldapp.photos.lettering import Lettering

SIZE = (960, 720)
Scene = Callable[[random.Random, Day, float, Labels], Picture]


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        groundworks.earthwork,
        groundworks.foundation,
        groundworks.pipeline_trench,
        buildings.tower_crane,
        buildings.topping_out,
        buildings.steel_frame,
        indoors.equipment,
        outdoors.substation,
        outdoors.road_paving,
        indoors.meeting,
        indoors.service_hall,
        indoors.document,
        outdoors.dyke,
        outdoors.drainage_before,
        outdoors.drainage_after,
    )
}


def draw(
    scene: str,
    *,
    rng: random.Random,
    when: datetime,
    board: Sequence[str] = (),
    progress: float = 0.5,
    size: tuple[int, int] = SIZE,
    lettering: Lettering | None = None,
) -> bytes:
    """One photo as JPEG. `when` is local time and decides season, light and weather; `board` is the text of
    the name board in the lower left; `lettering` defaults to the font found on this machine."""
    letters = lettering or Lettering.found()
    labels: Labels = []
    picture = SCENES[scene](rng, Day.of(when), min(1.0, max(0.0, progress)), labels)
    image = picture.finished(SIZE)
    for spot, text, height, colour in labels:
        write(image, spot, text, height, colour, letters)
    if size != SIZE:
        image = image.resize(size)
    paste_board(image, board, letters)
    return jpeg(image)


@dataclass(frozen=True)
class Shot:
    """One photo to be drawn, as plain data that another process can take."""

    scene: str
    seed: int
    when: datetime
    board: tuple[str, ...] = ()
    progress: float = 0.5


def draw_shot(shot: Shot) -> bytes:
    rng = random.Random(shot.seed)
    return draw(shot.scene, rng=rng, when=shot.when, board=shot.board, progress=shot.progress)


def draw_all(shots: Sequence[Shot], workers: int = 2) -> Iterator[bytes]:
    """The photos of many shots, in order. Drawing needs a core, so it is spread over processes; they are
    spawned and not forked, as the caller may hold a database open. One worker: no process is started."""
    if workers <= 1 or len(shots) < 20:
        yield from map(draw_shot, shots)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(draw_shot, shots, chunksize=8)
