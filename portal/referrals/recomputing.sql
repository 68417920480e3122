-- What `portal clocks recompute` asks: for those who keep the calendars, and nothing of what a case is about.

-- The clocks that run and are due, in an order that goes on after the last one that was read.
CREATE FUNCTION running_clocks(after uuid, most int)
RETURNS TABLE (clock_id uuid, recipient uuid, name text, pathway text, version int, area text, holder text,
               started_at timestamptz, due_at timestamptz, remains text, since timestamptz, provisional boolean,
               team uuid, rungs_at timestamptz[], climbed int)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.id, k.recipient_id, k.name, r.pathway, r.pathway_version, r.area_code, k.holder, k.started_at, k.due_at,
           k.remains, k.since, k.provisional, k.team_id, coalesce(k.rungs_at, '{}'), coalesce(k.climbed, 0)
    FROM running_clock k JOIN referral r ON r.id = k.referral_id
    WHERE caller_can('frameworks:manage') AND (after IS NULL OR k.id > after)
      AND k.stopped_at IS NULL AND k.paused_at IS NULL AND k.due_at IS NOT NULL AND k.remains IS NOT NULL
    ORDER BY k.id LIMIT most
$$;

-- Clocks that run out at another time, as a list: an event tells of it in each case, and who is to hear that it is late
-- begins anew. Where only who hears next hears at another time, it goes on from where it was. One that was stopped, paused
-- or reckoned meanwhile, or of which more have heard, stays as it is.
CREATE FUNCTION reckon_clocks(changes text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_team recipient;
    moved int;
    done int := 0;
BEGIN
    IF NOT caller_can('frameworks:manage') THEN
        RAISE EXCEPTION 'only those who keep the calendars recompute clocks' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR of_team IN
        SELECT p.* FROM recipient p
        WHERE p.id IN (SELECT k.recipient_id FROM jsonb_array_elements(changes::jsonb) c
                       JOIN running_clock k ON k.id = (c->>'id')::uuid)
        ORDER BY p.referral_id, p.id
    LOOP
        PERFORM FROM referral r WHERE r.id = of_team.referral_id FOR NO KEY UPDATE;
        UPDATE running_clock k SET due_at = c.due_at, rungs = c.rungs, rungs_at = c.rungs_at,
            next_at = c.rungs_at[CASE WHEN k.due_at = c.due_at THEN coalesce(k.climbed, 0) ELSE 0 END + 1],
            climbed = CASE WHEN k.due_at = c.due_at THEN k.climbed END,
            told = CASE WHEN k.due_at = c.due_at THEN k.told END,
            told_at = CASE WHEN k.due_at = c.due_at THEN k.told_at END
        FROM jsonb_to_recordset(changes::jsonb)
            c (id uuid, was_due_at timestamptz, due_at timestamptz, was_climbed int, rungs text[], rungs_at timestamptz[])
        WHERE k.id = c.id AND k.recipient_id = of_team.id AND k.due_at = c.was_due_at
          AND coalesce(k.climbed, 0) = c.was_climbed
          AND k.stopped_at IS NULL AND k.paused_at IS NULL;
        GET DIAGNOSTICS moved = ROW_COUNT;
        CONTINUE WHEN moved = 0;
        done := done + moved;
        UPDATE recipient p SET events = p.events + 1, due_at = (
            SELECT min(k.due_at) FROM running_clock k
            WHERE k.recipient_id = p.id AND k.stopped_at IS NULL AND k.paused_at IS NULL AND NOT k.provisional)
        WHERE p.id = of_team.id RETURNING p.* INTO of_team;
        INSERT INTO referral_event (id, referral_id, recipient_id, position, name, part, at, recorded_at, by_id,
                                    by_agency_id, updated_at, version, acl, routes)
        VALUES (gen_random_uuid(), of_team.referral_id, of_team.id, of_team.events, 'clocks_recomputed', 'none',
                caller_now(), caller_now(), caller_principal(), caller_agency(), caller_now(), 1, '{}', '{}');
    END LOOP;
    RETURN done;
END
$$;
