-- Why the caller sees a row, from the keys: which of its keys they hold, and what they lack for more; and of rows that have
-- none, which ways of their row rule are met. Nothing is named but what the caller's own agency is: itself, its teams, the
-- agreements by which it is given something.

CREATE FUNCTION access_rules(acl int[], category text, ways text[]) RETURNS TABLE (key int, kind text, label text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.id,
           CASE WHEN c.kind = 'public' THEN 'everyone' WHEN c.kind = 'partnership' THEN 'partnership'
                WHEN a.id IS NOT NULL THEN 'agreement' WHEN c.gate_id IS NOT NULL THEN 'emergency'
                WHEN c.team_id IS NOT NULL THEN 'team' ELSE 'agency' END,
           CASE WHEN c.kind = 'public' THEN 'everyone who is signed in' WHEN c.kind = 'partnership' THEN 'the partnership'
                WHEN a.id IS NOT NULL THEN a.reference || ' ' || a.title
                WHEN c.gate_id IS NOT NULL THEN 'an emergency disclosure to ' || coalesce(t.name, g.name)
                ELSE coalesce(t.name, g.name) END
    FROM capability c LEFT JOIN agency g ON g.id = c.agency_id LEFT JOIN team t ON t.id = c.team_id
    LEFT JOIN agreement a ON a.id = c.gate_id
    WHERE c.id = ANY (access_rules.acl) AND c.id = ANY (caller_keys(access_rules.category))
    UNION ALL
    SELECT NULL, split_part(way, ' ', 1),
           CASE split_part(way, ' ', 1) WHEN 'everyone' THEN 'everyone who is signed in' WHEN 'person' THEN 'you'
                WHEN 'agency' THEN (SELECT g.name FROM agency g WHERE g.id = caller_agency())
                ELSE split_part(way, ' ', 2) END
    FROM unnest(access_rules.ways) way
$$;

-- Of a case: whether the caller may open its full view, and all kinds of data in it. What has no full view is seen in full.
CREATE FUNCTION access_decision(full_acl int[], categories text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN full_acl IS NULL THEN 'full'
                WHEN NOT full_acl && caller_keys() THEN 'summary'
                WHEN EXISTS (SELECT FROM unnest(categories) c WHERE NOT full_acl && caller_keys(c)) THEN 'partly'
                ELSE 'full' END
$$;

-- What would have to be added for all of it: the power to open cases, a role that the agreement permits, and the kinds
-- of data that no agreement covers by which the caller has this one.
CREATE FUNCTION access_missing(acl int[], full_acl int[], categories text[])
RETURNS TABLE (kind text, label text, granted_by text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH way AS MATERIALIZED (
        SELECT DISTINCT a.id, a.reference, c.gate_id, g.categories AS covers, v.permitted_roles AS permitted
        FROM capability c LEFT JOIN agreement a ON a.id = c.gate_id
        LEFT JOIN agreement_gates(caller_agency(), caller_now()) g ON g.agreement_id = c.gate_id
        LEFT JOIN agreement_version v ON v.id = agreement_version_now(c.gate_id, caller_now())
        WHERE full_acl IS NOT NULL AND c.id = ANY (access_missing.acl) AND c.id = ANY (caller_keys())
    )
    SELECT 'power', 'referrals:read', 'your agency''s administrators, two of them'
    WHERE NOT full_acl && caller_keys() AND NOT caller_can('referrals:read')
    UNION ALL
    SELECT DISTINCT 'role', array_to_string(w.permitted, ' or '), 'your agency''s administrators, two of them'
    FROM way w
    WHERE NOT full_acl && caller_keys()
      AND NOT w.permitted && acting_roles(caller_principal(), caller_today())
    UNION ALL
    SELECT 'category', one, 'the parties of ' || (SELECT string_agg(w.reference, ', ' ORDER BY w.reference) FROM way w)
    FROM unnest(access_missing.categories) one
    WHERE access_decision(full_acl, access_missing.categories) <> 'full'  -- before the agreements are looked at
      AND EXISTS (SELECT FROM way)
      AND NOT EXISTS (SELECT FROM way w WHERE w.id IS NULL OR one = ANY (w.covers))
$$;

-- Which of the caller's powers are about such records, or named by their row rule.
CREATE FUNCTION access_powers(about text, named text[]) RETURNS text[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT held FROM unnest(string_to_array((caller_context())[7], ',')) held
                 WHERE split_part(held, ':', 1) = about OR held = ANY (named) ORDER BY held)
$$;
