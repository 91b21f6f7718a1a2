"""Problems and the nearest name."""

from prompteval.core.problem import Problem, did_you_mean, nearest


def test_a_problem_is_one_line_with_its_place() -> None:
    """file:line:col CODE message (help), whatever white space the message holds."""
    problem = Problem("a.yaml", 3, 7, "PE203", "unknown key\n'asert'", "did you mean 'assert'?")
    assert str(problem) == "a.yaml:3:7 PE203 unknown key 'asert' (did you mean 'assert'?)"


def test_a_problem_of_a_whole_file_has_no_line() -> None:
    """Line 0 means the file as such."""
    assert str(Problem("a.yaml", 0, 0, "PE101", "not found")) == "a.yaml PE101 not found"


def test_nearest_forgives_case_and_typos() -> None:
    """A slip finds its word; nonsense finds none."""
    assert nearest("Expcted", ["expected", "inputs"]) == "expected"
    assert nearest("zzz", ["expected", "inputs"]) is None


def test_without_a_near_name_the_known_ones_are_listed() -> None:
    """The user always gets a way forward."""
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", []) == ""


def test_f38_a_name_of_any_type_and_length_is_compared() -> None:
    """A list or a megabyte where a name belongs is near to none, and says what is known."""
    assert did_you_mean(["english"], ["german"]) == "known: german"
    assert did_you_mean("x" * 1_000_000, ["x" * 9]) == f"known: {'x' * 9}"
    assert did_you_mean(None, ["none"]) == "did you mean 'none'?"
