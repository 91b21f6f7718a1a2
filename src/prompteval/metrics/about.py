"""What each metric and each of its parameters is, in a sentence or two, for `explain` and the docs."""

from collections.abc import Mapping

from prompteval.metrics.names import AVERAGES, CORRECTIONS, MOST_BINS, REDUCERS
from prompteval.metrics.spent import PERCENTILES, TIMES
from prompteval.metrics.stage_names import GREATEST_WEIGHT
from prompteval.metrics.table import DEFAULT_BINS, DEFAULT_PRECISION, Kind, SourceKind

_TIMES: Mapping[str, str] = dict(
    zip(
        TIMES,
        (
            "the time of a case in milliseconds, repeats counted apart",
            "the milliseconds to the first token of a streamed reply, be it of a thought",
            "the milliseconds to the first text of a streamed answer",
        ),
        strict=True,
    )
)
ABOUT: Mapping[str, str] = {
    **{
        f"{time}.{name}": f"The {share:.0%} quantile of {meaning}."
        for time, meaning in _TIMES.items()
        for name, share in PERCENTILES.items()
    },
    "cost_usd.mean": "What the system's calls for a case cost, in USD, on average; a cached reply as if it "
    "were asked again.",
    "tokens.mean": "The tokens that the system's calls for a case read and wrote, on average.",
    "accuracy": "The share of cases whose score passes.",
    "mean": "The mean score of the cases.",
    "win_rate": "The share of pairs that a judge of pairs prefers, a tie as half.",
    "all_pass": "The share of cases whose verdict is pass: every score that passes or fails passes.",
    "precision": "Of the cases that got a class, the share that should have it.",
    "recall": "Of the cases that should have a class, the share that got it.",
    "f1": "The harmonic mean of the precision and the recall of a class.",
    "mcc": "Matthews correlation of expected and given classes; 0 is what chance gives.",
    "kappa": "Cohen's kappa of expected and given classes: agreement beyond chance.",
    "roc_auc": "The chance that a case of the positive class has a higher confidence than another.",
    "pr_auc": "Average precision: the precision at each positive case, in the order of confidence, averaged.",
    "recall_at_precision": "The greatest recall of a threshold on the confidence that keeps this precision.",
    "brier": "The mean squared difference between the confidence and what came true.",
    "ece": "Expected calibration error: how far confidence and the share that came true differ, bin by bin.",
    "mae": "The mean absolute error of a number.",
    "rmse": "The square root of the mean squared error of a number.",
    "r2": "The share of the variance of the expected numbers that the answers explain.",
    "spearman": "The rank correlation of expected and given numbers.",
    "rouge_1": "The mean F1 of shared words.",
    "rouge_2": "The mean F1 of shared pairs of words.",
    "rouge_l": "The mean F1 of the longest common subsequence of words.",
    "bleu": "BLEU of all answers as one corpus, as sacrebleu computes it.",
    "chrf": "chrF2 of all answers as one corpus, over character 1- to 6-grams.",
    "tool_calls.name": "The share of the calls of tools of a case whose name is right, averaged.",
    "tool_calls.arguments": "The mean share of the arguments of a call of a tool that are right.",
    "perplexity": "The exponential of the mean negative log probability of a token.",
    "per_class": "A table of precision, recall and F1 of each class.",
    "confusion": "A table of how often each expected class got each class.",
    "reliability": "A table of the share that came true in each bin of confidence.",
}
FAMILIES: Mapping[str, str] = {
    "pass@k": "The chance that at least one of k runs of a case is right (Chen et al. 2021, equation 1).",
    "pass^k": "The chance that all of k runs of a case are right (Yao et al. 2024).",
}
PARAMETERS: Mapping[str, str] = {
    "average": f"How classes are averaged: {', '.join(AVERAGES)}. [default: {AVERAGES[0]}]",
    "label": "The class that is measured alone, or that is the positive one.",
    "reduce": f"What the repeats of a case are worth: {', '.join(REDUCERS)}. [default: {REDUCERS[0]}]",
    "corrected": "How a judge's mean is corrected by labels of people: ppi by those of this run's own cases, "
    "rogan_gladen by those of other cases, on which it was calibrated.",
    "length_controlled": "Written without a value: the rate that outputs of equal length would have.",
    "precision": f"The precision to keep, above 0 and at most 1. [default: {DEFAULT_PRECISION:g}]",
    "bins": f"How many bins, from 2 to {MOST_BINS}. [default: {DEFAULT_BINS}]",
    "scorer": "The name of the scorer that is read. [default: the first that reports what is read]",
    "gain": "What a grade gains: linear, or exp, two to its power minus one. [default: linear]",
    "grade": "The least grade of gold that counts as relevant. [default: 1]",
    "lambda": f"What a wrong answer costs, from 0 to {GREATEST_WEIGHT:g}. [default: 1]",
}
# Values that an example gives to parameters.
EXAMPLES: Mapping[str, str] = {
    "average": AVERAGES[0], "label": "billing", "reduce": REDUCERS[1], "precision": f"{DEFAULT_PRECISION:g}",
    "bins": f"{DEFAULT_BINS}", "corrected": CORRECTIONS[0], "length_controlled": "",
}  # fmt: skip
RANKING: Mapping[str, str] = {
    "ndcg": "Normalised discounted cumulative gain: the grades found, those of high ranks counting more.",
    "recall": "The share of the gold that is among the first k.",
    "rcap": "Recall where no more can be found than k: gold among the first k, of the smaller of k and all.",
    "hit": "1 where any gold is among the first k, else 0.",
    "precision": "The share of the first k that is relevant.",
    "mrr": "One divided by the rank of the first relevant passage.",
    "map": "The precision at each relevant passage, averaged over all that are relevant.",
}
STAGES: Mapping[str, Mapping[str, str]] = {
    "context": {
        "recall": "The share of the gold's characters that is in the first passages that fit the budget.",
        "precision": "The share of the characters of those passages that belongs to the gold.",
        "iou": "Their shared characters, divided by all characters of either.",
    },
    "generation": {
        "em": "1 where the answer is one of `answers` after the normalisation of SQuAD, else 0.",
        "f1": "The F1 of the words that the answer shares with the nearest of `answers`.",
        "correct": "1 where the answer is right by what `correct` of the suite says, else 0.",
        "abstention": "1 for a right answer or for abstaining where there is none, 0 for abstaining else, "
        "minus lambda for a wrong answer.",
        "false_answers": "Of the questions without an answer, the share that was answered.",
        "false_abstentions": "Of the questions with an answer, the share that was declined.",
    },
    "citations": {
        "precision": "The share of citations whose passage is in the context and overlaps the gold.",
        "recall": "The share of sentences that cite such a passage, and none outside the context.",
        "exists": "The share of citations whose number is one of the context's.",
        "quote": "The share of quotes that the cited passage holds, small differences aside.",
        "support": "How far the content words of each sentence are in the passages that it cites.",
        **{
            f"{measure}_{by}": f"{what}, by {how} (ALCE)."
            for measure, what in (
                ("recall", "The share of sentences that the passages they cite support together"),
                ("precision", "The share of citations that the support of their sentence needs"),
            )
            for by, how in (
                ("lexical", "at least half of its content words"),
                ("figures", "all of its numbers, dates and names"),
                ("entailment", "the model that `entailment:` names"),
            )
        },
    },
    "grounding": {
        "lexical": "How far the content words of each sentence of the answer are in the context: a smoke "
        "detector, which a wrong number or a negation does not set off.",
        "figures": "The share of the numbers, dates and names of the answer that a passage holds; the others "
        "are listed with the score.",
        "embedding": "How close each sentence of the answer is to the context in meaning.",
        "entailment": "How far the context entails each sentence of the answer, by the model that "
        "`entailment:` names.",
    },
}
STAGE_READS: Mapping[str, str] = {
    "retrieval": "the candidates of the search up to its depth, and `gold`",
    "rerank": "the order after reranking, and `gold`",
    "context": "the passages that were packed, and `gold`",
    "generation": "the output, `answers` and `answerable`; without `rag:` the output of any system",
    "citations": "the citations of the output, the context, and `gold`",
    "grounding": "the output and the context",
}
READS: Mapping[SourceKind, str] = {
    "values": "the scores of a scorer",
    "numbers": "the numbers that a scorer `number` reports",
    "evidence": "what a scorer reports",
    "confidence": "the confidence in each output, and the classes or scores",
    "logprobs": "the log probabilities of each output",
    "verdict": "the verdict of each case",
    "spent": "what each case took; of a reply from the cache or a recording, what it took when it was made",
}
# Of metrics over classes, whose source is the scores too.
READS_CLASSES = "the expected and given classes, which scorers such as `exact` compare"
# Of shares of the scores.
READS_VERDICTS = "whether each score of a scorer passes"
HAS_CLASSES: frozenset[Kind] = frozenset({"confusion", "breakdown"})
