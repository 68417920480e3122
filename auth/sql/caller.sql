-- Opening a caller: who the token or the command speaks for, which keys that principal holds at this moment.

CREATE FUNCTION capability(wanted text, agency uuid DEFAULT NULL, team uuid DEFAULT NULL) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT id FROM capability c
    WHERE c.kind = wanted AND c.agency_id IS NOT DISTINCT FROM agency AND c.team_id IS NOT DISTINCT FROM team
      AND c.gate_id IS NULL
$$;

-- Broad keys first: an overlap test stops at the first match, and most rows carry a broad key.
CREATE FUNCTION keys_of(agency uuid, teams uuid[], reads boolean) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(id), '{}') FROM (
        SELECT c.id FROM capability c LEFT JOIN agency a ON a.id = agency
        WHERE c.kind = 'public'
           OR c.kind = 'staff' AND c.agency_id = agency
           OR reads AND (c.kind = 'partnership' AND a.in_partnership
                         OR c.kind = 'agency' AND c.agency_id = agency
                         OR c.kind = 'team' AND c.team_id = ANY (teams))
        ORDER BY array_position(ARRAY['public', 'partnership', 'agency', 'staff', 'team'], c.kind::text), c.id
    ) held
$$;

-- What a principal may do today: a membership by its roles; an API client by its scopes, within those that its owner has
-- accepted, within what the owner may. One that nobody has accepted rests: it is nobody.
CREATE FUNCTION principal_today(wanted uuid, today date)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[], team_ids uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.id, 'membership', m.agency_id, m.person_id, held.roles,
           ARRAY(SELECT DISTINCT s.scope::text FROM role_scope s WHERE s.role = ANY (held.roles) ORDER BY 1),
           ARRAY(SELECT t.team_id FROM team_member t WHERE t.membership_id = m.id ORDER BY 1)
    FROM membership m JOIN agency a ON a.id = m.agency_id CROSS JOIN LATERAL roles_today(m.id, today) AS held (roles)
    WHERE m.id = wanted AND m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on >= today)
      AND m.ended_at IS NULL AND (a.ended_on IS NULL OR a.ended_on > today)
    UNION ALL
    SELECT c.id, 'client', c.agency_id, NULL, '{}', ARRAY(
               SELECT held.name FROM unnest(c.scopes) AS held (name)
               WHERE held.name = ANY (yes.scopes)
                 AND EXISTS (SELECT FROM role_scope s WHERE s.scope = held.name AND s.role = ANY (owns.roles))
               ORDER BY 1), '{}'
    FROM client c JOIN agency a ON a.id = c.agency_id JOIN client_acceptance yes ON yes.id = c.id
    LEFT JOIN membership m ON m.id = yes.owner_membership_id AND m.agency_id = c.agency_id AND m.starts_on <= today
        AND (m.ends_on IS NULL OR m.ends_on >= today) AND m.ended_at IS NULL
    LEFT JOIN LATERAL roles_today(m.id, today) AS owns (roles) ON m.id IS NOT NULL
    WHERE c.id = wanted AND c.ended_at IS NULL AND c.expires_at > now()
      AND (a.ended_on IS NULL OR a.ended_on > today)
$$;

-- As what a principal uses what others share: a member by its roles, a program by those of whoever answers for it.
CREATE FUNCTION acting_roles(principal uuid, today date) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT roles_today(coalesce((SELECT c.owner_membership_id FROM client_acceptance c WHERE c.id = principal), principal), today)
$$;

CREATE FUNCTION open_principal(wanted uuid, within text[], request uuid, moment timestamptz, client uuid DEFAULT NULL)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[], team_ids uuid[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (coalesce(moment, now()) AT TIME ZONE 'Europe/London')::date;
    who record;
    keys int[];
    cases record;
BEGIN
    SELECT * INTO who FROM principal_today(wanted, today);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this principal has no access' USING ERRCODE = 'PA401';
    END IF;
    who.scopes := ARRAY(SELECT s FROM unnest(who.scopes) s WHERE within IS NULL OR s = ANY (within));
    keys := keys_of(who.agency_id, who.team_ids, 'initiatives:read' = ANY (who.scopes));
    -- Asked anew at each request: an agreement that ends or is suspended closes its cases and changes no row.
    SELECT * INTO cases FROM case_keys(who.agency_id, who.team_ids, who.scopes, coalesce(moment, now()),
                                       acting_roles(who.principal_id, today));
    keys := keys || cases.keys;
    -- The cost of reading grows with the keys; to drop some would hide rows, and nobody would know.
    IF cardinality(keys) > 64 THEN
        RAISE EXCEPTION 'this principal holds too many keys: leave a team' USING ERRCODE = 'PA401';
    END IF;
    PERFORM set_context(who.principal_id, who.agency_id, who.person_id, request, moment, who.scopes, keys,
                        within IS NOT NULL, cases.closed, cases.lacking, client);
    RETURN QUERY SELECT who.principal_id, who.kind, who.agency_id, who.person_id, who.roles, who.scopes,
                        who.team_ids;
END
$$;

-- What is left today of the scopes that a person let a program have; NULL when the consent, the program or its
-- agency has ended, when whoever vouched for the person no longer does, or when the membership has moved to another
-- agency than the program's.
CREATE FUNCTION consented(consent uuid, scopes text[], today date) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT s FROM unnest(consented.scopes) s WHERE s = ANY (program.scopes))
    FROM consent c JOIN membership m ON m.id = c.membership_id
    CROSS JOIN LATERAL principal_today(c.client_id, today) program
    WHERE c.id = consented.consent AND c.ended_at IS NULL AND c.expires_at > now() AND program.agency_id = m.agency_id
      AND m.person_id = c.person_id AND sign_in_vouches(c.provider_id, m.agency_id)
