"""A program with a good token cannot let others in, whatever its scopes."""

from support.site import Site

from portal.sample.partnership import membership_id

OWNER = f"Membership:{membership_id('police.coordinator')}"


async def test_a_program_is_told_that_a_person_must_do_it(site: Site):
    with site.program("police") as police:
        given = {"name": "Robot", "owner": OWNER, "scopes": ["initiatives:read"], "key": "{}"}
        refused = police.do("addClient", "... on NotPermitted { rule grantedBy }", **given)
    assert refused["__typename"] == "NotPermitted"
    assert refused["rule"] == "acting.in_person"
    assert "in person" in refused["grantedBy"]


async def test_a_program_reads_of_its_agencys_programs_and_of_no_keys(site: Site):
    with site.program("police") as police:
        said = police.query("{ clients { nodes { name keys { nodes { id } } } } }", {})
    assert sorted(one["name"] for one in said["data"]["clients"]["nodes"]) == [
        "Merseyside Police analytics",
        "Merseyside Police case system",
        "Register of sharing",
    ]
    assert [one["keys"] for one in said["data"]["clients"]["nodes"]] == [{"nodes": []}] * 3
