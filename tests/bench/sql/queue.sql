-- $1 the moment, $2 the team
SELECT convert_to(json_build_object('queue', (
  SELECT json_build_object(
    'nodes', coalesce(json_agg(json_build_object(
      'id', 'Recipient:' || x.id,
      'state', x.state,
      'turn', x.turn,
      'dueAt', to_char(x.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'late', coalesce(x.due_at < $1, false),
      'allocatedTo', CASE WHEN x.allocated_to_id IS NOT NULL THEN
        json_build_object('id', 'Membership:' || x.allocated_to_id) END,
      'referral', (
        SELECT json_build_object(
          'id', 'Referral:' || r.id,
          'reference', r.reference,
          'pathway', r.pathway,
          'urgency', upper(r.urgency),
          'sentAt', to_char(r.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
          'sender', (SELECT json_build_object('shortName', a.short_name) FROM agency a WHERE a.id = r.sender_agency_id),
          'recipients', json_build_object('nodes', (
            SELECT coalesce(json_agg(json_build_object('state', p.state, 'agency', (
                SELECT json_build_object('shortName', a.short_name) FROM agency a WHERE a.id = p.agency_id))
              ORDER BY p.created_at, p.id), '[]')
            FROM (SELECT * FROM recipient p WHERE p.referral_id = r.id ORDER BY p.created_at, p.id LIMIT 5) p)))
        FROM referral r WHERE r.id = x.referral_id),
      'clocks', json_build_object('nodes', (
        SELECT coalesce(json_agg(json_build_object(
            'name', c.name,
            'holder', c.holder,
            'dueAt', to_char(c.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'stoppedAt', to_char(c.stopped_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
          ORDER BY c.started_at, c.id), '[]')
        FROM (SELECT * FROM running_clock c WHERE c.recipient_id = x.id ORDER BY c.started_at, c.id LIMIT 5) c)),
      'events', json_build_object('nodes', (
        SELECT coalesce(json_agg(json_build_object(
            'name', e.name,
            'at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
          ORDER BY e.at DESC, e.recorded_at DESC, e.position DESC, e.id DESC), '[]')
        FROM (SELECT * FROM referral_event e WHERE e.recipient_id = x.id
              ORDER BY e.at DESC, e.recorded_at DESC, e.position DESC, e.id DESC LIMIT 3) e)),
      'version', x.version
    ) ORDER BY x.position) FILTER (WHERE x.position <= 50), '[]'),
    'pageInfo', json_build_object(
      'hasNextPage', count(*) > 50,
      'endCursor', max(
        translate(encode(convert_to(json_build_array('urgency', x.rank::text, x.created_at::text, x.id)::text, 'UTF8'), 'base64'),
                  E'+/\n', '-_')) FILTER (WHERE x.position = least(50, x.size))))
  FROM (SELECT *, row_number() OVER (ORDER BY rank, created_at, id) AS position, count(*) OVER () AS size
        FROM (SELECT * FROM recipient WHERE team_id = $2 AND is_open AND given_at IS NOT NULL
              ORDER BY rank, created_at, id LIMIT 51) page) x))::text, 'UTF8')
