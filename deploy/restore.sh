#!/bin/sh
# Puts a backup back into an empty folder. Usage: restore.sh BACKUP.tar.gz DATA_DIR
set -eu
[ $# -eq 2 ] || { echo "Usage: $0 BACKUP.tar.gz DATA_DIR" >&2; exit 2; }
backup=$1
data=$2
if [ -e "$data" ] && [ -n "$(ls -A "$data")" ]; then
  echo "$data is not empty: a backup is only put into a new folder, so that nothing is lost." >&2
  exit 1
fi
mkdir -p "$data"
tar -C "$data" -xpzf "$backup"
mkdir -p "$data/media/tmp"
echo "Restored. Start it with: diarist serve --data $data"
