"""The runs of the shards of a run on a cluster: which is whose, and how either is continued."""

from collections.abc import Mapping
from typing import Any

from prompteval.plan.run_options import shard_of
from prompteval.plan.shard import Shard


def shard_side(shard: Shard, run_id: str) -> str:
    """What the manifest of a shard's own run has as its side."""
    return f"shard {shard} of run {run_id}"


def shard_run(run_id: str, shard: Shard) -> str:
    """The id of a shard's own run."""
    return f"{run_id}-{shard.number}"


def cluster_run(run_id: str, manifest: Mapping[str, Any]) -> str:
    """The id of the run on a cluster that a stored run was a shard of; empty for any other run."""
    side, whole = manifest.get("side"), run_id.rpartition("-")[0]
    shard = shard_of(manifest.get("options")) if side else None
    if shard is not None and side == shard_side(shard, whole) and run_id == shard_run(whole, shard):
        return whole
    return ""


def shards_in(manifest: Mapping[str, Any]) -> int:
    """Of how many shards a run on a cluster is, or one that was merged; 0 of any other."""
    if "cluster" in manifest:
        return int(manifest["cluster"]["shards"])
    merged = manifest.get("merged")
    return Shard.parse(merged[0][0]).of if merged else 0


def resume_hint(run_id: str, manifest: Mapping[str, Any]) -> str:
    """How a run is continued: where it was begun, and a shard with all of its run."""
    whole = cluster_run(run_id, manifest)
    engine = "--cluster ray " if whole or "cluster" in manifest else ""
    return f"`prompteval run {engine}--resume-run {whole or run_id}` continues it"
