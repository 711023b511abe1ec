"""A small ACA-Py: agents with real keys and records, in this process, joined by a message bus.

The admin API has the paths, the JSON and the refusals of ACA-Py 1.7.0 as our client uses them,
its bad habits included; ``tests/contract/test_agent_contract.py`` runs the same cases against it and
against real agents. What differs is told in `support.simulator.world`.
"""

from support.simulator.agent import Moment, SimulatedAgent
from support.simulator.doorbells import Doorbells
from support.simulator.registry import SimulatedRegistry
from support.simulator.world import World

__all__ = ["Doorbells", "Moment", "SimulatedAgent", "SimulatedRegistry", "World"]
