-- A body that ends: its cases went to the successor with its teams, and here what hangs on them by the agency's name alone.
-- Whose record it is passes on too, so that the successor answers for it: who was shown it stays as it was written down.
-- What was sent to the old body its successor reads under an agreement to which it is a party itself.
CREATE FUNCTION succeed_cases(old uuid, successor uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Of two numbers for one case the successor keeps its own.
    UPDATE local_reference n SET agency_id = successor
    WHERE n.agency_id = old AND NOT EXISTS (
        SELECT FROM local_reference own WHERE own.referral_id = n.referral_id AND own.agency_id = successor);
    UPDATE recipient SET from_agency_id = successor WHERE from_agency_id = old;
    UPDATE allocation SET agency_id = successor WHERE agency_id = old;
    UPDATE onward_request SET agency_id = successor WHERE agency_id = old;
    UPDATE outside_referral SET agency_id = successor WHERE agency_id = old;
    UPDATE case_action SET added_by_agency_id = successor WHERE added_by_agency_id = old;
    UPDATE marac_listing SET agency_id = successor WHERE agency_id = old;
    UPDATE marac_belief SET agency_id = successor WHERE agency_id = old;
    UPDATE marac_repeat SET agency_id = successor WHERE agency_id = old;
    UPDATE marac_research SET from_agency_id = successor WHERE from_agency_id = old;
    UPDATE emergency_disclosure SET from_agency_id = successor WHERE from_agency_id = old;
    UPDATE disclosure_request SET of_agency_id = successor WHERE of_agency_id = old;
    UPDATE consultation SET owner_agency_id = successor WHERE owner_agency_id = old;
END
$$;
