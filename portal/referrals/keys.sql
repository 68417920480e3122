-- Which keys open a case, who holds them now, and how they reach everything that hangs on a case.

-- Every data category, as portal/agreements/categories.py names them.
CREATE FUNCTION data_categories() RETURNS text[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT '{identity_link,safe_contact,needs,wishes,risk,flags,orders,criminal_justice,actions,clocks,reasons,outcome}'::text[]
$$;

-- The key of one view of what an agency (or one team of it) has of its own, or by a gate for a purpose. An agency's own
-- are there from its beginning, and a narrow team's from the day it is one, or who writes a first case would not see it;
-- the others are made when they are first needed.
CREATE FUNCTION case_capability(wanted text, agency uuid, team uuid, gate uuid, purpose text, from_agency uuid) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id int;
BEGIN
    LOOP
        SELECT c.id INTO found_id FROM capability c
        WHERE c.agency_id = case_capability.agency AND c.kind = wanted AND c.team_id IS NOT DISTINCT FROM team
          AND c.gate_id IS NOT DISTINCT FROM gate AND c.purpose IS NOT DISTINCT FROM case_capability.purpose
          AND c.from_agency_id IS NOT DISTINCT FROM from_agency;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        INSERT INTO capability (kind, agency_id, team_id, gate_id, purpose, from_agency_id)
        VALUES (wanted, case_capability.agency, team, gate, case_capability.purpose, from_agency) ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

-- The way by which an agency was given cases: from whom, under which agreement, by which legal power.
CREATE FUNCTION case_route(agency uuid, gate uuid, from_agency uuid, gateway text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id int;
BEGIN
    LOOP
        SELECT c.id INTO found_id FROM capability c
        WHERE c.agency_id = case_route.agency AND c.kind = 'route' AND c.gate_id = gate AND c.from_agency_id = from_agency
          AND c.gateway IS NOT DISTINCT FROM case_route.gateway;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        INSERT INTO capability (kind, agency_id, gate_id, from_agency_id, gateway)
        VALUES ('route', case_route.agency, gate, from_agency, case_route.gateway) ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

-- The ways by which an agency has cases and may not have them now, or not after a change; see agreement_ways. Those of
-- agreements by which it is given nothing at all are left out: no key opens what came by them.
CREATE FUNCTION ways_closed(agency uuid, moment timestamptz, agreement uuid, without uuid, version uuid) RETURNS int[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM capability c WHERE c.kind = 'route' AND c.agency_id = ways_closed.agency) THEN
        RETURN '{}';
    END IF;
    RETURN (
        WITH way AS MATERIALIZED (
            SELECT * FROM agreement_ways(ways_closed.agency, moment, ways_closed.agreement, without, version)
        )
        SELECT coalesce(array_agg(c.id), '{}') FROM capability c
        WHERE c.kind = 'route' AND c.agency_id = ways_closed.agency
          AND c.gate_id IN (SELECT r.agreement_id FROM agreement_receiving(ways_closed.agency, moment) r)
          AND NOT EXISTS (SELECT FROM way WHERE way.agreement_id = c.gate_id AND way.from_agency_id = c.from_agency_id
                          AND way.gateway = coalesce(c.gateway, way.gateway)));
END
$$;

-- What a principal holds of cases at this moment (`roles`: of an agreement that permits one of them, NULL for whatever
-- role): keys; the routes by which its agency may not be given anything today,
-- since the sender has left or is suspended while the agreement goes on, or the legal power has ended; and which keys lack which category.
CREATE FUNCTION case_keys(agency uuid, teams uuid[], scopes text[], moment timestamptz, roles text[] DEFAULT NULL)
RETURNS TABLE (keys int[], closed int[], lacking jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    levels text[] := CASE WHEN 'referrals:read' = ANY (scopes) THEN '{summary,full}'
                          WHEN 'referrals:summary' = ANY (scopes) THEN '{summary}' ELSE '{}' END;
BEGIN
    keys := '{}';
    closed := '{}';
    lacking := '{}';
    IF levels = '{}' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    WITH gate AS MATERIALIZED (
        SELECT g.agreement_id AS id, g.categories, v.purposes, coalesce(v.permitted_roles && roles, true) AS permitted
        FROM agreement_gates(case_keys.agency, moment) g
        JOIN agreement_version v ON v.id = agreement_version_now(g.agreement_id, moment)
        UNION ALL
        SELECT e.id, data_categories(), NULL, true FROM emergency_disclosure e
        WHERE e.to_agency_id = case_keys.agency AND e.starts_at <= moment AND e.ends_at > moment AND e.closed_at IS NULL
    ), held AS (
        SELECT c.id, gate.categories FROM capability c LEFT JOIN gate ON gate.id = c.gate_id
        WHERE c.agency_id = case_keys.agency AND c.kind = ANY (levels) AND (c.team_id IS NULL OR c.team_id = ANY (teams))
          AND (c.gate_id IS NULL OR gate.id IS NOT NULL)
          AND (c.purpose IS NULL OR c.purpose = ANY (gate.purposes))
          -- Who looks after the agreements sees that there are cases; who is to use them the agreement says.
          AND (c.gate_id IS NULL OR gate.permitted OR c.kind = 'summary' AND 'agreements:draft' = ANY (scopes))
    ), without AS (
        SELECT category, jsonb_agg(held.id) AS ids FROM held, unnest(data_categories()) category
        WHERE NOT category = ANY (held.categories) GROUP BY category
    )
    SELECT coalesce((SELECT array_agg(held.id ORDER BY held.id) FROM held), '{}'),
           coalesce((SELECT jsonb_object_agg(category, ids) FROM without), '{}')
    INTO keys, lacking;
    closed := ways_closed(case_keys.agency, moment, NULL, NULL, NULL);
    RETURN NEXT;
END
$$;

-- Those of these keys that an emergency disclosure gave. What they open no closed way closes.
CREATE FUNCTION urgent_keys(keys int[]) RETURNS int[] LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(c.id), '{}') FROM capability c JOIN emergency_disclosure e ON e.id = c.gate_id
    WHERE c.id = ANY (urgent_keys.keys)
$$;

CREATE FUNCTION caller_urgent() RETURNS int[] LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT urgent_keys(caller_keys()) $$;

-- What the policies of a case's tables ask beside its keys, for functions that ask it themselves.
CREATE FUNCTION given_to_caller(acl int[], routes int[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT coalesce(routes && caller_closed() AND NOT acl && caller_urgent(), false)
$$;

-- The keys of a case: the sender's own, those of each recipient while it is given to it, and of whom a MARAC asks what it
-- knows. A narrow team keeps its cases to its members; one that passed a case on keeps the summary, and so do those whom it
-- asked. `routes`: from whom each agency has it, under which agreement.
CREATE FUNCTION referral_keys(wanted uuid, sender uuid, sender_team uuid, purpose text, OUT acl int[], OUT full_acl int[], OUT routes int[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    party record;
BEGIN
    acl := '{}';
    full_acl := '{}';
    routes := '{}';
    FOR party IN
        SELECT sender AS agency, CASE WHEN t.narrow THEN t.id END AS team, NULL::uuid AS gate, NULL::text AS purpose,
               NULL::text AS gateway, sender AS giver, false AS passed
        FROM team t WHERE t.id = sender_team
        UNION
        SELECT r.agency_id, CASE WHEN t.narrow THEN t.id END, r.agreement_id,
               CASE WHEN r.agreement_id IS NOT NULL THEN referral_keys.purpose END, r.gateway, coalesce(r.from_agency_id, sender),
               r.passed_at IS NOT NULL
        FROM recipient r JOIN team t ON t.id = r.team_id
        WHERE r.referral_id = wanted AND r.given_at IS NOT NULL AND r.lost_at IS NULL
          AND (r.agreement_id IS NOT NULL OR r.agency_id = sender)
        UNION
        SELECT q.agency_id, CASE WHEN t.narrow THEN t.id END, q.agreement_id,
               CASE WHEN q.agreement_id IS NOT NULL THEN referral_keys.purpose END, q.gateway, q.from_agency_id,
               asks.passed_at IS NOT NULL
        FROM marac_research q JOIN team t ON t.id = q.team_id JOIN recipient asks ON asks.id = q.recipient_id
        WHERE q.referral_id = wanted AND q.given_at IS NOT NULL AND q.lost_at IS NULL
          AND (q.agreement_id IS NOT NULL OR q.agency_id = sender)
        UNION
        SELECT e.to_agency_id, e.to_team_id, e.id, NULL, NULL, e.from_agency_id, false FROM emergency_disclosure e
        WHERE e.referral_id = wanted AND e.closed_at IS NULL
    LOOP
        acl := acl || case_capability('summary', party.agency, party.team, party.gate, party.purpose, NULL);
        IF NOT party.passed THEN
            full_acl := full_acl || case_capability('full', party.agency, party.team, party.gate, party.purpose, NULL);
        END IF;
        IF party.purpose IS NOT NULL THEN
            routes := routes || case_route(party.agency, party.gate, party.giver, party.gateway);
        END IF;
    END LOOP;
    acl := ARRAY(SELECT DISTINCT k FROM unnest(acl) k ORDER BY k);
    full_acl := ARRAY(SELECT DISTINCT k FROM unnest(full_acl) k ORDER BY k);
    routes := ARRAY(SELECT DISTINCT k FROM unnest(routes) k ORDER BY k);
END
$$;

CREATE FUNCTION set_referral_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT * INTO NEW.acl, NEW.full_acl, NEW.routes FROM referral_keys(NEW.id, NEW.sender_agency_id, NEW.sender_team_id, NEW.purpose);
    RETURN NEW;
END
$$;

-- A child has its referral's keys, of the view that the table belongs to ('summary' or 'full'); one of no referral that
-- there is gets none, so that the policy refuses it.
CREATE FUNCTION referral_child_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := '{}';
    NEW.routes := '{}';
    SELECT CASE TG_ARGV[0] WHEN 'full' THEN r.full_acl ELSE r.acl END, r.routes INTO NEW.acl, NEW.routes
    FROM referral r WHERE r.id = NEW.referral_id FOR SHARE;
    NEW.acl := coalesce(NEW.acl, '{}');
    NEW.routes := coalesce(NEW.routes, '{}');
    RETURN NEW;
END
$$;

-- Recipients come, are given it, lose it: the case's keys are computed again, and how it stands as a whole.
CREATE FUNCTION recipient_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE referral r SET
        overall = whole.stands,
        ended_at = CASE WHEN whole.stands IN ('ended', 'withdrawn') THEN coalesce(r.ended_at, caller_now()) END
    FROM (
        SELECT f.id, CASE
            WHEN f.overall = 'draft' THEN f.overall
            WHEN every.lost THEN 'withdrawn' WHEN every.ended THEN 'ended'
            WHEN every.taken OR some_took AND NOT f.all_take THEN 'in_hand' ELSE 'waiting' END AS stands
        FROM referral f CROSS JOIN LATERAL (
            SELECT coalesce(bool_and(p.lost_at IS NOT NULL), false) AS lost,
                   coalesce(bool_and(p.hold = 'ended' OR p.lost_at IS NOT NULL), false) AS ended,
                   coalesce(bool_and(p.hold <> 'asked' OR p.lost_at IS NOT NULL), false) AS taken,
                   coalesce(bool_or(p.hold = 'taken' AND p.lost_at IS NULL), false) AS some_took
            FROM recipient p WHERE p.referral_id = f.id AND p.given_at IS NOT NULL
        ) every
    ) whole
    WHERE whole.id = r.id AND r.id = coalesce(NEW.referral_id, OLD.referral_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION disclosure_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE referral SET acl = acl WHERE id = NEW.referral_id;
    RETURN NULL;
END
$$;

-- New keys of a case reach what hangs on it; the arguments are the tables, each after its view.
CREATE FUNCTION spread_referral_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY TG_ARGV LOOP
        EXECUTE format('UPDATE %I SET acl = acl WHERE referral_id = $1', child) USING NEW.id;
    END LOOP;
    RETURN NULL;
END
$$;

-- What a verb calls before it changes anything of a case; of a hidden one it does nothing. A case first, then what hangs
-- on it: one order for all, so that of two who act at once one waits and sees what the other did.
CREATE FUNCTION hold_referral(wanted uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM referral r WHERE r.id = wanted AND r.acl && caller_keys() FOR NO KEY UPDATE;
END
$$;

-- What steers a case, for those between whom it goes, who alone move it: of the codes of its events those on which its
-- next moves and its clocks depend, whatever the caller's agreement covers. A replay by half of what was said would lead
-- elsewhere. The pathway names the fields; they are seldom more than a date, and no answer shows them. Whom a MARAC asks
-- what it knows, and who has it by an emergency, has the case and no move, and so nothing of this.
CREATE FUNCTION steering_codes(wanted uuid, names text[]) RETURNS TABLE (event_id uuid, codes jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT e.id, jsonb_object_agg(said.key, said.value)
    FROM recipient p JOIN referral r ON r.id = p.referral_id
    JOIN referral_event e ON e.recipient_id = p.id JOIN event_codes c ON c.event_id = e.id
    CROSS JOIN LATERAL jsonb_each(c.codes) said
    WHERE p.id = wanted AND caller_can('referrals:work') AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes)
      AND said.key = ANY (names)
      AND (r.sender_agency_id = caller_agency() OR EXISTS (
          SELECT FROM recipient own WHERE own.referral_id = r.id AND own.agency_id = caller_agency()
          AND own.given_at IS NOT NULL AND own.lost_at IS NULL))
    GROUP BY e.id
$$;

-- Somebody is shown the full view of a case: it is written down first, and for good. NULL for who may not see it, of whom
-- it is written down that they asked: of a hidden case and of one that never was alike. Shown twice in one request, it is
-- one row: a request is its id and its moment, since who calls may choose the id.
CREATE FUNCTION consult(wanted uuid, purpose text) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    case_of referral;
BEGIN
    SELECT * INTO case_of FROM referral r
    WHERE r.id = wanted AND r.full_acl && caller_keys() AND given_to_caller(r.full_acl, r.routes);
    IF NOT FOUND AND caller_principal() IS NOT NULL THEN
        INSERT INTO audit_line (id, at, request_id, principal_id, agency_id, verb, outcome, rule, object_id)
        VALUES (gen_random_uuid(), caller_now(), caller_request(), caller_principal(), caller_agency(),
                'referral_file', 'refused', 'referral.full_view', wanted);
    END IF;
    IF case_of.id IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('synchronous_commit', 'on', true);
    INSERT INTO consultation (id, referral_id, owner_agency_id, principal_id, person_id, agency_id, client_id, purpose,
                              request_id, at)
    SELECT gen_random_uuid(), wanted, case_of.sender_agency_id, caller_principal(), caller_person(), caller_agency(),
           caller_client(), consult.purpose, caller_request(), caller_now()
    WHERE NOT EXISTS (
        SELECT FROM consultation c
        WHERE c.referral_id = wanted AND c.at = caller_now() AND c.request_id = caller_request()
          AND c.principal_id = caller_principal() AND c.purpose = consult.purpose);
    RETURN wanted;
END
$$;

-- A list or a node shows a row of the full view: the same, of what is shown by what it is worked with.
CREATE FUNCTION consult_listed(wanted uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN consult(wanted, 'work_on_case') IS NOT NULL;
END
$$;

-- A team becomes narrower than its agency, or no longer is: its cases get other keys.
CREATE FUNCTION narrow_team_cases() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.narrow THEN
        PERFORM case_capability(view, NEW.agency_id, NEW.id, NULL, NULL, NULL)
        FROM unnest('{summary,full}'::text[]) view;
    END IF;
    UPDATE referral r SET acl = acl
    WHERE r.sender_team_id = NEW.id OR r.id IN (SELECT p.referral_id FROM recipient p WHERE p.team_id = NEW.id);
    RETURN NULL;
END
$$;

-- Who would have a case if it were sent now, and by what right. `lacking`: no agreement in force permits it. Only for those
-- who see the case.
CREATE FUNCTION referral_audience(wanted uuid)
RETURNS TABLE (agency_id uuid, team_id uuid, narrow boolean, part text, agreement_id uuid, gateway text, categories text[],
               lacking boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH this AS (
        SELECT * FROM referral r
        WHERE r.id = wanted AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes)
    )
    SELECT this.sender_agency_id, this.sender_team_id, t.narrow, 'sender', NULL::uuid, NULL, data_categories(), false
    FROM this JOIN team t ON t.id = this.sender_team_id
    UNION  -- a team is shown once, though it may have several suspects
    SELECT p.agency_id, p.team_id, t.narrow, 'receiver', permits.agreement_id, permits.gateway,
           CASE WHEN p.agency_id = this.sender_agency_id THEN data_categories() ELSE coalesce(v.categories, '{}') END,
           p.agency_id <> this.sender_agency_id AND permits.agreement_id IS NULL
    FROM this JOIN recipient p ON p.referral_id = this.id AND p.lost_at IS NULL JOIN team t ON t.id = p.team_id
    LEFT JOIN LATERAL agreement_for(this.sender_agency_id, p.agency_id, this.purpose, this.categories, caller_now())
        permits ON p.agency_id <> this.sender_agency_id
    LEFT JOIN agreement_version v ON v.id = agreement_version_now(permits.agreement_id, caller_now())
    UNION  -- who sits at a MARAC, today or at a meeting to come, is given by it what is put on its list
    SELECT s.agency_id, s.team_id, t.narrow, 'representative', permits.agreement_id, permits.gateway,
           coalesce(v.categories, '{}'), false
    FROM this JOIN recipient p ON p.referral_id = this.id AND p.lost_at IS NULL
    JOIN marac_seat s ON s.marac_team_id = p.team_id
         AND coalesce(s.ends_on >= caller_today(), true) AND s.agency_id NOT IN (this.sender_agency_id, p.agency_id)
    JOIN team t ON t.id = s.team_id
    JOIN LATERAL agreement_for(p.agency_id, s.agency_id, this.purpose, this.categories, caller_now()) permits ON true
    LEFT JOIN agreement_version v ON v.id = agreement_version_now(permits.agreement_id, caller_now())
$$;

-- The list as one short text: what was shown to the sender is what is sent, or it is not sent.
CREATE FUNCTION audience_mark(wanted uuid) RETURNS text LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT left(encode(sha256(convert_to(coalesce(string_agg(a::text, ';' ORDER BY a.part DESC, a.team_id), ''), 'UTF8')), 'hex'), 32)
    FROM referral_audience(wanted) a
$$;
