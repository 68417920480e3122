-- What a supporter's team sees of a matter by the victim's authority: rows of its own, with its own key.

CREATE FUNCTION supported_matter_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT ARRAY[case_capability('summary', NEW.agency_id, CASE WHEN t.narrow THEN t.id END, NULL, NULL, NULL)]
    INTO NEW.acl FROM team t WHERE t.id = NEW.team_id;
    RETURN NEW;
END
$$;

-- One suspect's matter as the victim has been told of it, for all whom she lets see it. Only who works on the case says so.
CREATE FUNCTION show_supporters(track uuid, told text, said text, court_days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO supported_matter AS m (id, referral_id, authority_id, recipient_id, agency_id, team_id, reference, suspect,
                                       state, says, days, from_on, until_on, updated_at, version, acl)
    SELECT gen_random_uuid(), r.id, a.id, p.id, a.agency_id, a.team_id, r.reference, p.suspect, told, said, court_days,
           a.from_on, a.until_on, caller_now(), 1, '{}'
    FROM recipient p JOIN referral r ON r.id = p.referral_id JOIN support_authority a ON a.referral_id = r.id
    WHERE p.id = track AND p.suspect IS NOT NULL AND a.revoked_on IS NULL
      AND caller_can('referrals:work') AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes)
    ON CONFLICT (authority_id, recipient_id) DO UPDATE SET state = told, says = said, days = court_days
    WHERE (m.state, m.says, m.days) IS DISTINCT FROM (told, said, court_days);
END
$$;

-- She takes it back: what was shown is gone.
CREATE FUNCTION support_revoked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM supported_matter WHERE authority_id = NEW.id;
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
