"""Settings: what is wrong stops the start with a sentence, and production guesses nothing."""

from pathlib import Path

import pytest

from backend.__main__ import main
from backend.errors import BadSettings
from backend.settings import Environment, FaceChallengeKind, Settings, read_settings

PRODUCTION = {
    "JINMIN_ENV": "production",
    "JINMIN_PUBLIC_URL": "https://jinmin.example/",
    "JINMIN_DATABASE_URL": "postgresql://jinmin@db/jinmin",
    "JINMIN_REDIS_URL": "rediss://redis:6379/0",
    "JINMIN_SECRETS": "/run/secrets/jinmin.json",
    "JINMIN_FACE_URL": "http://faces",
    "JINMIN_FACE_CHALLENGE": "active",
    "JINMIN_WECHAT_URL": "https://api.weixin.qq.com",
    "JINMIN_REGISTRY_URL": "https://registry.example",
    "JINMIN_ZHEJIANG_URL": "https://zj.example",
}


def why(environ: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as refusal:
        read_settings(environ)
    return str(refusal.value)


def test_a_development_installation_needs_nothing() -> None:
    settings = read_settings({"PATH": "/bin", "JINMIN_PORT": "8100"})
    assert settings.development
    assert (settings.data, settings.public_url) == (Path("var"), "http://127.0.0.1:8100")
    assert (settings.face_url, settings.wechat_url, settings.registry_url, settings.zhejiang_url) == (
        "http://127.0.0.1:8101",
        "http://127.0.0.1:8102/wechat",
        "http://127.0.0.1:8102/registry",
        "http://127.0.0.1:8103/33",
    )
    assert settings.redis_port == 8104


def test_production_with_everything_named_starts() -> None:
    settings = read_settings(PRODUCTION)
    assert (settings.env, settings.development) == (Environment.PRODUCTION, False)
    assert settings.face_challenge is FaceChallengeKind.ACTIVE
    assert settings.public_url == "https://jinmin.example"


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"JINMIN_ENV", "JINMIN_FACE_CHALLENGE"}))
def test_production_without_any_of_it_does_not_start(name: str) -> None:
    missing = {key: value for key, value in PRODUCTION.items() if key != name}
    assert why(missing) == f"production needs {name}."
    assert why({**PRODUCTION, name: ""}) == f"production needs {name}."


@pytest.mark.parametrize("given", [{}, {"JINMIN_FACE_CHALLENGE": "selfie"}])
def test_production_that_would_accept_a_plain_selfie_does_not_start(given: dict[str, str]) -> None:
    environ = {key: value for key, value in PRODUCTION.items() if key != "JINMIN_FACE_CHALLENGE"}
    assert why({**environ, **given}) == (
        "a plain selfie proves too little for production: set JINMIN_FACE_CHALLENGE=active."
    )


def test_production_says_all_that_is_missing_at_once() -> None:
    assert why({"JINMIN_ENV": "production"}) == (
        "production needs JINMIN_PUBLIC_URL, JINMIN_DATABASE_URL, JINMIN_REDIS_URL, JINMIN_SECRETS,"
        " JINMIN_FACE_URL, JINMIN_WECHAT_URL, JINMIN_REGISTRY_URL, JINMIN_ZHEJIANG_URL."
    )


def test_an_unknown_setting_stops_the_start() -> None:
    assert why({"JINMIN_PROT": "8000", "JINMIN_X": ""}) == (
        "Unknown settings: JINMIN_PROT, JINMIN_X. Known: see docs/operations.md."
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "Input should be a valid integer, unable to parse string as an integer."),
        ("PORT", "80", "Input should be greater than or equal to 1024."),
        ("PORT", "65001", "Input should be less than or equal to 65000."),
        ("ENV", "staging", "Input should be 'development' or 'production'."),
        ("FACE_CHALLENGE", "none", "Input should be 'selfie' or 'active'."),
        ("FACE_WORKERS", "0", "Input should be greater than or equal to 1."),
        ("DATABASE_POOL", "1", "Input should be greater than or equal to 2."),
        ("LOG_LEVEL", "info", "String should match pattern '^(DEBUG|INFO|WARNING|ERROR)$'."),
        ("WECHAT_URL", "api.weixin.qq.com", "an address here begins with http:// or https://."),
        ("PUBLIC_URL", "ftp://host", "an address here begins with http:// or https://."),
        ("PUBLIC_URL", "https://host#part", "an address here begins with http:// or https://."),
        ("PUBLIC_URL", "https://[::1", "this is not an address."),
        ("REDIS_URL", "http://:secret@host", "an address here begins with redis:// or rediss:// or unix://."),
    ],
)
def test_a_bad_value_is_told_with_its_name_and_not_repeated(name: str, value: str, sentence: str) -> None:
    told = why({f"JINMIN_{name}": value})
    assert told == f"JINMIN_{name}: {sentence}"
    assert "secret" not in told


def test_every_bad_value_gets_its_sentence() -> None:
    told = why({"JINMIN_PORT": "80", "JINMIN_ENV": "x"})
    assert told.startswith("JINMIN_ENV: ")
    assert " JINMIN_PORT: " in told


def test_an_empty_value_counts_as_unset() -> None:
    settings = read_settings({"JINMIN_SECRETS": "", "JINMIN_PORT": "", "JINMIN_FACE_WORKERS": ""})
    assert (settings.secrets, settings.port, settings.face_workers) == (None, 8000, 1)


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINMIN_PORT", "9000")
    assert read_settings().port == 9000


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 9000  # type: ignore[misc]  # that is what is tried


def test_the_command_line_tells_it_in_a_sentence_and_ends_with_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINMIN_PORT", "80")
    assert main(["migrate"]) == 2
    assert capsys.readouterr().err == "JINMIN_PORT: Input should be greater than or equal to 1024.\n"
