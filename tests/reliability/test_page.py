"""The page says what was found, and what was not reached."""

from __future__ import annotations

from pathlib import Path

from tests.reliability.catalogue import catalogue
from tests.reliability.page import Outcome, machine, page, replaced
from tests.reliability.report import Report, percentile
from tests.reliability.sabotage import CHANGES


def test_the_page_holds_figures_and_faults(tmp_path: Path) -> None:
    scenarios = catalogue(1)
    outcomes = {
        "acks": Outcome(scenarios["acks"], Report("1", {"kills": "20"}), 1.0),
        "keys": Outcome(scenarios["keys"], Report("7", {}, ["key 3 made\n2 jobs"]), 2.0),
    }

    text = page(outcomes, 3, "make soak", 90.0, machine(tmp_path))

    assert "in 1.5 minutes" in text
    assert "**1 of 2 scenarios without a fault.**" in text
    assert "scenarios not run: 1" in text
    assert "| kills | 20 |" in text
    assert "**Not reached:**\n\n- key 3 made 2 jobs" in text


def test_what_is_measured_again_takes_the_place_of_what_was(tmp_path: Path) -> None:
    scenarios = catalogue(1)
    bad = Outcome(scenarios["keys"], Report("7", {}, ["key 3 made 2 jobs"]), 2.0)
    good = Outcome(scenarios["keys"], Report("7", {"jobs": "10"}), 3.0)
    other = Outcome(scenarios["acks"], Report("1", {"kills": "20"}), 1.0)
    before = page({"keys": bad, "acks": other}, 2, "make soak", 90.0, machine(tmp_path))

    after = replaced(before, {"keys": good})

    assert "**2 of 2 scenarios without a fault.**" in after
    assert "Not reached" not in after
    assert "| jobs | 10 |" in after
    assert "| kills | 20 |" in after


def test_what_was_never_measured_before_comes_behind_the_rest(tmp_path: Path) -> None:
    scenarios = catalogue(1)
    other = Outcome(scenarios["acks"], Report("1", {"kills": "20"}), 1.0)
    before = page({"acks": other}, 2, "make soak", 90.0, machine(tmp_path))

    after = replaced(before, {"hostile": Outcome(scenarios["hostile"], Report("29", {"tests": "9 passed"}), 3.0)})

    assert "**2 of 2 scenarios without a fault.**" in after
    assert after.index("| kills | 20 |") < after.index("| tests | 9 passed |")


def test_each_named_sabotage_is_there() -> None:
    scenarios = catalogue(1).values()

    for each in scenarios:
        named = [word.strip("(),").partition("=")[0] for word in each.control.split()]
        assert each.control == "by tests beside them" or CHANGES.keys() & set(named), each.title


def test_a_percentile_of_few_values_is_near_the_largest() -> None:
    assert percentile([1.0]) == 1.0
    assert percentile([float(each) for each in range(101)]) == 99.0
