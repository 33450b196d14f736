"""Guided incident response for LLM agents, in a terminal."""

__all__ = ["__version__"]

__version__ = "0.1.0"
