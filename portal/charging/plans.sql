-- Who is told that something which a prosecutor still needs has not come: the police who are to bring it.

-- The worker asks for it, as often as it likes: each item is called late once, the day after it was due, and a new due day
-- begins anew. Where nobody of the police team is there to hear, the prosecutors' team does. While the police cannot see the
-- case, as when their power ended, it waits.
CREATE FUNCTION remind_of_plan_items(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    item plan_item;
    it referral;
    of_team recipient;
    words text;
    said int := 0;
BEGIN
    FOR item IN
        SELECT i.* FROM plan_item i JOIN recipient p ON p.id = i.recipient_id JOIN referral r ON r.id = i.referral_id
        WHERE i.state = 'open' AND i.due_on < today AND p.is_open
          AND NOT EXISTS (SELECT FROM reminder d
                          WHERE d.kind = 'plan_item_late' AND d.about_id = i.id AND d.day = i.due_on)
          AND has_case(r, r.sender_agency_id, r.sender_team_id, moment)
        ORDER BY i.due_on, i.id LIMIT 200
    LOOP
        INSERT INTO reminder (kind, about_id, day, at) VALUES ('plan_item_late', item.id, item.due_on, moment)
        ON CONFLICT DO NOTHING;
        CONTINUE WHEN NOT FOUND;
        SELECT * INTO it FROM referral r WHERE r.id = item.referral_id;
        SELECT * INTO of_team FROM recipient p WHERE p.id = item.recipient_id;
        words := format('Late: something that prosecutors need of %s, by %s.',
            (SELECT t.name FROM team t WHERE t.id = it.sender_team_id), to_char(item.due_on, 'FMDD FMMonth YYYY'));
        IF tell_of_case(it, it.sender_team_id, it.kept_by_id, 'team', 'action_late', words, NULL, moment) = 0 THEN
            PERFORM tell_of_case(it, of_team.team_id, of_team.allocated_to_id, 'team', 'action_late', words, NULL, moment);
        END IF;
        said := said + 1;
    END LOOP;
    RETURN said;
END
$$;
