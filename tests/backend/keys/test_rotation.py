"""Token keys are replaced while everything runs, and development keys complete themselves."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from backend.__main__ import main
from backend.errors import BadSettings
from backend.keys import key_file, read_keys, read_sandbox_keys
from backend.keys.rotation import LONGEST_TOKEN, retire, rotate, states
from backend.kit import clock
from backend.kit.sealing import IndexSuite, Suite
from backend.kit.suites import CryptoSuite
from backend.kit.tokens import SM2, BadToken, TokenKeys
from backend.people.accounts.sessions import CITIZEN_LIFETIME, OFFICER_LIFETIME
from backend.settings import Environment, FaceChallengeKind, Settings

LATER = timedelta(minutes=11)
GUOMI, INTERNATIONAL = CryptoSuite.GUOMI, CryptoSuite.INTERNATIONAL


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def impatient(settings: Settings) -> TokenKeys:
    """The keys of a process that looks at the file before every use."""
    tokens = read_keys(settings).tokens
    tokens.check_every = 0
    return tokens


def kid_of(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


def issue(tokens: TokenKeys) -> str:
    return tokens.issue({"sub": "a"}, use="refresh", lifetime=LONGEST_TOKEN)


def test_a_running_process_publishes_a_new_key_at_once_and_signs_with_it_after_notice(
    settings: Settings,
) -> None:
    tokens = impatient(settings)
    before = issue(tokens)
    kid = rotate(key_file(settings), INTERNATIONAL)
    assert [one["kid"] for one in tokens.jwks()["keys"]] == ["t1", kid]
    assert kid_of(issue(tokens)) == "t1"
    with clock.shifted(LATER):
        after = issue(tokens)
        assert kid_of(after) == kid
        assert tokens.verify(before, use="refresh")["sub"] == "a"
        assert tokens.verify(after, use="refresh")["sub"] == "a"


def test_another_process_accepts_what_the_first_one_signs_with_the_new_key(settings: Settings) -> None:
    first, second = impatient(settings), impatient(settings)
    rotate(key_file(settings), GUOMI)
    with clock.shifted(LATER):
        token = issue(first)
        assert jwt.get_unverified_header(token)["alg"] == SM2
        assert second.verify(token, use="refresh")["sub"] == "a"


def test_a_key_is_retired_only_when_no_token_of_it_can_be_alive(settings: Settings) -> None:
    path, tokens = key_file(settings), impatient(settings)
    before = issue(tokens)
    kid = rotate(path, INTERNATIONAL)
    with pytest.raises(BadSettings, match="the key that signs"):
        retire(path, "t1")
    with clock.shifted(LATER):
        with pytest.raises(BadSettings, match="may be in use until"):
            retire(path, "t1")
        assert [(key.kid, key.active) for key in states(path)] == [("t1", False), (kid, True)]
    with clock.shifted(LATER + LONGEST_TOKEN):
        retire(path, "t1")
        with pytest.raises(BadToken):
            tokens.verify(before, use="refresh")
        assert [key.kid for key in states(path)] == [kid]
        with pytest.raises(BadSettings, match="no token key"):
            retire(path, "t1")


def test_a_leaked_key_is_taken_out_at_once_and_its_tokens_are_worthless(settings: Settings) -> None:
    path, tokens = key_file(settings), impatient(settings)
    before = issue(tokens)
    rotate(path, INTERNATIONAL, notice=timedelta())
    retire(path, "t1", compromised=True)
    with pytest.raises(BadToken):
        tokens.verify(before, use="refresh")
    assert tokens.verify(issue(tokens), use="refresh")["sub"] == "a"


def test_a_file_that_is_not_right_changes_nothing_in_a_running_process(settings: Settings) -> None:
    path, tokens = key_file(settings), impatient(settings)
    whole = path.read_text()
    for broken in ("{", json.dumps(json.loads(whole) | {"token_keys": {}}), whole.replace("EdDSA", SM2)):
        path.write_text(broken)
        assert kid_of(issue(tokens)) == "t1"
    path.unlink()
    assert kid_of(issue(tokens)) == "t1"


def test_no_session_outlives_what_retiring_waits_for() -> None:
    assert max(CITIZEN_LIFETIME, OFFICER_LIFETIME) <= LONGEST_TOKEN


def test_the_command_line_lists_rotates_and_retires(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINMIN_DATA", str(settings.data))
    assert main(["keys", "rotate", "--notice", "0"]) == 0
    kid = capsys.readouterr().out.split()[0]
    assert main(["keys", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("t1  EdDSA  verifies, needed until ")
    assert second == f"{kid}  EdDSA  signs now"
    assert main(["keys", "retire", "t1"]) == 2
    assert "may be in use until" in capsys.readouterr().err
    assert main(["keys", "retire", "t1", "--compromised"]) == 0
    assert capsys.readouterr().out == "t1 is gone.\n"


def test_the_file_is_readable_by_its_owner_only(settings: Settings) -> None:
    path = key_file(settings)
    rotate(path, INTERNATIONAL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(kept.name for kept in settings.data.iterdir()) == [
        "keys.json",
        "keys.lock",
        "sandbox-keys.json",
    ]


def test_a_development_installation_of_an_older_version_is_completed_and_keeps_what_it_has(
    settings: Settings,
) -> None:
    path = key_file(settings)
    whole = json.loads(path.read_text())
    older = {name: value for name, value in whole.items() if name not in {"alipay", "sms"}}
    older["token_active"] = "t1"
    older["token_keys"] = {"t1": whole["token_keys"]["t1"]["pem"]}
    path.write_text(json.dumps(older))
    keys = read_keys(settings)
    assert keys.alipay is not None
    assert keys.alipay.app_id == read_sandbox_keys(settings).alipay.app_id
    again = json.loads(path.read_text())
    assert {name: again[name] for name in ("blind_index", "sealing_keys", "face_key", "token_keys")} == {
        name: whole[name] for name in ("blind_index", "sealing_keys", "face_key", "token_keys")
    }


def test_a_national_deployment_is_national_throughout(tmp_path: Path) -> None:
    keys = read_keys(Settings(data=tmp_path, crypto=GUOMI))
    assert (keys.ring.suite, keys.blind_index.suite) == (Suite.SM4_GCM, IndexSuite.HMAC_SM3)
    assert keys.tokens.keys["t1"].algorithm == SM2
    index = keys.blind_index.of("13800000000", "phone")
    assert index.startswith("H2.")
    assert index != keys.blind_index.of("13800000000", "mail")
    assert keys.ring.open(keys.ring.seal(b"x", context="c"), context="c") == b"x"


def test_production_wants_the_suite_it_names(settings: Settings) -> None:
    def production(crypto: CryptoSuite) -> Settings:
        return Settings(
            env=Environment.PRODUCTION,
            data=settings.data,
            secrets=key_file(settings),
            public_url="https://jinmin.example",
            database_url="postgresql://jinmin@db/jinmin",
            redis_url="redis://redis",
            face_url="http://faces",
            face_challenge=FaceChallengeKind.ACTIVE,
            wechat_url="https://wechat.example",
            registry_url="https://registry.example",
            zhejiang_url="https://zhejiang.example",
            crypto=crypto,
        )

    assert read_keys(production(INTERNATIONAL)).ring.suite is Suite.AES_256_GCM
    with pytest.raises(BadSettings, match="JINMIN_CRYPTO=guomi wants S1, H2, SM2SM3"):
        read_keys(production(GUOMI))


def test_no_repr_shows_a_key(settings: Settings) -> None:
    keys = read_keys(settings)
    assert keys.alipay is not None
    for shown in (repr(keys), repr(keys.alipay), repr(read_sandbox_keys(settings))):
        assert "PRIVATE" not in shown
        assert keys.wechat_app_secret not in shown
