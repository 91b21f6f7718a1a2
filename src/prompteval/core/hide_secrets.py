"""Observations and scores without secrets: what an application, a recorded file or a scorer gave back.

Replies of servers are free of them already; what runs in this process has the same environment, and its
exceptions quote it.
"""

from dataclasses import replace

from prompteval.core.observation import Observation, Score
from prompteval.core.secret import hide, hide_all, holds_secret


def observation_without_secrets(observation: Observation) -> Observation:
    """The observation with every secret hidden, before it is scored; itself where there is none."""
    failure = observation.failure
    if failure is not None and holds_secret(failure.message):
        observation = replace(observation, failure=replace(failure, message=hide(failure.message)))
    if observation.text and holds_secret(observation.text):
        shown, output = hide(observation.text), hide_all(observation.output)
        observation = replace(observation, text=shown, output=output)
    return observation


def score_without_secrets(score: Score) -> Score:
    """The score with every secret hidden in its reason and evidence."""
    if score.reason and holds_secret(score.reason):
        score = replace(score, reason=hide(score.reason))
    return replace(score, evidence=hide_all(score.evidence)) if score.evidence else score
