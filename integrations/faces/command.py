"""``python -m backend faces evaluate DIR``: the model measured on photographs of one's own."""

import sys
from pathlib import Path

import orjson

from backend.settings import Settings
from integrations.faces.engine import Engine
from integrations.faces.evaluation import BadFolder, Evaluation, evaluate, photographs_in
from integrations.faces.report import as_json, as_text, draw


def evaluate_folder(settings: Settings, folder: Path, *, curve: Path | None, as_lines: bool) -> int:
    """Evaluate, draw and tell; 2 for a folder that cannot be evaluated, with the reason on standard error.

    The curve goes to ``curve``, or into the installation's data folder. With ``as_lines`` the last and only
    line of standard output is JSON.
    """
    try:
        photographs_in(folder)  # before the models are loaded
        engine = Engine(settings.data / "face-engine")
        evaluation = evaluate(folder, lambda content: engine.see(content).describe(), _progress)
    except BadFolder as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    for sentence in evaluation.unusable:
        sys.stderr.write(f"Left out: {sentence}\n")
    path = _drawn(evaluation, curve or settings.data / "faces-evaluation.png")
    if as_lines:
        sys.stdout.write(orjson.dumps(as_json(evaluation, path)).decode() + "\n")
    else:
        sys.stdout.write(f"{as_text(evaluation)}\n" + (f"Curve: {path}\n" if path else ""))
    return 0


def _drawn(evaluation: Evaluation, path: Path) -> Path | None:
    try:
        draw(evaluation, path)
    except OSError as error:
        sys.stderr.write(f"The curve could not be written to {path}: {error.strerror}.\n")
        return None
    return path


def _progress(done: int, of: int) -> None:
    """On a terminal only: it would be noise in a file."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{of} " + ("\n" if done == of else ""))
        sys.stderr.flush()
