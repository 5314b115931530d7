"""The peers: one module a library, each with its formulations of the tasks. This table loads none of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """A library, or a loop written by hand in one."""

    name: str
    module: str
    package: str
    """What the package index calls it."""
    formulations: dict[str, tuple[str, str]]
    """By name: the group it competes in and the cases it is for."""


DOCUMENTED, HOISTED, BY_HAND, COMPILED = "documented", "hoisted", "by hand", "compiled"
GROUPS = {
    DOCUMENTED: "as the library's documentation writes it",
    HOISTED: "the input product taken out of the time loop",
    BY_HAND: "written by hand without a library of neurons",
    COMPILED: "written by hand and compiled",
}

PEERS = {
    "snntorch": Peer(
        "snnTorch", "snntorch_net", "snntorch", {"loop": (DOCUMENTED, "abe"), "hoist": (HOISTED, "abeg")}
    ),
    "spikingjelly": Peer(
        "SpikingJelly",
        "spikingjelly_net",
        "spikingjelly",
        {"multi-step": (DOCUMENTED, "abeg"), "single-step": (DOCUMENTED, "abe"), "multi-step-hoist": (HOISTED, "ab")},
    ),
    "norse": Peer(
        "Norse",
        "norse_net",
        "norse",
        {"lif": (DOCUMENTED, "abeg"), "box": (DOCUMENTED, "abeg"), "lif-hoist": (HOISTED, "ab")},
    ),
    "sinabs": Peer(
        "Sinabs", "sinabs_net", "sinabs", {"default": (DOCUMENTED, "abeg"), "hoist": (HOISTED, "ab")}
    ),
    "spyx": Peer("Spyx", "spyx_net", "spyx", {"run": (DOCUMENTED, "abe"), "hoist": (HOISTED, "abeg")}),
    "torch": Peer(
        "PyTorch", "torch_net", "torch", {"loop": (BY_HAND, "abe"), "compile": (COMPILED, "abeg")}
    ),
    "jax": Peer("JAX", "jax_net", "jax", {"scan": (COMPILED, "abeg")}),
}
