"""What a club is: its nouns and its rules.

Nothing here does I/O or knows a framework; everything above may rely on it.
"""
