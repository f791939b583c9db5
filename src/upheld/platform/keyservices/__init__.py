"""Key services that keep a root key's envelope: each in a module of its own, each an extra."""
