-- A correction marks the figure it supersedes before it is itself stored, so that no two standing figures of one
-- agency are for one period, not even within a statement. The API can change no stored figure: it has no grant.
CREATE FUNCTION supersede_observation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    recorder uuid;
BEGIN
    NEW.superseded := false;
    IF NEW.supersedes_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT recorded_by_agency_id INTO recorder FROM observation
    WHERE id = NEW.supersedes_id AND measure_id = NEW.measure_id AND initiative_id = NEW.initiative_id;
    -- One answer for a figure of another's and for none: it must not tell that a hidden figure is there.
    IF recorder IS NULL OR recorder <> ALL (caller_agencies())
       AND NOT (caller_can('initiatives:edit') AND EXISTS (
           SELECT FROM initiative i WHERE i.id = NEW.initiative_id AND i.lead_agency_id = caller_agency()))
    THEN
        RAISE EXCEPTION 'only the agency that recorded a figure and a coordinator of the lead correct it, by one of the same measure'
            USING ERRCODE = '42501';
    END IF;
    -- Of two corrections at once the second waits here, then marks nothing and is refused by observation_successor.
    UPDATE observation SET superseded = true WHERE id = NEW.supersedes_id AND NOT superseded;
    RETURN NEW;
END
$$;
