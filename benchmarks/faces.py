"""The face service: how fast frames are looked at, what a worker keeps in memory, and what is left of a picture."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import cv2
import httpx2
import numpy as np

from backend.keys import read_keys
from backend.ports import FaceMotion
from backend.settings import Settings
from benchmarks.figures import Figure
from benchmarks.lab.load import NoLoad
from integrations.demo import portraits
from integrations.demo.heads import challenge_frames, reference_head, stranger_head
from integrations.faces.answers import answer
from integrations.faces.challenge import distance
from integrations.faces.engine import Engine
from integrations.faces.messages import AgainstReference, Question, Verdict
from integrations.faces.pictures import decode

PORT = 8171
FRAMES_PER_SECOND, MEGABYTES, IMAGES = 5, 300, 500
TURNS = (FaceMotion.TURN_LEFT, FaceMotion.TURN_RIGHT)
ORDERS = [
    tuple(step for turn in turns for step in (FaceMotion.FRONT, turn)) for turns in product(TURNS, repeat=3)
]
PHONE = (3024, 4032)
"""Pixels of a front camera of 12 megapixels."""
SAMPLE = 24
"""Bytes that are searched for; long enough that none is found by chance."""

Motions = tuple[FaceMotion, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One verification as it is sent."""

    frames: Sequence[bytes]
    reference: bytes
    motions: Motions

    @property
    def body(self) -> bytes:
        """The JSON of the question."""
        asked = AgainstReference(
            frames=list(self.frames), reference=self.reference, motions=list(self.motions)
        )
        return asked.model_dump_json().encode()

    @property
    def pictures(self) -> Sequence[bytes]:
        """Everything that shows a face."""
        return [self.reference, *self.frames]


def faces() -> Iterable[Figure]:
    """Speed in processor time, so that a busy machine does not count; memory and remains of a real instance."""
    checks = [
        Check(challenge_frames(head, motions), reference, motions)
        for head, reference in (
            (reference_head(), portraits.reference()),
            (stranger_head(), portraits.stranger()),
        )
        for motions in (ORDERS[1], ORDERS[2], ORDERS[6])
    ]
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        yield from _speed(engine, checks)
        yield from _following(engine, checks)
    yield from _service([*checks, *(_by_phone(check) for check in checks[:2])])


def _speed(engine: Engine, checks: Sequence[Check]) -> Iterator[Figure]:
    seconds = []
    for check in checks:
        began = time.process_time()
        said = answer(engine, Question.VERIFY, check.body)
        seconds.append((time.process_time() - began) / len(check.frames))
        assert Verdict.model_validate_json(said).outcome == "MATCH", said
    yield Figure(
        "challenge frames per second and core", 1 / float(np.median(seconds)), "/s", must=FRAMES_PER_SECOND
    )
    refused = Check(checks[0].frames, checks[0].reference, ORDERS[5])
    began = time.process_time()
    assert Verdict.model_validate_json(answer(engine, Question.VERIFY, refused.body)).outcome != "MATCH"
    spent = (time.process_time() - began) / len(refused.frames)
    yield Figure("a frame of a challenge that is refused, against one that passes", spent / min(seconds), "×")


def _following(engine: Engine, checks: Sequence[Check]) -> Iterator[Figure]:
    """Each frame looked for anew, and followed from the one before: time, and how far the descriptions lie apart."""
    anew, followed, apart = 0.0, 0.0, 0.0
    for check in checks:
        before = None
        for frame in check.frames:
            began = time.process_time()
            alone = engine.see(frame)
            anew += time.process_time() - began
            began = time.process_time()
            seen = engine.see(frame, before)
            followed += time.process_time() - began
            apart = max(apart, distance(alone.describe(), seen.describe()))
            before = seen
    yield Figure("following a face against looking for it", followed / anew, "×", must=1.0, at_most=True)
    yield Figure(
        "distance between the two descriptions, of .060 allowed", apart, "", must=0.010, at_most=True
    )


def _service(checks: Sequence[Check]) -> Iterator[Figure]:
    """A whole instance, asked over HTTP with hundreds of pictures, and then searched."""
    with _instance() as instance:
        sent = turn = 0
        while sent < IMAGES:
            check = checks[turn % len(checks)]
            instance.ask(check)
            sent, turn = sent + len(check.pictures), turn + 1
        yield Figure("images one worker has seen", sent, "")
        resident = max(map(_resident, instance.workers()))
        yield Figure("memory of the worker after them", resident, "MB", must=MEGABYTES, at_most=True)
        samples = [sample for check in checks for sample in _samples(check)]
        yield Figure("pieces of the pictures searched for", len(samples), "")
        written = sum(_found_in(content, samples) for content in instance.written())
        yield Figure("found in files and logs", written, "", must=0, at_most=True)
        if os.geteuid() == 0:  # nobody else may read the memory of a process that leaves no core dump
            held = sum(_found_in(block, samples) for pid in instance.processes() for block in _memory(pid))
            yield Figure("found in the memory of its processes", held, "", must=0, at_most=True)


