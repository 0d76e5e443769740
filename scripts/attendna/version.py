"""The version of attendna; apart, so that a new one reruns only what states it."""

__version__ = "0.2.0"
