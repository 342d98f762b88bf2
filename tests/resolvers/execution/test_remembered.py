from resolvers.execution.remembered import LEAST, Remembered


def test_what_was_made_is_not_made_again() -> None:
    made: list[str] = []

    def make(text: str) -> str:
        made.append(text)
        return text.upper()

    remembered = Remembered(make, most=1000)
    assert [remembered("a"), remembered("b"), remembered("a")] == ["A", "B", "A"]
    assert made == ["a", "b"]


def test_the_longest_unused_goes_first_and_long_texts_take_the_room_of_many() -> None:
    made: list[str] = []
    remembered = Remembered(made.append, most=3 * LEAST)
    for text in ("a", "b", "c", "a", "d"):
        remembered(text)
    remembered("a")
    remembered("b")
    assert made == ["a", "b", "c", "d", "b"]
    remembered("x" * 3 * LEAST)
    assert len(remembered) == 1


def test_a_text_beyond_all_room_is_remembered_until_the_next() -> None:
    made: list[str] = []
    remembered = Remembered(made.append, most=10)
    for text in ("x" * 1000, "x" * 1000, "y", "x" * 1000):
        remembered(text)
    assert [text[0] for text in made] == ["x", "y", "x"]
