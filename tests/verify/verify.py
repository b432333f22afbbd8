#!/usr/bin/env python3
"""Verifies a ledger from its files and a public key, written from the specifications alone
(RFC 6962, C2SP tlog-tiles, checkpoint and signed note). It shares no line with the program
that writes ledgers, needs Python 3.9 or later and nothing else, and changes nothing.

    verify.py DIRECTORY [--key FILE] [--since CHECKPOINT] [--json]

Exit code 0: whole; 1: something is wrong; 2: wrong use.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import sys

import ed25519

WIDTH = 256
FINDINGS_MAX = 1_000


class Wrong(Exception):
    """One thing that is wrong: its code, the first entry that it touches, a sentence."""

    def __init__(self, code, index, detail):
        super().__init__(code)
        self.problem = {"code": code, "index": index, "detail": detail}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def strict_base64(text):
    """The bytes of a base64 text, if it is the one way of writing them."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical")
    return data


# The public key, the signed note, the checkpoint.


def read_key(text):
    text = text.rstrip("\n")
    try:
        origin, number, key = text.split("+", 2)
        data = strict_base64(key)
        well = origin and not any(c.isspace() or ord(c) < 32 for c in origin)
        right = sha256(origin.encode(), b"\n", data)[:4].hex()
        if not well or data[0] != 1 or len(data) != 33 or number != right:
            raise ValueError("wrong key")
    except (ValueError, IndexError):
        raise Wrong("key-unreadable", None, "the public key is not written as one") from None
    return {"origin": origin, "id": bytes.fromhex(number), "key": data[1:], "text": text}


def read_checkpoint(data, key):
    """(size, root) of a checkpoint that the key signed."""
    unreadable = Wrong("checkpoint-unreadable", None, "the checkpoint is no signed note")
    try:
        note = data.decode("utf-8")
        if any(ord(c) < 32 and c != "\n" for c in note) or not note.endswith("\n"):
            raise ValueError("control characters")
        text, block = note[:-1].rsplit("\n\n", 1)
        text += "\n"
        signatures = [read_signature(line) for line in block.split("\n")]
        origin, size, root, *more = text[:-1].split("\n")
        root = strict_base64(root)
        if str(int(size)) != size or int(size) < 0 or not origin or "" in more:
            raise ValueError("wrong head")
        if len(root) != 32 or int(size) >= 2**64:
            raise ValueError("wrong head")
    except ValueError:
        raise unreadable from None
    if origin != key["origin"]:
        raise Wrong("origin-differs", None, "the checkpoint is of another ledger")
    ours = [sign for name, number, sign in signatures if (name, number) == (origin, key["id"])]
    if not ours or not ed25519.is_signed(key["key"], text.encode(), ours[0]):
        raise Wrong("signature-wrong", None, "the checkpoint is not signed by the key")
    return int(size), root


def read_signature(line):
    if not line.startswith("— "):
        raise ValueError("no signature")
    name, data = line[2:].split(" ", 1)
    data = strict_base64(data)
    if len(data) < 5 or not name or "+" in name or any(c.isspace() for c in name):
        raise ValueError("no signature")
    return name, data[:4], data[4:]


# The tree.


def root_over(hashes):
    """The Merkle tree head of RFC 6962, section 2.1, over hashes of leaves or of equal subtrees."""
    if not hashes:
        return sha256()
    if len(hashes) == 1:
        return hashes[0]
    left = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha256(b"\x01", root_over(hashes[:left]), root_over(hashes[left:]))


def path_of(kind, number, width):
    digits = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        digits.insert(0, f"x{number % 1000:03}")
    path = "/".join(["tile", str(kind), *digits])
    return path if width == WIDTH else f"{path}.p/{width}"


def read_file(root, path):
    try:
        return (root / path).read_bytes()
    except OSError:
        return None


def widths(count):
    """How many hashes each file of a level holds when the level has this many."""
    whole, rest = divmod(count, WIDTH)
    return [WIDTH] * whole + ([rest] if rest else [])


