-- The outbox: a notice is posted in the transaction that writes it, and a worker takes what waits, under a lease.
-- Real time throughout: mail servers know nothing of a demonstration's fixed day.

-- When a message of this person goes: at once, or at the next seven in the morning in London.
CREATE FUNCTION next_post(mode text) RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN mode = 'daily' THEN (
        (clock_timestamp() AT TIME ZONE 'Europe/London' + interval '17 hours')::date + time '07:00'
    ) AT TIME ZONE 'Europe/London' ELSE clock_timestamp() END
$$;

-- Half an hour to read one's mail, and only the newest code.
CREATE FUNCTION holds(it mail_code) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT it.asked_at > clock_timestamp() - interval '30 minutes'
       AND NOT EXISTS (SELECT FROM mail_code c WHERE c.person_id = it.person_id AND c.asked_at > it.asked_at)
$$;

-- How often, and perhaps where: to an address that is new a code goes first. False: five codes in an hour are enough,
-- or anybody could fill others' mailboxes with them.
CREATE FUNCTION set_mail(mode text, address text, code text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me uuid := caller_self();
    post uuid := gen_random_uuid();
BEGIN
    IF me IS NULL THEN
        RAISE EXCEPTION 'where people hear by e-mail is their own matter' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM person p WHERE p.id = me FOR NO KEY UPDATE;
    INSERT INTO mail_preference (id, person_id, mode) VALUES (gen_random_uuid(), me, set_mail.mode)
    ON CONFLICT (person_id) DO UPDATE SET mode = excluded.mode;
    UPDATE outbox_message m SET next_try_at = next_post(set_mail.mode)
    WHERE m.person_id = me AND m.state = 'waiting' AND m.lease IS NULL AND m.attempts = 0
      AND NOT EXISTS (SELECT FROM mail_code c WHERE c.message_id = m.id);
    IF address IS NULL OR EXISTS (
        SELECT FROM mail_preference p WHERE p.person_id = me AND p.address = set_mail.address) THEN
        RETURN true;
    END IF;
    DELETE FROM mail_code c WHERE c.person_id = me AND c.asked_at < clock_timestamp() - interval '1 hour';
    IF (SELECT count(*) FROM mail_code c WHERE c.person_id = me) >= 5 THEN
        RETURN false;
    END IF;
    INSERT INTO outbox_message (id, person_id, state, written_at, next_try_at, attempts, refusals)
    VALUES (post, me, 'waiting', clock_timestamp(), clock_timestamp(), 0, 0);
    INSERT INTO mail_code (id, person_id, message_id, address, code, asked_at)
    VALUES (gen_random_uuid(), me, post, set_mail.address, set_mail.code, clock_timestamp());
    UPDATE mail_preference p SET asked_address = set_mail.address WHERE p.person_id = me;
    RETURN true;
END
$$;

-- The newest code shows that the address is theirs. Codes are long enough not to be guessed. What is left of them counts
-- for the hour, and opens nothing: without its letters it is none.
CREATE FUNCTION confirm_mail(code text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    shown mail_code;
BEGIN
    UPDATE mail_code c SET code = '' WHERE c.person_id = caller_self() AND c.code = confirm_mail.code AND c.code <> ''
      AND holds(c) RETURNING c.* INTO shown;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE mail_preference p SET address = shown.address, since = clock_timestamp(), asked_address = NULL
    WHERE p.person_id = shown.person_id;
    RETURN true;
END
$$;

-- Several notices share a message that nobody has begun to send. The message stays locked until the notice is
-- committed, so that it is never sent, and read about, before there is anything to read.
CREATE FUNCTION post_notice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wish mail_preference;
    post uuid;
    goes timestamptz;
BEGIN
    SELECT * INTO wish FROM mail_preference p
    WHERE p.person_id = NEW.person_id AND p.mode <> 'none' AND p.address IS NOT NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    goes := next_post(wish.mode);
    SELECT m.id INTO post FROM outbox_message m
    WHERE m.person_id = NEW.person_id AND m.state = 'waiting' AND m.attempts = 0 AND m.next_try_at <= goes
      AND NOT EXISTS (SELECT FROM mail_code c WHERE c.message_id = m.id)
    ORDER BY m.next_try_at, m.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        post := gen_random_uuid();
        INSERT INTO outbox_message (id, person_id, state, written_at, next_try_at, attempts, refusals)
        VALUES (post, NEW.person_id, 'waiting', clock_timestamp(), goes, 0, 0);
    END IF;
    INSERT INTO outbox_notice (notice_id, message_id) VALUES (NEW.id, post);
    RETURN NULL;
END
$$;

-- To a team's own inbox, if it has one: that there is something new, and nothing else.
CREATE FUNCTION post_to_team(team uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM outbox_message m
    WHERE m.team_id = post_to_team.team AND m.state = 'waiting' AND m.attempts = 0
    LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        INSERT INTO outbox_message (id, team_id, state, written_at, next_try_at, attempts, refusals)
        SELECT gen_random_uuid(), t.id, 'waiting', clock_timestamp(), clock_timestamp(), 0, 0
        FROM team t WHERE t.id = post_to_team.team AND t.inbox IS NOT NULL;
    END IF;
END
$$;

-- Before anything is taken: what need not be sent any more, what is too old, what was begun and never answered for.
CREATE FUNCTION settle_messages() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    WITH lapsed AS (
        SELECT m.id FROM outbox_message m WHERE m.state = 'waiting' AND m.leased_until < clock_timestamp()
        FOR UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE outbox_message m SET lease = NULL, leased_until = NULL FROM lapsed WHERE m.id = lapsed.id RETURNING m.id
    )
    UPDATE outbox_attempt a SET outcome = 'lost' FROM freed WHERE a.message_id = freed.id AND a.outcome = 'under_way';

    WITH waiting AS (
        SELECT m.id, m.person_id, m.team_id FROM outbox_message m
        WHERE m.state = 'waiting' AND m.lease IS NULL AND m.next_try_at <= clock_timestamp()
        FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox_message m SET state = 'not_needed' FROM waiting w
    WHERE m.id = w.id AND CASE WHEN w.team_id IS NOT NULL
        THEN NOT EXISTS (SELECT FROM team t WHERE t.id = w.team_id AND t.inbox IS NOT NULL)
        WHEN EXISTS (SELECT FROM mail_code c WHERE c.message_id = w.id)
        THEN EXISTS (SELECT FROM mail_code c WHERE c.message_id = w.id AND NOT holds(c))
        ELSE NOT EXISTS (SELECT FROM mail_preference p WHERE p.person_id = w.person_id AND p.mode <> 'none'
                         AND p.address IS NOT NULL)
             OR NOT EXISTS (SELECT FROM outbox_notice o JOIN notice n ON n.id = o.notice_id
                            WHERE o.message_id = w.id AND n.read_at IS NULL) END;

    UPDATE outbox_message m SET state = 'dead'
    WHERE m.state = 'waiting' AND m.lease IS NULL AND m.written_at < clock_timestamp() - interval '5 days'
      AND m.next_try_at <= clock_timestamp();
END
$$;

-- Take so many messages for so many seconds. Whoever does not say in that time what came of one gives it up to the next.
CREATE FUNCTION take_messages(most int, seconds int)
RETURNS TABLE (message_id uuid, held uuid, sent_to text, is_task boolean, code text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM settle_messages();
    RETURN QUERY
    WITH next AS (
        SELECT m.id FROM outbox_message m
        WHERE m.state = 'waiting' AND m.lease IS NULL AND m.next_try_at <= clock_timestamp()
        ORDER BY m.next_try_at, m.id LIMIT most FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE outbox_message m
        SET lease = gen_random_uuid(), leased_until = clock_timestamp() + make_interval(secs => seconds),
            attempts = m.attempts + 1
        FROM next WHERE m.id = next.id RETURNING m.*
    ), begun AS (
        INSERT INTO outbox_attempt (id, message_id, at, outcome)
        SELECT gen_random_uuid(), t.id, clock_timestamp(), 'under_way' FROM taken t
    )
    SELECT t.id, t.lease, coalesce(c.address, p.address, g.inbox)::text,
           t.team_id IS NOT NULL OR EXISTS (
               SELECT FROM outbox_notice o JOIN notice n ON n.id = o.notice_id
               WHERE o.message_id = t.id AND (n.kind LIKE 'action\_%' OR n.kind IN ('referral_arrived', 'referral_yours', 'referral_due', 'referral_late', 'agreement_asked'))),
           c.code::text
    FROM taken t LEFT JOIN mail_code c ON c.message_id = t.id LEFT JOIN mail_preference p ON p.person_id = t.person_id LEFT JOIN team g ON g.id = t.team_id
    ORDER BY t.next_try_at, t.id;
END
$$;

-- What came of it. A bounce is tried three times in all, since mailboxes are misconfigured for an hour; what no server
-- takes is tried for five days, at growing distances. False: the lease had lapsed, and somebody else may have sent it.
CREATE FUNCTION mark_message(message uuid, held uuid, came_to text, codes text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it outbox_message;
    bounced int;
BEGIN
    SELECT * INTO it FROM outbox_message m WHERE m.id = message AND m.lease = held FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    bounced := it.refusals + (came_to = 'refused')::int;
    UPDATE outbox_message m
    SET lease = NULL, leased_until = NULL, reply = left(codes, 20), refusals = bounced,
        state = CASE WHEN came_to = 'sent' THEN 'sent'
                     WHEN bounced >= 3 OR it.written_at < clock_timestamp() - interval '5 days' THEN 'dead'
                     ELSE 'waiting' END,
        sent_at = CASE WHEN came_to = 'sent' THEN clock_timestamp() END,
        next_try_at = clock_timestamp() + least(interval '6 hours', interval '1 minute' * 2 ^ least(it.attempts, 12))
    WHERE m.id = message;
    UPDATE outbox_attempt a SET outcome = came_to, reply = left(codes, 20)
    WHERE a.message_id = message AND a.outcome = 'under_way';
    RETURN true;
END
$$;

-- Give back what was taken and not begun: no server answers, or the time is too short. It is no attempt.
CREATE FUNCTION release_messages(leases uuid[], seconds int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM outbox_attempt a USING outbox_message m
    WHERE m.lease = ANY (leases) AND a.message_id = m.id AND a.outcome = 'under_way';
    UPDATE outbox_message m
    SET lease = NULL, leased_until = NULL, attempts = m.attempts - 1,
        next_try_at = clock_timestamp() + make_interval(secs => seconds)
    WHERE m.lease = ANY (leases);
END
$$;
