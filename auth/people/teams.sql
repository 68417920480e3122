-- Teams: who is in them, and what becomes of the work of one that ends. Administrators see no work, so that moving it is
-- done here; they are told how much there is, and nothing of it.

-- Whether the caller, in person, leads this team today: it takes the team's word (`leads`) and the role.
CREATE FUNCTION leads_team(team uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT caller_self() IS NOT NULL AND EXISTS (
        SELECT FROM team_member t
        WHERE t.team_id = leads_team.team AND t.membership_id = caller_principal() AND t.leads
          AND 'team_lead' = ANY (roles_today(t.membership_id, caller_today())))
$$;

-- Unfinished actions, open risks and initiatives of a team of the caller's own agency.
CREATE FUNCTION work_of_team(team uuid) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (SELECT count(*) FROM action a WHERE a.owner_team_id = t.id AND a.state IN ('open', 'in_progress'))::int
         + (SELECT count(*) FROM risk r WHERE r.owner_team_id = t.id AND r.state <> 'closed')::int
         + (SELECT count(*) FROM initiative i WHERE i.lead_team_id = t.id)::int
    FROM team t WHERE t.id = work_of_team.team AND manages(t.agency_id)
$$;

CREATE FUNCTION end_team(ending uuid, taker uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    home uuid := (SELECT t.agency_id FROM team t WHERE t.id = ending);
BEGIN
    IF manages(home) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency ends its teams' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM hold_agency(home);
    IF taker = ending OR taker IS NOT NULL AND NOT EXISTS (
        SELECT FROM team t WHERE t.id = taker AND t.agency_id = home AND t.ended_on IS NULL)
        OR taker IS NULL AND work_of_team(ending) > 0 THEN
        RAISE EXCEPTION 'a team that holds work hands it to another team of its agency' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE action a SET owner_team_id = taker, allocated_to_id = (
        SELECT t.membership_id FROM team_member t WHERE t.team_id = taker AND t.membership_id = a.allocated_to_id)
    WHERE a.owner_team_id = ending AND a.state IN ('open', 'in_progress');
    UPDATE risk r SET owner_team_id = taker WHERE r.owner_team_id = ending AND r.state <> 'closed';
    UPDATE initiative i SET lead_team_id = taker WHERE i.lead_team_id = ending;
    UPDATE team t SET ended_on = caller_today() WHERE t.id = ending AND t.ended_on IS NULL;
END
$$;

-- What they had of its actions goes back on the team's list; who finished what stays in its history.
CREATE FUNCTION leave_team(left_team uuid, member uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    home uuid := (SELECT t.agency_id FROM team t WHERE t.id = left_team);
BEGIN
    IF (manages(home) OR leads_team(left_team)) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator or the team''s lead says who is in it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE action a SET allocated_to_id = NULL WHERE a.owner_team_id = left_team AND a.allocated_to_id = member;
    DELETE FROM team_member t WHERE t.team_id = left_team AND t.membership_id = member;
END
$$;

-- A notice to a colleague about a team of theirs; whoever leads it tells them, too. The words are the portal's own.
CREATE FUNCTION tell_of_team(about uuid, member uuid, words text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (leads_team(about) OR manages((SELECT t.agency_id FROM team t WHERE t.id = about))) IS NOT TRUE THEN
        RAISE EXCEPTION 'only who manages a team tells of it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM tell(m.person_id, 'team_changed', left(words, 400))
    FROM membership m JOIN team t ON t.agency_id = m.agency_id WHERE m.id = member AND t.id = about;
END
$$;
