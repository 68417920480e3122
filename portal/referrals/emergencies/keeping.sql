-- A case is disclosed in an emergency: who is told, what may be changed of the record, and who is told when nobody has
-- reviewed it in time.

-- Whoever looks after data protection there; where nobody does, whoever signs for the agency.
CREATE FUNCTION tell_guardians(agency uuid, today date, about text, words text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM tell(p, about, words) FROM people_as(agency, 'data_protection_lead', today) p;
    IF NOT FOUND THEN
        PERFORM tell(p, about, words) FROM people_as(agency, 'authorised_signatory', today) p;
    END IF;
END
$$;

-- Whether an agency has anybody who would be told.
CREATE FUNCTION guardians_known(agency uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM people_as(agency, 'data_protection_lead', caller_today()))
        OR EXISTS (SELECT FROM people_as(agency, 'authorised_signatory', caller_today()))
$$;

-- Whether a team has as many cases by disclosures that last as it can have: each costs its members two of the keys that they
-- may hold, and with too many nobody of the team could ask for anything.
CREATE FUNCTION disclosures_full(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) >= 12 FROM emergency_disclosure e
    WHERE e.to_team_id = disclosures_full.team AND e.closed_at IS NULL AND e.ends_at > caller_now()
$$;

-- Whether the caller, in whichever agency, has made a disclosure that was not justified, and that nobody has lifted since.
CREATE FUNCTION emergency_barred() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM emergency_disclosure e JOIN membership m ON m.id = e.made_by_id
        WHERE m.person_id = caller_person() AND e.finding <> 'justified' AND e.lifted_at IS NULL)
$$;

-- What was done stays as it was done. It is ended once, reviewed once, and what follows from the review is lifted once, the
-- last two by a data protection lead who is another person than whoever made it. What was not justified ends at once.
CREATE FUNCTION check_disclosure() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    answers text[] := ARRAY['version', 'updated_at', 'acl', 'routes', 'closed_at', 'reviewed_at', 'reviewed_by_id', 'finding',
                            'lifted_at', 'lifted_by_id'];
    looks boolean := NEW.reviewed_at IS DISTINCT FROM OLD.reviewed_at OR NEW.finding IS DISTINCT FROM OLD.finding
        OR NEW.reviewed_by_id IS DISTINCT FROM OLD.reviewed_by_id;
    lifts boolean := NEW.lifted_at IS DISTINCT FROM OLD.lifted_at OR NEW.lifted_by_id IS DISTINCT FROM OLD.lifted_by_id;
    second boolean;
BEGIN
    IF current_user = 'portal_owner' THEN
        RETURN NEW;  -- new keys, the worker's escalation, sample data
    END IF;
    second := caller_can('agreements:advise') AND caller_person() IS NOT NULL AND caller_person() IS DISTINCT FROM (
        SELECT m.person_id FROM membership m WHERE m.id = OLD.made_by_id);
    IF to_jsonb(NEW) - answers <> to_jsonb(OLD) - answers
        OR NEW.closed_at IS DISTINCT FROM OLD.closed_at
           AND (OLD.closed_at IS NOT NULL OR NEW.closed_at IS DISTINCT FROM caller_now())
        OR looks AND (OLD.reviewed_at IS NOT NULL OR NEW.reviewed_at IS DISTINCT FROM caller_now() OR NOT second
                      OR NEW.reviewed_by_id IS DISTINCT FROM caller_principal())
        OR lifts AND (OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS DISTINCT FROM caller_now() OR NOT second
                      OR NEW.lifted_by_id IS DISTINCT FROM caller_principal())
    THEN
        RAISE EXCEPTION 'a disclosure stays as it was made' USING ERRCODE = '42501';
    END IF;
    IF looks AND NEW.finding <> 'justified' THEN
        NEW.escalated_at := coalesce(OLD.escalated_at, caller_now());
        IF NEW.closed_at IS NULL AND NEW.ends_at > caller_now() THEN
            NEW.closed_at := caller_now();
        END IF;
    END IF;
    RETURN NEW;
END
$$;

