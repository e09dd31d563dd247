"""A plugin of ForgeSyte for tests."""

from .plugin import Plugin

__all__ = ["Plugin"]
