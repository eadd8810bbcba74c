"""Amounts in euros: decimals exact to the cent, rounded half up, never a float."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# Numeric(12, 2): what the database can hold.
LARGEST = Decimal("9999999999.99")


def euros(value: Decimal | int | str) -> Decimal:
    """`value` as an exact amount in euros, rounded half up to the cent."""
    return Decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)


def rate(part: Decimal, whole: Decimal) -> Decimal:
    """`part` as a percentage of `whole`, two decimals; 0 when `whole` is 0."""
    return euros(part * 100 / whole) if whole else ZERO
