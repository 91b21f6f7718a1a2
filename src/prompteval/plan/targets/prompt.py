"""A prompt and a model as a target: one case in, what happened out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from prompteval.cases.problem import Pointer
from prompteval.cases.record import Typed, Validate
from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded, RenderError, UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem
from prompteval.plan.conversation.slots import Named, Slots, slots_of
from prompteval.plan.conversation.user import SimulatedUser, with_user
from prompteval.plan.fakes import Fakes
from prompteval.plan.targets.conversation_record import ConversationRecord, system_inputs, typed_turn
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.source_places import ModuleSource


@dataclass(frozen=True)
class PromptPlan:
    """A version of a prompt, loaded; with `fakes` its tools are called, and what they do is part of it.

    `user` plays the user of a conversation; `user_input` is the input that takes what a user says, where the
    suite names it.
    """

    prompt: Prompt
    fakes: Fakes | None = None
    user: SimulatedUser | None = None
    user_input: str = ""

    own_model = None

    @property
    def reference(self) -> str:
        return self.prompt.reference

    @property
    def name(self) -> str:
        return self.prompt.name

    @property
    def fingerprint(self) -> str:
        own = self.prompt.fingerprint
        if self.fakes is not None:
            own = fingerprint([own, self.fakes.fingerprint, self.fakes.max_steps])
        if self.user_input:
            own = fingerprint([own, self.user_input])
        return with_user(own, self.user)

    @cached_property
    def slots(self) -> Slots:
        """The inputs that a conversation fills. Raises UsageError for a prompt that cannot hold one."""
        return slots_of(self.prompt, self.user_input)

    @cached_property
    def validate(self) -> Validate:
        plain, conversation = case_validator(self.prompt), self._conversation

        def validate(raw: Mapping[str, object]) -> list[tuple[Pointer, str, str]]:
            if not raw.get("turns") and self.user is None:
                return plain(raw)
            return [] if conversation is None else conversation.errors(raw)

        return validate

    @cached_property
    def _conversation(self) -> ConversationRecord | None:
        """How records of conversations are checked; None where there can be none, as is said at the suite."""
        try:
            return ConversationRecord(self.prompt, self.slots, self.user)
        except UsageError:
            return None

    def own_inputs(self, inputs: Mapping[str, object]) -> dict[str, object]:
        """What of a case's inputs the prompt gets."""
        return system_inputs(self.prompt, self.user, inputs)

    @property
    def output_fields(self) -> frozenset[str] | None:
        return self.prompt.output_names

    @property
    def typed(self) -> Typed:
        return typed_record(self.prompt, self.user)

    def problems(self) -> list[Problem]:
        return self.prompt.check()


def render_problems(targets: Sequence[object], case: Case) -> list[Problem]:
    """What keeps a case from being rendered: a forbidden operation, a value a template cannot use.

    Found before any call is made. A prompt whose templates have problems already is skipped,
    and so is what is not a prompt.
    """
    found = []
    for target in (target for target in targets if isinstance(target, PromptPlan)):
        prompt = target.prompt
        if prompt.check():
            continue
        try:
            for inputs in _inputs_of(target, case):
                prompt.render(inputs)
        except (RenderError, DeadlineExceeded) as error:
            message = f"case {case.id!r} cannot be rendered: {error}"
            place = ModuleSource(prompt.source).prompt() if prompt.source else (0, 0)
            found.append(Problem(prompt.path, *place, "PE332", message))
    return found


def _inputs_of(target: PromptPlan, case: Case) -> Iterator[Mapping[str, object]]:
    """What the prompt is rendered with for a case: of a conversation each scripted turn, with no history."""
    if not case.turns and target.user is None:
        yield case.inputs
        return
    try:
        slots = target.slots
    except UsageError:  # said once, at the suite
        return
    for turn in case.turns:
        yield slots.filled(target.own_inputs(case.inputs), (), turn.user)


def typed_record(prompt: Prompt, user: SimulatedUser | None = None) -> Typed:
    """Reads a raw case's cells and expected value as the prompt's types do."""

    def typed(raw: Named) -> Mapping[str, object]:
        found = dict(raw)
        if isinstance(raw.get("inputs"), dict):
            theirs = {} if user is None else user.prompt.case_inputs(user.inputs(raw["inputs"]))
            own = system_inputs(prompt, user, raw["inputs"])
            found["inputs"] = {**theirs, **prompt.case_inputs(own)}
        if raw.get("expected") is not None:
            found["expected"] = prompt.case_expected(raw["expected"])
        if isinstance(raw.get("turns"), list):
            found["turns"] = [typed_turn(turn, prompt) for turn in raw["turns"]]
        return found

    return typed


def case_validator(prompt: Prompt) -> Validate:
    """Checks a raw case's inputs and expected value against the prompt's types."""

    def validate(raw: Mapping[str, object]) -> list[tuple[Pointer, str, str]]:
        found = [
            (("inputs", *place), message, help) for place, message, help in prompt.input_errors(raw["inputs"])
        ]
        if raw.get("expected") is not None:
            errors = prompt.expected_errors(raw["expected"])
            found += [(("expected", *place), message, help) for place, message, help in errors]
        return found

    return validate
