"""Codes of items and cases (GB/T 39554): base 12, task 31, case 43 characters."""

from datetime import date

from stdnum.cn import uscc

LEVELS = "123456"
"""行使层级: nation, province, city, county, township, village."""


def task_code(credit_code: str, level: str, base_code: str) -> str:
    """实施编码: the organ's credit code, its level and the item's base code. Raises ``ValueError``."""
    if not uscc.is_valid(credit_code):
        raise ValueError("the credit code is not valid")
    if len(level) != 1 or level not in LEVELS:
        raise ValueError("the level is not one of 1 to 6")
    if len(base_code) != 12:
        raise ValueError("the base code must have 12 characters")
    return f"{credit_code}{level}{base_code}"


def base_code(task: str) -> str:
    """基本编码 in a task code: what a case keeps when its item is given an official code later."""
    return task[-12:]


def case_number(task: str, day: date, serial: int, width: int = 4) -> str:
    """申办流水号: task code, day, serial. Raises ``ValueError`` when the serial does not fit."""
    if not 0 < serial < 10**width:
        raise ValueError("the serial does not fit its width")
    return f"{task}{day:%Y%m%d}{serial:0{width}d}"


def credit_code(first_seventeen: str) -> str:
    """A sound unified social credit code from its first seventeen signs: for generated organs."""
    return first_seventeen + str(uscc.calc_check_digit(first_seventeen))
