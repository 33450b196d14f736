"""Numbers that people write in words or short: a dozen, ein Dutzend, 85 T€, 1.2 million."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

__all__ = ["worded_numbers"]

_WORDS: Final[dict[str, int]] = {
    word: number
    for number, words in {
        10: "ten zehn dix diez dieci",
        11: "eleven onze undici",
        12: "twelve zwölf douze doce dodici dozen dutzend douzaine docena dozzina",
        13: "thirteen dreizehn treize trece",
        14: "fourteen vierzehn quatorze catorce",
        15: "fifteen fünfzehn quinze quince",
        16: "sixteen sechzehn",
        18: "eighteen achtzehn",
        20: "twenty zwanzig vingt veinte venti",
        24: "twenty-four vierundzwanzig",
        25: "twenty-five fünfundzwanzig vingt-cinq veinticinco",
        30: "thirty dreißig trente treinta trenta",
        40: "forty vierzig quarante cuarenta",
        50: "fifty fünfzig cinquante cincuenta cinquanta",
        60: "sixty sechzig soixante sesenta",
        70: "seventy siebzig",
        80: "eighty achtzig",
        90: "ninety neunzig",
    }.items()
    for word in words.split()
}
_WORD: Final = re.compile(rf"(?i)\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b")
_SHORT: Final = re.compile(
    r"(?i)\b(\d{1,3}(?:[.,]\d{1,2})?) ?"
    r"(?:((?<=\d)k|t€|teur|k€|keur|tsd\.?|thousand|tausend|mille)|(mio\.?|mn|million(?:en|s)?|millones))(?!\w)"
)
_LONGEST: Final = 20_000
"""Characters of a text that are looked through: people ask in few words."""


def worded_numbers(text: str) -> Iterator[Decimal]:
    """The numbers of a text that are not, or not wholly, in digits."""
    text = text[:_LONGEST]
    for match in _WORD.finditer(text):
        yield Decimal(_WORDS[match[0].lower()])
    for match in _SHORT.finditer(text):
        scale = Decimal(1_000) if match[2] else Decimal(1_000_000)
        yield (Decimal(match[1].replace(",", ".")) * scale).normalize()
