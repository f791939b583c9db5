"""Where an address is: told without a file and without a connection, of every kind of address, in every language."""

import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address

import pytest

from upheld.kit.addresses import is_inside, neighbourhood
from upheld.platform.i18n import LANGUAGES, Words
from upheld.platform.places import country_of

GIVEN_OUT = {
    "49.36.0.1": "IN", "2405:200::1": "IN", "8.8.8.8": "US", "2001:4860:4860::8888": "US", "193.0.6.139": "NL",
    "::ffff:49.36.0.1": "IN", "2405:200::1%eth0": "IN", "41.0.0.1": "ZA",
}  # fmt: skip
"""Networks that have been their country's for years, of four registries."""

INSIDE = (
    "127.0.0.1", "::1", "10.1.2.3", "172.31.0.9", "192.168.1.4", "169.254.9.9", "fd00::7", "fe80::1%eth0",
    "::ffff:10.1.2.3",
)  # fmt: skip
NOWHERE = ("192.0.2.7", "203.0.113.9", "2001:db8::1", "100.64.0.1", "0.0.0.0", "::", "240.0.0.1")  # noqa: S104 - nothing listens there
NO_ADDRESS = ("", "unknown", "unix", "8.8.8.8:80", "[::1]", "1.2.3", "49.36.0.1 India", "\x00")

ALONE = """
import resource
from upheld.platform.places import country_of
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
try:
    open("/dev/null")
except OSError:
    print(country_of("49.36.0.1"), country_of("2001:4860:4860::8888"))
"""


@pytest.mark.parametrize(("address", "country"), GIVEN_OUT.items())
def test_an_address_is_in_the_country_that_its_network_was_given_to(address: str, country: str) -> None:
    assert country_of(address) == country
    assert not is_inside(address)


@pytest.mark.parametrize("address", INSIDE)
def test_a_network_of_ones_own_is_in_no_country(address: str) -> None:
    assert is_inside(address)
    assert country_of(address) == ""


@pytest.mark.parametrize("address", [*NOWHERE, *NO_ADDRESS])
def test_of_what_nobody_was_given_nothing_is_said(address: str) -> None:
    assert country_of(address) == ""
    assert not is_inside(address)


def test_a_place_is_told_by_who_can_open_neither_a_file_nor_a_connection() -> None:
    told = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - ourselves
    assert told.stdout.split() == ["IN", "US"]


def test_every_country_that_is_told_has_a_name_in_every_language() -> None:
    spread = [str(IPv4Address(number << 16)) for number in range(1 << 16)]
    spread += [str(IPv6Address((0x2000 << 112) + (number << 109))) for number in range(1 << 16)]
    countries = {country_of(address) for address in spread} - {""}
    assert len(countries) > 120
    for words in map(Words, LANGUAGES):
        assert [code for code in countries if words.country(code) == code] == []
    assert Words("en").country("IN") == "India"
    assert Words("hi").country("IN") == "भारत"


def test_a_network_is_known_again_by_what_its_owner_cannot_choose() -> None:
    assert neighbourhood("2405:200::1") == neighbourhood("2405:200::ffff:7") != neighbourhood("2405:200:0:1::1")
    assert neighbourhood("::ffff:49.36.0.1") == neighbourhood("49.36.0.1") != neighbourhood("49.36.0.2")
    assert neighbourhood("unix") == "unix"
