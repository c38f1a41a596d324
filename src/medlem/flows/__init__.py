"""What happens: one module for each thing that a shop would name.

A flow reads top to bottom: write down the intent, call, write down the outcome. It knows the outside world
only through `ports`.
"""
