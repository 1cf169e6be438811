"""The five vendors' messages, spelled exactly. Plain Python and pydantic: both doors and connectors use them."""
