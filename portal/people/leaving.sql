-- How much somebody leaves undone: administrators see no work, and must know that there is some to hand over.
CREATE FUNCTION work_left_by(member uuid) RETURNS int LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*)::int FROM action a JOIN membership m ON m.id = a.allocated_to_id
    WHERE m.id = member AND manages(m.agency_id) AND a.state IN ('open', 'in_progress')
$$;
