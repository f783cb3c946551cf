"""Where a webhook may go."""

import ipaddress

import pytest

from mrk_routing.domain.endpoint import may_reach, wrong_with

LOCAL = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x", "ftp://hooks.example", "https://", "https:///x", "//x", "",
        "https://user:word@hooks.example/", "https://hooks.example/#here", "https://a b.example/",
        "https://hooks.example:99999/", "https://hooks.example:0/", "https://[::1/", "https://é.id/",
        "https://hooks.example/" + "x" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address_for_webhooks_is_refused_with_a_mend(url: str) -> None:
    assert wrong_with(url, ())


def test_tls_is_needed_but_for_named_networks() -> None:
    assert wrong_with("https://hooks.example:8443/x?y=1", ()) is None
    assert wrong_with("http://10.0.0.7:8080/x", LOCAL) is None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.1", "255.255.255.255", "224.0.0.1", "192.0.2.1", "198.18.0.1",
        "::", "::1", "fe80::1", "fd00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:1::",
    ],
)  # fmt: skip
def test_nothing_private_is_reached(address: str) -> None:
    assert not may_reach(ipaddress.ip_address(address), (), plain=False)


@pytest.mark.parametrize(
    "address", ["103.10.1.1", "8.8.8.8", "2404:6800:4003::1", "64:ff9b::808:808"]
)
def test_what_is_public_is_reached_by_tls_alone(address: str) -> None:
    assert may_reach(ipaddress.ip_address(address), (), plain=False)
    assert not may_reach(ipaddress.ip_address(address), LOCAL, plain=True)


def test_a_named_network_is_reached_in_every_form_of_its_addresses() -> None:
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "fd00::7"):
        assert may_reach(ipaddress.ip_address(address), LOCAL, plain=True)
    assert not may_reach(ipaddress.ip_address("10.0.0.1"), LOCAL, plain=False)
