-- A case passes from one team to another: the one that has it makes a place for the other, and with that place taken on its
-- own ends. Policies of a table cannot ask the table itself.
CREATE FUNCTION passes_from_caller(place uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM recipient r WHERE r.id = place AND r.agency_id = caller_agency()
                   AND r.given_at IS NOT NULL AND r.lost_at IS NULL)
$$;

CREATE FUNCTION passes_to_caller(place uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM recipient r JOIN referral f ON f.id = r.referral_id
                   WHERE r.from_id = place AND r.given_at IS NOT NULL AND r.lost_at IS NULL
                     AND caller_agency() IN (r.agency_id, f.sender_agency_id))
$$;
