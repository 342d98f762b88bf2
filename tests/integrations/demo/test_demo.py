"""What the demo makes of its arguments, and of a server that is not there."""

from pathlib import Path

import orjson
import pytest

from backend.errors import BadSettings
from backend.kit import clock, resident_id
from backend.settings import Settings
from integrations.demo import portraits
from integrations.demo.client import Refused, WrongField
from integrations.demo.walk import Pictures, made_up_applicant, walk


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    file = tmp_path / "portrait.png"
    file.write_bytes(portraits.stranger())
    return file


def test_without_files_the_packaged_portrait_meets_a_variant_of_itself() -> None:
    pictures = Pictures.read(None, None)

    assert pictures == Pictures(portraits.reference(), portraits.reshot(portraits.reference()))
    assert pictures.selfie != pictures.reference


def test_a_reference_alone_meets_a_variant_of_itself(portrait: Path) -> None:
    pictures = Pictures.read(str(portrait), None)

    assert pictures == Pictures(portraits.stranger(), portraits.reshot(portraits.stranger()))


def test_a_selfie_alone_meets_the_packaged_portrait(portrait: Path) -> None:
    assert Pictures.read(None, str(portrait)) == Pictures(portraits.reference(), portraits.stranger())
    assert Pictures.read(None, "stranger") == Pictures(portraits.reference(), portraits.stranger())


def test_two_files_are_taken_as_they_are(portrait: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"whatever it is, the server has to judge it")

    assert Pictures.read(str(portrait), str(other)) == Pictures(portraits.stranger(), other.read_bytes())


@pytest.mark.parametrize(
    ("reference", "selfie", "sentence"),
    [
        ("missing.jpg", None, "missing.jpg cannot be read: No such file or directory."),
        (None, "missing.jpg", "missing.jpg cannot be read: No such file or directory."),
        (None, "/", "/ cannot be read: Is a directory."),
        (__file__, None, f"{__file__} is not a picture. Give a JPEG or PNG file."),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_a_sentence(
    reference: str | None, selfie: str | None, sentence: str
) -> None:
    with pytest.raises(BadSettings) as problem:
        Pictures.read(reference, selfie)

    assert str(problem.value) == sentence


def test_everybody_who_walks_is_somebody_new_of_eighty_years() -> None:
    people = [made_up_applicant() for _ in range(20)]

    assert len({person.resident_id for person in people}) > 15
    for person in people:
        number = resident_id.parse(person.resident_id, clock.today())
        assert 80 <= (clock.today() - number.birth_date).days / 365.25 < 90
        assert number.division == person.household_division == "330521"


async def test_a_server_that_is_not_there_ends_it_at_the_first_step(
    capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    settings = Settings(
        port=max(unused_tcp_port - 2, 1024), registry_url=f"http://127.0.0.1:{unused_tcp_port}/registry"
    )

    status = await walk(settings, Pictures(b"", b""), as_json=True)

    told = orjson.loads(capsys.readouterr().out)
    assert (status, told["step"], told["ok"], told["code"]) == (1, 1, False, "ConnectError")
    assert told["reason"] == f"ConnectError: is {settings.public_url} running?"


def test_a_refusal_names_its_fields_but_says_nothing_twice() -> None:
    same = WrongField(("input", "frames"), "No face was found.")
    other = WrongField(("input", "answers", "phone"), "The format is not right.")

    assert str(Refused("FACE_UNUSABLE", "No face was found.", [same])) == "FACE_UNUSABLE: No face was found."
    assert (
        str(Refused("INVALID_ANSWERS", "Some answers are wrong.", [other]))
        == "INVALID_ANSWERS: Some answers are wrong. input.answers.phone: The format is not right."
    )
