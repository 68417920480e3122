-- Every insert, update and delete of a tracked table leaves a change (seen by all who saw the row before or see it
-- now: that is how lost sight becomes a tombstone) and, unless only the row's keys moved, its history.

CREATE FUNCTION touch_row() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - 'acl' IS DISTINCT FROM to_jsonb(OLD) - 'acl' THEN
        NEW.version := OLD.version + 1;
        NEW.updated_at := caller_now();
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION changed_part(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(a) WHERE b -> key IS DISTINCT FROM value
$$;

CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    object_type text := TG_ARGV[0];
    parent text := TG_ARGV[1];
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    now_is jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    row_json jsonb := coalesce(now_is, was);
    plain_was jsonb := was - '{acl,version,updated_at}'::text[];
    plain_is jsonb := now_is - '{acl,version,updated_at}'::text[];
    kind text := CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted' ELSE 'updated' END;
    number bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND plain_was = plain_is THEN
        IF OLD.acl = NEW.acl THEN
            RETURN NULL;
        END IF;
        kind := 'visibility';
    END IF;
    INSERT INTO change (txid, at, request_id, actor_id, actor_agency_id, verb, kind, object_type, object_id,
                        initiative_id, acl)
    VALUES (pg_current_xact_id()::text::bigint, caller_now(), caller_request(), caller_principal(), caller_agency(),
            coalesce(nullif(current_setting('portal.verb', true), ''), 'system'), kind, object_type,
            (row_json ->> 'id')::uuid, (row_json ->> parent)::uuid,
            CASE TG_OP WHEN 'INSERT' THEN NEW.acl WHEN 'DELETE' THEN OLD.acl
                 ELSE (SELECT array_agg(DISTINCT k) FROM unnest(OLD.acl || NEW.acl) k) END)
    RETURNING id INTO number;
    IF kind <> 'visibility' THEN
        INSERT INTO history (change_id, initiative_id, narrow, before, after, acl)
        VALUES (number, (row_json ->> parent)::uuid, coalesce(row_json ->> 'audience' = 'agency', false),
                CASE WHEN TG_OP = 'UPDATE' THEN changed_part(plain_was, plain_is) ELSE plain_was END,
                CASE WHEN TG_OP = 'UPDATE' THEN changed_part(plain_is, plain_was) ELSE plain_is END,
                CASE TG_OP WHEN 'DELETE' THEN OLD.acl ELSE NEW.acl END);
    END IF;
    RETURN NULL;
END
$$;
