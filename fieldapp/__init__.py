"""fieldapp: the visit log of a development zone's project-service officers."""

__version__ = "0.1.0"