class Reader:
    """Reads all entries and hashes and keeps what is wrong."""

    def __init__(self, root, size):
        self.root, self.size = root, size
        self.found = []
        self.entries, self.hashes, self.last = [], [], None

    def wrong(self, code, index, detail):
        self.found.append(Wrong(code, index, detail).problem)

    def tile(self, level, number, width):
        first = number * WIDTH ** (level + 1)
        path = path_of(level, number, width)
        data = read_file(self.root, path)
        if data is None:
            self.wrong("tile-missing", first, f"there is no file {path}")
        elif len(data) != 32 * width:
            self.wrong("tile-malformed", first, f"{path} does not hold {width} hashes")
        else:
            return [data[at : at + 32] for at in range(0, len(data), 32)]
        return None

    def bundle(self, number, width, hashes):
        first = number * WIDTH
        path = path_of("entries", number, width)
        data = read_file(self.root, path)
        if data is None:
            self.wrong("entries-missing", first, f"there is no file {path}")
            return None
        entries, at = [], 0
        while at + 2 <= len(data):
            length = int.from_bytes(data[at : at + 2], "big")
            entries.append(data[at + 2 : at + 2 + length])
            at += 2 + length
        if at != len(data) or len(entries) > width:
            self.wrong("entries-malformed", first, f"{path} is not written as {width} entries")
            return None
        if len(entries) < width:
            same = 0
            while same < len(entries) and hashes and sha256(b"\0", entries[same]) == hashes[same]:
                same += 1
            missing = first + (same if hashes else len(entries))
            self.wrong("entry-missing", missing, f"{path} holds {len(entries)} entries")
            return None
        return entries

    def read(self):
        """Whether the end was reached."""
        for number, width in enumerate(widths(self.size)):
            if len(self.found) >= FINDINGS_MAX:
                return False
            hashes = self.tile(0, number, width)
            entries = self.bundle(number, width, hashes)
            if entries is None and hashes is None:
                return False
            leaves = [sha256(b"\0", entry) for entry in entries] if entries else hashes
            self.entries += leaves
            self.hashes += hashes or leaves
            for place, entry in enumerate(entries or []):
                index = number * WIDTH + place
                if self.entries[index] == self.hashes[index]:
                    self.entry(index, entry)
        return True

    def entry(self, index, entry):
        fields = read_fact(entry)
        if fields is None:
            self.wrong("entry-unreadable", index, f"entry {index} is no fact in canonical form")
            return
        if self.last is not None and fields["sequence"] <= self.last:
            self.wrong("sequence-wrong", index, f"{fields['sequence']} follows {self.last}")
        self.last = fields["sequence"]

    def compare(self, signed):
        """Compares entries with the lowest hashes, and all hashes above with what they must be."""
        places = {
            hash_: index
            for index, (leaf, hash_) in enumerate(zip(self.entries, self.hashes))
            if leaf != hash_
        }
        for index, (leaf, hash_) in enumerate(zip(self.entries, self.hashes)):
            if leaf == hash_:
                continue
            if signed == "entries":
                self.wrong("tile-altered", index, f"the lowest hash of entry {index} was changed")
            elif leaf in places:
                self.wrong("entry-moved", index, f"entry {places[leaf]} stands at {index}")
            else:
                self.wrong("entry-altered", index, f"entry {index} has not the signed hash")
        level, line = 0, self.hashes if signed == "hashes" else self.entries
        while len(line) >= WIDTH:
            whole = len(line) // WIDTH
            line = [root_over(line[n * WIDTH : (n + 1) * WIDTH]) for n in range(whole)]
            level += 1
            for number, width in enumerate(widths(len(line))):
                found = self.tile(level, number, width)
                for place, hash_ in enumerate(found or []):
                    at = number * WIDTH + place
                    if hash_ != line[at]:
                        where = f"hash {place} of {path_of(level, number, width)}"
                        self.wrong("tile-altered", at * WIDTH**level, f"{where} was changed")


