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
                WHERE p.initiative_id = wanted AND p.state IN ('invited', 'committed')))
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
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT acl FROM initiative WHERE id = wanted $$;

-- The initiative's keys, which nobody else can change until this transaction ends: what is written under it meanwhile
-- would keep keys that no longer hold. `moving`: this transaction will change them itself, and two that only shared
-- the lock would wait for each other. An initiative first, then what hangs on it: one order for all.
CREATE FUNCTION keep_initiative_keys(wanted uuid, moving boolean) RETURNS int[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    keys int[];
BEGIN
    IF moving THEN
        SELECT acl INTO keys FROM initiative WHERE id = wanted FOR NO KEY UPDATE;
    ELSE
        SELECT acl INTO keys FROM initiative WHERE id = wanted FOR SHARE;
    END IF;
    RETURN coalesce(keys, '{}');
END
$$;

-- What a verb calls before it locks a row that hangs on an initiative; of a hidden one it does nothing.
CREATE FUNCTION hold_initiative(wanted uuid, moving boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF initiative_acl(wanted) && caller_keys() THEN
        PERFORM keep_initiative_keys(wanted, moving);
    END IF;
END
$$;

-- A child has its initiative's keys, and nothing a writer puts there. An unknown parent gives no key, so that
-- the policy refuses a child of a hidden initiative and one of no initiative alike. A row that is there already needs
-- no lock: whoever spreads new keys waits for the row itself.
CREATE FUNCTION initiative_child_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.acl := keep_initiative_keys(NEW.initiative_id, TG_TABLE_NAME = 'partner');
    ELSE
        NEW.acl := coalesce(initiative_acl(NEW.initiative_id), '{}');
    END IF;
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
