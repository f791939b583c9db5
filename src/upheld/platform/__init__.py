"""Everything that speaks to the world: database, vault, web, mail, files, clock, settings."""
