"""What the code never does: run what data say. Read from the source of every module."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "scripts").rglob("*.py"))
# Calls that run text or bytes as code, or give them to a shell.
FORBIDDEN = {
    *("eval", "exec", "compile", "__import__"),
    *("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("yaml.unsafe_load", "yaml.full_load", "yaml.load_all"),
    *("tempfile.mktemp", "pd.read_pickle", "joblib.load", "torch.load"),
}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def name_of(node: ast.AST) -> str:
    """The dotted name of what is called, as far as it is one."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def unsafe(code: str) -> list[str]:
    """Name what a module should not do."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            name = name_of(node.func)
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            unsafe_array = name.endswith((".load", "read_array")) and name.startswith("np.")
            loads_model = name.endswith("load_model")
            if (
                name in FORBIDDEN
                or (name == "yaml.load" and given.get("Loader") != "SafeLoader")
                or given.get("shell", "False") != "False"
                or (unsafe_array and given.get("allow_pickle") != "False")
                or given.get("allow_pickle", "False") != "False"
                or (loads_model and given.get("safe_mode") != "True")
                or name.endswith("layers.Lambda")
                or name.endswith("enable_unsafe_deserialization")
                or (name.endswith("Environment") and given.get("autoescape") != "True")
            ):
                found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_what_data_say(path):
    assert unsafe(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "eval(text)",
        "import pickle",
        "from pickle import loads",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.lib.format.read_array(handle)",
        "subprocess.run(text, shell=True)",
        "yaml.load(text, Loader)",
        "yaml.load(text, Loader=yaml.Loader)",
        "keras.saving.load_model(path)",
        "keras.saving.load_model(path, safe_mode=False)",
        "keras.layers.Lambda(f)",
        "Environment()",
    ],
)
def test_unsafe_code_would_be_seen(code):
    assert unsafe(code)


def test_the_template_escapes_everything():
    """Autoescaping holds for the whole page: nothing in it is declared safe."""
    for path in (ROOT / "report").rglob("*"):
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", "") and "autoescape" not in text, path


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.smk")), ids=lambda path: path.name)
def test_rules_quote_what_they_give_to_a_shell(path):
    """All but wildcards, numbers and flags: plain words by the schema, or quoted already."""
    allowed = {"params.history", "params.calibration", "params.runs", "params.related", "threads"}
    allowed |= {"params.others", "params.planted", "params.truth", "params.simulation"}
    allowed |= {"params.address", "params.formats", "params.motifs", "params.parts"}
    allowed |= {"resources.limits"}
    for node in ast.walk(ast.parse(python_of(path))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for name in fields(node.value):
                assert name.endswith(":q") or name.startswith("wildcards.") or name in allowed, name


def python_of(path: Path) -> str:
    """Turn the shell commands of a rules file into assignments that Python can parse."""
    lines, inside = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() == "shell:":
            inside = True
            lines.append("_ = (")
        elif inside and not line.startswith("        "):
            inside = False
            lines.append(")")
        elif inside:
            lines.append(line)
    return "\n".join([*lines, ")" if inside else ""])


def fields(command: str) -> list[str]:
    """Name what stands in braces in a command."""
    parts = command.replace("{{", "").replace("}}", "").split("{")[1:]
    return [part.split("}")[0] for part in parts]


def test_every_rules_file_has_commands_to_look_at():
    assert sum(python_of(path).count("_ = (") for path in (ROOT / "rules").glob("*.smk")) >= 15
