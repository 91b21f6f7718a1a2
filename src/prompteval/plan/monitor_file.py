"""The form of `monitor.yaml`: signals with thresholds, slices, and how `watch` works."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from prompteval.metrics.names import parse_metric
from prompteval.workspace.field_types import Names, Ranged, Text
from prompteval.workspace.profile_faults import Fault
from prompteval.workspace.settings_values import faultless
from prompteval.workspace.urls import address_fault
from prompteval.workspace.validation import FileModel, Location, problem, schema_of

DEFAULT_SHIFT, DEFAULT_PSI, DEFAULT_AUROC, DEFAULT_ERRORS, DEFAULT_DROP = 0.15, 0.2, 0.6, 0.001, 0.05
PERCENTILES: Final = ("p50_ms", "p95_ms", "p99_ms")
_SHIFTS = Annotated[float, Ranged("shift")]
_LIMIT_MS = Annotated[float, Ranged("limit_ms")]
# Metrics of labelled rows that a confusion table or the scores alone give.
TABLE_METRICS: Final = ("accuracy", "precision", "recall", "f1", "mcc", "kappa")


def _metric(text: str) -> str:
    try:
        name = parse_metric(text)
    except ValueError as error:
        raise problem(str(error), code="PE226") from None
    if name.name not in (*TABLE_METRICS, "mean") or set(name.params) - {"average", "label"}:
        known = ", ".join((*TABLE_METRICS, "mean"))
        raise problem(f"{text} cannot be watched", f"feedback has {known}", code="PE226")
    return text


def _address_fault(text: str) -> Fault | None:
    fault = address_fault(text)
    return (fault, "such as https://alerts.example.org/prompteval") if fault else None


class _Part(FileModel):
    code = "PE601"
    unknown_code = "PE602"


class PredictionsFile(_Part):
    """The largest change in the share of any class."""

    field: Text = Field(
        "",
        description="The field of the output that is the class. [default: the output, or its only field]",
        examples=["intent"],
    )
    shift: _SHIFTS = Field(
        DEFAULT_SHIFT, description="The change of a share that matters.", examples=["0.15"]
    )


class InputsFile(_Part):
    """Drift of what the prompt is asked."""

    features: Names = Field(
        ["length"],
        description="length, language, embedding, or inputs of the prompt.",
        examples=["[length, language]"],
    )
    psi: Annotated[float, Ranged("psi")] = Field(
        DEFAULT_PSI, description="The population stability index that matters."
    )
    auroc: Annotated[float, Ranged("auroc")] = Field(
        DEFAULT_AUROC, description="How well a classifier may tell the embeddings apart; 0.5 is not at all."
    )


class LatencyFile(_Part):
    """Percentiles of the latency, and the share of requests that must be under the last limit."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [key]} for key in PERCENTILES],
            "dependentRequired": {"slo": ["p99_ms"]},
        }
    )

    p50_ms: _LIMIT_MS | None = Field(None, description="The most that the median may be, in ms.")
    p95_ms: _LIMIT_MS | None = Field(None, description="The most that the 95th percentile may be, in ms.")
    p99_ms: _LIMIT_MS | None = Field(
        None, description="The most that the 99th percentile may be, in ms.", examples=["1500"]
    )
    slo: Annotated[float, Ranged("slo")] | None = Field(
        None,
        description="The share of requests under p99_ms, whose error budget is watched.",
        examples=["0.99"],
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        if "slo" in raw and "p99_ms" not in raw:
            return {("slo",): problem("slo is the share of requests under p99_ms", "add `p99_ms: 1500`")}
        if not set(raw) & {*PERCENTILES}:
            return {("p99_ms",): problem("latency has no limit", "add `p99_ms: 1500`")}
        return {}


class ErrorsFile(_Part):
    """The share of calls that fail."""

    rate: Annotated[float, Ranged("error_rate")] = Field(
        DEFAULT_ERRORS, description="The share of calls that may fail.", examples=["0.001"]
    )


class FeedbackFile(_Part):
    """A metric of the rows that have feedback."""

    metric: Annotated[Text, AfterValidator(_metric)] = Field(
        "accuracy", description="The metric of labelled rows.", examples=['"f1(average=macro)"']
    )
    drop: _SHIFTS = Field(DEFAULT_DROP, description="The drop that matters.", examples=["0.05"])


class SignalsFile(_Part):
    """What is watched; one that is not named is not."""

    predictions: PredictionsFile | None = Field(None, description="The shares of the classes of an output.")
    inputs: InputsFile | None = Field(None, description="Drift of what the prompt is asked.")
    latency: LatencyFile | None = Field(None, description="Percentiles of the latency, and its error budget.")
    errors: ErrorsFile | None = Field(None, description="The share of calls that fail, and its error budget.")
    feedback: FeedbackFile | None = Field(None, description="A metric of the rows that have feedback.")

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        if raw:
            return {}
        return {
            (): problem("signals is empty", "add `predictions: {shift: 0.15}`", code="PE603", at_key=True)
        }


class WatchFile(_Part):
    """How `monitor watch` repeats the check, and whom it calls."""

    every_s: Annotated[float, Ranged("every_s")] = Field(300.0, description="Seconds between two looks.")
    false_alarm_days: Annotated[float, Ranged("false_alarm_days")] = Field(
        30.0, description="The mean time between false alarms that is accepted, in days, over all signals."
    )
    clear_after: Annotated[int, Ranged("clear_after")] = Field(
        3, description="Looks in a row that must be clear before an alert ends."
    )
    clear_below: Annotated[float, Ranged("share")] = Field(
        0.8, description="The part of the threshold under which a look is clear."
    )
    webhook: Annotated[Text, faultless(_address_fault)] = Field(
        "",
        description="The address that is sent each start and end of an alert, as JSON.",
        examples=["https://hooks.example.com/drift"],
    )
    command: list[Text] = Field(
        [],
        description="The program that is run at each start and end of an alert; it reads JSON.",
        examples=['["notify-send", "drift"]'],
    )


class MonitorFile(_Part):
    """A monitor file: signals with thresholds, slices, and what the log is compared with."""

    signals: SignalsFile = Field(description="What is watched.", examples=["{errors: {rate: 0.001}}"])
    cluster: Text = Field(
        "", description="The tag or input of rows that are not independent.", examples=["user_id"]
    )
    slices: Names = Field(
        [], description="Tags, inputs, or prompt, model, alias, fingerprint, whose values are checked apart."
    )
    prompt: str = Field("", description="The prompt whose rows count. [default: every row]")
    suite: Text = Field("", description="The suite of the reference, where its run has several.")
    reference: Text = Field(
        "",
        description="What the log is compared with, where the command line does not say.",
        examples=["baseline"],
    )
    watch: WatchFile = Field(WatchFile.model_validate({}), description="How `monitor watch` works.")


def monitor_schema() -> dict[str, Any]:
    """The JSON Schema of a monitor file, for editors."""
    return schema_of(MonitorFile, "prompteval monitor")
