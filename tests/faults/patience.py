"""For the worker of a round: what failed is tried again when somebody asks for it, not by itself.

So each try happens where the round wants it, however slow the machine is.
"""

from organizations.services.jobs import running

running.FIRST_WAIT = 3600.0
