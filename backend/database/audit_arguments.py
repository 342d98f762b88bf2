"""The command line of the audit trail, as argparse wants it; nothing else is imported for it."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``audit verify [--anchor NUMBER=SEAL …] | seal``."""
    whats = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    verified = whats.add_parser("verify", help="Prove every chain and batch; ends 1 if anything was touched.")
    verified.add_argument(
        "--anchor",
        action="append",
        type=_anchor,
        default=[],
        metavar="NUMBER=SEAL",
        help="a seal that was noted elsewhere (log audit_batch_sealed); may be given several times",
    )
    whats.add_parser("seal", help="Seal what is waiting now, not at the worker's next minute.")


def _anchor(text: str) -> tuple[int, str]:
    number, separator, seal = text.partition("=")
    if not separator or not number.isdecimal():
        raise argparse.ArgumentTypeError("NUMBER=SEAL")
    return int(number), seal
