"""edge.residency, red under each of its sabotages."""

from dataclasses import replace
from typing import Any

import pytest

from tests.promises.faults import Scratch
from upheld.features.trust.probes import residency as probe
from upheld.platform.residency import check_residency, faults_of
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings, SettingsError

pytestmark = pytest.mark.anyio

INDIAN = Settings(
    database="postgresql://db.example.org/upheld",
    keyring_database="postgresql://keys.example.org/keyring",
    mail="smtps://upheld@mail.example.org:465",
    region="in",
    regions="database=in; keyring=in-mh; mail=in; backups=in",
)


def move(scratch: Scratch, **changed: Any) -> None:
    platform = scratch.scene.platform
    scratch.scene.platform = replace(platform, settings=replace(platform.settings, **changed))


async def test_what_lies_on_this_machine_stays_there(swift: Scratch) -> None:
    found = await swift.look("edge.residency.regions")
    assert found.state == "upheld", found
    assert set(found.checks[0].evidence["places"].values()) == {"this machine"}


async def test_edge_residency_regions_is_red_when_the_object_store_is_elsewhere(
    swift: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The environment then says all about the bucket, and no file beside it is read.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    before = swift.scene.platform
    move(swift, region="in", regions="objects=in", objects="s3://bucket")
    try:
        await swift.sees_red("edge.residency.regions", "objects is said to lie in in, and its host names us")
        move(swift, regions="objects=us-va")
        await swift.sees_red("edge.residency.regions", "objects lies in us-va, under no safeguard")
        move(swift, safeguards="objects=standard contractual clauses, 2026-03-01")
        assert (await swift.look("edge.residency.regions")).state == "upheld"
    finally:
        swift.scene.platform = before


async def test_edge_residency_regions_is_red_when_a_start_elsewhere_is_not_refused(
    swift: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waved_through(_: Settings) -> None:
        """Check nothing."""

    monkeypatch.setattr(probe, "check_residency", waved_through)
    await swift.sees_red("edge.residency.regions", "a start with a mail server in another region is not refused")


async def test_without_a_region_nothing_is_proven_of_what_lies_elsewhere(swift: Scratch) -> None:
    before = swift.scene.platform
    move(swift, mail="smtps://mail.example.org")
    try:
        assert (await swift.look("edge.residency.regions")).state == "unproven"
    finally:
        swift.scene.platform = before


async def test_a_process_refuses_to_start_when_data_would_leave_the_region(swift: Scratch) -> None:
    settings = replace(swift.scene.settings, region="in", regions="mail=us", mail="smtps://mail.example.org")
    with pytest.raises(SettingsError, match="mail lies in us, under no safeguard"):
        async with open_platform(settings, ["web"]):
            raise AssertionError


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({}, None),
        ({"regions": "database=in; keyring=in; backups=in"}, "does not say where mail lies"),
        ({"regions": "database=in; keyring=in; mail=india"}, "mail lies in india"),
        ({"regions": "database=in; keyring=in; mail=in; backups=us"}, "backups lies in us"),
        ({"database": "postgresql://x.eu-west-1.rds.amazonaws.com/upheld"}, "its host names eu"),
        ({"database": "postgresql://x.ap-south-1.rds.amazonaws.com/upheld"}, None),
        ({"root_key": "aws-kms:arn:aws:kms:us-east-1:1:key/a"}, "does not say where root key lies"),
    ],
)
def test_every_place_is_compared_with_the_region(changed: dict[str, Any], fault: str | None) -> None:
    found = faults_of(replace(INDIAN, **changed))
    assert (fault is None) == (found == []), found
    assert fault is None or fault in found[0]


@pytest.mark.parametrize("said", ["database", "database=", "printer=eu"])
def test_a_declaration_that_cannot_be_read_is_refused(said: str) -> None:
    with pytest.raises(SettingsError):
        check_residency(replace(INDIAN, regions=said))
