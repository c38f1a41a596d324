"""What the simulator's own pages share: looks, languages, files, and how a page hears of news.

Nothing of this belongs to the pretend platform, and no fault touches it.
"""
