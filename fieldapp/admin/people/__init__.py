"""`/admin/users`, `/admin/memberships`, `/admin/proposals`: who works here, and who may do what."""
