"""Speed, measured by command: `make bench` runs every module here, `make bench only=NAME` one.

A goal is a ratio between two things measured in the same run on the same machine, because
seconds of one machine say nothing about another. Nothing here is a test, and no test is timed.
"""
