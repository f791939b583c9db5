"""What an operator may know of a running deployment: logs, metrics, traces; never whose data it is.

All three name routes, statements and duties by the names they have in the code. Paths,
parameters, addresses and people stay out: an id in a path says who was looked at.
"""
