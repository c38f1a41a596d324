"""Deterministic simulation: the real flows, worker and storage, on a turned clock, with trouble drawn from a seed.

A seed is a whole life of a club, some minutes long: nodes that die, freeze and come back, customers who answer late or
never, a platform whose answers get lost. Everything that is drawn is drawn from the seed, so a failure can be had
again by its number. `docs/trials.md` tells how to read one.
"""
