-- Who is told of an action in a case: whoever does it, or else the team it waits for, while they could look the case up.
-- What is to be done, and in which case, a notice leaves to the full view.

CREATE FUNCTION tell_of_case_action(it case_action, about text, words text, beside uuid, moment timestamptz) RETURNS int
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT tell_of_case(r, it.team_id, it.allocated_to_id, 'team', about,
        format(words, t.name, to_char(it.due_on, 'FMDD FMMonth YYYY')), beside, moment)
    FROM referral r, team t WHERE r.id = it.referral_id AND t.id = it.team_id
$$;

-- Written with the change, whichever verb made it. Who gives work to a team of their own has told it already.
CREATE FUNCTION case_action_given() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allocated boolean := NEW.allocated_to_id IS NOT NULL
        AND (TG_OP = 'INSERT' OR OLD.allocated_to_id IS DISTINCT FROM NEW.allocated_to_id);
    arrived boolean := TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM team_member t JOIN membership m ON m.id = t.membership_id
        WHERE t.team_id = NEW.team_id AND m.person_id = caller_person());
BEGIN
    IF caller_principal() IS NULL OR NEW.state <> 'open' THEN
        RETURN NULL;  -- the tables' owner: sample data, and invented bulk
    END IF;
    IF allocated OR arrived THEN
        PERFORM tell_of_case_action(NEW, 'action_assigned', CASE WHEN allocated
            THEN 'Yours to do in a case of %s, by %s.' ELSE 'Something is to be done in a case, for %s, by %s.' END,
            caller_person(), caller_now());
    END IF;
    RETURN NULL;
END
$$;

-- The worker asks for it, as often as it likes: an action is due within a week, or late, and each is said once; a new due
-- day begins anew. Where the team's agency cannot see the case now, it is said once it can again.
CREATE FUNCTION remind_of_case_actions(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    it case_action;
    about text;
    said int := 0;
BEGIN
    FOR it IN
        WITH unsaid AS MATERIALIZED (
            SELECT a.* FROM case_action a
            WHERE a.state = 'open' AND a.due_on <= today + 7
              AND NOT EXISTS (
                  SELECT FROM reminder r WHERE r.about_id = a.id AND r.day = a.due_on
                    AND r.kind = CASE WHEN a.due_on < today THEN 'case_action_late' ELSE 'case_action_due' END)
        )
        SELECT u.* FROM unsaid u JOIN referral r ON r.id = u.referral_id
        WHERE r.overall IN ('waiting', 'in_hand') AND has_case(r, u.agency_id, u.team_id, moment)
        ORDER BY u.due_on, u.id LIMIT 200
    LOOP
        about := CASE WHEN it.due_on < today THEN 'action_late' ELSE 'action_due' END;
        INSERT INTO reminder (kind, about_id, day, at) VALUES ('case_' || about, it.id, it.due_on, moment)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM tell_of_case_action(it, about, CASE about
                WHEN 'action_late' THEN 'Late: something to be done in a case, for %s, by %s.'
                ELSE 'Due soon: something to be done in a case, for %s, by %s.' END, NULL, moment);
            said := said + 1;
        END IF;
    END LOOP;
    RETURN said;
END
$$;
