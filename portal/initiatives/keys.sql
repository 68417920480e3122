-- Which keys open an initiative, and how they reach everything that hangs on it.

CREATE FUNCTION initiative_keys(wanted uuid, lead uuid, seen_by text) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    -- Broad keys first, as in keys_of: an overlap test stops at the first match.
    SELECT array_agg(id) FROM (
        SELECT c.id FROM capability c
        WHERE c.kind = 'public' AND seen_by = 'public'
           OR c.kind = 'partnership' AND seen_by IN ('partnership', 'public')
           OR c.kind = 'agency' AND (c.agency_id = lead OR seen_by <> 'draft' AND c.agency_id IN (
                SELECT p.agency_id FROM partner p
                WHERE p.initiative_id = wanted AND p.state IN ('invited', 'offered', 'committed')))
        ORDER BY array_position(ARRAY['public', 'partnership', 'agency'], c.kind::text), c.id
    ) opening
$$;

CREATE FUNCTION set_initiative_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := initiative_keys(NEW.id, NEW.lead_agency_id, NEW.visibility);
    RETURN NEW;
END
$$;

CREATE FUNCTION initiative_acl(wanted uuid) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT acl FROM initiative WHERE id = wanted $$;

-- A child has its initiative's keys, and nothing a writer puts there. An unknown parent gives no key, so that
-- the policy refuses a child of a hidden initiative and one of no initiative alike.
CREATE FUNCTION initiative_child_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := coalesce(initiative_acl(NEW.initiative_id), '{}');
    RETURN NEW;
END
$$;

-- Partners come and go: the initiative's keys are computed again.
CREATE FUNCTION partner_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE initiative SET acl = acl WHERE id = coalesce(NEW.initiative_id, OLD.initiative_id);
    RETURN NULL;
END
$$;

-- New keys of an initiative reach its rows and its history; `TG_ARGV` lists the tables.
CREATE FUNCTION spread_initiative_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY TG_ARGV LOOP
        EXECUTE format('UPDATE %I SET acl = $1 WHERE initiative_id = $2', child) USING NEW.acl, NEW.id;
    END LOOP;
    UPDATE history SET acl = NEW.acl WHERE initiative_id = NEW.id;
    RETURN NULL;
END
$$;
