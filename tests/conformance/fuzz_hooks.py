"""What schemathesis has to know of this graph: how its scalars are written, and what a fault looks like."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

days = st.dates().map(lambda day: nodes.String(day.isoformat()))
instants = st.datetimes().map(lambda at: nodes.String(at.isoformat() + "Z"))
amounts = st.integers(-(10**14), 10**14).map(lambda fen: nodes.String(f"{fen // 100}.{fen % 100:02}"))

schemathesis.graphql.scalar("Date", days)
schemathesis.graphql.scalar("DateTime", instants)
schemathesis.graphql.scalar("Decimal", amounts)


@schemathesis.check
def answers_without_a_fault(ctx, response, case):
    """Whatever is sent gets data or a sentence with a code, never a fault of ours."""
    assert response.status_code < 500, response.text
    errors = response.json().get("errors", [])
    codes = [error.get("extensions", {}).get("code") for error in errors]
    assert all(code not in (None, "INTERNAL_SERVER_ERROR") for code in codes), response.text
