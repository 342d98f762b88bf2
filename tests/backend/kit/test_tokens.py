"""Tokens of both suites, and several keys at once."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import jwt
import orjson
import pytest
from jwt import PyJWK

from backend.kit import clock
from backend.kit.signatures import verify_sm2
from backend.kit.suites import CryptoSuite
from backend.kit.tokens import ED25519, SM2, BadToken, TokenKey, TokenKeys, generate_token_key

SOON = timedelta(minutes=5)
BOTH = pytest.mark.parametrize("suite", list(CryptoSuite))


def key_of(suite: CryptoSuite, *, since: timedelta = timedelta(days=1)) -> TokenKey:
    return TokenKey.read(*generate_token_key(suite), clock.now() - since)


def changed(token: str, part: int, **changes: object) -> str:
    """The token with something else in its header (0) or its claims (1)."""
    parts = token.split(".")
    padded = parts[part] + "=" * (-len(parts[part]) % 4)
    told = orjson.loads(urlsafe_b64decode(padded)) | changes
    parts[part] = urlsafe_b64encode(orjson.dumps(told)).rstrip(b"=").decode()
    return ".".join(parts)


@BOTH
def test_a_token_says_what_it_was_given_and_for_what_it_is(suite: CryptoSuite) -> None:
    keys = TokenKeys({"t1": key_of(suite)})
    token = keys.issue({"sub": "account:1", "sid": "s"}, use="access", lifetime=SOON)
    claims = keys.verify(token, use="access")
    assert (claims["sub"], claims["sid"], claims["iss"], claims["aud"]) == (
        "account:1",
        "s",
        "jinmin",
        "access",
    )
    with pytest.raises(BadToken):
        keys.verify(token, use="refresh")


@BOTH
def test_an_altered_token_is_not_ours(suite: CryptoSuite) -> None:
    keys = TokenKeys({"t1": key_of(suite)})
    token = keys.issue({"sub": "account:1"}, use="access", lifetime=SOON)
    forged = key_of(suite)
    for bad in (
        changed(token, 1, sub="account:2"),
        changed(token, 0, alg="none"),
        changed(token, 0, alg="HS256"),
        changed(token, 0, kid="t2"),
        token[:-2],
        token.rpartition(".")[0] + ".",
        TokenKeys({"t1": forged}).issue({"sub": "account:1"}, use="access", lifetime=SOON),
        "",
        "x.y.z",
    ):
        with pytest.raises(BadToken):
            keys.verify(bad, use="access")


@BOTH
def test_a_token_ends(suite: CryptoSuite) -> None:
    keys = TokenKeys({"t1": key_of(suite)})
    token = keys.issue({"sub": "account:1"}, use="access", lifetime=SOON)
    with clock.shifted(timedelta(minutes=6)), pytest.raises(BadToken):
        keys.verify(token, use="access")


def test_a_key_of_one_suite_takes_no_token_of_the_other() -> None:
    ours, theirs = key_of(CryptoSuite.INTERNATIONAL), key_of(CryptoSuite.GUOMI)
    token = TokenKeys({"t1": theirs}).issue({"sub": "a"}, use="access", lifetime=SOON)
    for shown in (token, changed(token, 0, alg=ED25519)):
        with pytest.raises(BadToken):
            TokenKeys({"t1": ours}).verify(shown, use="access")


def test_an_international_token_is_verified_by_anybody_with_the_published_key() -> None:
    keys = TokenKeys({"t1": key_of(CryptoSuite.INTERNATIONAL)})
    token = keys.issue({"sub": "account:1"}, use="access", lifetime=SOON)
    [published] = keys.jwks()["keys"]
    assert (published["kid"], published["alg"], published["kty"], published["crv"]) == (
        "t1",
        "EdDSA",
        "OKP",
        "Ed25519",
    )
    assert "d" not in published
    claims = jwt.decode(token, PyJWK(published), algorithms=["EdDSA"], audience="access")
    assert claims["sub"] == "account:1"


def test_an_sm2_token_is_verified_by_anybody_with_the_published_point() -> None:
    keys = TokenKeys({"t1": key_of(CryptoSuite.GUOMI)})
    token = keys.issue({"sub": "account:1"}, use="access", lifetime=SOON)
    [published] = keys.jwks()["keys"]
    assert set(published) == {"kid", "use", "alg", "kty", "crv", "x", "y"}
    assert (published["alg"], published["kty"], published["crv"]) == (SM2, "EC", "SM2")
    x, y = (urlsafe_b64decode(published[part] + "=") for part in ("x", "y"))
    assert (len(x), len(y)) == (32, 32)
    # GB/T 32918 and 35276: the point in a SubjectPublicKeyInfo, r and s in a DER sequence.
    info = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200") + b"\x04" + x + y
    pem = f"-----BEGIN PUBLIC KEY-----\n{_wrapped(info)}\n-----END PUBLIC KEY-----\n"
    head, _, signature = token.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    assert len(raw) == 64
    assert verify_sm2(pem, head.encode(), _sequence(raw[:32], raw[32:]))


def test_of_several_keys_the_one_whose_time_came_last_signs_and_all_verify() -> None:
    oldest, older = key_of(CryptoSuite.INTERNATIONAL, since=timedelta(days=9)), key_of(CryptoSuite.GUOMI)
    coming = key_of(CryptoSuite.INTERNATIONAL, since=timedelta(minutes=-10))
    keys = TokenKeys({"t1": oldest, "t2": older, "t3": coming})
    by_first = TokenKeys({"t1": oldest}).issue({"sub": "a"}, use="access", lifetime=timedelta(days=1))
    by_second = keys.issue({"sub": "a"}, use="access", lifetime=timedelta(days=1))
    assert jwt.get_unverified_header(by_second) == {"alg": SM2, "kid": "t2", "typ": "JWT"}
    assert [one["kid"] for one in keys.jwks()["keys"]] == ["t1", "t2", "t3"]
    with clock.shifted(timedelta(minutes=11)):
        by_third = keys.issue({"sub": "a"}, use="access", lifetime=timedelta(days=1))
        assert jwt.get_unverified_header(by_third)["kid"] == "t3"
        for token in (by_first, by_second, by_third):
            assert keys.verify(token, use="access")["sub"] == "a"


def test_a_key_that_may_not_sign_yet_is_not_enough() -> None:
    with pytest.raises(ValueError, match="no token key may sign yet"):
        TokenKeys({"t1": key_of(CryptoSuite.INTERNATIONAL, since=timedelta(minutes=-1))})


@BOTH
def test_a_key_of_another_kind_is_refused(suite: CryptoSuite) -> None:
    other = next(one for one in CryptoSuite if one is not suite)
    algorithm, _ = generate_token_key(suite)
    _, pem = generate_token_key(other)
    with pytest.raises(ValueError, match="not"):
        TokenKey.read(algorithm, pem, clock.now())


def _wrapped(der: bytes) -> str:
    return urlsafe_b64encode(der).decode().replace("-", "+").replace("_", "/")


def _sequence(r: bytes, s: bytes) -> bytes:
    inner = _der(r) + _der(s)
    return b"\x30" + bytes([len(inner)]) + inner


def _der(number: bytes) -> bytes:
    value = number.lstrip(b"\x00")
    value = b"\x00" + value if value[0] & 0x80 else value
    return b"\x02" + bytes([len(value)]) + value


def test_a_token_found_sound_is_not_sound_for_another_use_or_after_its_time() -> None:
    sound = TokenKeys({"k": key_of(CryptoSuite.INTERNATIONAL)})
    token = sound.issue({"sub": "a"}, use="access", lifetime=timedelta(seconds=30))
    assert sound.verify(token, use="access") == sound.verify(token, use="access")
    with pytest.raises(BadToken, match="not a token of ours"):
        sound.verify(token, use="refresh")
    with clock.shifted(timedelta(seconds=31)), pytest.raises(BadToken, match="expired"):
        sound.verify(token, use="access")


def test_a_key_that_is_taken_away_takes_the_tokens_it_signed_along() -> None:
    first, second = key_of(CryptoSuite.INTERNATIONAL), key_of(CryptoSuite.INTERNATIONAL)
    renewals: list[dict[str, TokenKey] | None] = [None]
    keys = TokenKeys({"one": first}, lambda: renewals[-1], check_every=0.0)
    token = keys.issue({"sub": "a"}, use="access", lifetime=timedelta(minutes=5))
    keys.verify(token, use="access")
    renewals.append({"two": second})
    with pytest.raises(BadToken, match="not a token of ours"):
        keys.verify(token, use="access")
