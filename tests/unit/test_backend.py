import subprocess
import sys

import pytest


@pytest.mark.thorough
def test_a_network_starts_without_packages_that_keras_only_wraps(tmp_path):
    """And they are there for what asks for them afterwards."""
    code = (
        "import sys; from attendna.explanation import explaining; from attendna.learning import "
        "training; assert 'keras' in sys.modules; "
        "print({'sklearn', 'matplotlib'} & {*sys.modules}); import sklearn, matplotlib"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"
