"""A fleet of simulated phones against a real server, through weather that breaks things (docs/reliability.md)."""
