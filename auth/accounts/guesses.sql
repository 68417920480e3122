-- How often anybody may guess: each try fills buckets that drain, and a full one makes the next try wait, twice as long
-- with each. Nothing is ever locked for good, and nobody waits for what others did from elsewhere: a browser in which
-- somebody has proved who they are has a bucket of its own, and one network alone cannot make all others wait. Names and
-- addresses are kept as keyed hashes only.

CREATE FUNCTION guess_mark(what text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT decode(context_mac('guess|' || what), 'hex') $$;

-- The seconds until the next try would be allowed. Holds the bucket until the transaction ends, and counts nothing.
CREATE FUNCTION bucket_wait(mark bytea, moment timestamptz) RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    next_at timestamptz;
BEGIN
    INSERT INTO auth_secret.guess AS g (mark, level, at, next_at) VALUES (mark, 0, moment, '-infinity')
    ON CONFLICT ON CONSTRAINT guess_pkey DO UPDATE SET mark = excluded.mark
    RETURNING g.next_at INTO next_at;
    RETURN CASE WHEN next_at > moment THEN extract(epoch FROM next_at - moment) ELSE 0 END;
END
$$;

-- The same; 0 counts this one.
CREATE FUNCTION fill_bucket(mark bytea, free int, drains interval, longest interval, moment timestamptz)
RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    wait double precision := bucket_wait(mark, moment);
    bucket auth_secret.guess;
    filled double precision;
BEGIN
    IF wait > 0 THEN
        RETURN wait;
    END IF;
    SELECT g.* INTO bucket FROM auth_secret.guess g WHERE g.mark = mark;
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

-- Counts one more, and says whether more guess at the moment than ever sign in here. By itself it makes nobody wait; a
-- minute after the last of a flood it is as if there had been none.
CREATE FUNCTION many_guess(moment timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    free int := 600;
    filled double precision;
BEGIN
    INSERT INTO auth_secret.guess AS g (mark, level, at, next_at) VALUES (guess_mark('everybody'), 1, moment, '-infinity')
    ON CONFLICT ON CONSTRAINT guess_pkey DO UPDATE SET
        level = least(2 * free, 1 + greatest(0, g.level - extract(epoch FROM greatest(moment - g.at, '0')) * 10)),
        at = greatest(g.at, moment)
    RETURNING g.level INTO filled;
    RETURN filled > free;
END
$$;

-- `browser` is one in which this account has proved itself: its own bucket alone counts. Else, in this order: the address
-- and its whole network, so that who must wait there fills nothing else; the account, ten tries in five minutes; and,
-- while many guess all over the country, three tries and then one a minute for each network. A try that must wait
-- for one of these fills none of those behind it, and never the account's.
CREATE FUNCTION take_guess(account text, address text, network text, browser text,
                           moment timestamptz DEFAULT clock_timestamp())
RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wait double precision;
BEGIN
    IF browser IS NOT NULL THEN
        RETURN fill_bucket(guess_mark('browser|' || account || '|' || browser), 3, '120 seconds', '120 seconds', moment);
    END IF;
    wait := fill_bucket(guess_mark('address|' || address), 60, '3 seconds', '60 seconds', moment);
    IF wait = 0 AND network <> address THEN
        wait := fill_bucket(guess_mark('network|' || network), 180, '1 second', '60 seconds', moment);
    END IF;
    IF wait = 0 THEN
        wait := bucket_wait(guess_mark('account|' || account), moment);
    END IF;
    IF wait = 0 AND many_guess(moment) THEN
        wait := fill_bucket(guess_mark('meanwhile|' || network), 3, '60 seconds', '60 seconds', moment);
    END IF;
    IF wait = 0 THEN
        wait := fill_bucket(guess_mark('account|' || account), 3, '120 seconds', '120 seconds', moment);
    END IF;
    RETURN wait;
END
$$;

-- It was no guess: what it has filled is given back, and the account, or its browser, begins anew.
CREATE FUNCTION forget_guesses(account text, address text, network text, browser text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
    DELETE FROM auth_secret.guess
    WHERE mark = guess_mark(coalesce('browser|' || account || '|' || browser, 'account|' || account));
    UPDATE auth_secret.guess SET level = greatest(0, level - 1)
    WHERE browser IS NULL
      AND mark IN (guess_mark('address|' || address), guess_mark('network|' || network), guess_mark('meanwhile|' || network))
$$;
