-- The portal's login roles and its database. Safe to run again: it adds what is missing and resets what drifted.
--
-- An administrator runs it once, as a superuser:   psql -d postgres -f deploy/postgresql-roles.sql
-- and then gives each role a password:             \password portal_runtime
-- The embedded server of `portal demo` and of the tests runs this same file, without psql: portal/store/bootstrap.py
-- understands \set, \connect and \gexec at the start or end of a line, and no other psql command.
\set ON_ERROR_STOP on

-- portal_owner    owns every table and function; migrations only
-- portal_auth     /oauth and sign-in: the only one that reaches schema auth_secret
-- portal_runtime  the API; row-level security decides what it reads
-- portal_command  the commands (`--as`): portal_runtime, and it may open a caller by name
-- portal_worker   sends what is in the outbox: it reads no table, and takes messages by functions alone
DO $$
DECLARE
    needed text;
BEGIN
    FOREACH needed IN ARRAY ARRAY['portal_owner', 'portal_auth', 'portal_runtime', 'portal_command', 'portal_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = needed) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', needed);
        END IF;
        EXECUTE format('ALTER ROLE %I SET timezone = %L', needed, 'UTC');
        EXECUTE format('ALTER ROLE %I SET jit = off', needed);
        EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', needed, '15s');
        EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', needed, '5s');
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', needed, '30s');
    END LOOP;
END $$;

-- A read's statement is made for the shape of its variables, so one plan serves all their values; to plan it anew
-- takes up to three times as long as to run it.
ALTER ROLE portal_runtime SET plan_cache_mode = force_generic_plan;
ALTER ROLE portal_command SET plan_cache_mode = force_generic_plan;
-- What is read lies in memory or on a solid-state disk: a jump in it costs little more than the next page.
ALTER ROLE portal_runtime SET random_page_cost = 1.1;
ALTER ROLE portal_command SET random_page_cost = 1.1;

-- A back-fill or an index may take longer than any request; the lock limit still protects the others.
ALTER ROLE portal_owner SET statement_timeout = 0;
-- It is a member of nothing but PostgreSQL's own pg_database_owner, which owns schema public at first.
ALTER ROLE portal_owner INHERIT;

ALTER ROLE portal_command INHERIT;
GRANT portal_runtime TO portal_command;

-- Row-level security binds neither a superuser nor BYPASSRLS, so such a role must not serve anybody.
DO $$
DECLARE
    powerful text;
BEGIN
    SELECT string_agg(rolname, ', ') INTO powerful
    FROM pg_roles
    WHERE rolname IN ('portal_owner', 'portal_auth', 'portal_runtime', 'portal_command', 'portal_worker')
      AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication);
    IF powerful IS NOT NULL THEN
        RAISE EXCEPTION 'These roles can pass by the row rules: %', powerful
            USING HINT = 'ALTER ROLE ... NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION';
    END IF;
END $$;

-- Collation C everywhere: lists and cursors keep the same order on each machine, without ICU.
SELECT 'CREATE DATABASE portal OWNER portal_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE_PROVIDER libc LOCALE ''C'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'portal')
\gexec

\connect portal

-- No CREATE and no TEMPORARY for anybody but the owner: an injected statement has nowhere to put a function or a table.
REVOKE ALL ON DATABASE portal FROM PUBLIC;
GRANT CONNECT ON DATABASE portal TO portal_auth, portal_runtime, portal_command, portal_worker;

ALTER SCHEMA public OWNER TO portal_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO portal_auth, portal_runtime, portal_worker;

-- A new function may be called by nobody until a migration says by whom.
ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE EXTENSION IF NOT EXISTS plpgsql;
