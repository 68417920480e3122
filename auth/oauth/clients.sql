-- Programs of an agency: who is told of a change to one.

-- A notice to whoever answers for a client, from an administrator of its agency. The words are the portal's own.
CREATE FUNCTION tell_owner(client uuid, says text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('agencies:manage') THEN
        RAISE EXCEPTION 'only an administrator tells people of changes' USING ERRCODE = '42501';
    END IF;
    INSERT INTO notice (id, person_id, at, kind, says)
    SELECT gen_random_uuid(), m.person_id, clock_timestamp(), 'program_changed', left(tell_owner.says, 400)
    FROM client c JOIN membership m ON m.id = c.owner_membership_id
    WHERE c.id = tell_owner.client AND c.agency_id = caller_agency();
END
$$;