-- Written with the change: both agencies' data protection leads and the team that is given the case; whoever answers for both
-- agencies' information when it was not justified. No notice says which case it is.
CREATE FUNCTION tell_of_disclosure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    giver text := (SELECT a.short_name FROM agency a WHERE a.id = NEW.from_agency_id);
    team text := (SELECT format('%s (%s)', t.name, a.short_name) FROM team t JOIN agency a ON a.id = t.agency_id WHERE t.id = NEW.to_team_id);
    until text := to_char(NEW.ends_at AT TIME ZONE 'Europe/London', 'FMDD FMMonth YYYY HH24:MI');
    due text := to_char(NEW.review_due_at AT TIME ZONE 'Europe/London', 'FMDD FMMonth YYYY');
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM tell_guardians(agency, caller_today(), 'emergency_disclosure', left(format(
            '%s has disclosed a case in an emergency to %s, until %s. %s reviews it by %s.', giver, team, until, giver, due), 400))
        FROM unnest(ARRAY[NEW.from_agency_id, NEW.to_agency_id]) agency;
        PERFORM tell(told.person_id, 'emergency_disclosure', left(format(
            '%s has disclosed a case to your team in an emergency, until %s.', giver, until), 400))
        FROM (
            SELECT DISTINCT m.person_id FROM team_member t JOIN membership m ON m.id = t.membership_id
            CROSS JOIN LATERAL principal_today(m.id, caller_today()) p
            WHERE t.team_id = NEW.to_team_id AND 'referrals:read' = ANY (p.scopes)
        ) told;
        PERFORM post_to_team(NEW.to_team_id);
    ELSIF OLD.reviewed_at IS NULL AND NEW.finding <> 'justified' THEN
        PERFORM tell(p, 'disclosure_escalated', left(format(
            'A disclosure in an emergency, by %s to %s, was found not to be justified.', giver, team), 400))
        FROM unnest(ARRAY[NEW.from_agency_id, NEW.to_agency_id]) agency, who_answers(agency, caller_today()) p;
        PERFORM tell(m.person_id, 'disclosure_escalated', left(format(
            'The disclosure that you made to %s in an emergency was found not to be justified. You can make no other until this is lifted.',
            team), 400))
        FROM membership m WHERE m.id = NEW.made_by_id;
    END IF;
    RETURN NULL;
END
$$;

-- Written with the request: whoever looks after data at the agency that is asked and its single points of contact; and where
-- what is asked for is there, the team that keeps it. Who asks learns of none of this.
CREATE FUNCTION tell_of_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    says text := (SELECT left(format('%s (%s) asks your agency to disclose a case in an emergency.', t.name, a.short_name), 400)
                  FROM team t JOIN agency a ON a.id = t.agency_id WHERE t.id = NEW.by_team_id);
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data
    END IF;
    PERFORM tell(told.person, 'disclosure_asked', says) FROM (
        SELECT people_as(NEW.of_agency_id, role, caller_today())
        FROM unnest('{data_protection_lead,agency_spoc}'::text[]) role
        UNION
        SELECT m.person_id FROM referral r JOIN team_member t ON t.team_id = r.sender_team_id
        JOIN membership m ON m.id = t.membership_id
        CROSS JOIN LATERAL principal_today(m.id, caller_today()) p
        WHERE r.reference = NEW.reference AND r.sender_agency_id = NEW.of_agency_id AND 'referrals:work' = ANY (p.scopes)
    ) told (person);
    RETURN NULL;
END
$$;

-- The worker asks for it, as often as it likes: whoever answers for both agencies' information hears once of a disclosure that
-- nobody has reviewed in time.
CREATE FUNCTION escalate_disclosures(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    late record;
    said int := 0;
BEGIN
    FOR late IN
        SELECT e.id, e.from_agency_id, e.to_agency_id, g.short_name AS giver, t.name AS team, r.short_name AS receiver
        FROM emergency_disclosure e JOIN agency g ON g.id = e.from_agency_id JOIN agency r ON r.id = e.to_agency_id
        JOIN team t ON t.id = e.to_team_id
        WHERE e.reviewed_at IS NULL AND e.escalated_at IS NULL AND e.review_due_at <= moment
        ORDER BY e.review_due_at, e.id LIMIT 500 FOR UPDATE OF e SKIP LOCKED
    LOOP
        UPDATE emergency_disclosure SET escalated_at = moment WHERE id = late.id;
        PERFORM tell(p, 'disclosure_escalated', left(format(
            'Nobody has reviewed a disclosure in an emergency, by %s to %s (%s), within seven days.',
            late.giver, late.team, late.receiver), 400))
        FROM (
            SELECT who_answers(agency, today) FROM unnest(ARRAY[late.from_agency_id, late.to_agency_id]) agency
            UNION SELECT people_as(late.from_agency_id, 'data_protection_lead', today)
        ) told (p);
        said := said + 1;
    END LOOP;
    RETURN said;
END
$$;
