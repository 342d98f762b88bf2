"""What schemathesis is told about this API: its scalars, and what counts as a failure."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

_TEXTS = st.sampled_from(
    ["2026-11-30", "2026-02-30", "2026-11-30T09:00:00+08:00", "2026-11-30T09:00:00", "", "x"]
)

for _name in ("Date", "DateTime", "Upload"):
    schemathesis.graphql.scalar(_name, _TEXTS.map(nodes.String))
schemathesis.graphql.scalar("Fen", st.integers(-(2**60), 2**60).map(nodes.Int))
schemathesis.graphql.scalar("JSON", st.integers().map(nodes.Int) | _TEXTS.map(nodes.String))


@schemathesis.check
def told_properly(ctx, response, case):
    """Every answer is JSON with a 2xx or 4xx; every error has a code, and none of them is a bug of ours."""
    assert response.status_code < 500, f"status {response.status_code}"
    answer = response.json()
    assert set(answer) <= {"data", "errors"}, sorted(answer)
    for error in answer.get("errors", ()):
        assert error["message"], error
        assert error["extensions"]["code"] != "INTERNAL", error
