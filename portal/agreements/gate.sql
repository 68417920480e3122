-- The gate: which agreement lets one agency give another which data for which purpose, at a moment. These functions
-- run with the rights of whoever calls them: a definer function sees every agreement, a request those of its agency.

-- The version that counts on the day: the latest that all have signed and whose first day has come.
CREATE FUNCTION agreement_version_now(wanted uuid, moment timestamptz) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
BEGIN
    RETURN (SELECT v.id FROM agreement_version v
            WHERE v.agreement_id = wanted AND v.signed_at IS NOT NULL AND v.starts_on <= today
            ORDER BY v.number DESC LIMIT 1);
END
$$;

-- Review and end are days that pass, so no sweep has to be on time. The end is the end of that day in London.
CREATE FUNCTION agreement_state(wanted uuid, moment timestamptz) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    counts uuid := agreement_version_now(wanted, moment);
BEGIN
    RETURN (
        SELECT CASE
            WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn'
            WHEN v.ends_on < today THEN 'expired'
            WHEN a.suspended_at IS NOT NULL THEN 'suspended'
            WHEN v.review_on <= today THEN 'due_review'
            WHEN v.id IS NOT NULL THEN 'in_force'
            WHEN a.sent_at IS NOT NULL THEN 'out_for_signature'
            ELSE 'draft' END
        FROM agreement a LEFT JOIN agreement_version v ON v.id = counts WHERE a.id = wanted);
END
$$;

-- Parties in standing: they have joined, have signed the version that counts, and are neither suspended nor gone.
CREATE FUNCTION agreement_standing(wanted uuid, moment timestamptz)
RETURNS TABLE (party_id uuid, agency_id uuid, direction text, acts_for_id uuid, version_id uuid)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    counts uuid := agreement_version_now(wanted, moment);
BEGIN
    RETURN QUERY
    SELECT p.id, p.agency_id, p.direction::text, p.acts_for_id, s.agreement_version_id
    FROM agreement_party p JOIN agreement_signature s ON s.agreement_version_id = counts AND s.party_id = p.id
    WHERE p.agreement_id = wanted AND p.joined_at IS NOT NULL AND p.left_at IS NULL AND p.suspended_at IS NULL;
END
$$;

-- The legal powers as they hold on a day: of each the latest confirmed row that has begun, unless its last day is over.
CREATE FUNCTION gateways_on(day date)
RETURNS TABLE (key text, sender_kinds text[], receiver_kinds text[], purposes text[], confirmed boolean)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.key, g.sender_kinds, g.receiver_kinds, g.purposes, g.confirmed FROM (
        SELECT DISTINCT ON (w.key) w.* FROM gateway w WHERE w.state = 'confirmed' AND w.valid_from <= day
        ORDER BY w.key, w.valid_from DESC) g
    WHERE g.valid_to IS NULL OR g.valid_to >= day
$$;

-- What an agreement has for this sharing and what it lacks; nothing lacking is permission. A body takes part by its own
-- kind, and by that of the authority for which it acts, while that one is in standing itself.
CREATE FUNCTION agreement_answer(
    wanted uuid, sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz,
    OUT version_id uuid, OUT state text, OUT gateway text, OUT gateway_confirmed boolean, OUT lacks text[]
) LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    v agreement_version;
    gives text;
    receives text;
    sends_as text[];
    receives_as text[];
