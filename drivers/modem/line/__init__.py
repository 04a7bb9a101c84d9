"""A simulated modem on a pseudo terminal: the test double of this driver, and `smsgw sim modem` for people."""

from __future__ import annotations

from drivers.modem.line.card import Sim
from drivers.modem.line.coding import OwnCoding, Submitted
from drivers.modem.line.modem import SimulatedModem
from drivers.modem.line.ways import Ways

__all__ = ["OwnCoding", "Sim", "SimulatedModem", "Submitted", "Ways"]
