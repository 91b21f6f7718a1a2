"""Which turns of a conversation a scorer scores, and each of them as a case with its observation."""

from dataclasses import dataclass, replace

from prompteval.core.case import Case
from prompteval.core.observation import Failure, Observation, Score
from prompteval.core.trace import Trace
from prompteval.workspace.scorer_options import Turn

Item = tuple[Case, Observation]


@dataclass(frozen=True, slots=True)
class TurnItem:
    """One turn to score. `number` is from 1, None where the score is the whole conversation's."""

    number: int | None
    item: Item

    def labelled(self, score: Score) -> Score:
        """The score with the turn that it is of."""
        return score if self.number is None else replace(score, turn=self.number)


def is_conversation(case: Case, seen: Observation) -> bool:
    """Whether there are turns to choose from."""
    return bool(case.turns) or (seen.trace is not None and seen.trace.turns is not None)


def turn_items(case: Case, seen: Observation, turn: Turn) -> list[TurnItem]:
    """What a scorer of these turns scores; nothing where the conversation has no such turn.

    A scripted turn that was not played, since the conversation failed before, is scored as that failure.
    """
    count = max(len(case.turns), len(_turns(seen)))
    if turn == "last":
        return [TurnItem(None, (_last_case(case, count), _last_seen(case, seen, count)))]
    if turn == "all":
        numbers = list(range(1, count + 1))
    else:
        numbers = [turn] if turn <= count or seen.outcome == "error" else []
    return [TurnItem(n, (_case_of(case, n - 1, count), _seen_in(seen, n - 1))) for n in numbers]


def _turns(seen: Observation) -> tuple[Trace, ...]:
    return () if seen.trace is None or seen.trace.turns is None else seen.trace.turns


def _last_case(case: Case, count: int) -> Case:
    """The case with what is right in its last turn; the case's own counts where the turn says nothing."""
    if not case.turns or len(case.turns) < count:
        return case
    last = case.turns[-1]
    return replace(
        case,
        expected=case.expected if last.expected is None else last.expected,
        tool_calls=case.tool_calls if last.tool_calls is None else last.tool_calls,
    )


def _last_seen(case: Case, seen: Observation, count: int) -> Observation:
    """The whole, whose output is the last one; with the calls of the last turn where its own are expected."""
    turns = _turns(seen)
    if seen.outcome == "error" or not turns:
        return seen
    if len(turns) < count:
        return _seen_in(seen, count - 1)
    scripted = len(case.turns) == count and case.turns[-1].tool_calls is not None
    if not scripted or seen.trace is None:
        return seen
    return replace(seen, trace=replace(seen.trace, tool_calls=turns[-1].tool_calls))


def _case_of(case: Case, index: int, count: int) -> Case:
    """The case of one turn: what is right in it, and nothing of the others."""
    if index == count - 1:
        return replace(_last_case(case, count), turns=())
    scripted = case.turns[index] if index < len(case.turns) else None
    return replace(
        case,
        expected=None if scripted is None else scripted.expected,
        tool_calls=None if scripted is None else scripted.tool_calls,
        turns=(),
        gold=(),
        answers=(),
    )


def _seen_in(seen: Observation, index: int) -> Observation:
    turns = _turns(seen)
    if index >= len(turns):
        failure = Failure("call", "not_played", f"turn {index + 1} was not played")
        if seen.failure is not None:
            failure = replace(seen.failure, message=f"{failure.message}: {seen.failure.message}")
        return Observation("error", failure=failure)
    turn = turns[index]
    failed = None if turn.outcome == "ok" else Failure("call", turn.outcome, turn.error)
    output = turn.output if turn.outcome == "ok" else None
    return Observation(turn.outcome, output, turn.text, failure=failed, trace=turn)