$$;

-- The request's first statement: token, proof of possession, replay, caller, all in one.
-- Replay rows may commit asynchronously because a proof older than the server's start is refused. Two limits:
-- a backend that crashes alone, and a failover to an asynchronous replica, can forget a mark of the last half second.
CREATE FUNCTION open_caller(
    token_hash bytea, thumbprint text, proof bytea, proof_issued timestamptz, membership uuid, request uuid,
    moment timestamptz DEFAULT NULL, exchange uuid DEFAULT NULL
)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[],
               team_ids uuid[], authenticated_at timestamptz, acr text)
LANGUAGE plpgsql ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_column
DECLARE
    token auth_secret.access_token;
    within text[];
BEGIN
    SELECT * INTO token FROM auth_secret.access_token t
    WHERE t.token_hash = open_caller.token_hash AND t.thumbprint = open_caller.thumbprint
      AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the access token is unknown, expired or revoked' USING ERRCODE = 'PA401';
    END IF;
    IF proof_issued <= pg_postmaster_start_time() THEN
        RAISE EXCEPTION 'the proof is older than the server' USING ERRCODE = 'PA401';
    END IF;
    -- A mutation opens its caller once for each field: those share an exchange, which never leaves the server.
    INSERT INTO auth_secret.seen_proof (proof, seen_at, exchange)
    VALUES (open_caller.proof, clock_timestamp(), open_caller.exchange)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (
        SELECT FROM auth_secret.seen_proof s
        WHERE s.proof = open_caller.proof AND s.exchange = open_caller.exchange
    ) THEN
        RAISE EXCEPTION 'the proof has been used before' USING ERRCODE = 'PA401';
    END IF;
    IF membership IS NOT NULL AND membership <> token.principal_id THEN
        RAISE EXCEPTION 'this token does not speak for that membership' USING ERRCODE = 'PA401';
    END IF;
    within := token.scopes;
    -- A program acts for somebody while the consent lasts, and as far as it may today itself.
    IF token.consent_id IS NOT NULL THEN
        IF NOT EXISTS (
            SELECT FROM consent c WHERE c.id = token.consent_id
              AND c.membership_id = token.principal_id AND c.client_id = token.client_id
        ) THEN
            RAISE EXCEPTION 'this token is not of its consent' USING ERRCODE = 'PA401';
        END IF;
        within := consented(token.consent_id, token.scopes::text[], (coalesce(moment, now()) AT TIME ZONE 'Europe/London')::date);
        IF coalesce(within, '{}') = '{}' THEN
            RAISE EXCEPTION 'the consent behind this token has ended, or covers no data' USING ERRCODE = 'PA401';
        END IF;
    END IF;
    -- A proof from the future could outlive a restart that forgets it: its mark must be on disk.
    IF proof_issued <= clock_timestamp() THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    RETURN QUERY SELECT p.principal_id, p.kind, p.agency_id, p.person_id, p.roles, p.scopes, p.team_ids,
                        token.authenticated_at, token.acr::text
                 FROM open_principal(token.principal_id, within, request, moment, token.client_id) p;
END
$$;

-- For operator commands (`--as`): the same principal, keys and rules, without a token. Whoever may run commands
-- has proved it to the machine they run on, and just now.
CREATE FUNCTION open_command_caller(principal uuid, request uuid, moment timestamptz DEFAULT NULL)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[],
               team_ids uuid[], authenticated_at timestamptz, acr text)
LANGUAGE sql ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.*, clock_timestamp(), 'phr' FROM open_principal(principal, NULL, request, moment) p
$$;

CREATE FUNCTION give_agency_its_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO capability (kind, agency_id)
    VALUES ('agency', NEW.id), ('staff', NEW.id), ('summary', NEW.id), ('full', NEW.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION give_team_its_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO capability (kind, agency_id, team_id) VALUES ('team', NEW.agency_id, NEW.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER gives_key AFTER INSERT ON agency FOR EACH ROW EXECUTE FUNCTION give_agency_its_key();
CREATE TRIGGER gives_key AFTER INSERT ON team FOR EACH ROW EXECUTE FUNCTION give_team_its_key();

-- A name is shown inside the agency, and to partners only where the agency shows names.
CREATE FUNCTION show_membership_names() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO membership_name (membership_id, name, acl)
    SELECT m.id, p.name, ARRAY[capability('staff', a.id)]
                         || CASE WHEN a.shows_names THEN ARRAY[capability('partnership')] ELSE '{}' END
    FROM membership m JOIN person p ON p.id = m.person_id JOIN agency a ON a.id = m.agency_id
    WHERE CASE TG_TABLE_NAME WHEN 'membership' THEN m.id WHEN 'person' THEN p.id ELSE a.id END = NEW.id
    ON CONFLICT (membership_id) DO UPDATE SET name = excluded.name, acl = excluded.acl;
    RETURN NULL;
END
$$;

CREATE TRIGGER shows_names AFTER INSERT OR UPDATE OF agency_id, person_id ON membership
FOR EACH ROW EXECUTE FUNCTION show_membership_names();
CREATE TRIGGER shows_names AFTER UPDATE OF name ON person FOR EACH ROW EXECUTE FUNCTION show_membership_names();
CREATE TRIGGER shows_names AFTER UPDATE OF shows_names ON agency FOR EACH ROW EXECUTE FUNCTION show_membership_names();
