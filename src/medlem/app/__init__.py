"""The composition root: settings in, a service out. The only place where the neighbours meet.

`house` puts together what every command needs; `service` adds the web and the worker. They are apart because loading a
web server takes longer than all that an operator's command does.
"""

from medlem.app.clock import SystemClock
from medlem.app.house import House, open_database, open_house

__all__ = ["House", "SystemClock", "open_database", "open_house"]
