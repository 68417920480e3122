-- What happens to people. The rules stand here once more, below Python's kinder words: who injects SQL as an
-- administrator can still not do alone what takes two.

CREATE FUNCTION caller_today() RETURNS date LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_now() AT TIME ZONE 'Europe/London')::date $$;

-- Administrators take turns within an agency: two could otherwise remove each other at once.
CREATE FUNCTION hold_agency(agency uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM agency a WHERE a.id = hold_agency.agency FOR NO KEY UPDATE;
END
$$;

-- In person: a program that acts in an administrator's name manages nobody.
CREATE FUNCTION manages(agency uuid) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT agency = caller_agency() AND caller_self() IS NOT NULL AND caller_can('agencies:manage')
$$;

-- Where no two administrators are left beside the one concerned, the partnership's administrator is the second person.
CREATE FUNCTION too_few_in(agency uuid, beside uuid) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT cardinality(array_remove(administrators_of(agency, caller_today()), beside)) < 2
$$;

CREATE FUNCTION role_excluded(member uuid, wanted text) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM membership m JOIN membership n ON n.agency_id = m.agency_id AND n.person_id = m.person_id
        JOIN membership_role r ON r.membership_id = n.id
        JOIN role_trait t ON t.role = wanted AND r.role = ANY (t.excludes)
        WHERE m.id = member AND lives(n, caller_today()) AND (r.ends_on IS NULL OR r.ends_on >= caller_today())
          -- Administrators see no case as administrators; with another membership the same person may work on some.
          AND (n.id = m.id OR wanted IN ('data_protection_lead', 'authorised_signatory'))
    )
$$;

CREATE FUNCTION check_role_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    answer text[] := ARRAY['state', 'answered_by_id', 'answered_person_id', 'answered_at', 'reason'];
    member membership;
    twice boolean := EXISTS (SELECT FROM role_trait t WHERE t.role = NEW.role AND t.second_person);
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NEW;  -- the tables' owner: sample data, and the end of a membership
    END IF;
    PERFORM hold_agency(NEW.agency_id);
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'waiting' OR to_jsonb(NEW) - answer <> to_jsonb(OLD) - answer) THEN
        RAISE EXCEPTION 'a request is answered once, and never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'taken_back' OR NEW.state = 'declined' AND NEW.answered_by_id = caller_principal() THEN
        RETURN NEW;
    END IF;
    SELECT * INTO member FROM membership m WHERE m.id = NEW.membership_id;
    IF (member.agency_id, member.person_id) IS DISTINCT FROM (NEW.agency_id, NEW.person_id)
        OR NOT lives(member, caller_today()) OR NOT grantable(NEW.agency_id, NEW.role)
        OR role_excluded(NEW.membership_id, NEW.role)
        OR cardinality(administrators_of(NEW.agency_id, caller_today())) < 2 THEN
        RAISE EXCEPTION 'this role cannot be given here' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND (
        (NEW.asked_by_id, NEW.asked_person_id) IS DISTINCT FROM (caller_principal(), caller_person())
        OR NEW.state <> CASE WHEN twice THEN 'waiting' ELSE 'given' END
        OR NEW.role = 'partnership_administrator' AND NOT caller_can('partnership:manage')
        OR NOT manages(NEW.agency_id)
           AND NOT (twice AND caller_can('partnership:manage') AND too_few_in(NEW.agency_id, NEW.person_id))
    ) OR TG_OP = 'UPDATE' AND (
        NEW.state <> 'confirmed' OR NOT manages(NEW.agency_id)
        OR (NEW.answered_by_id, NEW.answered_person_id) IS DISTINCT FROM (caller_principal(), caller_person())
    ) THEN
        RAISE EXCEPTION 'this role is not the caller''s to give' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION give_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO membership_role (membership_id, role, deputy, title, ends_on)
    VALUES (NEW.membership_id, NEW.role, NEW.deputy, NEW.title, NEW.ends_on)
    ON CONFLICT (membership_id, role) DO UPDATE
    SET deputy = excluded.deputy, title = excluded.title, ends_on = excluded.ends_on;
    RETURN NULL;
END
$$;

CREATE FUNCTION partnership_administered() RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM membership m JOIN membership_role r ON r.membership_id = m.id
        WHERE r.role = 'partnership_administrator' AND lives(m, caller_today())
          AND (r.ends_on IS NULL OR r.ends_on >= caller_today())
    )
$$;

-- Neither an agency nor the partnership loses its last administrator.
CREATE FUNCTION still_administered(agency uuid, partnership boolean) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF cardinality(administrators_of(agency, caller_today())) = 0 OR partnership AND NOT partnership_administered() THEN
        RAISE EXCEPTION 'the last administrator cannot be removed' USING ERRCODE = 'check_violation';
    END IF;
END
$$;

