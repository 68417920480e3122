-- The caller's context: a transaction-local setting, signed with a key that no login role can read and bound
-- to this backend and this transaction. An SQL injection can set it, but cannot make one that verifies.

CREATE FUNCTION context_mac(body text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, auth_secret, pg_temp AS $$
    -- HMAC-SHA256 (RFC 2104) with the padded key kept ready; PostgreSQL has sha256() but no HMAC without pgcrypto.
    SELECT encode(sha256(k.outer || sha256(k.inner || convert_to(body, 'UTF8'))), 'hex')
    FROM auth_secret.context_key k ORDER BY k.made_at DESC LIMIT 1
$$;

-- Whether one of our keys made this. A key that was replaced is good for an hour more: requests are under way.
CREATE FUNCTION context_verifies(mac text, body text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, auth_secret, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM auth_secret.context_key k
        WHERE mac = encode(sha256(k.outer || sha256(k.inner || convert_to(body, 'UTF8'))), 'hex')
          AND NOT EXISTS (SELECT FROM auth_secret.context_key newer WHERE newer.made_at > k.made_at
                          AND newer.made_at < clock_timestamp() - interval '1 hour'))
$$;

CREATE FUNCTION context_home() RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_backend_pid()::text || '@' || extract(epoch FROM transaction_timestamp())::text
$$;

CREATE FUNCTION set_context(
    principal uuid, agency uuid, person uuid, request uuid, moment timestamptz, scopes text[], keys int[],
    by_token boolean, closed int[], lacking jsonb, client uuid
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    body text := concat_ws('|', context_home(), principal, agency, coalesce(person::text, ''), coalesce(request::text, ''),
                           extract(epoch FROM coalesce(moment, now())), array_to_string(scopes, ','), keys::text, by_token,
                           closed::text, lacking::text, coalesce(client::text, ''));
BEGIN
    PERFORM set_config('portal.caller', context_mac(body) || '|' || body, true);
END
$$;

-- The verified context as an array: home, principal, agency, person, request, moment, scopes, keys, by_token, closed
-- routes, keys that lack a category, client. NULL: nobody.
CREATE FUNCTION caller_context() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signed text := current_setting('portal.caller', true);
    body text := substr(signed, 66);
    parts text[];
BEGIN
    IF signed IS NULL OR signed = '' OR NOT context_verifies(left(signed, 64), body) THEN
        RETURN NULL;
    END IF;
    parts := string_to_array(body, '|');
    IF parts[1] IS DISTINCT FROM context_home() THEN
        RETURN NULL;
    END IF;
    RETURN parts;
END
$$;

CREATE FUNCTION caller_keys() RETURNS int[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_context())[8]::int[] $$;

-- The keys that open data of this category: all but those whose agreement does not cover it.
CREATE FUNCTION caller_keys(category text) RETURNS int[] LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    context text[] := caller_context();
    lacking jsonb := context[11]::jsonb -> category;
BEGIN
    IF lacking IS NULL THEN
        RETURN context[8]::int[];
    END IF;
    RETURN ARRAY(SELECT key FROM unnest(context[8]::int[]) key WHERE NOT lacking @> to_jsonb(key));
END
$$;

-- The routes by which the caller's agency was given something, and by which it may not have it today.
CREATE FUNCTION caller_closed() RETURNS int[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_context())[10]::int[] $$;

CREATE FUNCTION caller_principal() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_context())[2]::uuid $$;

CREATE FUNCTION caller_agency() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_context())[3]::uuid $$;

CREATE FUNCTION caller_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT nullif((caller_context())[4], '')::uuid $$;

-- The person themselves, NULL for a program that acts for them: where they are signed in, what they are told and with
-- what they prove who they are is no program's business.
CREATE FUNCTION caller_self() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN (caller_context())[9] = 'f' THEN nullif((caller_context())[4], '')::uuid END
$$;

-- The program that asks, for itself or in somebody's name; NULL for a person on the portal's own pages.
CREATE FUNCTION caller_client() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT nullif((caller_context())[12], '')::uuid $$;

CREATE FUNCTION caller_request() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT nullif((caller_context())[5], '')::uuid $$;

-- The request's one "now"; the owner (migrations, back-fills) has no caller and gets the transaction's.
CREATE FUNCTION caller_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(to_timestamp(((caller_context())[6])::double precision), transaction_timestamp())
$$;

CREATE FUNCTION caller_can(scope text) RETURNS boolean LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(scope = ANY (string_to_array((caller_context())[7], ',')), false)
$$;
