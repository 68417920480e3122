-- Whether a way of signing in speaks for an agency: a partner's provider for its own agency, a local account (no
-- provider) for agencies without one, and both for joint bodies, whose people come from several agencies.
CREATE FUNCTION sign_in_vouches(provider uuid, agency uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM agency a
        WHERE a.id = sign_in_vouches.agency AND CASE
            WHEN provider IS NOT NULL THEN EXISTS (
                SELECT FROM identity_provider p
                WHERE p.id = provider AND p.ended_at IS NULL AND (p.agency_id = a.id OR a.kind = 'joint_body'))
            ELSE a.kind = 'joint_body' OR NOT EXISTS (
                SELECT FROM identity_provider p WHERE p.agency_id = a.id AND p.ended_at IS NULL)
            END
    )
$$;

-- The day somebody last came, for the agency's administrators; the sign-in role may change nothing else there.
CREATE FUNCTION note_sign_in(membership uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE membership SET last_signed_in_at = clock_timestamp() WHERE id = note_sign_in.membership
$$;

-- A page's request: the same principal, keys and rules as a token's, opened by the hash of its cookie.

CREATE FUNCTION open_session_caller(token_hash bytea, request uuid, moment timestamptz DEFAULT NULL)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[],
               team_ids uuid[], authenticated_at timestamptz, acr text)
LANGUAGE plpgsql ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_column
DECLARE
    alive browser_session;
BEGIN
    SELECT b.* INTO alive FROM auth_secret.session_secret s JOIN browser_session b ON b.id = s.session_id
    WHERE s.token_hash = open_session_caller.token_hash AND b.ended_at IS NULL
      AND b.expires_at > clock_timestamp() AND b.seen_at > clock_timestamp() - interval '30 minutes';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the session is unknown, over or ended' USING ERRCODE = 'PA401';
    END IF;
    IF alive.membership_id IS NULL OR NOT EXISTS (
        SELECT FROM membership m WHERE m.id = alive.membership_id AND m.person_id = alive.person_id
          AND sign_in_vouches(alive.provider_id, m.agency_id)
    ) THEN
        RAISE EXCEPTION 'the session acts as nobody yet' USING ERRCODE = 'PA402';
    END IF;
    -- Once a minute is enough to know who is still there, and spares most pages a write.
    IF alive.seen_at < clock_timestamp() - interval '1 minute' THEN
        PERFORM set_config('synchronous_commit', 'off', true);
        UPDATE browser_session SET seen_at = clock_timestamp() WHERE id = alive.id;
    END IF;
    PERFORM set_config('portal.session', alive.id::text, true);
    RETURN QUERY SELECT p.principal_id, p.kind, p.agency_id, p.person_id, p.roles, p.scopes, p.team_ids,
                        alive.authenticated_at, alive.acr::text
                 FROM open_principal(alive.membership_id, NULL, request, moment) p;
END
$$;
