"""The version of attendna; apart, so that a new one reruns only what states it."""

__version__ = "0.1.0"