-- What an administrator has under way goes with the role it rested on: what takes an administrator of the agency, when
-- they are none any more; what took one of the partnership, when they are no longer that.
CREATE FUNCTION take_back_of(member uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    home uuid := (SELECT m.agency_id FROM membership m WHERE m.id = member);
    partnership boolean := EXISTS (
        SELECT FROM membership_role r WHERE r.membership_id = member AND r.role = 'partnership_administrator');
    own boolean := partnership OR EXISTS (
        SELECT FROM membership_role r WHERE r.membership_id = member AND r.role = 'agency_administrator');
BEGIN
    UPDATE role_request r SET state = 'taken_back', answered_at = clock_timestamp()
    WHERE r.state = 'waiting' AND r.asked_by_id = member AND NOT partnership
      AND (NOT own OR r.agency_id <> home OR r.role = 'partnership_administrator');
    UPDATE invitation i SET withdrawn_at = clock_timestamp()
    WHERE i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.made_by_id = member AND NOT own;
END
$$;

CREATE FUNCTION withdraw_role(member uuid, held text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    home uuid := (SELECT m.agency_id FROM membership m WHERE m.id = member);
    administered boolean := partnership_administered();
BEGIN
    IF manages(home) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency withdraws its roles' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM hold_agency(home);
    IF cardinality(administrators_of(home, caller_today())) < 2 THEN
        RAISE EXCEPTION 'roles change where there are two administrators' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM membership_role r WHERE r.membership_id = member AND r.role = held;
    PERFORM still_administered(home, administered);
    IF held IN ('agency_administrator', 'partnership_administrator') THEN
        PERFORM take_back_of(member);
    END IF;
END
$$;

-- At once, and with it everything that speaks for it: sessions, consents, tokens, what it had asked for or offered.
CREATE FUNCTION end_membership(member uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
DECLARE
    home uuid := (SELECT m.agency_id FROM membership m WHERE m.id = member);
    administered boolean := partnership_administered();
BEGIN
    IF manages(home) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency ends its memberships' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM hold_agency(home);
    UPDATE membership m SET ended_at = now() WHERE m.id = member AND m.ended_at IS NULL;
    PERFORM still_administered(home, administered);
    DELETE FROM auth_secret.session_secret s USING browser_session b
    WHERE b.id = s.session_id AND b.membership_id = member;
    UPDATE browser_session b SET ended_at = clock_timestamp() WHERE b.membership_id = member AND b.ended_at IS NULL;
    UPDATE consent c SET ended_at = clock_timestamp() WHERE c.membership_id = member AND c.ended_at IS NULL;
    UPDATE auth_secret.access_token t SET revoked_at = clock_timestamp()
    WHERE t.principal_id = member AND t.revoked_at IS NULL;
    UPDATE role_request r SET state = 'taken_back', answered_at = clock_timestamp()
    WHERE r.state = 'waiting' AND member IN (r.membership_id, r.asked_by_id);
    UPDATE invitation i SET withdrawn_at = clock_timestamp()
    WHERE i.used_at IS NULL AND i.withdrawn_at IS NULL AND member IN (i.made_by_id, i.rebinds_id);
END
$$;

-- A colleague's browsers in which they act for the caller's agency: a lost laptop waits for nobody. How many there were.
CREATE FUNCTION sign_out_member(member uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
DECLARE
    gone int;
BEGIN
    IF manages((SELECT m.agency_id FROM membership m WHERE m.id = member)) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency signs its people out' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM auth_secret.session_secret s USING browser_session b
    WHERE b.id = s.session_id AND b.membership_id = member;
    UPDATE browser_session b SET ended_at = clock_timestamp() WHERE b.membership_id = member AND b.ended_at IS NULL;
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE consent c SET ended_at = clock_timestamp() WHERE c.membership_id = member AND c.ended_at IS NULL;
    RETURN gone;
END
$$;

-- One of them: the laptop that was lost, and not the phone that was not. Whether it was there to be ended.
CREATE FUNCTION end_member_session(session uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
BEGIN
    IF manages((SELECT m.agency_id FROM browser_session b JOIN membership m ON m.id = b.membership_id
                WHERE b.id = session)) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency ends its people''s sessions' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM auth_secret.session_secret s WHERE s.session_id = session;
    UPDATE browser_session b SET ended_at = clock_timestamp() WHERE b.id = session AND b.ended_at IS NULL;
    RETURN FOUND;
END
$$;

CREATE FUNCTION tell(person uuid, about text, words text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO notice (id, person_id, at, kind, says) VALUES (gen_random_uuid(), person, clock_timestamp(), about, words)
$$;

-- The people who hold a role in an agency today.
CREATE FUNCTION people_as(agency uuid, wanted text, today date) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT m.person_id FROM membership m
    WHERE m.agency_id = people_as.agency AND lives(m, today) AND wanted = ANY (roles_today(m.id, today))
$$;

-- Who answers for an agency's information: its senior information risk owners. Where it has none, the first of these that
-- there are: whoever signs for it, looks after data protection there, administers it. So there is always somebody to hear.
CREATE FUNCTION who_answers(agency uuid, today date) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH standing AS (
        SELECT m.person_id, min(CASE WHEN r.title = 'siro' THEN 1 WHEN r.role = 'authorised_signatory' THEN 2
                                     WHEN r.role = 'data_protection_lead' THEN 3 ELSE 4 END) AS rank
        FROM membership m JOIN membership_role r ON r.membership_id = m.id
        WHERE m.agency_id = who_answers.agency AND lives(m, today) AND r.role = ANY (roles_today(m.id, today))
          AND r.role IN ('authorised_signatory', 'data_protection_lead', 'agency_administrator')
        GROUP BY m.person_id
    )
    SELECT person_id FROM standing WHERE rank = (SELECT min(rank) FROM standing)
$$;

CREATE FUNCTION tell_member(member uuid, about text, words text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('agencies:manage') OR caller_self() IS NULL THEN
        RAISE EXCEPTION 'only administrators tell others' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM tell(m.person_id, about, words) FROM membership m WHERE m.id = member;
END
$$;

-- All but the caller, who knows.
CREATE FUNCTION tell_administrators(agency uuid, about text, words text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('agencies:manage') OR caller_self() IS NULL THEN
        RAISE EXCEPTION 'only administrators tell others' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM tell(p, about, words) FROM unnest(administrators_of(agency, caller_today())) p WHERE p <> caller_person();
END
$$;
