"""Uploads whose form is not one are refused as such."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.serving import serving

FORM = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\nno header at all\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nNone--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=file; filename=a.png\r\n",
        b"--other\r\n\r\n--other--\r\n",
        b"\x00\xff",
    ],
)
def test_a_malformed_form_is_refused_as_malformed(body: bytes, tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        answer = served.ask("POST", "/api/v1/uploads", data=body, headers={"Content-Type": FORM})

    assert (answer.status, answer.code) in {(400, "bad-form"), (422, "no-file")}
