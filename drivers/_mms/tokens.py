"""The assigned numbers of WSP (WAP-230-WSP appendix A, and OMNA's register) and of MMS (OMA-TS-MMS_ENC section 7.4)."""

from __future__ import annotations

CONTENT_TYPES = (
    "*/*", "text/*", "text/html", "text/plain", "text/x-hdml", "text/x-ttml", "text/x-vCalendar", "text/x-vCard",
    "text/vnd.wap.wml", "text/vnd.wap.wmlscript", "text/vnd.wap.wta-event", "multipart/*", "multipart/mixed",
    "multipart/form-data", "multipart/byteranges", "multipart/alternative", "application/*", "application/java-vm",
    "application/x-www-form-urlencoded", "application/x-hdmlc", "application/vnd.wap.wmlc",
    "application/vnd.wap.wmlscriptc", "application/vnd.wap.wta-eventc", "application/vnd.wap.uaprof",
    "application/vnd.wap.wtls-ca-certificate", "application/vnd.wap.wtls-user-certificate",
    "application/x-x509-ca-cert", "application/x-x509-user-cert", "image/*", "image/gif", "image/jpeg", "image/tiff",
    "image/png", "image/vnd.wap.wbmp", "application/vnd.wap.multipart.*", "application/vnd.wap.multipart.mixed",
    "application/vnd.wap.multipart.form-data", "application/vnd.wap.multipart.byteranges",
    "application/vnd.wap.multipart.alternative", "application/xml", "text/xml", "application/vnd.wap.wbxml",
    "application/x-x968-cross-cert", "application/x-x968-ca-cert", "application/x-x968-user-cert", "text/vnd.wap.si",
    "application/vnd.wap.sic", "text/vnd.wap.sl", "application/vnd.wap.slc", "text/vnd.wap.co",
    "application/vnd.wap.coc", "application/vnd.wap.multipart.related", "application/vnd.wap.sia",
    "text/vnd.wap.connectivity-xml", "application/vnd.wap.connectivity-wbxml", "application/pkcs7-mime",
    "application/vnd.wap.hashed-certificate", "application/vnd.wap.signed-certificate",
    "application/vnd.wap.cert-response", "application/xhtml+xml", "application/wml+xml", "text/css",
    "application/vnd.wap.mms-message", "application/vnd.wap.rollover-certificate", "application/vnd.wap.locc+wbxml",
    "application/vnd.wap.loc+xml", "application/vnd.syncml.dm+wbxml", "application/vnd.syncml.dm+xml",
    "application/vnd.syncml.notification", "application/vnd.wap.xhtml+xml", "application/vnd.wv.csp.cir",
    "application/vnd.oma.dd+xml", "application/vnd.oma.drm.message", "application/vnd.oma.drm.content",
    "application/vnd.oma.drm.rights+xml", "application/vnd.oma.drm.rights+wbxml", "application/vnd.wv.csp+xml",
    "application/vnd.wv.csp+wbxml", "application/vnd.syncml.ds.notification", "audio/*", "video/*",
    "application/vnd.oma.dd2+xml", "application/mikey",
)  # fmt: skip
"""Well-known media types by their number (table 40)."""

CHARSETS = {
    3: "us-ascii", 4: "iso-8859-1", 5: "iso-8859-2", 6: "iso-8859-3", 7: "iso-8859-4", 8: "iso-8859-5",
    9: "iso-8859-6", 10: "iso-8859-7", 11: "iso-8859-8", 12: "iso-8859-9", 13: "iso-8859-10", 17: "shift_jis",
    18: "euc-jp", 36: "ks_c_5601-1987", 37: "iso-2022-kr", 38: "euc-kr", 39: "iso-2022-jp", 106: "utf-8",
    109: "iso-8859-13", 110: "iso-8859-14", 111: "iso-8859-15", 112: "iso-8859-16", 113: "gbk", 114: "gb18030",
    1000: "utf-16-be", 1013: "utf-16-be", 1014: "utf-16-le", 1015: "utf-16", 2009: "cp850", 2025: "gb2312",
    2026: "big5", 2084: "koi8-r", 2085: "hz", 2086: "cp866", 2088: "koi8-u", 2101: "big5hkscs", 2109: "cp874",
    2250: "windows-1250", 2251: "windows-1251", 2252: "windows-1252", 2253: "windows-1253", 2254: "windows-1254",
    2255: "windows-1255", 2256: "windows-1256", 2257: "windows-1257", 2258: "windows-1258", 2259: "tis-620",
}  # fmt: skip
"""Character sets by their MIBenum (IANA); Python's name where it has another one."""

