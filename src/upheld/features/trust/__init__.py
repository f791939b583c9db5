"""Trust: the public pages, the promises, and the probes that prove them.

A promise is data; each lists its checks, and each check names its probe. Only a promise
whose every check passed is ever shown as upheld.
"""
