"""Pure helpers: no input or output, no settings, no words of the domain."""
