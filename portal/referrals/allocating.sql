-- Who worked on a case is kept, whatever changes it: a colleague, an administrator who takes somebody out of a team.
CREATE FUNCTION keep_allocation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO allocation (id, referral_id, recipient_id, agency_id, allocated_to_id, by_id, at, position,
                            updated_at, version, acl, routes)
    VALUES (gen_random_uuid(), NEW.referral_id, NEW.id, NEW.agency_id, NEW.allocated_to_id, caller_principal(),
            coalesce(caller_now(), clock_timestamp()), NEW.version,
            coalesce(caller_now(), clock_timestamp()), 1, '{}', '{}');
    RETURN NULL;
END
$$;
