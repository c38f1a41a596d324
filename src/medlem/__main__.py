"""`python -m medlem` is `medlem`."""

from medlem.cli import main

main(prog_name="medlem")
