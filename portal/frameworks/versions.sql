-- A confirmed version takes the place of those before it on its first day. Where the one before had plan actions, each
-- entry of the new one becomes one.
CREATE FUNCTION framework_version_begins() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Versions of one framework take turns: two could otherwise both be the last.
    PERFORM FROM framework f WHERE f.id = NEW.framework_id FOR NO KEY UPDATE;
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
