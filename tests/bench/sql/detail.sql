-- $1 the day, $2 the initiative
SELECT convert_to(json_build_object('initiative', (
  SELECT json_build_object(
    'id', 'Initiative:' || i.id,
    'reference', i.reference,
    'title', i.title,
    'summary', i.summary,
    'stage', upper(i.stage),
    'possibleStages', CASE i.stage
      WHEN 'proposed' THEN '["APPROVED","CANCELLED"]'::json
      WHEN 'approved' THEN '["LIVE","CANCELLED"]'
      WHEN 'live' THEN '["PAUSED","COMPLETE","CANCELLED"]'
      WHEN 'paused' THEN '["LIVE","COMPLETE","CANCELLED"]'
      WHEN 'complete' THEN '["CLOSED","LIVE"]'
      WHEN 'closed' THEN '["LIVE"]'
      ELSE '["PROPOSED"]' END,
    'visibility', upper(i.visibility),
    'sentAt', to_char(i.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'lead', (SELECT json_build_object('id', 'Agency:' || a.id, 'name', a.name)
             FROM agency a WHERE a.id = i.lead_agency_id),
    'leadTeam', (SELECT json_build_object('id', 'Team:' || t.id, 'name', t.name, 'inbox', t.inbox)
                 FROM team t WHERE t.id = i.lead_team_id),
    'audience', i.audience,
    'place', i.place,
    'areas', json_build_object('nodes', (
      SELECT coalesce(json_agg(json_build_object('code', a.code, 'name', a.name, 'inForceArea', a.in_force_area)
                               ORDER BY a.name), '[]')
      FROM initiative_area c JOIN area a ON a.code = c.area_code WHERE c.initiative_id = i.id)),
    'themes', json_build_object('nodes', (
      SELECT coalesce(json_agg(json_build_object('id', 'Theme:' || t.id, 'name', t.name) ORDER BY t.name), '[]')
      FROM initiative_theme l JOIN theme t ON t.id = l.theme_id WHERE l.initiative_id = i.id)),
    'frameworkEntries', json_build_object('nodes', (
      SELECT coalesce(json_agg(json_build_object(
        'id', 'FrameworkEntry:' || e.id, 'code', e.code, 'title', e.title,
        'frameworkVersion', json_build_object('id', 'FrameworkVersion:' || v.id, 'label', v.label)
      ) ORDER BY v.valid_from, v.id, e.position), '[]')
      FROM initiative_entry l
      JOIN framework_entry e ON e.id = l.entry_id
      JOIN framework_version v ON v.id = e.framework_version_id
      WHERE l.initiative_id = i.id)),
    'timing', upper(i.timing),
    'startsOn', i.starts_on,
    'endsOn', i.ends_on,
    'reviewOn', i.review_on,
    'timingSource', i.timing_source,
    'overdue', i.late,
    'shownRating', json_build_object(
      'rating', CASE WHEN i.automatic THEN 'AMBER' ELSE upper(i.rating) END,
      'automatic', i.automatic),
    'partners', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'Partner:' || p.id,
        'parts', array_to_json(upper(p.parts::text)::text[]),
        'state', upper(p.state),
        'note', p.note,
        'endedReason', p.ended_reason,
        'askedAt', to_char(p.asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'answeredAt', to_char(p.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'version', p.version,
        'agency', json_build_object('id', 'Agency:' || a.id, 'name', a.name)
      ) ORDER BY p.asked_at, p.id), '[]'))
      FROM (SELECT * FROM partner WHERE initiative_id = i.id ORDER BY asked_at, id LIMIT 50) p
      JOIN agency a ON a.id = p.agency_id),
    'actionCounts', (
      SELECT json_build_object(
        'open', count(*) FILTER (WHERE state IN ('open', 'in_progress')),
        'overdue', count(*) FILTER (WHERE state IN ('open', 'in_progress') AND due_on < $1),
        'done', count(*) FILTER (WHERE state = 'done'),
        'notDone', count(*) FILTER (WHERE state = 'not_done'))
      FROM action WHERE initiative_id = i.id),
    'actions', (
      SELECT json_build_object(
        'nodes', coalesce(json_agg(json_build_object(
          'id', 'Action:' || x.id,
          'title', x.title,
          'detail', x.detail,
          'dueOn', x.due_on,
          'state', upper(x.state),
          'overdue', x.state IN ('open', 'in_progress') AND x.due_on < $1,
          'doneOn', x.done_on,
          'doneNote', x.done_note,
          'notDoneReason', x.not_done_reason,
          'evidenceUrl', x.evidence_url,
          'version', x.version,
          'ownerTeam', json_build_object('id', 'Team:' || t.id, 'name', t.name),
          'ownerAgency', json_build_object('id', 'Agency:' || a.id, 'shortName', a.short_name),
          'allocatedTo', (
            SELECT json_build_object('id', 'Membership:' || m.id, 'name', (
              SELECT n.name FROM membership_name n WHERE n.membership_id = m.id))
            FROM membership m WHERE m.id = x.allocated_to_id)
        ) ORDER BY x.position) FILTER (WHERE x.position <= 50), '[]'),
        'pageInfo', json_build_object(
          'hasNextPage', count(*) > 50,
          'endCursor', max(
            translate(encode(convert_to(json_build_array('due', x.due_on, x.id)::text, 'UTF8'), 'base64'),
                      E'+/\n', '-_')) FILTER (WHERE x.position = least(50, x.size))))
      FROM (SELECT *, row_number() OVER (ORDER BY due_on, id) AS position, count(*) OVER () AS size
            FROM (SELECT * FROM action WHERE initiative_id = i.id ORDER BY due_on, id LIMIT 51) page) x
      JOIN team t ON t.id = x.owner_team_id
      JOIN agency a ON a.id = x.owner_agency_id),
    'milestones', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'Milestone:' || m.id,
        'title', m.title,
        'dueOn', m.due_on,
        'reachedOn', m.reached_on,
        'overdue', m.reached_on IS NULL AND m.due_on < $1,
        'version', m.version
      ) ORDER BY m.due_on, m.id), '[]'))
      FROM (SELECT * FROM milestone WHERE initiative_id = i.id ORDER BY due_on, id LIMIT 50) m),
    'risks', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'Risk:' || r.id,
        'title', r.title,
        'likelihood', r.likelihood,
        'impact', r.impact,
        'score', r.likelihood * r.impact,
        'mitigation', r.mitigation,
        'state', upper(r.state),
        'closedReason', r.closed_reason,
        'reviewOn', r.review_on,
        'reviewDue', r.state = 'open' AND coalesce(r.review_on <= $1, false),
        'version', r.version,
        'ownerTeam', json_build_object('id', 'Team:' || t.id, 'name', t.name)
      ) ORDER BY r.likelihood * r.impact DESC, r.id DESC), '[]'))
      FROM (SELECT * FROM risk WHERE initiative_id = i.id ORDER BY likelihood * impact DESC, id DESC LIMIT 50) r
      JOIN team t ON t.id = r.owner_team_id),
    'measures', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'Measure:' || m.id,
        'baselineValue', trim_scale(m.baseline_value)::text,
        'baselineOn', m.baseline_on,
        'targetValue', trim_scale(m.target_value)::text,
        'targetOn', m.target_on,
        'version', m.version,
        'definition', json_build_object(
          'id', 'MeasureDefinition:' || d.id, 'name', d.name, 'unit', d.unit, 'direction', upper(d.direction)),
        'latest', (
          SELECT json_build_object(
            'value', trim_scale(o.value)::text, 'periodTo', o.period_to, 'provisional', o.provisional)
          FROM observation o
          WHERE o.measure_id = m.id AND NOT o.superseded AND o.breakdown = 'whole'
          ORDER BY o.period_to DESC, o.recorded_at DESC, o.id DESC LIMIT 1),
        'observations', (
          SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
            'id', 'Observation:' || o.id,
            'periodFrom', o.period_from,
            'periodTo', o.period_to,
            'value', trim_scale(o.value)::text,
            'provisional', o.provisional,
            'recordedBy', json_build_object('id', 'Agency:' || a.id, 'shortName', a.short_name)
          ) ORDER BY o.period_to DESC, o.recorded_at DESC, o.id DESC), '[]'))
          FROM (SELECT * FROM observation WHERE measure_id = m.id AND NOT superseded
                ORDER BY period_to DESC, recorded_at DESC, id DESC LIMIT 12) o
          JOIN agency a ON a.id = o.recorded_by_agency_id)
      ) ORDER BY m.created_at, m.id), '[]'))
      FROM (SELECT * FROM measure WHERE initiative_id = i.id ORDER BY created_at, id LIMIT 50) m
      JOIN measure_definition d ON d.id = m.definition_id),
    'fundingTotals', (
      SELECT coalesce(json_agg(json_build_object(
        'source', f.source,
        'financialYearLabel', f.year || '/' || right((f.year + 1)::text, 2),
        'amount', trim_scale(f.amount)::text,
        'matchAmount', trim_scale(f.match_amount)::text,
        'spent', trim_scale(f.spent)::text)), '[]')
      FROM (
        SELECT min(source) AS source, financial_year AS year, sum(amount) AS amount, sum(spent) AS spent,
               sum(CASE WHEN is_match THEN amount ELSE 0 END) AS match_amount
        FROM funding_line WHERE initiative_id = i.id
        GROUP BY lower(source), financial_year ORDER BY financial_year DESC NULLS LAST, lower(source)) f),
    'evidence', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'EvidenceItem:' || e.id,
        'title', e.title,
        'edition', e.edition,
        'url', e.url,
        'reviewOn', e.review_on,
        'reviewDue', e.state = 'current' AND coalesce(e.review_on <= $1, false),
        'state', upper(e.state),
        'version', e.version
      ) ORDER BY e.created_at DESC, e.id DESC), '[]'))
      FROM (SELECT * FROM evidence_item WHERE initiative_id = i.id
            ORDER BY created_at DESC, id DESC LIMIT 50) e),
    'stageMoves', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'StageMove:' || s.id,
        'fromStage', upper(s.from_stage),
        'toStage', upper(s.to_stage),
        'reason', s.reason,
        'movedAt', to_char(s.moved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'movedByAgency', json_build_object('id', 'Agency:' || a.id, 'shortName', a.short_name)
      ) ORDER BY s.moved_at DESC, s.id DESC), '[]'))
      FROM (SELECT * FROM stage_move WHERE initiative_id = i.id ORDER BY moved_at DESC, id DESC LIMIT 20) s
      JOIN agency a ON a.id = s.moved_by_agency_id),
    'ratingSets', (
      SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'RatingSet:' || s.id,
        'rating', upper(s.rating),
        'reason', s.reason,
        'setAt', to_char(s.set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'setByAgency', json_build_object('id', 'Agency:' || a.id, 'shortName', a.short_name)
      ) ORDER BY s.set_at DESC, s.id DESC), '[]'))
      FROM (SELECT * FROM rating_set WHERE initiative_id = i.id ORDER BY set_at DESC, id DESC LIMIT 20) s
      JOIN agency a ON a.id = s.set_by_agency_id),
    'equalityImpact', i.equality_impact,
    'equalityReviewedOn', i.equality_reviewed_on,
    'source', i.source,
    'isSample', i.is_sample,
    'createdAt', to_char(i.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'updatedAt', to_char(i.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'version', i.version)
  FROM (
    SELECT *, rating IN ('green', 'not_started') AND (late OR stage NOT IN ('complete', 'closed', 'cancelled')
             AND (EXISTS (SELECT FROM action x WHERE x.initiative_id = wanted.id
                          AND x.state IN ('open', 'in_progress') AND x.due_on < $1)
                  OR EXISTS (SELECT FROM milestone x WHERE x.initiative_id = wanted.id
                             AND x.reached_on IS NULL AND x.due_on < $1))) AS automatic
    FROM (SELECT *, coalesce(ends_on < $1, false) AND stage IN ('approved', 'live', 'paused') AS late
          FROM initiative WHERE id = $2) wanted) i))::text, 'UTF8')
