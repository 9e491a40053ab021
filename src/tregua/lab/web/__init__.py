"""Web server of the lab: who may come in, what may be brought, and the interface for programs."""
