-- A comment stands as it was written; withdrawing it takes the text out of sight.

CREATE FUNCTION comment_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.initiative_id, NEW.author_id, NEW.audience) IS DISTINCT FROM (OLD.initiative_id, OLD.author_id, OLD.audience)
        OR NEW.text IS NOT NULL AND NEW.text IS DISTINCT FROM OLD.text THEN
        RAISE EXCEPTION 'a comment is withdrawn, never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- What was withdrawn stays on record for those who wrote it, and is no longer read by the others.
CREATE FUNCTION keep_withdrawn_comment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE history SET within_agency_id = NEW.agency_id
    WHERE initiative_id = NEW.initiative_id AND object_type = 'Comment' AND object_id = NEW.id;
    RETURN NULL;
END
$$;
