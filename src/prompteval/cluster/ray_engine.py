"""Shards on a Ray cluster: a task for each, and the desk as a named actor."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prompteval.cluster.engine import DeskSettings
from prompteval.cluster.kept_desk import KeptDesk
from prompteval.cluster.messages import unpack
from prompteval.cluster.ray_connection import NAMESPACE, RETRIES, RayConnection, failure_of
from prompteval.cluster.task import ShardResult, ShardTask
from prompteval.cluster.worker import run_shard
from prompteval.core.errors import ClusterLost
from prompteval.core.exit_codes import INCOMPLETE

if TYPE_CHECKING:
    import ray


class DeskActor:
    """The desk of a run as a named actor. It is never called by two at once, and answers in order."""

    def __init__(self, settings: bytes) -> None:
        self._desk = KeptDesk(DeskSettings.unpack(settings))

    def answer(self, message: bytes) -> bytes:
        """What the desk answers."""
        return self._desk.answer(message)


def run_in_worker(task: bytes, desk: str) -> bytes:
    """A task of Ray: one shard, with the desk by its name."""
    import ray

    try:
        actor = ray.get_actor(desk, namespace=NAMESPACE)
    except ValueError:  # it was killed for good, or could not be begun
        shard = ShardTask.of_body(unpack(task)).shard
        return ShardResult(shard, error="the desk of the run has ended", exit_code=INCOMPLETE).pack()

    async def exchange(message: bytes) -> bytes:
        try:
            answer: bytes = await actor.answer.remote(message)
        except ray.exceptions.RayTaskError as error:
            raise ConnectionError(f"{error.cause!r:.300}") from None
        except ray.exceptions.RayActorError as error:
            raise ConnectionError(type(error).__name__) from None
        return answer

    return run_shard(task, exchange, ray.get_runtime_context().get_node_id())


class RayEngine(RayConnection):
    """Shards as tasks of Ray, and the desk as a named actor."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[ray.ObjectRef[bytes], ShardTask] = {}
        self._stopped = False

    def results(self, run_id: str, desk: DeskSettings, tasks: Sequence[ShardTask]) -> Iterator[ShardResult]:
        """Run all tasks; the result of each as it ends. Raises StoreError for damaged accounts."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        KeptDesk(desk)  # accounts that are damaged are refused here, and not in an actor that dies of them
        name = f"desk-{run_id}"
        here = NodeAffinitySchedulingStrategy(node_id=self.machine, soft=False)
        self._desk = (
            ray.remote(DeskActor)
            .options(name=name, num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=here)
            .remote(desk.pack())
        )
        work = ray.remote(run_in_worker).options(num_cpus=1, max_retries=RETRIES)
        self._waiting = {work.remote(task.pack(), name): task for task in tasks}
        return iter(self._next, None)

    def _next(self) -> ShardResult | None:
        """The next result; None where no task is left."""
        while self._waiting:
            try:
                ended = self.ended(self._waiting)
            except ClusterLost as error:
                _, task = self._waiting.popitem()
                return ShardResult(task.shard, error=str(error), exit_code=error.exit_code)
            for reference in ended:
                found = self._result(reference, self._waiting[reference])
                del self._waiting[reference]
                if found is not None:
                    return found
        return None

    def _result(self, reference: "ray.ObjectRef[bytes]", task: ShardTask) -> ShardResult | None:
        """What a task says; None of one that was cancelled before it began."""
        import ray

        try:
            return ShardResult.unpack(ray.get(reference))
        except ray.exceptions.TaskCancelledError:
            return None
        except ray.exceptions.RayError as error:
            reason, code = failure_of(error)
            return ShardResult(task.shard, error=reason, exit_code=code)

    def stop(self) -> None:
        """Cancel what has not begun, and interrupt what runs, which drains and stores what it has."""
        import ray

        if not self._stopped:
            self._stopped = True
            for reference in list(self._waiting):
                ray.cancel(reference, force=False)
