-- What a caller may ask about itself: its scopes at this moment, and the browser session that this request came by.

CREATE FUNCTION caller_scopes() RETURNS text[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(string_to_array(nullif((caller_context())[7], ''), ','), '{}')
$$;

-- Set by open_session_caller for this transaction. It only tells a person's own sessions apart: nothing rests on it.
CREATE FUNCTION caller_session() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT nullif(current_setting('portal.session', true), '')::uuid
$$;

-- The memberships that the caller can act as: the person's living ones that this session's way of signing in vouches for.
CREATE FUNCTION caller_memberships(today date) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(m.id), '{}')
    FROM membership m JOIN agency a ON a.id = m.agency_id
    WHERE m.person_id = caller_self() AND m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on >= today)
      AND m.ended_at IS NULL AND (a.ended_on IS NULL OR a.ended_on > today)
      AND (caller_session() IS NULL OR EXISTS (
          SELECT FROM browser_session b WHERE b.id = caller_session() AND sign_in_vouches(b.provider_id, m.agency_id)))
$$;
