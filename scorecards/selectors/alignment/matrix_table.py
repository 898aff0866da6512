"""The matrix as a table in a file: an objective a row, a unit a column."""

from scorecards.selectors.exports.shapes import OutTable

from .matrix import Mark, Matrix, MatrixCell


def matrix_table(matrix: Matrix) -> OutTable:
    """In each cell in words what the unit does for the objective; nothing where there is a gap."""
    return OutTable(
        name="Alignment",
        header=["Perspective", "Objective", *(column.text for column in matrix.columns)],
        rows=[
            [band.name, row.name, *map(_text, row.cells)]
            for band in matrix.bands
            for row in band.rows
        ],
    )


def _text(cell: MatrixCell) -> str:
    return "; ".join(map(_mark_text, cell.marks))


def _mark_text(mark: Mark) -> str:
    return f"{mark.word} {mark.detail}".strip() + (f" ({mark.title})" if mark.title else "")
