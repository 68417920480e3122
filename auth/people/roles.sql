-- What a membership is today: the roles it holds that have not ended, less those that handle cases while its training,
-- vetting or confidentiality declaration has lapsed or was never recorded.

CREATE FUNCTION in_good_standing(member uuid, today date) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM standing s
        WHERE s.membership_id = member AND s.training_until >= today AND s.vetting_until >= today
          AND s.confidentiality_until >= today
    )
$$;

CREATE FUNCTION roles_today(member uuid, today date) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(
        SELECT r.role::text FROM membership_role r
        WHERE r.membership_id = member AND (r.ends_on IS NULL OR r.ends_on >= today)
          AND (NOT EXISTS (SELECT FROM role_trait t WHERE t.role = r.role AND t.cases)
               OR in_good_standing(member, today))
        ORDER BY 1
    )
$$;

-- Whether a membership is alive: it has begun, has not ended, and neither has its agency.
CREATE FUNCTION lives(m membership, today date) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on >= today) AND m.ended_at IS NULL
       AND EXISTS (SELECT FROM agency a WHERE a.id = m.agency_id AND (a.ended_on IS NULL OR a.ended_on > today))
$$;

-- The roles that an agency's administrators may grant: those the partnership set for it, else all that suit its kind.
CREATE FUNCTION grantable(agency uuid, wanted text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM agency a JOIN role_trait t ON t.role = wanted AND a.kind = ANY (t.kinds)
        LEFT JOIN grantable_roles g ON g.agency_id = a.id
        WHERE a.id = grantable.agency AND (g.roles IS NULL OR wanted = ANY (g.roles))
    )
$$;

-- An agency's administrators as people: somebody may hold two memberships, and is one person all the same.
CREATE FUNCTION administrators_of(agency uuid, today date) RETURNS uuid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT m.person_id), '{}') FROM membership m
    WHERE m.agency_id = administrators_of.agency AND lives(m, today)
      AND EXISTS (
          SELECT FROM membership_role r
          WHERE r.membership_id = m.id AND (r.ends_on IS NULL OR r.ends_on >= today)
            AND r.role IN ('agency_administrator', 'partnership_administrator'))
$$;