UTF_8 = 106

TEXT_PARAMETERS = {
    0x05: "name", 0x06: "filename", 0x0A: "start", 0x0B: "start-info", 0x0C: "comment", 0x0D: "domain", 0x0F: "path",
    0x12: "mac", 0x17: "name", 0x18: "filename", 0x19: "start", 0x1A: "start-info", 0x1B: "comment", 0x1C: "domain",
    0x1D: "path",
}  # fmt: skip
"""Parameters whose value is a text, by their number (table 38)."""

INTEGER_PARAMETERS = {0x03: "type", 0x08: "padding", 0x0E: "max-age", 0x11: "sec", 0x16: "size"}
Q, CHARSET, LEVEL, TYPE = 0x00, 0x01, 0x02, 0x09  # each with a form of its own

PART_HEADERS = {
    0x0B: "content-encoding", 0x0C: "content-language", 0x0D: "content-length", 0x0E: "content-location",
    0x0F: "content-md5", 0x12: "date", 0x1D: "last-modified", 0x2E: "content-disposition", 0x2F: "x-wap-application-id",
    0x30: "x-wap-content-uri", 0x31: "x-wap-initiator-uri", 0x34: "push-flag", 0x40: "content-id",
    0x45: "content-disposition",
}  # fmt: skip
"""Headers of parts and of pushes that we know by name (table 39)."""

APPLICATIONS = {0x00: "*", 0x02: "wml.ua", 0x03: "wta.ua", 0x04: "mms.ua", 0x05: "push.syncml", 0x07: "ulp.ua"}

TYPES = (
    "m-send-req", "m-send-conf", "m-notification-ind", "m-notifyresp-ind", "m-retrieve-conf", "m-acknowledge-ind",
    "m-delivery-ind", "m-read-rec-ind", "m-read-orig-ind", "m-forward-req", "m-forward-conf", "m-mbox-store-req",
    "m-mbox-store-conf", "m-mbox-view-req", "m-mbox-view-conf", "m-mbox-upload-req", "m-mbox-upload-conf",
    "m-mbox-delete-req", "m-mbox-delete-conf", "m-mbox-descr", "m-delete-req", "m-delete-conf", "m-cancel-req",
    "m-cancel-conf",
)  # fmt: skip
"""Message types from 128 on (table 29)."""

_RETRIEVE = {
    128: "Ok", 192: "Error-transient-failure", 193: "Error-transient-message-not-found",
    194: "Error-transient-network-problem", 224: "Error-permanent-failure", 225: "Error-permanent-service-denied",
    226: "Error-permanent-message-not-found", 227: "Error-permanent-content-unsupported",
}  # fmt: skip
_RESPONSE = {
    128: "Ok", 129: "Error-unspecified", 130: "Error-service-denied", 131: "Error-message-format-corrupt",
    132: "Error-sending-address-unresolved", 133: "Error-message-not-found", 134: "Error-network-problem",
    135: "Error-content-not-accepted", 136: "Error-unsupported-message", 192: "Error-transient-failure",
    193: "Error-transient-sending-address-unresolved", 194: "Error-transient-message-not-found",
    195: "Error-transient-network-problem", 196: "Error-transient-partial-success", 224: "Error-permanent-failure",
    225: "Error-permanent-service-denied", 226: "Error-permanent-message-format-corrupt",
    227: "Error-permanent-sending-address-unresolved", 228: "Error-permanent-message-not-found",
    229: "Error-permanent-content-not-accepted", 230: "Error-permanent-reply-charging-limitations-not-met",
    231: "Error-permanent-reply-charging-request-not-accepted", 232: "Error-permanent-reply-charging-forwarding-denied",
    233: "Error-permanent-reply-charging-not-supported", 234: "Error-permanent-address-hiding-not-supported",
    235: "Error-permanent-lack-of-prepaid",
}  # fmt: skip
_YES_NO = {128: "Yes", 129: "No"}

