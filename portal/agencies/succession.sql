-- A body ends and another takes over: its initiatives, its part in others', its teams, people and programs. What was
-- recorded under its name keeps that name, and the old agency's row tells who came after it.
CREATE FUNCTION succeed_agency(old uuid, successor uuid, day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('partnership:manage') OR caller_self() IS NULL THEN
        RAISE EXCEPTION 'only a partnership administrator lets one agency succeed another' USING ERRCODE = '42501';
    END IF;
    UPDATE agency SET ended_on = day, successor_id = successor WHERE id = old;
    -- Two councils each have a team called "Community safety": the one that arrives says where it comes from.
    UPDATE team t SET agency_id = successor, name = CASE
        WHEN EXISTS (SELECT FROM team s WHERE s.agency_id = successor AND s.name = t.name)
        THEN left(t.name, 47) || ' (' || o.short_name || ')' ELSE t.name END
    FROM agency o WHERE o.id = old AND t.agency_id = old;
    UPDATE membership SET agency_id = successor WHERE agency_id = old;
    UPDATE client SET agency_id = successor WHERE agency_id = old;
    UPDATE agency SET host_id = successor WHERE host_id = old;
    -- Where the successor takes part already, the old body has left; elsewhere the successor steps into its place.
    UPDATE partner p SET state = 'left', ended_reason = 'Succeeded by another agency', answered_at = caller_now()
    WHERE p.agency_id = old AND p.state IN ('invited', 'offered', 'committed') AND (
        EXISTS (SELECT FROM partner q WHERE q.initiative_id = p.initiative_id AND q.agency_id = successor
                AND q.state IN ('invited', 'committed'))
        OR EXISTS (SELECT FROM initiative i WHERE i.id = p.initiative_id AND i.lead_agency_id = successor));
    -- A row of the successor's own from before, declined or left, takes up where the old body stood.
    UPDATE partner q SET state = p.state, parts = p.parts, note = p.note, ended_reason = NULL,
                         asked_at = p.asked_at, answered_at = p.answered_at
    FROM partner p
    WHERE p.agency_id = old AND p.state IN ('invited', 'offered', 'committed')
      AND q.initiative_id = p.initiative_id AND q.agency_id = successor;
    UPDATE partner p SET state = 'left', ended_reason = 'Succeeded by another agency', answered_at = caller_now()
    WHERE p.agency_id = old AND p.state IN ('invited', 'offered', 'committed')
      AND EXISTS (SELECT FROM partner q WHERE q.initiative_id = p.initiative_id AND q.agency_id = successor);
    UPDATE partner SET agency_id = successor
    WHERE agency_id = old AND state IN ('invited', 'offered', 'committed');
    -- A lead is no partner of its own: the successor leaves the partners before it becomes the lead.
    UPDATE partner p SET state = 'left', ended_reason = 'Leads the initiative now', answered_at = caller_now()
    FROM initiative i
    WHERE i.id = p.initiative_id AND i.lead_agency_id = old AND p.agency_id = successor
      AND p.state IN ('invited', 'offered', 'committed');
    UPDATE initiative SET lead_agency_id = successor WHERE lead_agency_id = old;
    UPDATE plan_action SET owner_agency_id = successor WHERE owner_agency_id = old;
    -- It looks after the agreements; a party it becomes by its own signature.
    UPDATE agreement SET lead_agency_id = successor WHERE lead_agency_id = old;
    PERFORM succeed_cases(old, successor);
END
$$;
