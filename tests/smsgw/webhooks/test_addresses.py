"""A webhook calls the Internet and what is named, and never what guards a machine, however it is spelled."""

from __future__ import annotations

import pytest

from smsgw.errors import BadInput
from smsgw.webhooks.addresses import AddressRefused, Allowed, check_url, read_networks, read_url

INTERNET = Allowed()
LOCAL = Allowed(read_networks(["127.0.0.0/8", "::1/128"]), lambda: {8080})
EVERYWHERE = Allowed(read_networks(["0.0.0.0/0", "::/0"]), lambda: {8080})


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_the_internet_may_be_called(address: str) -> None:
    INTERNET.check(address, 443)


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.9.9.9", "::1", "fd12::1", "100.64.0.1",
        "::ffff:10.1.2.3", "::ffff:127.0.0.1", "64:ff9b::a01:203", "2002:a01:203::1",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_unless_its_network_is_named(address: str) -> None:
    with pytest.raises(AddressRefused, match="networks"):
        INTERNET.check(address, 80)
    EVERYWHERE.check(address, 80)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200",
        "168.63.129.16", "192.0.0.192", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::",
        "0.0.0.0", "::", "224.0.0.1", "ff02::1",
    ],
)  # fmt: skip
def test_link_local_metadata_and_no_addresses_are_refused_even_where_everything_is_named(address: str) -> None:
    with pytest.raises(AddressRefused):
        EVERYWHERE.check(address, 80)


def test_a_program_on_this_machine_may_be_called_but_not_the_gateway_itself() -> None:
    LOCAL.check("127.0.0.1", 5000)
    LOCAL.check("::1", 5000)
    for address in ("127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"):
        with pytest.raises(AddressRefused, match="gateway itself"):
            LOCAL.check(address, 8080)
    with pytest.raises(AddressRefused, match="private network"):
        LOCAL.check("192.168.1.7", 5000)


@pytest.mark.parametrize(
    "url",
    [
        "", "shop", "//shop.example.com/", "ftp://shop.example.com/", "https://", "http://:80/", "https://a:b@shop/",
        "https://shop.example.com:0/", "https://shop.example.com:99999/", "https://shop.example.com/ a",
        "https://shop.example.com/\r\nX: y", "https://trgovina.si/č", "http://[::1", "https://x/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_usable_url_is_refused(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_url(url)
    assert [fault.pointer for fault in refused.value.faults] == ["/url"]


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://shop.example.com", "shop.example.com", "/"),
        ("http://shop.example.com:80/a?b=c#d", "shop.example.com", "/a?b=c"),
        ("https://shop.example.com:8443/?b", "shop.example.com:8443", "/?b"),
        ("http://[2001:db8::1]:5000/a", "[2001:db8::1]:5000", "/a"),
    ],
)
def test_a_url_is_read_into_what_a_request_says(url: str, authority: str, path: str) -> None:
    target = read_url(url)
    assert (target.authority, target.path) == (authority, path)


def test_a_url_with_an_address_in_it_is_looked_at_before_it_is_called() -> None:
    check_url(read_url("http://shop.example.com/"), INTERNET)
    check_url(read_url("http://127.0.0.1:5000/"), LOCAL)
    with pytest.raises(BadInput, match="metadata"):
        check_url(read_url("http://169.254.169.254/latest"), LOCAL)
