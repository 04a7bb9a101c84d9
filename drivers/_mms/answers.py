"""The short PDUs that tell an MMSC what became of a notification (OMA-TS-MMS_ENC sections 6.2 and 6.4)."""

from __future__ import annotations

from .pdu import Pdu, write


def notify_resp(transaction: str, version: str, status: str) -> bytes:
    """M-NotifyResp.ind: Retrieved, Deferred, Rejected; our sender may know that it was fetched."""
    return _short("m-notifyresp-ind", transaction, version, ("status", status))


def acknowledge(transaction: str, version: str) -> bytes:
    """M-Acknowledge.ind, after a fetch that was deferred before."""
    return _short("m-acknowledge-ind", transaction, version)


def _short(kind: str, transaction: str, version: str, *more: tuple[str, str]) -> bytes:
    fields = (("transaction-id", transaction), ("mms-version", version), *more, ("report-allowed", "Yes"))
    return write(Pdu(kind, fields))
