"""The lists of members that a club may have: ours, and the merchants' own."""
