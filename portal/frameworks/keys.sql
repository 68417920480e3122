-- Who sees the local plan and the self-assessments, and how the plan's past is kept.

-- The plan is the partnership's: seen by everyone who reads initiatives for a partner.
CREATE FUNCTION set_partnership_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := ARRAY[capability('partnership')];
    RETURN NEW;
END
$$;

-- A self-assessment is also its own agency's, should that be no partner.
CREATE FUNCTION set_self_assessment_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := ARRAY[capability('partnership'), capability('agency', NEW.agency_id)];
    RETURN NEW;
END
$$;

-- Every change of a plan action leaves how it stands afterwards: no verb can forget to.
CREATE FUNCTION record_plan_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO plan_update (id, plan_action_id, action_version, owner_agency_id, rating, rating_reason, text,
                             by_id, by_agency_id, recorded_at)
    VALUES (gen_random_uuid(), NEW.id, NEW.version, NEW.owner_agency_id, NEW.rating, NEW.rating_reason,
            NEW.last_update, caller_principal(), caller_agency(), caller_now());
    RETURN NULL;
END
$$;
