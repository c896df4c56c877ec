#!/bin/sh
# Saves a deployment of the embedded kind as one file. Usage: backup.sh DATA_DIR BACKUP.tar.gz
# The server must be stopped: what Postgres writes while it is copied would not fit together.
set -eu
[ $# -eq 2 ] || { echo "Usage: $0 DATA_DIR BACKUP.tar.gz" >&2; exit 2; }
data=$1
backup=$2
[ -f "$data/postgres/PG_VERSION" ] || { echo "$data is not a data folder of diarist: it has no postgres/PG_VERSION." >&2; exit 1; }
if [ -f "$data/postgres/postmaster.pid" ]; then
  echo "Postgres is running on $data. Stop diarist serve first (Ctrl-C or SIGTERM)." >&2
  exit 1
fi
# Keys and media belong to it: without encryption.key nothing that is sealed can be opened again.
tar -C "$data" --exclude=./work --exclude=./media/tmp --exclude=./server.lock -czf "$backup.part" .
mv "$backup.part" "$backup"
echo "Saved $data to $backup. It holds the encryption key: keep it as you would keep the recordings."
