"""Identifiers: ordered, opaque, readable."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.ids import CODE_ALPHABET, new_code, new_id, new_nonce, node_id, parse_node_id


def test_ids_are_version_seven_and_rise_with_time() -> None:
    before = time.time_ns() // 1_000_000
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    stamp = made[0].int >> 80
    assert before <= stamp <= time.time_ns() // 1_000_000 + 10


def test_threads_make_different_ids() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: new_id(), range(20_000)))
    assert len(set(made)) == 20_000


@given(st.from_regex("[A-Za-z]{1,20}", fullmatch=True), st.one_of(st.uuids(), st.text(min_size=1)))
def test_a_node_id_leads_back(type_name: str, value: UUID | str) -> None:
    try:
        opaque = node_id(type_name, value)
    except UnicodeEncodeError:  # half a character is no text
        return
    assert re.fullmatch("[A-Za-z0-9_-]+", opaque)
    assert parse_node_id(opaque) == (type_name, str(value))


@pytest.mark.parametrize(
    "text",
    ["", "=", "AAAA", "not base64!", "节点", "Q2FzZTo=", "Q2FzZQ", node_id("", "x"), node_id("Case", ""),
     node_id("Case", "1") + "=", node_id("Case", "1") + "\n", node_id("Case", "1").replace("Q", "Q ", 1), "gICA"],
)  # fmt: skip
def test_anything_else_is_no_node_id(text: str) -> None:
    with pytest.raises(ValueError, match="not a node id"):
        parse_node_id(text)


@given(st.text())
def test_a_text_is_read_as_the_only_id_that_is_written_so(text: str) -> None:
    try:
        type_name, value = parse_node_id(text)
    except ValueError:
        return
    assert node_id(type_name, value) == text


def test_codes_can_be_read_out_and_are_not_guessed() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {24}
    assert set("".join(codes)) == set(CODE_ALPHABET)
    assert not set(CODE_ALPHABET) & set("01IO")
    assert (len(CODE_ALPHABET), len(new_code(8))) == (32, 8)


def test_nonces_fit_into_urls_and_headers() -> None:
    nonces = {new_nonce() for _ in range(1000)}
    assert len(nonces) == 1000
    assert all(re.fullmatch("[A-Za-z0-9_-]{32}", nonce) for nonce in nonces)
