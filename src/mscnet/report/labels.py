"""Curves named at their right ends: a key that is ordered and placed as the curves are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Size of the labels, in points.
LABEL_SIZE = 9.0
#: Labels are cut after this many characters.
LABEL_LENGTH = 44
#: Beyond this many labels the leaders are left out: they would be a grey wedge.
MOST_LEADERS = 14
#: Height that a label takes, in inches.
LINE_HEIGHT = 0.175

# inches right of the axis: where the leader ends, where the sample of the line ends, where the text begins
_LEADER, _SAMPLE, _TEXT = 0.14, 0.48, 0.54

#: A label, the value at which its curve ends, the colour and the style of its line.
End = tuple[str, float, str, Any]


def label_ends(ax: Axes, ends: Sequence[End]) -> None:
    """Writes each curve's label beside `ax`, level with the curve's end as far as room allows.

    A thin leader joins the end to a sample of the line and the label; labels keep the order of the ends and
    never overlap, so leaders never cross.  The limits of `ax` must be final.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    box = ax.get_position()
    width, height = box.width * figure.get_figwidth(), box.height * figure.get_figheight()
    low, high = ax.get_ylim()
    ordered = sorted(ends, key=lambda end: end[1])
    levels = [min(1.0, max(0.0, (end[1] - low) / (high - low))) for end in ordered]
    places = spread(levels, LINE_HEIGHT / height, 0.0, 1.0)
    across: dict[str, Any] = {"transform": ax.transAxes, "clip_on": False}
    for (label, _, colour, style), level, place in zip(ordered, levels, places, strict=True):
        if len(ordered) <= MOST_LEADERS:
            ax.plot([1.0, 1 + _LEADER / width], [level, place], color="#A0A0A0", linewidth=0.6, **across)
        ax.plot([1 + _LEADER / width, 1 + _SAMPLE / width], [place, place], color=colour, linestyle=style,
                linewidth=1.6, **across)  # fmt: skip
        ax.text(1 + _TEXT / width, place, shown_label(label), fontsize=LABEL_SIZE, verticalalignment="center_baseline",
                parse_math=False, **across)  # fmt: skip


def shown_label(label: str) -> str:
    """A label on one line and of bearable length."""
    label = " ".join(label.split())
    return label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1] + "…"


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near `wanted` (ascending), at least `gap` apart and within ``[low, high]``.

    Neighbours that are too close become a block about the mean of what they want (the pool-adjacent-violators
    method, which is the least-squares answer).  Where there is no room, the gap shrinks to what there is.
    """
    if not wanted:
        return []
    if len(wanted) > 1:
        gap = min(gap, (high - low) / (len(wanted) - 1))
    # with each place lowered by its rank times the gap, "at least a gap apart" is "not falling"
    blocks: list[tuple[float, int]] = []
    for rank, want in enumerate(wanted):
        total, count = want - rank * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            before, number = blocks.pop()
            total, count = total + before, count + number
        blocks.append((total, count))
    means = [total / count for total, count in blocks for _ in range(count)]
    ceiling = high - gap * (len(wanted) - 1)
    return [min(max(mean, low), ceiling) + rank * gap for rank, mean in enumerate(means)]
