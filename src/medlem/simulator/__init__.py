"""The simulator: a stand-in for the Vipps MobilePay platform, so that a shop can try everything on one machine.

It is a stranger. It imports nothing else of medlem, and nothing else of medlem imports it but the command line: if
both sides shared one reading of the platform's pages, one misreading would hide in both.
"""