@dataclass(frozen=True, slots=True)
class Instance:
    """A running face service with folders of its own."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    client: httpx2.Client
    key: str

    def ask(self, check: Check) -> None:
        """Verify, and expect a match."""
        answered = self.client.post(
            "/v1/verify", content=check.body, headers={"authorization": f"Bearer {self.key}"}
        )
        assert answered.json()["outcome"] == "MATCH", answered.text

    def workers(self) -> Sequence[int]:
        """The engine's processes."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for file in children for pid in file.read_text().split()]
        return [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def processes(self) -> Sequence[int]:
        """The counter and the engine."""
        return [self.process.pid, *self.workers()]

    def written(self) -> Iterator[bytes]:
        """Whatever the instance wrote: data, temporary files, its log."""
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path.read_bytes()


@contextmanager
def _instance() -> Iterator[Instance]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "tmp").mkdir()
        environ = {
            **os.environ,
            "JINMIN_DATA": str(folder / "data"),
            "JINMIN_FACE_URL": f"http://127.0.0.1:{PORT}",
            "TMPDIR": str(folder / "tmp"),
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "integrations.faces"], env=environ, stdout=log, stderr=log
            )
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=60, trust_env=False) as client:
                _until_ready(client)
                key = read_keys(Settings(data=folder / "data")).face_key
                yield Instance(process, folder, client, key)
        finally:
            process.terminate()
            process.wait(30)


def _until_ready(client: httpx2.Client) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(httpx2.TransportError):
            if client.get("/readyz").status_code == 200:
                return
        time.sleep(0.1)
    raise NoLoad("the face service did not become ready")


def _by_phone(check: Check) -> Check:
    """The same, as large as a phone takes pictures."""

    def enlarged(frame: bytes) -> bytes:
        small = np.asarray(cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        large = cv2.resize(small, PHONE, interpolation=cv2.INTER_LINEAR)
        return cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()

    return Check([enlarged(frame) for frame in check.frames], check.reference, check.motions)


def _samples(check: Check) -> Iterator[bytes]:
    """Pieces of each picture as it arrives, as it is encoded on the wire, and as the engine sees it."""
    body = check.body
    yield from _pieces(body, 200)
    for content in check.pictures:
        yield from _pieces(content, 12)
        picture = decode(content)
        yield from _pieces(picture.tobytes(), 12)
        yield from _pieces(picture.convert("RGBA").tobytes(), 6)  # how Pillow keeps it


def _pieces(content: bytes, count: int) -> Iterator[bytes]:
    """Evenly spread, leaving out those without much in them, like a plain background."""
    for start in range(0, len(content) - SAMPLE, max(SAMPLE, len(content) // count)):
        piece = content[start : start + SAMPLE]
        if len(set(piece)) >= SAMPLE // 2:
            yield piece


def _found_in(content: bytes, samples: Sequence[bytes]) -> int:
    """How many of the samples are somewhere in there; thousands of them in hundreds of megabytes, in one go."""
    beginnings = np.unique(np.frombuffer(b"".join(sample[:8] for sample in samples), "<u8"))
    candidates = set[bytes]()
    for shift in range(8):
        whole = memoryview(content)[shift : shift + max(0, len(content) - shift) // 8 * 8]
        words = np.frombuffer(whole, "<u8") if whole else np.empty(0, "<u8")
        [places] = np.nonzero(np.isin(words, beginnings))
        candidates |= {content[8 * place + shift : 8 * place + shift + SAMPLE] for place in map(int, places)}
    return len(candidates & set(samples))


def _resident(pid: int) -> float:
    """Megabytes in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [told] = [line for line in lines if line.startswith("VmRSS")]
    return int(told.split()[1]) / 1024


def _memory(pid: int) -> Iterator[bytes]:
    """Everything a process can write to, map by map."""
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw") or "[vvar]" in line:
                continue
            low, high = (int(edge, 16) for edge in span.split("-"))
            with suppress(OSError):
                memory.seek(low)
                yield memory.read(high - low)
