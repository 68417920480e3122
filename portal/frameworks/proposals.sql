-- Reference data is changed by two: what somebody proposes, another person confirms. Once it is confirmed it stays as it
-- is, but for the columns that the trigger lists.
CREATE FUNCTION check_proposal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    answer text[] := ARRAY['state', 'answered_by_id', 'answered_at', 'answer_note', 'valid_from', 'version', 'updated_at'];
    open text[] := TG_ARGV || ARRAY['version', 'updated_at'];
BEGIN
    IF current_user = 'portal_owner' THEN
        RETURN NEW;  -- what every database starts with, sample data, and the end of a version
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.proposed_by_id IS DISTINCT FROM caller_principal() THEN
            RAISE EXCEPTION 'reference data is proposed, in one''s own name' USING ERRCODE = '42501';
        END IF;
    ELSIF OLD.state = 'proposed' AND NEW.state <> 'proposed' THEN
        IF to_jsonb(NEW) - answer IS DISTINCT FROM to_jsonb(OLD) - answer
            OR NEW.answered_by_id IS DISTINCT FROM caller_principal() THEN
            RAISE EXCEPTION 'a proposal is answered as it was made, in one''s own name' USING ERRCODE = '42501';
        END IF;
        IF NEW.state = 'confirmed' AND (caller_person() IS NULL OR caller_person() = (
            SELECT m.person_id FROM membership m WHERE m.id = OLD.proposed_by_id)) THEN
            RAISE EXCEPTION 'another person confirms what somebody has proposed' USING ERRCODE = '42501';
        END IF;
    ELSIF to_jsonb(NEW) - open IS DISTINCT FROM to_jsonb(OLD) - open THEN
        RAISE EXCEPTION 'what has been proposed is answered, and not rewritten' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
$$;

-- A confirmed version takes the place of those before it on its first day. Where the one before had plan actions, each
-- entry of the new one becomes one.
CREATE FUNCTION framework_version_begins() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE framework_version v SET valid_to = NEW.valid_from - 1
    WHERE v.framework_id = NEW.framework_id AND v.id <> NEW.id AND v.state = 'confirmed'
      AND v.valid_from < NEW.valid_from AND (v.valid_to IS NULL OR v.valid_to >= NEW.valid_from);
    UPDATE framework_version v SET valid_to = later.day - 1
    FROM (SELECT min(n.valid_from) AS day FROM framework_version n
          WHERE n.framework_id = NEW.framework_id AND n.state = 'confirmed' AND n.valid_from > NEW.valid_from) later
    WHERE v.id = NEW.id AND later.day IS NOT NULL;
    INSERT INTO plan_action (id, entry_id, framework_version_id, number, updated_at, version, acl)
    SELECT gen_random_uuid(), e.id, NEW.id, e.position, caller_now(), 1, '{}' FROM framework_entry e
    WHERE e.framework_version_id = NEW.id AND EXISTS (
        SELECT FROM plan_action p JOIN framework_version v ON v.id = p.framework_version_id
        WHERE v.framework_id = NEW.framework_id);
    RETURN NULL;
END
$$;
