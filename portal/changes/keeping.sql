-- Records of what happened, once they are old enough (portal/changes/keeping.py says how old). The sign-in role adds
-- these and removes none of them: neither an age nor a clock of its own is asked for here.
CREATE FUNCTION forget_records(what text, most int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
DECLARE
    past timestamptz := clock_timestamp() - interval '13 months';
    gone bigint;
BEGIN
    CASE what
        WHEN 'sign-in events about somebody or some program' THEN
            DELETE FROM auth_event WHERE id IN (SELECT e.id FROM auth_event e WHERE e.at < past LIMIT most);
        WHEN 'sign-in events about nobody known here' THEN
            DELETE FROM auth_event WHERE id IN (
                SELECT e.id FROM auth_event e WHERE e.at < clock_timestamp() - interval '90 days'
                  AND num_nonnulls(e.person_id, e.membership_id, e.client_id, e.agency_id) = 0
                  AND NOT starts_with(e.kind, 'key_') LIMIT most);
        WHEN 'audit lines of what was refused' THEN
            DELETE FROM audit_line WHERE id IN (
                SELECT l.id FROM audit_line l WHERE l.at < past AND l.outcome = 'refused' LIMIT most);
        WHEN 'consents' THEN
            DELETE FROM consent WHERE id IN (
                SELECT c.id FROM consent c WHERE least(c.ended_at, c.expires_at) < past
                  AND NOT EXISTS (SELECT FROM access_token t WHERE t.consent_id = c.id)
                  AND NOT EXISTS (SELECT FROM refresh_token r WHERE r.consent_id = c.id)
                  AND NOT EXISTS (SELECT FROM authorization_code a WHERE a.consent_id = c.id) LIMIT most);
        WHEN 'notices' THEN
            DELETE FROM notice WHERE id IN (SELECT n.id FROM notice n WHERE n.at < past LIMIT most);
        WHEN 'e-mails, with each attempt' THEN
            DELETE FROM outbox_message WHERE id IN (
                SELECT m.id FROM outbox_message m
                WHERE m.written_at < clock_timestamp() - interval '90 days' AND m.state <> 'waiting' LIMIT most);
    END CASE;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;
