# Where the files of this workflow are, which another workflow may use as a module. It comes first,
# since all that follows imports the library from there.

import os
import subprocess
import tempfile
from pathlib import Path


def own_folder(place):
    """Where the files of this workflow are, of which `place` is what Snakemake knows of it.

    Of a module that Snakemake reads from a host (`github(...)`), which it does file by file, all
    files are put into the working directory, from the clone that it keeps.
    """
    if not hasattr(place, "hosted_repo"):
        return Path(place.get_path_or_uri(secret_free=True))
    commit = place.hosted_repo.repo.commit(place.ref).hexsha
    folder = Path(".snakemake", "attendna", "source", commit).absolute()
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as new:
            clone = str(place.hosted_repo.repo_clone)
            archive = ["git", "-C", clone, "archive", f"--output={new}/files.tar", commit]
            subprocess.run(archive, check=True)
            os.mkdir(f"{new}/files")
            subprocess.run(["tar", "-xf", f"{new}/files.tar", "-C", f"{new}/files"], check=True)
            os.rename(f"{new}/files", folder)
    return folder
