"""People who go on while the processes under them are killed, and an auditor who looks afterwards."""
