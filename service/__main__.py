"""`python -m service` is the console command `amanba`."""

from service.cli import main

main()
