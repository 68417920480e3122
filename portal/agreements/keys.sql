-- Who sees an agreement, and what follows from what people say of it.

-- Whoever leads it and whoever is or was a party; an agency that was only named and let go again is neither.
CREATE FUNCTION agreement_keys(wanted uuid, lead uuid) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT array_agg(c.id ORDER BY c.id) FROM capability c
    WHERE c.kind = 'agency' AND (c.agency_id = lead OR c.agency_id IN (
        SELECT p.agency_id FROM agreement_party p
        WHERE p.agreement_id = wanted AND (p.left_at IS NULL OR p.joined_at IS NOT NULL)))
$$;

CREATE FUNCTION set_agreement_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := agreement_keys(NEW.id, NEW.lead_agency_id);
    RETURN NEW;
END
$$;

-- The agreement's keys, and its lock: whatever hangs on it is written by one transaction at a time. An unknown or
-- hidden agreement gives no key, so that the policy refuses both alike.
CREATE FUNCTION agreement_child_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT acl INTO NEW.acl FROM agreement WHERE id = NEW.agreement_id FOR NO KEY UPDATE;
    ELSE
        SELECT acl INTO NEW.acl FROM agreement WHERE id = NEW.agreement_id;
    END IF;
    NEW.acl := coalesce(NEW.acl, '{}');
    RETURN NEW;
END
$$;

