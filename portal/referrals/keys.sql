-- Which keys open a case, who holds them now, and how they reach everything that hangs on a case.

-- Every data category, as portal/agreements/categories.py names them.
CREATE FUNCTION data_categories() RETURNS text[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT '{identity_link,safe_contact,needs,wishes,risk,flags,orders,criminal_justice,actions,clocks,reasons,outcome}'::text[]
$$;

-- The key of one view of what an agency (or one team of it) has of its own or by a gate; made when it is first needed.
CREATE FUNCTION case_capability(wanted text, agency uuid, team uuid, gate uuid, from_agency uuid DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id int;
BEGIN
    LOOP
        SELECT c.id INTO found_id FROM capability c
        WHERE c.agency_id = case_capability.agency AND c.kind = wanted AND c.team_id IS NOT DISTINCT FROM team
          AND c.gate_id IS NOT DISTINCT FROM gate AND c.from_agency_id IS NOT DISTINCT FROM from_agency;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        INSERT INTO capability (kind, agency_id, team_id, gate_id, from_agency_id)
        VALUES (wanted, case_capability.agency, team, gate, from_agency) ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

-- What a principal holds of cases at this moment: keys; the routes by which its agency may not be given anything today,
-- since the sender has left or is suspended while the agreement goes on; and which keys lack which category.
CREATE FUNCTION case_keys(agency uuid, teams uuid[], scopes text[], moment timestamptz)
RETURNS TABLE (keys int[], closed int[], lacking jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    levels text[] := CASE WHEN 'referrals:read' = ANY (scopes) THEN '{summary,full}'
                          WHEN 'referrals:summary' = ANY (scopes) THEN '{summary}' ELSE '{}' END;
BEGIN
    keys := '{}';
    closed := '{}';
    lacking := '{}';
    IF levels = '{}' OR NOT EXISTS (
        SELECT FROM capability c WHERE c.agency_id = case_keys.agency AND c.kind = ANY (levels)
    ) THEN
        RETURN NEXT;
        RETURN;
    END IF;
    WITH gate AS MATERIALIZED (
        SELECT g.agreement_id AS id, g.categories FROM agreement_gates(case_keys.agency, moment) g
        UNION ALL
        SELECT e.id, data_categories() FROM emergency_disclosure e
        WHERE e.to_agency_id = case_keys.agency AND e.starts_at <= moment AND e.ends_at > moment AND e.closed_at IS NULL
    ), held AS (
        SELECT c.id, gate.categories FROM capability c LEFT JOIN gate ON gate.id = c.gate_id
        WHERE c.agency_id = case_keys.agency AND c.kind = ANY (levels) AND (c.team_id IS NULL OR c.team_id = ANY (teams))
          AND (c.gate_id IS NULL OR gate.id IS NOT NULL)
    ), without AS (
        SELECT category, jsonb_agg(held.id) AS ids FROM held, unnest(data_categories()) category
        WHERE NOT category = ANY (held.categories) GROUP BY category
    )
    SELECT coalesce((SELECT array_agg(held.id ORDER BY held.id) FROM held), '{}'),
           coalesce((SELECT jsonb_object_agg(category, ids) FROM without), '{}')
    INTO keys, lacking;
    SELECT coalesce(array_agg(c.id), '{}') INTO closed
    FROM agreement_closed(case_keys.agency, moment) shut
    JOIN capability c ON c.kind = 'route' AND c.agency_id = case_keys.agency
        AND c.gate_id = shut.agreement_id AND c.from_agency_id = shut.from_agency_id;
    RETURN NEXT;
END
$$;
