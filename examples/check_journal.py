#!/usr/bin/env python3
"""Checks a fund's journal from its file alone: the hash chain, every seal, and every sum.

    cobuild export journal --fund CODE --to journal.jsonl
    python3 check_journal.py journal.jsonl
    python3 check_journal.py journal.jsonl --head 56:3f1c...     # a head that was published before

Python's standard library is all it needs. It knows nothing of cobuild but docs/journal.md. It ends with 0 when
all is well, with 1 when something is wrong, and says where and what.
"""

import argparse
import hashlib
import json
import sys
from collections import defaultdict

FORMAT = "cobuild-journal-1"
GENESIS = "GENESIS"
HELD = ("POOL", "MATCH", "TARGET", "ADVANCE")
# Which kinds of places each kind of entry may join.
RULES = {
    "RECEIVE": [("OUTSIDE", "POOL"), ("OUTSIDE", "MATCH")],
    "MATCH": [("MATCH", "TARGET")],
    "ALLOCATE": [("POOL", "TARGET")],
    "RELEASE": [("TARGET", "POOL")],
    "ADVANCE": [("TARGET", "ADVANCE")],
    "PAY": [("TARGET", "EXPENSE")],
    "CLEAR": [("ADVANCE", "EXPENSE")],
    "RETURN": [("ADVANCE", "POOL"), ("ADVANCE", "TARGET"), ("EXPENSE", "POOL"), ("EXPENSE", "TARGET"),
               ("EXPENSE", "ADVANCE"), ("MATCH", "POOL")],
    "REFUND": [("POOL", "REFUND"), ("MATCH", "REFUND")],
    "WRITEOFF": [("ADVANCE", "LOSS")],
    "SWAP": [(a, b) for x in ("TARGET", "ADVANCE", "EXPENSE", "LOSS") for a, b in (("POOL", x), (x, "POOL"))],
    "RELOT": [(a, b) for x in ("POOL", "MATCH", "TARGET", "ADVANCE", "EXPENSE", "LOSS")
              for a, b in ((x, "OUTSIDE"), ("OUTSIDE", x))],
    "XFER_OUT": [("POOL", "TRANSIT")],
    "XFER_IN": [("TRANSIT", "POOL")],
}


class Wrong(Exception):
    """The file is wrong in a way that leaves nothing more to check."""


# --- The canonical encoding: every value with its length before it -------------------------------------------

def digest(*values):
    """SHA-256 over the values: a number as eight bytes, a text as UTF-8, nothing as an empty text."""
    encoded = hashlib.sha256()
    for value in values:
        if value is None:
            content = b""
        elif isinstance(value, int):
            content = value.to_bytes(8, "big", signed=True)
        else:
            content = value.encode("utf-8")
        encoded.update(len(content).to_bytes(8, "big") + content)
    return encoded.hexdigest()


def terms_digest(t):
    return digest("earmark", t["kind"], t["fundId"], t["purposeId"], t["groupId"], t["targetId"], t["spec"],
                  t["validFrom"] or "", t["validTo"] or "")


def receipt_digest(d):
    values = ["receipt", d["id"], d["fundId"], d["payerId"], d["channel"], d["externalRef"], d["version"],
              d["receivedOn"], d["asset"], d["amount"], d["note"]]
    for lot in d["lots"]:
        values += [lot["id"], lot["lineNo"], lot["donorId"], lot["earmarkId"], lot["dueId"], lot["class"],
                   lot["amount"], terms_digest(lot["terms"])]
    return digest(*values)


def match_digest(d):
    values = ["match"]
    for one in d["accruals"]:
        values += [one["pledgeId"], one["baseLotId"], one["base"], one["amount"]]
    return digest(*values)


def decision_digest(d):
    values = ["decision", d["id"], d["fundId"], d["targetId"], d["resolutionNumber"], d["amount"], d["approvedOn"],
              d["votesFor"], d["votesAll"]]
    for seat in d["seats"]:
        values += [seat["seatNo"], seat["constituency"], seat["holder"], seat["vote"]]
    return digest(*values)


