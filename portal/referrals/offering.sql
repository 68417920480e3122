-- Whether anybody in a team could take a case today, which is no more than is seen by sending it one.
CREATE FUNCTION team_takes_cases(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM team_member t CROSS JOIN LATERAL principal_today(t.membership_id, caller_today()) p
        WHERE t.team_id = wanted AND 'referrals:work' = ANY (p.scopes))
$$;
