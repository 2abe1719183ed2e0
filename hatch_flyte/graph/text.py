"""What is shown of a text from anywhere, and how wide that is.

Widths are upper bounds for the fonts that the stylesheet asks for: the widest of them are DejaVu's. So a box that has
room for a text has room for it on every machine, and no font is needed to draw one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_SHOWN: Final = 300
"""Characters of a text that a picture holds at most, drawn or told."""
GAP: Final = "…"

_GROUPS: Final = (
    (0.42, " !'(),-./:;IJ[\\]fijlrt|"),
    (0.64, '"$*?_`{}0123456789FLPTYE' + "abcdeghknopqsuvxyz"),
    (0.79, "&ABCDGHKNOQRSUVXZ"),
    (1.0, "%@MWmw+<=>~#^" + GAP),
)
"""Upper bounds of DejaVu Sans, in parts of the font's size. DejaVu Sans Mono has 0.602 for everything."""
_PLAIN: Final = {char: width for width, chars in _GROUPS for char in chars}
_OF_ONE_WIDTH: Final = 0.61
_LAST_SIMPLE: Final = "\u052f"
"""The end of Latin, Greek and Cyrillic, which every font has. What comes later another font may draw."""
_ELSEWHERE: Final = 1.25
"""The widest that is usual there: pictures. A few signs are wider still, and are cut off by their box."""


@dataclass(frozen=True, slots=True)
class Font:
    """How wide texts are in a font of some size."""

    size: int
    """Pixels."""
    one_width: bool
    """Whether all of its characters are of one width."""

    def width(self, text: str) -> float:
        """Return the most pixels that `text` needs."""
        return sum(map(self._part, text)) * self.size

    def _part(self, char: str) -> float:
        if char > _LAST_SIMPLE and char != GAP:
            return _ELSEWHERE
        return _OF_ONE_WIDTH if self.one_width else _PLAIN.get(char, 1.0)


NAME: Final = Font(13, one_width=True)
CODE: Final = Font(11, one_width=True)
PLAIN: Final = Font(11, one_width=False)


def visible(text: str) -> str:
    """Return `text` on one line, cut in its middle where it is long, with what can't be seen escaped.

    That is control characters, marks that change the direction of writing, halves of pairs, what Unicode hasn't
    assigned; no XML parser minds what is left.
    """
    if len(text) > MOST_SHOWN:
        half = (MOST_SHOWN - len(GAP)) // 2
        text = f"{text[:half]}{GAP}{text[-half:]}"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def fitted(text: str, font: Font, width: float) -> str:
    """Return `text`, which is visible, in at most `width` pixels: what is too long loses its middle.

    Of a name's two ends both tell something: `acme.…train_model`.
    """
    if font.width(text) <= width:
        return text
    left = width - font.width(GAP)
    head, tail = 0, len(text)
    while head < tail:
        # The tail, which is what names differ in, has its turn first.
        at_end = len(text) - tail <= head
        cost = font.width(text[tail - 1] if at_end else text[head])
        if cost > left:
            break
        left -= cost
        head, tail = (head, tail - 1) if at_end else (head + 1, tail)
    return f"{text[:head]}{GAP}{text[tail:]}"
