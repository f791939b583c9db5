"""The contract of the front door breaks when it should, and only then."""

import grimp
import pytest

from tools.contracts import FrontDoorContract

CONTRACT = FrontDoorContract(
    name="A slice is entered by its front door",
    session_options={"root_packages": ["shop"]},
    contract_options={"slices": "shop.features", "doors": ["actions", "model"]},
)


def house(*imports: tuple[str, str]) -> grimp.ImportGraph:
    """Return a house of two slices in which these modules import each other."""
    graph = grimp.ImportGraph()
    for module in ("shop", "shop.main", "shop.features", "shop.features.orders", "shop.features.goods"):
        graph.add_module(module)
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported)
    return graph


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("shop.features.orders.actions", "shop.features.goods.store"),
        ("shop.features.orders.pages", "shop.features.goods.pages"),
        ("shop.features.orders", "shop.features.goods.jobs"),
        ("shop.features.orders.model", "shop.features.goods.pages.parts"),
    ],
)
def test_reaching_into_a_neighbour_breaks_the_contract(importer: str, imported: str) -> None:
    check = CONTRACT.check(house((importer, imported)), verbose=False)
    assert not check.kept
    assert check.metadata["breaches"] == [(importer, imported)]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("shop.features.orders.actions", "shop.features.goods.actions"),
        ("shop.features.orders.pages", "shop.features.goods.model.nouns"),
        ("shop.features.orders.actions", "shop.features.orders.store"),
        ("shop.main", "shop.features.goods.pages"),
    ],
)
def test_the_door_ones_own_slice_and_the_composition_are_free(importer: str, imported: str) -> None:
    assert CONTRACT.check(house((importer, imported)), verbose=False).kept
