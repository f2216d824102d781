#!/bin/sh
# What did my money pay for?  我的钱花在哪了?
#
#   COBUILD_TOKEN=cobuild_... sh examples/my_contributions.sh http://127.0.0.1:8000/graphql
#
# Prints the answer to examples/queries/my_money.graphql as JSON, the first 20 expenses.
set -eu
url=${1:-${COBUILD_URL:-http://127.0.0.1:8000/graphql}}
: "${COBUILD_TOKEN:?set COBUILD_TOKEN to the token of whoever speaks for a giver}"
here=$(dirname "$0")
# A query as a JSON text: backslashes and quotes escaped, comments left out, lines joined.
query=$(sed -e 's/#.*//' -e 's/\\/\\\\/g' -e 's/"/\\"/g' "$here/queries/my_money.graphql" | tr '\n' ' ')
# The header goes through a file descriptor, so that the token does not show in the list of processes.
printf 'header = "Authorization: Bearer %s"\n' "$COBUILD_TOKEN" |
    curl --silent --show-error --config - \
        --header 'Content-Type: application/json' \
        --header 'Accept: application/graphql-response+json' \
        --data "{\"query\": \"$query\", \"variables\": {\"first\": 20}}" \
        "$url"
echo
