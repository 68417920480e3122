-- The gate: which agreement lets one agency give another which data for which purpose, at a moment. These functions
-- run with the rights of whoever calls them: a definer function sees every agreement, a request those of its agency.

-- The version that counts on the day: the latest that all have signed and whose first day has come.
CREATE FUNCTION agreement_version_now(wanted uuid, moment timestamptz) RETURNS uuid
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT v.id FROM agreement_version v
    WHERE v.agreement_id = wanted AND v.signed_at IS NOT NULL
      AND v.starts_on <= (moment AT TIME ZONE 'Europe/London')::date
    ORDER BY v.number DESC LIMIT 1
$$;

-- Review and end are days that pass, so no sweep has to be on time. The end is the end of that day in London.
CREATE FUNCTION agreement_state(wanted uuid, moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN v.ends_on < d.today THEN 'expired'
        WHEN a.suspended_at IS NOT NULL THEN 'suspended'
        WHEN v.review_on <= d.today THEN 'due_review'
        WHEN v.id IS NOT NULL THEN 'in_force'
        WHEN a.sent_at IS NOT NULL THEN 'out_for_signature'
        ELSE 'draft' END
    FROM agreement a
    CROSS JOIN (SELECT (moment AT TIME ZONE 'Europe/London')::date AS today) d
    LEFT JOIN agreement_version v ON v.id = agreement_version_now(a.id, moment)
    WHERE a.id = wanted
$$;

-- Parties in standing: they have joined, have signed the version that counts, and are neither suspended nor gone.
CREATE FUNCTION agreement_standing(wanted uuid, moment timestamptz)
RETURNS TABLE (party_id uuid, agency_id uuid, direction text, acts_for_id uuid, version_id uuid)
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.id, p.agency_id, p.direction::text, p.acts_for_id, s.agreement_version_id
    FROM agreement_party p
    JOIN agreement_signature s ON s.party_id = p.id
        AND s.agreement_version_id = agreement_version_now(wanted, moment)
    WHERE p.agreement_id = wanted AND p.joined_at IS NOT NULL AND p.left_at IS NULL AND p.suspended_at IS NULL
$$;

-- As what an agency takes part: by its own kind, and by that of the authority for which it acts, while that one is
-- in standing itself.
CREATE FUNCTION agreement_kinds(wanted uuid, agency uuid, moment timestamptz) RETURNS text[]
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT array_agg(a.kind::text) FROM agreement_standing(wanted, moment) s
    JOIN agency a ON a.id = s.agency_id
      OR a.id = s.acts_for_id AND a.id IN (SELECT o.agency_id FROM agreement_standing(wanted, moment) o)
    WHERE s.agency_id = agreement_kinds.agency
$$;

-- The gateway of the agreement by which this sender may disclose to this receiver for this purpose.
CREATE FUNCTION agreement_gateway(wanted uuid, sender uuid, receiver uuid, purpose text, moment timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.key FROM agreement_version v JOIN gateway g ON g.key = ANY (v.gateways)
    CROSS JOIN (SELECT (moment AT TIME ZONE 'Europe/London')::date AS today) d
    WHERE v.id = agreement_version_now(wanted, moment) AND agreement_gateway.purpose = ANY (g.purposes)
      AND g.valid_from <= d.today AND (g.valid_to IS NULL OR g.valid_to >= d.today)
      AND g.sender_kinds && agreement_kinds(wanted, sender, moment)
      AND g.receiver_kinds && agreement_kinds(wanted, receiver, moment)
    ORDER BY g.confirmed DESC, array_position(v.gateways, g.key) LIMIT 1
$$;

-- What an agreement lacks for this sharing; nothing lacking is permission.
CREATE FUNCTION agreement_lacks(
    wanted uuid, sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz
) RETURNS text[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT array_remove(ARRAY[
        CASE WHEN agreement_state(wanted, moment) NOT IN ('in_force', 'due_review') THEN 'not_in_force' END,
        CASE WHEN NOT EXISTS (SELECT FROM agreement_standing(wanted, moment) s WHERE s.agency_id = sender)
             THEN 'sender_no_party' END,
        CASE WHEN EXISTS (SELECT FROM agreement_standing(wanted, moment) s
                          WHERE s.agency_id = sender AND s.direction = 'receives') THEN 'sender_does_not_give' END,
        CASE WHEN NOT EXISTS (SELECT FROM agreement_standing(wanted, moment) s WHERE s.agency_id = receiver)
             THEN 'receiver_no_party' END,
        CASE WHEN EXISTS (SELECT FROM agreement_standing(wanted, moment) s
                          WHERE s.agency_id = receiver AND s.direction = 'gives') THEN 'receiver_does_not_receive' END,
        CASE WHEN NOT coalesce(agreement_lacks.purpose = ANY (v.purposes), false) THEN 'purpose' END,
        CASE WHEN NOT coalesce(agreement_lacks.categories <@ v.categories, false) THEN 'categories' END,
        CASE WHEN agreement_gateway(wanted, sender, receiver, agreement_lacks.purpose, moment) IS NULL
             THEN 'gateway' END], NULL)
    FROM (SELECT 1) one LEFT JOIN agreement_version v ON v.id = agreement_version_now(wanted, moment)
$$;

-- The agreement that permits it now, or no row. Of several, one whose gateway is confirmed, and lasts longest.
CREATE FUNCTION agreement_for(sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz)
RETURNS TABLE (agreement_id uuid, version_id uuid, reference text, gateway text, gateway_confirmed boolean, ends_on date)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.id, v.id, a.reference::text, g.key::text, g.confirmed, v.ends_on
    FROM agreement a
    JOIN agreement_version v ON v.id = agreement_version_now(a.id, moment)
    JOIN gateway g ON g.key = agreement_gateway(a.id, sender, receiver, agreement_for.purpose, moment)
    WHERE a.id IN (SELECT p.agreement_id FROM agreement_party p WHERE p.agency_id = sender)
      AND sender <> receiver
      AND agreement_lacks(a.id, sender, receiver, agreement_for.purpose, agreement_for.categories, moment) = '{}'
    ORDER BY g.confirmed DESC, v.ends_on DESC, a.id LIMIT 1
$$;

-- Agreements that come near, and what each lacks: what it does not have of the sharing, and which categories.
CREATE FUNCTION agreement_near(sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz)
RETURNS TABLE (agreement_id uuid, reference text, title text, state text, gateway text, lacks text[],
               lacking_categories text[])
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.id, a.reference::text, a.title::text, agreement_state(a.id, moment),
           agreement_gateway(a.id, sender, receiver, agreement_near.purpose, moment), lacking.what,
           ARRAY(SELECT c FROM unnest(agreement_near.categories) c
                 WHERE c <> ALL (coalesce(v.categories, '{}')))
    FROM agreement a
    LEFT JOIN agreement_version v ON v.id = agreement_version_now(a.id, moment)
    CROSS JOIN LATERAL (SELECT agreement_lacks(a.id, sender, receiver, agreement_near.purpose,
                                               agreement_near.categories, moment) AS what) lacking
    WHERE EXISTS (SELECT FROM agreement_party p WHERE p.agreement_id = a.id AND p.agency_id IN (sender, receiver))
      AND sender <> receiver
    ORDER BY cardinality(lacking.what), a.created_at, a.id LIMIT 20
$$;

-- Agreements in which an agency may receive now, and which categories. After the end of one with a run-off clause:
-- safe contact, actions and clocks, for the days that the clause gives.
CREATE FUNCTION agreement_gates(agency uuid, moment timestamptz)
RETURNS TABLE (agreement_id uuid, categories text[], running_off boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT v.agreement_id, CASE WHEN v.ends_on >= d.today THEN v.categories
               ELSE ARRAY(SELECT c FROM unnest(v.categories) c WHERE c IN ('safe_contact', 'actions', 'clocks')) END,
           v.ends_on < d.today
    FROM agreement_party p
    JOIN agreement a ON a.id = p.agreement_id AND a.withdrawn_at IS NULL AND a.suspended_at IS NULL
    CROSS JOIN (SELECT (moment AT TIME ZONE 'Europe/London')::date AS today) d
    CROSS JOIN LATERAL (
        SELECT w.* FROM agreement_version w
        WHERE w.agreement_id = a.id AND w.signed_at IS NOT NULL AND w.starts_on <= d.today
        ORDER BY w.number DESC LIMIT 1) v
    WHERE p.agency_id = agreement_gates.agency AND p.direction IN ('receives', 'both')
      AND p.joined_at IS NOT NULL AND p.left_at IS NULL AND p.suspended_at IS NULL
      AND v.ends_on + coalesce(v.run_off_days, 0) >= d.today
      AND EXISTS (SELECT FROM agreement_signature s WHERE s.agreement_version_id = v.id AND s.party_id = p.id)
$$;

-- Who was a party of those agreements and is not in standing now: what they gave is closed meanwhile.
CREATE FUNCTION agreement_closed(agency uuid, moment timestamptz)
RETURNS TABLE (agreement_id uuid, from_agency_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT g.agreement_id, p.agency_id
    FROM agreement_gates(agreement_closed.agency, moment) g JOIN agreement_party p ON p.agreement_id = g.agreement_id
    WHERE p.agency_id <> agreement_closed.agency AND p.joined_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM agreement_standing(g.agreement_id, moment) s WHERE s.agency_id = p.agency_id)
$$;
