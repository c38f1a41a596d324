"""How what people write must look, and how long it may be: the same whether it comes by the API or in a file."""

from typing import Final

LINE: Final = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*\Z"
"""One line of text with something on it."""

LONGEST_LINE: Final = 200

WORDS: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\Z"
"""Words that a customer was shown, which may have lines."""

LONGEST_WORDS: Final = 10_000

ELEMENT: Final = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\Z"
"""What a question is called."""

LANGUAGE: Final = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z"

LONGEST_LANGUAGE: Final = 35
