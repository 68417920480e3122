-- Who is told of an action: whoever does it, or else the team it waits for; nobody of what they could not see.

CREATE FUNCTION tell_of_action(it action, today date, about text, words text, beside uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM tell(told.person_id, about, left(words, 400)) FROM (
        SELECT DISTINCT m.person_id FROM membership m CROSS JOIN LATERAL principal_today(m.id, today) p
        WHERE (m.id = it.allocated_to_id OR it.allocated_to_id IS NULL AND EXISTS (
                   SELECT FROM team_member t WHERE t.team_id = it.owner_team_id AND t.membership_id = m.id))
          AND 'initiatives:read' = ANY (p.scopes) AND it.acl && keys_of(m.agency_id, p.team_ids, true)
    ) told WHERE told.person_id IS DISTINCT FROM beside;
    IF it.allocated_to_id IS NULL AND it.acl && keys_of(it.owner_agency_id, ARRAY[it.owner_team_id], true) THEN
        PERFORM post_to_team(it.owner_team_id);
    END IF;
END
$$;

-- An action as a notice names it.
CREATE FUNCTION action_words(it action) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT format('%s (%s, due on %s).', it.title, i.reference, to_char(it.due_on, 'FMDD FMMonth YYYY'))
    FROM initiative i WHERE i.id = it.initiative_id
$$;

-- Written with the change, whichever verb made it. Work that an agency gives to its own team is known there already.
CREATE FUNCTION action_given() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allocated boolean := NEW.allocated_to_id IS NOT NULL
        AND (TG_OP = 'INSERT' OR OLD.allocated_to_id IS DISTINCT FROM NEW.allocated_to_id);
    arrived boolean := NEW.allocated_to_id IS NULL AND NEW.owner_agency_id IS DISTINCT FROM caller_agency()
        AND (TG_OP = 'INSERT' OR OLD.owner_team_id IS DISTINCT FROM NEW.owner_team_id);
BEGIN
    IF caller_principal() IS NULL OR NEW.state NOT IN ('open', 'in_progress') THEN
        RETURN NULL;  -- the tables' owner: sample data, and invented bulk
    END IF;
    IF allocated THEN
        PERFORM tell_of_action(NEW, caller_today(), 'action_assigned', 'Yours to do: ' || action_words(NEW), caller_person());
    ELSIF arrived THEN
        PERFORM tell_of_action(NEW, caller_today(), 'action_assigned', 'For your team: ' || action_words(NEW), caller_person());
    END IF;
    RETURN NULL;
END
$$;

-- The worker asks for it, as often as it likes: each thing is said once. An action is due within a week, or late; a new
-- due day begins anew. A partner has changed nothing for 60 days: its coordinators and the lead's, each 60 days.
CREATE FUNCTION remind(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    it action;
    silent record;
    about text;
    said int := 0;
BEGIN
    FOR it IN
        SELECT a.* FROM action a JOIN initiative i ON i.id = a.initiative_id
        WHERE a.state IN ('open', 'in_progress') AND a.due_on <= today + 7
          AND i.stage NOT IN ('complete', 'closed', 'cancelled')
          AND NOT EXISTS (
              SELECT FROM reminder r WHERE r.about_id = a.id AND r.day = a.due_on
                AND r.kind = CASE WHEN a.due_on < today THEN 'action_late' ELSE 'action_due' END)
        ORDER BY a.due_on, a.id LIMIT 500
    LOOP
        about := CASE WHEN it.due_on < today THEN 'action_late' ELSE 'action_due' END;
        INSERT INTO reminder (kind, about_id, day, at) VALUES (about, it.id, it.due_on, moment) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM tell_of_action(
                it, today, about, CASE about WHEN 'action_late' THEN 'Late: ' ELSE 'Due soon: ' END || action_words(it), NULL);
            said := said + 1;
        END IF;
    END LOOP;
    FOR silent IN
        SELECT p.id, p.agency_id, i.lead_agency_id, i.reference, i.acl, a.short_name
        FROM partner p JOIN initiative i ON i.id = p.initiative_id JOIN agency a ON a.id = p.agency_id
        WHERE p.state = 'committed' AND i.stage = 'live'
          AND coalesce(p.answered_at, p.asked_at) < moment - interval '60 days'
          AND NOT EXISTS (SELECT FROM reminder r WHERE r.kind = 'partner_quiet' AND r.about_id = p.id
                            AND r.at > moment - interval '60 days')
          AND NOT EXISTS (
              SELECT FROM history h JOIN agency own ON own.id = h.actor_agency_id
              WHERE h.initiative_id = p.initiative_id AND h.at >= moment - interval '60 days' AND h.acl && i.acl
                AND h.within_agency_id IS NULL AND p.agency_id IN (own.id, own.successor_id))
        ORDER BY p.id LIMIT 500
    LOOP
        INSERT INTO reminder (kind, about_id, day, at) VALUES ('partner_quiet', silent.id, today, moment)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM tell(told.person_id, 'partner_quiet', left(format(
                '%s has changed nothing on %s for 60 days.', silent.short_name, silent.reference), 400))
            FROM (
                SELECT DISTINCT m.person_id FROM membership m CROSS JOIN LATERAL principal_today(m.id, today) p
                WHERE m.agency_id IN (silent.agency_id, silent.lead_agency_id) AND 'initiatives:edit' = ANY (p.scopes)
                  AND silent.acl && keys_of(m.agency_id, p.team_ids, true)
            ) told;
            said := said + 1;
        END IF;
    END LOOP;
    RETURN said;
END
$$;