def expense_digest(d):
    values = ["expense", d["id"], d["fundId"], d["targetId"], d["payeeId"], d["purposeId"], d["asset"], d["amount"],
              d["incurredOn"], d["note"]]
    for file in d["evidence"]:
        values += [file["lineNo"], file["kind"], file["sha256"], file["name"]]
    return digest(*values)


def refund_digest(d):
    return digest("refund", d["id"], d["fundId"], d["donorId"], d["amount"], d["refundedOn"], d["reason"])


def relot_digest(d):
    return digest("relot", d["lotId"], d["consentedBy"], d["consentedOn"], d["sha256"], d["childId"], d["receiptId"],
                  d["lineNo"], d["parentId"], d["donorId"], d["dueId"], d["class"], d["asset"], d["amount"],
                  d["receivedOn"], terms_digest(d["terms"]))


def credit_digest(d):
    return digest("credit", d["expenseId"], d["delta"], d["sha256"])


def write_off_digest(d):
    return digest("write off", d["targetId"], d["sha256"])


def pair_digest(d):
    return digest("pair", d["entryId"])


DIGESTS = {"receipt": receipt_digest, "match": match_digest, "decision": decision_digest, "expense": expense_digest,
           "refund": refund_digest, "relot": relot_digest, "credit": credit_digest, "write off": write_off_digest,
           "pair": pair_digest}
# The document that an entry of each kind must have, and which it may have; the others have none.
MAY_HAVE = {"RETURN": "credit", "SWAP": "pair"}
DOCUMENTS = {"RECEIVE": "receipt", "MATCH": "match", "ALLOCATE": "decision", "PAY": "expense", "CLEAR": "expense",
             "REFUND": "refund", "RELOT": "relot", "WRITEOFF": "write off", "XFER_IN": "pair"}


def seal(previous, e):
    document = DIGESTS[e["document"]["type"]](e["document"]) if e["document"] else ""
    values = ["entry", previous, e["fundId"], e["seq"], e["kind"], e["effectiveOn"], e["actorId"], e["receiptId"],
              e["decisionId"], e["reversesId"], e["memo"], e["bookedAtMicros"], document]
    for posting in e["postings"]:
        values += posting
    return digest(*values)


# --- The checks ----------------------------------------------------------------------------------------------

