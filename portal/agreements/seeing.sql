-- Why the caller sees a row, from the keys: which of its keys they hold, and what they lack for more. Nothing is named but
-- what the caller's own agency is: itself, its teams, the agreements by which it is given something.

CREATE FUNCTION access_rules(acl int[]) RETURNS TABLE (key int, kind text, label text)
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
    WHERE c.id = ANY (access_rules.acl) AND c.id = ANY (caller_keys())
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

-- What would have to be added for all of it: the power to open cases, and the kinds of data that no agreement covers by
-- which the caller has this one.
CREATE FUNCTION access_missing(acl int[], full_acl int[], categories text[])
RETURNS TABLE (kind text, label text, granted_by text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH way AS MATERIALIZED (
        SELECT DISTINCT a.id, a.reference, c.gate_id, g.categories AS covers
        FROM capability c LEFT JOIN agreement a ON a.id = c.gate_id
        LEFT JOIN agreement_gates(caller_agency(), caller_now()) g ON g.agreement_id = c.gate_id
        WHERE full_acl IS NOT NULL AND c.id = ANY (access_missing.acl) AND c.id = ANY (caller_keys())
    )
    SELECT 'power', 'referrals:read', 'your agency''s administrators, two of them'
    WHERE NOT full_acl && caller_keys()
    UNION ALL
    SELECT 'category', one, 'the parties of ' || (SELECT string_agg(w.reference, ', ' ORDER BY w.reference) FROM way w)
    FROM unnest(access_missing.categories) one
    WHERE EXISTS (SELECT FROM way)
      AND NOT EXISTS (SELECT FROM way w WHERE w.id IS NULL OR one = ANY (w.covers))
$$;

-- Which of the caller's powers are about such records.
CREATE FUNCTION access_powers(about text) RETURNS text[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT held FROM unnest(string_to_array((caller_context())[7], ',')) held
                 WHERE split_part(held, ':', 1) = about ORDER BY held)
$$;
