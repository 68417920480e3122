-- Who does a member's cases in a team on a day: whoever covers for them, or they themselves.
CREATE FUNCTION covers(team uuid, member uuid, day date) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((
        SELECT c.covered_by_id FROM cover c
        WHERE c.team_id = covers.team AND c.member_id = covers.member AND c.ended_at IS NULL
          AND covers.day BETWEEN c.first_on AND c.last_on
        ORDER BY c.created_at DESC, c.id LIMIT 1), covers.member)
$$;
