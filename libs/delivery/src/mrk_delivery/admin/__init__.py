"""`python -m mrk_<service> admin …`: what an operator does inside a service.

Every service has `dead-letters`, `replay`, `clock` and `work`; its `Admin` adds its own commands.
"""

from mrk_delivery.admin.types import Admin, Command, Inside

__all__ = ["Admin", "Command", "Inside"]
