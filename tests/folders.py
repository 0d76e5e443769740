"""What a folder holds, for a user: without the digests that stand beside the files."""

from pathlib import Path

from attendna.intact_files import DIGESTS


def names(folder):
    """The names of the files and folders in a folder, sorted."""
    return sorted(path.name for path in Path(folder).iterdir() if path.name != DIGESTS)
