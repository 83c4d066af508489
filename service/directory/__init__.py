"""Facts about countries that the service may show: each with its source and a date, or as unknown.

The facts lie beside this file in tables that a person can read and correct; `SOURCES.md` says where each comes from.
"""

from service.directory.emergency_numbers import Emergency as Emergency
from service.directory.emergency_numbers import emergency as emergency
