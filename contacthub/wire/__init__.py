"""The five vendors' messages, exactly as they are sent. Plain Python and pydantic, for the gateway and connectors."""
