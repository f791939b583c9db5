"""org.proof, red under each of its sabotages: what is shown without a run, and what was changed after one."""

import msgspec
import pytest

from tests.promises.faults import Outside, Scratch
from tests.support.proofs import recorded, told
from upheld.features.trust.probe import CheckState
from upheld.features.trust.probes.proof import faults_of_page

pytestmark = pytest.mark.anyio


async def two_runs(scratch: Scratch) -> None:
    """Put two runs on record."""
    await recorded(scratch.deployment, scratch.deployment.cluster)
    await told(scratch.deployment, "store.cookies", CheckState.PASSED)


async def test_before_the_first_run_the_page_claims_nothing_and_that_is_in_order(scratch: Scratch) -> None:
    assert (await scratch.look("org.proof.signed")).state == "upheld"
    assert (await scratch.look("org.proof.verifier")).state == "upheld"


async def test_org_proof_signed_is_red_when_the_page_claims_what_no_run_has_shown(scratch: Scratch) -> None:
    page = await scratch.deployment.browser().get("/trust")
    claimed = page.text.replace(">Unproven<", ">Upheld<", 1).encode()
    scratch.serve(Outside(scratch.deployment.app, "/trust", claimed))
    await scratch.sees_red("org.proof.signed", "is shown as Upheld, with no run behind it")


async def test_org_proof_signed_is_red_when_a_file_is_published_without_a_run(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, "/trust.json", b'{"promises": []}'))
    await scratch.sees_red("org.proof.signed", "/trust.json shows a run, and none is on record")


async def test_org_proof_signed_is_red_when_the_page_is_kinder_than_the_run(scratch: Scratch) -> None:
    await told(scratch.deployment, "store.cookies", CheckState.FAILED, faults=["planted"])
    page = await scratch.deployment.browser().get("/trust")
    scratch.serve(Outside(scratch.deployment.app, "/trust", page.text.replace(">Broken<", ">Upheld<").encode()))
    await scratch.sees_red("org.proof.signed", "store.cookies is shown as Upheld, and the run says Broken")


@pytest.mark.parametrize(
    ("true", "kinder", "fault"),
    [
        (
            'Upheld <span class="count">1<',
            'Upheld <span class="count">9<',
            "9 are counted as Upheld, and 1 are shown so",
        ),
        ("<strong>1 of ", "<strong>9 of ", "9 are counted as Upheld, and 1 are shown so"),
        ('class="count"', 'class="number"', "the page has a run to show, and does not count"),
    ],
    ids=["tab", "sum", "none"],
)
async def test_org_proof_signed_is_red_when_the_numbers_are_kinder_than_the_run(
    scratch: Scratch, true: str, kinder: str, fault: str
) -> None:
    await told(scratch.deployment, "store.cookies", CheckState.PASSED)
    page = (await scratch.deployment.browser().get("/trust")).text
    assert true in page
    scratch.serve(Outside(scratch.deployment.app, "/trust", page.replace(true, kinder).encode()))
    await scratch.sees_red("org.proof.signed", fault)


async def test_org_proof_signed_is_red_when_a_stored_run_is_edited(scratch: Scratch) -> None:
    await two_runs(scratch)
    await scratch.change(
        "update upheld.runs set report = jsonb_set(report, '{promises,0,state}', '\"upheld\"')"
        " where number = (select max(number) from upheld.runs)"
    )
    await scratch.sees_red("org.proof.signed", "is not as it was signed", "GET /trust answered 503")
    page = await scratch.deployment.browser().get("/trust")
    assert "does not carry our signature" in page.text
    assert ">Upheld<" not in page.text


async def test_org_proof_signed_is_red_when_a_run_is_taken_away(scratch: Scratch) -> None:
    await two_runs(scratch)
    await told(scratch.deployment, "store.cookies", CheckState.FAILED, faults=["planted"])
    await told(scratch.deployment, "store.cookies", CheckState.PASSED)
    await scratch.change("delete from upheld.runs where number = (select max(number) - 1 from upheld.runs)")
    await scratch.sees_red("org.proof.signed", "one was changed or taken away")


async def test_org_proof_verifier_is_red_when_another_program_is_served(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, "/trust/verify.py", b"print('Genuine')"))
    await scratch.sees_red("org.proof.verifier", "is not the verifier that belongs to this release")


async def test_org_proof_verifier_is_red_when_the_signed_run_is_changed_on_its_way(scratch: Scratch) -> None:
    report = await recorded(scratch.deployment, scratch.deployment.cluster)
    kinder = msgspec.json.encode(report).replace(b'"unproven"', b'"upheld"', 1)
    scratch.serve(Outside(scratch.deployment.app, "/trust.json", kinder))
    await scratch.sees_red("org.proof.verifier", "The signature does not fit")


async def test_org_proof_verifier_is_red_when_another_key_has_signed(scratch: Scratch) -> None:
    await recorded(scratch.deployment, scratch.deployment.cluster)
    scratch.serve(Outside(scratch.deployment.app, "/.well-known/upheld-signing-key", b"00" * 32))
    await scratch.sees_red("org.proof.verifier", "signed with a key that is not published")


async def test_runs_signed_before_the_key_was_replaced_still_count(scratch: Scratch) -> None:
    await recorded(scratch.deployment, scratch.deployment.cluster)
    scratch.deployment.platform.keys.replace_signing_key()
    await told(scratch.deployment, "store.cookies", CheckState.PASSED)
    assert (await scratch.look("org.proof.signed")).state == "upheld"
    assert (await scratch.look("org.proof.verifier")).state == "upheld"


def test_a_promise_that_the_page_leaves_out_is_missed() -> None:
    assert faults_of_page("", {"access.rls": "broken"}) == [
        "access.rls is shown as nothing, and the run says Broken",
        "the page has a run to show, and does not count",
    ]
