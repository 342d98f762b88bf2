from dataclasses import replace

import pytest

from backend.kit.sealing import BlindIndex, CannotOpen, KeyRing, Suite

RING = KeyRing({"k1": b"1" * 32, "k2": b"2" * 32}, "k1")
PLACE = "person:7:resident_id"


@pytest.mark.parametrize(("suite", "name"), [(Suite.AES_256_GCM, "A1"), (Suite.SM4_GCM, "S1")])
def test_a_sealed_value_names_its_suite_and_key_and_opens_in_its_place(suite: Suite, name: str) -> None:
    sealed = replace(RING, suite=suite).seal("沈阿福".encode(), context=PLACE)
    assert sealed.startswith(f"{name}.k1.")
    assert RING.open(sealed, context=PLACE).decode() == "沈阿福"


def test_both_suites_open_whichever_one_seals() -> None:
    old = replace(RING, suite=Suite.AES_256_GCM).seal(b"old", context=PLACE)
    rotated = replace(RING, suite=Suite.SM4_GCM, active="k2")
    assert rotated.open(old, context=PLACE) == b"old"
    assert rotated.seal(b"new", context=PLACE).startswith("S1.k2.")


@pytest.mark.parametrize("suite", Suite)
def test_the_same_content_is_sealed_differently_each_time(suite: Suite) -> None:
    ring = replace(RING, suite=suite)
    assert ring.seal(b"same", context=PLACE) != ring.seal(b"same", context=PLACE)


@pytest.mark.parametrize("suite", Suite)
def test_a_value_that_was_moved_does_not_open(suite: Suite) -> None:
    sealed = replace(RING, suite=suite).seal(b"secret", context=PLACE)
    with pytest.raises(CannotOpen):
        RING.open(sealed, context="person:8:resident_id")


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("at", [0, 11, 12, -1])
def test_a_value_with_one_bit_changed_does_not_open(suite: Suite, at: int) -> None:
    sealed = bytearray(replace(RING, suite=suite).seal_bytes(b"secret", context=PLACE))
    body = len(b"A1.k1.")
    sealed[at if at < 0 else body + at] ^= 1
    with pytest.raises(CannotOpen):
        RING.open_bytes(bytes(sealed), context=PLACE)


@pytest.mark.parametrize(
    "text", ["", "A1", "A1.k1", "A1.k1.", "A1.k1.!!!", "A1.k9.AAAA", "X1.k1.AAAA", "A1.k1.AAAAAAAAAAAAAAAA"]
)
def test_what_is_no_sealed_value_does_not_open(text: str) -> None:
    with pytest.raises(CannotOpen):
        RING.open(text, context=PLACE)


def test_a_blind_index_finds_equal_values_of_one_purpose_only() -> None:
    index, other = BlindIndex(b"i" * 32), BlindIndex(b"j" * 32)
    found = index.of("330521194305120011", "resident_id")
    assert found.startswith("H1.")
    assert len(found) == 67
    assert found == index.of("330521194305120011", "resident_id")
    assert found not in {
        index.of("330521194305120012", "resident_id"),
        index.of("330521194305120011", "phone"),
        other.of("330521194305120011", "resident_id"),
    }


def test_a_ring_does_not_show_its_keys() -> None:
    assert "1111" not in repr(RING)
    assert "iiii" not in repr(BlindIndex(b"i" * 32))
