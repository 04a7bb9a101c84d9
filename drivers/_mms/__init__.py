"""How MMS travel in octets: WSP values, MMS PDUs, and the push that announces them. For drivers; no kind of link."""
