"""The SQL: roles, the schema as it is today, the migrations that lead there, the keyring."""
