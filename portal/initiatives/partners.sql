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
