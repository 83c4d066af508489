"""Channels to people: one file a channel, found by the registry. A leaf: it never imports the service."""
