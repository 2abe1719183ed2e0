"""Kubernetes quantities: reading `500m` and `1.5Gi`, and writing them as Kubernetes does.

The format, its limits and its texts are those of k8s.io/apimachinery's `resource.Quantity` (`ParseQuantity`,
`CanonicalizeBytes`, `Value`, `MilliValue`): a fixed-point number, never a float.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_EXPRESSION: Final = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_WRONG_FORMAT: Final = f"quantities must match the regular expression '{_EXPRESSION}'"
_WRONG_SUFFIX: Final = "unable to parse quantity's suffix"

_PARTS: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?((?:[eEinumkKMGTP]+[+-]?|[+-])[0-9]*|)")
_MOST_CHARACTERS: Final = 400
"""Longer texts are refused, for nobody means them, and their arithmetic would take long."""
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT: Final = re.compile(r"[eE]([+-]?[0-9]{1,9})")

_NANO: Final = -9
_SMALLEST_SUFFIXED: Final = 1024
_MOST: Final = (1 << 63) - 1
_MOST_DIGITS: Final = 18
"""Digits that Kubernetes handles as an integer of 64 bits; it keeps the spelling of some of those."""
_MOST_BINARY_DIGITS: Final = 14


class QuantityError(ValueError):
    """A text is no quantity; the message is Kubernetes'."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number: `mantissa` times 10^`exponent`."""

    mantissa: int
    exponent: int
    form: str
    """`decimal`, `binary` or `exponent`: how its text is written."""
    spelling: str = ""
    """How it was written, where Kubernetes keeps that."""

    @property
    def is_zero(self) -> bool:
        """Whether it is nothing."""
        return self.mantissa == 0

    def value(self, exponent: int = 0) -> int:
        """Return how often 10^`exponent` goes into it, rounded away from zero; 0 where 64 bits don't hold that."""
        shift = self.exponent - exponent
        if shift < 0:
            shift = max(shift, -len(str(self.mantissa)) - 1)
            whole = -(-abs(self.mantissa) // 10**-shift)
        else:
            whole = abs(self.mantissa) * 10**shift if shift <= _MOST_DIGITS else _MOST + 1
        return (whole if self.mantissa > 0 else -whole) if whole <= _MOST and self.mantissa else 0

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number, looked at in thousandths."""
        return self.value(-3) % 1000 == 0

    def __str__(self) -> str:
        """Return its canonical text: no fraction, and the largest suffix that leaves none."""
        if self.spelling or self.is_zero:
            return self.spelling or "0"
        if self.form == "binary" and self.exponent == 0 and abs(self.mantissa) >= _SMALLEST_SUFFIXED:
            return _binary_text(self.mantissa)
        return _decimal_text(self.mantissa, self.exponent, exponential=self.form == "exponent")


def parsed(text: str) -> Quantity:
    """Return the quantity that `text` is. Raises `QuantityError`."""
    match = _PARTS.fullmatch(text) if 0 < len(text) <= _MOST_CHARACTERS else None
    if match is None:
        raise QuantityError(_WRONG_FORMAT)
    sign, digits, fraction, suffix = match[1], match[2].lstrip("0") or "0", match[3] or "", match[4]
    form, exponent = _suffix(suffix)
    mantissa = int(digits + fraction) * (-1 if sign == "-" else 1)
    if form == "binary":
        return _binary(mantissa, len(digits), len(fraction), exponent, text)
    scale = exponent - len(fraction)
    is_short = len(digits) + len(fraction) <= _MOST_DIGITS
    if mantissa and is_short and scale >= _NANO:
        shifted = digits + fraction
        is_kept = scale % 3 == 0 and not shifted.endswith("000") and shifted[0] != "0"
        return Quantity(mantissa, scale, form, text if is_kept else "")
    return _rounded(mantissa, scale, form)


def is_quantity(text: str) -> bool:
    """Return whether `text` is a quantity."""
    try:
        parsed(text)
    except QuantityError:
        return False
    return True


def _suffix(suffix: str) -> tuple[str, int]:
    """Return the form that a suffix stands for, and its exponent of 10, or of 2 if the form is binary."""
    if suffix in _BINARY:
        return "binary", _BINARY[suffix]
    if suffix in _DECIMAL:
        return "decimal", _DECIMAL[suffix]
    match = _EXPONENT.fullmatch(suffix)
    if match is None:
        raise QuantityError(_WRONG_SUFFIX)
    return "exponent", int(match[1])


def _binary(mantissa: int, digits: int, fraction: int, power: int, text: str) -> Quantity:
    if not fraction and digits + power * 3 // 10 <= _MOST_BINARY_DIGITS:
        return Quantity(mantissa << power, 0, "binary", text if power % 10 == 0 and mantissa & 7 else "")
    amount = _rounded(mantissa << power, -fraction, "binary")
    if abs(amount.value()) > _MOST or (amount.mantissa and not amount.value()):
        return Quantity(_MOST if mantissa > 0 else -_MOST, 0, "binary")
    return amount


def _rounded(mantissa: int, exponent: int, form: str) -> Quantity:
    """Return a quantity no finer than nano, rounded away from zero, and without zeros at its end."""
    if exponent < _NANO:
        drop = min(_NANO - exponent, len(str(mantissa)) + 1)
        whole = -(-abs(mantissa) // 10**drop)
        mantissa, exponent = (whole if mantissa > 0 else -whole), _NANO
    while mantissa and exponent < 0 and mantissa % 10 == 0:
        mantissa, exponent = mantissa // 10, exponent + 1
    return Quantity(mantissa, exponent, form)


def _binary_text(whole: int) -> str:
    power = 0
    while whole % _SMALLEST_SUFFIXED == 0 and power < max(_BINARY.values()):
        whole, power = whole // _SMALLEST_SUFFIXED, power + 10
    return f"{whole}{next((suffix for suffix, value in _BINARY.items() if value == power), '')}"


def _decimal_text(mantissa: int, exponent: int, *, exponential: bool) -> str:
    while mantissa % 10 == 0:
        mantissa, exponent = mantissa // 10, exponent + 1
    shift = exponent % 3
    mantissa, exponent = mantissa * 10**shift, exponent - shift
    suffix = None if exponential else next((key for key, value in _DECIMAL.items() if value == exponent), None)
    if suffix is None:
        suffix = f"e{exponent}" if exponent else ""
    return f"{mantissa}{suffix}"
