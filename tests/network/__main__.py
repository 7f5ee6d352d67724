import sys

from tests.network.run import main

sys.exit(main(sys.argv[1:]))
