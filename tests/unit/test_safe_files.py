"""Files that somebody else wrote: what cannot be read is said with what to do about it."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.safe_files import read_bytes


@pytest.mark.parametrize("kind", ["missing", "folder", "link"])
def test_a_file_of_a_record_that_cannot_be_read_is_named_with_a_remedy(
    tmp_path: Path, kind: str
) -> None:
    """Missing, a folder, a link: each is said as any other damage to a run is."""
    path = tmp_path / "faults.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/dev/zero")
    with pytest.raises(ConfigError) as got:
        read_bytes(path, 1024, follow=False)
    assert str(path) in str(got.value)
    assert "restore it, or run again" in str(got.value)
