"""Until personal details can be sealed, cases are kept in a demonstration alone."""

from dataclasses import replace
from uuid import uuid4

from support.asking import Portal
from support.referring import OUTREACH, REFERRAL, SENDER, team

START = f"""mutation($input: StartReferralInput!) {{ startReferral(input: $input) {{
  __typename {REFERRAL} ...on NotPermitted {{ rule }} }} }}"""


async def test_a_request_that_does_not_say_it_is_one_starts_no_case(portal: Portal) -> None:
    given = {
        "senderTeam": team(*OUTREACH), "pathway": "request_for_support", "accused": "NONE_KNOWN",
        "idempotencyKey": str(uuid4()),
    }  # fmt: skip
    shown = portal.context(SENDER)
    plain = type(shown)(shown.engine, shown.opening, uuid4(), shown.now)
    for context, kind in ((plain, "NotPermitted"), (replace(shown), "ReferralPayload")):
        result = await portal.schema.execute(
            START, variable_values={"input": given}, context_value=context
        )
        assert result.errors is None
        assert f'"{kind}"' in result.data.bytes.decode(), result.data
