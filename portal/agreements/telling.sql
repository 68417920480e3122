-- Who hears at once that an agreement has moved, written with the event that moves it: what is asked of an agency goes to who
-- advises and signs there, how things stand to who looks after data protection there and to its points of contact. A notice
-- names the agreement's number, agencies and a day; why it was done is read in the portal.

-- Tell those in an agency who hold one of these roles today; where nobody does, whoever answers for the agency.
CREATE FUNCTION tell_agency_of_agreement(
    agency uuid, wanted text[], deal uuid, about text, words text, beside uuid, today date
) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH those AS (SELECT DISTINCT p FROM unnest(wanted) r, people_as(agency, r, today) p),
    told AS (
        SELECT p FROM those
        UNION ALL SELECT a FROM who_answers(agency, today) a WHERE NOT EXISTS (SELECT FROM those)
    )
    INSERT INTO notice (id, person_id, at, kind, says, agreement_id)
    SELECT gen_random_uuid(), p, clock_timestamp(), about, left(words, 400), deal
    FROM told WHERE p IS DISTINCT FROM beside
$$;

-- The agencies that an agreement concerns: who leads it, those who have joined and not left, and those who were asked to.
CREATE FUNCTION agreement_concerns(deal uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.lead_agency_id FROM agreement a WHERE a.id = deal
    UNION
    SELECT p.agency_id FROM agreement_party p
    WHERE p.agreement_id = deal AND p.left_at IS NULL AND (p.joined_at IS NOT NULL OR EXISTS (
        SELECT FROM agreement_version v WHERE v.agreement_id = deal AND v.number = p.since_number
          AND v.sent_at IS NOT NULL AND v.dropped_at IS NULL))
$$;

-- What the parties in standing are told of an event; NULL where they need not hear.
CREATE FUNCTION agreement_news(it agreement, e agreement_event, v agreement_version, p agreement_party, by_whom text, whose text)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN e.move = 'agreed' AND v.starts_on <= caller_today() THEN
            format('Agreement %s, version %s: all have signed it, and it is in force.', it.reference, v.number)
        WHEN e.move = 'agreed' THEN
            format('Agreement %s, version %s: all have signed it: it is in force from %s on.', it.reference, v.number,
                   to_char(v.starts_on, 'FMDD FMMonth YYYY'))
        WHEN it.sent_at IS NULL THEN NULL  -- a draft binds nobody
        WHEN e.move = 'suspended' THEN
            format('Agreement %s was suspended by %s: nothing is shared under it.', it.reference, by_whom)
        WHEN e.move = 'resumed' THEN format('Agreement %s goes on: %s has lifted its suspension.', it.reference, by_whom)
        WHEN e.move = 'withdrawn' THEN
            format('Agreement %s was withdrawn by %s: nothing is shared under it any more.', it.reference, by_whom)
        WHEN e.move = 'joined' AND (p.accedes OR p.since_number > 1) THEN
            format('%s has joined agreement %s.', whose, it.reference)
        WHEN e.move = 'party_suspended' THEN
            format('%s''s part in agreement %s was suspended by %s.', whose, it.reference, by_whom)
        WHEN e.move = 'party_resumed' THEN format('%s takes part again in agreement %s.', whose, it.reference)
        WHEN e.move = 'party_left' AND p.joined_at IS NOT NULL THEN
            format('%s has left agreement %s.', whose, it.reference)
    END
$$;

CREATE FUNCTION tell_of_agreement_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it agreement;
    v agreement_version;
    p agreement_party;
    today date := caller_today();
    me uuid := caller_person();
    signs text[] := '{data_protection_lead,authorised_signatory}';
    by_whom text := (SELECT a.short_name FROM agency a WHERE a.id = NEW.by_agency_id);
    whose text;
    news text;
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data
    END IF;
    SELECT * INTO it FROM agreement a WHERE a.id = NEW.agreement_id;
    SELECT * INTO v FROM agreement_version w WHERE w.id = NEW.agreement_version_id;
    SELECT * INTO p FROM agreement_party q WHERE q.id = NEW.party_id;
    whose := (SELECT a.short_name FROM agency a WHERE a.id = p.agency_id);
    IF NEW.move = 'sent' OR NEW.move = 'dropped' AND v.sent_at IS NOT NULL THEN
        PERFORM tell_agency_of_agreement(
            q.agency_id, signs, it.id, CASE NEW.move WHEN 'sent' THEN 'agreement_asked' ELSE 'agreement_moved' END,
            format(CASE NEW.move WHEN 'sent' THEN 'Agreement %s, version %s, waits for your agency''s advice and signature.'
                ELSE 'Agreement %s, version %s, was given up: nobody signs it.' END, it.reference, v.number), me, today)
        FROM agreement_party q WHERE q.agreement_id = it.id AND q.left_at IS NULL AND q.since_number <= v.number;
    ELSIF NEW.move = 'advised' THEN
        PERFORM tell_agency_of_agreement(p.agency_id, '{authorised_signatory}', it.id, 'agreement_asked', format(
            'Your data protection lead''s advice on agreement %s is there: it waits for your signature.', it.reference), me, today);
    ELSIF NEW.move = 'party_named' AND p.accedes THEN
        PERFORM tell_agency_of_agreement(p.agency_id, signs, it.id, 'agreement_asked', format(
            'Your agency is to join agreement %s: it waits for your advice and signature.', it.reference), me, today);
        PERFORM tell_agency_of_agreement(s.agency_id, '{authorised_signatory}', it.id, 'agreement_asked', format(
            'Your agency is asked to agree that %s joins agreement %s.', whose, it.reference), me, today)
        FROM agreement_standing(it.id, caller_now()) s
        JOIN agreement_version w ON w.id = s.version_id AND w.accession = 'all_parties'
        WHERE s.agency_id NOT IN (NEW.by_agency_id, p.agency_id);
    ELSIF NEW.move = 'party_left' AND p.joined_at IS NULL AND p.accedes THEN
        PERFORM tell_agency_of_agreement(p.agency_id, signs, it.id, 'agreement_moved', format(
            'Your agency is asked no more to join agreement %s.', it.reference), me, today);
    END IF;
    news := agreement_news(it, NEW, v, p, by_whom, whose);
    IF news IS NOT NULL THEN
        PERFORM tell_agency_of_agreement(
            concerned, '{data_protection_lead,agency_spoc}', it.id, 'agreement_moved', news, me, today)
        FROM (SELECT agreement_concerns(it.id) UNION SELECT p.agency_id WHERE p.id IS NOT NULL) told (concerned);
    END IF;
    RETURN NULL;
END
$$;
