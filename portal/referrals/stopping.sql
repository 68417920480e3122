-- What would stop if an agreement were interrupted, a party's part in it, or a new version came into force: keys and ways
-- are taken from those that are held now, as the change itself would take them.

-- What a change is about: an agreement, a party's part, or a version that is to come. Nothing for who does not see it.
CREATE FUNCTION agreement_change(change uuid, OUT agreement_id uuid, OUT party_agency_id uuid, OUT version_id uuid, OUT lead_agency_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.id, said.party, said.version, a.lead_agency_id FROM (
        SELECT change AS about, NULL::uuid AS party, NULL::uuid AS version
        UNION ALL
        SELECT p.agreement_id, p.agency_id, NULL FROM agreement_party p WHERE p.id = change
        UNION ALL
        SELECT v.agreement_id, NULL, v.id FROM agreement_version v
        WHERE v.id = change AND v.dropped_at IS NULL AND (v.signed_at IS NULL OR v.starts_on > caller_today())
    ) said JOIN agreement a ON a.id = said.about AND a.acl && caller_keys()
$$;

-- The keys that a change takes from an agency, of summaries and of one data category; from who has these roles, where they
-- are named.
CREATE FUNCTION keys_lost(agency uuid, change uuid, category text, roles text[] DEFAULT NULL) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(c.id), '{}')
    FROM agreement_change(change) said
    JOIN capability c ON c.gate_id = said.agreement_id AND c.agency_id = keys_lost.agency AND c.kind IN ('summary', 'full')
    LEFT JOIN agreement_version v ON v.id = said.version_id
    WHERE CASE
        WHEN v.id IS NOT NULL THEN
            NOT c.purpose = ANY (v.purposes) OR v.ceiling = 'official'
            OR NOT coalesce(v.permitted_roles && roles, true) AND NOT (c.kind = 'summary' AND caller_can('agreements:draft'))
            OR c.kind = 'full' AND NOT coalesce(category = ANY (v.categories), true)
        ELSE coalesce(said.party_agency_id = keys_lost.agency, true) END
$$;

-- The ways by which an agency has cases and that would be closed after a change: from a party whose part is interrupted, or
-- that acts for it; by a power that a new version does not name.
CREATE FUNCTION ways_lost(agency uuid, change uuid) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT ways_closed(ways_lost.agency, caller_now(), said.agreement_id, said.party_agency_id, said.version_id)
                     FROM agreement_change(change) said), '{}')
$$;

-- In which roles people act for an agency today: what an agreement permits to none of them stops for the agency.
CREATE FUNCTION agency_roles(agency uuid) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT role FROM membership m CROSS JOIN LATERAL principal_today(m.id, caller_today()) p,
                        unnest(p.roles) role
                 WHERE m.agency_id = agency_roles.agency ORDER BY 1)
$$;

-- Every key that somebody in an agency could hold now of a data category, or of summaries; after a change, where one is named.
-- Who looks after its agreements sees that there are cases, whether or not anybody there may use them. What was disclosed in
-- an emergency hangs on no agreement, and counts neither before nor after.
CREATE FUNCTION agency_case_keys(agency uuid, category text, change uuid) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(
        SELECT key FROM unnest(held.keys) key
        WHERE NOT coalesce(held.lacking -> agency_case_keys.category @> to_jsonb(key), false)
          AND key <> ALL (urgent.keys)
          AND (change IS NULL OR key <> ALL (keys_lost(agency_case_keys.agency, change, category, agency_roles(agency_case_keys.agency)))))
    FROM case_keys(agency_case_keys.agency, ARRAY(SELECT t.id FROM team t WHERE t.agency_id = agency_case_keys.agency),
                   '{referrals:read,agreements:draft}', caller_now(), agency_roles(agency_case_keys.agency)) held
    CROSS JOIN LATERAL urgent_keys(held.keys) urgent (keys)
$$;

-- The keys of an agency by which some of its people have cases whom a new version leaves out, since it is for other roles. It
-- may be that others there keep them.
CREATE FUNCTION keys_some_lose(agency uuid, change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(c.id), '{}')
    FROM agreement_change(change) said JOIN agreement_version v ON v.id = said.version_id
    JOIN agreement_version counts ON counts.id = agreement_version_now(said.agreement_id, caller_now())
    JOIN capability c ON c.gate_id = said.agreement_id AND c.agency_id = keys_some_lose.agency AND c.kind = 'summary'
    WHERE EXISTS (
        SELECT FROM membership m CROSS JOIN LATERAL principal_today(m.id, caller_today()) p
        WHERE m.agency_id = keys_some_lose.agency AND p.roles && counts.permitted_roles AND NOT p.roles && v.permitted_roles
          AND ('referrals:read' = ANY (p.scopes) OR 'referrals:summary' = ANY (p.scopes) AND NOT 'agreements:draft' = ANY (p.scopes)))
