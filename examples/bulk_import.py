#!/usr/bin/env python3
"""Imports a file into a fund, for a scheduler.  定时批量导入。

Sends the file, has it planned, compares the plan with what the caller knows of the file
(how many records, what they add up to), commits exactly that plan, and writes the file
back with what came of each row. It may be run again at any time, also after it was
killed: what is booked already is not booked twice. Python's standard library only.

    COBUILD_TOKEN=cobuild_... python3 bulk_import.py contributions june.csv \\
        --fund COMMUNITY-A --url http://127.0.0.1:8000 \\
        --expect-count 1200 --expect-total 86000.00 --commit --result june.result.csv

Ends with 0 where all went well, 1 where rows or the file were refused, 3 where the books
moved between plan and commit (run it again), 4 where the token does not suffice, 5 where
the server cannot be reached or fails.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from decimal import Decimal

FUND = "query($code: String!) { fund(code: $code) { id } }"
STAGE = "mutation($input: StagedUploadCreateInput!) { stagedUploadCreate(input: $input) { upload { id url } userErrors { message } } }"
START = "mutation($input: ImportStartInput!) { importStart(input: $input) { importJob { id } userErrors { message } } }"
COMMIT = "mutation($input: ImportCommitInput!) { importCommit(input: $input) { importJob { id } userErrors { message } } }"
JOB = """
query($id: ID!) {
  importJob(id: $id) {
    state planHash resultUrl
    error { code message }
    counts { rows created changed unchanged refused }
    total { amount } controlTotal { amount }
    progress { rowsDone rowsTotal rowsPerSecond secondsRemaining }
    rows(first: 20, outcome: REFUSED) { edges { node { row column value message } } }
  }
}
"""

DONE, REFUSED, CONFLICT, NOT_ALLOWED, SERVER = 0, 1, 3, 4, 5
BUSY = {"QUEUED", "PLANNING", "COMMITTING", "UNDOING"}


class Stop(Exception):
    """Why the program ends, and with which code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Door:
    """The server, as one token sees it."""

    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def send(self, path, body=None, method="POST", headers=None):
        """The bytes of an answer; waits and asks again while the server is not there."""
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        for wait in (1, 2, 4, 8, None):
            try:
                if hasattr(body, "seek"):
                    body.seek(0)
                request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
                with urllib.request.urlopen(request, timeout=600) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                code = NOT_ALLOWED if error.code in (401, 403) else REFUSED if error.code < 500 else SERVER
                raise Stop(code, f"{path}: {error.code} {error.read().decode(errors='replace')}") from None
            except (urllib.error.URLError, OSError) as error:
                if wait is None:
                    raise Stop(SERVER, f"{self.url} cannot be reached: {error}") from None
                time.sleep(wait)

    def ask(self, query, **variables):
        """The data of one operation."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        answer = json.loads(self.send("/graphql", body, headers={"Content-Type": "application/json"}))
        for error in answer.get("errors", []):
            code = error.get("extensions", {}).get("code")
            raise Stop(NOT_ALLOWED if code in ("FORBIDDEN", "UNAUTHENTICATED") else SERVER, error["message"])
        return answer["data"]

    def write(self, query, name, **values):
        """What a mutation made; what it refuses ends the program."""
        payload = self.ask(query, input=values)[name]
        if payload["userErrors"]:
            raise Stop(REFUSED, "; ".join(error["message"] for error in payload["userErrors"]))
        return payload

    def job(self, job_id):
        """The import once there is nothing left for the server to do on it."""
        while True:
            job = self.ask(JOB, id=job_id)["importJob"]
            if job["state"] not in BUSY:
                return job
            progress = job["progress"]
            print(f"{job['state'].lower()}: {progress['rowsDone']} of {progress['rowsTotal'] or '?'} rows", file=sys.stderr)
            time.sleep(1)


def run(args, door):
    """From file to books."""
    fund = door.ask(FUND, code=args.fund)["fund"]
    if fund is None:
        raise Stop(REFUSED, f"there is no fund {args.fund}")
    name = os.path.basename(args.file)
    upload = door.write(STAGE, "stagedUploadCreate", fundId=fund["id"], fileName=name)["upload"]
    with open(args.file, "rb") as file:
        size = str(os.fstat(file.fileno()).st_size)
        door.send(upload["url"], file, "PUT", {"Content-Length": size})

    start = {"fundId": fund["id"], "kind": args.kind.upper().replace("-", "_"), "uploadId": upload["id"]}
    if args.map:
        with open(args.map, encoding="utf-8") as mapping:
            start["mapping"] = mapping.read()
    if args.source:
        start["source"] = args.source
    if args.expect_count is not None:
        start["expectedCount"] = args.expect_count
    if args.expect_total is not None:
        start["expectedTotal"] = {"amount": str(args.expect_total)}
    job_id = door.write(START, "importStart", **start)["importJob"]["id"]

    job = door.job(job_id)
    if job["state"] == "PLANNED" and args.commit and job["counts"]["refused"] == 0:
        # The hash says which plan: what would come out otherwise by now is not committed.
        door.write(COMMIT, "importCommit", importJobId=job_id, planHash=job["planHash"])
        job = door.job(job_id)
    if args.result and job["resultUrl"]:
        with open(args.result, "wb") as result:
            result.write(door.send(job["resultUrl"], method="GET"))
    return job_id, job


def tell(job_id, job):
    """The control totals and what is refused; the code to end with."""
    counts = job["counts"]
    print(json.dumps({"importJobId": job_id, "state": job["state"], "total": job["total"]["amount"], **counts}))
    for edge in job["rows"]["edges"]:
        row = edge["node"]
        print(f"row {row['row']}, {row['column']} {row['value']!r}: {row['message']}", file=sys.stderr)
    if job["error"]:
        print(job["error"]["message"], file=sys.stderr)
    if job["state"] in ("CONFLICTED", "CANCELLED"):
        return CONFLICT
    if job["state"] == "FAILED":
        return SERVER
    return REFUSED if job["state"] == "REFUSED" or counts["refused"] else DONE


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", help="what the rows are, such as contributions or pledges")
    parser.add_argument("file")
    parser.add_argument("--fund", required=True, help="the code of the fund")
    parser.add_argument("--url", default=os.environ.get("COBUILD_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--map", help="a mapping file")
    parser.add_argument("--source", help="whose numbers the references in the file are")
    parser.add_argument("--expect-count", type=int)
    parser.add_argument("--expect-total", type=Decimal)
    parser.add_argument("--commit", action="store_true", help="book it; otherwise only the plan is made")
    parser.add_argument("--result", help="where to write the file with what came of each row")
    args = parser.parse_args()
    token = os.environ.get("COBUILD_TOKEN")
    if not token:
        parser.error("COBUILD_TOKEN holds no token")
    try:
        sys.exit(tell(*run(args, Door(args.url, token))))
    except Stop as stop:
        print(stop, file=sys.stderr)
        sys.exit(stop.code)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
