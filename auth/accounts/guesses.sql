-- How often anybody may guess: each try fills a bucket that drains, and a full one makes the next try wait, twice as
-- long with each. Nothing is ever locked for good. Names and addresses are kept as keyed hashes only.

CREATE FUNCTION guess_mark(what text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT decode(context_mac('guess|' || what), 'hex') $$;

-- The seconds until one more is allowed; 0 counts this one.
CREATE FUNCTION fill_bucket(mark bytea, free int, drains interval, longest interval, moment timestamptz)
RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    bucket auth_secret.guess;
    filled double precision;
BEGIN
    INSERT INTO auth_secret.guess AS g (mark, level, at, next_at) VALUES (mark, 0, moment, '-infinity')
    ON CONFLICT ON CONSTRAINT guess_pkey DO UPDATE SET mark = excluded.mark
    RETURNING g.* INTO bucket;
    IF bucket.next_at > moment THEN
        RETURN extract(epoch FROM bucket.next_at - moment);
    END IF;
    filled := 1 + greatest(0, bucket.level - extract(epoch FROM greatest(moment - bucket.at, '0')) / extract(epoch FROM drains));
    -- Nobody waits while it is not full, not even who came a moment earlier and is served after the others. Half a
    -- try is allowed for: it has drained a little since.
    UPDATE auth_secret.guess g SET level = filled, at = greatest(bucket.at, moment), next_at = CASE
        WHEN filled < free - 0.5 THEN '-infinity'
        ELSE moment + least(longest, interval '1 second' * power(2, least(filled - free, 30) + 2)) END
    WHERE g.mark = bucket.mark;
    RETURN 0;
END
$$;

-- An address that must wait cannot make an account wait. Ten tries in five minutes for an account.
CREATE FUNCTION take_guess(account text, address text, moment timestamptz DEFAULT clock_timestamp())
RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wait double precision;
BEGIN
    wait := fill_bucket(guess_mark('address|' || address), 60, '3 seconds', '60 seconds', moment);
    IF wait = 0 THEN
        wait := fill_bucket(guess_mark('account|' || account), 3, '120 seconds', '120 seconds', moment);
    END IF;
    IF wait = 0 THEN
        wait := fill_bucket(guess_mark('everybody'), 600, '0.1 seconds', '4 seconds', moment);
    END IF;
    RETURN wait;
END
$$;

CREATE FUNCTION forget_guesses(account text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
    DELETE FROM auth_secret.guess WHERE mark = guess_mark('account|' || account)
$$;
