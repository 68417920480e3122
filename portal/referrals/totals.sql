-- Totals over cases, in which nobody can be counted out.

-- Counts of which none below five is shown, and none that could be worked out from the whole and the others: where one is
-- hidden, the smallest go with it until two or more are hidden that make five or more together.
CREATE FUNCTION without_small(keys text[], counts int[]) RETURNS TABLE (key text, cases int, whole boolean)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ranked AS (
        SELECT c.key, c.n, row_number() OVER by_size AS place, min(c.n) OVER () < 5 AS some_small,
               coalesce(sum(c.n) OVER (by_size ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS smaller
        FROM unnest(keys, counts) AS c (key, n)
        WINDOW by_size AS (ORDER BY c.n, c.key)
    )
    SELECT r.key, CASE WHEN NOT (r.some_small AND (r.n < 5 OR r.place <= 2 OR r.smaller < 5)) THEN r.n END, false
    FROM ranked r
    UNION ALL
    SELECT NULL, CASE WHEN every.n = 0 OR every.n >= 5 THEN every.n END, true
    FROM (SELECT coalesce(sum(c.n), 0)::int AS n FROM unnest(counts) AS c (n)) every
$$;

-- The cases that were sent in a financial year, by one thing: all cases for whoever has totals, and only totals, of them;
-- for others those that they see. One thing at a time and whole years, since tables that can be laid over each other
-- tell of one person.
CREATE FUNCTION case_totals(by text, year int) RETURNS TABLE (key text, cases int, whole boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH allowed AS MATERIALIZED (
        SELECT caller_can('referrals:totals') AS everything, caller_keys() AS keys, caller_closed() AS closed,
               caller_keys('outcome') AS outcome_keys
        WHERE caller_can('referrals:totals') OR caller_can('referrals:summary')
    ), sent AS (
        SELECT r.*, a.everything, a.outcome_keys FROM referral r CROSS JOIN allowed a
        WHERE r.sent_at >= make_timestamptz(year, 4, 1, 0, 0, 0, 'Europe/London')
          AND r.sent_at < make_timestamptz(year + 1, 4, 1, 0, 0, 0, 'Europe/London')
          AND (a.everything OR r.acl && a.keys AND NOT r.routes && a.closed)
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
            END AS key
        FROM sent s
    ), cells AS (SELECT c.key, count(*)::int AS n FROM counted c GROUP BY c.key)
    SELECT shown.* FROM (SELECT array_agg(cells.key) AS keys, array_agg(cells.n) AS counts FROM cells) listed,
        without_small(coalesce(listed.keys, '{}'), coalesce(listed.counts, '{}')) shown
    WHERE EXISTS (SELECT FROM allowed)
$$;
