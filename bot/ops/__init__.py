"""Seeing inside a running process: numbers for Prometheus, and whether it is well. On loopback, never through
the public door of webhooks."""
