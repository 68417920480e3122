-- Programs of an agency: the owner's yes, without which nothing of them works, and who is told of what.

-- What of a client waits for its owner's yes; the names are those of ClientPart.
CREATE FUNCTION client_rests(wanted uuid) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN yes.id IS NULL THEN ARRAY['everything'] ELSE array_remove(ARRAY[
        CASE WHEN yes.owner_membership_id <> c.owner_membership_id THEN 'owner' END,
        CASE WHEN NOT c.scopes <@ yes.scopes THEN 'scopes' END,
        CASE WHEN NOT c.grants <@ yes.grants THEN 'grants' END,
        CASE WHEN NOT c.redirect_uris <@ yes.redirect_uris THEN 'redirect_uris' END,
        CASE WHEN c.jwks_uri <> coalesce(yes.jwks_uri, '') THEN 'jwks_uri' END,
        CASE WHEN EXISTS (SELECT FROM client_key k WHERE k.client_id = c.id AND k.retired_at IS NULL
                          AND k.thumbprint <> ALL (yes.thumbprints)) THEN 'keys' END], NULL) END
    FROM client c LEFT JOIN client_acceptance yes ON yes.id = c.id
    WHERE c.id = client_rests.wanted AND c.agency_id = caller_agency()
$$;

-- To the agency's administrators but the caller, and to whoever answers for the client or did so. Words of the portal's own.
CREATE FUNCTION tell_of_client(it client, words text, to_owner text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    owners uuid[] := ARRAY(
        SELECT m.person_id FROM membership m WHERE m.id = it.owner_membership_id
        UNION SELECT m.person_id FROM client_acceptance yes JOIN membership m ON m.id = yes.owner_membership_id
        WHERE yes.id = it.id);
BEGIN
    PERFORM tell(p, 'program_changed', left(to_owner, 400)) FROM unnest(owners) p;
    PERFORM tell(p, 'program_changed', left(words, 400)) FROM unnest(administrators_of(it.agency_id, caller_today())) p
    WHERE p <> caller_person() AND p <> ALL (owners);
END
$$;

-- The owner's yes to a client as it is at this version, in person: neither an administrator nor a program says it for them.
-- Answers with the version that the client has; another than the one that was seen means that nothing was accepted.
CREATE FUNCTION accept_client(wanted uuid, seen int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it client;
BEGIN
    SELECT * INTO it FROM client c WHERE c.id = accept_client.wanted FOR UPDATE;
    IF caller_self() IS NULL OR it.owner_membership_id IS DISTINCT FROM caller_principal()
        OR it.agency_id IS DISTINCT FROM caller_agency() THEN
        RAISE EXCEPTION 'the member whom a program names accepts it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF it.version <> seen THEN
        RETURN it.version;
    END IF;
    IF it.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'an ended program is not accepted' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM tell_of_client(it, it.name || ' was accepted by its owner as it is now.',
                           it.name || ' was accepted as it is now, by whoever answers for it from now on.');
    INSERT INTO client_acceptance (id, owner_membership_id, accepted_at, scopes, grants, redirect_uris, jwks_uri, thumbprints)
    SELECT it.id, it.owner_membership_id, clock_timestamp(), it.scopes, it.grants, it.redirect_uris, it.jwks_uri,
           ARRAY(SELECT k.thumbprint FROM client_key k WHERE k.client_id = it.id AND k.retired_at IS NULL ORDER BY 1)
    ON CONFLICT (id) DO UPDATE SET owner_membership_id = excluded.owner_membership_id, accepted_at = excluded.accepted_at,
        scopes = excluded.scopes, grants = excluded.grants, redirect_uris = excluded.redirect_uris,
        jwks_uri = excluded.jwks_uri, thumbprints = excluded.thumbprints;
    UPDATE client c SET refused_at = NULL, refusal = NULL, updated_at = clock_timestamp() WHERE c.id = it.id;
    RETURN seen;
END
$$;

-- The owner's no. A client that nobody has accepted ends; of another one the new keys are retired, and what else waits goes
-- on waiting. `altogether`, or by whoever answered for it before, it also takes back the yes: then the client rests.
CREATE FUNCTION refuse_client(wanted uuid, seen int, because text, altogether boolean) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it client;
    yes client_acceptance;
BEGIN
    SELECT * INTO it FROM client c WHERE c.id = refuse_client.wanted FOR UPDATE;
    SELECT * INTO yes FROM client_acceptance a WHERE a.id = it.id;
    IF caller_self() IS NULL OR it.agency_id IS DISTINCT FROM caller_agency()
        OR (caller_principal() IN (it.owner_membership_id, yes.owner_membership_id)) IS NOT TRUE THEN
        RAISE EXCEPTION 'the member whom a program names refuses it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF it.version <> seen THEN
        RETURN it.version;
    END IF;
    PERFORM tell_of_client(it, it.name || ' was refused by its owner: ' || because, it.name || ' was refused: ' || because);
    IF yes.owner_membership_id = caller_principal()
        AND (altogether OR it.owner_membership_id <> caller_principal()) THEN
        DELETE FROM client_acceptance a WHERE a.id = it.id;
    ELSIF yes.id IS NOT NULL THEN
        UPDATE client_key k SET retired_at = clock_timestamp()
        WHERE k.client_id = it.id AND k.retired_at IS NULL AND k.thumbprint <> ALL (yes.thumbprints);
    END IF;
    UPDATE client c SET refused_at = clock_timestamp(), refusal = because, updated_at = clock_timestamp(),
        ended_at = CASE WHEN yes.id IS NULL THEN clock_timestamp() ELSE c.ended_at END
    WHERE c.id = it.id;
    RETURN seen;
END
$$;

-- Whoever accepts a client accepts its keys: one that came since was not seen.
CREATE FUNCTION touch_client_of_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE client c SET updated_at = clock_timestamp() WHERE c.id = NEW.client_id;
    RETURN NULL;
END
$$;

-- A key that was accepted stays the same key: it can be retired, and nothing else.
CREATE FUNCTION keep_client_key() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - 'retired_at' IS DISTINCT FROM to_jsonb(OLD) - 'retired_at'
        OR OLD.retired_at IS NOT NULL AND NEW.retired_at IS NULL AND caller_principal() IS NOT NULL THEN
        RAISE EXCEPTION 'a registered key is retired, and never another one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- A notice to whoever answers for a client, from an administrator of its agency. The words are the portal's own.
CREATE FUNCTION tell_owner(client uuid, says text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('agencies:manage') OR caller_self() IS NULL THEN
        RAISE EXCEPTION 'only an administrator tells people of changes' USING ERRCODE = '42501';
    END IF;
    INSERT INTO notice (id, person_id, at, kind, says)
    SELECT gen_random_uuid(), m.person_id, clock_timestamp(), 'program_changed', left(tell_owner.says, 400)
    FROM client c JOIN membership m ON m.id = c.owner_membership_id
    WHERE c.id = tell_owner.client AND c.agency_id = caller_agency();
END
$$;
