-- The roles that a directory gives, as agreed in role_mapping: added and taken away, those and no others, for the
-- person's membership in the provider's own agency. Which roles may be mapped at all, the table's own check says, and
-- of those only what the agency's administrators could grant, too.
CREATE FUNCTION map_roles(provider uuid, person uuid, app_roles text[])
RETURNS TABLE (membership_id uuid, role text, given boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    today date := (now() AT TIME ZONE 'Europe/London')::date;
    belongs uuid;
    home uuid;
BEGIN
    SELECT m.id, m.agency_id INTO belongs, home
    FROM identity_provider p JOIN membership m ON m.agency_id = p.agency_id
    WHERE p.id = provider AND p.ended_at IS NULL AND p.roles_claim IS NOT NULL AND m.person_id = person
      AND m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on >= today)
      AND (m.ended_at IS NULL OR m.ended_at > now())
    FOR UPDATE OF m;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH mapped AS (
            SELECT r.role::text AS role, bool_or(r.app_role = ANY (app_roles)) AS held
            FROM role_mapping r WHERE r.provider_id = provider AND grantable(home, r.role::text) GROUP BY r.role
        ), taken AS (
            DELETE FROM membership_role h USING mapped m
            WHERE h.membership_id = belongs AND h.role = m.role AND NOT m.held
            RETURNING h.role::text AS role
        ), added AS (
            INSERT INTO membership_role (membership_id, role)
            SELECT belongs, m.role FROM mapped m WHERE m.held
            ON CONFLICT DO NOTHING
            RETURNING membership_role.role::text AS role
        )
        SELECT belongs, t.role, false FROM taken t UNION ALL SELECT belongs, a.role, true FROM added a;
END
$$;
