"""Facts about countries that the service may show: each with its source and a date, or as unknown.

The facts lie beside this file in tables that a person can read and correct; `SOURCES.md` says where each comes from.
"""

from service.directory.countries import Country as Country
from service.directory.countries import Part as Part
from service.directory.countries import Reach as Reach
from service.directory.countries import country as country
from service.directory.dated import AsOf as AsOf
from service.directory.dated import Phone as Phone
from service.directory.emergency_numbers import Emergency as Emergency
from service.directory.emergency_numbers import emergency as emergency
from service.directory.hotlines import Help as Help
from service.directory.hotlines import Helper as Helper
from service.directory.hotlines import Sort as Sort
from service.directory.missions import Kind as Kind
from service.directory.missions import Mission as Mission
