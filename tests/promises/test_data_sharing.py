"""data.sharing, green, and red under each of its sabotages."""

import pytest

from tests.promises.faults import Outside, Scratch

pytestmark = pytest.mark.anyio


async def test_data_sharing_matrix_is_red_when_an_address_is_shown_that_was_not_shared(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    scratch.serve(Outside(scratch.deployment.app, "/hiring", cast.candidate.email.encode()))
    await scratch.sees_red(
        "data.sharing.matrix",
        "/hiring shows the address of the account",
        "/hiring shows the address of the account before they apply",
        "/hiring shows the address of the account to a stranger",
    )


async def test_data_sharing_matrix_is_red_when_fair_use_need_not_be_accepted(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.hiring_organisation() returns uuid language sql stable security definer"
        " set search_path = '' return (select upheld.current_organisation())"
    )
    await scratch.sees_red(
        "data.sharing.matrix",
        "upheld.open_application shows an application before fair use is accepted",
        "/contact shows the contact before fair use is accepted",
    )


async def test_data_sharing_matrix_is_red_when_the_contact_stands_where_nobody_asks_for_it(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    contact = f"{cast.canaries.stem}.contact@probe.example".encode()
    scratch.serve(Outside(scratch.deployment.app, "/privacy/journal", contact))
    await scratch.sees_red("data.sharing.matrix", "/privacy/journal shows the contact, which nobody asked it for")
