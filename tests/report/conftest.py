"""The incident fixtures of the eval tests serve here too: one way to open an incident of a sample."""

from tests.evals.conftest import opened, playbooks

__all__ = ["opened", "playbooks"]