$$;

CREATE FUNCTION own_keys_some_lose(change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT keys_some_lose(caller_agency(), change) $$;

-- What the caller would hold after a change, and the ways that would be closed to the caller.
CREATE FUNCTION keys_after(change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT key FROM unnest(caller_keys()) key WHERE key <> ALL (
        keys_lost(caller_agency(), change, NULL, acting_roles(caller_principal(), caller_today()))))
$$;

CREATE FUNCTION ways_shut_by(change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT ways_lost(caller_agency(), change) $$;

-- The same of a data category for the caller's agency: who looks after an agreement need not be one who may read cases.
CREATE FUNCTION own_keys_after(category text, change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT agency_case_keys(caller_agency(), category, change) $$;

-- Numbers of cases are told in bands, so that two questions give nobody away.
CREATE FUNCTION case_band(cases bigint) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN cases < 5 THEN 'fewer_than_5' WHEN cases < 20 THEN 'from_5_to_19' ELSE 'from_20' END
$$;

-- How many cases each party would see no longer, and how many less of. Who could make the change learns of every party,
-- others of their own; and nobody an exact number of another's.
CREATE FUNCTION agreement_stops(change uuid)
RETURNS TABLE (agency_id uuid, own boolean, stops text, narrows text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 5
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH said AS (SELECT * FROM agreement_change(change)),
    party AS (
        SELECT DISTINCT p.agency_id, ways_lost(p.agency_id, change) AS shut, held.closed,
               keys_some_lose(p.agency_id, change) AS left_out,
               agency_case_keys(p.agency_id, NULL, NULL) AS now, agency_case_keys(p.agency_id, NULL, change) AS after
        FROM said JOIN agreement_party p ON p.agreement_id = said.agreement_id AND p.joined_at IS NOT NULL AND p.left_at IS NULL
        CROSS JOIN LATERAL case_keys(p.agency_id, '{}', '{referrals:read}', caller_now()) held
        WHERE p.agency_id = caller_agency() AND caller_can('referrals:summary')
           OR caller_can('agreements:draft') AND caller_agency() IN (said.lead_agency_id, said.party_agency_id)
    ),
    part AS MATERIALIZED (
        SELECT p.agency_id, agency_case_keys(p.agency_id, c, NULL) AS now, agency_case_keys(p.agency_id, c, change) AS after
        FROM party p CROSS JOIN unnest(data_categories()) c
    ),
    -- Who has a case under an agreement: to whom it was sent, and whom a MARAC asks what it knows.
    given AS (
        SELECT x.agency_id, x.referral_id FROM said JOIN recipient x ON x.agreement_id = said.agreement_id
        WHERE x.given_at IS NOT NULL AND x.lost_at IS NULL
        UNION
        SELECT q.agency_id, q.referral_id FROM said JOIN marac_research q ON q.agreement_id = said.agreement_id
        WHERE q.given_at IS NOT NULL AND q.lost_at IS NULL
    ),
    had AS (
        SELECT p.agency_id, r.id, r.full_acl, r.acl && p.left_out AS left_out, r.acl && p.after AND NOT r.routes && p.shut AS stays
        FROM party p JOIN given USING (agency_id)
        JOIN referral r ON r.id = given.referral_id AND r.acl && p.now AND NOT r.routes && p.closed
    ),
    counted AS (
        SELECT p.agency_id, count(h.id) FILTER (WHERE NOT h.stays) AS stops,
               count(h.id) FILTER (WHERE h.stays AND (h.left_out OR EXISTS (
                   SELECT FROM part c WHERE c.agency_id = p.agency_id AND h.full_acl && c.now AND NOT h.full_acl && c.after))) AS narrows
        FROM party p LEFT JOIN had h ON h.agency_id = p.agency_id GROUP BY p.agency_id
    )
    SELECT c.agency_id, c.agency_id = caller_agency(), case_band(c.stops), case_band(c.narrows)
    FROM counted c
$$;
