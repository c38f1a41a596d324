"""The till page, what a cashier looks at all day: `GET /till` and the files that it is made of.

The page itself knows nothing about any customer: it is the same for everybody, and a browser that was not paired gets
no further than the field for the pairing code. All that happens on it is in `static/js`; nothing is built or bundled.
"""

from medlem.web.till.pages import PAGES

__all__ = ["PAGES"]
