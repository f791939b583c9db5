"""data.basis, green, and red under each of its sabotages."""

import pytest

from tests.promises.faults import Scratch
from upheld.features.consents.model import Purpose
from upheld.features.trust.probes.basis import CONSENTED

pytestmark = pytest.mark.anyio


def test_every_consent_there_is_carries_a_purpose_of_the_data_map() -> None:
    assert frozenset[Purpose]().union(*CONSENTED.values()) == set(Purpose)


async def test_data_basis_grounds_is_red_when_something_rests_on_a_consent_nobody_gives(scratch: Scratch) -> None:
    await scratch.change(
        "call upheld.classify('upheld.profiles', '{headline_sealed}', 'professional', 'candidate', '{marketing}',"
        " 'consent', 'account', true, 'key')"
    )
    await scratch.sees_red("data.basis.grounds", "upheld.profiles.headline_sealed: rests on a consent that nobody can")


async def test_data_basis_grounds_is_red_when_a_purpose_has_no_ground(scratch: Scratch) -> None:
    await scratch.change(
        "call upheld.classify('upheld.profiles', '{headline_sealed}', 'professional', 'candidate', '{profile}',"
        " 'habit', 'account', true, 'key')"
    )
    await scratch.sees_red("data.basis.grounds", "upheld.profiles.headline_sealed: no ground in law")


async def test_data_basis_standing_is_red_when_a_text_outlives_its_consent(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    await scratch.put(
        "insert into upheld.consents (person_id, purpose, notice_id, given) select $1, 'resume-reading', id, false"
        " from upheld.notices where kind = 'account' limit 1",
        cast.candidate.person,
    )
    await scratch.sees_red("data.basis.standing", "1 texts read from documents rest on no consent that stands")


async def test_data_basis_withdrawn_is_red_when_what_was_read_stays(scratch: Scratch) -> None:
    await scratch.change("drop trigger texts_go_when_reading_is_no_longer_agreed_to on upheld.consents")
    await scratch.sees_red("data.basis.withdrawn", "what was read from documents stays after the consent is withdrawn")


async def test_data_basis_withdrawn_is_red_when_documents_are_read_all_the_same(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def always(_: object) -> bool:
        return True

    await scratch.scene.cast()
    for module in ("actions", "queries"):
        monkeypatch.setattr(f"upheld.features.candidates.{module}.reads_resumes", always)
    await scratch.sees_red(
        "data.basis.withdrawn",
        "documents are read after the consent is withdrawn",
        "a document is read for its person after the consent is withdrawn",
    )


async def test_data_basis_withdrawn_is_red_when_an_application_goes_on(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_: object, __: object) -> None:
        return

    await scratch.scene.cast()
    monkeypatch.setattr("upheld.features.privacy.actions.withdraw_application", nothing)
    await scratch.sees_red(
        "data.basis.withdrawn",
        "an application goes on after the consent to it is withdrawn",
        "an employer is still counted among those who may see the profile",
        "an employer can move an application after the consent to it is withdrawn",
    )