class Journal:
    def __init__(self):
        self.wrong = []
        self.accounts, self.lots = {}, {}
        self.expected_lots = set()
        self.held = defaultdict(int)
        self.outside = defaultdict(int)
        self.received = defaultdict(int)
        self.postings_of, self.kind_of, self.reversed = {}, {}, set()
        self.expenses, self.adjusted, self.paid_by, self.refunds = {}, defaultdict(int), defaultdict(list), {}
        self.decisions, self.allocated = {}, defaultdict(int)
        self.holdings = {}
        self.counts = defaultdict(int)
        self.seq, self.hash = 0, GENESIS
        self.heads = {0: GENESIS}

    def tell(self, where, what):
        self.wrong.append(f"{where}: {what}")

    def entry(self, e):
        where = f"entry {e['seq']} ({e['kind']})"
        if e["fundId"] != self.fund["id"]:
            self.tell(where, f"it is of fund {e['fundId']}, not of fund {self.fund['id']}")
        if e["seq"] != self.seq + 1:
            self.tell(where, f"the entry after number {self.seq} must be number {self.seq + 1}: one is missing or doubled")
        if e["prevHash"] != self.hash:
            self.tell(where, "it is not chained to the entry before it")
        if e["document"] is None and e["kind"] in DOCUMENTS:
            self.tell(where, f"its document is missing: a {DOCUMENTS[e['kind']]}")
        elif e["document"] is not None and e["document"]["type"] != {**DOCUMENTS, **MAY_HAVE}.get(e["kind"]):
            self.tell(where, f"a {e['document']['type']} is no document of it")
        elif seal(e["prevHash"], e) != e["hash"]:
            self.tell(where, "its seal is not the one its words, postings and document give: it was changed")
        self.seq, self.hash = e["seq"], e["hash"]
        self.heads[self.seq] = self.hash
        self.kind_of[e["id"]], self.postings_of[e["id"]] = e["kind"], e["postings"]
        self.document(where, e)
        if e["kind"] == "REVERSE":
            self.reversal(where, e)
        if e["kind"] in ("RELOT", "SWAP"):
            self.neutral(where, e)
        for expected, (line, lot, source, destination, amount) in enumerate(e["postings"], 1):
            at = f"{where}, line {line}"
            if line != expected:
                self.tell(at, f"line {expected} is missing")
            self.move(at, e, lot, source, destination, amount)
        if not e["postings"]:
            self.tell(where, "it moves nothing")

    def document(self, where, e):
        d, kind = e["document"], e["kind"]
        if d is None:
            return
        destinations = {posting[3] for posting in e["postings"]}
        if d["type"] == "receipt":
            if d["id"] != e["receiptId"]:
                self.tell(where, "the receipt is another one")
            for lot in d["lots"]:
                if lot["id"] in self.lots:
                    self.tell(where, f"lot {lot['id']} is received twice")
                self.lots[lot["id"]] = {"amount": lot["amount"], "donor": lot["donorId"], "asset": d["asset"]}
            if sum(lot["amount"] for lot in d["lots"]) != d["amount"]:
                self.tell(where, f"its lots do not add up to the receipt of {d['amount']} fen")
            booked = {posting[1]: posting[4] for posting in e["postings"]}
            if booked != {lot["id"]: lot["amount"] for lot in d["lots"]}:
                self.tell(where, "what is booked is not what the receipt says, lot by lot")
            self.received[d["asset"]] += d["amount"]
        elif d["type"] == "decision":
            self.decisions[d["id"]] = d
            if 2 * d["votesFor"] <= d["votesAll"]:
                self.tell(where, "the decision had no majority")
            self.allocated[d["id"]] += sum(posting[4] for posting in e["postings"])
            if self.allocated[d["id"]] > d["amount"]:
                self.tell(where, f"more than the {d['amount']} fen of decision {d['resolutionNumber']} was allocated")
            if {self.accounts.get(one, {}).get("targetId") for one in destinations} != {d["targetId"]}:
                self.tell(where, "it went to another project than was decided")
        elif d["type"] in ("expense", "refund"):
            key = d["type"] + "Id"
            if {self.accounts.get(one, {}).get(key) for one in destinations} != {d["id"]}:
                self.tell(where, f"it pays another {d['type']} than its document says")
            (self.expenses if d["type"] == "expense" else self.refunds)[d["id"]] = d
            self.paid_by[d["type"], d["id"]].append(e["id"])
            if d["type"] == "expense" and not d["evidence"]:
                self.tell(where, "the expense has no evidence")

        elif d["type"] == "relot":
            child = self.lots.get(d["childId"], {})
            if (child.get("amount"), child.get("donor")) != (d["amount"], d["donorId"]):
                self.tell(where, "the lot it made is another than its consent says")
            if {posting[1] for posting in e["postings"]} != {d["lotId"], d["childId"]}:
                self.tell(where, "it moves other lots than its consent is about")
        elif d["type"] == "credit":
            sources = {posting[2] for posting in e["postings"]}
            if {self.accounts.get(one, {}).get("expenseId") for one in sources} != {d["expenseId"]}:
                self.tell(where, "it is credited to another expense than its note says")
            if sum(posting[4] for posting in e["postings"]) != -d["delta"]:
                self.tell(where, f"its credit note is about {-d['delta']} fen")
        elif d["type"] == "write off":
            sources = {posting[2] for posting in e["postings"]}
            if {self.accounts.get(one, {}).get("targetId") for one in sources} != {d["targetId"]}:
                self.tell(where, "it is another project's loss than its document says")

    def neutral(self, where, e):
        change = defaultdict(int)
        for _, _, source, destination, amount in e["postings"]:
            change[source] -= amount
            change[destination] += amount
        if any(change.values()):
            self.tell(where, "it leaves a place fuller or emptier than it was")

    def reversal(self, where, e):
        original = e["reversesId"]
        if original not in self.postings_of or original == e["id"]:
            return self.tell(where, "it reverses no earlier entry")
        if original in self.reversed:
            self.tell(where, "the entry is reversed for the second time")
        if self.kind_of[original] == "REVERSE":
            self.tell(where, "a reversal is not reversed")
        self.reversed.add(original)
        mirror = sorted((lot, b, a, amount) for _, lot, a, b, amount in self.postings_of[original])
        if mirror != sorted(tuple(posting[1:]) for posting in e["postings"]):
            self.tell(where, "it is not the exact mirror of the entry it undoes")

    def move(self, at, e, lot, source, destination, amount):
        a, b = self.accounts.get(source), self.accounts.get(destination)
        if not isinstance(amount, int) or amount <= 0:
            return self.tell(at, f"{amount} is no amount")
        if source == destination:
            return self.tell(at, "it moves nothing anywhere")
        if lot not in self.lots:
            return self.tell(at, f"lot {lot} is unknown")
        # One of the two places may be in another fund's books, but only on the way between funds.
        transit = e["kind"] in ("XFER_OUT", "XFER_IN") or self.kind_of.get(e["reversesId"]) in ("XFER_OUT", "XFER_IN")
        if (a is None or b is None) and not transit:
            return self.tell(at, "it joins a place that is not in this journal")
        kinds = (a["kind"] if a else "TRANSIT", b["kind"] if b else "TRANSIT")
        if e["kind"] != "REVERSE" and kinds not in RULES.get(e["kind"], ()):
            self.tell(at, f"an entry of this kind does not move from {kinds[0]} to {kinds[1]}")
        for place in (a, b):
            if place and place["asset"] != self.lots[lot]["asset"]:
                self.tell(at, "cash and goods are mixed")
        for place, key, change in ((a, source, -amount), (b, destination, amount)):
            if place is None:
                continue
            if place["kind"] == "OUTSIDE":
                self.outside[key] += change
                continue
            self.held[lot, key] += change
            if self.held[lot, key] < 0:
                self.tell(at, f"lot {lot} had only {self.held[lot, key] + amount} fen in place {key}")
        if "EXPENSE" in kinds and self.counted_as(e) == "RETURN":
            back = kinds[0] == "EXPENSE"
            place = a if back else b
            self.adjusted[place["expenseId"]] += -amount if back else amount

    def counted_as(self, e):
        return self.kind_of.get(e["reversesId"]) if e["kind"] == "REVERSE" else e["kind"]

    def end(self, line, head):
        for name in ("accounts", "lots", "entries", "postings", "holdings"):
            if line[name] != self.counts[name]:
                self.tell("end of the file", f"{self.counts[name]} {name} are in it, {line[name]} were written")
        if (self.seq, self.hash) != (head["seq"], head["hash"]) or line["head"] != head:
            self.tell("head", f"the chain ends with {self.seq}:{self.hash}, the head is {head['seq']}:{head['hash']}")
        for key in set(self.holdings) | {key for key, amount in self.held.items() if amount}:
            # What is on the way to another fund arrives in that fund's journal, not in this one.
            if self.accounts.get(key[1], {}).get("kind") != "TRANSIT" and self.holdings.get(key, 0) != self.held.get(key, 0):
                self.tell(f"holding of lot {key[0]} in place {key[1]}",
                          f"{self.held.get(key, 0)} fen by the journal, {self.holdings.get(key, 0)} in the file")
        sums, by_lot, by_kind = defaultdict(int), defaultdict(int), defaultdict(int)
        for (lot, place), amount in self.held.items():
            sums[place] += amount
            by_lot[lot] += amount
            by_kind[self.accounts[place]["kind"], self.accounts[place]["asset"]] += amount
        for key, account in self.accounts.items():
            if account["kind"] == "TRANSIT":
                continue
            expected = self.outside[key] if account["kind"] == "OUTSIDE" else sums[key]
            if account["balance"] != expected:
                self.tell(f"balance of place {key} ({account['kind']})",
                          f"{expected} fen by the journal, {account['balance']} in the file")
        for lot, amount in by_lot.items():
            if not 0 <= amount <= self.lots[lot]["amount"]:
                self.tell(f"lot {lot}", f"{amount} fen of it are held, it is {self.lots[lot]['amount']}")
        places = {(kind + "Id", account[kind + "Id"]): key for key, account in self.accounts.items()
                  for kind in ("expense", "refund") if account[kind + "Id"]}
        for kind, documents in (("expense", self.expenses), ("refund", self.refunds)):
            for key, d in documents.items():
                gone = all(one in self.reversed for one in self.paid_by[kind, key])
                expected = 0 if gone else d["amount"] + (self.adjusted[key] if kind == "expense" else 0)
                held = sums[places[kind + "Id", key]] if (kind + "Id", key) in places else 0
                if held != expected:
                    self.tell(f"{kind} {key}", f"{expected} fen were paid, gifts of {held} fen paid it")
        for (lot, place), amount in self.held.items():
            refund = self.refunds.get(self.accounts[place]["refundId"])
            if amount and refund and refund["donorId"] != self.lots[lot]["donor"]:
                self.tell(f"refund {refund['id']}", f"lot {lot} is another giver's")
        return by_kind


