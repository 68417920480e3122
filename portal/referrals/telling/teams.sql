-- Who is told of a case: those of a team who could look it up at that moment, and nobody else of it; and of what is late
-- those whom the pathway names by their role, whether or not the agreement lets them open it. A notice says that there is
-- something and where to look; the case itself it leaves to the keys of whoever reads it.

-- Whether an agency has a case at that moment; with a team, whether that team has it, which may be narrow; with roles,
-- whether somebody in one of them has it.
CREATE FUNCTION has_case(it referral, agency uuid, team uuid, moment timestamptz, roles text[] DEFAULT NULL) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT it.acl && k.keys AND NOT (it.routes && k.closed AND NOT it.acl && urgent_keys(k.keys))
    FROM case_keys(agency, array_remove(ARRAY[team], NULL), '{referrals:summary}', moment, roles) k
$$;

-- Tell people of a team's agency: `who` is 'team' (whoever works on it, or else all of them), 'team_inbox' (the same and
-- the inbox, whoever works on it), 'team_lead', or the role of those who are to hear of it. How many there were to
-- hear; NULL where the agency has the case no more.
CREATE FUNCTION tell_of_case(
    it referral, team uuid, worker uuid, who text, about text, words text, beside uuid, moment timestamptz
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    of_team boolean := who IN ('team', 'team_inbox', 'team_lead');
    of_agency uuid;
    inbox text;
    all_of_it boolean;
    told uuid[];
    theirs uuid;
BEGIN
    SELECT t.agency_id, t.inbox INTO of_agency, inbox FROM team t WHERE t.id = tell_of_case.team;
    worker := covers(tell_of_case.team, worker, today);
    -- Who has just lost it could look it up until then.
    all_of_it := about = 'referral_withdrawn' OR has_case(it, of_agency, NULL, moment);
    IF NOT all_of_it AND NOT has_case(it, of_agency, team, moment) THEN
        RETURN NULL;
    END IF;
    WITH asked AS (
        SELECT t.membership_id AS id FROM team_member t WHERE of_team AND t.team_id = team
            AND (who <> 'team_lead' OR t.leads OR EXISTS (
                SELECT FROM membership_role r WHERE r.membership_id = t.membership_id AND r.role = 'team_lead'))
        UNION
        SELECT r.membership_id FROM membership_role r JOIN membership m ON m.id = r.membership_id
        WHERE NOT of_team AND m.agency_id = of_agency AND r.role = who
    )
    SELECT array_agg(DISTINCT p.person_id), (array_agg(p.person_id) FILTER (WHERE p.principal_id = worker))[1]
    INTO told, theirs
    FROM asked CROSS JOIN LATERAL principal_today(asked.id, today) p
    WHERE 'referrals:summary' = ANY (p.scopes) AND (all_of_it OR team = ANY (p.team_ids))
      AND (of_team OR who = ANY (p.roles))
      AND (NOT of_team OR about = 'referral_withdrawn' OR has_case(it, of_agency, team, moment, p.roles));
    IF theirs IS NOT NULL AND who IN ('team', 'team_inbox') THEN
        told := ARRAY[theirs];
    END IF;
    INSERT INTO notice (id, person_id, at, kind, says, referral_id)
    SELECT gen_random_uuid(), person, clock_timestamp(), about, left(words, 400), it.id
    FROM unnest(told) person
    WHERE person IS DISTINCT FROM beside
      AND NOT EXISTS (  -- of two clocks, or two suspects, in one transaction
          SELECT FROM notice n WHERE n.person_id = person AND n.referral_id = it.id AND n.kind = about
            AND n.says = left(words, 400) AND n.at >= transaction_timestamp());
    IF inbox IS NOT NULL AND (who = 'team_inbox' OR who = 'team' AND theirs IS NULL) THEN
        PERFORM post_to_team(team);
        RETURN coalesce(cardinality(told), 0) + 1;
    END IF;
    RETURN coalesce(cardinality(told), 0);
END
$$;

-- What a step calls: the words are ours, and only of a case that the caller has. Of one that was taken back the reference
-- is all that its reader is left with.
CREATE FUNCTION tell_party(recipient uuid, to_sender boolean, about text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it referral;
    of_team recipient;
    team uuid;
    words text;
BEGIN
    SELECT * INTO of_team FROM recipient p WHERE p.id = tell_party.recipient AND p.given_at IS NOT NULL;
    SELECT * INTO it FROM referral r
    WHERE r.id = of_team.referral_id AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes);
    IF it.id IS NULL THEN
        RETURN;
    END IF;
    team := CASE WHEN to_sender THEN it.sender_team_id ELSE of_team.team_id END;
    words := CASE about
        WHEN 'referral_arrived' THEN 'A referral has come to %s.'
        WHEN 'referral_answered' THEN 'There is an answer to a referral by %s.'
        WHEN 'referral_yours' THEN 'A referral waits for %s to go on with it.'
        WHEN 'referral_withdrawn' THEN 'A referral to %s was taken back: ' || it.reference || '.' END;
    PERFORM tell_of_case(
        it, team, CASE WHEN to_sender THEN it.kept_by_id ELSE of_team.allocated_to_id END, 'team', about,
        format(words, (SELECT t.name FROM team t WHERE t.id = team)), caller_person(), caller_now());
END
$$;

-- Let each rung of one clock have its turn whose time has come. Where nobody is there to hear, the next has it at once;
-- where the agency cannot see the case now, as under a suspended agreement, all of them wait. Where nobody is there at the
-- last, the other side's team hears, which has the case too: none ends in silence.
CREATE FUNCTION climb(it referral, of_team recipient, clock running_clock, moment timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    step int := coalesce(clock.climbed, 0);
    goes timestamptz := clock.next_at;
    last text := clock.told;
    name text;
    rung text;
    sends boolean := clock.team_id = it.sender_team_id;
    heard int;
    said int := 0;
BEGIN
    SELECT t.name INTO name FROM team t WHERE t.id = clock.team_id;
    WHILE step < cardinality(clock.rungs) AND goes < moment LOOP
        step := step + 1;
        rung := clock.rungs[step];
        IF rung = 'due_soon' AND clock.due_at > moment THEN
            heard := tell_of_case(it, clock.team_id, CASE WHEN sends THEN it.kept_by_id ELSE of_team.allocated_to_id END,
                'team', 'referral_due', format('Due within a day: a referral that lies with %s.', name), NULL, moment);
        ELSIF rung = 'team_inbox' THEN
            heard := tell_of_case(it, clock.team_id, CASE WHEN sends THEN it.kept_by_id ELSE of_team.allocated_to_id END,
                rung, 'referral_late', format('Late: a referral that lies with %s.', name), NULL, moment);
        ELSIF rung IN ('team_lead', 'agency_spoc') THEN
            heard := tell_of_case(it, clock.team_id, NULL, rung, 'referral_late',
                format('Still late: a referral that lies with %s, who were told before.', name), NULL, moment);
        ELSIF rung <> 'due_soon' THEN
            heard := tell_of_case(it, of_team.team_id, NULL, rung, 'referral_late',
                format('Still late: a referral that lies with %s, who were told before.', name), NULL, moment);
        END IF;
        IF heard IS NULL AND rung <> 'due_soon' THEN
            UPDATE running_clock k SET next_at = moment + interval '1 hour' WHERE k.id = clock.id;
            RETURN said;
        END IF;
        IF heard = 0 AND rung <> 'due_soon' AND step = cardinality(clock.rungs) THEN
            heard := tell_of_case(it, CASE WHEN sends THEN of_team.team_id ELSE it.sender_team_id END,
                CASE WHEN sends THEN of_team.allocated_to_id ELSE it.kept_by_id END, 'team', 'referral_late',
                format('Late, and nobody above them is there to hear: a referral that lies with %s.', name), NULL, moment);
            rung := CASE WHEN sends THEN 'recipient' ELSE 'sender' END;
        END IF;
        goes := CASE WHEN heard = 0 AND rung <> 'due_soon' AND step < cardinality(clock.rungs) THEN clock.next_at
                     ELSE clock.rungs_at[step + 1] END;
        IF heard > 0 THEN
            last := rung;
            said := said + 1;
        END IF;
        UPDATE running_clock k SET climbed = step, next_at = goes, told = last,
            told_at = CASE WHEN heard > 0 THEN moment ELSE k.told_at END
        WHERE k.id = clock.id;
    END LOOP;
    RETURN said;
END
$$;

-- The worker asks for it, as often as it likes and from as many places: each rung of a clock has its turn once. A case
-- that somebody is working on is left for the next time.
CREATE FUNCTION escalate(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    late record;
    it referral;
    clock running_clock;
    of_team recipient;
    done int := 0;
BEGIN
    FOR late IN
        SELECT k.id, k.referral_id FROM running_clock k WHERE k.next_at < moment ORDER BY k.next_at, k.id LIMIT 50
    LOOP
        SELECT * INTO it FROM referral r WHERE r.id = late.referral_id FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        SELECT * INTO clock FROM running_clock k WHERE k.id = late.id AND k.next_at < moment;
        CONTINUE WHEN NOT FOUND;
        SELECT * INTO of_team FROM recipient p WHERE p.id = clock.recipient_id;
        PERFORM climb(it, of_team, clock, moment);
        done := done + 1;
    END LOOP;
    RETURN done;
END
$$;