TOKENS = {
    "delivery-report": _YES_NO,
    "message-class": {128: "Personal", 129: "Advertisement", 130: "Informational", 131: "Auto"},
    "message-type": {128 + at: name for at, name in enumerate(TYPES)},
    "priority": {128: "Low", 129: "Normal", 130: "High"},
    "read-report": _YES_NO,
    "report-allowed": _YES_NO,
    "response-status": _RESPONSE,
    "sender-visibility": {128: "Hide", 129: "Show"},
    "status": {
        128: "Expired", 129: "Retrieved", 130: "Rejected", 131: "Deferred", 132: "Unrecognised", 133: "Indeterminate",
        134: "Forwarded", 135: "Unreachable",
    },
    "retrieve-status": _RETRIEVE,
    "read-status": {128: "Read", 129: "Deleted"},
    "reply-charging": {128: "Requested", 129: "Requested-text-only", 130: "Accepted", 131: "Accepted-text-only"},
    "store": _YES_NO,
    "stored": _YES_NO,
    "distribution-indicator": _YES_NO,
    "drm-content": _YES_NO,
    "adaptation-allowed": _YES_NO,
    "content-class": {
        128: "text", 129: "image-basic", 130: "image-rich", 131: "video-basic", 132: "video-rich", 133: "megapixel",
        134: "content-basic", 135: "content-rich",
    },
    "cancel-status": {128: "Request-received", 129: "Request-corrupted"},
}  # fmt: skip
"""Fields whose value is one octet from a list."""

FIELDS = {
    0x01: ("bcc", "encoded"), 0x02: ("cc", "encoded"), 0x03: ("content-location", "text"),
    0x04: ("content-type", "type"), 0x05: ("date", "number"), 0x06: ("delivery-report", "token"),
    0x07: ("delivery-time", "time"), 0x08: ("expiry", "time"), 0x09: ("from", "from"), 0x0A: ("message-class", "token"),
    0x0B: ("message-id", "text"), 0x0C: ("message-type", "token"), 0x0D: ("mms-version", "version"),
    0x0E: ("message-size", "number"), 0x0F: ("priority", "token"), 0x10: ("read-report", "token"),
    0x11: ("report-allowed", "token"), 0x12: ("response-status", "token"), 0x13: ("response-text", "encoded"),
    0x14: ("sender-visibility", "token"), 0x15: ("status", "token"), 0x16: ("subject", "encoded"),
    0x17: ("to", "encoded"), 0x18: ("transaction-id", "text"), 0x19: ("retrieve-status", "token"),
    0x1A: ("retrieve-text", "encoded"), 0x1B: ("read-status", "token"), 0x1C: ("reply-charging", "token"),
    0x1D: ("reply-charging-deadline", "time"), 0x1E: ("reply-charging-id", "text"),
    0x1F: ("reply-charging-size", "number"), 0x22: ("store", "token"), 0x27: ("stored", "token"),
    0x31: ("distribution-indicator", "token"), 0x36: ("status-text", "encoded"), 0x37: ("applic-id", "text"),
    0x38: ("reply-applic-id", "text"), 0x39: ("aux-applic-info", "text"), 0x3A: ("content-class", "token"),
    0x3B: ("drm-content", "token"), 0x3C: ("adaptation-allowed", "token"), 0x3D: ("replace-id", "text"),
    0x3E: ("cancel-id", "text"), 0x3F: ("cancel-status", "token"),
}  # fmt: skip
"""The header fields of MMS: name, and the form of the value (table 25). Others are kept as octets."""

REQUIRED = {
    "m-send-req": ("transaction-id", "mms-version", "from", "content-type"),
    "m-send-conf": ("transaction-id", "mms-version", "response-status"),
    "m-notification-ind": (
        "transaction-id", "mms-version", "message-class", "message-size", "expiry", "content-location",
    ),
    "m-notifyresp-ind": ("transaction-id", "mms-version", "status"),
    "m-acknowledge-ind": ("transaction-id", "mms-version"),
    "m-delivery-ind": ("mms-version", "message-id", "to", "date", "status"),
    "m-read-rec-ind": ("mms-version", "message-id", "to", "from", "read-status"),
    "m-read-orig-ind": ("mms-version", "message-id", "to", "from", "date", "read-status"),
}  # fmt: skip
"""The mandatory fields of what we write (sections 6.1 to 6.7). What we read may lack them: real MMSCs omit some."""
