"""Where a network address is, told without asking anybody.

The tables are part of the library's code (`iptocc`): a look-up opens no file and no connection. They are what
the five registries of the internet publish of the networks they gave out, so that a country is where a network is
registered: nearly always, not always, where it is used.
"""

from iptocc import country_code

from upheld.kit.addresses import parsed


def country_of(said: str) -> str:
    """Return the country of an address as two letters (ISO 3166), empty where no registry names one."""
    address = parsed(said)
    return (country_code(str(address)) or "") if address else ""
