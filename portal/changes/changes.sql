-- Every insert, update and delete of a tracked table leaves a change (seen by all who saw the row
-- before or see it now: that is how lost sight becomes a tombstone) and, unless only the row's keys
-- moved, its history.

CREATE FUNCTION touch_row() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - '{acl,full_acl,routes}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{acl,full_acl,routes}'::text[] THEN
        NEW.version := OLD.version + 1;
        NEW.updated_at := caller_now();
    END IF;
    RETURN NEW;
END
$$;

-- The same where nothing says when a row changed.
CREATE FUNCTION count_row() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION changed_part(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(a) WHERE b -> key IS DISTINCT FROM value
$$;

-- Arguments: the row's type; the column that names its initiative, or '' if it hangs on none; and a word or '':
-- "kept" for rows whose `audience` may keep them within their `agency_id`, "everyone" for rows without keys, "case" for
-- those of a case, which have no history.
CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    now_is jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    plain_was jsonb := was - '{acl,full_acl,routes,version,updated_at}'::text[];
    plain_is jsonb := now_is - '{acl,full_acl,routes,version,updated_at}'::text[];
    row_json jsonb := coalesce(now_is, was);
    this change;
    keys_was int[];
    keys_is int[];
    routes_was int[] := '{}';
    routes_is int[] := '{}';
    -- Read and verified once: caller_now() and its like each would do it again, for every row.
    caller text[] := caller_context();
BEGIN
    IF TG_ARGV[2] = 'everyone' THEN
        keys_is := ARRAY[capability('public')];
        keys_was := keys_is;
    ELSE
        keys_is := NEW.acl;
        keys_was := OLD.acl;
    END IF;
    IF TG_ARGV[2] = 'case' THEN
        routes_is := coalesce(NEW.routes, '{}');
        routes_was := coalesce(OLD.routes, '{}');
    END IF;
    this.kind := CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted' ELSE 'updated' END;
    IF TG_OP = 'UPDATE' AND plain_was = plain_is THEN
        IF keys_was = keys_is AND routes_was = routes_is THEN
            RETURN NULL;
        END IF;
        this.kind := 'visibility';
    END IF;
    this.id := gen_random_uuid();
    this.txid := pg_current_xact_id()::text::bigint;
    this.at := coalesce(to_timestamp(caller[6]::double precision), transaction_timestamp());
    this.request_id := nullif(caller[5], '')::uuid;
    this.actor_id := caller[2]::uuid;
    this.actor_agency_id := caller[3]::uuid;
    this.verb := coalesce(nullif(current_setting('portal.verb', true), ''), 'system');
    this.object_type := TG_ARGV[0];
    this.object_id := row_json ->> 'id';
    this.initiative_id := row_json ->> TG_ARGV[1];
    -- A deletion comes after the last version; what is never altered has but one.
    this.version := coalesce((row_json ->> 'version')::int, 1) + (TG_OP = 'DELETE')::int;
    IF TG_ARGV[2] = 'kept' AND row_json ->> 'audience' = 'agency' THEN
        this.within_agency_id := row_json ->> 'agency_id';
    END IF;
    this.acl := ARRAY(SELECT DISTINCT k FROM unnest(keys_was || keys_is) k ORDER BY k);
    this.routes := ARRAY(SELECT DISTINCT r FROM unnest(routes_was || routes_is) r ORDER BY r);
    INSERT INTO change SELECT this.*;
    IF this.kind <> 'visibility' AND TG_ARGV[2] <> 'case' THEN
        -- The row's own keys may be out of date here: a partner that leaves has just changed them.
        INSERT INTO history (change_id, at, actor_id, actor_agency_id, verb, kind, object_type, object_id, version,
                             initiative_id, within_agency_id, acl, seen_then, before, after)
        VALUES (this.id, this.at, this.actor_id, this.actor_agency_id, this.verb, this.kind,
                this.object_type, this.object_id, this.version, this.initiative_id, this.within_agency_id,
                coalesce(initiative_acl(this.initiative_id), keys_is, keys_was), coalesce(keys_was, keys_is),
                CASE WHEN TG_OP = 'UPDATE' THEN changed_part(plain_was, plain_is) ELSE plain_was END,
                CASE WHEN TG_OP = 'UPDATE' THEN changed_part(plain_is, plain_was) ELSE plain_is END);
    END IF;
    RETURN NULL;
END
$$;

-- The caller's agency and those it took over from: what they kept within themselves is its own now.
CREATE FUNCTION caller_agencies() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE own AS (
        SELECT caller_agency() AS id UNION SELECT a.id FROM agency a JOIN own ON a.successor_id = own.id
    )
    SELECT array_agg(id) FROM own
$$;

-- Which keys a caller holds and which ways to it are closed, as a cursor notes it: what its holder may see has not moved since.
CREATE FUNCTION keys_mark() RETURNS text LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT left(encode(sha256(convert_to(caller_keys()::text || caller_closed()::text, 'UTF8')), 'hex'), 16)
$$;

CREATE FUNCTION keys_mark_holds(mark text) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF mark IS DISTINCT FROM keys_mark() THEN
        RAISE EXCEPTION 'what this caller may see has changed since the cursor was made' USING ERRCODE = 'PA410';
    END IF;
    RETURN true;
END
$$;
