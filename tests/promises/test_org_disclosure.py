"""org.disclosure, red under each of its sabotages: an expired file, a wrong one, a policy without safety."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from sectxt import Parser  # pyright: ignore[reportMissingTypeStubs] - it has types, and does not say so

from tests.promises.faults import Outside, Scratch
from tests.support.clock import SetClock
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed
from tests.support.inside import InsideSite
from upheld.features.trust.disclosure import POLICY, WELL_KNOWN, security_txt
from upheld.features.trust.probes.disclosure import faults_of, read
from upheld.main.web import create_app
from upheld.platform.settings import Settings

pytestmark = pytest.mark.anyio
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ADDRESS = "https://upheld.example/.well-known/security.txt"
GOOD = f"Contact: mailto:security@hiring.org\nExpires: 2027-05-01T00:00:00Z\nCanonical: {ADDRESS}\n"


def serve_text(scratch: Scratch, text: str) -> None:
    """Let something else answer for security.txt, as a proxy with an old copy does."""
    scratch.serve(Outside(scratch.deployment.app, WELL_KNOWN, text.encode()))


async def test_org_disclosure_security_txt_is_red_when_it_was_let_expire(scratch: Scratch) -> None:
    then = scratch.deployment.platform.clock.now() - dt.timedelta(days=200)
    serve_text(scratch, security_txt(scratch.deployment.settings, then))
    await scratch.sees_red("org.disclosure.security_txt", "it expired on")


async def test_org_disclosure_security_txt_is_red_when_it_is_about_to_expire(scratch: Scratch) -> None:
    then = scratch.deployment.platform.clock.now() - dt.timedelta(days=176)
    serve_text(scratch, security_txt(scratch.deployment.settings, then))
    await scratch.sees_red("org.disclosure.security_txt", "and was not made anew")


async def test_org_disclosure_security_txt_is_red_when_it_is_gone(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, WELL_KNOWN, b"nothing", status=404))
    await scratch.sees_red("org.disclosure.security_txt", "answered 404")


async def test_org_disclosure_security_txt_is_red_when_nobody_reads_the_contact(cluster: Cluster) -> None:
    async with deployed(cluster, demo=False, contact="privacy@upheld.example") as deployment:
        scratch = Scratch.around(deployment, cluster)
        await scratch.sees_red("org.disclosure.security_txt", "nobody reads mailto:privacy@upheld.example")
    async with deployed(cluster, demo=False, security_contact="https://hiring.org/report") as deployment:
        scratch = Scratch.around(deployment, cluster)
        assert (await scratch.look("org.disclosure.security_txt")).state == "upheld"


async def test_org_disclosure_policy_is_red_when_it_promises_no_safe_harbour(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, POLICY, b"We will sue you."))
    await scratch.sees_red("org.disclosure.policy", "says nothing of: Safe harbour")


async def test_org_disclosure_policy_is_red_when_none_is_named(scratch: Scratch) -> None:
    serve_text(scratch, GOOD)
    await scratch.sees_red("org.disclosure.policy", "security.txt names no policy")


async def test_a_policy_on_another_site_is_not_vouched_for(scratch: Scratch) -> None:
    serve_text(scratch, GOOD + "Policy: https://elsewhere.example/policy\n")
    assert (await scratch.look("org.disclosure.policy")).state == "unproven"


def test_security_txt_is_made_anew_long_before_it_expires() -> None:
    settings = replace(Settings(), security_contact="security@hiring.org")
    first = security_txt(settings, NOW)
    assert security_txt(settings, SetClock(NOW + dt.timedelta(hours=1)).now()) == first
    for days in (1, 179, 400):
        later = NOW + dt.timedelta(days=days)
        found, wrong = read(security_txt(settings, later))
        assert wrong == []
        assert faults_of(found, settings.address + WELL_KNOWN, later) == []


@pytest.mark.parametrize("years", [0, 1, 5])
async def test_another_validator_finds_nothing_wrong_whenever_it_is_asked(deployment: Deployment, years: int) -> None:
    # It goes by the machine's clock, so the file of a later year is moved back by as much.
    by = dt.timedelta(days=365 * years)
    later = SetClock(deployment.platform.clock.now() + by)
    app = create_app(replace(deployment.platform, clock=later))
    answer = await InsideSite(app, deployment.settings).ask("GET", WELL_KNOWN)
    text = answer.body.decode()
    found = re.search(r"^Expires: (.*)$", text, re.MULTILINE)
    assert found is not None
    expires = dt.datetime.fromisoformat(found[1])
    assert dt.timedelta(days=170) < expires - later.now() <= dt.timedelta(days=180)
    now = text.replace(found[1], f"{expires - by:%Y-%m-%dT%H:%M:%SZ}")
    place = deployment.settings.address + WELL_KNOWN
    checked = Parser(now.encode(), place)
    assert checked.errors == []
    assert {str(one["code"]) for one in checked.recommendations} <= {"not_signed", "no_encryption"}
    assert Parser(now.replace("Contact: ", "Contact ").encode(), place).errors != []
    assert Parser(now.encode(), "https://elsewhere.example" + WELL_KNOWN).errors != []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace("Contact", "Hiring"), "it names no contact"),
        (GOOD.replace("mailto:", ""), "security@hiring.org is no contact"),
        (GOOD + "Contact: http://hiring.org/\n", "http://hiring.org/ is no contact"),
        (GOOD + "Policy: http://hiring.org/\n", "policy is not fetched over https"),
        (GOOD.replace(ADDRESS, "https://hiring.org/security.txt"), "it says that it belongs elsewhere"),
        (GOOD + "Preferred-Languages: en\nPreferred-Languages: hi\n", "it names the languages twice"),
        (GOOD + "Preferred-Languages: English\n", "English is no language"),
        (GOOD + "Reward: none\n", "reward is no field of the standard"),
        (GOOD + "Expires: 2027-05-02T00:00:00Z\n", "it says 2 times when it expires"),
        (GOOD.replace("2027-05-01T00:00:00Z", "in May"), "or in no readable way"),
        (GOOD.replace("2027-05", "2028-05"), "for more than a year"),
        (GOOD + "Write to us!\n", "line 4 is no field"),
    ],
)
def test_a_file_that_the_standard_does_not_allow_is_told_apart(text: str, fault: str) -> None:
    found, wrong = read(text)
    assert fault in "; ".join([*wrong, *faults_of(found, ADDRESS, NOW)])


def test_a_file_as_the_standard_wants_it_has_no_fault() -> None:
    found, wrong = read("# Welcome\n\n" + GOOD.replace("\n", "\r\n") + "Preferred-Languages: en, hi-IN\n")
    assert wrong == []
    assert faults_of(found, ADDRESS, NOW) == []
