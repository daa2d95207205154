"""Rebuilds a folder as a power loss would leave it, from the record that test/support/disk_log.c makes.

The model is the strictest that POSIX allows: of a file only what was there at its last fsync survives; a name (created,
renamed, removed) only by an fsync of its folder. `states()` yields one folder per recorded call.
"""
import os
import struct

CREATE, WRITE, TRUNCATE, FSYNC, RENAME, UNLINK, MKDIR, RMDIR, SYNC_FOLDER, LINK = range(1, 11)


def read_log(path):
    """The records as (op, inode, offset, path, second path, data)."""
    with open(path, "rb") as file:
        raw = file.read()
    records, at = [], 0
    while at + 4 <= len(raw):
        (length,) = struct.unpack_from("<I", raw, at)
        body = raw[at + 4 : at + 4 + length]
        if len(body) < length:
            break
        op, inode, offset, first = struct.unpack_from("<BQQH", body, 0)
        cut = 19 + first
        (second,) = struct.unpack_from("<H", body, cut)
        records.append((op, inode, offset, body[19:cut].decode(), body[cut + 2 : cut + 2 + second].decode(),
                        body[cut + 2 + second :]))
        at += 4 + length
    return records


class File:
    def __init__(self):
        self.now = bytearray()
        self.durable = b""


class Folder:
    def __init__(self):
        self.now = {}  # name → File or Folder
        self.durable = {}


class Disk:
    def __init__(self):
        self.root = Folder()
        self.files = {}  # inode → File, the latest that had it

    def _folder(self, path):
        at = self.root
        for part in [p for p in path.split("/") if p]:
            at = at.now[part]
        return at

    def _place(self, path):
        folder, _, name = path.rpartition("/")
        return self._folder(folder), name

    def apply(self, record):
        op, inode, offset, path, second, data = record
        if op == CREATE:
            folder, name = self._place(path)
            self.files[inode] = folder.now[name] = File()
        elif op == WRITE:
            now = self.files[inode].now
            now.extend(b"\0" * (offset - len(now)))
            now[offset : offset + len(data)] = data
        elif op == TRUNCATE:
            now = self.files[inode].now
            del now[offset:]
            now.extend(b"\0" * (offset - len(now)))
        elif op == FSYNC:
            self.files[inode].durable = bytes(self.files[inode].now)
        elif op in (RENAME, LINK):
            source, old = self._place(path)
            target, new = self._place(second)
            target.now[new] = source.now[old]
            if op == RENAME:
                del source.now[old]
        elif op in (UNLINK, RMDIR):
            folder, name = self._place(path)
            folder.now.pop(name, None)
        elif op == MKDIR:
            folder, name = self._place(path)
            folder.now[name] = Folder()
        elif op == SYNC_FOLDER:
            folder = self._folder(path)
            folder.durable = dict(folder.now)

    def write_durable(self, target):
        """What a power loss now would leave, written below `target`."""
        def put(folder, path):
            os.makedirs(path, exist_ok=True)
            for name, entry in folder.durable.items():
                if isinstance(entry, Folder):
                    put(entry, os.path.join(path, name))
                else:
                    with open(os.path.join(path, name), "wb") as file:
                        file.write(entry.durable)
        put(self.root, target)
