"""Which of several things goes with which, at the greatest total."""

from collections.abc import Sequence


def best_assignment(weights: Sequence[Sequence[int]]) -> list[int | None]:
    """For each row the column it is given, None for none, so that the sum of the weights is the greatest.

    As many rows as there are columns are given one, each column once. Weights are whole numbers, so that the
    sum is exact. The method is the shortest augmenting path of Jonker and Volgenant 1987 ("A shortest
    augmenting path algorithm for dense and sparse linear assignment problems"), cubic in the size.
    """
    rows, columns = len(weights), len(weights[0]) if weights else 0
    if rows > columns:
        turned = best_assignment([[weights[row][column] for row in range(rows)] for column in range(columns)])
        given: list[int | None] = [None] * rows
        for column, row in enumerate(turned):
            if row is not None:
                given[row] = column
        return given
    # Columns and rows count from 1; owner[0] is the row that is looking for a column.
    row_price, column_price = [0] * (rows + 1), [0] * (columns + 1)
    owner, before = [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        owner[0], column = row, 0
        least: list[int | None] = [None] * (columns + 1)
        done = [False] * (columns + 1)
        while owner[column]:
            done[column] = True
            column = _step(weights, column, (row_price, column_price), owner, before, least, done)
        while column:
            owner[column] = owner[before[column]]
            column = before[column]
    found: list[int | None] = [None] * rows
    for column in range(1, columns + 1):
        if owner[column]:
            found[owner[column] - 1] = column - 1
    return found


def _step(
    weights: Sequence[Sequence[int]],
    column: int,
    prices: tuple[list[int], list[int]],
    owner: list[int],
    before: list[int],
    least: list[int | None],
    done: list[bool],
) -> int:
    """The nearest column that was not visited, prices adjusted so that the way to it costs nothing."""
    row_price, column_price = prices
    row, nearest, step = owner[column], 0, None
    for other in range(1, len(done)):
        if done[other]:
            continue
        cost = -weights[row - 1][other - 1] - row_price[row] - column_price[other]
        known = least[other]
        if known is None or cost < known:
            least[other] = known = cost
            before[other] = column
        if step is None or known < step:
            step, nearest = known, other
    gap = step or 0
    for other, is_done in enumerate(done):
        if is_done:
            row_price[owner[other]] += gap
            column_price[other] -= gap
        elif least[other] is not None:
            least[other] = (least[other] or 0) - gap
    return nearest
