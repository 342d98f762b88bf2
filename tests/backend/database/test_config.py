"""The database's URL."""

import pytest

from backend.database.config import MODELS, DatabaseUrl, tortoise_config
from backend.errors import BadSettings


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgresql://jin:s%40p@db.example:6432/jinmin", ("db.example", 6432, "jin", "s@p", "jinmin")),
        ("postgres://db/jinmin", ("db", 5432, "postgres", "", "jinmin")),
        ("postgresql:///jinmin?host=/run/pg&port=5433", ("/run/pg", 5433, "postgres", "", "jinmin")),
        ("postgresql://jin@/my%20db?host=/run/a%20b", ("/run/a b", 5432, "jin", "", "my db")),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: tuple[object, ...]) -> None:
    read = DatabaseUrl.parse(url)
    assert (read.host, read.port, read.user, read.password, read.name) == parts
    assert set(read.connect_arguments()) == {"host", "port", "user", "password", "database"}


@pytest.mark.parametrize(
    "url", ["", "jinmin", "mysql://db/jinmin", "postgresql://db", "postgresql://db/", "postgresql://db:x/jinmin",
            "postgresql://[db/jinmin", "postgresql://db/jinmin?port=x"]
)  # fmt: skip
def test_what_is_no_url_is_told_in_a_sentence(url: str) -> None:
    with pytest.raises(BadSettings) as refusal:
        DatabaseUrl.parse(url)
    assert str(refusal.value) == "JINMIN_DATABASE_URL must look like postgresql://user@host:5432/name"


def test_a_password_is_not_shown() -> None:
    assert "hidden" not in repr(DatabaseUrl.parse("postgresql://jin:hidden@db/jinmin"))


def test_the_configuration_names_every_module_with_rows_once() -> None:
    config = tortoise_config("postgresql://db/jinmin", pool=7)
    assert config["apps"]["jinmin"]["models"] == list(MODELS)
    assert len(set(MODELS)) == len(MODELS)
    credentials = config["connections"]["default"]["credentials"]
    assert (credentials["minsize"], credentials["maxsize"], credentials["command_timeout"]) == (1, 7, 30)
