"""Django's database engine for Postgres, which tells each connection whose rows it works on."""