def read_fact(entry):
    """The fields of an entry, if it is canonical JSON with its outbox sequence, else None."""

    def broken(_):
        raise ValueError("a broken number")

    try:
        fields = json.loads(entry, parse_float=broken, parse_constant=broken)
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        sequence = fields.get("sequence")
        well = isinstance(sequence, int) and not isinstance(sequence, bool) and sequence >= 0
        return fields if well and text.encode() == entry else None
    except (ValueError, AttributeError, RecursionError):
        return None


def verify(root, key_text, since_text):
    report = {"ok": False, "size": 0, "root": "", "problems": [], "note": ""}
    problems = report["problems"]
    since = None
    try:
        key = read_key(key_text)
        known = read_file(root, "key.pub")
        if known is not None and known != (key["text"] + "\n").encode():
            problems.append(Wrong("key-differs", None, "key.pub holds another key").problem)
        if since_text is not None:
            try:
                since = read_checkpoint(since_text.encode(), key)
            except Wrong as wrong:
                detail = f"the earlier checkpoint is of no use: {wrong.problem['detail']}"
                problems.append(Wrong("since-unusable", None, detail).problem)
        data = read_file(root, "checkpoint")
        if data is None:
            raise Wrong("checkpoint-missing", None, "there is no file checkpoint")
        size, signed_root = read_checkpoint(data, key)
    except Wrong as wrong:
        problems.append(wrong.problem)
        report["note"] = "no signed checkpoint could be read, so no entry was looked at"
        return report
    report["size"], report["root"] = size, base64.b64encode(signed_root).decode()
    problems += read_all(root, size, signed_root, since)
    report["ok"] = not problems
    report["note"] = (
        f"compared with an earlier checkpoint of {since[0]} entries"
        if since
        else "from these files alone a cut back to an earlier signed checkpoint cannot be seen: "
        "keep a checkpoint elsewhere and verify since it"
    )
    return report


def read_all(root, size, signed_root, since):
    reader = Reader(root, size)
    finished = reader.read()
    if not finished:
        reader.wrong("too-many", None, f"stopped after {len(reader.entries)} of {size} entries")
        signed = "neither"
    elif root_over(reader.entries) == signed_root:
        signed = "entries"
    elif root_over(reader.hashes) == signed_root:
        signed = "hashes"
    else:
        signed = "neither"
    reader.compare(signed)
    if finished and signed == "neither":
        reader.wrong("root-differs", None, "the entries do not give the signed root")
    if since and since[0] > size:
        reader.wrong("tail-cut", size, f"the earlier checkpoint counts {since[0]} entries")
    elif since and since[0] <= len(reader.entries):
        line = reader.hashes if signed == "hashes" else reader.entries
        if root_over(line[: since[0]]) != since[1]:
            detail = f"the first {since[0]} entries are not the same"
            reader.wrong("history-rewritten", None, detail)
    return reader.found


def main():
    use = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    use.add_argument("directory", type=pathlib.Path, help="the directory of the ledger")
    use.add_argument("--key", type=pathlib.Path, help="the public key; else key.pub beside it")
    use.add_argument("--since", type=pathlib.Path, help="a signed checkpoint kept elsewhere")
    use.add_argument("--json", action="store_true", help="answer in JSON")
    chosen = use.parse_args()
    try:
        key = (chosen.key or chosen.directory / "key.pub").read_text(encoding="utf-8")
        since = chosen.since.read_text(encoding="utf-8") if chosen.since else None
    except (OSError, ValueError) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    report = verify(chosen.directory, key, since)
    if chosen.json:
        print(json.dumps(report))
    else:
        for problem in report["problems"]:
            print(f"{problem['code']}: {problem['detail']}")
        print(f"{'whole' if report['ok'] else 'NOT WHOLE'}: {report['size']} entries")
        print(report["note"])
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
