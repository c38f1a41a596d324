"""The merchant's page, on which a customer finishes who said yes in the app: `GET /finish/{sales_unit}`.

The phone brings a code, which leaves the address at once. From then on a cookie says whose page it is: no number, no
name and no code ever stands in an address. It works without any script.
"""

from medlem.web.finish.pages import PAGES

__all__ = ["PAGES"]