-- What a verb calls before it looks whether a move is possible; of a hidden agreement it does nothing.
CREATE FUNCTION hold_agreement(wanted uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM agreement WHERE id = wanted AND acl && caller_keys() FOR NO KEY UPDATE;
END
$$;

CREATE FUNCTION agreement_parties_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE agreement SET acl = acl WHERE id = NEW.agreement_id;
    RETURN NULL;
END
$$;

-- New keys reach what hangs on the agreement, and the history of all of it.
CREATE FUNCTION spread_agreement_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY '{agreement_version,agreement_party,agreement_advice,agreement_signature,agreement_event}'::text[]
    LOOP
        EXECUTE format('UPDATE %I SET acl = $1 WHERE agreement_id = $2', child) USING NEW.acl, NEW.id;
    END LOOP;
    UPDATE history SET acl = NEW.acl WHERE initiative_id IS NULL AND object_id IN (
        SELECT NEW.id UNION ALL SELECT v.id FROM agreement_version v WHERE v.agreement_id = NEW.id
        UNION ALL SELECT p.id FROM agreement_party p WHERE p.agreement_id = NEW.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION note_agreement_event(
    agreement uuid, version uuid, party uuid, what text
) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agreement_event (id, agreement_id, agreement_version_id, party_id, move, by_id, by_agency_id, at, acl)
    VALUES (gen_random_uuid(), agreement, version, party, what, caller_principal(), caller_agency(), caller_now(), '{}')
$$;

-- Whether a party that accedes has the consents that the version in force asks for. Whoever named it has consented.
CREATE FUNCTION accession_agreed(party uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH said AS (
        SELECT e.by_agency_id FROM agreement_event e
        WHERE e.party_id = accession_agreed.party AND e.move IN ('party_named', 'consented')
    )
    SELECT CASE v.accession
        WHEN 'closed' THEN false
        WHEN 'lead' THEN a.lead_agency_id IN (SELECT said.by_agency_id FROM said)
        ELSE NOT EXISTS (
            SELECT FROM agreement_standing(p.agreement_id, caller_now()) s
            WHERE s.agency_id <> p.agency_id AND s.agency_id NOT IN (SELECT said.by_agency_id FROM said)) END
    FROM agreement_party p JOIN agreement a ON a.id = p.agreement_id
    JOIN agreement_version v ON v.id = agreement_version_now(p.agreement_id, caller_now())
    WHERE p.id = accession_agreed.party
$$;

-- Who has joined by now: parties that the version names when all that must have signed it; one that accedes when it
-- has signed, and whoever is to be asked has agreed.
CREATE FUNCTION settle_agreement(wanted uuid, signed_version uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    joins record;
    -- Before its first day, the version that is to count then.
    counts uuid := coalesce(signed_version, agreement_version_now(wanted, caller_now()));
BEGIN
    UPDATE agreement_version v SET signed_at = caller_now()
    WHERE v.id = counts AND v.signed_at IS NULL AND v.sent_at IS NOT NULL AND v.dropped_at IS NULL AND NOT EXISTS (
        SELECT FROM agreement_party p
        WHERE p.agreement_id = wanted AND p.required AND p.since_number <= v.number AND p.left_at IS NULL
          AND p.suspended_at IS NULL AND NOT EXISTS (
            SELECT FROM agreement_signature s WHERE s.agreement_version_id = v.id AND s.party_id = p.id));
    IF FOUND THEN
        PERFORM note_agreement_event(wanted, counts, NULL, 'agreed');
    END IF;
    FOR joins IN
        SELECT p.id FROM agreement_party p
        JOIN agreement_signature s ON s.party_id = p.id AND s.agreement_version_id = counts
        JOIN agreement_version v ON v.id = counts
        WHERE p.agreement_id = wanted AND p.joined_at IS NULL AND p.left_at IS NULL AND v.signed_at IS NOT NULL
          AND p.since_number <= v.number AND (NOT p.accedes OR accession_agreed(p.id))
    LOOP
        UPDATE agreement_party SET joined_at = caller_now() WHERE id = joins.id;
        PERFORM note_agreement_event(wanted, counts, joins.id, 'joined');
    END LOOP;
END
$$;

-- A signature is an event, and may be the last that was missing.
CREATE FUNCTION agreement_signed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data, which says itself how things stand
    END IF;
    PERFORM note_agreement_event(NEW.agreement_id, NEW.agreement_version_id, NEW.party_id, 'signed');
    PERFORM settle_agreement(NEW.agreement_id, NEW.agreement_version_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION agreement_advised() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data, which says itself how things stand
    END IF;
    PERFORM note_agreement_event(NEW.agreement_id, NEW.agreement_version_id, NEW.party_id, 'advised');
    RETURN NULL;
END
$$;

-- Events of one agreement have an order, also those that one request brings about.
CREATE FUNCTION order_agreement_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF caller_principal() IS NOT NULL THEN
        SELECT greatest(NEW.at, a.last_event_at + interval '1 microsecond') INTO NEW.at
        FROM agreement a WHERE a.id = NEW.agreement_id;
    END IF;
    RETURN NEW;
END
$$;

-- Where an agreement and its parties stand is what its events have made of them; nothing else moves them.
CREATE FUNCTION apply_agreement_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    open_version uuid := (SELECT v.id FROM agreement_version v WHERE v.agreement_id = NEW.agreement_id
                          AND v.sent_at IS NOT NULL AND v.signed_at IS NULL AND v.dropped_at IS NULL);
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data, which says itself how things stand
    END IF;
    CASE NEW.move
        WHEN 'sent' THEN
            UPDATE agreement_version SET sent_at = NEW.at WHERE id = NEW.agreement_version_id AND sent_at IS NULL;
            UPDATE agreement SET sent_at = coalesce(sent_at, NEW.at) WHERE id = NEW.agreement_id;
        WHEN 'dropped' THEN
            UPDATE agreement_version SET dropped_at = NEW.at WHERE id = NEW.agreement_version_id AND signed_at IS NULL;
        WHEN 'consented' THEN
            PERFORM settle_agreement(NEW.agreement_id, NULL);
        WHEN 'party_suspended' THEN
            UPDATE agreement_party SET suspended_at = NEW.at, suspended_by_agency_id = NEW.by_agency_id
            WHERE id = NEW.party_id AND suspended_at IS NULL AND left_at IS NULL;
        WHEN 'party_resumed' THEN
            UPDATE agreement_party SET suspended_at = NULL, suspended_by_agency_id = NULL WHERE id = NEW.party_id;
        WHEN 'party_left' THEN
            UPDATE agreement_party SET left_at = NEW.at WHERE id = NEW.party_id AND left_at IS NULL;
            IF open_version IS NOT NULL THEN  -- nobody waits for the signature of who has gone
                PERFORM settle_agreement(NEW.agreement_id, open_version);
            END IF;
        WHEN 'suspended' THEN
            UPDATE agreement SET suspended_at = NEW.at WHERE id = NEW.agreement_id AND suspended_at IS NULL;
        WHEN 'resumed' THEN
            UPDATE agreement SET suspended_at = NULL WHERE id = NEW.agreement_id;
        WHEN 'withdrawn' THEN
            UPDATE agreement SET withdrawn_at = NEW.at WHERE id = NEW.agreement_id AND withdrawn_at IS NULL;
        ELSE NULL;
    END CASE;
    -- Whoever follows the agreement learns of each event by its version.
    UPDATE agreement SET last_event_at = NEW.at WHERE id = NEW.agreement_id;
    RETURN NULL;
END
$$;
