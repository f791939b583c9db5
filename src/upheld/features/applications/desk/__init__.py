"""What lies on an employer's desk: what to do next, what happened lately, who comes before and after whom.

Everything here says where applications stand and never what they say, so nothing of it is a
look at a candidate: `store` reads, `tasks` decides what is worth doing.
"""
