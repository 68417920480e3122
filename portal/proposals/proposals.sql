-- Reference data is changed by two: what somebody proposes, another person answers, as it was made. Once it is confirmed it
-- stays as it is, but for the columns that the trigger lists; once it is declined it stays so.
CREATE FUNCTION check_proposal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    counted text[] := ARRAY['version', 'updated_at'];
    answer text[] := counted || ARRAY['state', 'answered_by_id', 'answered_at', 'answer_note', 'valid_from'];
    later text[] := counted || TG_ARGV;
    fair boolean;
BEGIN
    IF current_user = 'portal_owner' THEN
        RETURN NEW;  -- what every database starts with, sample data, and the end of what a later row replaces
    END IF;
    IF TG_OP = 'INSERT' THEN
        fair := caller_person() IS NOT NULL AND NEW.state = 'proposed' AND NEW.proposed_by_id = caller_principal();
    ELSIF OLD.state = 'proposed' THEN
        fair := NEW.answered_by_id = caller_principal() AND to_jsonb(NEW) - answer = to_jsonb(OLD) - answer
            AND CASE NEW.state
                -- A proposer who is not known could be the caller.
                WHEN 'confirmed' THEN NEW.valid_from = greatest(OLD.valid_from, caller_today())
                    AND caller_person() <> (SELECT m.person_id FROM membership m WHERE m.id = OLD.proposed_by_id)
                WHEN 'declined' THEN NEW.valid_from = OLD.valid_from AND caller_person() IS NOT NULL
            END;
    ELSE
        fair := OLD.state = 'confirmed' AND to_jsonb(NEW) - later = to_jsonb(OLD) - later;
    END IF;
    IF fair IS NOT TRUE THEN
        RAISE EXCEPTION 'one person proposes reference data, another answers, and then it stays' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
$$;
