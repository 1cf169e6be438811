"""Webhooks: messages to users' URLs, queued in the caller's transaction, signed and sent by a worker until they arrive.

Source: Standard Webhooks 1.0.0.
"""
