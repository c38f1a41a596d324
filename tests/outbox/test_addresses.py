"""Where something may be sent: one test for each trick by which an address leads into somebody's network."""

import pytest

from medlem.outbox.addresses import Rules, allowed, flaw

STRICT = Rules()
DEMO = Rules(loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.org/hooks?club=1",
        "https://crm.example.org:8443/",
        "https://CRM.example.org",
        "https://93.184.215.14/hooks",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_public_address_may_be_tried(url: str) -> None:
    assert flaw(url, STRICT) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.org/",
        "ftp://crm.example.org/",
        "file:///etc/passwd",
        "gopher://crm.example.org/",
        "//crm.example.org/",
        "crm.example.org",
        "",
    ],
)
def test_only_https_may_be_used(url: str) -> None:
    assert flaw(url, STRICT) is not None


@pytest.mark.parametrize("port", ["22", "25", "80", "6379", "0", "65536", "-1", "x", "4430"])
def test_only_ports_that_are_set_may_be_used(port: str) -> None:
    assert flaw(f"https://crm.example.org:{port}/", STRICT) is not None


def test_the_operator_says_which_ports() -> None:
    assert flaw("https://crm.example.org:9443/", Rules(ports=(9443,))) is None
    assert flaw("https://crm.example.org/", Rules(ports=(9443,))) is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@crm.example.org/",
        "https://crm.example.org@127.0.0.1/",
        "https://127.0.0.1#@crm.example.org/",
        "https://127.0.0.1\\@crm.example.org/",
        "https://crm.example.org /",
        "https://crm.example.org/\r\nHost: 127.0.0.1",
        "https://crm.example.org/\t",
        "https://ⓛocalhost/",
        "https://crm.example.org/ø",
        "https://[::1",
        "https://" + "a" * 300 + ".example.org/",
        "https://crm..example.org/",
        "https://crm.example.org/" + "a" * 2000,
    ],
)
def test_an_address_that_two_readers_read_in_two_ways_is_refused(url: str) -> None:
    assert flaw(url, STRICT) is not None


@pytest.mark.parametrize(
    "host",
    ["localhost", "a.localhost", "printer.local", "metadata.google.internal", "intranet", "localhost."],
)
def test_a_name_of_this_machine_or_network_is_refused(host: str) -> None:
    assert flaw(f"https://{host}/", STRICT) is not None


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "017700000001", "127.1", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "1.2.3.4.5", "0"],
)
def test_a_number_that_some_readers_take_for_an_address_is_refused(host: str) -> None:
    assert flaw(f"https://{host}/", STRICT) is not None


SPECIAL = {
    "this machine": "127.0.0.1",
    "this machine, another": "127.8.8.8",
    "no address": "0.0.0.0",  # noqa: S104 - nobody listens there
    "this network": "0.1.2.3",
    "private 10": "10.0.0.7",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "carriers": "100.64.0.1",
    "metadata of Alibaba": "100.100.100.200",
    "metadata of most clouds": "169.254.169.254",
    "link": "169.254.1.1",
    "metadata of Oracle": "192.0.0.192",
    "services of Azure": "168.63.129.16",
    "relays": "192.88.99.1",
    "benchmarks": "198.18.0.1",
    "documentation": "203.0.113.7",
    "many at once": "224.0.0.1",
    "reserved": "240.0.0.1",
    "everybody": "255.255.255.255",
    "6: this machine": "::1",
    "6: no address": "::",
    "6: link": "fe80::1",
    "6: private": "fd12:3456::1",
    "6: metadata of Amazon": "fd00:ec2::254",
    "6: many at once": "ff02::1",
    "6: documentation": "2001:db8::1",
    "6: mapped": "::ffff:127.0.0.1",
    "6: mapped, private": "::ffff:10.0.0.7",
    "6: compatible": "::10.0.0.7",
    "6: translated": "64:ff9b::a00:7",
    "6: translated, in a network": "64:ff9b:1::a00:7",
    "6: 6to4": "2002:a00:7::1",
    "6: Teredo": "2001:0:4136:e378:8000:63bf:f5ff:fff8",
    "6: old site": "fec0::1",
}


@pytest.mark.parametrize("address", SPECIAL.values(), ids=SPECIAL)
def test_a_special_address_may_be_neither_entered_nor_connected_to(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert flaw(f"https://{host}/", STRICT) is not None
    assert not allowed(address, STRICT)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "crm.example.org", "", "127.1"])
def test_what_is_no_address_is_not_connected_to(address: str) -> None:
    assert not allowed(address, STRICT)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_a_public_address_is_connected_to(address: str) -> None:
    assert allowed(address, STRICT)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/", "https://localhost:9000/", "http://[::1]:9000/"])
def test_this_machine_may_be_called_where_the_operator_says_so(url: str) -> None:
    assert flaw(url, STRICT) is not None
    assert flaw(url, DEMO) is None
    assert allowed("127.0.0.1", DEMO)
    assert not allowed("127.0.0.1", STRICT)


def test_and_then_still_nothing_else_by_http_or_in_the_network() -> None:
    assert flaw("http://crm.example.org/", DEMO) is not None
    assert flaw("http://10.0.0.7/", DEMO) is not None
    assert not allowed("10.0.0.7", DEMO)
    assert not allowed("169.254.169.254", DEMO)
