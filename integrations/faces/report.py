"""An evaluation told: in sentences, as one line of JSON, and as a curve."""

from collections.abc import Mapping
from pathlib import Path
from statistics import mean, quantiles

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from integrations.faces.evaluation import BINS, Evaluation, Rate

WIDEST = 0.25
"""The curve ends here: beyond it every pair is of two people."""


def as_json(evaluation: Evaluation, curve: Path | None) -> Mapping[str, object]:
    """Everything that was found, flat, rates as fractions of 1, times in seconds."""
    pairs, templates = evaluation.pairs, evaluation.templates
    return {
        "pairs": pairs.rejects.trials + pairs.accepts.trials,
        "genuine_pairs": pairs.rejects.trials,
        "impostor_pairs": pairs.accepts.trials,
        "false_accepts": pairs.accepts.errors,
        "false_accept_rate": pairs.accepts.rate,
        "false_accept_bounds": pairs.accepts.bounds,
        "false_rejects": pairs.rejects.errors,
        "false_reject_rate": pairs.rejects.rate,
        "false_reject_bounds": pairs.rejects.bounds,
        "equal_error_rate": pairs.equal_error_rate,
        "template_genuine": templates.rejects.trials,
        "template_impostor": templates.accepts.trials,
        "template_false_accepts": templates.accepts.errors,
        "template_false_rejects": templates.rejects.errors,
        "model": evaluation.model,
        "threshold": evaluation.threshold,
        "people": evaluation.people,
        "images": evaluation.photographs,
        "unusable": list(evaluation.unusable),
        "seconds_per_image": mean(evaluation.seconds),
        "seconds_per_image_p95": _p95(evaluation),
        "curve": None if curve is None else str(curve),
    }


def as_text(evaluation: Evaluation) -> str:
    """The same for people."""
    pairs, templates = evaluation.pairs, evaluation.templates
    lines = [
        f"{evaluation.photographs} photographs of {evaluation.people} people, model {evaluation.model}:",
        f"  two people taken for one   {_told(pairs.accepts)}",
        f"  one person taken for two   {_told(pairs.rejects)}",
        f"  equal error rate           {pairs.equal_error_rate:.2%}",
    ]
    if templates.rejects.trials or templates.accepts.trials:
        lines += [
            "Against a template of three photographs:",
            f"  two people taken for one   {_told(templates.accepts)}",
            f"  one person taken for two   {_told(templates.rejects)}",
        ]
    lines += [
        f"Processor time per image: {mean(evaluation.seconds):.3f} s, 95 of 100 within {_p95(evaluation):.3f} s.",
        "The pairs share photographs, so the bounds are narrower than the truth. Photographs made by",
        "professionals flatter the model: evaluate on pictures like those your citizens will take.",
    ]
    return "\n".join(lines)


def draw(evaluation: Evaluation, path: Path) -> None:
    """Write the curve as a PNG. Raises ``OSError``."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    pairs = evaluation.pairs
    thresholds = np.arange(BINS + 1) / BINS
    accepted, rejected = pairs.curve()

    rates = figure.add_subplot(1, 2, 1)
    rates.plot(thresholds, accepted, label="two people taken for one")
    rates.plot(thresholds, rejected, label="one person taken for two")
    rates.axvline(
        evaluation.threshold, color="grey", linestyle="--", label=f"threshold {evaluation.threshold:.3f}"
    )
    rates.set(xlim=(0, WIDEST), ylim=(0, 1), xlabel="threshold (cosine distance)", ylabel="rate")
    rates.set_title(f"{evaluation.model}, equal error rate {pairs.equal_error_rate:.2%}")
    rates.legend()

    shares = figure.add_subplot(1, 2, 2)
    for name, counts in (("two people", pairs.impostor), ("one person", pairs.genuine)):
        wide = counts.reshape(-1, BINS // 200).sum(
            axis=1
        )  # 200 columns are as many as the eye can tell apart
        shares.stairs(wide / max(1, wide.sum()), thresholds[:: BINS // 200], fill=True, alpha=0.6, label=name)
    shares.axvline(evaluation.threshold, color="grey", linestyle="--")
    shares.set(xlim=(0, WIDEST * 2), xlabel="cosine distance", ylabel="share of pairs")
    shares.set_title(f"{pairs.rejects.trials} pairs of one person, {pairs.accepts.trials} of two")
    shares.legend()
    figure.savefig(path, format="png", dpi=110)


def _told(rate: Rate) -> str:
    low, high = rate.bounds
    return f"{rate.errors} of {rate.trials} ({rate.rate:.2%}; with 95 % confidence {low:.2%} to {high:.2%})"


def _p95(evaluation: Evaluation) -> float:
    return quantiles([*evaluation.seconds, *evaluation.seconds], n=20, method="inclusive")[-1]
