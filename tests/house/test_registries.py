"""Registries are tuples in one file: whatever is declared stands in its list, and importing does nothing."""

import subprocess
import sys
from fnmatch import fnmatch

from tortoise.models import Model

from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import ServiceItem
from backend.database.config import MODELS
from backend.domains import DOMAINS, standards
from backend.holdings import HOLDINGS, NOT_TOLD
from integrations.provinces import PROVINCES
from integrations.provinces.province import Province
from resolvers.schema import AREAS
from tests.house.tree import ROOT, SOURCES, module_name, modules, python_files

DOMAIN = "backend/domains/*/__init__.py"

QUIET = """
import importlib, sys

ROOT = sys.argv[1]
TOUCHING = {
    "os.mkdir", "os.remove", "os.rename", "os.symlink", "os.system", "shutil.copyfile", "subprocess.Popen",
    "socket.__new__", "socket.connect", "socket.bind", "_thread.start_new_thread", "signal.signal",
}

def watch(event, args):
    writes = event == "open" and isinstance(args[1], str) and not set(args[1]).isdisjoint("wax+")
    if not writes and event not in TOUCHING:
        return
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    if frame is None:
        return
    file = frame.f_code.co_filename
    if file.startswith(ROOT) and "site-packages" not in file:  # else a library's own module is at it
        raise SystemExit(f"{file}:{frame.f_lineno} does {event} on import")

sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in sys.argv[2:]:
    importlib.import_module(name)
"""
"""Imports what it is told to, and ends with a sentence as soon as a module of ours touches anything outside."""


def models() -> list[type[Model]]:
    """Every class of ours with rows, each once, by the module that declares it."""
    return [
        held
        for module in modules("backend")
        for held in vars(module).values()
        if isinstance(held, type)
        and issubclass(held, Model)
        and held.__module__ == module.__name__
        and not getattr(held.Meta, "abstract", False)
    ]


def test_every_module_with_rows_is_listed() -> None:
    assert {model.__module__ for model in models()} == set(MODELS)


def test_every_table_is_told_in_the_file_of_one_s_own_data_or_it_is_said_why_not() -> None:
    tables = {model._meta.db_table for model in models()}  # noqa: SLF001 - the ORM's own word for it
    told = {table for holding in HOLDINGS for table in holding.tables}
    assert told & set(NOT_TOLD) == set()
    assert tables == told | set(NOT_TOLD), "say in backend/holdings.py whose it is"
    assert all(NOT_TOLD.values())


def test_every_domain_is_listed() -> None:
    folders = {path.parts[2] for path in python_files("backend") if fnmatch(path.as_posix(), DOMAIN)}
    assert {domain.__name__.rpartition(".")[2] for domain in DOMAINS} == folders


def test_every_item_that_is_declared_is_offered() -> None:
    declared = {
        held
        for module in modules("backend")
        if module.__name__.startswith("backend.domains.")
        for held in vars(module).values()
        if isinstance(held, ServiceItem)
    }
    assert declared == set(standards().by_code.values())


def test_the_definitions_of_all_domains_are_sound() -> None:
    gathered = Standards.of(item for domain in DOMAINS for item in domain.ITEMS)
    assert list(gathered.by_code) == list(standards().by_code)
    assert all(item.basis for item in gathered.by_code.values())
    assert {item.domain for item in gathered.by_code.values()} == {
        domain.__name__.rpartition(".")[2] for domain in DOMAINS
    }


def test_every_province_is_listed() -> None:
    held = [
        one
        for module in modules("integrations")
        if module.__name__.startswith("integrations.provinces.")
        for value in vars(module).values()
        for one in (value if isinstance(value, tuple) else (value,))
        if isinstance(one, Province)
    ]
    assert {id(one) for one in held} == {id(province) for province in PROVINCES}


def test_every_area_of_the_schema_is_listed() -> None:
    areas = {
        module.__name__
        for module in modules("resolvers")
        if {"QUERIES", "MUTATIONS", "SUBSCRIPTIONS"} & set(vars(module))
    }
    assert areas == {area.__name__ for area in AREAS}


def test_importing_does_nothing() -> None:
    names = [module_name(path) for path in python_files(*SOURCES) if path.name != "__main__.py"]
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own names
        [sys.executable, "-c", QUIET, f"{ROOT}/", *names],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
