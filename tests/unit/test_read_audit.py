import json

from read_audit import main

KNOWN = {"name": "good", "version": "1", "vulns": []}
SKIPPED = {"name": "unheard", "skip_reason": "Dependency not found"}
BAD = {"name": "bad", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}


def test_a_vulnerability_fails_and_what_was_not_looked_up_is_counted(tmp_path, capsys):
    answer = tmp_path / "answer.json"
    assert main("lock", str(answer)) == 0
    assert "can't be reached" in capsys.readouterr().out
    answer.write_text(json.dumps({"dependencies": [KNOWN, SKIPPED]}))
    assert main("lock", str(answer)) == 0
    assert capsys.readouterr().out == "lock: 1 of 2 packages could be looked up\n"
    answer.write_text(json.dumps({"dependencies": [KNOWN, BAD]}))
    assert main("lock", str(answer)) == 1
    assert "bad 2: PYSEC-1, fixed in 2.1" in capsys.readouterr().out
