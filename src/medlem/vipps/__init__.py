"""Vipps MobilePay, or any standard CIBA provider, as a club sees it.

`platform.VippsPlatform` is the port that the flows know; every other module is one concept of the platform's.
"""