BEGIN
    version_id := agreement_version_now(wanted, moment);
    state := agreement_state(wanted, moment);
    SELECT * INTO v FROM agreement_version w WHERE w.id = version_id;
    WITH stands AS MATERIALIZED (SELECT * FROM agreement_standing(wanted, moment)),
    kind AS (
        SELECT s.agency_id, array_agg(a.kind::text) AS kinds FROM stands s
        JOIN agency a ON a.id = s.agency_id OR a.id = s.acts_for_id AND a.id IN (SELECT o.agency_id FROM stands o)
        WHERE s.agency_id IN (sender, receiver) GROUP BY s.agency_id
    )
    SELECT (SELECT s.direction FROM stands s WHERE s.agency_id = sender),
           (SELECT s.direction FROM stands s WHERE s.agency_id = receiver),
           (SELECT k.kinds FROM kind k WHERE k.agency_id = sender),
           (SELECT k.kinds FROM kind k WHERE k.agency_id = receiver)
    INTO gives, receives, sends_as, receives_as;
    SELECT g.key, g.confirmed INTO gateway, gateway_confirmed FROM gateways_on(today) g
    WHERE g.key = ANY (v.gateways) AND agreement_answer.purpose = ANY (g.purposes)
      AND g.sender_kinds && sends_as AND g.receiver_kinds && receives_as
    ORDER BY g.confirmed DESC, array_position(v.gateways, g.key) LIMIT 1;
    lacks := array_remove(ARRAY[
        CASE WHEN state NOT IN ('in_force', 'due_review') THEN 'not_in_force' END,
        CASE WHEN gives IS NULL THEN 'sender_no_party' WHEN gives = 'receives' THEN 'sender_does_not_give' END,
        CASE WHEN receives IS NULL THEN 'receiver_no_party' WHEN receives = 'gives' THEN 'receiver_does_not_receive' END,
        CASE WHEN NOT coalesce(agreement_answer.purpose = ANY (v.purposes), false) THEN 'purpose' END,
        CASE WHEN NOT coalesce(agreement_answer.categories <@ v.categories, false) THEN 'categories' END,
        CASE WHEN v.ceiling = 'official' THEN 'ceiling' END,
        CASE WHEN gateway IS NULL THEN 'gateway' END], NULL);
END
$$;

-- The agreement that permits it now, or no row. Of several, one whose gateway is confirmed, and lasts longest.
CREATE FUNCTION agreement_for(sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz)
RETURNS TABLE (agreement_id uuid, version_id uuid, reference text, gateway text, gateway_confirmed boolean, ends_on date)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF sender = receiver THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.id, v.id, a.reference::text, told.gateway, told.gateway_confirmed, v.ends_on
    FROM agreement a
    CROSS JOIN LATERAL agreement_answer(a.id, sender, receiver, agreement_for.purpose, agreement_for.categories,
                                        moment) told
    JOIN agreement_version v ON v.id = told.version_id
    WHERE a.id IN (SELECT p.agreement_id FROM agreement_party p WHERE p.agency_id = sender
                   INTERSECT SELECT p.agreement_id FROM agreement_party p WHERE p.agency_id = receiver)
      AND a.withdrawn_at IS NULL AND a.suspended_at IS NULL AND told.lacks = '{}'
    ORDER BY told.gateway_confirmed DESC, v.ends_on DESC, a.id LIMIT 1;
END
$$;

