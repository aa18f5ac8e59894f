"""Records of what was done: how they are read, which of them count, how one is written."""
