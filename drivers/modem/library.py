"""The one place that imports python-gsmmodem-new and pyserial.

gsmmodem's source makes Python warn about its escapes when it is compiled; that is not our user's business.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from gsmmodem.exceptions import CmeError, CmsError, CommandError, TimeoutException
    from gsmmodem.modem import GsmModem
    from gsmmodem.serial_comms import SerialComms
    from serial import Serial, SerialException, SerialTimeoutException

__all__ = [
    "CmeError",
    "CmsError",
    "CommandError",
    "GsmModem",
    "Serial",
    "SerialComms",
    "SerialException",
    "SerialTimeoutException",
    "TimeoutException",
]
