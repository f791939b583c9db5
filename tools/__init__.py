"""What developers run: the architecture's own contract, extraction of words, generated pages."""
