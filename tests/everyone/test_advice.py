from __future__ import annotations

from pathlib import Path

import pytest

from mailwidgets.everyone import advice as advising
from mailwidgets.everyone.advice import LOCAL, REMOTE, advice, file_system

TABLE = """\
21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 21 0:40 / /srv rw,relatime shared:2 - nfs4 files:/srv rw,vers=4.2
31 30 254:1 / /srv/local rw - xfs /dev/vdb rw
32 21 0:41 / /mnt/my\\040share rw - cifs //files/mail rw
33 32 0:42 / /mnt/my\\040share rw master:7 - tmpfs none rw
34 21 0:43 / /home rw - fuse.sshfs files: rw
a line cut short
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/store", "ext4"),
        ("/srv/store", "nfs4"),
        ("/srvs/store", "ext4"),
        ("/srv/local/store", "xfs"),
        ("/mnt/my share/store", "tmpfs"),
        ("/home", "fuse.sshfs"),
    ],
)
def test_the_mount_nearest_to_a_folder_tells_its_file_system(path: str, kind: str) -> None:
    assert file_system(Path(path), TABLE) == kind


def test_a_folder_of_ordinary_size_needs_no_advice(tmp_path: Path) -> None:
    assert advice(tmp_path, LOCAL) == ""
    assert advice(None, 10 * LOCAL) == ""


def test_a_very_large_folder_should_move_and_is_told_how(tmp_path: Path) -> None:
    told = advice(tmp_path, LOCAL + 1)

    assert f"{tmp_path} holds 50,001 users and workstations" in told
    assert "mailwidgets migrate --to postgresql://" in told


def test_a_folder_on_a_network_share_should_move_far_earlier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(TABLE)
    monkeypatch.setattr(advising, "_MOUNTS", mounts)

    (tmp_path / "link").symlink_to("/srv")
    assert "a network share" in advice(Path("/srv/store"), REMOTE + 1)
    assert "a network share" in advice(tmp_path / "link" / "store", REMOTE + 1)
    assert advice(Path("/srv/store"), REMOTE) == ""
    assert advice(Path("/srv/local/store"), REMOTE + 1) == ""


def test_where_the_system_does_not_tell_a_folder_counts_as_local(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advising, "_MOUNTS", tmp_path / "absent")

    assert advice(Path("/srv/store"), REMOTE + 1) == ""
