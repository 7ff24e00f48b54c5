"""What jobs made can be an input again, by its hash, and nothing else can be reached by such a name."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from graphflow.api import Facts, Folder
from graphflow.files import FileProblem, Files, model_roots
from graphflow.home import Home
from graphflow.jobs.blobs import BlobFolder

PICTURES = Folder("input", (".png", ".jpg"))
MODELS = Folder("checkpoints", (".safetensors",))
DATASETS = Folder("input", (), bundle="*.txt")
MADE = b"a picture"
NAME = f"sha256:{sha256(MADE).hexdigest()}"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def files(home: Home) -> Files:
    BlobFolder(home.artifacts).put(MADE)
    return Files(model_roots(home, {}), home.cache / "digests.json", home.artifacts)


def refused(files: Files, folder: Folder, name: str) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        files.find(folder, name)
    return caught.value


def test_the_hash_of_an_artifact_leads_to_its_bytes(files: Files) -> None:
    found = files.find(PICTURES, NAME)

    assert (found.name, f"sha256:{found.sha256}", found.path.read_bytes()) == (NAME, NAME, MADE)
    assert files.locate(PICTURES, NAME) == found.path


def test_an_artifact_whose_bytes_are_not_what_they_were_is_refused(files: Files, home: Home) -> None:
    os.truncate(files.locate(PICTURES, NAME), 0)

    assert refused(files, PICTURES, NAME).code == "damaged-file"


def test_an_artifact_that_is_gone_is_said_to_be(files: Files) -> None:
    problem = refused(files, PICTURES, f"sha256:{'0' * 64}")

    assert problem.code == "no-such-file"
    assert "deleted" in str(problem.hint)


@pytest.mark.parametrize("name", [NAME.upper(), NAME[:-1], f"{NAME}0", f"{NAME}/../x", f"{NAME}\n", f"{NAME} [output]"])
def test_what_only_resembles_a_hash_is_a_files_name(files: Files, name: str) -> None:
    assert refused(files, PICTURES, name).code in ("no-such-file", "bad-file-name")


def test_models_and_folders_are_not_taken_from_artifacts(files: Files) -> None:
    assert refused(files, MODELS, NAME).code == "no-such-file"
    assert refused(files, DATASETS, NAME).code == "wrong-file-kind"


def test_the_folders_inspection_reads_an_artifact_like_any_file(files: Files) -> None:
    def size(path: Path) -> Facts:
        return {"size": path.stat().st_size}

    folder = Folder("input", (".latent",), inspect=size)

    assert files.facts(folder, files.find(folder, NAME)) == {"size": len(MADE)}
