"""Every requirement of the standard that we hold ourselves to has a verdict, and what is met is shown by something."""

from tools.asvs import MET, NOT_MET, PAGE, REQUIREMENTS, TWIN, Mapped, faults, page, read, twin, unshown
from upheld.features.trust.promises import PROMISES

CHECKS = {check.id for promise in PROMISES for check in promise.checks if check.probe}
HERE = "tests/house/test_asvs.py::test_every_requirement_has_a_verdict_and_what_is_met_is_shown"


def test_every_requirement_has_a_verdict_and_what_is_met_is_shown() -> None:
    assert len(REQUIREMENTS) == 126 + 13
    assert faults(read(), CHECKS) == []


def test_the_page_and_its_twin_are_fresh() -> None:
    said = read()
    assert (PAGE.read_text(), TWIN.read_text()) == (page(said), twin(said)), "run `make fix`"


def test_a_claim_without_something_that_shows_it_is_seen() -> None:
    good = Mapped("6.2.1", MET, (HERE,), "by hand: nothing was asked")
    for bad in (
        Mapped("6.2.1", MET, (), "by hand"),
        Mapped("6.2.1", MET, (HERE,)),
        Mapped("6.2.1", MET, (HERE + "_not",), "by hand"),
        Mapped("6.2.1", MET, ("somebody said so",), "by hand"),
        Mapped("6.2.1", MET, ("auth.password.nothing",), "by hand"),
        Mapped("6.2.1", MET, ("auth.password.cost",), "by hand"),
        Mapped("6.2.1", NOT_MET),
        Mapped("6.2.1", "perhaps", because="who knows"),
        Mapped("6.2.99", MET, (HERE,), "by hand"),
    ):
        said = dict.fromkeys(REQUIREMENTS, good) | {bad.number: bad}
        assert faults(said, CHECKS), bad
    assert faults(dict.fromkeys(REQUIREMENTS, good), CHECKS) == []
    assert faults({"6.2.1": good}, CHECKS), "the others have no verdict"


def test_a_claim_whose_test_did_not_pass_is_seen_at_the_end_of_a_run() -> None:
    said = {"6.2.1": Mapped("6.2.1", MET, (HERE,), "by hand")}
    assert unshown(said, {HERE}, set()) == []
    assert unshown(said, set(), set()) == [f"6.2.1: {HERE} did not run"]
    assert unshown(said, {HERE}, {HERE}) == [f"6.2.1: {HERE} failed"]
