"""Files of members: reads what other systems write, and writes what can be read back to the byte.

Knows CSV, encodings and what people do to numbers with a spreadsheet. What a line means for the register is for
`flows.importing`.
"""

from medlem.files.how import Dates, How
from medlem.files.layout import WrongFile
from medlem.files.reading import Reading
from medlem.files.reasons import Why
from medlem.files.rejects import Rejects
from medlem.files.writing import Writing

__all__ = ["Dates", "How", "Reading", "Rejects", "Why", "Writing", "WrongFile"]
