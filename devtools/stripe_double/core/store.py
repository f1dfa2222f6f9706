"""All objects of the double: dictionaries in memory, written behind to an SQLite file if asked.

Keys that begin with an underscore are the double's own and never leave it.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Obj = dict[str, Any]
PLATFORM = "acct_platform"
FORMAT = 1  # raise it when stored objects change their shape


class Store:
    def __init__(self, path: str | Path | None = None) -> None:
        self.tables: dict[str, dict[str, Obj]] = {}
        self.by_id: dict[str, Obj] = {}
        self._dirty: dict[str, Obj | None] = {}
        self._file: sqlite3.Connection | None = None
        if path is not None:
            self._open(Path(path))

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("pragma journal_mode=wal")
        self._file.execute("pragma synchronous=off")
        if self._file.execute("pragma user_version").fetchone()[0] not in (0, FORMAT):
            self._file.execute("drop table if exists object")  # written by another version
        self._file.execute(f"pragma user_version={FORMAT}")
        self._file.execute(
            "create table if not exists object "
            "(position integer primary key, id text unique not null, body text not null)"
        )
        for (body,) in self._file.execute("select body from object order by position"):
            self._index(json.loads(body))

    def _index(self, obj: Obj) -> None:
        self.by_id[obj["id"]] = obj
        self.tables.setdefault(obj["_kind"], {})[obj["id"]] = obj

    def add(self, obj: Obj, *, kind: str | None = None, account: str = PLATFORM) -> Obj:
        obj["_kind"] = kind or obj["object"]
        obj["_account"] = account
        self._index(obj)
        self._dirty[obj["id"]] = obj
        return obj

    def save(self, obj: Obj) -> None:
        self._dirty[obj["id"]] = obj

    def remove(self, obj: Obj) -> None:
        self.by_id.pop(obj["id"], None)
        self.tables[obj["_kind"]].pop(obj["id"], None)
        self._dirty[obj["id"]] = None

    def find(self, kind: str, identifier: str, account: str | None = None) -> Obj | None:
        obj = self.tables.get(kind, {}).get(identifier)
        if obj is None or (account is not None and obj["_account"] != account):
            return None
        return obj

    def all(self, kind: str) -> Iterator[Obj]:
        return iter(self.tables.get(kind, {}).values())

    def newest_first(self, kind: str) -> Iterator[Obj]:
        return reversed(self.tables.get(kind, {}).values())

    def flush(self) -> None:
        """Write what changed; after this a killed process has lost nothing it answered."""
        if self._file is not None and self._dirty:
            self._file.execute("begin")
            for identifier, obj in self._dirty.items():
                if obj is None:
                    self._file.execute("delete from object where id = ?", (identifier,))
                else:
                    self._file.execute(
                        "insert into object (id, body) values (?, ?) "
                        "on conflict (id) do update set body = excluded.body",
                        (identifier, json.dumps(obj, separators=(",", ":"))),
                    )
            self._file.execute("commit")
        self._dirty.clear()

    def clear(self) -> None:
        self.tables.clear()
        self.by_id.clear()
        self._dirty.clear()
        if self._file is not None:
            self._file.execute("delete from object")

    def close(self) -> None:
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None
