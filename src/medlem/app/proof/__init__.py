"""Proof for the merchant: what one member, or everybody within a time, was shown and answered, signed as one file."""

from medlem.app.proof.archive import Unsound, check
from medlem.app.proof.contents import Controller
from medlem.app.proof.making import Maker, of_member, of_time

__all__ = ["Controller", "Maker", "Unsound", "check", "of_member", "of_time"]
