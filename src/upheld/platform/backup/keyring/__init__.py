"""What a backup asks the keyring."""