-- Agreements that come near, and what each lacks: what it does not have of the sharing, and which categories.
CREATE FUNCTION agreement_near(sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz)
RETURNS TABLE (agreement_id uuid, reference text, title text, state text, gateway text, lacks text[],
               lacking_categories text[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF sender = receiver THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.id, a.reference::text, a.title::text, told.state, told.gateway, told.lacks,
           ARRAY(SELECT c FROM unnest(agreement_near.categories) c WHERE c <> ALL (coalesce(v.categories, '{}')))
    FROM agreement a
    CROSS JOIN LATERAL agreement_answer(a.id, sender, receiver, agreement_near.purpose, agreement_near.categories,
                                        moment) told
    LEFT JOIN agreement_version v ON v.id = told.version_id
    WHERE a.id IN (SELECT p.agreement_id FROM agreement_party p WHERE p.agency_id IN (sender, receiver))
    ORDER BY cardinality(told.lacks), a.created_at DESC, a.id LIMIT 20;
END
$$;

-- Agreements in which an agency may receive now, by the version that counts, also while they run off. Asked at every
-- request: one statement over the agency's own parts, whose plan is kept.
CREATE FUNCTION agreement_receiving(agency uuid, moment timestamptz)
RETURNS TABLE (agreement_id uuid, version_id uuid, categories text[], running_off boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
BEGIN
    RETURN QUERY
    SELECT a.id, v.id, v.categories, v.ends_on < today
    FROM agreement_party p
    JOIN agreement a ON a.id = p.agreement_id AND a.withdrawn_at IS NULL AND a.suspended_at IS NULL
    CROSS JOIN LATERAL (
        SELECT w.id, w.categories, w.ends_on, w.run_off_days, w.ceiling FROM agreement_version w
        WHERE w.agreement_id = a.id AND w.signed_at IS NOT NULL AND w.starts_on <= today
        ORDER BY w.number DESC LIMIT 1) v
    WHERE p.agency_id = agreement_receiving.agency AND p.direction IN ('receives', 'both')
      AND p.joined_at IS NOT NULL AND p.left_at IS NULL AND p.suspended_at IS NULL
      AND v.ends_on + coalesce(v.run_off_days, 0) >= today
      AND v.ceiling <> 'official'  -- every case is marked higher
      AND EXISTS (SELECT FROM agreement_signature s WHERE s.agreement_version_id = v.id AND s.party_id = p.id);
END
$$;

-- The same with what is received: after the end of one with a run-off clause safe contact, actions and clocks, for the
-- days that the clause gives.
CREATE FUNCTION agreement_gates(agency uuid, moment timestamptz)
RETURNS TABLE (agreement_id uuid, categories text[], running_off boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.agreement_id, CASE WHEN NOT r.running_off THEN r.categories
               ELSE ARRAY(SELECT c FROM unnest(r.categories) c WHERE c IN ('safe_contact', 'actions', 'clocks')) END,
           r.running_off
    FROM agreement_receiving(agreement_gates.agency, moment) r;
END
$$;

-- By which ways an agency may have cases now: from which party in standing, under which agreement, by which of its powers.
-- What came by another way is closed meanwhile. The last three say how it would be without a party of an agreement, or by
-- another version of it, as if all had signed that.
CREATE FUNCTION agreement_ways(agency uuid, moment timestamptz, agreement uuid, without uuid, version uuid)
RETURNS TABLE (agreement_id uuid, from_agency_id uuid, gateway text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH counts AS MATERIALIZED (
        SELECT r.agreement_id,
               CASE WHEN r.agreement_id = agreement_ways.agreement THEN coalesce(agreement_ways.version, r.version_id) ELSE r.version_id END AS version_id
        FROM agreement_receiving(agreement_ways.agency, moment) r
    ), stands AS MATERIALIZED (
        SELECT p.agreement_id, p.agency_id, p.direction::text, p.acts_for_id, c.version_id
        FROM counts c JOIN agreement_party p ON p.agreement_id = c.agreement_id
        WHERE p.joined_at IS NOT NULL AND p.left_at IS NULL AND p.suspended_at IS NULL
          AND (p.agreement_id, p.agency_id) IS DISTINCT FROM (agreement_ways.agreement, without)
          AND (c.version_id = agreement_ways.version OR EXISTS (
              SELECT FROM agreement_signature s WHERE s.agreement_version_id = c.version_id AND s.party_id = p.id))
    ), acts AS (
        SELECT s.*, s.agency_id AS acts_as FROM stands s
        UNION ALL
        SELECT s.*, o.agency_id FROM stands s JOIN stands o ON o.agreement_id = s.agreement_id AND o.agency_id = s.acts_for_id
    ), kind AS MATERIALIZED (
        SELECT s.agreement_id, s.agency_id, s.direction, s.version_id, array_agg(a.kind::text) AS kinds
        FROM acts s JOIN agency a ON a.id = s.acts_as GROUP BY 1, 2, 3, 4
    )
    SELECT gives.agreement_id, gives.agency_id, g.key
    FROM kind takes JOIN kind gives ON gives.agreement_id = takes.agreement_id AND gives.agency_id <> takes.agency_id
    JOIN agreement_version v ON v.id = takes.version_id
    JOIN gateways_on((moment AT TIME ZONE 'Europe/London')::date) g
        ON g.key = ANY (v.gateways) AND g.sender_kinds && gives.kinds AND g.receiver_kinds && takes.kinds
    WHERE takes.agency_id = agreement_ways.agency AND gives.direction IN ('gives', 'both');
END
$$;
