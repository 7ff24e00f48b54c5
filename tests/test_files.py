"""The one resolver of names: it finds what fits, offers what is near, and lets nobody out of the configured folders."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from graphflow.api import Facts, Folder
from graphflow.digests import Digests
from graphflow.files import FileProblem, Files, model_roots
from graphflow.home import Home

PICTURES = Folder("input", (".png", ".jpg"))
MODELS = Folder(
    "checkpoints",
    (".safetensors",),
    bundle="model_index.json",
    refuse={".ckpt": "convert it to safetensors: a .ckpt file can run any program"},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def files(home: Home) -> Files:
    return Files(model_roots(home, {}), home.cache / "digests.json")


def write(path: Path, data: bytes = b"data", age: float = 60) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def refused(files: Files, folder: Folder, name: str) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        files.find(folder, name)
    return caught.value


def test_a_name_leads_to_path_and_digest(files: Files, home: Home) -> None:
    path = write(home.input / "cats" / "a.png", b"miau")

    found = files.find(PICTURES, "cats/a.png")

    assert (found.name, found.path, found.sha256) == ("cats/a.png", path, sha256(b"miau").hexdigest())


@pytest.mark.parametrize(
    "name",
    ["../secret.png", "cats/../../secret.png", "/etc/passwd", "~/a.png", "C:/a.png", "c:a.png", "..\\secret.png", "\\\\host\\a.png",
     "a\0.png", "a\n.png", "", " ", ".", "..", "cats//a.png", "./a.png", "a.png/", "x" * 2000, "../secret.png [output]"],
    ids=lambda name: repr(name)[:20],
)  # fmt: skip
def test_names_that_are_no_plain_path_inside_are_refused(files: Files, home: Home, name: str) -> None:
    write(home.root / "secret.png")
    write(home.input / "a.png")

    problem = refused(files, PICTURES, name)

    assert problem.code == "bad-file-name"
    assert problem.hint


def test_a_link_that_leads_outside_is_refused_and_not_listed(files: Files, home: Home, tmp_path: Path) -> None:
    write(tmp_path / "secret.png")
    write(tmp_path / "outside" / "b.png")
    write(home.input / "a.png")
    (home.input / "link.png").symlink_to(tmp_path / "secret.png")
    (home.input / "folder").symlink_to(tmp_path / "outside")
    (home.input / "inside.png").symlink_to(home.input / "a.png")

    assert refused(files, PICTURES, "link.png").code == "file-outside"
    assert refused(files, PICTURES, "folder/b.png").code == "file-outside"
    assert files.find(PICTURES, "inside.png").sha256 == files.find(PICTURES, "a.png").sha256
    assert files.choices(PICTURES) == ("a.png", "inside.png")


def test_links_in_a_circle_end(files: Files, home: Home) -> None:
    write(home.input / "deep" / "a.png")
    (home.input / "deep" / "again").symlink_to(home.input)

    assert "deep/a.png" in files.choices(PICTURES)


def test_a_root_that_is_itself_a_link_works(home: Home, tmp_path: Path) -> None:
    write(tmp_path / "big disk" / "a.png")
    home.root.mkdir()
    home.input.symlink_to(tmp_path / "big disk")

    assert Files(model_roots(home, {}), None).find(PICTURES, "a.png").name == "a.png"


def test_a_missing_file_is_named_with_what_is_near_and_where_it_was_sought(files: Files, home: Home) -> None:
    write(home.input / "portrait.png")

    problem = refused(files, PICTURES, "potrait.png")

    assert problem.code == "no-such-file"
    assert str(home.input) in problem.message
    assert problem.hint == "did you mean 'portrait.png'?"


def test_when_nothing_is_near_the_choices_are_listed_in_short(files: Files, home: Home) -> None:
    for number in range(20):
        write(home.input / f"{number:02}.png")

    assert (refused(files, PICTURES, "elephant.jpg").hint or "").endswith("07.png and 12 more")


def test_when_there_are_no_files_the_hint_says_where_to_put_them(files: Files, home: Home) -> None:
    assert (
        refused(files, MODELS, "a.safetensors").hint
        == f"put files ending in .safetensors into {home.models}/checkpoints"
    )


def test_the_wrong_kind_of_file_and_refused_kinds_say_so(files: Files, home: Home) -> None:
    write(home.models / "checkpoints" / "a.ckpt")
    write(home.models / "checkpoints" / "a.txt")

    assert refused(files, MODELS, "a.txt").code == "wrong-file-kind"
    problem = refused(files, MODELS, "a.CKPT")
    assert (problem.code, problem.hint) == ("file-refused", MODELS.refuse[".ckpt"])


def test_hidden_files_folders_and_devices_are_no_files(files: Files, home: Home) -> None:
    write(home.input / ".hidden.png")
    write(home.input / ".hidden" / "a.png")
    (home.input / "folder.png").mkdir()
    os.mkfifo(home.input / "pipe.png")

    assert files.choices(PICTURES) == ()
    for name in (".hidden.png", ".hidden/a.png", "folder.png", "pipe.png"):
        assert refused(files, PICTURES, name).code == "no-such-file"


def test_a_folder_with_the_bundle_file_is_one_choice(files: Files, home: Home) -> None:
    bundle = home.models / "checkpoints" / "sub" / "tiny"
    write(bundle / "model_index.json", b"{}")
    write(bundle / "unet" / "weights.safetensors")
    write(home.models / "checkpoints" / "b.safetensors")

    assert files.choices(MODELS) == ("b.safetensors", "sub/tiny")
    assert files.find(MODELS, "sub/tiny").path == bundle


def test_a_bundles_digest_follows_names_and_contents_and_nothing_else(files: Files, home: Home) -> None:
    bundle = home.models / "checkpoints" / "tiny"
    write(bundle / "model_index.json", b"{}")
    write(bundle / "unet" / "weights.safetensors", b"one")
    first = files.find(MODELS, "tiny").sha256

    os.utime(bundle / "model_index.json", (0, 0))
    assert files.find(MODELS, "tiny").sha256 == first

    write(bundle / "unet" / "weights.safetensors", b"two")
    second = files.find(MODELS, "tiny").sha256
    (bundle / "unet").rename(bundle / "vnet")
    third = files.find(MODELS, "tiny").sha256
    assert len({first, second, third}) == 3


def test_a_pattern_makes_folders_of_such_files_the_choices(files: Files, home: Home) -> None:
    captioned = Folder("input", (), bundle="*.txt")
    caption = write(home.input / "sets" / "cats" / "a.txt", b"a cat")
    write(home.input / "empty" / "a.png")

    before = files.find(captioned, "sets/cats")
    write(caption, b"a tabby cat")

    assert files.choices(captioned) == ("sets/cats",)
    assert before.path == home.input / "sets" / "cats"
    assert files.find(captioned, "sets/cats").sha256 != before.sha256
    missing = refused(files, captioned, "empty")
    assert missing.code == "no-such-file"
    assert missing.hint == "there are: sets/cats"
    caption.unlink()
    fresh = Files(model_roots(home, {}), None)
    assert refused(fresh, captioned, "empty").hint == f"put a folder that holds *.txt into {home.input}"


def test_what_a_run_saved_as_a_checkpoint_is_a_checkpoint(files: Files, home: Home) -> None:
    saved = write(home.output / "checkpoints" / "trained_00001_.safetensors")

    assert files.choices(MODELS) == ("trained_00001_.safetensors",)
    assert files.find(MODELS, "trained_00001_.safetensors").path == saved


def test_a_bundle_with_a_link_that_leads_outside_is_refused(files: Files, home: Home, tmp_path: Path) -> None:
    bundle = home.models / "checkpoints" / "tiny"
    write(bundle / "model_index.json", b"{}")
    (bundle / "weights.safetensors").symlink_to(write(tmp_path / "secret"))

    assert refused(files, MODELS, "tiny").code == "file-outside"


def test_output_files_can_be_loaded_by_the_suffix_that_comfyui_writes(files: Files, home: Home) -> None:
    write(home.output / "a.png", b"made before")
    write(home.input / "a.png", b"given")
    write(home.temp / "a.png", b"preview")

    digests = [files.find(PICTURES, f"a.png{suffix}").sha256 for suffix in ("", " [input]", " [output]", " [temp]")]

    assert digests == [sha256(data).hexdigest() for data in (b"given", b"given", b"made before", b"preview")]


def test_the_users_files_shadow_a_packs_and_further_roots_come_between(home: Home, tmp_path: Path) -> None:
    further, pack = tmp_path / "further", tmp_path / "pack"
    home = Home(home.root, (further,))
    files = Files(model_roots(home, {"checkpoints": [pack]}), None)
    for root, names in ((home.models / "checkpoints", "a"), (further / "checkpoints", "ab"), (pack, "abc")):
        for name in names:
            write(root / f"{name}.safetensors", str(root).encode())

    found = [files.find(MODELS, f"{name}.safetensors").path.parent for name in "abc"]

    assert found == [home.models / "checkpoints", further / "checkpoints", pack]
    assert files.choices(MODELS) == ("a.safetensors", "b.safetensors", "c.safetensors")


def test_a_digest_is_remembered_over_restarts_and_noticed_when_the_file_changes(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(home.input / "a.png", b"one")
    memo = home.cache / "digests.json"
    Digests(memo).of_file(path)

    with monkeypatch.context() as patched:
        patched.setattr("graphflow.digests.hashlib.file_digest", None)  # whoever reads the file fails
        assert Digests(memo).of_file(path) == sha256(b"one").hexdigest()

    write(path, b"two", age=30)
    assert Digests(memo).of_file(path) == sha256(b"two").hexdigest()


def test_a_file_that_changes_within_the_clocks_tick_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    digests = Digests(tmp_path / "memo.json")
    path = write(tmp_path / "a.png", b"one", age=0)
    stamp = path.stat().st_mtime_ns
    digests.of_file(path)

    path.write_bytes(b"two")
    os.utime(path, ns=(stamp, stamp))

    assert digests.of_file(path) == sha256(b"two").hexdigest()


@pytest.mark.parametrize("memo", [b"", b"{", b"[]", b'{"a": 1}', b'{"a": [[1, 2, "x"], "y"]}', b"\xff\xfe"])
def test_a_damaged_memo_costs_only_time(tmp_path: Path, memo: bytes) -> None:
    write(tmp_path / "memo.json", memo)
    path = write(tmp_path / "a.png", b"one")

    assert Digests(tmp_path / "memo.json").of_file(path) == sha256(b"one").hexdigest()


def test_two_processes_that_save_keep_what_the_other_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memo = tmp_path / "memo.json"
    a, b = write(tmp_path / "a.png", b"a"), write(tmp_path / "b.png", b"b")
    first, second = Digests(memo), Digests(memo)
    first.of_file(write(tmp_path / "c.png"))
    second.of_file(a)
    first.of_file(b)

    monkeypatch.setattr("graphflow.digests.hashlib.file_digest", None)
    assert Digests(memo).of_file(a) == sha256(b"a").hexdigest()
    assert Digests(memo).of_file(b) == sha256(b"b").hexdigest()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.png", "b.png", "c.png", "memo.json"]


def test_a_home_that_cannot_be_written_still_resolves(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", b"one")

    assert Digests(path / "no folder" / "memo.json").of_file(path) == sha256(b"one").hexdigest()


def test_facts_are_read_once_per_content_and_an_unfit_file_says_why(files: Files, home: Home) -> None:
    calls: list[Path] = []

    def inspect(path: Path) -> Facts:
        calls.append(path)
        if path.read_bytes() == b"bad":
            raise ValueError("its header is cut off")
        return {"family": "toy"}

    folder = Folder("checkpoints", (".safetensors",), inspect=inspect)
    for name, data in (("a", b"good"), ("b", b"good"), ("c", b"bad")):
        write(home.models / "checkpoints" / f"{name}.safetensors", data)

    facts = [files.facts(folder, files.find(folder, f"{name}.safetensors")) for name in "ab"]
    with pytest.raises(FileProblem, match=r"'c\.safetensors' cannot be used: its header is cut off"):
        files.facts(folder, files.find(folder, "c.safetensors"))

    assert facts == [{"family": "toy"}] * 2
    assert len(calls) == 2


def test_all_files_that_fit_are_given_with_their_facts_and_unfit_ones_are_left_out(files: Files, home: Home) -> None:
    def inspect(path: Path) -> Facts:
        if path.read_bytes() == b"bad":
            raise ValueError("unfit")
        return {"bytes": path.stat().st_size}

    folder = Folder("vae_approx", (".safetensors",), inspect=inspect)
    for name, data in (("b", b"bad"), ("c", b"good"), ("a", b"fine one")):
        write(home.models / "vae_approx" / f"{name}.safetensors", data)

    found = files.fitting(folder)

    assert [(file.name, facts) for file, facts in found] == [
        ("a.safetensors", {"bytes": 8}),
        ("c.safetensors", {"bytes": 4}),
    ]


def test_a_folder_of_thousands_is_listed_and_searched_quickly(files: Files, home: Home) -> None:
    home.input.mkdir(parents=True)
    for number in range(2000):
        (home.input / f"{number:04}.png").touch()

    start = time.perf_counter()
    assert len(files.choices(PICTURES)) == 2000
    for _ in range(20):
        refused(files, PICTURES, "zebra.jpg")

    assert time.perf_counter() - start < 3  # listing anew for each name, and comparing, takes ten times as long
