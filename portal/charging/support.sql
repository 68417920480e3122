-- What a supporter's team sees of a matter by the victim's authority: rows of its own, with its own key.

CREATE FUNCTION supported_matter_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT ARRAY[case_capability('summary', NEW.agency_id, CASE WHEN t.narrow THEN t.id END, NULL, NULL, NULL)]
    INTO NEW.acl FROM team t WHERE t.id = NEW.team_id;
    RETURN NEW;
END
$$;

-- A supporter's team hears that there is something to look at; the words name nobody, no matter and no case.
CREATE FUNCTION tell_supporters(team uuid, words text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (caller_now() AT TIME ZONE 'Europe/London')::date;
    it team;
BEGIN
    SELECT t.* INTO it FROM team t WHERE t.id = tell_supporters.team;
    INSERT INTO notice (id, person_id, at, kind, says)
    SELECT gen_random_uuid(), p.person_id, clock_timestamp(), 'support_changed', format(words, it.name)
    FROM team_member m CROSS JOIN LATERAL principal_today(m.membership_id, today) p
    WHERE m.team_id = it.id AND 'referrals:summary' = ANY (p.scopes)
      AND NOT EXISTS (  -- of two suspects in one transaction
          SELECT FROM notice n WHERE n.person_id = p.person_id AND n.kind = 'support_changed'
            AND n.says = format(words, it.name) AND n.at >= transaction_timestamp());
    IF it.inbox IS NOT NULL THEN
        PERFORM post_to_team(it.id);
    END IF;
END
$$;

-- One suspect's matter as the victim has been told of it, for all whom she lets see it. Only who works on the case says so.
CREATE FUNCTION show_supporters(track uuid, told text, said text, court_days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (caller_now() AT TIME ZONE 'Europe/London')::date;
    seen uuid[];
BEGIN
    WITH changed AS (
        INSERT INTO supported_matter AS m (id, referral_id, authority_id, recipient_id, agency_id, team_id, reference, suspect,
                                           state, says, days, from_on, until_on, updated_at, version, acl)
        SELECT gen_random_uuid(), r.id, a.id, p.id, a.agency_id, a.team_id, r.reference, p.suspect, told, said, court_days,
               a.from_on, a.until_on, caller_now(), 1, '{}'
        FROM recipient p JOIN referral r ON r.id = p.referral_id JOIN support_authority a ON a.referral_id = r.id
        WHERE p.id = track AND p.suspect IS NOT NULL AND a.revoked_on IS NULL
          AND caller_can('referrals:work') AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes)
        ON CONFLICT (authority_id, recipient_id) DO UPDATE SET state = told, says = said, days = court_days
        WHERE (m.state, m.says, m.days) IS DISTINCT FROM (told, said, court_days)
        RETURNING m.team_id, m.from_on, m.until_on
    )
    SELECT array_agg(DISTINCT c.team_id) INTO seen FROM changed c
    WHERE today BETWEEN c.from_on AND coalesce(c.until_on, today);
    PERFORM tell_supporters(team, '%s: something has changed in a matter of somebody you support.')
    FROM unnest(seen) team;
END
$$;

-- She takes it back: what was shown is gone.
CREATE FUNCTION support_revoked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM supported_matter WHERE authority_id = NEW.id;
    IF FOUND AND NEW.from_on <= (caller_now() AT TIME ZONE 'Europe/London')::date THEN
        PERFORM tell_supporters(NEW.team_id, '%s: you are shown a matter of somebody you support no longer.');
    END IF;
    RETURN NULL;
END
$$;

-- A team becomes narrower than its agency, or no longer is.
CREATE FUNCTION narrow_team_support() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE supported_matter SET acl = acl WHERE team_id = NEW.id;
    RETURN NULL;
END
$$;