def check(path, published):
    journal, state = Journal(), "journal"
    end = None
    with (open(path, encoding="utf-8") if path != "-" else sys.stdin) as file:
        for number, text in enumerate(file, 1):
            try:
                line = json.loads(text)
                kind = line["line"]
                if state == "journal":
                    if kind != "journal" or line["format"] != FORMAT:
                        raise Wrong(f"line 1: it is no journal in the format {FORMAT}")
                    journal.fund, head, state = line["fund"], line["head"], "body"
                elif end is not None:
                    raise Wrong(f"line {number}: something follows the end")
                elif kind == "account":
                    journal.counts["accounts"] += 1
                    journal.accounts[line["id"]] = line
                elif kind == "lot":
                    journal.counts["lots"] += 1
                    journal.lots[line["id"]] = {"amount": line["amount"], "donor": line["donorId"],
                                                "asset": line["asset"]}
                elif kind == "entry":
                    journal.counts["entries"] += 1
                    journal.counts["postings"] += len(line["postings"])
                    journal.entry(line)
                elif kind == "holding":
                    journal.counts["holdings"] += 1
                    key = (line["lotId"], line["accountId"])
                    if key in journal.holdings:
                        journal.tell(f"line {number}", "the same holding again")
                    journal.holdings[key] = line["amount"]
                elif kind == "end":
                    end = line
                else:
                    raise Wrong(f"line {number}: {kind!r} is no kind of line")
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as why:
                raise Wrong(f"line {number}: it cannot be read ({type(why).__name__}: {why})") from why
    if end is None:
        raise Wrong("the file was cut off: its last line is missing")
    try:
        sums = journal.end(end, head)
    except (KeyError, TypeError) as why:
        raise Wrong(f"end of the file: it does not fit what comes before ({type(why).__name__}: {why})") from why
    if published:
        seq, _, hash_ = published.partition(":")
        if journal.heads.get(int(seq)) != hash_:
            journal.tell(f"published head {seq}", "the chain is not the one that was published: it was rewritten")
    return journal, sums


