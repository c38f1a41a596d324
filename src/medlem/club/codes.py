"""Confirmation codes: the few characters that stand on the till and on the phone alike.

They tell one enrolment's screen from another's; they prove nothing (CIBA Core 1.0 section 7.1, binding_message).
The platform allows `^[A-Z0-9-]{5,8}$`. No vowels, so no words; no 0/O, 1/I, 2/Z, 5/S, 8/B, so no misreading.
"""

import secrets
from typing import Final, NewType

ConfirmationCode = NewType("ConfirmationCode", str)

ALPHABET: Final = "CDFGHJKMNPQRTVWXY34679"


def confirmation_code() -> ConfirmationCode:
    """Draw twice three characters with a dash between: 22^6, some 27 bits. The storage keeps open ones apart."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return ConfirmationCode(f"{drawn[:3]}-{drawn[3:]}")
