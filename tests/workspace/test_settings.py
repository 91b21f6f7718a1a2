"""Finding a workspace and reading its settings."""

import stat
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.workspace.settings import find_workspace


def test_found_upward_from_a_sub_folder(tmp_path: Path) -> None:
    """The nearest settings file above counts."""
    (tmp_path / "prompteval.toml").write_text('default_model = "local/x"\n')
    (tmp_path / "a" / "b").mkdir(parents=True)
    workspace = find_workspace(tmp_path / "a" / "b")
    assert (workspace.root, workspace.settings.default_model) == (tmp_path.resolve(), "local/x")


def test_s31_what_a_suite_may_name_is_set_here(tmp_path: Path) -> None:
    """Packages and variables; none without a setting."""
    (tmp_path / "prompteval.toml").write_text('allow = ["app", "team.rag"]\nenv = ["APP_KEY"]\n')
    settings = find_workspace(tmp_path).settings
    assert (settings.allow, settings.env) == (("app", "team.rag"), ("APP_KEY",))
    (tmp_path / "prompteval.toml").write_text("")
    assert (find_workspace(tmp_path).settings.allow, find_workspace(tmp_path).settings.env) == ((), ())


def test_pyproject_needs_the_table(tmp_path: Path) -> None:
    """A pyproject.toml of another project is skipped."""
    (tmp_path / "pyproject.toml").write_text("[tool.prompteval]\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_workspace(tmp_path / "a").root == tmp_path.resolve()


def test_none_tells_the_way_forward(tmp_path: Path) -> None:
    """Outside a workspace the message names `prompteval init`."""
    with pytest.raises(UsageError, match="prompteval init"):
        find_workspace(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "defalt_model = 'x'",
            "prompteval.toml:1:1 PE121 unknown key 'defalt_model' .did you mean 'default_model'",
        ),
        ("[models.m]\nmodle = 'x'", "prompteval.toml:2:1 PE121 unknown key 'modle'"),
        ("[models.m]\ntimeout_s = -1", "a number from 0.001 to 86,400"),
        ("a = ", "not TOML"),
        # B25: numbers out of any sane range
        (
            "[models.m]\nrpm = 10000000000000",
            "toml:2:1 PE121 rpm of model 'm' must be .* from 1 to 1,000,000,000",
        ),
        ("[models.m]\ntimeout_s = inf", "from 0.001 to 86,400, not inf"),
        ("[models.m]\nprice = {input = 1, output = nan}", "toml:2:21 PE121 output in the price .* from 0 to"),
        (f"[models.m]\nrpm = {'9' * 5000}", "not TOML"),
        # B2: a list or a table in the place of a name
        ("[models.m]\nprovider = []", "toml:2:1 PE121 provider of model 'm'"),
        ("[models.m]\npreset = {}", "toml:2:1 PE121 preset of model 'm'"),
        ("[models.m]\npreset = 'azure'\napi = [[1]]", "toml:3:1 PE121 api of model 'm'"),
        # S31: whose code a suite may name, and which variables it may read
        ('allow = "app"', "toml:1:1 PE121 allow must be a list, not 'app'"),
        ('allow = ["app", "../x"]', "toml:1:1 PE121 allow holds '../x', which is not the name of a package"),
        ("allow = [1]", "allow holds 1, which is not"),
        ('env = ["MY KEY"]', "toml:1:1 PE121 env holds 'MY KEY', which is not the name of a variable"),
        ('env = ["sk-or-v1-0123456789abcdef0123"]', "env holds a credential, which"),
    ],
)
def test_wrong_settings_name_line_and_mend(tmp_path: Path, text: str, told: str) -> None:
    """A slip in the settings is an error with its line."""
    (tmp_path / "prompteval.toml").write_text(text)
    with pytest.raises(InvalidInput, match=told):
        find_workspace(tmp_path)


@pytest.mark.parametrize("value", ["sk-or-v1-0123456789abcdef0123", "gsk_" + "aB3d" * 13, "MY KEY", ""])
def test_s21_a_key_in_the_place_of_its_variable_is_refused_unseen(tmp_path: Path, value: str) -> None:
    """A common slip; the message must not repeat the key."""
    (tmp_path / "prompteval.toml").write_text(f'[models.m]\nmodel = "x"\napi_key_env = "{value}"\n')
    with pytest.raises(InvalidInput) as caught:
        find_workspace(tmp_path)
    (told,) = map(str, caught.value.problems)
    assert "prompteval.toml:3:1 PE121 api_key_env of model 'm' is the name of a variable" in told
    assert not value or value not in told


def test_s23_state_folder_is_private(tmp_path: Path) -> None:
    """`.prompteval` is 0700 and ignores itself."""
    (tmp_path / "prompteval.toml").write_text("")
    directory = find_workspace(tmp_path).state_dir()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert (directory / ".gitignore").read_text() == "*\n"


def test_the_table_of_a_pyproject_in_a_prompteval_toml_is_said_with_what_to_write(tmp_path: Path) -> None:
    """At its line."""
    (tmp_path / "prompteval.toml").write_text('\n[tool.prompteval.models.vision]\nmodel = "m"\n')
    with pytest.raises(InvalidInput) as caught:
        find_workspace(tmp_path)
    (found,) = caught.value.problems
    assert (found.line, found.code) == (2, "PE121")
    assert found.help == "in prompteval.toml write [models.NAME], without tool.prompteval"
