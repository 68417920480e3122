-- Totals over cases, in which nobody can be counted out.

-- Counts of which none below five is shown, and none that could be worked out from the whole, the others and this rule: where
-- one is hidden, so are all that have one of the two smallest counts, and the next until those hidden make five or more. Then
-- any two of them that differ could be exchanged, and the answer were the same. Where all are alike nobody is named: of five
-- in all in five places each has one.
CREATE FUNCTION without_small(keys text[], counts int[]) RETURNS TABLE (key text, cases int, whole boolean)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ranked AS (
        SELECT c.key, c.n, dense_rank() OVER by_size AS size, min(c.n) OVER () < 5 AS some_small,
               min(c.n) OVER () = max(c.n) OVER () OR sum(c.n) OVER () < 5 AS telling,
               coalesce(sum(c.n) OVER (by_size GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS smaller
        FROM unnest(keys, counts) AS c (key, n)
        WINDOW by_size AS (ORDER BY c.n)
    )
    SELECT r.key, CASE WHEN NOT (r.some_small AND (r.n < 5 OR r.size <= 2 OR r.smaller < 5)) THEN r.n END, false
    FROM ranked r WHERE NOT (r.some_small AND r.telling)
    UNION ALL
    SELECT NULL, CASE WHEN every.n = 0 OR every.n >= 5 THEN every.n END, true
    FROM (SELECT coalesce(sum(c.n), 0)::int AS n FROM unnest(counts) AS c (n)) every
$$;

-- The clocks of a case that have run out, and the agency with which each lies.
CREATE FUNCTION late_clocks(referral uuid, moment timestamptz) RETURNS TABLE (due_at timestamptz, agency uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.due_at, coalesce(t.agency_id, p.agency_id)
    FROM recipient p JOIN running_clock k ON k.recipient_id = p.id LEFT JOIN team t ON t.id = k.team_id
    WHERE p.referral_id = late_clocks.referral AND p.is_open AND k.due_at < moment AND k.stopped_at IS NULL
      AND NOT k.provisional
$$;

-- Who works on cases in any membership of theirs would find what others have by taking away what they see.
CREATE FUNCTION sees_cases(person uuid, today date) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM membership m CROSS JOIN LATERAL principal_today(m.id, today) p
        WHERE m.person_id = sees_cases.person AND 'referrals:summary' = ANY (p.scopes))
$$;

-- Whether the caller is told totals of everybody's cases: by the roles of whoever it is or acts for, not by what this token
-- was narrowed to.
CREATE FUNCTION caller_counts_all() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT caller_can('referrals:totals') AND NOT caller_can('referrals:summary') AND NOT EXISTS (
        SELECT FROM membership m
        WHERE m.id IN (caller_principal(),
                       (SELECT c.owner_membership_id FROM client_acceptance c WHERE c.id = caller_principal()))
          AND sees_cases(m.person_id, caller_today()))
$$;

-- The worker asks for it, as often as it likes: each Monday at seven in London programme leads are told how many cases are
-- late. Of fewer than five they are told nothing, and nobody looks again before the next Monday.
CREATE FUNCTION tell_late_totals(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    here timestamp := moment AT TIME ZONE 'Europe/London';
    monday date := date_trunc('week', here)::date;
    late int;
BEGIN
    IF here < monday + time '07:00' THEN
        RETURN 0;
    END IF;
    INSERT INTO reminder (kind, about_id, day, at)
    VALUES ('cases_late', '00000000-0000-0000-0000-000000000000', monday, moment) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    SELECT count(DISTINCT k.referral_id) INTO late FROM running_clock k JOIN recipient p ON p.id = k.recipient_id
    WHERE k.stopped_at IS NULL AND k.due_at < moment AND NOT k.provisional AND p.is_open;
    IF late < 5 THEN
        RETURN 0;
    END IF;
    PERFORM tell(told.person_id, 'cases_late', format('%s cases are late. Totals say with whom most of them lie.', late))
    FROM (
        SELECT DISTINCT m.person_id
        FROM membership m CROSS JOIN LATERAL principal_today(m.id, here::date) p
        WHERE EXISTS (SELECT FROM membership_role r WHERE r.membership_id = m.id AND r.role = 'programme_lead')
          AND 'referrals:totals' = ANY (p.scopes)
          AND NOT sees_cases(m.person_id, here::date)
    ) told;
    RETURN 1;
END
$$;

-- The cases that were sent in a financial year, by one thing: all cases for whoever has totals, and only totals, of them;
-- for others those that they see. One thing at a time and whole years, since tables that can be laid over each other
-- tell of one person.
CREATE FUNCTION case_totals(by text, year int) RETURNS TABLE (key text, cases int, whole boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH allowed AS MATERIALIZED (
        SELECT caller_counts_all() AS everything, caller_keys() AS keys, caller_closed() AS closed, caller_urgent() AS urgent,
               caller_keys('outcome') AS outcome_keys,
               least(greatest(case_totals.year, 1), 9000) AS april  -- of what is no year, a year without cases
        WHERE caller_counts_all() OR caller_can('referrals:summary')
    ), sent AS (
        SELECT r.*, a.everything, a.outcome_keys FROM referral r CROSS JOIN allowed a
        WHERE r.sent_at >= make_timestamptz(a.april, 4, 1, 0, 0, 0, 'Europe/London')
          AND r.sent_at < make_timestamptz(a.april + 1, 4, 1, 0, 0, 0, 'Europe/London')
          AND (a.everything OR r.acl && a.keys AND NOT (r.routes && a.closed AND NOT r.acl && a.urgent))
          -- That the police asked for early advice is a light record, and no referral until it is registered.
          AND NOT EXISTS (SELECT FROM recipient p WHERE p.referral_id = r.id AND p.state IN ('early_contact', 'early_contact_over'))
    ), counted AS (
        SELECT CASE case_totals.by
            WHEN 'pathway' THEN s.pathway
            WHEN 'state' THEN s.overall
            WHEN 'area' THEN s.area_code
            WHEN 'month' THEN to_char(s.sent_at AT TIME ZONE 'Europe/London', 'YYYY-MM')
            WHEN 'outcome' THEN (
                SELECT c.codes ->> 'outcome' FROM referral_event e JOIN event_codes c ON c.event_id = e.id
                WHERE e.referral_id = s.id AND c.category = 'outcome' AND c.codes ? 'outcome'
                  AND (s.everything OR c.acl && s.outcome_keys)
                  AND NOT EXISTS (SELECT FROM referral_event wrong
                                  WHERE wrong.referral_id = s.id AND wrong.error_of_id = e.id)
                ORDER BY e.at DESC, e.recorded_at DESC, e.position DESC LIMIT 1)
            WHEN 'late_with' THEN (
                SELECT g.short_name FROM late_clocks(s.id, caller_now()) k JOIN agency g ON g.id = k.agency
                ORDER BY k.due_at, g.short_name LIMIT 1)
            END AS key
        FROM sent s
    ), cells AS (SELECT c.key, count(*)::int AS n FROM counted c GROUP BY c.key)
    SELECT shown.* FROM (SELECT array_agg(cells.key) AS keys, array_agg(cells.n) AS counts FROM cells) listed,
        without_small(coalesce(listed.keys, '{}'), coalesce(listed.counts, '{}')) shown
    WHERE EXISTS (SELECT FROM allowed)
$$;

-- What came of matters between police and prosecutors that were sent in a financial year, suspect by suspect: the latest
-- decision of a prosecutor that counts. What the police ended themselves and what was finalised administratively is no legal
-- decision, and in neither part of a charge rate.
CREATE FUNCTION charging_totals(year int) RETURNS TABLE (key text, cases int, whole boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH allowed AS MATERIALIZED (
        SELECT caller_counts_all() AS everything, caller_keys() AS keys, caller_closed() AS closed, caller_urgent() AS urgent,
               least(greatest(charging_totals.year, 1), 9000) AS april
        WHERE caller_counts_all() OR caller_can('referrals:summary')
    ), decided AS (
        SELECT (
            SELECT CASE e.to_state WHEN 'charge_authorised' THEN 'charge' WHEN 'out_of_court' THEN 'out_of_court'
                                   ELSE 'no_further_action' END
            FROM referral_event e
            WHERE e.recipient_id = p.id
              AND e.to_state IN ('charge_authorised', 'nfa_evidential', 'nfa_public_interest', 'out_of_court')
              AND NOT EXISTS (SELECT FROM referral_event wrong WHERE wrong.referral_id = r.id AND wrong.error_of_id = e.id)
            ORDER BY e.at DESC, e.recorded_at DESC, e.position DESC LIMIT 1) AS key
        FROM referral r CROSS JOIN allowed a JOIN recipient p ON p.referral_id = r.id AND p.suspect IS NOT NULL
        WHERE r.pathway = 'cps_charging'
          AND r.sent_at >= make_timestamptz(a.april, 4, 1, 0, 0, 0, 'Europe/London')
          AND r.sent_at < make_timestamptz(a.april + 1, 4, 1, 0, 0, 0, 'Europe/London')
          AND (a.everything OR r.acl && a.keys AND NOT (r.routes && a.closed AND NOT r.acl && a.urgent))
    ), cells AS (SELECT d.key, count(*)::int AS n FROM decided d WHERE d.key IS NOT NULL GROUP BY d.key)
    SELECT shown.* FROM (SELECT array_agg(cells.key) AS keys, array_agg(cells.n) AS counts FROM cells) listed,
        without_small(coalesce(listed.keys, '{}'), coalesce(listed.counts, '{}')) shown
    WHERE EXISTS (SELECT FROM allowed)
$$;
