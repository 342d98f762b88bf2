"""Personal data as it may be shown: enough to recognise one's own, too little for anybody else."""


def name(value: str) -> str:
    """张*, 欧**: the first sign stays."""
    return value[:1] + "*" * max(1, len(value) - 1)


def resident_id(value: str) -> str:
    """330***********1234: province, and the last four."""
    return _ends(value, 3, 4, "*" * (len(value) - 7))


def document(value: str) -> str:
    """A document's number: like a resident ID where it is that long, else E*****56."""
    return resident_id(value) if len(value) >= 15 else f"{value[:1]}{'*' * (len(value) - 3)}{value[-2:]}"


def phone(value: str) -> str:
    """138****5678."""
    return _ends(value, 3, 4, "****")


def account(value: str) -> str:
    """****6789: a bank account's last four."""
    return _ends(value, 0, 4, "****")


def _ends(value: str, first: int, last: int, between: str) -> str:
    """Both ends of a value of which they are no more than two thirds; of a shorter one nothing."""
    if len(value) * 2 < (first + last) * 3:
        return "****"
    return value[:first] + between + value[-last:]
