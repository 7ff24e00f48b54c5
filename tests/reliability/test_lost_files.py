"""Files that somebody deletes behind the server's back."""

from __future__ import annotations

from pathlib import Path

from tests.reliability.lost_files import deleted_artifacts


def test_a_deleted_artifact_is_made_again_or_refused_in_words(tmp_path: Path) -> None:
    assert deleted_artifacts(tmp_path).faults == []


def test_a_server_that_trusts_its_folder_blindly_would_be_found_out(tmp_path: Path) -> None:
    faults = deleted_artifacts(tmp_path, "blind-trust").faults

    assert any("a job that reads it is answered with 500" in each for each in faults)
