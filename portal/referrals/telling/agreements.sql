-- Who hears that an agreement is to be reviewed or ends: those who look after data protection and who sign, at each of its
-- parties, with how many high-risk cases of their own agency would be left without it. Which, they read under their keys.

-- As it was assessed last, or since it goes to a MARAC; of what the caller may read of it.
CREATE FUNCTION high_risk(wanted uuid) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM referral r WHERE r.id = wanted AND r.pathway = 'marac') OR coalesce((
        SELECT g.high_risk FROM risk_assessment a JOIN risk_threshold t ON t.id = a.threshold_id
        JOIN risk_threshold g ON g.risk_scale_id = t.risk_scale_id AND g.grade = coalesce(a.judged_grade, a.grade)
        WHERE a.referral_id = wanted ORDER BY a.assessed_on DESC, a.id LIMIT 1), false)
$$;

CREATE FUNCTION tell_of_agreement(it agreement, about text, words text, today date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    party record;
    cases int;
BEGIN
    FOR party IN
        SELECT p.agency_id FROM agreement_party p
        WHERE p.agreement_id = it.id AND p.joined_at IS NOT NULL AND p.left_at IS NULL
    LOOP
        SELECT count(DISTINCT r.id) INTO cases FROM recipient x JOIN referral r ON r.id = x.referral_id
        WHERE x.agreement_id = it.id AND x.given_at IS NOT NULL AND x.lost_at IS NULL
          AND party.agency_id IN (x.agency_id, r.sender_agency_id) AND r.overall IN ('waiting', 'in_hand') AND high_risk(r.id);
        PERFORM tell_agency_of_agreement(
            party.agency_id,
            CASE about WHEN 'agreement_moved' THEN '{data_protection_lead,agency_spoc}'::text[]
                ELSE '{data_protection_lead,authorised_signatory}' END,
            it.id, about,
            words || CASE WHEN about = 'agreement_ends'
                THEN format(' Open high-risk cases that your agency gave or got by it: %s.', cases) ELSE '' END, NULL, today);
    END LOOP;
END
$$;

-- The worker asks for it, as often as it likes: 60, 30 and 7 days before the end, and 30 days before a review and once it
-- is due. Each is said once; a worker that was away says the latest. A version that all have signed moves the days; where it
-- was signed before its first day, that is said, too.
CREATE FUNCTION remind_of_agreements(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    due record;
    it agreement;
    said int := 0;
BEGIN
    FOR due IN
        SELECT a.id, s.kind, s.day, s.about, s.words FROM agreement a
        CROSS JOIN LATERAL (
            SELECT v.* FROM agreement_version v WHERE v.agreement_id = a.id AND v.signed_at IS NOT NULL
            ORDER BY v.number DESC LIMIT 1) v
        CROSS JOIN LATERAL (
            SELECT CASE WHEN v.ends_on - today <= 7 THEN 'agreement_ends_7' WHEN v.ends_on - today <= 30 THEN 'agreement_ends_30'
                        ELSE 'agreement_ends_60' END, v.ends_on, 'agreement_ends', 'ends'
            WHERE v.ends_on BETWEEN today AND today + 60
            UNION ALL
            SELECT CASE WHEN v.review_on <= today THEN 'agreement_due' ELSE 'agreement_due_30' END, v.review_on,
                   'agreement_due', 'is to be reviewed'
            WHERE v.review_on <= today + 30 AND v.review_on < v.ends_on AND v.ends_on >= today
            UNION ALL
            SELECT 'agreement_begins', v.starts_on, 'agreement_moved', format('version %s, is in force since', v.number)
            WHERE v.starts_on BETWEEN today - 30 AND today AND (v.signed_at AT TIME ZONE 'Europe/London')::date < v.starts_on
              AND a.suspended_at IS NULL
        ) s (kind, day, about, words)
        WHERE a.withdrawn_at IS NULL
          AND NOT EXISTS (SELECT FROM reminder r WHERE r.about_id = a.id AND r.kind = s.kind AND r.day = s.day)
        ORDER BY s.day, a.id LIMIT 200
    LOOP
        INSERT INTO reminder (kind, about_id, day, at) VALUES (due.kind, due.id, due.day, moment) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            SELECT * INTO it FROM agreement a WHERE a.id = due.id;
            PERFORM tell_of_agreement(it, due.about, format(
                CASE due.about WHEN 'agreement_moved' THEN 'Agreement %s, %s %s.' ELSE 'Agreement %s %s on %s.' END,
                it.reference, due.words, to_char(due.day, 'FMDD FMMonth YYYY')), today);
            said := said + 1;
        END IF;
    END LOOP;
    RETURN said;
END
$$;
