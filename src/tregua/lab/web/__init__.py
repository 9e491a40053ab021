"""The lab as a web server: who may come in, what may be brought, and the interface for programs."""
