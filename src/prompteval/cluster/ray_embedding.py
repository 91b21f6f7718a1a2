"""Parts of a corpus embedded by actors of Ray, each of which reads the corpus and opens the encoder once."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prompteval.cluster.embedding import EmbedResult, EmbedTask, PartEmbedder
from prompteval.cluster.ray_connection import RETRIES, RayConnection, failure_of
from prompteval.core.errors import ClusterLost

if TYPE_CHECKING:
    import ray


class RayEmbedding(RayConnection):
    """As many actors as there are processors, or parts."""

    def embedded(self, tasks: Sequence[EmbedTask]) -> Iterator[EmbedResult]:
        """The result of each task as it ends; an actor is given the next when it has done one."""
        import ray

        actor = ray.remote(PartEmbedder).options(num_cpus=1, max_restarts=-1, max_task_retries=RETRIES)
        idle = [actor.remote() for _ in range(min(self.workers, len(tasks)))]
        todo, running = list(reversed(tasks)), dict[ray.ObjectRef[bytes], tuple[EmbedTask, object]]()
        while todo or running:
            while todo and idle:
                task, one = todo.pop(), idle.pop()
                running[one.embed.remote(task.pack())] = (task, one)
            try:
                ended = self.ended(running)
            except ClusterLost as error:
                lost = [*(task for task, _ in running.values()), *todo]
                yield from (
                    EmbedResult(one.number, error=str(error), exit_code=error.exit_code) for one in lost
                )
                return
            for reference in ended:
                task, one = running.pop(reference)
                idle.append(one)
                yield _result(reference, task)


def _result(reference: "ray.ObjectRef[bytes]", task: EmbedTask) -> EmbedResult:
    import ray

    try:
        return EmbedResult.unpack(ray.get(reference))
    except ray.exceptions.RayError as error:
        reason, code = failure_of(error)
        return EmbedResult(task.number, error=reason, exit_code=code)
