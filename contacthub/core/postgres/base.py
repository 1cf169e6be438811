"""The engine: Django's own, and before every statement the connection knows the scope of `core.tenancy`."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from contacthub.core import tenancy

SET_SCOPE = f"SELECT set_config('{tenancy.SETTING}', %s, FALSE)"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose setting is compared with the scope whenever a cursor is opened, and changed where it differs.

    The setting belongs to the session, because most statements here run in a transaction of their own. A pooler must
    therefore lend a server for the whole session (docs/operating.md).
    """

    # What the session's setting is; None: not known.
    _scope: str | None = None
    # A rollback takes the setting back, too.
    _is_set_in_transaction = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; a pooler may lend a session that another program used."""
        self._scope = None
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that sees the rows of the current scope."""
        scope = tenancy.current_scope()
        # In a transaction that has failed nothing can follow but its rollback.
        if (
            scope != self._scope
            and self.connection.info.transaction_status != TransactionStatus.INERROR
        ):
            self._scope = None
            self.connection.execute(SET_SCOPE, [scope])
            self._scope = scope
            self._is_set_in_transaction = not self.autocommit
        return super().create_cursor(name)

    def _commit(self) -> None:
        # The commit of a transaction that failed is a rollback.
        self._forget()
        super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        self._forget()
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        if self._is_set_in_transaction:
            self._scope = None

    def _forget(self) -> None:
        if self._is_set_in_transaction:
            self._scope, self._is_set_in_transaction = None, False
