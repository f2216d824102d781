#!/usr/bin/env python3
"""What did my money pay for?  我的钱花在哪了?

Prints every gift of the party that a token speaks for, line by line, with what each
paid for and what still waits; the last line holds the totals. Python's standard
library only, and no floating-point numbers: amounts are decimals from end to end.

    COBUILD_TOKEN=cobuild_... python3 my_contributions.py --url http://127.0.0.1:8000/graphql
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from decimal import Decimal

USES = """
  edges {
    node {
      place
      amount { amount }
      target { code title }
      expense { incurredOn note payee { name } }
    }
  }
  pageInfo { hasNextPage endCursor }
"""

LOTS = (
    """
query MyLots($after: String) {
  viewer {
    roles {
      party {
        name
        lots(first: 10, after: $after, direction: ASC) {
          edges { node { id receivedOn amount { amount } uses(first: 100) { %s } } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
}
"""
    % USES
)

# A gift that paid more than a hundred expenses needs further pages of its own.
MORE_USES = "query MoreUses($id: ID!, $after: String) { node(id: $id) { ... on Lot { uses(first: 100, after: $after) { %s } } } }" % USES


def ask(url, token, query, variables):
    """The data of one request; ends the program with the server's own words where there are errors."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/graphql-response+json",
    }
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as refused:
        answer = json.load(refused)
    if answer.get("errors"):
        sys.exit("\n".join(error["message"] for error in answer["errors"]))
    return answer["data"]


def uses_of(url, token, lot):
    """Every place where a part of this gift is."""
    page = lot["uses"]
    while True:
        for edge in page["edges"]:
            yield edge["node"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
        page = ask(url, token, MORE_USES, {"id": lot["id"], "after": after})["node"]["uses"]


def lots_of(url, token):
    """The gifts of the party that the token speaks for, the oldest first, each with the party's name."""
    after = None
    while True:
        roles = ask(url, token, LOTS, {"after": after})["viewer"]["roles"]
        parties = [role["party"] for role in roles if role["party"]]
        if not parties:
            sys.exit("This token speaks for no party. · 该令牌不代表任何捐赠方。")
        for edge in parties[0]["lots"]["edges"]:
            yield parties[0]["name"], edge["node"]
        page = parties[0]["lots"]["pageInfo"]
        if not page["hasNextPage"]:
            return
        after = page["endCursor"]


def line_of(use):
    """What one part of a gift did, in words."""
    target = f"{use['target']['code']} {use['target']['title']}" if use["target"] else ""
    if use["expense"]:
        expense = use["expense"]
        return f"{expense['incurredOn']}  {target}  {expense['payee']['name']}: {expense['note']}"
    return f"{use['place']}  {target}".rstrip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default=os.environ.get("COBUILD_URL", "http://127.0.0.1:8000/graphql"))
    parser.add_argument("--token", default=os.environ.get("COBUILD_TOKEN"), help="else the variable COBUILD_TOKEN")
    arguments = parser.parse_args()
    if not arguments.token:
        parser.error("give a token: --token, or the variable COBUILD_TOKEN")

    sums = defaultdict(Decimal)
    for name, lot in lots_of(arguments.url, arguments.token):
        if not sums["received"]:
            print(name)
        amount = Decimal(lot["amount"]["amount"])
        sums["received"] += amount
        print(f"{lot['receivedOn']}  {amount:>12}")
        for use in uses_of(arguments.url, arguments.token, lot):
            part = Decimal(use["amount"]["amount"])
            place = {"EXPENSE": "spent", "REFUND": "refunded", "LOSS": "lost"}.get(use["place"], "waiting")
            sums[place] += part
            print(f"            {part:>12}  {line_of(use)}")

    gone = sums["spent"] + sums["refunded"] + sums["lost"] + sums["waiting"]
    if gone != sums["received"]:
        sys.exit(f"{sums['received']} arrived and {gone} is accounted for: tell whoever keeps the books.")
    parts = [f"{what} {sums[what]:.2f}" for what in ("received", "spent", "refunded", "waiting")]
    print("total " + " ".join(parts))


if __name__ == "__main__":
    main()