def yuan(fen):
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02}"


def main():
    parser = argparse.ArgumentParser(description="Checks a fund's journal from its file alone.")
    parser.add_argument("file", help="what `cobuild export journal` wrote; - for standard input")
    parser.add_argument("--head", metavar="SEQ:HASH", help="a head that was published before")
    given = parser.parse_args()
    try:
        journal, sums = check(given.file, given.head)
    except Wrong as why:
        print(f"WRONG  {why}")
        return 1
    except (OSError, UnicodeDecodeError) as why:
        print(f"WRONG  {given.file} cannot be read: {why}")
        return 1
    if journal.wrong:
        for one in journal.wrong[:20]:
            print(f"WRONG  {one}")
        print(f"The journal is wrong in {len(journal.wrong)} places.")
        return 1
    counts, fund = journal.counts, journal.fund
    print(f"fund      {fund['code']} {fund['name']}")
    print(f"chain     {counts['entries']} entries with {counts['postings']} postings, head {journal.seq}:{journal.hash}")
    for (kind, asset), amount in sorted(sums.items()):
        if amount:
            print(f"{asset:9} {kind:8} {yuan(amount):>16}")
    for asset in sorted({asset for _, asset in sums}):
        print(f"{asset:9} all      {yuan(sum(a for (_, s), a in sums.items() if s == asset)):>16}")
    print("The journal is whole: every seal, every balance and every sum is right.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
