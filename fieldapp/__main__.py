"""`python -m fieldapp` is the installed command."""

import sys

from fieldapp.cli import main

sys.exit(main())
