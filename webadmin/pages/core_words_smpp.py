"""What the SMPP driver says: connections, command_status of SMPP 3.4 section 5.1.3 in words, TLS, its SMSC."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

SMPP = (
    _l("connecting to %(place)s as %(who)s"),
    _l("opens the port for the SMSC's calls"),
    _l("waits for the SMSC's call at %(place)s"),
    _l("cannot listen for the SMSC at %(place)s: %(reason)s"),
    _l("the link is being stopped"),
    _l("the link was stopped"),
    _l("the link has been stopped"),
    _l("the SMSC does not answer what is sent"),
    _l("this link only receives (mode = %(mode)s): send by another one"),
    _l("cannot send"),
    _l("cannot receive"),
    _l("%(some)s of %(all)s connections: %(why)s"),
    _l("%(why)s, before it answered"),
    _l("it has not connected yet"),
    _l("the SMSC did not answer within %(seconds)s seconds"),
    _l("the connection to the SMSC is gone"),
    _l("it was closed"),
    _l("it was closed by the other side"),
    _l("%(place)s ended the session (unbind)"),
    _l("%(place)s is silent: it did not answer an enquire_link"),
    _l("%(place)s said %(what)s, which is no SMPP (%(how)s)"),
    _l(
        "%(place)s took the connection but did not answer the bind within %(seconds)s seconds: check port, "
        "and whether the SMSC is well"
    ),
    _l("the connection to %(place)s is lost: %(why)s"),
    _l("the session with %(place)s broke: %(why)s"),
    _l("who called did not say outbind"),
    _l("who called said a wrong password: check outbind_password with the carrier"),
    _l("who called said something else than outbind"),
    _l("%(place)s cannot be reached: %(reason)s"),
    _l("%(place)s did not answer within %(seconds)s seconds: check host, port and firewalls"),
    _l(
        "%(place)s ended the connection instead of answering the bind (%(how)s): it may accept only "
        "certain addresses, %(what)s, or not speak SMPP"
    ),
    _l("it may want TLS on this port"),
    _l("it may want a certificate from us (tls_certificate)"),
    _l("%(place)s wants TLS: write tls = true"),
    _l("%(place)s refuses connections: check port, whether the SMSC is running and lets this host in"),
    _l("there is no host %(place)s (%(reason)s): check host, and name resolution"),
    _l("what answers at %(place)s does not speak SMPP, it said %(what)s (%(how)s): check host and port"),
    _l("%(place)s does not accept system_type %(type)s of %(who)s: ask the carrier for it"),
    _l("%(place)s does not accept the password of %(who)s: check password (capital letters count)"),
    _l("it has %(letters)s letters, and SMPP allows %(most)s"),
    _l("%(place)s does not know %(who)s: check system_id and host"),
    _l('%(place)s does not know this kind of bind for %(who)s: try mode = "transmitter+receiver"'),
    _l("%(place)s does not let %(who)s bind as %(mode)s: try the other mode"),
    _l("%(place)s does not let %(who)s in"),
    _l("%(place)s has a system error and does not let %(who)s in at the moment"),
    _l(
        "%(place)s refuses %(who)s: check system_id and password, and whether this host's address is on "
        "the carrier's list"
    ),
    _l("%(place)s says that %(who)s connects too often"),
    _l(
        "%(place)s says that %(who)s is already connected: another program uses the account, or an old "
        "connection has not timed out yet"
    ),
    _l("the network cannot take the message at the moment"),
    _l("the network could not deliver the message"),
    _l("the network could not read the message"),
    _l("the network could not read the optional parameters"),
    _l("the network could not take the message"),
    _l("the network does not accept replace_if_present"),
    _l("the network does not accept service_type: check it with the carrier"),
    _l("the network does not accept system_type: check it with the carrier"),
    _l("the network does not accept the delivery time"),
    _l("the network does not accept the kind of message (esm_class)"),
    _l("the network does not accept the length of a parameter"),
    _l("the network does not accept the number of recipients"),
    _l("the network does not accept the priority"),
    _l("the network does not accept the recipient's number"),
    _l("the network does not accept the recipient's numbering plan"),
    _l("the network does not accept the recipient's type of number"),
    _l("the network does not accept the sender"),
    _l("the network does not accept the sender's numbering plan"),
    _l("the network does not accept the sender's type of number"),
    _l("the network does not accept the validity period"),
    _l("the network does not accept the value of an optional parameter"),
    _l("the network does not accept the wish for a receipt"),
    _l("the network does not allow an optional parameter"),
    _l("the network does not know the command"),
    _l("the network does not know the prepared text"),
    _l("the network has a system error"),
    _l("the network has an unknown error"),
    _l("the network misses an optional parameter"),
    _l("the network refuses the message for good"),
    _l("the network refuses the message with %(code)s, which is its own code"),
    _l("the network rejects the message"),
    _l("the network says that this account sends too fast"),
    _l("the network's queue for this account is full"),
    _l("the text is too long for the network"),
    _l("this account may not send on this connection: ask the carrier whether it may bind as transmitter"),
    _l("the part has %(octets)s octets, and SMPP carries %(most)s"),
    _l("%(octets)s octets are too many: a part has %(most)s"),
    _l("%(address)s is too long for SMPP: at most %(most)s letters or digits"),
    _l("the network cannot write %(address)s: use Latin letters and digits"),
    _l(
        "the alphabet of this link (alphabet = %(name)s) has no room for %(letter)s in a part that was cut "
        "for GSM letters: send the text anew, or set another alphabet"
    ),
    _l("%(place)s did not answer %(what)s within %(seconds)s seconds"),
    _l("%(place)s does not know %(what)s (%(code)s)"),
    _l("%(place)s does not know this message (any more) (%(code)s)"),
    _l("%(place)s refuses %(what)s for this message (%(code)s)"),
    _l("set %(what)s = false for this link"),
    _l("the connection to %(place)s is gone"),
    _l("%(what)s is not switched on for this link"),
    _l("if the SMSC has it, write %(what)s = true for this link"),
    _l("the link is not connected to the SMSC"),
    _l("try again when it is up"),
    _l("found out: %(what)s"),
    _l("receipts spell ids as the answers do"),
    _l("receipts spell ids in decimal, the answers in hexadecimal"),
    _l("receipts spell ids in hexadecimal, the answers in decimal"),
    _l("receipt_ids = %(value)s in the configuration keeps it over a restart"),
    _l("longer than the 8 letters of SMPP: some SMSCs read only 8"),
    _l("%(what)s cannot be used: %(how)s: %(reason)s"),
    _l("%(place)s ended the connection in the TLS handshake: it may speak no TLS at this port, or not want us"),
    _l(
        "%(place)s refuses our certificate %(file)s: ask the carrier whether it knows it, and check that "
        "it has not expired"
    ),
    _l("%(place)s speaks only a TLS that is too old to be safe (%(reason)s): ask the carrier for TLS 1.2"),
    _l(
        "%(place)s took the connection but no TLS handshake within %(seconds)s seconds: it may speak no "
        "TLS at this port"
    ),
    _l("%(place)s wants a certificate from us: write its file as tls_certificate, and tls_key"),
    _l("TLS with %(place)s failed: %(reason)s"),
    _l(
        "an authority that is not trusted here signed the certificate of %(place)s: get the authority's "
        "certificate from the carrier and name its file as tls_ca"
    ),
    _l("certificate and key cannot be read from %(file)s: both must be in PEM form (%(reason)s)"),
    _l("holds no certificate in PEM form"),
    _l("nobody signed the certificate of %(place)s: get it from the carrier and name its file as tls_ca"),
    _l("the certificate of %(place)s cannot be trusted"),
    _l("the certificate of %(place)s cannot be trusted: %(reason)s (see tls_ca)"),
    _l("the certificate of %(place)s has expired: the carrier must renew it (or this host's clock is wrong)"),
    _l("the certificate of %(place)s is not for %(name)s: write the name it has into tls_name, or check host"),
    _l("the certificate of %(place)s is not valid yet: check this host's clock"),
    _l("the key does not belong to the certificate (%(reason)s): check tls_certificate and tls_key"),
    _l("the key has another password than the one that is given (%(reason)s): check tls_key_password"),
    _l("what answers at %(place)s speaks no TLS: check port (TLS often has its own), or write tls = false"),
)
