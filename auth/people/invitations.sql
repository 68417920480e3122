-- Ways in. What may change of an invitation is little: it is confirmed, withdrawn, or used once.

-- Whether a member's person belongs, or is about to belong, to another agency or joint body. To let them in again hands
-- over the whole person: no one agency decides that for the others.
CREATE FUNCTION belongs_elsewhere(member uuid, today date) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (caller_principal() IS NULL OR caller_can('agencies:manage')) AND EXISTS (
        SELECT FROM membership m JOIN membership o ON o.person_id = m.person_id AND o.agency_id <> m.agency_id
        JOIN agency a ON a.id = o.agency_id AND (a.ended_on IS NULL OR a.ended_on > today)
        WHERE m.id = member AND o.ended_at IS NULL AND (o.ends_on IS NULL OR o.ends_on >= today)
    )
$$;

-- Whether those who made an invitation may still make it: the portal's operator, or an administrator who is one today
-- and, of the role, still may; and, where a second person confirmed it, they too.
CREATE FUNCTION still_meant(i invitation, today date) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.made_person_id IS NULL
        OR i.made_person_id = ANY (administrators_of(i.agency_id, today))
           AND (i.role IS NULL OR grantable(i.agency_id, i.role))
           AND (i.confirmed_by_id IS NULL OR i.confirmed_person_id = ANY (administrators_of(i.agency_id, today))
                OR EXISTS (
                    SELECT FROM membership m JOIN membership_role r ON r.membership_id = m.id
                    WHERE m.id = i.confirmed_by_id AND r.role = 'partnership_administrator' AND lives(m, today)
                      AND (r.ends_on IS NULL OR r.ends_on >= today)))
$$;

-- Whoever holds an old key, an account at a provider or a client's token is out, by whatever door the person comes back.
CREATE FUNCTION forget_ways_in(who uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
BEGIN
    DELETE FROM credential c WHERE c.person_id = who;
    DELETE FROM identity i WHERE i.person_id = who;
    DELETE FROM auth_secret.recovery r WHERE r.person_id = who;
    DELETE FROM auth_secret.session_secret s USING browser_session b WHERE b.id = s.session_id AND b.person_id = who;
    UPDATE browser_session b SET ended_at = clock_timestamp() WHERE b.person_id = who AND b.ended_at IS NULL;
    UPDATE consent c SET ended_at = clock_timestamp() WHERE c.person_id = who AND c.ended_at IS NULL;
    UPDATE auth_secret.access_token t SET revoked_at = clock_timestamp() FROM membership m
    WHERE m.person_id = who AND t.principal_id = m.id AND t.revoked_at IS NULL;
END
$$;

CREATE FUNCTION check_invitation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    little text[] := ARRAY['withdrawn_at', 'token_hash', 'confirmed_by_id', 'confirmed_person_id', 'confirmed_at',
                           'expires_at'];
    concerned uuid := (SELECT m.person_id FROM membership m WHERE m.id = NEW.rebinds_id);
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NEW;  -- accept_invitation, and the end of a membership
    END IF;
    IF OLD.used_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL OR to_jsonb(NEW) - little <> to_jsonb(OLD) - little
        OR OLD.token_hash IS NOT NULL AND (
            (NEW.token_hash, NEW.expires_at) IS DISTINCT FROM (OLD.token_hash, OLD.expires_at)) THEN
        RAISE EXCEPTION 'an invitation is withdrawn, never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.confirmed_by_id IS DISTINCT FROM OLD.confirmed_by_id AND (
        (NEW.confirmed_by_id, NEW.confirmed_person_id) IS DISTINCT FROM (caller_principal(), caller_person())
        OR concerned = caller_person() OR belongs_elsewhere(NEW.rebinds_id, caller_today())
        OR NOT manages(NEW.agency_id)
           AND NOT (caller_can('partnership:manage') AND too_few_in(NEW.agency_id, concerned))
    ) THEN
        RAISE EXCEPTION 'this invitation is not the caller''s to confirm' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- Taken by one statement, so that of a thousand who try at once one succeeds. NULLs: there is nothing to accept.
CREATE FUNCTION accept_invitation(hash bytea, called text, provider uuid, known uuid, today date)
RETURNS TABLE (person uuid, member uuid) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    came uuid := gen_random_uuid();
    taken invitation;
    who uuid;
BEGIN
    -- The key is deferred: the member who came is written after the invitation that let them in.
    UPDATE invitation i SET used_at = clock_timestamp(), joined_id = coalesce(i.rebinds_id, came)
    WHERE i.token_hash = hash AND i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > clock_timestamp()
      AND sign_in_vouches(provider, i.agency_id)
      AND EXISTS (SELECT FROM agency a WHERE a.id = i.agency_id AND (a.ended_on IS NULL OR a.ended_on > today))
      AND still_meant(i, today)
      AND (known IN (i.made_person_id, i.confirmed_person_id)) IS NOT TRUE  -- nobody invites themselves
      AND (i.rebinds_id IS NULL OR NOT belongs_elsewhere(i.rebinds_id, today) AND EXISTS (
          SELECT FROM membership m WHERE m.id = i.rebinds_id AND lives(m, today)
            AND (known IS NULL OR known = m.person_id)))
    RETURNING i.* INTO taken;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF taken.rebinds_id IS NOT NULL THEN
        who := (SELECT m.person_id FROM membership m WHERE m.id = taken.rebinds_id);
        PERFORM forget_ways_in(who);
        PERFORM tell(p, 'joined', 'A member who had lost every way to sign in has come back by the invitation for '
                     || taken.for_whom || '.') FROM unnest(administrators_of(taken.agency_id, today)) p WHERE p <> who;
        PERFORM tell(who, 'sign_in_changed', 'You were let in again by an invitation that two administrators made.'
                     || ' All your sessions and all your old ways to sign in were ended.');
        RETURN QUERY SELECT who, taken.rebinds_id;
        RETURN;
    END IF;
    who := known;
    IF who IS NULL THEN
        who := gen_random_uuid();
        INSERT INTO person (id, name) VALUES (who, called);
    END IF;
    INSERT INTO membership (id, person_id, agency_id, starts_on) VALUES (came, who, taken.agency_id, today);
    IF taken.role IS NOT NULL THEN
        INSERT INTO membership_role (membership_id, role) VALUES (came, taken.role);
    END IF;
    PERFORM tell(p, 'joined', (SELECT n.name FROM person n WHERE n.id = who) || ' joined by the invitation for '
                 || taken.for_whom || '.') FROM unnest(administrators_of(taken.agency_id, today)) p WHERE p <> who;
    RETURN QUERY SELECT who, came;
END
$$;
