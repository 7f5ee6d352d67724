"""`make bench`: what the product costs, measured against a real server over real sockets. Never part of `make test`."""
