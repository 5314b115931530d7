"""Pictures, with matplotlib (`pip install snn[plot]`), which is imported at the first call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def raster(recording: Recording, nodes: Sequence[str] | None = None, *, sample: int = 0, **marker: Any) -> Figure:
    """A dot for every spike: time steps to the right, the neurons of each node upwards, one panel a node.

    `marker` goes to matplotlib's `scatter`.
    """
    import matplotlib.pyplot as plt

    names = list(recording.nodes if nodes is None else nodes)
    figure, panels = plt.subplots(
        len(names), 1, sharex=True, squeeze=False, figsize=(7, 1 + 1.8 * len(names)), layout="constrained"
    )
    for panel, name in zip(panels[:, 0], names):
        spikes = recording.spikes(name)[:, sample]
        steps, neurons = spikes.nonzero()
        panel.scatter(steps, neurons, **{"s": 6, "marker": "|", "color": "black", **marker})
        panel.set(ylabel=name, xlim=(-0.5, spikes.shape[0] - 0.5), ylim=(-0.5, spikes.shape[1] - 0.5))
    panels[-1, 0].set_xlabel("step")
    panels[-1, 0].xaxis.get_major_locator().set_params(integer=True)
    return figure
