-- $1 the day
SELECT convert_to(json_build_object('initiatives', (
  SELECT json_build_object(
    'nodes', coalesce(json_agg(json_build_object(
      'id', 'Initiative:' || i.id,
      'reference', i.reference,
      'title', i.title,
      'stage', upper(i.stage),
      'startsOn', i.starts_on,
      'endsOn', i.ends_on,
      'overdue', i.overdue,
      'shownRating', json_build_object(
        'rating', CASE WHEN i.automatic THEN 'AMBER' ELSE upper(i.rating) END,
        'automatic', i.automatic),
      'lead', (SELECT json_build_object('id', 'Agency:' || a.id, 'shortName', a.short_name)
               FROM agency a WHERE a.id = i.lead_agency_id),
      'partners', (
        SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
          'id', 'Partner:' || p.id,
          'state', upper(p.state),
          'agency', json_build_object('id', 'Agency:' || a.id, 'shortName', a.short_name)
        ) ORDER BY p.asked_at, p.id), '[]'))
        FROM (SELECT * FROM partner WHERE initiative_id = i.id ORDER BY asked_at, id LIMIT 10) p
        JOIN agency a ON a.id = p.agency_id),
      'actions', (
        SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
          'id', 'Action:' || x.id,
          'title', x.title,
          'dueOn', x.due_on,
          'overdue', x.due_on < $1,
          'ownerTeam', json_build_object('id', 'Team:' || t.id, 'name', t.name)
        ) ORDER BY x.due_on, x.id), '[]'))
        FROM (SELECT * FROM action WHERE initiative_id = i.id AND state IN ('open', 'in_progress')
              ORDER BY due_on, id LIMIT 5) x
        JOIN team t ON t.id = x.owner_team_id),
      'measures', (
        SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
          'id', 'Measure:' || m.id,
          'targetValue', trim_scale(m.target_value)::text,
          'definition', json_build_object('id', 'MeasureDefinition:' || d.id, 'name', d.name, 'unit', d.unit),
          'latest', (
            SELECT json_build_object('value', trim_scale(o.value)::text, 'periodTo', o.period_to)
            FROM observation o
            WHERE o.measure_id = m.id AND NOT o.superseded AND o.breakdown = 'whole'
            ORDER BY o.period_to DESC, o.recorded_at DESC, o.id DESC LIMIT 1)
        ) ORDER BY m.created_at, m.id), '[]'))
        FROM (SELECT * FROM measure WHERE initiative_id = i.id ORDER BY created_at, id LIMIT 10) m
        JOIN measure_definition d ON d.id = m.definition_id)
    ) ORDER BY i.position) FILTER (WHERE i.position <= 50), '[]'),
    'pageInfo', json_build_object(
      'hasNextPage', count(*) > 50,
      'endCursor', max(
        translate(encode(convert_to(json_build_array('newest', i.created_at::text, i.id)::text, 'UTF8'), 'base64'),
                  E'+/\n', '-_')) FILTER (WHERE i.position = least(50, i.size))))
  FROM (
    SELECT page.*,
           row_number() OVER (ORDER BY created_at DESC, id DESC) AS position, count(*) OVER () AS size,
           rating IN ('green', 'not_started') AND (late OR stage NOT IN ('complete', 'closed', 'cancelled')
             AND (EXISTS (SELECT FROM action x WHERE x.initiative_id = page.id
                          AND x.state IN ('open', 'in_progress') AND x.due_on < $1)
                  OR EXISTS (SELECT FROM milestone x WHERE x.initiative_id = page.id
                             AND x.reached_on IS NULL AND x.due_on < $1))) AS automatic,
           late AS overdue
    FROM (SELECT *, coalesce(ends_on < $1, false) AND stage IN ('approved', 'live', 'paused') AS late
          FROM initiative ORDER BY created_at DESC, id DESC LIMIT 51) page) i))::text, 'UTF8')
