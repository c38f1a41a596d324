"""The simulator's start page: who there is, what goes wrong, what time it is, and what callers did."""
