"""The command line of teams and documents, as argparse wants it; nothing else is imported for it."""

import argparse
from datetime import date
from pathlib import Path

from backend.viewer import TeamRight

STATES = ("SUBMITTED", "ACCEPTED", "REFUSED", "DEPRECATED", "WITHDRAWN")


def add_team_arguments(parser: argparse.ArgumentParser) -> None:
    """``teams add|renew|disable``."""
    whats = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    added = whats.add_parser("add", help="A new team; its key is printed this once.")
    added.add_argument("team", help="2 to 60 lower-case letters, digits or hyphens")
    added.add_argument(
        "--right",
        action="append",
        type=TeamRight,
        choices=list(TeamRight),
        default=[],
        dest="rights",
        help="REGISTER documents, SPEAK_FREELY; may be given twice",
    )
    for what, about in (
        ("renew", "A new key; the old one is worthless at once."),
        ("disable", "Take the key away; the team's documents go on being answered."),
    ):
        whats.add_parser(what, help=about).add_argument("team")


def add_document_arguments(parser: argparse.ArgumentParser) -> None:
    """``documents register|list|accept|refuse|deprecate|withdraw|check``."""
    whats = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    registered = whats.add_parser("register", help="Hand a team's documents in for review.")
    registered.add_argument("team")
    registered.add_argument(
        "files", nargs="+", type=Path, help=".graphql files, folders of them, or manifests (JSON: id -> text)"
    )
    registered.add_argument("--app-version", default="", help="version of the app that sends them")
    registered.add_argument("--accept", action="store_true", help="and accept them at once")
    whats.add_parser("list", help="All documents, newest first.").add_argument("--state", choices=STATES)
    for what, about in (
        ("accept", "Let apps send these."),
        ("refuse", "Refuse these, with a reason."),
        ("deprecate", "Announce that these will go, with a reason."),
        ("withdraw", "Stop answering these."),
    ):
        made = whats.add_parser(what, help=about)
        made.add_argument("ids", nargs="+", help="beginnings of document ids")
        if what != "withdraw":
            made.add_argument("--note", default="", help="a word to the team")
        if what == "deprecate":
            made.add_argument("--sunset", type=date.fromisoformat, help="last day, YYYY-MM-DD")
        if what == "withdraw":
            made.add_argument("--even-if-used", action="store_true")
    whats.add_parser("check", help="Does every document in use fit this release's schema?")
