-- How a partner's row may move, and by whom: what a row rule cannot say, since it sees the row before or after and
-- never both. Each side takes its own steps only: a lead commits nobody, and nobody accepts their own offer.
CREATE FUNCTION check_partner_move() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    own boolean := OLD.agency_id = caller_agency();
    edits boolean := caller_can('initiatives:edit');
    leads boolean := edits AND EXISTS (
        SELECT FROM initiative i WHERE i.id = OLD.initiative_id AND i.lead_agency_id = caller_agency());
    move text := OLD.state || ' to ' || NEW.state;
    allowed text[] := '{}';
BEGIN
    IF current_user = 'portal_owner' THEN
        RETURN NEW;  -- a succession, new keys, sample data
    END IF;
    IF leads THEN
        allowed := allowed || ARRAY['offered to committed', 'offered to declined', 'invited to left',
            'committed to left', 'declined to invited', 'left to invited',
            'invited to invited', 'offered to offered', 'committed to committed'];
    END IF;
    IF leads AND own THEN  -- it stays as a partner when it hands over the lead
        allowed := allowed || ARRAY['invited to committed', 'declined to committed', 'left to committed'];
    END IF;
    IF own THEN
        allowed := allowed || ARRAY['offered to left', 'declined to offered', 'left to offered'];
    END IF;
    IF own AND edits THEN
        allowed := allowed || ARRAY['invited to committed', 'invited to declined', 'committed to left'];
    END IF;
    IF (NEW.initiative_id, NEW.agency_id) IS DISTINCT FROM (OLD.initiative_id, OLD.agency_id)
        OR move <> ALL (allowed) THEN
        RAISE EXCEPTION 'this step is not this caller''s to take: %', move USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
$$;

-- Whether an agency, or one that it took over from, has changed anything on an initiative that the caller sees now: also
-- before the caller came to see it, since whoever joins late must not take for quiet who was busy until then. Only yes
-- or no; what stays within an agency is no word to the others.
CREATE FUNCTION heard_since(initiative uuid, agency uuid, since timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE own AS (
        SELECT agency AS id UNION SELECT a.id FROM agency a JOIN own ON a.successor_id = own.id
    )
    SELECT EXISTS (
        SELECT FROM history h
        WHERE h.initiative_id = initiative AND h.at >= since AND h.actor_agency_id IN (SELECT id FROM own)
          AND h.within_agency_id IS NULL AND h.acl && caller_keys())
$$;
